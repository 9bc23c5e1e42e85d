/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl's end of the link to ike: gives it sockets and connections, is its
 * keystore, and keeps what it shows of its SAs. Control thread.
 */
#ifndef CYG_DAEMON_IKE_LINK_H
#define CYG_DAEMON_IKE_LINK_H

#include <stdbool.h>

#include "ctrl/base/error.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/ike_udp.h"
#include "ctrl/daemon/leases.h"
#include "ctrl/daemon/may_sign.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/ike_options.h"
#include "ctrl/model/policy_set.h"
#include "ctrl/model/sas.h"
#include "ctrl/pki/creds.h"

struct event_base;
struct ike_link;
struct sign_keys;

/* What was told last of whom an event is about; NULL: nothing, or nobody. */
struct ike_event_views {
	const struct ike_sa_view *ike, *elder;
	const struct child_sa_view *child, *elder_child;
};

struct ike_link_spec {
	struct event_base *base;
	const char *folder; /* of the roles' sockets */
	struct ike_options options;
	struct conn_conf *conns; /* all borrowed until ike_link_free() */
	size_t n_conns;
	const struct psk_conf *psks;
	size_t n_psks;
	/* Private keys, which may change meanwhile, and of which of them
	 * certificates are; read while it signs. */
	const struct sign_keys *sign_keys;
	struct cert_keys cert_keys;
	const struct pool_conf *pools;
	size_t n_pools;
	/* The next certificate that it is to have, and as what; at is where to go on, 0
	 * at first. false: no more. NULL: there are none. */
	bool (*next_cred)(void *ctx, size_t *at, enum cred_kind *kind,
			  struct slice *octets);
	int fds[IKE_UDP_SOCKETS]; /* of ike_udp_bind() */
	bool debug;		  /* it logs more */
	const char *providers;	  /* of libcrypto, as of role_spec */
	/* It is there; has_sadb: an earlier ctl gave it a link to dp. */
	void (*ready)(void *ctx, bool has_sadb);
	/* The process is gone; ike_link_sas() has its SAs until the next one
	 * has shown which of them it took over. */
	void (*ended)(void *ctx);
	/* Those that were not; before shown(). */
	void (*lost)(void *ctx, const struct sas *lost);
	/* It has its connections, its SAs are all to be seen, and nothing was
	 * started yet: see ike_link_start_all(). */
	void (*shown)(void *ctx);
	/* Borrowed for the call. */
	void (*event)(void *ctx, const struct ike_event *e,
		      const struct ike_event_views *views);
	/* Of ike_link_trace(); it may tell of any. Borrowed for the call. */
	void (*traced)(void *ctx, const struct ike_traced *t);
	/* So many more of that connection, or of none (""). It may name any. */
	void (*counted)(void *ctx, const char *conn,
			const struct ike_counts *more);
	/* An IKE SA is seen otherwise than before. */
	void (*seen)(void *ctx);
	/* What is the name of that connection's peer now? It may name any. */
	void (*resolve)(void *ctx, const char *conn, bool urgent);
	/* And that of a gateway, of any octets; ike_link_gateway_resolved() answers. */
	void (*resolve_gateway)(void *ctx, const char *host);
	/* A TCP connection from there to there, for that connection, which it may
	 * make up as it may the rest. */
	void (*stream_open)(void *ctx, const char *conn, uint64_t token,
			    const struct stream_ends *ends);
	/* Of any certificate and any request; ike_link_fetched() is the answer. */
	void (*want)(void *ctx, const struct ike_msg_want *m);
	/* Of ike_link_command(); err as of engine_initiate(), n SAs found. */
	void (*done)(void *ctx, uint64_t token, int err, unsigned int n);
	void *ctx;
};

/* 0, or negative with e filled. */
int ike_link_new(const struct ike_link_spec *spec, struct ike_link **out,
		 struct error *e);

/*
 * Tells the peers that their SAs end and then calls done(), from the event loop
 * and within two seconds. The process is not started again.
 */
void ike_link_stop(struct ike_link *l, void (*done)(void *ctx), void *ctx);

