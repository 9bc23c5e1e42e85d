/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role ctl from inside, for the files ctl*.c. One event loop, the control
 * thread's.
 */
#ifndef CYG_DAEMON_CTL_STATE_H
#define CYG_DAEMON_CTL_STATE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "ctrl/control/scrape.h"
#include "ctrl/control/server.h"
#include "ctrl/daemon/apply.h"
#include "ctrl/daemon/certs.h"
#include "ctrl/daemon/cred_kind.h"
#include "ctrl/daemon/dp_link.h"
#include "ctrl/daemon/expiries.h"
#include "ctrl/daemon/failures.h"
#include "ctrl/base/bucket.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/fetch_store.h"
#include "ctrl/daemon/fetches.h"
#include "ctrl/daemon/held.h"
#include "ctrl/daemon/helper_link.h"
#include "ctrl/daemon/ike_link.h"
#include "ctrl/daemon/names.h"
#include "ctrl/daemon/sign_keys.h"
#include "ctrl/daemon/tally.h"
#include "ctrl/daemon/tokens.h"
#include "ctrl/daemon/up_since.h"
#include "ctrl/daemon/nameservers.h"
#include "ctrl/daemon/updown.h"

#define CTL_SIGNALS 3

enum ctl_phase {
	CTL_STARTING,
	CTL_RUNNING,
	CTL_ENDING,
};

/* One that is under way. */
struct ctl_lookup {
	uint64_t token;
	char host[CONN_HOST_MAX];
	int fds[RESOLVERS_MAX]; /* owned */
	size_t n;		/* 0: there is none */
};

struct ctl {
	enum ctl_phase phase;
	struct config *config;
	struct sign_keys *keys;
	struct tokens *tokens;
	bool starts_later; /* what starts by itself: tokens come first */
	struct policy_set start_orphaned; /* for then */
	struct apply *apply;		  /* its changes */
	struct config applying; /* what dp was given; its parts are borrowed */
	struct event on_gathered; /* accepted connections are to be applied */
	uint64_t gathered_ns;	  /* since when they wait; 0: none do */
	uint64_t flushed_ns;	  /* when they began to be; 0: they are */
	uint64_t flush_ns;	  /* that took so long the last time */
	struct held *held;	  /* commands, until ike has answered */
	struct event on_held;	  /* one waits no longer */
	struct event_base *base;
	struct event *trim;
	struct event signals[CTL_SIGNALS];
	uint64_t since_ns;
	bool debug;
	/* Looks at dp that were asked for, and answered; who waits for which. */
	uint64_t looks, looked;
	uint64_t control_look, ike_look, scrape_look; /* 0: for none */
	uint64_t rate_look;			      /* likewise: for rates */
	uint64_t rate_look_ns;	    /* when it was asked for */
	struct event on_rate_look;  /* the next one is due */
	struct event on_look_late;  /* clients wait no longer */
	char folder[CONF_PATH_MAX]; /* of the roles' sockets */
	struct dp_link *dp;
	unsigned int dp_tries;
	unsigned int port_tries;
	bool waits_for_ports;
	bool dp_is_set;	 /* the configuration is in force there */
	bool dp_is_ours; /* and was not before this start */
	struct control_server *control;
	struct scrape *scrape;		/* NULL: nobody may */
	int ike_ports[IKE_UDP_SOCKETS]; /* -1: IKE is not spoken */
	struct ike_link *ike;
	struct failures *failures;
	struct up_since *since;
	struct tally *counts; /* of connections that there are, and of "" */
	struct updown *updown;
	struct nameservers *nameservers;
	struct certs *certs;		    /* beside those of the config */
	const struct cert_conf *sent_certs; /* the config's, when ike got all */
	bool certs_differ;		    /* since then */
	struct event on_certs;		    /* it is to get them again */
	struct expiries expiries;
	struct event on_day;	 /* of their ends is told again */
	struct addr trace_peer;	 /* whose messages are told of */
	uint64_t trace_until_ns; /* 0: of nobody */
	struct event on_trace_end;
	struct names *names;
	struct event on_names;	    /* a lookup is due, or late */
	struct event on_vips;	    /* virtual IPs may be others */
	struct helper_link *helper; /* NULL: nothing was to be asked for yet */
	bool helper_is_ready;
	struct ctl_lookup lookups[LOOKUPS_MAX];
	struct ctl_streams *streams; /* NULL: no TCP; of ctl_streams.c */
	/* Of an authority, for ctl_next_cred() alone. */
	uint8_t certs_at[sizeof(struct fingerprint) + AUTHORITY_BASE_MAX];
	struct fetches *fetches;
	struct event on_fetches;	 /* one is late */
	struct fetch_store *fetch_store; /* NULL: not opened yet, or it failed */
	bool fetch_store_failed;
	struct ctl_want *wants; /* of ike's; in ctl_wants.c */
	struct trust *fetch_trust; /* NULL: what is loaded is not read for it yet */
	struct bucket fetch_checks;
	struct log_limit fetch_refused;
	int err; /* why it ends; 0: it was told to */
	struct error *error;
};

