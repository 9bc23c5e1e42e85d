// SPDX-License-Identifier: BSD-2-Clause
/* Which keys and pairs each crypto backend takes, and which it refuses. */
#include <errno.h>
#include <string.h>

#include "tests/unit/crypto_fixture.h"

static struct secret some_octets(size_t n)
{
	struct secret s = { .len = n };

	for (size_t i = 0; i < n; i++)
		s.octets[i] = (uint8_t)(7 * i);
	return s;
}

static int try_key(const char *encr, const struct integ_alg *integ,
		   size_t encr_bytes, size_t integ_bytes)
{
	struct secret encr_key = some_octets(encr_bytes);
	struct secret integ_key = some_octets(integ_bytes);
	struct crypto_key_spec spec = { .encr = encr_by_name(encr),
					.integ = integ,
					.encr_key = &encr_key,
					.integ_key = &integ_key };
	struct crypto_key *key = NULL;
	int err = backend->key_new(thread, &spec, &key);

	assert_true((err == 0) == (key != NULL));
	backend->key_free(key);
	return err;
}

static void encryption_key_of_any_other_length_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < n_suites; s += 2) { /* ESN asks for no key */
		const struct integ_alg *integ = suite_integ(&suites[s]);
		const uint32_t wanted =
			encr_key_bytes(encr_by_name(suites[s].encr));

		for (size_t n = 0; n <= 80; n++)
			assert_int_equal(try_key(suites[s].encr, integ, n,
						 integ->key_bytes),
					 n == wanted ? 0 : -EINVAL);
	}
}

static void integrity_key_of_any_other_length_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; integ_at(i); i++)
		for (size_t n = 0; n <= 80; n++)
			assert_int_equal(try_key("null", integ_at(i), 0, n),
					 n == integ_at(i)->key_bytes ? 0
								     : -EINVAL);
}

/* Deciphered by the key before, each block would be DES's alone. */
static void keys_of_3des_that_are_one_of_des_are_refused(void **state)
{
	static const struct {
		uint8_t keys[3]; /* each octet of each */
		int err;
	} rows[] = {
		{ { 0x10, 0x20, 0x30 }, 0 },
		{ { 0x10, 0x20, 0x10 }, 0 },
		{ { 0x10, 0x10, 0x30 }, -EINVAL },
		{ { 0x10, 0x30, 0x30 }, -EINVAL },
		{ { 0x10, 0x11, 0x30 }, -EINVAL }, /* parity makes no key */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct secret encr_key = { .len = 24 };
		struct secret integ_key = some_octets(32);
		struct crypto_key_spec spec = { .encr = encr_by_name("3des"),
						.integ = integ_by_name("sha256"),
						.encr_key = &encr_key,
						.integ_key = &integ_key };
		const int lacks =
			backend->has(spec.encr, spec.integ) ? 0 : -ENOTSUP;
		struct crypto_key *key = NULL;

		for (size_t k = 0; k < 24; k++)
			encr_key.octets[k] = rows[i].keys[k / 8];
		assert_int_equal(backend->key_new(thread, &spec, &key),
				 rows[i].err ? rows[i].err : lacks);
		backend->key_free(key);
	}
}

/* The other way round, such an SA is openssl's. */
static void what_a_backend_lacks_is_not_supported(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *encr = encr_at(i);

		if (backend->has(encr, &integ_none)) {
			assert_ptr_equal(crypto_backend_for(backend, encr,
							    &integ_none),
					 backend);
			continue;
		}
		assert_true(encr->key_bits == 192 || encr->id == ENCR_DES);
		assert_int_equal(try_key(encr->name, &integ_none,
					 encr_key_bytes(encr), 0),
				 -ENOTSUP);
		assert_ptr_equal(crypto_backend_for(backend, encr, &integ_none),
				 &crypto_openssl);
	}
}

static void wrong_pair_is_refused(void **state)
{
	const struct integ_alg *sha256 = integ_by_name("sha256");

	(void)state;
	/* an AEAD with a MAC beside it, or with a MAC's key */
	assert_int_equal(try_key("aes128gcm16", sha256, 20, 32), -EINVAL);
	assert_int_equal(try_key("aes128gcm16", sha256, 20, 0), -EINVAL);
	assert_int_equal(try_key("aes128gcm16", &integ_none, 20, 32), -EINVAL);
	assert_int_equal(try_key("chacha20poly1305", sha256, 36, 32), -EINVAL);
	/* none with a MAC's key */
	assert_int_equal(try_key("aes128", &integ_none, 16, 32), -EINVAL);
	/* AES-CTR without integrity, neither of the two, and AH's MAC */
	assert_int_equal(try_key("aes128ctr", &integ_none, 20, 0), -EINVAL);
	assert_int_equal(try_key("null", &integ_none, 0, 0), -EINVAL);
	assert_int_equal(try_key("aes128", integ_by_name("aes128gmac"), 16, 20),
			 -EINVAL);
}

static void integrity_key_may_be_absent_with_an_aead_alone(void **state)
{
	struct secret encr_key = { .len = 20 };
	struct crypto_key_spec spec = { .encr = encr_by_name("aes128gcm16"),
					.integ = &integ_none,
					.encr_key = &encr_key };
	struct crypto_key *key = NULL;

	(void)state;
	assert_int_equal(backend->key_new(thread, &spec, &key), 0);
	backend->key_free(key);
	spec.encr = encr_by_name("aes128");
	spec.integ = integ_by_name("sha256");
	encr_key.len = 16;
	assert_int_equal(backend->key_new(thread, &spec, &key), -EINVAL);
}

static void no_key_may_be_freed(void **state)
{
	(void)state;
	backend->key_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encryption_key_of_any_other_length_is_refused),
		cmocka_unit_test(integrity_key_of_any_other_length_is_refused),
		cmocka_unit_test(keys_of_3des_that_are_one_of_des_are_refused),
		cmocka_unit_test(what_a_backend_lacks_is_not_supported),
		cmocka_unit_test(wrong_pair_is_refused),
		cmocka_unit_test(integrity_key_may_be_absent_with_an_aead_alone),
		cmocka_unit_test(no_key_may_be_freed),
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(backends); i++)
		if (backend_may_run(&backends[i]))
			failed +=
				cmocka_run_group_tests_name(backends[i].name,
							    tests, backend_take,
							    backend_give_back);
	return failed != 0;
}
