/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VICI server: a Unix stream socket for root (and the daemon's own user)
 * alone, on the control thread's event loop. It reads snapshots through the
 * callbacks and never blocks, and no client holds it up: clients come after
 * everything else on the loop, each with one packet a turn.
 *
 * The process ignores SIGPIPE: a client may leave while it is answered.
 */
#ifndef CYG_CONTROL_SERVER_H
#define CYG_CONTROL_SERVER_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/control/capture.h"
#include "ctrl/crypto/key_id.h"
#include "ctrl/model/config.h"
#include "ctrl/model/difference.h"
#include "ctrl/model/explain.h"
#include "ctrl/model/ike_counts.h"
#include "ctrl/model/sas.h"
#include "ctrl/model/status.h"

#define CONTROL_CLIENTS_MAX 32 /* one more takes the longest idle one's place */

/* From a request's first octet to its answer's last; between requests a client
 * may wait for as long as it likes. */
#define CONTROL_WAIT_S 10

/*
 * What event_base_priority_init() is called with: the server's events have the
 * last of these priorities, all others the middle one, as libevent has it.
 */
#define CONTROL_PRIORITIES 3
#define CONTROL_PRIORITY   (CONTROL_PRIORITIES - 1)

struct event_base;
struct control_server;

enum control_verb {
	CONTROL_INITIATE,
	CONTROL_TERMINATE,
	CONTROL_REKEY,
	CONTROL_REDIRECT,
};

/* Borrowed for the call. */
struct control_command {
	uint64_t token; /* comes back in control_server_done() */
	enum control_verb verb;
	const char *conn;
	const char *child; /* NULL: none named */
	/* Of TERMINATE and REKEY: that one alone; 0: all of the name. */
	uint32_t ike_id, child_id;
	bool force;  /* IKE SAs that are terminated end at once */
	bool reauth; /* IKE SAs are authenticated anew, not rekeyed */
	/* Of REDIRECT, which has nothing else of all this; else NULL. */
	const struct ike_redirect *redirect;
};

/* What a callback returns whose answer comes later. */
#define CONTROL_LATER 1

/* Certificates, CRLs, raw public keys and authorities. Each may be NULL: refused, or there
 * are none. Those that return int: 0, or negative with e filled. */
struct control_certs {
	/* In DER or PEM. */
	int (*load)(void *ctx, enum cert_kind kind, struct slice octets,
		    struct error *e);
	/* All that load() brought. */
	void (*clear)(void *ctx);
	/* CRLs and OCSP responses that were fetched are forgotten. */
	void (*flush)(void *ctx);
	/* message: the body of load-authority, a valid one */
	int (*load_authority)(void *ctx, struct slice message, struct error *e);
	int (*unload_authority)(void *ctx, const char *name, struct error *e);
	/* The next one, of those of the file as well; at is where to go on, 0 at first.
	 * NULL: no more; borrowed until the event loop goes on. */
	const struct cert_conf *(*next)(void *ctx, size_t *at);
	const struct authority *(*next_authority)(void *ctx, size_t *at);
	/* NULL: there is none of that kind; borrowed likewise. */
	const struct cert_conf *(*find)(void *ctx, enum cert_kind kind,
					const struct fingerprint *name);
	/* Is there a private key for it? */
	bool (*has_key)(void *ctx, const struct fingerprint *key);
	void *ctx;
};

/* What load-key says of a key. */
enum control_key_type {
	CONTROL_KEY_ANY,
	CONTROL_KEY_RSA,
	CONTROL_KEY_ECDSA,
};

/* Private keys come over VICI and go. Each may be NULL: refused, or nothing. */
struct control_keys {
	/* octets: in PEM or DER, borrowed; the caller wipes them. 0, or negative
	 * with e filled. */
	int (*load)(void *ctx, enum control_key_type type, struct slice octets,
		    char id[KEY_ID_STR_MAX], struct error *e);
	int (*unload)(void *ctx, const char *id, struct error *e);
	/* All that came over VICI. */
	void (*clear)(void *ctx);
	/* The id of the next one of these; at is where to go on, 0 at first. NULL:
	 * no more. */
	const char *(*id)(void *ctx, size_t *at);
	void *ctx;
};

/* Private keys that stay in tokens. */
struct control_tokens {
	/* As those with a token below, but that control_server_token_loaded() is for
	 * success. NULL: refused. conf is borrowed, the caller wipes it. */
	int (*load)(void *ctx, uint64_t token, const struct token_conf *conf,
		    struct error *e);
	void *ctx;
};

/*
 * What is loaded changes. Each may be NULL: refused. Those with a token return 0,
 * negative with e filled, or CONTROL_LATER, and token is then for
 * control_server_loaded(); the others never do it later.
 */
struct control_loads {
	/* message: the body of load-conn, a valid one (see vici.h) */
	int (*load_conn)(void *ctx, uint64_t token, struct slice message,
			 struct error *e);
	int (*unload_conn)(void *ctx, uint64_t token, const char *name,
			   struct error *e);
	int (*reload)(void *ctx, uint64_t token, struct error *e);
	/* Of the file, only what all connections have in common. */
	int (*reload_settings)(void *ctx, struct error *e);
	/* The child's trap is installed, or uninstalled. conn "": of the one
	 * connection that has such a child. */
	int (*set_trap)(void *ctx, uint64_t token, const char *conn,
			const char *child, bool installed, struct error *e);
	/* What that would change; difference_free() it, in every case. */
	int (*difference)(void *ctx, struct difference *out, struct error *e);
	/* text holds a pair of manual SAs; file stands for it in errors. Both
	 * borrowed; text is wiped by the caller. */
	int (*add_sa)(void *ctx, uint64_t token, const char *name,
		      const char *file, struct slice text, struct error *e);
	int (*delete_sa)(void *ctx, uint64_t token, const char *name,
			 struct error *e);
	/* message: the body of load-pool, a valid one */
	int (*load_pool)(void *ctx, struct slice message, struct error *e);
	int (*unload_pool)(void *ctx, const char *name, struct error *e);
	/* What psk owns may be taken: it is forgotten then, as by psk_fini().
	 * Its name is "" or the secret's id. */
	int (*load_shared)(void *ctx, struct psk_conf *psk, struct error *e);
	int (*unload_shared)(void *ctx, const char *id, struct error *e);
	int (*clear_shared)(void *ctx, struct error *e);
	/* The next id of the secrets that came over VICI; at is where to go on,
	 * 0 at first. NULL: no more. */
	const char *(*shared_id)(void *ctx, size_t *at);
	struct control_certs certs;
	struct control_keys keys;
	struct control_tokens tokens;
	void *ctx;
};

/* Borrowed for the call. */
struct control_capture {
	uint64_t token; /* comes back in control_server_capturing() */
	const struct capture_request *request;
	int fd; /* of the client, who gets the packets; to be duplicated */
	int pid;
	struct slice answer; /* goes to it first, if it works */
};

/* A message of IKE; borrowed for the call. */
struct control_traced {
	bool out, response;
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint64_t spi_i, spi_r;
	const char *exchange;
	uint32_t message_id;
	unsigned int untold; /* before it, which were too many */
	const char *text;    /* its payloads, or what is wrong with it */
};

struct control_callbacks {
	/* A fresh snapshot, handed over; NULL: out of memory. */
	struct status *(*status)(void *ctx);
	/* SAs, likewise. */
	struct sas *(*sas)(void *ctx);
	/* Pools, likewise. */
	struct pool_list *(*pools)(void *ctx);
	/*
	 * Connections, those too that were accepted and are not in force yet: n
	 * pointers, handed over, to what is borrowed until the event loop goes
	 * on. NULL: out of memory.
	 */
	const struct conn_conf **(*conns)(void *ctx, size_t *n);
	/* Policies of the configuration that are no connection's; borrowed until
	 * the event loop goes on. NULL: there are none. */
	const struct policy_conf *(*policies)(void *ctx, size_t *n);
	/* IKE SAs, those that are connecting apart. NULL: there are none. */
	void (*count_ike)(void *ctx, unsigned int *up, unsigned int *connecting);
	/*
	 * Asks for what status() and sas() say of counters to be of this moment;
	 * control_server_refreshed() follows, later. false: they are, or cannot
	 * be. NULL: they always are.
	 */
	bool (*refresh)(void *ctx);
	/*
	 * What was counted of IKE, connection by connection, and for conn "" of
	 * all peers together; borrowed until the event loop goes on. NULL: no
	 * more, or nothing is counted.
	 */
	const struct ike_counts *(*counts)(void *ctx, size_t i,
					   const char **conn);
	/* From now on they begin at 0; conn NULL: all of them. */
	void (*reset_counts)(void *ctx, const char *conn);
	/* Answered by control_server_done(), later. */
	void (*command)(void *ctx, const struct control_command *c);
	/*
	 * Answered by control_server_explained(), later, or by
	 * control_server_loaded() with what is wrong. words is borrowed. NULL:
	 * refused.
	 *
	 * 0, or negative with e filled.
	 */
	int (*explain)(void *ctx, uint64_t token,
		       const struct explain_words *words, struct error *e);
	/* Answered by control_server_capturing(), later; or negative with e
	 * filled. NULL: refused. */
	int (*capture)(void *ctx, const struct control_capture *q,
		       struct error *e);
	/* Messages with that peer are told of by control_server_traced(), for
	 * so long. NULL: refused. 0, or negative with e filled. */
	int (*debug)(void *ctx, const struct addr *peer, uint32_t seconds,
		     struct error *e);
	struct control_loads loads;
	void *ctx;
	/* What needs no snapshot. */
	uint64_t since_ns; /* of clock_ns(), when the gateway started */
	unsigned int workers;
};

/*
 * Listens at path (mode 0600; its folder is made when missing). A stale socket
 * file is replaced.
 *
 * base        outlives the server; has CONTROL_PRIORITIES
 * callbacks   copied
 *
 * 0, or negative with e filled: -EADDRINUSE (somebody answers there), -EEXIST
 * (a file that is no socket), -ENAMETOOLONG, -ENOMEM, -EINVAL (the base has not
 * the priorities), or what the kernel said.
 * Free with control_server_free().
 */
int control_server_new(struct event_base *base, const char *path,
		       const struct control_callbacks *callbacks,
		       struct control_server **out, struct error *e);

/* The answer to refresh(); one that nobody waits for does nothing. */
void control_server_refreshed(struct control_server *server);

/*
 * A command was begun, or not: err 0, -EALREADY (INITIATE: it is up), -ENOENT (nothing of that name),
 * -EADDRNOTAVAIL (no remote address to go to), -ENODATA (packets alone bring it up),
 * -ENOTCONN (IKE is not spoken),
 * -EAGAIN (who speaks it is only being started), -ENOTSUP (what is asked is not
 * there), or another one.
 *
 * n   SAs that it is about: 0 is a failure of TERMINATE and REKEY. Of INITIATE the
 *     id of the IKE SA that was begun, which the events of the attempt have.
 */
void control_server_done(struct control_server *server, uint64_t token, int err,
			 unsigned int n);

/*
 * Something was loaded, or not; err 0 or negative with e filled. Not from inside
 * of the callback that said CONTROL_LATER. token 0: no client asked for it.
 */
void control_server_loaded(struct control_server *server, uint64_t token,
			   int err, const struct error *e);

/* The private key that is in a token has that id. */
void control_server_token_loaded(struct control_server *server, uint64_t token,
				 const char *id);

/* The answer to explain(). */
void control_server_explained(struct control_server *server, uint64_t token,
			      const struct explanation *x);

/* A capture was begun, and its client is no longer the server's; or not: err
 * negative with e filled. */
void control_server_capturing(struct control_server *server, uint64_t token,
			      int err, const struct error *e);

enum control_event_kind {
	CONTROL_IKE_UP,
	CONTROL_IKE_DOWN,
	CONTROL_CHILD_UP,
	CONTROL_CHILD_DOWN,
	CONTROL_IKE_MOVED, /* to local and remote; ike says where it was */
	CONTROL_ALERT,	   /* beside what else is told */
	CONTROL_FAILED,	   /* an attempt: see text */
	CONTROL_IKE_GONE,  /* the process that spoke IKE: names nothing */
};

/* Borrowed for the call; what is not known is NULL or "". */
struct control_event {
	enum control_event_kind kind;
	const char *conn;
	const char *child;
	uint32_t ike_id; /* as in struct ike_sa_view; 0: not known */
	const struct ike_sa_view *ike;
	const struct child_sa_view *child_sa;
	/* Of what is up: in whose place it comes. */
	const struct ike_sa_view *elder;
	const struct child_sa_view *elder_child;
	bool succeeded; /* what is down: another one is there in its place */
	struct addr local, remote; /* CONTROL_IKE_MOVED */
	uint16_t local_port, remote_port;
	const char *alert; /* CONTROL_ALERT: its type, by strongSwan's name */
	const char *text;  /* in plain words */
};

/* Tells clients who asked for it, and those who wait for its like. */
void control_server_event(struct control_server *server,
			  const struct control_event *e);

/*
 * The process that spoke IKE is gone: whoever waits for it is answered so, and
 * all hear of it.
 *
 * lost   SAs that nobody takes over, which go down; NULL: none
 */
void control_server_ike_gone(struct control_server *server,
			     const struct sas *lost);

/* As debug() asked for, to who is registered; and that no more will come. */
void control_server_traced(struct control_server *server,
			   const struct control_traced *t);
void control_server_traced_end(struct control_server *server, const char *why);

/* Closes every client and removes the socket file; NULL is fine. */
void control_server_free(struct control_server *server);

#endif
