// SPDX-License-Identifier: BSD-2-Clause
/* The table of ciphers and MACs against the sizes that the RFCs give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/alg.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static void aliases_lead_to_the_same_entry(void **state)
{
	static const char *const encr[][2] = {
		{ "aes", "aes128" },
		{ "aes128gcm", "aes128gcm16" },
		{ "aes192gcm", "aes192gcm16" },
		{ "aes256gcm", "aes256gcm16" },
		{ "aes128gcm128", "aes128gcm16" },
		{ "aes192gcm128", "aes192gcm16" },
		{ "aes256gcm128", "aes256gcm16" },
		{ "aes128gcm96", "aes128gcm12" },
		{ "aes192gcm64", "aes192gcm8" },
		{ "aes256ccm", "aes256ccm16" },
		{ "aes128ccm128", "aes128ccm16" },
		{ "aes192ccm96", "aes192ccm12" },
		{ "aes256ccm64", "aes256ccm8" },
	};
	static const char *const integ[][2] = {
		{ "sha", "sha1" },
		{ "sha2_256", "sha256" },
		{ "sha2_384", "sha384" },
		{ "sha2_512", "sha512" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(encr); i++) {
		assert_non_null(encr_by_name(encr[i][0]));
		assert_ptr_equal(encr_by_name(encr[i][0]),
				 encr_by_name(encr[i][1]));
	}
	for (size_t i = 0; i < ARRAY_LEN(integ); i++) {
		assert_non_null(integ_by_name(integ[i][0]));
		assert_ptr_equal(integ_by_name(integ[i][0]),
				 integ_by_name(integ[i][1]));
	}
}

static void unknown_keyword_is_refused(void **state)
{
	static const char *const names[] = {
		"",	      "aes1",	      "aes128x",
		"AES128",     "aes128gcm4",   "aes128gcm1",
		"aes160gcm8", "aes128ccm160", "aes128gcm12x",
		"aes512gcm",  "aes128gmac16", "sha256 ",
		"sha224",     "sha2_256_96",  "none",
		"chacha20",   "prfsha1",      "chacha20poly1305compat",
		"cast128",    "aesgcm",	      "camelliaxcbc",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_null(encr_by_name(names[i]));
		assert_null(integ_by_name(names[i]));
	}
}

static void cipher_keyword_is_no_integrity_keyword(void **state)
{
	(void)state;
	assert_null(integ_by_name("aes128"));
	assert_null(encr_by_name("sha256"));
}

/* Numbers and sizes as IANA and the RFCs have them. */
static const struct {
	uint16_t id;
	uint16_t key_bits; /* the attribute, 0 without */
	const char *name;
	uint8_t key, iv, block, icv; /* octets; the key's with its salt */
} ciphers[] = {
	{ 2, 0, "des", 8, 8, 8, 0 },
	{ 3, 0, "3des", 24, 8, 8, 0 },
	{ 11, 0, "null", 0, 0, 1, 0 },
	{ 12, 128, "aes128", 16, 16, 16, 0 },
	{ 12, 192, "aes192", 24, 16, 16, 0 },
	{ 12, 256, "aes256", 32, 16, 16, 0 },
	{ 13, 128, "aes128ctr", 20, 8, 1, 0 },
	{ 13, 192, "aes192ctr", 28, 8, 1, 0 },
	{ 13, 256, "aes256ctr", 36, 8, 1, 0 },
	{ 14, 128, "aes128ccm8", 19, 8, 1, 8 },
	{ 14, 192, "aes192ccm8", 27, 8, 1, 8 },
	{ 14, 256, "aes256ccm8", 35, 8, 1, 8 },
	{ 15, 128, "aes128ccm12", 19, 8, 1, 12 },
	{ 15, 192, "aes192ccm12", 27, 8, 1, 12 },
	{ 15, 256, "aes256ccm12", 35, 8, 1, 12 },
	{ 16, 128, "aes128ccm16", 19, 8, 1, 16 },
	{ 16, 192, "aes192ccm16", 27, 8, 1, 16 },
	{ 16, 256, "aes256ccm16", 35, 8, 1, 16 },
	{ 18, 128, "aes128gcm8", 20, 8, 1, 8 },
	{ 18, 192, "aes192gcm8", 28, 8, 1, 8 },
	{ 18, 256, "aes256gcm8", 36, 8, 1, 8 },
	{ 19, 128, "aes128gcm12", 20, 8, 1, 12 },
	{ 19, 192, "aes192gcm12", 28, 8, 1, 12 },
	{ 19, 256, "aes256gcm12", 36, 8, 1, 12 },
	{ 20, 128, "aes128gcm16", 20, 8, 1, 16 },
	{ 20, 192, "aes192gcm16", 28, 8, 1, 16 },
	{ 20, 256, "aes256gcm16", 36, 8, 1, 16 },
	{ 21, 128, "aes128gmac", 20, 8, 1, 16 },
	{ 21, 192, "aes192gmac", 28, 8, 1, 16 },
	{ 21, 256, "aes256gmac", 36, 8, 1, 16 },
	{ 28, 0, "chacha20poly1305", 36, 8, 1, 16 },
};

