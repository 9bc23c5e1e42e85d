/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl's end of the link to dp: gives it the configuration and keeps what it
 * last showed of itself. Control thread.
 */
#ifndef CYG_DAEMON_DP_LINK_H
#define CYG_DAEMON_DP_LINK_H

#include "ctrl/daemon/dp_seam.h"

struct dp_link;

struct dp_link_spec {
	struct event_base *base;
	const char *folder; /* of the roles' sockets */
	bool debug;
	/*
	 * It is there, and waits for its configuration. fds are those of
	 * DP_MSG_SOCKETS, handed over: none, or those of ike_udp_bind().
	 */
	void (*hello)(void *ctx, const struct dp_msg_hello *m, const int *fds,
		      size_t n_fds);
	void (*committed)(void *ctx, const struct dp_msg_committed *m);
	/* Of dp_link_lookup(); err 0 or a negative errno. */
	void (*let_out)(void *ctx, uint64_t token, int err);
	/* Of dp_link_explain(). */
	void (*explained)(void *ctx, const struct dp_msg_explained *m);
	/* Of dp_link_capture(). */
	void (*capturing)(void *ctx, const struct dp_msg_capturing *m);
	/* Of dp_link_stream(), where a socket came with it. NULL: nobody asks. */
	void (*stream_out)(void *ctx, const struct dp_msg_stream *m);
	/* Of dp_link_pairs(), once for each worker; fd is handed over. */
	void (*pair)(void *ctx, const struct dp_msg_pair *m, int fd);
	void (*looked)(void *ctx); /* dp_link_view() is fresh, or dp is late */
	void (*down)(void *ctx, const char *why);
	void *ctx;
};

/* What it showed last; before that, nothing. */
struct dp_view {
	struct status status; /* arrays that are owned are not there */
	const struct dp_sas *sas;
	const struct rates *rates;
	uint64_t seen_ns; /* when it did; 0: never */
};

/* How long does somebody wait for the next look, who wants to know how it is now? */
enum dp_patience {
	DP_WAITS,	  /* until it is there */
	DP_WAITS_SHORTLY, /* where all SAs take long to be told of */
	DP_WAITS_NOT,	  /* likewise, and the last one was just now */
};

#define DP_MANY_SAS   1024U
#define DP_JUST_NOW_S 1U

enum dp_patience dp_view_patience(const struct dp_view *v, uint64_t now_ns);

/* 0, or negative with e filled. */
int dp_link_new(const struct dp_link_spec *spec, struct dp_link **out,
		struct error *e);

/* dp stays. NULL is fine. */
void dp_link_free(struct dp_link *l);

/* Answered by committed(). 0, or negative: the link is about to end. */
int dp_link_commit(struct dp_link *l, const struct config *config);

/* What came with the last answer; until the next commit. NULL: no memory. */
const uint32_t *dp_link_ids(const struct dp_link *l, size_t *n);

void dp_link_settle(struct dp_link *l);

/* See role_restart(). */
void dp_link_restart(struct dp_link *l, const char *why);

/* DP_MSG_UNDO or DP_MSG_STOP; see role_end(). */
void dp_link_end(struct dp_link *l, enum dp_msg how, unsigned int ms);

/* Answered by looked(). false: nobody is there to ask, or who is does not
 * answer; then what was seen last has to do. */
bool dp_link_look(struct dp_link *l);

const struct dp_view *dp_link_view(const struct dp_link *l);

/* false: there is none of that name. */
bool dp_view_sa(const struct dp_view *v, const struct sadb_id *id,
		struct sa_status *out);

/* The descriptors stay the caller's. Negative: it did not get through. */
int dp_link_sockets(struct dp_link *l, const int fds[IKE_UDP_SOCKETS]);
int dp_link_ike(struct dp_link *l, int fd);

/*
 * These sockets, connected to resolvers, are to pass the guard: let_out() says
 * when they do. Without any, those of that slot do no more, and nothing is said.
 */
int dp_link_lookup(struct dp_link *l, uint32_t slot, uint64_t token,
		   const int *fds, size_t n);

/* See DP_MSG_STREAM. fd stays the caller's; -1: it is over. Negative: it did not get
 * through. */
int dp_link_stream(struct dp_link *l, const struct dp_msg_stream *m, int fd);
int dp_link_pairs(struct dp_link *l);

/* Answered by explained(), later. Negative: it did not get through. */
int dp_link_explain(struct dp_link *l, uint64_t token,
		    const struct explain_question *q);

/* Answered by capturing(). fd stays the caller's. Negative: it did not get
 * through. */
int dp_link_capture(struct dp_link *l, const struct dp_msg_capture *m, int fd);

/* The virtual IPs that a connection has now. */
int dp_link_vips(struct dp_link *l, const struct conn_vips *v);
int dp_link_pool(struct dp_link *l, const struct pool_addrs *pool);

/* What a peer's name resolved to. */
int dp_link_peer(struct dp_link *l, const struct conn_peer *peer);

#endif
