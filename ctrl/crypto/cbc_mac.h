/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two MACs that chain AES blocks, for many messages under one key:
 * AES-XCBC-MAC (RFC 3566) and AES-CMAC (RFC 4493). They differ in how keys come
 * from the key.
 */
#ifndef CYG_CRYPTO_CBC_MAC_H
#define CYG_CRYPTO_CBC_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define CBC_MAC_BYTES	  16 /* of a MAC in full length */
#define CBC_MAC_KEY_BYTES 16

/* A key, ready for use. One thread at a time. */
struct cbc_mac;

/*
 * key   CBC_MAC_KEY_BYTES octets, borrowed for the call
 *
 * 0, -ENOTSUP (libcrypto lacks AES), -ENOMEM. Control thread.
 */
int xcbc_new(const uint8_t *key, struct cbc_mac **out);
int cmac_new(const uint8_t *key, struct cbc_mac **out);

/* Wipes and frees; cbc_mac_free(NULL) is fine. */
void cbc_mac_free(struct cbc_mac *m);

/*
 * A message is started, added to, and ended, as in hmac.h; out has
 * CBC_MAC_BYTES. false: libcrypto failed. Any worker.
 */
MUST_CHECK bool cbc_mac_start(struct cbc_mac *m);
MUST_CHECK bool cbc_mac_add(struct cbc_mac *m, struct slice part);
MUST_CHECK bool cbc_mac_end(struct cbc_mac *m, uint8_t *out);

/* All of these for a message in two pieces, either of which may be empty. */
MUST_CHECK bool cbc_mac_sum(struct cbc_mac *m, struct slice head,
			    struct slice tail, uint8_t *out);

#endif
