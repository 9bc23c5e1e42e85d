// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/crypto/hash.h"

#include <openssl/evp.h>

bool hash_sha1(struct slice octets, uint8_t out[HASH_SHA1_BYTES])
{
	return EVP_Digest(octets.ptr, octets.len, out, NULL, EVP_sha1(),
			  NULL) == 1;
}

bool hash_sha256(struct slice octets, uint8_t out[HASH_SHA256_BYTES])
{
	return EVP_Digest(octets.ptr, octets.len, out, NULL, EVP_sha256(),
			  NULL) == 1;
}
