// SPDX-License-Identifier: BSD-2-Clause
/* The table of ESP algorithms against the sizes that the RFCs give. */
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
		assert_int_equal(encr_key_bytes(alg), rows[i].key_bits / 8 + 4);
		assert_int_equal(alg->salt_bytes, 4);
		assert_int_equal(alg->iv_bytes, 8);
		assert_int_equal(alg->block_bytes, 1);
		assert_int_equal(alg->icv_bytes, 16);
		assert_true(encr_is_aead(alg));
		assert_true(alg->counter_mode);
	}
}

static void sha256_has_sizes_of_rfc_4868(void **state)
{
	const struct integ_alg *alg = integ_by_name("sha256");

	(void)state;
	assert_non_null(alg);
	assert_int_equal(alg->id, INTEG_HMAC_SHA2_256_128);
	assert_string_equal(alg->name, "sha256");
	assert_int_equal(alg->key_bytes, 32);
	assert_int_equal(alg->icv_bytes, 16);
}

static void aliases_lead_to_the_same_entry(void **state)
{
	(void)state;
	assert_ptr_equal(encr_by_name("aes"), encr_by_name("aes128"));
	assert_ptr_equal(encr_by_name("aes128gcm128"),
			 encr_by_name("aes128gcm16"));
	assert_ptr_equal(encr_by_name("aes192gcm128"),
			 encr_by_name("aes192gcm16"));
	assert_ptr_equal(encr_by_name("aes256gcm128"),
			 encr_by_name("aes256gcm16"));
	assert_ptr_equal(integ_by_name("sha2_256"), integ_by_name("sha256"));
}

static void unknown_keyword_is_refused(void **state)
{
	static const char *const names[] = {
		"",
		"aes1",
		"aes128x",
		"AES128",
		"aes128gcm8",
		"aes128gcm12",
		"aes128ctr",
		"3des",
		"sha256 ",
		"sha1",
		"sha2_256_96",
		"none",
		"aes512gcm16",
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
	assert_int_equal(esp_icv_bytes(encr_by_name("aes256gcm16"), &integ_none),
			 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cbc_has_sizes_of_rfc_3602),
		cmocka_unit_test(gcm_has_sizes_of_rfc_4106),
		cmocka_unit_test(sha256_has_sizes_of_rfc_4868),
		cmocka_unit_test(aliases_lead_to_the_same_entry),
		cmocka_unit_test(unknown_keyword_is_refused),
		cmocka_unit_test(cipher_keyword_is_no_integrity_keyword),
		cmocka_unit_test(no_integrity_has_neither_key_nor_icv),
		cmocka_unit_test(icv_is_the_aeads_or_the_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