static const struct {
	uint16_t id;
	const char *name;
	uint8_t key, iv, icv; /* octets */
} macs[] = {
	{ 1, "md5", 16, 0, 12 },	 { 2, "sha1", 20, 0, 12 },
	{ 5, "aesxcbc", 16, 0, 12 },	 { 6, "md5_128", 16, 0, 16 },
	{ 7, "sha1_160", 20, 0, 20 },	 { 8, "aescmac", 16, 0, 12 },
	{ 9, "aes128gmac", 20, 8, 16 },	 { 10, "aes192gmac", 28, 8, 16 },
	{ 11, "aes256gmac", 36, 8, 16 }, { 12, "sha256", 32, 0, 16 },
	{ 13, "sha384", 48, 0, 24 },	 { 14, "sha512", 64, 0, 32 },
};

static void transform_has_the_keyword_and_sizes_of_its_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		const struct encr_alg *alg = encr_by_name(ciphers[i].name);

		assert_non_null(alg);
		assert_string_equal(alg->name, ciphers[i].name);
		assert_ptr_equal(encr_by_id(ciphers[i].id, ciphers[i].key_bits),
				 alg);
		assert_int_equal(encr_attr_bits(alg), ciphers[i].key_bits);
		assert_int_equal(encr_key_bytes(alg), ciphers[i].key);
		assert_int_equal(alg->iv_bytes, ciphers[i].iv);
		assert_int_equal(alg->block_bytes, ciphers[i].block);
		assert_int_equal(alg->icv_bytes, ciphers[i].icv);
		/* whose IV is a block is chained, whose is shorter counts */
		assert_true(alg->counter_mode ==
			    (alg->iv_bytes && alg->block_bytes == 1));
	}
	assert_ptr_equal(integ_by_id(0), &integ_none);
	for (size_t i = 0; i < ARRAY_LEN(macs); i++) {
		const struct integ_alg *alg = integ_by_name(macs[i].name);

		assert_non_null(alg);
		assert_string_equal(alg->name, macs[i].name);
		assert_ptr_equal(integ_by_id(macs[i].id), alg);
		assert_int_equal(alg->key_bytes, macs[i].key);
		assert_int_equal(alg->iv_bytes, macs[i].iv);
		assert_int_equal(alg->icv_bytes, macs[i].icv);
		assert_int_equal(ah_icv_bytes(alg), macs[i].iv + macs[i].icv);
	}
}

/* Every number of 16 bits: nothing but what the case before has is known. */
static void any_other_transform_is_unknown(void **state)
{
	static const uint16_t key_bits[] = { 0,	  64,  127, 128, 129, 160,
					     192, 224, 256, 288, 512, 65535 };
	size_t encr = 0, integ = 0;

	(void)state;
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		for (size_t i = 0; i < ARRAY_LEN(key_bits); i++)
			encr += encr_by_id((uint16_t)id, key_bits[i]) != NULL;
		integ += integ_by_id((uint16_t)id) != NULL;
	}
	assert_int_equal(encr, ARRAY_LEN(ciphers));
	assert_int_equal(integ, ARRAY_LEN(macs) + 1);
	assert_non_null(encr_at(encr - 1));
	assert_null(encr_at(encr));
	assert_non_null(integ_at(integ - 2));
	assert_null(integ_at(integ - 1));
}

