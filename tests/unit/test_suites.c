// SPDX-License-Identifier: BSD-2-Clause
/* A set of suites has what its proposals offer, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/suites.h"

static struct suites suites_from(const char *const *texts, size_t n)
{
	struct proposals p = { .n = n };
	struct suites s;
	struct error e;

	for (size_t i = 0; i < n; i++)
		if (proposal_parse(texts[i], IKE_PROTO_ESP, &p.at[i], &e))
			fail_msg("%s", e.text);
	suites_of(&p, &s);
	s.modes = 1U << SADB_TUNNEL;
	return s;
}

static struct sadb_sa sa_of(const struct encr_alg *encr,
			    const struct integ_alg *integ)
{
	return (struct sadb_sa){
		.protocol = IKE_PROTO_ESP,
		.encr = (uint16_t)encr->id,
		.encr_key_bits = encr->key_bits,
		.integ = (uint16_t)integ->id,
	};
}

static bool is_among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

/* Of all pairs that the tables have. */
static void pairs_of_each_proposal_are_there_and_no_others(void **state)
{
	static const char *const texts[] = { "aes256-sha256-sha384",
					     "aes128gcm16-chacha20poly1305",
					     "null-sha512" };
	static const char *const with_sha2[] = { "aes256", NULL };
	static const char *const aeads[] = { "aes128gcm16", "chacha20poly1305",
					     NULL };
	static const char *const sha2[] = { "sha256", "sha384", NULL };
	const struct suites s = suites_from(texts, 3);

	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *encr = encr_at(i);
		struct sadb_sa sa = sa_of(encr, &integ_none);

		assert_int_equal(suites_have(&s, &sa),
				 is_among(encr->name, aeads));
		for (size_t j = 0; integ_at(j); j++) {
			const char *integ = integ_at(j)->name;
			bool offered = (is_among(encr->name, with_sha2) &&
					is_among(integ, sha2)) ||
				       (encr->id == ENCR_NULL &&
					strcmp(integ, "sha512") == 0);

			sa = sa_of(encr, integ_at(j));
			assert_int_equal(suites_have(&s, &sa), offered);
		}
	}
}

static void every_algorithm_has_a_place_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		struct proposals p = { .n = 1 };
		struct sadb_sa sa;
		struct suites s;

		p.at[0] = (struct proposal){ .protocol = IKE_PROTO_ESP,
					     .encr = { encr_at(i) },
					     .n_encr = 1,
					     .no_esn = true };
		suites_of(&p, &s);
		s.modes = 1U << SADB_TUNNEL;
		for (size_t j = 0; encr_at(j); j++) {
			sa = sa_of(encr_at(j), &integ_none);
			assert_int_equal(suites_have(&s, &sa), i == j);
		}
	}
	for (size_t i = 0; integ_at(i); i++) {
		const char *const text[] = { "aes128-sha256" };
		struct suites s = suites_from(text, 1);
		struct sadb_sa sa;

		s.at[0].integ = 1U << i;
		for (size_t j = 0; integ_at(j); j++) {
			sa = sa_of(encr_by_name("aes128"), integ_at(j));
			assert_int_equal(suites_have(&s, &sa), i == j);
		}
	}
}

static void numbers_of_64_bits_are_there_if_they_are_offered(void **state)
{
	static const struct {
		const char *text;
		bool without, with;
	} rows[] = {
		{ "aes128gcm16", true, false },
		{ "aes128gcm16-noesn", true, false },
		{ "aes128gcm16-esn", false, true },
		{ "aes128gcm16-esn-noesn", true, true },
	};
	struct sadb_sa sa = sa_of(encr_by_name("aes128gcm16"), &integ_none);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct suites s = suites_from(&rows[i].text, 1);

		sa.esn = false;
		assert_int_equal(suites_have(&s, &sa), rows[i].without);
		sa.esn = true;
		assert_int_equal(suites_have(&s, &sa), rows[i].with);
		sa.esn = 2; /* what ADD takes for true */
		assert_int_equal(suites_have(&s, &sa), rows[i].with);
	}
}

static void ah_has_no_cipher_and_is_no_esp(void **state)
{
	const char *const text[] = { "null-sha256" };
	struct suites s = suites_from(text, 1);
	struct sadb_sa sa = sa_of(encr_by_name("null"), integ_by_name("sha256"));
	struct proposals ah = { .n = 1 };

	(void)state;
	assert_true(suites_have(&s, &sa));
	sa.protocol = IKE_PROTO_AH;
	assert_false(suites_have(&s, &sa));
	ah.at[0] = (struct proposal){ .protocol = IKE_PROTO_AH,
				      .integ = { integ_by_name("sha256") },
				      .n_integ = 1,
				      .no_esn = true };
	suites_of(&ah, &s);
	s.modes = 1U << SADB_TUNNEL;
	assert_true(suites_have(&s, &sa));
	sa.integ = INTEG_HMAC_SHA2_384_192;
	assert_false(suites_have(&s, &sa));
	sa.integ = INTEG_HMAC_SHA2_256_128;
	sa.protocol = IKE_PROTO_ESP;
	assert_false(suites_have(&s, &sa));
}

static void mode_is_one_of_the_sets(void **state)
{
	const char *const text[] = { "aes128gcm16" };
	struct suites s = suites_from(text, 1);
	struct sadb_sa sa = sa_of(encr_by_name("aes128gcm16"), &integ_none);

	(void)state;
	assert_true(suites_have(&s, &sa));
	sa.mode = SADB_TRANSPORT;
	assert_false(suites_have(&s, &sa));
	s.modes = 1U << SADB_TRANSPORT;
	assert_true(suites_have(&s, &sa));
	sa.mode = UINT8_MAX;
	s.modes = UINT8_MAX;
	assert_false(suites_have(&s, &sa));
}

static void without_proposals_there_is_no_suite(void **state)
{
	struct sadb_sa sa = sa_of(encr_by_name("aes128gcm16"), &integ_none);
	const struct suites none = { .modes = UINT8_MAX };

	(void)state;
	assert_false(suites_have(&none, &sa));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_each_proposal_are_there_and_no_others),
		cmocka_unit_test(every_algorithm_has_a_place_of_its_own),
		cmocka_unit_test(
			numbers_of_64_bits_are_there_if_they_are_offered),
		cmocka_unit_test(ah_has_no_cipher_and_is_no_esp),
		cmocka_unit_test(mode_is_one_of_the_sets),
		cmocka_unit_test(without_proposals_there_is_no_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