/* --- ctl_control.c: the control socket, and looks at dp for it */

int ctl_start_control(struct ctl *c, struct error *e);

/* Which look it is, or 0: there is nothing to look at. */
uint64_t ctl_look(struct ctl *c);
void ctl_on_looked(void *ctx);

/* As of dp_link_spec. */
void ctl_explained(void *ctx, const struct dp_msg_explained *m);
void ctl_capturing(void *ctx, const struct dp_msg_capturing *m);

/* Of the looks so far, up to this one. */
void ctl_saw(struct ctl *c, uint64_t turn);

/* --- ctl_ike.c: IKE, where a connection asks for it */

int ctl_start_ike(struct ctl *c, struct error *e);

/* What comes up by itself does, then what clients wait for. */
void ctl_start_all(struct ctl *c, const struct policy_set *orphaned);

/* dp keeps them, so that no ctl's end closes them; fds are what it has kept. */
int ctl_take_ports(struct ctl *c, const int *fds, size_t n, struct error *e);

/* A link between the two, each end of which is handed over. */
void ctl_introduce(struct ctl *c);

/* --- ctl_debug.c: messages with one peer are told of */

/* As of struct control_callbacks and of ike_link_spec. */
int ctl_debug(void *ctx, const struct addr *peer, uint32_t seconds,
	      struct error *e);
void ctl_traced(void *ctx, const struct ike_traced *t);

/* ike is another one. */
void ctl_debug_again(struct ctl *c);

/* --- ctl_changes.c: what is loaded changes */

int ctl_take_changes(struct ctl *c, const char *file, struct error *e);

/* dp has taken a change, or not. */
void ctl_applied(struct ctl *c, const struct dp_msg_committed *m);

/* --- ctl_commands.c: what IKE is told to do */

int ctl_new_commands(struct ctl *c, struct error *e);

/* As of struct control_callbacks. */
void ctl_command(void *ctx, const struct control_command *command);

/* What they wait for may be there. */
void ctl_commands_go(struct ctl *c);

/* As of ike_link_spec. */
void ctl_command_done(struct ctl *c, uint64_t token, int err, unsigned int n);

/* ike has ended. */
void ctl_commands_without_ike(struct ctl *c);

/* --- ctl_certs.c: certificates of the file and of VICI */

struct control_certs ctl_control_certs(struct ctl *c);

/* As of struct apply_calls. */
int ctl_put_certs(void *ctx, const struct cert_list *named, struct error *e);

/* What connections brought goes with them. */
void ctl_keep_certs(struct ctl *c);

/* Once there are an event loop and private keys. */
void ctl_watch_keys(struct ctl *c);

/* They are others, or private keys are: ike gets them all, soon. */
void ctl_certs_changed(struct ctl *c);

/* Of a file that is read: certificates whose time is over, or soon will be. */
void ctl_tell_expiry(const struct config *file);

/* Once there are an event loop and private keys: when they end is kept for status, and
 * told of once a day; and when they are others. */
void ctl_expiry_start(struct ctl *c);
void ctl_expiry_changed(struct ctl *c);
void ctl_expiry_stop(struct ctl *c);

/* It gets them now, if they are others. */
void ctl_send_certs(struct ctl *c);

/* As of ike_link_spec. */
struct cert_keys ctl_cert_keys(struct ctl *c);
enum key_of_cert ctl_key_of(struct ctl *c, const struct cert_conf *cert);

