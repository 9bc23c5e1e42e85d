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
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ctrl/crypto/fetch.h"
#include "ctrl/crypto/gmac.h"
#include "ctrl/crypto/mac.h"

#define SALT_MAX_BYTES	4  /* RFC 4106 section 4, RFC 7634 section 2 */
#define IV_BYTES	8  /* of all that have a salt */
#define NONCE_MAX_BYTES 16 /* salt, IV, and CTR's counter */
#define DES_BYTES	8
#define KEEP_DIRECTION	(-1)

struct cipher;

/* How texts are sealed and opened, by kind of cipher. */
struct way {
	bool (*seal)(struct cipher *c, const struct cipher_text *t);
	bool (*open)(struct cipher *c, const struct cipher_text *t);
	/* Of one without integrity of its own: the text, from where it is. */
	bool (*crypt)(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		      const struct cipher_text *t, const uint8_t *from);
};

/* CBC deciphers by another key schedule, hence a context for each way. */
struct cipher {
	const struct way *way;
	EVP_CIPHER_CTX *seal;
	EVP_CIPHER_CTX *open;
	struct mac *mac;   /* NULL with an AEAD, and where nothing verifies */
	struct gmac *gmac; /* of the AEAD that does not encrypt */
	uint8_t iv_bytes;
	uint8_t block_mask; /* blocks are powers of two: less 1 */
	uint8_t icv_bytes;
	uint8_t salt_bytes;
	uint8_t salt[SALT_MAX_BYTES];
	OSSL_PARAM tag[2]; /* of an AEAD: where the ICV stands, and the end */
};

/* The direction is the context's own. */
static bool cipher_run(EVP_CIPHER_CTX *ctx, const struct cipher_text *t,
		       const uint8_t *from)
{
	int bytes = (int)t->text_bytes, done = 0;

	return EVP_CipherUpdate(ctx, t->text, &done, from, bytes) == 1 &&
	       done == bytes;
}

static const uint8_t *plain_of(const struct cipher_text *t)
{
	return t->plain ? t->plain : t->text;
}

static uint8_t *icv_of(const struct cipher_text *t)
{
	return t->text + t->text_bytes;
}

static const uint8_t *iv_of(const struct cipher *c, const struct cipher_text *t)
{
	return t->text - c->iv_bytes;
}

/* The salt and the packet's IV. */
static void put_nonce(const struct cipher *c, const struct cipher_text *t,
		      uint8_t *nonce)
{
	memcpy(nonce, c->salt, c->salt_bytes);
	memcpy(nonce + c->salt_bytes, iv_of(c, t), IV_BYTES);
}

/* --- AEAD */

static bool aead_start(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		       const struct cipher_text *t, const OSSL_PARAM *tag)
{
	uint8_t nonce[NONCE_MAX_BYTES];

	put_nonce(c, t, nonce);
	return EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, KEEP_DIRECTION,
				  tag) == 1;
}

static bool aead_cover(EVP_CIPHER_CTX *ctx, const struct cipher_text *t)
{
	int done;

	return EVP_CipherUpdate(ctx, NULL, &done, t->aad.ptr,
				(int)t->aad.len) == 1;
}

static bool aead_run(EVP_CIPHER_CTX *ctx, const struct cipher_text *t,
		     const uint8_t *from)
{
	return t->text_bytes == 0 || cipher_run(ctx, t, from);
}

static bool aead_seal(struct cipher *c, const struct cipher_text *t)
{
	int done;

	c->tag[0].data = icv_of(t);
	return aead_start(c, c->seal, t, NULL) && aead_cover(c->seal, t) &&
	       aead_run(c->seal, t, plain_of(t)) &&
	       EVP_CipherFinal_ex(c->seal, icv_of(t), &done) == 1 &&
	       EVP_CIPHER_CTX_get_params(c->seal, c->tag) == 1;
}

/* They decipher while they verify: what failed must not stay readable. */
static bool keep_if(bool ok, const struct cipher_text *t)
{
	if (!ok)
		explicit_bzero(t->text, t->text_bytes);
	return ok;
}

static bool aead_open(struct cipher *c, const struct cipher_text *t)
{
	int done;

	c->tag[0].data = icv_of(t);
	return keep_if(
		aead_start(c, c->open, t, c->tag) && aead_cover(c->open, t) &&
			aead_run(c->open, t, t->text) &&
			EVP_CipherFinal_ex(c->open, icv_of(t), &done) == 1,
		t);
}

static const struct way aead_way = { .seal = aead_seal, .open = aead_open };

/* --- AES-CCM: has to know the length first, and verifies with the last octet */

