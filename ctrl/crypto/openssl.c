// SPDX-License-Identifier: BSD-2-Clause
/*
 * The crypto backend on OpenSSL 3's libcrypto: always there, one packet after
 * the other. A key holds contexts with the key schedules made once; a packet
 * only sets the IV. What libcrypto itself allocates while it hashes is out of
 * our hands. Not a place for policy: sequence numbers, replay and padding are
 * the ESP stages' business. Control thread makes and frees keys, workers seal
 * and open.
 */
#include "ctrl/crypto/crypto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/hmac.h"
#include "include/proto.h"

#define SALT_BYTES     4  /* RFC 4106 section 4 */
#define NONCE_BYTES    12 /* RFC 4106 section 4: salt and IV */
#define AAD_MAX_BYTES  12 /* RFC 4106 section 5, with ESN */
#define SPI_BYTES      4  /* RFC 4303 section 2 */
#define NAME_MAX_BYTES 16 /* "AES-256-GCM" */
#define KEEP_DIRECTION (-1)

/* CBC deciphers by another key schedule, hence a context for each way. */
struct crypto_key {
	const struct encr_alg *encr;
	EVP_CIPHER_CTX *seal;
	EVP_CIPHER_CTX *open;
	struct hmac *hmac; /* NULL with an AEAD */
	uint8_t icv_bytes;
	bool esn;
	uint8_t salt[SALT_BYTES];
};

/* Where the parts of a packet stand. */
struct parts {
	const uint8_t *iv;
	uint8_t *text;
	int text_bytes;
	uint8_t *icv;
};

static bool split(const struct crypto_key *key, const struct crypto_op *op,
		  struct parts *p)
{
	if (op->text_bytes > INT_MAX || op->text_bytes % key->encr->block_bytes)
		return false;
	p->iv = op->esp + ESP_HEADER_BYTES;
	p->text = op->esp + ESP_HEADER_BYTES + key->encr->iv_bytes;
	p->text_bytes = (int)op->text_bytes;
	p->icv = p->text + op->text_bytes;
	return true;
}

/* In place; the direction is the context's own. */
static bool cipher_text(EVP_CIPHER_CTX *ctx, const struct parts *p)
{
	int done = 0;

	if (p->text_bytes == 0)
		return true;
	return EVP_CipherUpdate(ctx, p->text, &done, p->text, p->text_bytes) ==
		       1 &&
	       done == p->text_bytes;
}

/* SPI and sequence number; with ESN its high half in between. */
static int gcm_aad(const struct crypto_key *key, const struct crypto_op *op,
		   uint8_t *aad)
{
	uint32_t seq_hi_be = htonl(op->seq_hi);

	if (!key->esn) {
		memcpy(aad, op->esp, ESP_HEADER_BYTES);
		return ESP_HEADER_BYTES;
	}
	memcpy(aad, op->esp, SPI_BYTES);
	memcpy(aad + 4, &seq_hi_be, 4);
	memcpy(aad + 8, op->esp + SPI_BYTES, 4);
	return AAD_MAX_BYTES;
}

static bool gcm_start(const struct crypto_key *key, EVP_CIPHER_CTX *ctx,
		      const struct crypto_op *op, const struct parts *p)
{
	uint8_t nonce[NONCE_BYTES];
	uint8_t aad[AAD_MAX_BYTES];
	int aad_bytes = gcm_aad(key, op, aad);
	int done;

	memcpy(nonce, key->salt, SALT_BYTES);
	memcpy(nonce + SALT_BYTES, p->iv, NONCE_BYTES - SALT_BYTES);
	return EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, KEEP_DIRECTION,
				  NULL) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &done, aad, aad_bytes) == 1;
}

