/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out what VICI or a file that is read again changes: the data path gets
 * the policies first; when it has them, the change is in force and what differs
 * is told. One change at a time: while the data path has not answered, another
 * one is refused.
 *
 * But for connections that come one right after the other: the first one is answered
 * when it is in force. Those behind it are answered when they are accepted, and the
 * data path gets them together, soon: it costs as much as one of them.
 * Control thread.
 */
#ifndef CYG_DAEMON_APPLY_H
#define CYG_DAEMON_APPLY_H

#include "ctrl/control/server.h"
#include "ctrl/model/config.h"

struct apply;
struct sign_keys;

struct apply_calls {
	/*
	 * The data path's policies become c's, and behind them one for each
	 * child of these connections, into which its id is written.
	 *
	 * c       borrowed for the call, what it points to until the change is over
	 * conns   n of them, which stay where they are until the change is over
	 *
	 * 0; CONTROL_LATER: apply_done() follows; or negative with e filled.
	 */
	int (*install)(void *ctx, const struct config *c,
		       struct conn_conf *conns, size_t n, struct error *e);
	/* One that is gone, before it is; one that is new or changed, after:
	 * as loaded_calls of loaded.h. */
	void (*unload)(void *ctx, const char *conn);
	void (*load)(void *ctx, const struct conn_conf *conn,
		     const struct conn_conf *was);
	/* Secrets of the config, and if conns also its connections and certificates,
	 * are others from now on and stand elsewhere. */
	void (*changed)(void *ctx, bool conns);
	/* apply_flush() is to be called soon; the later, the more come. */
	void (*later)(void *ctx);
	/* Certificates that a connection of VICI brings with it, before it is there. 0, or
	 * negative with e filled: it is refused. */
	int (*certs)(void *ctx, const struct cert_list *named, struct error *e);
	/* The pool of that name is another one, or none any more; all stand elsewhere
	 * in the config. */
	void (*pool)(void *ctx, const char *name);
	/* How many peers have an address of that pool. */
	size_t (*online)(void *ctx, const char *pool);
	/* Goes to control_server_loaded(); token 0: nobody waits for it, and an
	 * error is to be told in another way. */
	void (*answer)(void *ctx, uint64_t token, int err,
		       const struct error *e);
	void *ctx;
};

/*
 * config   what is in force; borrowed, and changed in its place
 * keys     private keys, likewise
 * path     of the file that is read again; borrowed
 * calls    copied
 *
 * NULL: out of memory. Free with apply_free(); NULL is fine.
 */
struct apply *apply_new(struct config *config, struct sign_keys *keys,
			const char *path, const struct apply_calls *calls);
void apply_free(struct apply *a);

/* What a control server is given to change what is loaded. */
struct control_loads apply_loads(struct apply *a);

/*
 * The connections that clients were told are loaded: those in force, and those that
 * were accepted. As staged_with() has them.
 */
const struct conn_conf **apply_conns(const struct apply *a, size_t *n);

/* What was accepted, now; unless a change is under way. */
void apply_flush(struct apply *a);

/* Is all in force that was accepted, and no change under way? */
bool apply_is_settled(const struct apply *a);

/*
 * What install() promised: err 0 or negative with e filled. Not from inside of
 * it. Ids were written into its connections before.
 */
void apply_done(struct apply *a, int err, const struct error *e);

#endif
