/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A MAC of any kind that ESP, AH and IKE have, cut to its ICV, for many messages
 * under one key.
 */
#ifndef CYG_CRYPTO_MAC_H
#define CYG_CRYPTO_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/alg.h"

#define ICV_MAX_BYTES 32 /* of HMAC-SHA-512 */

/* A key, ready for use. One thread at a time. */
struct mac;

/*
 * key   key_bytes octets of the algorithm, borrowed for the call
 *
 * 0, -EINVAL (its length, or INTEG_NONE), -ENOTSUP (libcrypto lacks it), -ENOMEM.
 * Control thread.
 */
int mac_new(const struct integ_alg *alg, struct slice key, struct mac **out);

/* Wipes and frees; mac_free(NULL) is fine. */
void mac_free(struct mac *m);

/*
 * icv_bytes of the algorithm to icv, of a message in two pieces, either of which
 * may be empty.
 *
 * iv   iv_bytes of the algorithm
 *
 * false: libcrypto failed. Any worker.
 */
MUST_CHECK bool mac_sum(struct mac *m, const uint8_t *iv, struct slice head,
			struct slice tail, uint8_t *icv);

#endif
