// SPDX-License-Identifier: BSD-2-Clause
/*
 * On libcrypto's AES-CBC, whose last block of ciphertext the MAC is; what comes
 * before is thrown away. The key schedule is made once. Control thread for life
 * and death, one worker at a time in between.
 */
#include "ctrl/crypto/cbc_mac.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "ctrl/crypto/fetch.h"

#define BLOCK_BYTES CBC_MAC_BYTES
#define SINK_BYTES  512U

struct cbc_mac {
	EVP_CIPHER_CTX *ctx;
	uint8_t whole[BLOCK_BYTES];  /* goes over a last block that is full */
	uint8_t padded[BLOCK_BYTES]; /* and over one that was filled up */
	/* The end of what was added, none of it or all of a block: it may be the
	 * message's end. */
	uint8_t held[BLOCK_BYTES];
	size_t n_held;
};

static bool start(EVP_CIPHER_CTX *ctx)
{
	static const uint8_t zeros[BLOCK_BYTES];

	return EVP_EncryptInit_ex2(ctx, NULL, NULL, zeros, NULL) == 1;
}

/* Whole blocks of a message that has more. */
static bool absorb(EVP_CIPHER_CTX *ctx, const uint8_t *blocks, size_t bytes)
{
	uint8_t sink[SINK_BYTES];
	int done;

	while (bytes) {
		size_t take = bytes < SINK_BYTES ? bytes : SINK_BYTES;

		if (EVP_EncryptUpdate(ctx, sink, &done, blocks, (int)take) != 1)
			return false;
		blocks += take;
		bytes -= take;
	}
	return true;
}

static bool last_block(EVP_CIPHER_CTX *ctx, const uint8_t *block, uint8_t *out)
{
	int done;

	return EVP_EncryptUpdate(ctx, out, &done, block, BLOCK_BYTES) == 1 &&
	       done == BLOCK_BYTES;
}

/* Leaves nothing in libcrypto's queue of errors. */
static bool done(bool ok)
{
	if (!ok)
		ERR_clear_error();
	return ok;
}

bool cbc_mac_start(struct cbc_mac *m)
{
	m->n_held = 0;
	return done(start(m->ctx));
}

static void hold(struct cbc_mac *m, const uint8_t *octets, size_t n)
{
	memcpy(m->held + m->n_held, octets, n);
	m->n_held += n;
}

bool cbc_mac_add(struct cbc_mac *m, struct slice part)
{
	const size_t room = BLOCK_BYTES - m->n_held;
	size_t blocks;

	if (part.len <= room) {
		if (part.len)
			hold(m, part.ptr, part.len);
		return true;
	}
	if (m->n_held) {
		hold(m, part.ptr, room);
		part = slice_of(part.ptr + room, part.len - room);
		m->n_held = 0;
		if (!done(absorb(m->ctx, m->held, BLOCK_BYTES)))
			return false;
	}
	blocks = (part.len - 1) / BLOCK_BYTES * BLOCK_BYTES;
	if (!done(absorb(m->ctx, part.ptr, blocks)))
		return false;
	hold(m, part.ptr + blocks, part.len - blocks);
	return true;
}

bool cbc_mac_end(struct cbc_mac *m, uint8_t *out)
{
	const bool is_whole = m->n_held == BLOCK_BYTES;
	const uint8_t *over = is_whole ? m->whole : m->padded;
	uint8_t block[BLOCK_BYTES] = { 0 };

	memcpy(block, m->held, m->n_held);
	if (!is_whole)
		block[m->n_held] = 0x80;
	for (size_t i = 0; i < BLOCK_BYTES; i++)
		block[i] ^= over[i];
	return done(last_block(m->ctx, block, out));
}

bool cbc_mac_sum(struct cbc_mac *m, struct slice head, struct slice tail,
		 uint8_t *out)
{
	return cbc_mac_start(m) && cbc_mac_add(m, head) &&
	       cbc_mac_add(m, tail) && cbc_mac_end(m, out);
}

/* --- keys */

static bool set_key(EVP_CIPHER_CTX *ctx, const uint8_t *key)
{
	return EVP_EncryptInit_ex2(ctx, NULL, key, NULL, NULL) == 1;
}

/* One block under the key that is set. */
static bool encipher(EVP_CIPHER_CTX *ctx, uint8_t octet, uint8_t *out)
{
	uint8_t block[BLOCK_BYTES];

	memset(block, octet, sizeof(block));
	return start(ctx) && last_block(ctx, block, out);
}

/* RFC 3566 section 4: three keys are what three blocks become. */
static bool xcbc_keys(struct cbc_mac *m, const uint8_t *key)
{
	uint8_t first[BLOCK_BYTES];
	bool ok = set_key(m->ctx, key) && encipher(m->ctx, 1, first) &&
		  encipher(m->ctx, 2, m->whole) &&
		  encipher(m->ctx, 3, m->padded) && set_key(m->ctx, first);

	explicit_bzero(first, sizeof(first));
	return ok;
}

/* RFC 4493 section 2.3: times x in GF(2^128). */
static void double_block(const uint8_t *in, uint8_t *out)
{
	const uint8_t carry = (uint8_t)(in[0] >> 7) * 0x87;

	for (size_t i = 0; i < BLOCK_BYTES - 1; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[BLOCK_BYTES - 1] = (uint8_t)(in[BLOCK_BYTES - 1] << 1) ^ carry;
}

static bool cmac_keys(struct cbc_mac *m, const uint8_t *key)
{
	uint8_t zero[BLOCK_BYTES];
	bool ok = set_key(m->ctx, key) && encipher(m->ctx, 0, zero);

	double_block(zero, m->whole);
	double_block(m->whole, m->padded);
	explicit_bzero(zero, sizeof(zero));
	return ok;
}

static bool set_cipher(EVP_CIPHER_CTX *ctx)
{
	EVP_CIPHER *aes = fetch_aes(128, "CBC");
	bool ok = aes && EVP_EncryptInit_ex2(ctx, aes, NULL, NULL, NULL) == 1;

	/* The context holds it from here on. */
	EVP_CIPHER_free(aes);
	return ok;
}

static int cbc_mac_new(bool (*keys)(struct cbc_mac *m, const uint8_t *key),
		       const uint8_t *key, struct cbc_mac **out)
{
	struct cbc_mac *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->ctx = EVP_CIPHER_CTX_new();
	if (!m->ctx) {
		free(m);
		return -ENOMEM;
	}
	if (!set_cipher(m->ctx) || !keys(m, key)) {
		ERR_clear_error();
		cbc_mac_free(m);
		return -ENOTSUP;
	}
	*out = m;
	return 0;
}

int xcbc_new(const uint8_t *key, struct cbc_mac **out)
{
	return cbc_mac_new(xcbc_keys, key, out);
}

int cmac_new(const uint8_t *key, struct cbc_mac **out)
{
	return cbc_mac_new(cmac_keys, key, out);
}

void cbc_mac_free(struct cbc_mac *m)
{
	if (!m)
		return;
	/* libcrypto wipes the key schedule. */
	EVP_CIPHER_CTX_free(m->ctx);
	explicit_bzero(m, sizeof(*m));
	free(m);
}
