/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With which private key who may sign: what a process that may have been taken over
 * asks for is held to the connections that there are. Pure.
 */
#ifndef CYG_DAEMON_MAY_SIGN_H
#define CYG_DAEMON_MAY_SIGN_H

#include "ctrl/crypto/public_key.h"
#include "ctrl/model/keystore.h"

/* Which certificate is of which key; questions to whoever has the certificates, NULL:
 * there are none. */
struct cert_keys {
	/* false: there is no such certificate. */
	bool (*find)(void *ctx, const struct fingerprint *certificate,
		     struct fingerprint *key);
	/* Is there one of that key which is of that identity, and no CA's? */
	bool (*is_of)(void *ctx, const struct fingerprint *key,
		      const struct identity *id);
	void *ctx;
};

/*
 * Is there a connection whose local side signs in a round, is who the request says,
 * takes that key and that scheme, and names the key, or a certificate of it; or names none, and
 * there is a certificate of the key and of that identity? And is what is signed what
 * RFC 7296 section 2.15 has: a message of IKE_SA_INIT, a nonce, this side's identity,
 * and of RFC 9242 nothing or both sides' IntAuth? Whose message and nonce they are
 * nobody here can tell.
 *
 * q     KEYSTORE_SIGN with sound lengths
 * key   of q->key
 */
bool may_sign(const struct conn_conf *conns, size_t n,
	      const struct cert_keys *certs, const struct keystore_request *q,
	      const struct public_key *key);

#endif
