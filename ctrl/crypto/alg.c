// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of ESP algorithms, and the keywords that lead into it. Constant
 * data; any thread. What a backend can do with an entry is the backend's
 * business (ctrl/crypto/crypto.h).
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
};
/* clang-format on */

static const struct integ_alg integ_algs[] = {
	{ .id = INTEG_HMAC_SHA2_256_128,
	  .name = "sha256",
	  .key_bytes = 32,
	  .icv_bytes = 16 },
};

const struct integ_alg integ_none = { .id = INTEG_NONE, .name = "none" };

/* strongSwan's other keywords for the same thing. */
static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "aes", "aes128" },
	{ "aes128gcm128", "aes128gcm16" },
	{ "aes192gcm128", "aes192gcm16" },
	{ "aes256gcm128", "aes256gcm16" },
	{ "sha2_256", "sha256" },
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
