/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protection of IKE messages: the Encrypted payload of RFC 7296 section
 * 3.14, with an AEAD as RFC 5282 and RFC 7634 say. One key is one direction of
 * one IKE SA. One thread at a time.
 */
#ifndef CYG_CRYPTO_SK_H
#define CYG_CRYPTO_SK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/crypto.h"

/*
 * A message in one piece, in place: aad | IV | text | ICV. The caller has seen
 * to it that there is room for all four.
 */
struct sk_text {
	uint8_t *message;
	size_t aad_bytes;  /* IKE header to SK's generic header */
	size_t text_bytes; /* inner payloads to pad length */
};

struct sk_key;

/*
 * spec   integ is integ_none with an AEAD; esn is not read; the secrets are
 *        borrowed for the call
 *
 * 0, -EINVAL (lengths or pair), -ENOTSUP, -ENOMEM.
 */
int sk_key_new(const struct crypto_key_spec *spec, struct sk_key **out);

/* Wipes and frees; sk_key_free(NULL) is fine. */
void sk_key_free(struct sk_key *key);

/*
 * Encrypts the text and writes the ICV; the caller wrote the IV, for an AEAD
 * one that this key never saw. false: the text is not a multiple of the block,
 * or libcrypto failed; the message is not to be sent.
 */
MUST_CHECK bool sk_seal(struct sk_key *key, const struct sk_text *t);

/*
 * Verifies, and only then decrypts. false: forged, or the text is not a
 * multiple of the block; the message is as it came, or with an AEAD its text is
 * zeroed.
 */
MUST_CHECK bool sk_open(struct sk_key *key, const struct sk_text *t);

#endif