static bool ccm_cover(EVP_CIPHER_CTX *ctx, const struct cipher_text *t)
{
	int done;

	return EVP_CipherUpdate(ctx, NULL, &done, NULL, (int)t->text_bytes) ==
		       1 &&
	       aead_cover(ctx, t);
}

static bool ccm_seal(struct cipher *c, const struct cipher_text *t)
{
	c->tag[0].data = icv_of(t);
	return aead_start(c, c->seal, t, NULL) && ccm_cover(c->seal, t) &&
	       cipher_run(c->seal, t, plain_of(t)) &&
	       EVP_CIPHER_CTX_get_params(c->seal, c->tag) == 1;
}

static bool ccm_open(struct cipher *c, const struct cipher_text *t)
{
	c->tag[0].data = icv_of(t);
	return keep_if(aead_start(c, c->open, t, c->tag) &&
			       ccm_cover(c->open, t) &&
			       cipher_run(c->open, t, t->text),
		       t);
}

static const struct way ccm_way = { .seal = ccm_seal, .open = ccm_open };

/* --- AES-GMAC: all of the packet is additional data (RFC 4543 section 3.3) */

static void copy_text(const struct cipher_text *t)
{
	if (t->plain && t->text_bytes)
		memcpy(t->text, t->plain, t->text_bytes);
}

static bool gmac_icv(struct cipher *c, const struct cipher_text *t, uint8_t *icv)
{
	const uint8_t *iv = iv_of(c, t);
	const struct slice pieces[] = { t->aad,
					slice_of(iv, (size_t)(icv_of(t) - iv)) };

	return gmac_sum(c->gmac, iv, pieces, 2, icv);
}

static bool gmac_seal(struct cipher *c, const struct cipher_text *t)
{
	copy_text(t);
	return gmac_icv(c, t, icv_of(t));
}

static bool gmac_open(struct cipher *c, const struct cipher_text *t)
{
	uint8_t icv[GMAC_BYTES];

	return keep_if(gmac_icv(c, t, icv) &&
			       CRYPTO_memcmp(icv, icv_of(t), GMAC_BYTES) == 0,
		       t);
}

static const struct way gmac_way = { .seal = gmac_seal, .open = gmac_open };

/* --- a cipher and a MAC */

static bool pair_mac(const struct cipher *c, const struct cipher_text *t,
		     uint8_t *icv)
{
	size_t bytes = (size_t)(icv_of(t) - t->from);

	return mac_sum(c->mac, NULL, slice_of(t->from, bytes), t->tail, icv);
}

static bool pair_seal(struct cipher *c, const struct cipher_text *t)
{
	return c->way->crypt(c, c->seal, t, plain_of(t)) &&
	       (!c->mac || pair_mac(c, t, icv_of(t)));
}

static bool pair_verify(const struct cipher *c, const struct cipher_text *t)
{
	uint8_t icv[ICV_MAX_BYTES];

	return pair_mac(c, t, icv) &&
	       CRYPTO_memcmp(icv, icv_of(t), c->icv_bytes) == 0;
}

static bool pair_open(struct cipher *c, const struct cipher_text *t)
{
	return (!c->mac || pair_verify(c, t)) &&
	       c->way->crypt(c, c->open, t, t->text);
}

/* An empty text needs no context. */
static bool crypt_with(EVP_CIPHER_CTX *ctx, const uint8_t *iv,
		       const struct cipher_text *t, const uint8_t *from)
{
	return t->text_bytes == 0 ||
	       (EVP_CipherInit_ex2(ctx, NULL, NULL, iv, KEEP_DIRECTION, NULL) ==
			1 &&
		cipher_run(ctx, t, from));
}

static bool cbc_crypt(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		      const struct cipher_text *t, const uint8_t *from)
{
	return crypt_with(ctx, iv_of(c, t), t, from);
}

static const struct way cbc_way = { pair_seal, pair_open, cbc_crypt };

/* RFC 3686 section 4: nonce, IV, and a counter from 1. */
static bool ctr_crypt(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		      const struct cipher_text *t, const uint8_t *from)
{
	uint8_t block[NONCE_MAX_BYTES] = { [NONCE_MAX_BYTES - 1] = 1 };

	put_nonce(c, t, block);
	return crypt_with(ctx, block, t, from);
}

static const struct way ctr_way = { pair_seal, pair_open, ctr_crypt };

static bool null_crypt(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		       const struct cipher_text *t, const uint8_t *from)
{
	(void)c;
	(void)ctx;
	if (from != t->text && t->text_bytes)
		memcpy(t->text, from, t->text_bytes);
	return true;
}

static const struct way null_way = { pair_seal, pair_open, null_crypt };

/* --- any */

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
	return is_whole(c, t) && done(c->way->seal(c, t));
}

