// SPDX-License-Identifier: BSD-2-Clause
/*
 * libcrypto verifies RSA's PKCS#1 v1.5 by making what should be there and comparing
 * all of it, and takes of ECDSA in DER only what it would write itself: test_sign.c
 * holds it to that.
 */
#include "ctrl/crypto/public_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ctrl/crypto/pkey.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define HALF_MAX     66 /* octets of r or s, P-521 */
#define DER_SIG_MAX  (2 * HALF_MAX + 16)
#define SPKI_MAX     2048

static bool is_odd_above_one(EVP_PKEY *pkey, const char *what)
{
	BIGNUM *n = NULL;
	bool is = EVP_PKEY_get_bn_param(pkey, what, &n) == 1 && BN_is_odd(n) &&
		  !BN_is_one(n);

	BN_free(n);
	return is;
}

static int judge_rsa(struct public_key *key)
{
	int bits = EVP_PKEY_get_bits(key->pkey);

	if (bits < KEY_RSA_MIN_BITS || bits > KEY_RSA_MAX_BITS)
		return -ENOTSUP;
	if (!is_odd_above_one(key->pkey, OSSL_PKEY_PARAM_RSA_N) ||
	    !is_odd_above_one(key->pkey, OSSL_PKEY_PARAM_RSA_E))
		return -EBADMSG;
	key->type = KEY_RSA;
	key->bits = (unsigned int)bits;
	return 0;
}

/* By its name: who writes a curve's numbers may write a weak one's. */
static int judge_ecdsa(struct public_key *key)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} curves[] = {
		{ "prime256v1", 256 },
		{ "secp384r1", 384 },
		{ "secp521r1", 521 },
	};
	char name[32];
	int is_explicit = 1;

	if (EVP_PKEY_get_int_param(
		    key->pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		    &is_explicit) != 1 ||
	    is_explicit ||
	    EVP_PKEY_get_group_name(key->pkey, name, sizeof(name), NULL) != 1)
		return -ENOTSUP;
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (strcmp(name, curves[i].name) == 0) {
			key->type = KEY_ECDSA;
			key->bits = curves[i].bits;
			return 0;
		}
	return -ENOTSUP;
}

static int judge_edwards(struct public_key *key, enum key_type type,
			 unsigned int bits)
{
	key->type = type;
	key->bits = bits;
	return 0;
}

static int judge(struct public_key *key)
{
	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_RSA:
		return judge_rsa(key);
	case EVP_PKEY_EC:
		return judge_ecdsa(key);
	case EVP_PKEY_ED25519:
		return judge_edwards(key, KEY_ED25519, 255);
	case EVP_PKEY_ED448:
		return judge_edwards(key, KEY_ED448, 448);
	}
	return -ENOTSUP;
}

int pkey_public(EVP_PKEY *pkey, struct slice spki, struct public_key **out)
{
	struct public_key *key = calloc(1, sizeof(*key) + spki.len);
	int err;

	if (!key)
		return -ENOMEM;
	memcpy(key->spki, spki.ptr, spki.len);
	key->spki_len = spki.len;
	EVP_PKEY_up_ref(pkey);
	key->pkey = pkey;
	err = judge(key);
	ERR_clear_error();
	if (err)
		public_key_free(key);
	else
		*out = key;
	return err;
}

int public_key_read(struct slice spki, struct public_key **out)
{
	const uint8_t *at = spki.ptr;
	EVP_PKEY *pkey;
	int err = -EBADMSG;

	if (!spki.len || spki.len > SPKI_MAX)
		return -EBADMSG;
	pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
	if (pkey && at == spki.ptr + spki.len)
		err = pkey_public(pkey, spki, out);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return err;
}

void public_key_free(struct public_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum key_type public_key_type(const struct public_key *key)
{
	return key->type;
}

unsigned int public_key_bits(const struct public_key *key)
{
	return key->bits;
}

struct slice public_key_spki(const struct public_key *key)
{
	return slice_of(key->spki, key->spki_len);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	bool same = EVP_PKEY_eq(a->pkey, b->pkey) == 1;

	ERR_clear_error();
	return same;
}

bool public_key_fits(const struct public_key *key,
		     const struct sign_scheme *scheme)
{
	return scheme->key == key->type &&
	       (!scheme->curve_bits || scheme->curve_bits == key->bits);
}

/* --- signatures */

size_t pkey_half_bytes(const struct sign_scheme *scheme)
{
	return (scheme->curve_bits + 7U) / 8;
}

static const EVP_MD *md_of(enum ike_hash hash)
{
	switch (hash) {
	case IKE_HASH_SHA1:
		return EVP_sha1();
	case IKE_HASH_SHA2_256:
		return EVP_sha256();
	case IKE_HASH_SHA2_384:
		return EVP_sha384();
	case IKE_HASH_SHA2_512:
		return EVP_sha512();
	case IKE_HASH_IDENTITY:
		break;
	}
	return NULL;
}

bool pkey_begin(struct pkey_work *w, const struct sign_scheme *scheme,
		EVP_PKEY *pkey, pkey_init_fn *init)
{
	const EVP_MD *md = md_of(scheme->hash);

	*w = (struct pkey_work){ .ctx = EVP_MD_CTX_new() };
	if (!w->ctx || init(w->ctx, &w->key, md, NULL, pkey) != 1)
		return false;
	if (scheme->key != KEY_RSA)
		return true;
	if (!scheme->pss)
		return EVP_PKEY_CTX_set_rsa_padding(w->key,
						    RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(w->key, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(w->key, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(w->key,
						RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* r | s, which libcrypto has as DER; false: not of the length that it must have. */
static bool der_of_halves(const struct sign_scheme *scheme, struct slice halves,
			  uint8_t der[DER_SIG_MAX], struct slice *out)
{
	size_t half = pkey_half_bytes(scheme);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *end = der;
	BIGNUM *r = NULL, *s = NULL;
	int len = 0;

	if (halves.len == 2 * half) {
		r = BN_bin2bn(halves.ptr, (int)half, NULL);
		s = BN_bin2bn(halves.ptr + half, (int)half, NULL);
	}
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, &end);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	*out = slice_of(der, len > 0 ? (size_t)len : 0);
	return len > 0;
}

static int verify(const struct public_key *key, const struct sign_scheme *scheme,
		  struct slice message, struct slice signature)
{
	uint8_t der[DER_SIG_MAX];
	struct pkey_work w;
	int err = -ENOMEM;

	if (scheme->curve_bits &&
	    !der_of_halves(scheme, signature, der, &signature))
		return -EKEYREJECTED;
	if (pkey_begin(&w, scheme, key->pkey, EVP_DigestVerifyInit))
		err = EVP_DigestVerify(w.ctx, signature.ptr, signature.len,
				       message.ptr, message.len) == 1
			      ? 0
			      : -EKEYREJECTED;
	EVP_MD_CTX_free(w.ctx);
	return err;
}

int public_key_verify(const struct public_key *key,
		      const struct sign_scheme *scheme, struct slice message,
		      struct slice signature)
{
	int err;

	if (!public_key_fits(key, scheme))
		return -EINVAL;
	err = verify(key, scheme, message, signature);
	ERR_clear_error();
	return err;
}