/* The process stays, unless it was stopped. NULL is fine. */
void ike_link_free(struct ike_link *l);

/* Is the process there and ready? */
bool ike_link_is_ready(const struct ike_link *l);

/* And has it been told what to bring up by itself? */
bool ike_link_is_started(const struct ike_link *l);

/* A link to dp, whose descriptor stays the caller's. Negative: it did not get
 * through. */
int ike_link_sadb(struct ike_link *l, int fd);

/* A link to stream, likewise. */
int ike_link_streams(struct ike_link *l, int fd);

/* Of stream_open(): there will be none. */
void ike_link_stream_refused(struct ike_link *l, uint64_t token);

/* Others than those of the spec, from now on; borrowed likewise. */
void ike_link_set_options(struct ike_link *l, const struct ike_options *options);
void ike_link_set_psks(struct ike_link *l, const struct psk_conf *psks,
		       size_t n);

void ike_link_set_pools(struct ike_link *l, const struct pool_conf *pools,
			size_t n);

/* Certificates are others: it gets all of them, in place of those of before. */
void ike_link_put_creds(struct ike_link *l);

/*
 * Brings up what is neither up nor on its way: children that are to start, and
 * those of a set of policies; NULL: of none.
 */
void ike_link_start_all(struct ike_link *l, const struct policy_set *policies);

/*
 * Connections have changed, or their policies' ids, or pools: it is told what is new,
 * different or gone. Those of before, spec's or of the last call, still stand where
 * they stood; the new ones are borrowed likewise.
 */
void ike_link_load(struct ike_link *l, struct conn_conf *conns, size_t n);

/*
 * One is new, or was another one: what of it has start_action = start comes up
 * anew, and what it was ends. Children that are the same are let alone, as long
 * as nothing but children has changed; others go on with what they were.
 *
 * was   NULL: it is new
 */
void ike_link_start(struct ike_link *l, const struct conn_conf *conn,
		    const struct conn_conf *was);

/*
 * For engine_initiate() and its like. token comes back by done(), unless it is 0.
 *
 * force   as of engine_terminate_some()
 *
 * 0, or -ENOTCONN: no process is there.
 */
int ike_link_command(struct ike_link *l, enum ike_command command,
		     uint64_t token, const struct ike_target *target,
		     bool force);

/* The same for engine_redirect(). */
int ike_link_redirect(struct ike_link *l, uint64_t token,
		      const struct ike_redirect *what);

/* What it resolved to, asked or not; see engine_resolved(). */
void ike_link_resolved(struct ike_link *l, const struct conn_peer *peer,
		       const char *why);

/* n: of the addresses, up to CONN_ADDRS_MAX; see engine_gateway_resolved(). */
void ike_link_gateway_resolved(struct ike_link *l, const char *host,
			       const struct addr *addrs, uint32_t n,
			       const char *why);

/* See engine_trace(). Who is only being started is not told: see ready(). */
void ike_link_trace(struct ike_link *l, const struct addr *peer,
		    uint64_t until_ns);

/* IKE SAs of which ike last told, those that are connecting apart. */
void ike_link_count(const struct ike_link *l, unsigned int *up,
		    unsigned int *connecting);

/* Addresses of pools, likewise; borrowed until the event loop goes on. */
struct leases *ike_link_leases(const struct ike_link *l);

/* As mirror_vips(). */
uint32_t ike_link_vips(const struct ike_link *l, const char *conn,
		       struct addr out[CONN_VIPS_MAX]);

/* The SAs as ike last told of them; handed over: sas_free(). NULL: no memory. */
struct sas *ike_link_sas(const struct ike_link *l);

/* The same without a copy; borrowed until the event loop goes on. */
struct sa_heads ike_link_heads(const struct ike_link *l);

/* What the certificate was wanted for; octets empty: it is not to be had now. */
void ike_link_fetched(struct ike_link *l, const uint8_t cert[CERTIFICATE_SHA256],
		      enum fetch_kind kind, struct slice octets);

/* What it got so far by that it is to forget. */
void ike_link_fetch_anew(struct ike_link *l);

#endif
