/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ESP and IKE have in common, for the files of this folder: a text that
 * is enciphered between its IV and its ICV, by an AEAD or by a cipher whose
 * ciphertext a MAC then covers; and that MAC alone, for AH.
 *
 *     from                    text                icv
 *     | what is covered | IV | text_bytes octets | ICV |
 */
#ifndef CYG_CRYPTO_CIPHER_H
#define CYG_CRYPTO_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/crypto.h"

struct cipher_text {
	const uint8_t *from; /* a MAC covers all from here to the ICV */
	uint8_t *text;
	const uint8_t *plain; /* to be enciphered; NULL: the text, in place */
	size_t text_bytes;
	struct slice tail; /* and this, which the packet does not hold */
	struct slice aad;  /* an AEAD covers this besides the text */
};

/* One direction's keys, ready for use. One thread at a time. */
struct cipher;

/*
 * spec   esn is not read; the secrets are borrowed for the call
 *
 * 0, -EINVAL (lengths or pair), -ENOTSUP, -ENOMEM. Control thread.
 */
int cipher_new(const struct crypto_key_spec *spec, struct cipher **out);

/* Wipes and frees; cipher_free(NULL) is fine. */
void cipher_free(struct cipher *c);

/*
 * Enciphers and writes the ICV; the IV is the caller's. false: the text is not
 * a multiple of the block, or libcrypto failed. Any worker.
 */
MUST_CHECK bool cipher_seal(struct cipher *c, const struct cipher_text *t);

/*
 * Verifies, and only then deciphers. false: the text is as it came, or with an
 * AEAD zeroed. Any worker.
 */
MUST_CHECK bool cipher_open(struct cipher *c, const struct cipher_text *t);

/*
 * The MAC of a message in two pieces, as mac_sum() of ctrl/crypto/mac.h. false: the
 * key has none, or libcrypto failed. Any worker.
 */
MUST_CHECK bool cipher_mac(struct cipher *c, const uint8_t *iv,
			   struct slice head, struct slice tail, uint8_t *icv);

#endif
