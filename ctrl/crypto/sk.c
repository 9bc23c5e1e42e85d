// SPDX-License-Identifier: BSD-2-Clause
/*
 * What makes a protected text IKE's: an AEAD covers the message up to the IV
 * (RFC 5282 section 5.1), a MAC all before the ICV (RFC 7296 section 3.14).
 * Padding and the place of the payload are the message's business.
 */
#include "ctrl/crypto/sk.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/crypto/cipher.h"

struct sk_key {
	struct cipher *cipher;
	uint8_t iv_bytes;
};

static struct cipher_text text_of(const struct sk_key *key,
				  const struct sk_text *t)
{
	return (struct cipher_text){
		.from = t->message,
		.text = t->message + t->aad_bytes + key->iv_bytes,
		.text_bytes = t->text_bytes,
		.aad = { t->message, t->aad_bytes },
	};
}

/* RFC 7296 section 3.14: a message is always encrypted, and verified. */
static bool protects_ike(const struct crypto_key_spec *spec)
{
	return !spec->encr->not_ike && !spec->integ->not_ike &&
	       esp_icv_bytes(spec->encr, spec->integ) != 0;
}

int sk_key_new(const struct crypto_key_spec *spec, struct sk_key **out)
{
	struct sk_key *key;
	int err;

	if (!protects_ike(spec))
		return -EINVAL;
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	err = cipher_new(spec, &key->cipher);
	if (err) {
		sk_key_free(key);
		return err;
	}
	key->iv_bytes = spec->encr->iv_bytes;
	*out = key;
	return 0;
}

void sk_key_free(struct sk_key *key)
{
	if (!key)
		return;
	cipher_free(key->cipher);
	free(key);
}

bool sk_seal(struct sk_key *key, const struct sk_text *t)
{
	struct cipher_text text = text_of(key, t);

	return cipher_seal(key->cipher, &text);
}

bool sk_open(struct sk_key *key, const struct sk_text *t)
{
	struct cipher_text text = text_of(key, t);

	return cipher_open(key->cipher, &text);
}
