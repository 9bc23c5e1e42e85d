/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keystore's signatures (KEYSTORE_SIGN): whether they may be, here and now, and
 * then on threads, as one takes up to 10 ms, or by the process of a token. Answers come in any order, and not to
 * another process than the one that asked. Control thread.
 */
#ifndef CYG_DAEMON_SIGNER_H
#define CYG_DAEMON_SIGNER_H

#include "ctrl/daemon/may_sign.h"
#include "ctrl/daemon/sign_keys.h"
#include "ctrl/model/keystore.h"

struct event_base;
struct signer;

#define SIGNER_MAX 1024U /* signatures that are waited for, at once */

struct signer_spec {
	struct event_base *base;
	const struct sign_keys *keys; /* borrowed until signer_free() */
	struct cert_keys certs;
	/* From signer_ask() where it is refused, else from the loop; borrowed for
	 * the call. */
	void (*answer)(void *ctx, const struct keystore_answer *a);
	void *ctx;
};

/* NULL: no memory. Threads are there from the first signature on. */
struct signer *signer_new(const struct signer_spec *spec);

/* Waits for what is being signed, but not for tokens. NULL is fine. */
void signer_free(struct signer *s);

/*
 * q       op is KEYSTORE_SIGN; the rest is a stranger's
 * conns   n of them; borrowed for the call
 */
void signer_ask(struct signer *s, const struct conn_conf *conns, size_t n,
		const struct keystore_request *q);

/* Who asked so far is gone: what it asked for is not answered. */
void signer_forget(struct signer *s);

#endif
