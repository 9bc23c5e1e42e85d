// SPDX-License-Identifier: BSD-2-Clause
/*
 * CURVE25519 (RFC 8031) on libcrypto's X25519. It refuses a result of all
 * zeros, as RFC 7748 section 6.1 would have it; our tests hold it to that.
 */
#include <errno.h>
#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "ctrl/crypto/ke_method.h"

int x25519_private(struct secret *k)
{
	k->len = X25519_BYTES;
	return RAND_priv_bytes(k->octets, X25519_BYTES) == 1 ? 0 : -EIO;
}

/* libcrypto wipes the private value when it frees the key. */
static EVP_PKEY *own_key(const struct secret *k)
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, k->octets,
					    k->len);
}

int x25519_public(const struct secret *k, uint8_t *out)
{
	EVP_PKEY *own = own_key(k);
	size_t bytes = X25519_BYTES;
	bool ok = own && EVP_PKEY_get_raw_public_key(own, out, &bytes) == 1;

	EVP_PKEY_free(own);
	return ok ? 0 : -ENOTSUP;
}

int x25519_shared(const struct secret *k, const uint8_t *peer, uint8_t *out)
{
	EVP_PKEY *own = own_key(k);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL,
						      peer, X25519_BYTES);
	EVP_PKEY_CTX *ctx = NULL;
	size_t bytes = X25519_BYTES;
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
