// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pseudorandom functions of IKEv2 and prf+: published HMACs, and whole
 * derivations of keys as NIST's vectors have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/prf.h"
#include "tests/support/hex.h"
#include "tests/vectors/hmac.h"
#include "tests/vectors/ikev2_kdf.h"
#include "tests/vectors/prf.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define VALUE_MAX_BYTES 1024
#define MOST_OUTPUTS	255

/* Octets of a vector. */
struct value {
	uint8_t octets[VALUE_MAX_BYTES];
	size_t len;
};

static struct value value_of(const char *hex)
{
	struct value v;

	v.len = hex_decode(hex, v.octets, sizeof(v.octets));
	return v;
}

static struct slice slice_of_value(const struct value *v)
{
	return slice_of(v->octets, v->len);
}

/* --- the table */

static void sizes_are_those_of_the_rfcs(void **state)
{
	static const struct {
		const char *name;
		uint16_t id;
		uint8_t bytes;
		uint8_t nonce_bytes;
		bool weak;
	} rows[] = { { "prfmd5", 1, 16, 0, true },
		     { "prfsha1", 2, 20, 0, false },
		     { "prfaesxcbc", 4, 16, 8, false },
		     { "prfsha256", 5, 32, 0, false },
		     { "prfsha384", 6, 48, 0, false },
		     { "prfsha512", 7, 64, 0, false },
		     { "prfaescmac", 8, 16, 8, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct prf_alg *alg = prf_by_name(rows[i].name);

		assert_non_null(alg);
		assert_ptr_equal(alg, prf_by_id(rows[i].id));
		assert_int_equal(alg->id, rows[i].id);
		assert_string_equal(alg->name, rows[i].name);
		assert_int_equal(alg->key_bytes, rows[i].bytes);
		assert_int_equal(alg->out_bytes, rows[i].bytes);
		assert_int_equal(alg->nonce_bytes, rows[i].nonce_bytes);
		assert_true((alg->weak != NULL) == rows[i].weak);
	}
	assert_non_null(prf_at(ARRAY_LEN(rows) - 1));
	assert_null(prf_at(ARRAY_LEN(rows)));
}

static void any_other_prf_is_unknown(void **state)
{
	static const char *const names[] = { "",	  "prf",     "prfmd4",
					     "prfsha",	  "prfsha2", "sha256",
					     "PRFSHA256", "aesxcbc" };
	size_t known = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_null(prf_by_name(names[i]));
	for (uint32_t id = 0; id <= UINT16_MAX; id++)
		known += prf_by_id((uint16_t)id) != NULL;
	assert_int_equal(known, 7);
}

/* --- prf */

static const struct prf_alg *prf_of_integ(const char *integ)
{
	switch (integ_by_name(integ)->id) {
	case INTEG_HMAC_MD5_96:
	case INTEG_HMAC_MD5_128:
		return prf_by_id(PRF_HMAC_MD5);
	case INTEG_NONE:
	case INTEG_HMAC_SHA1_160:
	case INTEG_AES_XCBC_96:
	case INTEG_AES_CMAC_96:
	case INTEG_AES_128_GMAC:
	case INTEG_AES_192_GMAC:
	case INTEG_AES_256_GMAC:
		break;
	case INTEG_HMAC_SHA1_96:
		return prf_by_id(PRF_HMAC_SHA1);
	case INTEG_HMAC_SHA2_256_128:
		return prf_by_id(PRF_HMAC_SHA2_256);
	case INTEG_HMAC_SHA2_384_192:
		return prf_by_id(PRF_HMAC_SHA2_384);
	case INTEG_HMAC_SHA2_512_256:
		return prf_by_id(PRF_HMAC_SHA2_512);
	}
	return NULL;
}

static void prf_matches_published_hmacs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++) {
		const struct hmac_vector *v = &hmac_vectors[i];
		struct value key = value_of(v->key), data = value_of(v->data);
		struct value mac = value_of(v->mac);
		struct slice whole = slice_of_value(&data);
		uint8_t out[PRF_MAX_BYTES];

		assert_true(prf(prf_of_integ(v->integ), slice_of_value(&key),
				&whole, 1, out));
		if (memcmp(out, mac.octets, mac.len))
			fail_msg("%s", v->source);
	}
}

