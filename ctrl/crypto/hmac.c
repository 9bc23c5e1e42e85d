// SPDX-License-Identifier: BSD-2-Clause
/*
 * HMAC on libcrypto's hashes. The two key blocks of RFC 2104 are hashed when
 * the key arrives; a message starts from copies of those two states. With
 * OpenSSL 3.0 and SHA-NI, 64 octets take 253 ns this way, 329 ns by EVP_MAC
 * with EVP_MAC_init() to start over, and 808 ns by EVP_MAC_CTX_dup(): libcrypto
 * does the same copies there, behind more layers. Control thread for life and
 * death, one worker at a time in between.
 */
#include "ctrl/crypto/hmac.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ctrl/crypto/fetch.h"

#define BLOCK_MAX_BYTES 128 /* of SHA-384 and SHA-512 */

struct hmac {
	EVP_MD_CTX *inner; /* after the block of key XOR ipad */
	EVP_MD_CTX *outer; /* after the block of key XOR opad */
	EVP_MD_CTX *work;
	size_t bytes; /* of the hash */
};

/* The key as a block: with zeros behind it, or its hash when it is longer. */
static bool key_block(const EVP_MD *md, struct slice key, uint8_t *block)
{
	memset(block, 0, BLOCK_MAX_BYTES);
	if (key.len > (size_t)EVP_MD_get_block_size(md))
		return EVP_Digest(key.ptr, key.len, block, NULL, md, NULL) == 1;
	if (key.len)
		memcpy(block, key.ptr, key.len);
	return true;
}

static bool absorb_block(EVP_MD_CTX *ctx, const EVP_MD *md,
			 const uint8_t *block, uint8_t pad)
{
	size_t bytes = (size_t)EVP_MD_get_block_size(md);
	uint8_t padded[BLOCK_MAX_BYTES];
	bool ok;

	for (size_t i = 0; i < bytes; i++)
		padded[i] = block[i] ^ pad;
	ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
	     EVP_DigestUpdate(ctx, padded, bytes) == 1;
	explicit_bzero(padded, sizeof(padded));
	return ok;
}

static int absorb_key(struct hmac *h, enum integ_id id, struct slice key)
{
	EVP_MD *md = EVP_MD_fetch(NULL, hash_name(id), NULL);
	uint8_t block[BLOCK_MAX_BYTES];
	bool ok = md && key_block(md, key, block) &&
		  absorb_block(h->inner, md, block, 0x36) &&
		  absorb_block(h->outer, md, block, 0x5c);

	if (md)
		h->bytes = (size_t)EVP_MD_get_size(md);
	/* The contexts hold it from here on. */
	EVP_MD_free(md);
	explicit_bzero(block, sizeof(block));
	return ok ? 0 : -ENOTSUP;
}

int hmac_new(enum integ_id id, struct slice key, struct hmac **out)
{
	struct hmac *h;
	int err = -ENOMEM;

	if (!hash_name(id))
		return -EINVAL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->inner = EVP_MD_CTX_new();
	h->outer = EVP_MD_CTX_new();
	h->work = EVP_MD_CTX_new();
	if (h->inner && h->outer && h->work)
		err = absorb_key(h, id, key);
	if (err) {
		ERR_clear_error();
		hmac_free(h);
		return err;
	}
	*out = h;
	return 0;
}

/* libcrypto wipes a digest's state when it frees it. */
void hmac_free(struct hmac *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->inner);
	EVP_MD_CTX_free(h->outer);
	EVP_MD_CTX_free(h->work);
	free(h);
}

/* Leaves nothing in libcrypto's queue of errors. */
static bool done(bool ok)
{
	if (!ok)
		ERR_clear_error();
	return ok;
}

bool hmac_start(struct hmac *h)
{
	return done(EVP_MD_CTX_copy_ex(h->work, h->inner) == 1);
}

bool hmac_add(struct hmac *h, struct slice part)
{
	return done(EVP_DigestUpdate(h->work, part.ptr, part.len) == 1);
}

bool hmac_end(struct hmac *h, uint8_t *out)
{
	return done(EVP_DigestFinal_ex(h->work, out, NULL) == 1 &&
		    EVP_MD_CTX_copy_ex(h->work, h->outer) == 1 &&
		    EVP_DigestUpdate(h->work, out, h->bytes) == 1 &&
		    EVP_DigestFinal_ex(h->work, out, NULL) == 1);
}

bool hmac_sum(struct hmac *h, struct slice head, struct slice tail, uint8_t *out)
{
	return hmac_start(h) && hmac_add(h, head) &&
	       (tail.len == 0 || hmac_add(h, tail)) && hmac_end(h, out);
}
