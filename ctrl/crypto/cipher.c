// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ciphers on OpenSSL 3's libcrypto. A key holds contexts with the key schedules
 * made once; a text only sets the IV. Tags pass by a parameter made once, which
 * EVP_CIPHER_CTX_ctrl() would make anew: 6 % of a GCM packet of 64 octets. What
 * libcrypto itself allocates while it hashes is out of our hands. Control thread
 * makes and frees keys, workers seal and open.
 */
#include "ctrl/crypto/cipher.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ctrl/crypto/hmac.h"

#define SALT_BYTES     4  /* RFC 4106 section 4, RFC 7634 section 2 */
#define NONCE_BYTES    12 /* salt and IV */
#define NAME_MAX_BYTES 24 /* "ChaCha20-Poly1305" */
#define KEEP_DIRECTION (-1)

/* CBC deciphers by another key schedule, hence a context for each way. */
struct cipher {
	EVP_CIPHER_CTX *seal;
	EVP_CIPHER_CTX *open;
	struct hmac *hmac; /* NULL with an AEAD */
	uint8_t iv_bytes;
	uint8_t block_mask; /* blocks are powers of two: less 1 */
	uint8_t icv_bytes;
	uint8_t salt[SALT_BYTES];
	OSSL_PARAM tag[2]; /* of an AEAD: where the ICV stands, and the end */
};

/* The direction is the context's own. */
static bool cipher_run(EVP_CIPHER_CTX *ctx, const struct cipher_text *t,
		       const uint8_t *from)
{
	int bytes = (int)t->text_bytes, done = 0;

	if (bytes == 0)
		return true;
	return EVP_CipherUpdate(ctx, t->text, &done, from, bytes) == 1 &&
	       done == bytes;
}

static bool encipher(EVP_CIPHER_CTX *ctx, const struct cipher_text *t)
{
	return cipher_run(ctx, t, t->plain ? t->plain : t->text);
}

static bool decipher(EVP_CIPHER_CTX *ctx, const struct cipher_text *t)
{
	return cipher_run(ctx, t, t->text);
}

static uint8_t *icv_of(const struct cipher_text *t)
{
	return t->text + t->text_bytes;
}

static const uint8_t *iv_of(const struct cipher *c, const struct cipher_text *t)
{
	return t->text - c->iv_bytes;
}

/* --- AEAD */

static bool aead_start(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		       const struct cipher_text *t, const OSSL_PARAM *tag)
{
	uint8_t nonce[NONCE_BYTES];
	int done;

	memcpy(nonce, c->salt, SALT_BYTES);
	memcpy(nonce + SALT_BYTES, iv_of(c, t), NONCE_BYTES - SALT_BYTES);
	return EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, KEEP_DIRECTION,
				  tag) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &done, t->aad.ptr,
				(int)t->aad.len) == 1;
}

static bool aead_seal(struct cipher *c, const struct cipher_text *t)
{
	int done;

	c->tag[0].data = icv_of(t);
	return aead_start(c, c->seal, t, NULL) && encipher(c->seal, t) &&
	       EVP_CipherFinal_ex(c->seal, icv_of(t), &done) == 1 &&
	       EVP_CIPHER_CTX_get_params(c->seal, c->tag) == 1;
}

/* It deciphers while it verifies: what failed must not stay readable. */
static bool aead_open(struct cipher *c, const struct cipher_text *t)
{
	int done;

	c->tag[0].data = icv_of(t);
	if (aead_start(c, c->open, t, c->tag) && decipher(c->open, t) &&
	    EVP_CipherFinal_ex(c->open, icv_of(t), &done) == 1)
		return true;
	explicit_bzero(t->text, t->text_bytes);
	return false;
}

/* --- a cipher and a MAC */

static bool cbc_mac(const struct cipher *c, const struct cipher_text *t,
		    uint8_t *mac)
{
	size_t bytes = (size_t)(icv_of(t) - t->from);

	return hmac_sum(c->hmac, slice_of(t->from, bytes), t->tail, mac);
}

static bool cbc_start(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		      const struct cipher_text *t)
{
	return EVP_CipherInit_ex2(ctx, NULL, NULL, iv_of(c, t), KEEP_DIRECTION,
				  NULL) == 1;
}