bool ctl_next_cred(void *ctx, size_t *at, enum cred_kind *kind,
		   struct slice *octets);

/* --- ctl_tokens.c: private keys in tokens */

int ctl_new_tokens(struct ctl *c, struct error *e);

/* Does it start all when tokens are there? */
bool ctl_starts_later(struct ctl *c, const struct policy_set *orphaned);

/* As of struct control_loads. */
int ctl_load_token(void *ctx, uint64_t token, const struct token_conf *conf,
		   struct error *e);

/* --- ctl_names.c: peers that have names */

int ctl_new_names(struct ctl *c, struct error *e);
void ctl_free_names(struct ctl *c);

/* They are those of the connections that there are now. */
int ctl_set_names(struct ctl *c, struct error *e);

/* dp has a configuration, or is gone. */
void ctl_names_with_dp(struct ctl *c);
void ctl_names_without_dp(struct ctl *c);

/* Unless it is there. */
int ctl_start_helper(struct ctl *c, struct error *e);

/* As of dp_link_spec and ike_link_spec. */
void ctl_let_out(void *ctx, uint64_t token, int err);
void ctl_ask_name(void *ctx, const char *conn, bool urgent);
void ctl_ask_gateway(void *ctx, const char *host);

/* --- ctl_streams.c: TCP that carries IKE and ESP, where it is asked for */

/* It is asked for now, or is not yet, or is no more. */
int ctl_set_streams(struct ctl *c, struct error *e);

/* Connections end. */
void ctl_stop_streams(struct ctl *c);
void ctl_free_streams(struct ctl *c);

/* dp has a configuration, or is gone. */
void ctl_streams_with_dp(struct ctl *c);
void ctl_streams_without_dp(struct ctl *c);

/* A link between ike and stream, where both are there; and ike is there no more. */
void ctl_introduce_stream(struct ctl *c);
void ctl_stream_without_ike(struct ctl *c);

/* What stream counted, borrowed; NULL: no TCP. */
const struct stream_counts *ctl_stream_counts(const struct ctl *c);

/* As of dp_link_spec and ike_link_spec. */
void ctl_stream_out(void *ctx, const struct dp_msg_stream *answer);
void ctl_pair(void *ctx, const struct dp_msg_pair *m, int fd);
void ctl_stream_open(void *ctx, uint64_t token, const struct stream_ends *ends);

/* --- ctl_fetches.c: CRLs, what responders of OCSP say, and certificates */

int ctl_new_fetches(struct ctl *c, struct error *e);
void ctl_free_fetches(struct ctl *c);

/* As of struct control_certs: what was fetched, and what failed, is forgotten. */
void ctl_flush_fetched(void *ctx);

/* helper is there, or gone; as of helper_link_spec. */
void ctl_fetches_ready(struct ctl *c, bool ready);
void ctl_fetches_found(struct ctl *c, uint64_t token,
		       const struct lookup_result *r);
void ctl_fetch_piece(void *ctx, uint64_t token, struct slice octets);
void ctl_fetch_done(void *ctx, const struct helper_msg_fetched *m);

struct fetches_now ctl_fetches_now(void);

/* Something was wanted: the timer may be due at another time. */
void ctl_fetches_wake(struct ctl *c);

/* --- ctl_wants.c: which of them ike wants */

/* 0 or -ENOMEM. */
int ctl_new_wants(struct ctl *c);
void ctl_free_wants(struct ctl *c);

/* Certificates that are loaded are others than before. */
void ctl_fetches_reload(struct ctl *c);

/* As of ike_link_spec. */
void ctl_want(void *ctx, const struct ike_msg_want *m);

/* As of struct fetches_calls. */
void ctl_fetched(void *ctx, const uint8_t id[FETCHES_ID], struct slice octets,
		 const char *why);

/* --- ctl_vips.c: virtual IPs that peers gave us */

/* They may be others than before, or dp another one. */
void ctl_look_at_vips(struct ctl *c);

/* What an IKE SA that came up brought; nothing where it is another's heir. */
void ctl_log_vips(const struct ike_sa_view *v);
void ctl_free_vips(struct ctl *c);

/* In the order of the SPD, as dp gave them; ike asks for SAs by them. */
void ctl_take_ids(struct config *config, const struct dp_link *dp);

#endif