/* Keys that are longer or shorter than the block of AES, too. */
static void prf_matches_the_vectors_of_its_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prf_vectors); i++) {
		const struct prf_vector *v = &prf_vectors[i];
		struct value key = value_of(v->key), data = value_of(v->data);
		struct value wanted = value_of(v->out);
		struct slice whole = slice_of_value(&data);
		uint8_t out[PRF_MAX_BYTES];

		assert_int_equal(wanted.len, prf_by_name(v->prf)->out_bytes);
		assert_true(prf(prf_by_name(v->prf), slice_of_value(&key),
				&whole, 1, out));
		if (memcmp(out, wanted.octets, wanted.len))
			fail_msg("%s", v->source);
	}
}

/* Parts are joined without anything between them, and may be empty. */
static void assert_cut(const struct prf_alg *alg)
{
	uint8_t data[48], whole[PRF_MAX_BYTES], cut[PRF_MAX_BYTES];
	struct slice one = slice_of(data, sizeof(data));

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	assert_true(prf(alg, slice_of("key", 3), &one, 1, whole));
	for (size_t at = 0; at <= sizeof(data); at++) {
		struct slice parts[] = {
			slice_of(NULL, 0),
			slice_of(data, at),
			slice_of(NULL, 0),
			slice_of(data + at, sizeof(data) - at),
		};

		assert_true(prf(alg, slice_of("key", 3), parts,
				ARRAY_LEN(parts), cut));
		assert_memory_equal(whole, cut, alg->out_bytes);
	}
}

static void cut_into_parts_the_output_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; prf_at(i); i++)
		assert_cut(prf_at(i));
}

static void no_parts_are_an_empty_message(void **state)
{
	struct slice empty = slice_of(NULL, 0);
	uint8_t a[PRF_MAX_BYTES], b[PRF_MAX_BYTES];

	(void)state;
	for (size_t i = 0; prf_at(i); i++) {
		assert_true(prf(prf_at(i), slice_of("key", 3), NULL, 0, a));
		assert_true(prf(prf_at(i), slice_of("key", 3), &empty, 1, b));
		assert_memory_equal(a, b, prf_at(i)->out_bytes);
	}
}

static void output_may_take_the_place_of_the_key(void **state)
{
	struct slice part = slice_of("part", 4);

	(void)state;
	for (size_t i = 0; prf_at(i); i++) {
		uint8_t key[PRF_MAX_BYTES] = "key", out[PRF_MAX_BYTES];

		assert_true(prf(prf_at(i), slice_of(key, 48), &part, 1, out));
		assert_true(prf(prf_at(i), slice_of(key, 48), &part, 1, key));
		assert_memory_equal(key, out, prf_at(i)->out_bytes);
	}
}

/* --- derivations */

static void assert_value(const uint8_t *got, const struct value *expected,
			 const struct kdf_vector *v, const char *what)
{
	if (memcmp(got, expected->octets, expected->len))
		fail_msg("%s: %s", v->source, what);
}

/* SKEYSEED, and the keys from it: RFC 7296 section 2.14. */
static void ike_sa_keys_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kdf_vectors); i++) {
		const struct kdf_vector *v = &kdf_vectors[i];
		const struct prf_alg *alg = prf_by_name(v->prf);
		struct value ni = value_of(v->ni), nr = value_of(v->nr);
		struct value nonces = ni, g_ir = value_of(v->g_ir);
		struct value spi_i = value_of(v->spi_i);
		struct value spi_r = value_of(v->spi_r);
		struct value skeyseed = value_of(v->skeyseed);
		struct value keymat = value_of(v->keymat);
		struct slice secret = slice_of_value(&g_ir);
		struct slice parts[] = { slice_of_value(&ni),
					 slice_of_value(&nr),
					 slice_of_value(&spi_i),
					 slice_of_value(&spi_r) };
		uint8_t seed[PRF_MAX_BYTES], out[VALUE_MAX_BYTES];

		memcpy(nonces.octets + ni.len, nr.octets, nr.len);
		nonces.len += nr.len;
		assert_true(prf(alg, slice_of_value(&nonces), &secret, 1, seed));
		assert_int_equal(skeyseed.len, alg->out_bytes);
		assert_value(seed, &skeyseed, v, "SKEYSEED");
		assert_true(prf_plus(alg, slice_of(seed, alg->out_bytes), parts,
				     ARRAY_LEN(parts), out, keymat.len));
		assert_value(out, &keymat, v, "keys");
	}
}

