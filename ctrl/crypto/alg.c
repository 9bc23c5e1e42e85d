// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of ciphers and MACs, and the keywords and numbers that lead into
 * it. Constant data; any thread. What a backend can do with an entry is the
 * backend's business (ctrl/crypto/crypto.h).
 */
#include "ctrl/crypto/alg.h"

#include <stddef.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct encr_alg encr_algs[] = {
	/* RFC 3602 section 3: block and IV of 16 octets */
	{ .id = ENCR_AES_CBC, .name = "aes128", .key_bits = 128,
	  .iv_bytes = 16, .block_bytes = 16 },
	{ .id = ENCR_AES_CBC, .name = "aes192", .key_bits = 192,
	  .iv_bytes = 16, .block_bytes = 16 },
	{ .id = ENCR_AES_CBC, .name = "aes256", .key_bits = 256,
	  .iv_bytes = 16, .block_bytes = 16 },
	/* RFC 4106: IV (section 3.1), salt (4), 16-octet ICV (6) */
	{ .id = ENCR_AES_GCM_16, .name = "aes128gcm16", .key_bits = 128, .salt_bytes = 4,
	  .iv_bytes = 8, .block_bytes = 1, .icv_bytes = 16, .counter_mode = true },
	{ .id = ENCR_AES_GCM_16, .name = "aes192gcm16", .key_bits = 192, .salt_bytes = 4,
	  .iv_bytes = 8, .block_bytes = 1, .icv_bytes = 16, .counter_mode = true },
	{ .id = ENCR_AES_GCM_16, .name = "aes256gcm16", .key_bits = 256, .salt_bytes = 4,
	  .iv_bytes = 8, .block_bytes = 1, .icv_bytes = 16, .counter_mode = true },
	/* RFC 7634 section 2: key of 256 bits, salt, IV, 16-octet ICV */
	{ .id = ENCR_CHACHA20_POLY1305, .name = "chacha20poly1305",
	  .key_bits = 256, .key_fixed = true, .salt_bytes = 4,
	  .iv_bytes = 8, .block_bytes = 1, .icv_bytes = 16, .counter_mode = true },
};

static const struct integ_alg integ_algs[] = {
	/* RFC 2404: ICV (section 2), key (3) */
	{ .id = INTEG_HMAC_SHA1_96, .name = "sha1",
	  .key_bytes = 20, .icv_bytes = 12 },
	/* RFC 4868: key (section 2.1.1), ICV (2.3) */
	{ .id = INTEG_HMAC_SHA2_256_128, .name = "sha256",
	  .key_bytes = 32, .icv_bytes = 16 },
	{ .id = INTEG_HMAC_SHA2_384_192, .name = "sha384",
	  .key_bytes = 48, .icv_bytes = 24 },
	{ .id = INTEG_HMAC_SHA2_512_256, .name = "sha512",
	  .key_bytes = 64, .icv_bytes = 32 },
};
/* clang-format on */

const struct integ_alg integ_none = { .id = INTEG_NONE, .name = "none" };

/* strongSwan's other keywords for the same thing. */
static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "aes", "aes128" },
	{ "aes128gcm", "aes128gcm16" },
	{ "aes192gcm", "aes192gcm16" },
	{ "aes256gcm", "aes256gcm16" },
	{ "aes128gcm128", "aes128gcm16" },
	{ "aes192gcm128", "aes192gcm16" },
	{ "aes256gcm128", "aes256gcm16" },
	{ "sha", "sha1" },
	{ "sha2_256", "sha256" },
	{ "sha2_384", "sha384" },
	{ "sha2_512", "sha512" },
};

static const char *resolve(const char *keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].alias, keyword) == 0)
			return aliases[i].name;
	return keyword;
}

const struct encr_alg *encr_by_name(const char *name)
{
	name = resolve(name);
	for (size_t i = 0; i < ARRAY_LEN(encr_algs); i++)
		if (strcmp(encr_algs[i].name, name) == 0)
			return &encr_algs[i];
	return NULL;
}

const struct integ_alg *integ_by_name(const char *name)
{
	name = resolve(name);
	for (size_t i = 0; i < ARRAY_LEN(integ_algs); i++)
		if (strcmp(integ_algs[i].name, name) == 0)
			return &integ_algs[i];
	return NULL;
}

const struct encr_alg *encr_by_id(uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ARRAY_LEN(encr_algs); i++)
		if (encr_algs[i].id == id &&
		    encr_attr_bits(&encr_algs[i]) == key_bits)
			return &encr_algs[i];
	return NULL;
}

const struct integ_alg *integ_by_id(uint16_t id)
{
	if (id == INTEG_NONE)
		return &integ_none;
	for (size_t i = 0; i < ARRAY_LEN(integ_algs); i++)
		if (integ_algs[i].id == id)
			return &integ_algs[i];
	return NULL;
}
