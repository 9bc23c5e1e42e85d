// SPDX-License-Identifier: BSD-2-Clause
/*
 * CURVE25519 and CURVE448 (RFC 8031) on libcrypto's X25519 and X448. They refuse
 * a result of all zeros, as RFC 7748 sections 6.1 and 6.2 would have it; our
 * tests hold them to that.
 */
#include <errno.h>
#include <stdbool.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "ctrl/crypto/fetch.h"
#include "ctrl/crypto/ke_method.h"

static int key_type(const struct ke_alg *alg)
{
	return alg->id == KE_CURVE25519 ? EVP_PKEY_X25519 : EVP_PKEY_X448;
}

static int cfrg_draw(const struct ke_alg *alg, struct secret *k)
{
	k->len = alg->shared_bytes;
	return RAND_priv_bytes(k->octets, (int)k->len) == 1 ? 0 : -EIO;
}

/* libcrypto wipes the private value when it frees the key. */
static int cfrg_public(const struct ke_alg *alg, const struct secret *k,
		       uint8_t *out)
{
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(key_type(alg), NULL,
						     k->octets, k->len);
	size_t bytes = alg->public_bytes;
	bool ok = own && EVP_PKEY_get_raw_public_key(own, out, &bytes) == 1;

	EVP_PKEY_free(own);
	return ok ? 0 : -ENOTSUP;
}

/* Of both values: of the private one alone, libcrypto would make the public one again,
 * which takes about as long as all the rest. */
static EVP_PKEY *own_key(const struct ke_alg *alg, const struct secret *k,
			 const uint8_t *own)
{
	OSSL_PARAM values[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
					(void *)k->octets, k->len),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)own,
					alg->public_bytes),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(key_type(alg), NULL);
	EVP_PKEY *key = NULL;

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, values) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int cfrg_agree(const struct ke_alg *alg, const struct secret *k,
		      const uint8_t *public_value, const uint8_t *peer,
		      uint8_t *out)
{
	EVP_PKEY *own = own_key(alg, k, public_value);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(key_type(alg), NULL, peer,
						      alg->public_bytes);
	EVP_PKEY_CTX *ctx = NULL;
	size_t bytes = alg->shared_bytes;
	int err = -ENOMEM;

	if (own && other)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	if (ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, other) == 1)
		err = EVP_PKEY_derive(ctx, out, &bytes) == 1 ? 0 : -EINVAL;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	return err;
}

static const char *cfrg_provider(const struct ke_alg *alg,
				 char buf[PROVIDER_STR_MAX])
{
	const char *name = alg->id == KE_CURVE25519 ? "X25519" : "X448";
	EVP_KEYEXCH *exchange = EVP_KEYEXCH_fetch(NULL, name, NULL);

	if (!exchange)
		return NULL;
	provider_str(EVP_KEYEXCH_get0_provider(exchange), buf);
	EVP_KEYEXCH_free(exchange);
	return buf;
}

const struct ke_method ke_cfrg = {
	.draw = cfrg_draw,
	.make_public = cfrg_public,
	.agree = cfrg_agree,
	.provider = cfrg_provider,
};
