/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC (RFC 2104) with MD5 (RFC 2403), SHA-1 (RFC 2404) and SHA-2 (RFC 4868), in
 * full length, for many messages under one key. A message is started, added to, and ended:
 *
 *     ok = hmac_start(h) && hmac_add(h, a) && hmac_add(h, b) && hmac_end(h, mac);
 *
 * A key may be left in the middle of a message; the next start forgets it.
 */
#ifndef CYG_CRYPTO_HMAC_H
#define CYG_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "include/ike.h"

#define HMAC_MAX_BYTES 64 /* of a MAC */

/* A key, ready for use. One thread at a time. */
struct hmac;

/*
 * id    names the hash; how much of the MAC is used is the caller's business
 * key   of any length, borrowed for the call
 *
 * 0, -EINVAL (INTEG_NONE, or a MAC of another kind), -ENOTSUP (libcrypto lacks the hash), -ENOMEM.
 * Control thread.
 */
int hmac_new(enum integ_id id, struct slice key, struct hmac **out);

/* Wipes and frees; hmac_free(NULL) is fine. */
void hmac_free(struct hmac *h);

/*
 * The MAC in full length: 16, 20, 32, 48 or 64 octets at out. false: libcrypto
 * failed, out is undefined. Any worker.
 */
MUST_CHECK bool hmac_start(struct hmac *h);
MUST_CHECK bool hmac_add(struct hmac *h, struct slice part);
MUST_CHECK bool hmac_end(struct hmac *h, uint8_t *out);

/* All of these for a message in two pieces, either of which may be empty. */
MUST_CHECK bool hmac_sum(struct hmac *h, struct slice head, struct slice tail,
			 uint8_t *out);

#endif
