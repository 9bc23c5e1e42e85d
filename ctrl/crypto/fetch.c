// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/fetch.h"

#include <stdio.h>

#include <openssl/provider.h>

#define NAME_MAX_BYTES 24 /* "AES-256-GCM" */

EVP_CIPHER *fetch_aes(unsigned int key_bits, const char *mode)
{
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "AES-%u-%s", key_bits, mode);
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

/* DES is 3DES with one key thrice, for which no legacy provider is needed. */
EVP_CIPHER *fetch_cipher(const struct encr_alg *encr)
{
	switch (encr->id) {
	case ENCR_DES:
	case ENCR_3DES:
		return EVP_CIPHER_fetch(NULL, "DES-EDE3-CBC", NULL);
	case ENCR_NULL:
	case ENCR_NULL_AES_GMAC:
		break;
	case ENCR_AES_CBC:
		return fetch_aes(encr->key_bits, "CBC");
	case ENCR_AES_CTR:
		return fetch_aes(encr->key_bits, "CTR");
	case ENCR_AES_CCM_8:
	case ENCR_AES_CCM_12:
	case ENCR_AES_CCM_16:
		return fetch_aes(encr->key_bits, "CCM");
	case ENCR_AES_GCM_8:
	case ENCR_AES_GCM_12:
	case ENCR_AES_GCM_16:
		return fetch_aes(encr->key_bits, "GCM");
	case ENCR_CHACHA20_POLY1305:
		return EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	}
	return NULL;
}

const char *hash_name(enum integ_id id)
{
	switch (id) {
	case INTEG_NONE:
	case INTEG_AES_XCBC_96:
	case INTEG_AES_CMAC_96:
	case INTEG_AES_128_GMAC:
	case INTEG_AES_192_GMAC:
	case INTEG_AES_256_GMAC:
		break;
	case INTEG_HMAC_MD5_96:
	case INTEG_HMAC_MD5_128:
		return "MD5";
	case INTEG_HMAC_SHA1_96:
	case INTEG_HMAC_SHA1_160:
		return "SHA1";
	case INTEG_HMAC_SHA2_256_128:
		return "SHA256";
	case INTEG_HMAC_SHA2_384_192:
		return "SHA384";
	case INTEG_HMAC_SHA2_512_256:
		return "SHA512";
	}
	return NULL;
}

const char *provider_str(const OSSL_PROVIDER *provider,
			 char buf[PROVIDER_STR_MAX])
{
	snprintf(buf, PROVIDER_STR_MAX, "openssl%s%s", provider ? "/" : "",
		 provider ? OSSL_PROVIDER_get0_name(provider) : "");
	return buf;
}