static bool gcm_seal(struct crypto_key *key, const struct crypto_op *op,
		     const struct parts *p)
{
	int done;

	return gcm_start(key, key->seal, op, p) && cipher_text(key->seal, p) &&
	       EVP_CipherFinal_ex(key->seal, p->icv, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(key->seal, EVP_CTRL_AEAD_GET_TAG,
				   key->icv_bytes, p->icv) == 1;
}

/* GCM deciphers while it verifies: what failed must not stay readable. */
static bool gcm_open(struct crypto_key *key, const struct crypto_op *op,
		     const struct parts *p)
{
	int done;

	if (gcm_start(key, key->open, op, p) && cipher_text(key->open, p) &&
	    EVP_CIPHER_CTX_ctrl(key->open, EVP_CTRL_AEAD_SET_TAG,
				key->icv_bytes, p->icv) == 1 &&
	    EVP_CipherFinal_ex(key->open, p->icv, &done) == 1)
		return true;
	explicit_bzero(p->text, op->text_bytes);
	return false;
}

/*
 * Over SPI, sequence number, IV and ciphertext; the high half of an extended
 * sequence number follows them (RFC 4303 section 3.3.2.1).
 */
static bool cbc_mac(const struct crypto_key *key, const struct crypto_op *op,
		    const struct parts *p, uint8_t *mac)
{
	uint32_t seq_hi_be = htonl(op->seq_hi);
	struct slice head = slice_of(op->esp, (size_t)(p->icv - op->esp));
	struct slice tail = slice_of(&seq_hi_be, key->esn ? 4 : 0);

	return hmac_sha256(key->hmac, head, tail, mac);
}

static bool cbc_start(EVP_CIPHER_CTX *ctx, const struct parts *p)
{
	return EVP_CipherInit_ex2(ctx, NULL, NULL, p->iv, KEEP_DIRECTION,
				  NULL) == 1;
}

static bool cbc_seal(struct crypto_key *key, const struct crypto_op *op,
		     const struct parts *p)
{
	uint8_t mac[HMAC_SHA256_BYTES];

	if (!cbc_start(key->seal, p) || !cipher_text(key->seal, p) ||
	    !cbc_mac(key, op, p, mac))
		return false;
	memcpy(p->icv, mac, key->icv_bytes);
	return true;
}

static bool cbc_open(struct crypto_key *key, const struct crypto_op *op,
		     const struct parts *p)
{
	uint8_t mac[HMAC_SHA256_BYTES];

	return cbc_mac(key, op, p, mac) &&
	       CRYPTO_memcmp(mac, p->icv, key->icv_bytes) == 0 &&
	       cbc_start(key->open, p) && cipher_text(key->open, p);
}

static void openssl_seal(struct crypto_key *key, struct crypto_op *ops,
			 unsigned n)
{
	bool aead = encr_is_aead(key->encr);
	struct parts p;

	for (unsigned i = 0; i < n; i++)
		ops[i].ok = split(key, &ops[i], &p) &&
			    (aead ? gcm_seal(key, &ops[i], &p)
				  : cbc_seal(key, &ops[i], &p));
}

static void openssl_open(struct crypto_key *key, struct crypto_op *ops,
			 unsigned n)
{
	bool aead = encr_is_aead(key->encr);
	struct parts p;

	for (unsigned i = 0; i < n; i++)
		ops[i].ok = split(key, &ops[i], &p) &&
			    (aead ? gcm_open(key, &ops[i], &p)
				  : cbc_open(key, &ops[i], &p));
}

static EVP_CIPHER *fetch_cipher(const struct encr_alg *encr)
{
	const char *mode = NULL;
	char name[NAME_MAX_BYTES];

	switch (encr->id) {
	case ENCR_AES_CBC:
		mode = "CBC";
		break;
	case ENCR_AES_GCM_16:
		mode = "GCM";
		break;
	}
	snprintf(name, sizeof(name), "AES-%u-%s", encr->key_bits, mode);
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

static int ciphers_init(struct crypto_key *key, const uint8_t *octets)
{
	EVP_CIPHER *cipher = fetch_cipher(key->encr);
	bool ok;

	if (!cipher)
		return -ENOTSUP;
	/* With padding on, CBC would hold the last block back. */
	ok = EVP_EncryptInit_ex2(key->seal, cipher, octets, NULL, NULL) == 1 &&
	     EVP_DecryptInit_ex2(key->open, cipher, octets, NULL, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(key->open, 0) == 1;
	/* The contexts hold it from here on. */
	EVP_CIPHER_free(cipher);
	return ok ? 0 : -ENOTSUP;
}

static int key_fill(struct crypto_key *key, const struct crypto_key_spec *spec)
{
	const uint8_t *octets = spec->encr_key->octets;
	int err;

	key->encr = spec->encr;
	key->esn = spec->esn;
	key->icv_bytes = (uint8_t)esp_icv_bytes(spec->encr, spec->integ);
	memcpy(key->salt, octets + spec->encr->key_bits / 8,
	       spec->encr->salt_bytes);
	key->seal = EVP_CIPHER_CTX_new();
	key->open = EVP_CIPHER_CTX_new();
	if (!key->seal || !key->open)
		return -ENOMEM;
	err = ciphers_init(key, octets);
	if (err || encr_is_aead(spec->encr))
		return err;
	return hmac_new(spec->integ_key, &key->hmac);
}

/* An AEAD alone, or a cipher with its MAC, and each key as long as it must. */
static bool spec_is_sound(const struct crypto_key_spec *spec)
{
	size_t integ_key_bytes = spec->integ_key ? spec->integ_key->len : 0;

	return encr_is_aead(spec->encr) == (spec->integ->id == INTEG_NONE) &&
	       spec->encr_key->len == encr_key_bytes(spec->encr) &&
	       integ_key_bytes == spec->integ->key_bytes;
}

static void openssl_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	/* libcrypto wipes the key schedules. */
	EVP_CIPHER_CTX_free(key->seal);
	EVP_CIPHER_CTX_free(key->open);
	hmac_free(key->hmac);
	explicit_bzero(key, sizeof(*key));
	free(key);
}

static int openssl_key_new(const struct crypto_key_spec *spec,
			   struct crypto_key **out)
{
	struct crypto_key *key;
	int err;

	if (!spec_is_sound(spec))
		return -EINVAL;
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	err = key_fill(key, spec);
	if (err) {
		ERR_clear_error();
		openssl_key_free(key);
		return err;
	}
	*out = key;
	return 0;
}

const struct crypto_backend crypto_openssl = {
	.name = "openssl",
	.key_new = openssl_key_new,
	.key_free = openssl_key_free,
	.seal = openssl_seal,
	.open = openssl_open,
};
