// SPDX-License-Identifier: BSD-2-Clause
/*
 * On libcrypto's AES-GCM, with the message as additional data. The key schedule
 * is made once. Control thread for life and death, one worker at a time in
 * between.
 */
#include "ctrl/crypto/gmac.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ctrl/crypto/fetch.h"

#define NONCE_BYTES (GMAC_SALT_BYTES + GMAC_IV_BYTES)

struct gmac {
	EVP_CIPHER_CTX *ctx;
	uint8_t salt[GMAC_SALT_BYTES];
};

static int set_key(EVP_CIPHER_CTX *ctx, const uint8_t *key, size_t bytes)
{
	EVP_CIPHER *cipher = fetch_aes((unsigned int)bytes * 8, "GCM");
	bool ok = cipher &&
		  EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1;

	/* The context holds it from here on. */
	EVP_CIPHER_free(cipher);
	return ok ? 0 : -ENOTSUP;
}

int gmac_new(struct slice key, struct gmac **out)
{
	size_t bytes = key.len - GMAC_SALT_BYTES;
	struct gmac *g;
	int err = -ENOMEM;

	if (key.len < GMAC_SALT_BYTES ||
	    (bytes != 16 && bytes != 24 && bytes != 32))
		return -EINVAL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	memcpy(g->salt, key.ptr + bytes, sizeof(g->salt));
	g->ctx = EVP_CIPHER_CTX_new();
	if (g->ctx)
		err = set_key(g->ctx, key.ptr, bytes);
	if (err) {
		ERR_clear_error();
		gmac_free(g);
		return err;
	}
	*out = g;
	return 0;
}

void gmac_free(struct gmac *g)
{
	if (!g)
		return;
	/* libcrypto wipes the key schedule. */
	EVP_CIPHER_CTX_free(g->ctx);
	explicit_bzero(g, sizeof(*g));
	free(g);
}

static bool absorb(EVP_CIPHER_CTX *ctx, struct slice s)
{
	int done;

	return s.len == 0 ||
	       (s.len <= INT_MAX &&
		EVP_EncryptUpdate(ctx, NULL, &done, s.ptr, (int)s.len) == 1);
}

bool gmac_sum(struct gmac *g, const uint8_t *iv, const struct slice *pieces,
	      size_t n, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES];
	bool ok;
	int done;

	memcpy(nonce, g->salt, GMAC_SALT_BYTES);
	memcpy(nonce + GMAC_SALT_BYTES, iv, GMAC_IV_BYTES);
	ok = EVP_EncryptInit_ex2(g->ctx, NULL, NULL, nonce, NULL) == 1;
	for (size_t i = 0; ok && i < n; i++)
		ok = absorb(g->ctx, pieces[i]);
	ok = ok && EVP_EncryptFinal_ex(g->ctx, out, &done) == 1 &&
	     EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_GET_TAG, GMAC_BYTES,
				 out) == 1;
	if (!ok)
		ERR_clear_error();
	return ok;
}
