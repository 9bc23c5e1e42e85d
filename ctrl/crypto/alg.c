// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of ciphers and MACs, and the keywords and numbers that lead into
 * it. Constant data; any thread. What a backend can do with an entry is the
 * backend's business (ctrl/crypto/crypto.h).
 */
#include "ctrl/crypto/alg.h"

#include <stdio.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define NAME_MAX_BYTES 24 /* of the longest keyword, and more */

#define WEAK_DES \
	"RFC 8221 section 5: DES MUST NOT be used, its key is too short"
#define WEAK_3DES \
	"RFC 8221 section 5: 3DES SHOULD NOT be used, its blocks are too short"
#define WEAK_MD5 "RFC 8221 section 6: HMAC-MD5 MUST NOT be used"
#define WEAK_NONE \
	"RFC 8221 section 4: encryption without integrity MUST NOT be used"

/* RFC 3602 section 3: block and IV of 16 octets. */
#define AES_CBC(bits)                                                        \
	{                                                                    \
		.id = ENCR_AES_CBC, .name = "aes" #bits, .key_bits = (bits), \
		.iv_bytes = 16, .block_bytes = 16                            \
	}

/* RFC 3686: the nonce (section 4) stands where a salt does, IV (3.1). */
#define AES_CTR(bits)                                               \
	{                                                           \
		.id = ENCR_AES_CTR, .name = "aes" #bits "ctr",      \
		.key_bits = (bits), .salt_bytes = 4, .iv_bytes = 8, \
		.block_bytes = 1, .counter_mode = true              \
	}

/* RFC 4309: IV (section 3.1), salt (4), ICV (6). */
#define AES_CCM(bits, icv)                                                 \
	{                                                                  \
		.id = ENCR_AES_CCM_##icv, .name = "aes" #bits "ccm" #icv,  \
		.key_bits = (bits), .salt_bytes = 3, .iv_bytes = 8,        \
		.block_bytes = 1, .icv_bytes = (icv), .counter_mode = true \
	}

/* RFC 4106: IV (section 3.1), salt (4), ICV (6). */
#define AES_GCM(bits, icv)                                                 \
	{                                                                  \
		.id = ENCR_AES_GCM_##icv, .name = "aes" #bits "gcm" #icv,  \
		.key_bits = (bits), .salt_bytes = 4, .iv_bytes = 8,        \
		.block_bytes = 1, .icv_bytes = (icv), .counter_mode = true \
	}

/* RFC 4543 section 3: as RFC 4106, and the text is only covered. */
#define NULL_AES_GMAC(bits)                                              \
	{                                                                \
		.id = ENCR_NULL_AES_GMAC, .name = "aes" #bits "gmac",    \
		.key_bits = (bits), .salt_bytes = 4, .iv_bytes = 8,      \
		.block_bytes = 1, .icv_bytes = 16, .counter_mode = true, \
		.not_ike = true                                          \
	}

/* clang-format off */
static const struct encr_alg encr_algs[] = {
	AES_CBC(128), AES_CBC(192), AES_CBC(256),
	AES_GCM(128, 16), AES_GCM(192, 16), AES_GCM(256, 16),
	AES_GCM(128, 12), AES_GCM(192, 12), AES_GCM(256, 12),
	AES_GCM(128, 8),  AES_GCM(192, 8),  AES_GCM(256, 8),
	AES_CCM(128, 16), AES_CCM(192, 16), AES_CCM(256, 16),
	AES_CCM(128, 12), AES_CCM(192, 12), AES_CCM(256, 12),
	AES_CCM(128, 8),  AES_CCM(192, 8),  AES_CCM(256, 8),
	/* RFC 7634 section 2: key of 256 bits, salt, IV, 16-octet ICV */
	{ .id = ENCR_CHACHA20_POLY1305, .name = "chacha20poly1305",
	  .key_bits = 256, .key_fixed = true, .salt_bytes = 4,
	  .iv_bytes = 8, .block_bytes = 1, .icv_bytes = 16, .counter_mode = true },
	AES_CTR(128), AES_CTR(192), AES_CTR(256),
	/* RFC 2410 section 2: neither key nor IV */
	{ .id = ENCR_NULL, .name = "null", .key_fixed = true,
	  .block_bytes = 1, .not_ike = true },
	NULL_AES_GMAC(128), NULL_AES_GMAC(192), NULL_AES_GMAC(256),
	/* RFC 2451: three keys with their parity (section 2.2), block (2.4), IV (3) */
	{ .id = ENCR_3DES, .name = "3des", .key_bits = 192, .key_fixed = true,
	  .iv_bytes = 8, .block_bytes = 8, .weak = WEAK_3DES },
	/* RFC 2405 */
	{ .id = ENCR_DES, .name = "des", .key_bits = 64, .key_fixed = true,
	  .iv_bytes = 8, .block_bytes = 8, .not_ike = true, .weak = WEAK_DES },
};