/* KEYMAT of a CHILD SA without and with g^ir, and SKEYSEED of a rekeyed IKE
 * SA: RFC 7296 sections 2.17 and 2.18. */
static void keys_made_later_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kdf_vectors); i++) {
		const struct kdf_vector *v = &kdf_vectors[i];
		const struct prf_alg *alg = prf_by_name(v->prf);
		struct value ni = value_of(v->ni), nr = value_of(v->nr);
		struct value keymat = value_of(v->keymat), g_ir, expected;
		struct slice sk_d = slice_of(keymat.octets, alg->key_bytes);
		uint8_t out[VALUE_MAX_BYTES];
		struct slice parts[3];

		if (!v->child)
			continue;
		g_ir = value_of(v->g_ir_new);
		parts[0] = slice_of_value(&g_ir);
		parts[1] = slice_of_value(&ni);
		parts[2] = slice_of_value(&nr);

		expected = value_of(v->child);
		assert_true(prf_plus(alg, sk_d, parts + 1, 2, out, expected.len));
		assert_value(out, &expected, v, "CHILD SA");
		expected = value_of(v->child_dh);
		assert_true(prf_plus(alg, sk_d, parts, 3, out, expected.len));
		assert_value(out, &expected, v, "CHILD SA with g^ir");
		expected = value_of(v->skeyseed_rekey);
		assert_true(prf(alg, sk_d, parts, 3, out));
		assert_value(out, &expected, v, "rekeyed SKEYSEED");
	}
}

/* --- prf+ */

/* In memory of just that length: a sanitizer sees a step outside. */
static uint8_t *expand(const struct prf_alg *alg, size_t bytes)
{
	struct slice part = slice_of("part", 4);
	uint8_t *out = malloc(bytes ? bytes : 1);

	assert_non_null(out);
	assert_true(prf_plus(alg, slice_of("key", 3), &part, 1, out, bytes));
	return out;
}

static void shorter_outputs_begin_the_longer_ones(void **state)
{
	const struct prf_alg *alg = prf_by_name("prfsha256");
	uint8_t *longest = expand(alg, 130);

	(void)state;
	for (size_t n = 0; n <= 130; n++) {
		uint8_t *out = expand(alg, n);

		assert_memory_equal(out, longest, n);
		free(out);
	}
	free(longest);
}

/* T255 = prf(K, T254 | part | 0xff), and there is no T256. */
static void counter_ends_at_255(void **state)
{
	const struct prf_alg *alg = prf_by_name("prfsha1");
	const size_t most = MOST_OUTPUTS * (size_t)alg->out_bytes;
	uint8_t last[PRF_MAX_BYTES], untouched[1] = { 0xa5 };
	const uint8_t counter = 0xff;
	uint8_t *out = expand(alg, most);
	struct slice parts[] = {
		slice_of(out + most - 2 * alg->out_bytes, alg->out_bytes),
		slice_of("part", 4),
		slice_of(&counter, 1),
	};

	(void)state;
	assert_true(prf(alg, slice_of("key", 3), parts, 3, last));
	assert_memory_equal(out + most - alg->out_bytes, last, alg->out_bytes);
	free(out);
	assert_false(prf_plus(alg, slice_of("key", 3), parts + 1, 1, untouched,
			      most + 1));
	assert_int_equal(untouched[0], 0xa5);
	assert_false(prf_plus(alg, slice_of("key", 3), parts + 1, 1, untouched,
			      SIZE_MAX));
	assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_rfcs),
		cmocka_unit_test(any_other_prf_is_unknown),
		cmocka_unit_test(prf_matches_published_hmacs),
		cmocka_unit_test(prf_matches_the_vectors_of_its_rfc),
		cmocka_unit_test(cut_into_parts_the_output_is_the_same),
		cmocka_unit_test(no_parts_are_an_empty_message),
		cmocka_unit_test(output_may_take_the_place_of_the_key),
		cmocka_unit_test(ike_sa_keys_match_published_vectors),
		cmocka_unit_test(keys_made_later_match_published_vectors),
		cmocka_unit_test(shorter_outputs_begin_the_longer_ones),
		cmocka_unit_test(counter_ends_at_255),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
