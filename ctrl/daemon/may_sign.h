/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With which private key who may sign: what a process that may have been taken over
 * asks for is held to the connections that there are. Pure.
 */
#ifndef CYG_DAEMON_MAY_SIGN_H
#define CYG_DAEMON_MAY_SIGN_H

#include "ctrl/crypto/public_key.h"
#include "ctrl/model/keystore.h"

/* Which certificate is of which key; a question to whoever has the certificates. */
struct cert_keys {
	/* false: there is no such certificate. NULL: there is none at all. */
	bool (*find)(void *ctx, const struct fingerprint *certificate,
		     struct fingerprint *key);
	void *ctx;
};

/*
 * Is there a connection whose local side signs, is who the request says, takes that
 * key and that scheme, and names the key, or a certificate of it, or none at all?
 * And is it this side's identity that is signed?
 *
 * q     KEYSTORE_SIGN with sound lengths
 * key   of q->key
 */
bool may_sign(const struct conn_conf *conns, size_t n,
	      const struct cert_keys *certs, const struct keystore_request *q,
	      const struct public_key *key);

#endif
