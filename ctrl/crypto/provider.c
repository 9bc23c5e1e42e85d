// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/provider.h"

#include <openssl/err.h>

#include "ctrl/crypto/fetch.h"
#include "ctrl/crypto/ke_method.h"

/* Frees it. */
static const char *of_cipher(EVP_CIPHER *cipher, char buf[PROVIDER_STR_MAX])
{
	if (!cipher) {
		ERR_clear_error();
		return NULL;
	}
	provider_str(EVP_CIPHER_get0_provider(cipher), buf);
	EVP_CIPHER_free(cipher);
	return buf;
}

static const char *of_hash(enum integ_id id, char buf[PROVIDER_STR_MAX])
{
	EVP_MD *md = EVP_MD_fetch(NULL, hash_name(id), NULL);

	if (!md) {
		ERR_clear_error();
		return NULL;
	}
	provider_str(EVP_MD_get0_provider(md), buf);
	EVP_MD_free(md);
	return buf;
}

const char *provider_of_encr(const struct encr_alg *alg,
			     char buf[PROVIDER_STR_MAX])
{
	if (alg->id == ENCR_NULL)
		return provider_str(NULL, buf);
	if (alg->id == ENCR_NULL_AES_GMAC)
		return of_cipher(fetch_aes(alg->key_bits, "GCM"), buf);
	return of_cipher(fetch_cipher(alg), buf);
}

const char *provider_of_integ(const struct integ_alg *alg,
			      char buf[PROVIDER_STR_MAX])
{
	if (hash_name(alg->id))
		return of_hash(alg->id, buf);
	if (alg->iv_bytes)
		return of_cipher(fetch_aes((alg->key_bytes - 4U) * 8, "GCM"),
				 buf);
	return of_cipher(fetch_aes(128, "CBC"), buf);
}

const char *provider_of_prf(const struct prf_alg *alg,
			    char buf[PROVIDER_STR_MAX])
{
	return provider_of_integ(integ_by_id((uint16_t)alg->mac), buf);
}

const char *provider_of_ke(const struct ke_alg *alg, char buf[PROVIDER_STR_MAX])
{
	const char *provider = alg->method->provider(alg, buf);

	if (!provider)
		ERR_clear_error();
	return provider;
}
