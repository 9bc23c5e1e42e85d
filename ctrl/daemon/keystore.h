/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keystore: long-term secrets, and the operations that need them (see
 * ctrl/model/keystore.h). Whoever asks gets an AUTH value, a yes or no, or its own
 * keys with a PPK mixed into them, never a key. What is asked of private keys is
 * signer.h's. Control thread.
 */
#ifndef CYG_DAEMON_KEYSTORE_H
#define CYG_DAEMON_KEYSTORE_H

#include "ctrl/daemon/psk_index.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/keystore.h"

/* Octets that an AUTH payload is of. */
#define KEYSTORE_SIGNED_MAX                                             \
	(KEYSTORE_MESSAGE_MAX + KEYSTORE_NONCE_MAX + KEYSTORE_PRF_MAX + \
	 KEYSTORE_INT_AUTH_MAX)

/* Are its lengths what they may be, and is there such a PRF? Of any op but
 * PPK_MIX. */
bool keystore_is_sound(const struct keystore_request *q);

/*
 * message | nonce | prf(SK_p, ID') [| IntAuth] of a sound request, RFC 7296 section
 * 2.15. Returns how many octets; 0: libcrypto failed.
 */
size_t keystore_signed(const struct keystore_request *q,
		       uint8_t out[KEYSTORE_SIGNED_MAX]);

/*
 * Does what is asked, with the best of these keys: the one whose owners name the
 * peer most closely (itself, a wildcard, anybody), then us. A key without owners
 * is for anybody; of equals the first counts.
 */
void keystore_serve(const struct psk_conf *psks, size_t n,
		    const struct keystore_request *q,
		    struct keystore_answer *out);

/* The same, with the best of the keys of an index. */
void keystore_serve_of(const struct psk_index *keys,
		       const struct keystore_request *q,
		       struct keystore_answer *out);

#endif