static const struct integ_alg integ_algs[] = {
	/* RFC 4868: key (section 2.1.1), ICV (2.3) */
	{ .id = INTEG_HMAC_SHA2_256_128, .name = "sha256",
	  .key_bytes = 32, .icv_bytes = 16 },
	{ .id = INTEG_HMAC_SHA2_384_192, .name = "sha384",
	  .key_bytes = 48, .icv_bytes = 24 },
	{ .id = INTEG_HMAC_SHA2_512_256, .name = "sha512",
	  .key_bytes = 64, .icv_bytes = 32 },
	/* RFC 2404: ICV (section 2), key (3) */
	{ .id = INTEG_HMAC_SHA1_96, .name = "sha1",
	  .key_bytes = 20, .icv_bytes = 12 },
	/* RFC 4595 section 4.1: not cut */
	{ .id = INTEG_HMAC_SHA1_160, .name = "sha1_160",
	  .key_bytes = 20, .icv_bytes = 20 },
	/* RFC 3566 section 4, RFC 4494 section 2 */
	{ .id = INTEG_AES_XCBC_96, .name = "aesxcbc",
	  .key_bytes = 16, .icv_bytes = 12 },
	{ .id = INTEG_AES_CMAC_96, .name = "aescmac",
	  .key_bytes = 16, .icv_bytes = 12 },
	/* RFC 4543 section 5.4: key, salt (3.2), ICV and the IV before it (4) */
	{ .id = INTEG_AES_128_GMAC, .name = "aes128gmac",
	  .key_bytes = 20, .iv_bytes = 8, .icv_bytes = 16, .not_ike = true },
	{ .id = INTEG_AES_192_GMAC, .name = "aes192gmac",
	  .key_bytes = 28, .iv_bytes = 8, .icv_bytes = 16, .not_ike = true },
	{ .id = INTEG_AES_256_GMAC, .name = "aes256gmac",
	  .key_bytes = 36, .iv_bytes = 8, .icv_bytes = 16, .not_ike = true },
	/* RFC 2403: ICV (section 2), key (3); RFC 2085 section 2: not cut */
	{ .id = INTEG_HMAC_MD5_96, .name = "md5", .key_bytes = 16,
	  .icv_bytes = 12, .weak = WEAK_MD5 },
	{ .id = INTEG_HMAC_MD5_128, .name = "md5_128", .key_bytes = 16,
	  .icv_bytes = 16, .weak = WEAK_MD5 },
};
/* clang-format on */

const struct integ_alg integ_none = { .id = INTEG_NONE, .name = "none" };

/* strongSwan's other keywords for the same thing; those of an ICV's bits and of
 * no ICV, which is one of 16 octets, are in resolve_icv(). */
static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "aes", "aes128" },	  { "sha", "sha1" },
	{ "sha2_256", "sha256" }, { "sha2_384", "sha384" },
	{ "sha2_512", "sha512" },
};

/* "aes128gcm" and "aes128gcm128" are aes128gcm16; so are those of 64 and 96 bits,
 * and CCM's. Returns buf, or keyword itself. */
static const char *resolve_icv(const char *keyword, char buf[NAME_MAX_BYTES])
{
	static const char *const icvs[][2] = {
		{ "", "16" }, { "128", "16" }, { "96", "12" }, { "64", "8" }
	};
	const size_t stem = strlen("aes128gcm");

	if (strncmp(keyword, "aes", 3) != 0 || strlen(keyword) < stem ||
	    (strncmp(keyword + 6, "gcm", 3) != 0 &&
	     strncmp(keyword + 6, "ccm", 3) != 0))
		return keyword;
	for (size_t i = 0; i < ARRAY_LEN(icvs); i++) {
		if (strcmp(keyword + stem, icvs[i][0]) != 0)
			continue;
		snprintf(buf, NAME_MAX_BYTES, "%.*s%s", (int)stem, keyword,
			 icvs[i][1]);
		return buf;
	}
	return keyword;
}

static const char *resolve(const char *keyword, char buf[NAME_MAX_BYTES])
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].alias, keyword) == 0)
			return aliases[i].name;
	return resolve_icv(keyword, buf);
}

const struct encr_alg *encr_at(size_t i)
{
	return i < ARRAY_LEN(encr_algs) ? &encr_algs[i] : NULL;
}

const struct integ_alg *integ_at(size_t i)
{
	return i < ARRAY_LEN(integ_algs) ? &integ_algs[i] : NULL;
}

const struct encr_alg *encr_by_name(const char *name)
{
	char buf[NAME_MAX_BYTES];

	name = resolve(name, buf);
	for (size_t i = 0; i < ARRAY_LEN(encr_algs); i++)
		if (strcmp(encr_algs[i].name, name) == 0)
			return &encr_algs[i];
	return NULL;
}

const struct integ_alg *integ_by_name(const char *name)
{
	char buf[NAME_MAX_BYTES];

	name = resolve(name, buf);
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

const struct encr_alg *encr_of_bits(uint16_t id, uint16_t key_bits)
{
	const struct encr_alg *alg = encr_by_id(id, key_bits);

	if (alg)
		return alg;
	alg = encr_by_id(id, 0);
	return alg && alg->key_bits == key_bits ? alg : NULL;
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

const char *esp_pair_misfit(const struct encr_alg *encr,
			    const struct integ_alg *integ)
{
	if (encr_is_aead(encr))
		return integ->id == INTEG_NONE
			       ? NULL
			       : "the cipher protects integrity itself";
	if (integ->iv_bytes)
		return "AES-GMAC beside a cipher is AH's alone; in ESP it stands alone";
	if (integ->id != INTEG_NONE)
		return NULL;
	if (encr->id == ENCR_NULL)
		return "RFC 4303 section 3.2: neither encryption nor integrity protects nothing";
	if (encr->counter_mode)
		return "RFC 3686 section 7: AES-CTR needs integrity beside it, or who forges decides each bit";
	return NULL;
}

const char *esp_pair_weakness(const struct encr_alg *encr,
			      const struct integ_alg *integ)
{
	if (encr->weak || integ->weak)
		return encr->weak ? encr->weak : integ->weak;
	if (integ->id == INTEG_NONE && !encr_is_aead(encr))
		return WEAK_NONE;
	return NULL;
}
