/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libcrypto calls our algorithms, for the files of this folder, and which of
 * its providers does them, for listings. Any thread.
 */
#ifndef CYG_CRYPTO_FETCH_H
#define CYG_CRYPTO_FETCH_H

#include <openssl/evp.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/provider.h"

/* Freed by EVP_CIPHER_free(); NULL: there is none in it, or libcrypto lacks it. */
EVP_CIPHER *fetch_cipher(const struct encr_alg *encr);

/* Likewise; mode is such as "GCM". */
EVP_CIPHER *fetch_aes(unsigned int key_bits, const char *mode);

/* The hash of an HMAC; NULL: it is none. */
const char *hash_name(enum integ_id id);

/* provider NULL: libcrypto itself. Returns buf. */
const char *provider_str(const OSSL_PROVIDER *provider,
			 char buf[PROVIDER_STR_MAX]);

#endif