/* --- pairs */

static bool is_weak(const char *encr, const char *integ)
{
	return esp_pair_weakness(encr_by_name(encr),
				 integ ? integ_by_name(integ) : &integ_none) !=
	       NULL;
}

static bool fits(const char *encr, const char *integ)
{
	return !esp_pair_misfit(encr_by_name(encr),
				integ ? integ_by_name(integ) : &integ_none);
}

static void what_can_stand_together_is_known(void **state)
{
	(void)state;
	assert_true(fits("aes128", "sha256"));
	assert_true(fits("aes128ctr", "aescmac"));
	assert_true(fits("null", "sha256"));
	assert_true(fits("aes128gcm8", NULL));
	assert_true(fits("aes128gmac", NULL));
	assert_true(fits("aes128", NULL));
	assert_true(fits("3des", NULL));
	assert_false(fits("null", NULL));
	assert_false(fits("aes256ctr", NULL));
	assert_false(fits("aes128gcm8", "sha256"));
	assert_false(fits("aes128gmac", "sha256"));
	assert_false(fits("aes128", "aes128gmac"));
	assert_false(fits("null", "aes128gmac"));
}

static void what_is_broken_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const char *name = encr_at(i)->name;
		const bool des = strstr(name, "des");
		const bool aead = encr_is_aead(encr_at(i));

		assert_true(is_weak(name, aead ? NULL : "sha256") == des);
		if (!aead)
			assert_true(is_weak(name, NULL));
	}
	for (size_t i = 0; integ_at(i); i++) {
		const char *name = integ_at(i)->name;

		assert_true(is_weak("aes128", name) ==
			    (strncmp(name, "md5", 3) == 0));
	}
}

/* RFC 7296 section 3.14: its messages are encrypted, and verified. */
static void what_protects_packets_alone_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const enum encr_id id = encr_at(i)->id;

		assert_true(encr_at(i)->not_ike ==
			    (id == ENCR_NULL || id == ENCR_NULL_AES_GMAC ||
			     id == ENCR_DES));
	}
	for (size_t i = 0; integ_at(i); i++)
		assert_true(integ_at(i)->not_ike == (integ_at(i)->iv_bytes != 0));
}

static void aes_without_a_key_length_is_unknown(void **state)
{
	(void)state;
	assert_null(encr_by_id(ENCR_AES_CBC, 0));
	assert_null(encr_by_id(ENCR_AES_GCM_16, 0));
}

static void chacha20_with_a_key_length_is_unknown(void **state)
{
	(void)state;
	assert_null(encr_by_id(ENCR_CHACHA20_POLY1305, 256));
}

static void no_integrity_has_neither_key_nor_icv(void **state)
{
	(void)state;
	assert_int_equal(integ_none.id, INTEG_NONE);
	assert_int_equal(integ_none.key_bytes, 0);
	assert_int_equal(integ_none.icv_bytes, 0);
}

static void icv_is_the_aeads_or_the_macs(void **state)
{
	(void)state;
	assert_int_equal(esp_icv_bytes(encr_by_name("aes128"),
				       integ_by_name("sha256")),
			 16);
	assert_int_equal(esp_icv_bytes(encr_by_name("aes256"),
				       integ_by_name("sha512")),
			 32);
	assert_int_equal(esp_icv_bytes(encr_by_name("aes256gcm16"), &integ_none),
			 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aliases_lead_to_the_same_entry),
		cmocka_unit_test(unknown_keyword_is_refused),
		cmocka_unit_test(cipher_keyword_is_no_integrity_keyword),
		cmocka_unit_test(transform_has_the_keyword_and_sizes_of_its_rfc),
		cmocka_unit_test(any_other_transform_is_unknown),
		cmocka_unit_test(what_can_stand_together_is_known),
		cmocka_unit_test(what_is_broken_is_known),
		cmocka_unit_test(what_protects_packets_alone_is_known),
		cmocka_unit_test(aes_without_a_key_length_is_unknown),
		cmocka_unit_test(chacha20_with_a_key_length_is_unknown),
		cmocka_unit_test(no_integrity_has_neither_key_nor_icv),
		cmocka_unit_test(icv_is_the_aeads_or_the_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