bool cipher_open(struct cipher *c, const struct cipher_text *t)
{
	return is_whole(c, t) && done(c->way->open(c, t));
}

bool cipher_mac(struct cipher *c, const uint8_t *iv, struct slice head,
		struct slice tail, uint8_t *icv)
{
	return c->mac && done(mac_sum(c->mac, iv, head, tail, icv));
}

/* --- keys */

static const struct way *way_of(enum encr_id id)
{
	switch (id) {
	case ENCR_DES:
	case ENCR_3DES:
	case ENCR_AES_CBC:
		return &cbc_way;
	case ENCR_NULL:
		return &null_way;
	case ENCR_AES_CTR:
		return &ctr_way;
	case ENCR_AES_CCM_8:
	case ENCR_AES_CCM_12:
	case ENCR_AES_CCM_16:
		return &ccm_way;
	case ENCR_AES_GCM_8:
	case ENCR_AES_GCM_12:
	case ENCR_AES_GCM_16:
	case ENCR_CHACHA20_POLY1305:
		return &aead_way;
	case ENCR_NULL_AES_GMAC:
		return &gmac_way;
	}
	return NULL;
}

static bool set_ccm_lengths(const struct cipher *c, EVP_CIPHER_CTX *ctx)
{
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
				   c->salt_bytes + c->iv_bytes, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, c->icv_bytes,
				   NULL) == 1;
}

/* With padding on, CBC would hold the last block back where it deciphers. To have it
 * off costs each text a call into the cipher: 15 % of a GCM packet of 64 octets. */
static bool needs_no_padding(const struct cipher *c, bool encrypts)
{
	return c->way == &cbc_way && !encrypts;
}

static bool set_key(const struct cipher *c, EVP_CIPHER_CTX *ctx,
		    EVP_CIPHER *cipher, const uint8_t *key, bool encrypts)
{
	return EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypts, NULL) == 1 &&
	       (!needs_no_padding(c, encrypts) ||
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1) &&
	       (c->way != &ccm_way || set_ccm_lengths(c, ctx)) &&
	       EVP_CipherInit_ex2(ctx, NULL, key, NULL, encrypts, NULL) == 1;
}

static int contexts_init(struct cipher *c, const struct encr_alg *encr,
			 const uint8_t *key)
{
	EVP_CIPHER *cipher = fetch_cipher(encr);
	bool ok;

	if (!cipher)
		return -ENOTSUP;
	c->seal = EVP_CIPHER_CTX_new();
	c->open = EVP_CIPHER_CTX_new();
	ok = c->seal && c->open && set_key(c, c->seal, cipher, key, true) &&
	     set_key(c, c->open, cipher, key, false);
	/* The contexts hold it from here on. */
	EVP_CIPHER_free(cipher);
	if (!c->seal || !c->open)
		return -ENOMEM;
	return ok ? 0 : -ENOTSUP;
}

static int encr_init(struct cipher *c, const struct crypto_key_spec *spec)
{
	const struct encr_alg *encr = spec->encr;
	uint8_t thrice[3 * DES_BYTES];
	int err;

	if (encr->id == ENCR_NULL)
		return 0;
	if (encr->id == ENCR_NULL_AES_GMAC)
		return gmac_new(slice_of(spec->encr_key->octets,
					 spec->encr_key->len),
				&c->gmac);
	memcpy(c->salt, spec->encr_key->octets + encr->key_bits / 8,
	       encr->salt_bytes);
	if (encr->id != ENCR_DES)
		return contexts_init(c, encr, spec->encr_key->octets);
	for (size_t i = 0; i < sizeof(thrice); i++)
		thrice[i] = spec->encr_key->octets[i % DES_BYTES];
	err = contexts_init(c, encr, thrice);
	explicit_bzero(thrice, sizeof(thrice));
	return err;
}

static int cipher_fill(struct cipher *c, const struct crypto_key_spec *spec)
{
	const struct encr_alg *encr = spec->encr;
	int err;

	c->way = way_of(encr->id);
	c->iv_bytes = encr->iv_bytes;
	c->block_mask = (uint8_t)(encr->block_bytes - 1);
	c->icv_bytes = (uint8_t)esp_icv_bytes(encr, spec->integ);
	c->salt_bytes = encr->salt_bytes;
	c->tag[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
						      NULL, c->icv_bytes);
	c->tag[1] = OSSL_PARAM_construct_end();
	err = encr_init(c, spec);
	if (err || spec->integ->id == INTEG_NONE)
		return err;
	return mac_new(spec->integ,
		       slice_of(spec->integ_key->octets, spec->integ_key->len),
		       &c->mac);
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
	gmac_free(c->gmac);
	mac_free(c->mac);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