static bool cbc_seal(struct cipher *c, const struct cipher_text *t)
{
	uint8_t mac[HMAC_MAX_BYTES];

	if (!cbc_start(c, c->seal, t) || !encipher(c->seal, t) ||
	    !cbc_mac(c, t, mac))
		return false;
	memcpy(icv_of(t), mac, c->icv_bytes);
	return true;
}

static bool cbc_open(struct cipher *c, const struct cipher_text *t)
{
	uint8_t mac[HMAC_MAX_BYTES];

	return cbc_mac(c, t, mac) &&
	       CRYPTO_memcmp(mac, icv_of(t), c->icv_bytes) == 0 &&
	       cbc_start(c, c->open, t) && decipher(c->open, t);
}

/* --- either */

static bool is_whole(const struct cipher *c, const struct cipher_text *t)
{
	return t->text_bytes <= INT_MAX && t->aad.len <= INT_MAX &&
	       (t->text_bytes & c->block_mask) == 0;
}

/* Leaves nothing in libcrypto's queue of errors. */
static bool done(bool ok)
{
	if (!ok)
		ERR_clear_error();
	return ok;
}

bool cipher_seal(struct cipher *c, const struct cipher_text *t)
{
	return is_whole(c, t) &&
	       done(c->hmac ? cbc_seal(c, t) : aead_seal(c, t));
}

bool cipher_open(struct cipher *c, const struct cipher_text *t)
{
	return is_whole(c, t) &&
	       done(c->hmac ? cbc_open(c, t) : aead_open(c, t));
}

/* --- keys */

static EVP_CIPHER *fetch_cipher(const struct encr_alg *encr)
{
	char name[NAME_MAX_BYTES] = "";

	switch (encr->id) {
	case ENCR_AES_CBC:
		snprintf(name, sizeof(name), "AES-%u-CBC", encr->key_bits);
		break;
	case ENCR_AES_GCM_16:
		snprintf(name, sizeof(name), "AES-%u-GCM", encr->key_bits);
		break;
	case ENCR_CHACHA20_POLY1305:
		snprintf(name, sizeof(name), "ChaCha20-Poly1305");
		break;
	}
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

static int ciphers_init(struct cipher *c, const struct crypto_key_spec *spec)
{
	EVP_CIPHER *cipher = fetch_cipher(spec->encr);
	const uint8_t *key = spec->encr_key->octets;
	bool ok;

	if (!cipher)
		return -ENOTSUP;
	/* With padding on, CBC would hold the last block back. */
	ok = EVP_EncryptInit_ex2(c->seal, cipher, key, NULL, NULL) == 1 &&
	     EVP_DecryptInit_ex2(c->open, cipher, key, NULL, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(c->open, 0) == 1;
	/* The contexts hold it from here on. */
	EVP_CIPHER_free(cipher);
	return ok ? 0 : -ENOTSUP;
}

static int cipher_fill(struct cipher *c, const struct crypto_key_spec *spec)
{
	const struct encr_alg *encr = spec->encr;
	const struct secret *mac_key = spec->integ_key;
	int err;

	c->iv_bytes = encr->iv_bytes;
	c->block_mask = (uint8_t)(encr->block_bytes - 1);
	c->icv_bytes = (uint8_t)esp_icv_bytes(encr, spec->integ);
	memcpy(c->salt, spec->encr_key->octets + encr->key_bits / 8,
	       encr->salt_bytes);
	c->tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
						      NULL, c->icv_bytes);
	c->tag[1] = OSSL_PARAM_construct_end();
	c->seal = EVP_CIPHER_CTX_new();
	c->open = EVP_CIPHER_CTX_new();
	if (!c->seal || !c->open)
		return -ENOMEM;
	err = ciphers_init(c, spec);
	if (err || encr_is_aead(encr))
		return err;
	return hmac_new(spec->integ->id,
			slice_of(mac_key->octets, mac_key->len), &c->hmac);
}

int cipher_new(const struct crypto_key_spec *spec, struct cipher **out)
{
	struct cipher *c;
	int err;

	if (!crypto_spec_is_sound(spec))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	err = cipher_fill(c, spec);
	if (err) {
		ERR_clear_error();
		cipher_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void cipher_free(struct cipher *c)
{
	if (!c)
		return;
	/* libcrypto wipes the key schedules. */
	EVP_CIPHER_CTX_free(c->seal);
	EVP_CIPHER_CTX_free(c->open);
	hmac_free(c->hmac);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
