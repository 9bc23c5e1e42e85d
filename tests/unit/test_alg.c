// SPDX-License-Identifier: BSD-2-Clause
/* The table of ciphers and MACs against the sizes that the RFCs give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/crypto/alg.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static void cbc_has_sizes_of_rfc_3602(void **state)
{
	static const struct {
		const char *name;
		uint16_t key_bits;
	} rows[] = { { "aes128", 128 }, { "aes192", 192 }, { "aes256", 256 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct encr_alg *alg = encr_by_name(rows[i].name);

		assert_non_null(alg);
		assert_int_equal(alg->id, ENCR_AES_CBC);
		assert_string_equal(alg->name, rows[i].name);
		assert_int_equal(alg->key_bits, rows[i].key_bits);
		assert_int_equal(encr_attr_bits(alg), rows[i].key_bits);
		assert_int_equal(encr_key_bytes(alg), rows[i].key_bits / 8);
		assert_int_equal(alg->iv_bytes, 16);
		assert_int_equal(alg->block_bytes, 16);
		assert_int_equal(alg->icv_bytes, 0);
		assert_false(encr_is_aead(alg));
		assert_false(alg->counter_mode);
	}
}

static void gcm_has_sizes_of_rfc_4106(void **state)
{
	static const struct {
		const char *name;
		uint16_t key_bits;
	} rows[] = { { "aes128gcm16", 128 },
		     { "aes192gcm16", 192 },
		     { "aes256gcm16", 256 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct encr_alg *alg = encr_by_name(rows[i].name);

		assert_non_null(alg);
		assert_int_equal(alg->id, ENCR_AES_GCM_16);
		assert_string_equal(alg->name, rows[i].name);
		assert_int_equal(alg->key_bits, rows[i].key_bits);
		assert_int_equal(encr_attr_bits(alg), rows[i].key_bits);
		assert_int_equal(encr_key_bytes(alg), rows[i].key_bits / 8 + 4);
		assert_int_equal(alg->salt_bytes, 4);
		assert_int_equal(alg->iv_bytes, 8);
		assert_int_equal(alg->block_bytes, 1);
		assert_int_equal(alg->icv_bytes, 16);
		assert_true(encr_is_aead(alg));
		assert_true(alg->counter_mode);
	}
}

static void chacha20_has_sizes_of_rfc_7634(void **state)
{
	const struct encr_alg *alg = encr_by_name("chacha20poly1305");

	(void)state;
	assert_non_null(alg);
	assert_int_equal(alg->id, ENCR_CHACHA20_POLY1305);
	assert_string_equal(alg->name, "chacha20poly1305");
	assert_int_equal(alg->key_bits, 256);
	assert_int_equal(encr_attr_bits(alg), 0);
	assert_int_equal(encr_key_bytes(alg), 36);
	assert_int_equal(alg->salt_bytes, 4);
	assert_int_equal(alg->iv_bytes, 8);
	assert_int_equal(alg->block_bytes, 1);
	assert_int_equal(alg->icv_bytes, 16);
	assert_true(encr_is_aead(alg));
	assert_true(alg->counter_mode);
}

static void macs_have_sizes_of_rfc_2404_and_rfc_4868(void **state)
{
	static const struct {
		const char *name;
		enum integ_id id;
		uint16_t key_bytes;
		uint8_t icv_bytes;
	} rows[] = {
		{ "sha1", INTEG_HMAC_SHA1_96, 20, 12 },
		{ "sha256", INTEG_HMAC_SHA2_256_128, 32, 16 },
		{ "sha384", INTEG_HMAC_SHA2_384_192, 48, 24 },
		{ "sha512", INTEG_HMAC_SHA2_512_256, 64, 32 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct integ_alg *alg = integ_by_name(rows[i].name);

		assert_non_null(alg);
		assert_int_equal(alg->id, rows[i].id);
		assert_string_equal(alg->name, rows[i].name);
		assert_int_equal(alg->key_bytes, rows[i].key_bytes);
		assert_int_equal(alg->icv_bytes, rows[i].icv_bytes);
	}
}

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
		"",	      "aes1",
		"aes128x",    "AES128",
		"aes128gcm8", "aes128gcm12",
		"aes128ctr",  "3des",
		"sha256 ",    "sha1_160",
		"sha224",     "sha2_256_96",
		"none",	      "aes512gcm16",
		"chacha20",   "chacha20poly1305compat",
		"prfsha1",
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

static void transform_leads_to_the_entry_of_its_keyword(void **state)
{
	static const struct {
		uint16_t id;
		uint16_t key_bits; /* the attribute, 0 without */
		const char *name;
	} rows[] = {
		{ 12, 128, "aes128" },	       { 12, 192, "aes192" },
		{ 12, 256, "aes256" },	       { 20, 128, "aes128gcm16" },
		{ 20, 192, "aes192gcm16" },    { 20, 256, "aes256gcm16" },
		{ 28, 0, "chacha20poly1305" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct encr_alg *alg = encr_by_name(rows[i].name);

		assert_ptr_equal(encr_by_id(rows[i].id, rows[i].key_bits), alg);
		assert_int_equal(encr_attr_bits(alg), rows[i].key_bits);
	}
	assert_ptr_equal(integ_by_id(0), &integ_none);
	assert_ptr_equal(integ_by_id(2), integ_by_name("sha1"));
	assert_ptr_equal(integ_by_id(12), integ_by_name("sha256"));
	assert_ptr_equal(integ_by_id(13), integ_by_name("sha384"));
	assert_ptr_equal(integ_by_id(14), integ_by_name("sha512"));
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
	assert_int_equal(encr, 7);
	assert_int_equal(integ, 5);
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
		cmocka_unit_test(cbc_has_sizes_of_rfc_3602),
		cmocka_unit_test(gcm_has_sizes_of_rfc_4106),
		cmocka_unit_test(chacha20_has_sizes_of_rfc_7634),
		cmocka_unit_test(macs_have_sizes_of_rfc_2404_and_rfc_4868),
		cmocka_unit_test(aliases_lead_to_the_same_entry),
		cmocka_unit_test(unknown_keyword_is_refused),
		cmocka_unit_test(cipher_keyword_is_no_integrity_keyword),
		cmocka_unit_test(transform_leads_to_the_entry_of_its_keyword),
		cmocka_unit_test(any_other_transform_is_unknown),
		cmocka_unit_test(aes_without_a_key_length_is_unknown),
		cmocka_unit_test(chacha20_with_a_key_length_is_unknown),
		cmocka_unit_test(no_integrity_has_neither_key_nor_icv),
		cmocka_unit_test(icv_is_the_aeads_or_the_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
