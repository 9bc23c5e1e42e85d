/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys in tokens: those that a configuration names, and those that came over VICI
 * (load-token). Each has a process of its own (token.h), which is started anew when it
 * ends, does not answer or fails to sign, and a key that is not to be had is tried again,
 * after 5 s and then more, up to a minute. But no PIN that a token refused is tried
 * twice: tokens lock themselves. One is opened at a time, so that two sections with the
 * same wrong PIN try it once. Control thread.
 */
#ifndef CYG_DAEMON_TOKENS_H
#define CYG_DAEMON_TOKENS_H

#include "ctrl/daemon/sign_keys.h"
#include "ctrl/model/config.h"

struct event_base;
struct tokens;
struct token_key;

#define TOKEN_OPEN_MS	8000 /* then its process is ended */
#define TOKEN_SIGN_MS	5000 /* likewise, where no signature comes for so long */
#define TOKEN_SETTLE_MS 10000 /* a start waits for so long for tokens */
#define TOKEN_JOBS_MAX	64    /* signatures that one key is asked for at once */

struct tokens_spec {
	struct event_base *base;
	const char *folder;	/* of the processes' sockets; borrowed */
	bool debug;		/* modules may print */
	struct sign_keys *keys; /* what is opened joins them; borrowed */
	/* What tokens_load() promised: e NULL: it has that id. From the loop. */
	void (*loaded)(void *ctx, uint64_t token, const char *id,
		       const struct error *e);
	/* All of the configuration's were tried, or TOKEN_SETTLE_MS are over. From the
	 * loop. */
	void (*settled)(void *ctx);
	void *ctx;
};

/* NULL: no memory. */
struct tokens *tokens_new(const struct tokens_spec *spec);

/* The processes end; nothing is called any more but done() of what is being signed, with
 * a failure. Keys stay until they are released. NULL is fine. */
void tokens_free(struct tokens *t);

/*
 * Those of this configuration are there from now on, and others of a configuration not.
 * One that is the same goes on as it is.
 *
 * c   its PINs are wiped
 */
void tokens_set(struct tokens *t, struct config *c);

/* Is one of them yet to be tried, and not for too long? */
bool tokens_are_awaited(const struct tokens *t);

/*
 * One over VICI.
 *
 * c       has the module
 * conf    its PIN is copied
 * token   for loaded()
 *
 * CONTROL_LATER, or negative with e filled.
 */
int tokens_load(struct tokens *t, const struct config *c,
		const struct token_conf *conf, uint64_t token, struct error *e);

/* --- one of them; counted */

struct token_key *token_key_hold(struct token_key *k);

/* NULL is fine. */
void token_key_release(struct token_key *k);

/* NULL: it was never opened; else the same until it is released. */
const struct public_key *token_key_public(const struct token_key *k);

/* Inside of what waits for a signature. */
struct token_job {
	struct token_job *next; /* ours */
	uint64_t number;	/* likewise */
	/* From the loop, or from tokens_free(): err 0 and the signature, borrowed for the
	 * call, or negative. The job is handed back. */
	void (*done)(struct token_job *job, int err, struct slice signature);
};

/*
 * message   KEYSTORE_SIGNED_MAX octets at most; borrowed for the call
 *
 * 0: the job is handed over; -EIO: the token is not there; -EBUSY
 */
int token_key_sign(struct token_key *k, const struct sign_scheme *scheme,
		   struct slice message, struct token_job *job);

#endif
