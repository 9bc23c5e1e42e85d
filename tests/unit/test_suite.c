// SPDX-License-Identifier: BSD-2-Clause
/* Suites with a name: what they stand for, letter by letter of their RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/suite.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 4308 section 2, RFC 6379 section 3: ESP, then IKE with its PRF. */
static const struct {
	const char *name;
	const char *esp;
	const char *ike;
	bool weak;
} rows[] = {
	{ "vpn-a", "3des-sha1-modp1024-none", "3des-sha1-prfsha1-modp1024",
	  true },
	{ "vpn-b", "aes128-aesxcbc-modp2048-none",
	  "aes128-aesxcbc-prfaesxcbc-modp2048", false },
	{ "suite-b-gcm-128", "aes128gcm16-ecp256-none",
	  "aes128-sha256-prfsha256-ecp256", false },
	{ "suite-b-gcm-256", "aes256gcm16-ecp384-none",
	  "aes256-sha384-prfsha384-ecp384", false },
	{ "suite-b-gmac-128", "aes128gmac-ecp256-none",
	  "aes128-sha256-prfsha256-ecp256", false },
	{ "suite-b-gmac-256", "aes256gmac-ecp384-none",
	  "aes256-sha384-prfsha384-ecp384", false },
};

static void assert_stands_for(const struct suite *s, enum ike_protocol protocol,
			      const char *wanted, bool weak)
{
	char buf[PROPOSAL_STR_MAX];
	struct proposals p;
	const char *name;

	suite_proposals(s, protocol, &p);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.at[0].protocol, protocol);
	assert_string_equal(proposal_str(&p.at[0], buf), wanted);
	assert_true((proposals_weakness(&p, &name) != NULL) == weak);
}

static void suites_are_those_of_their_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct suite *s = suite_by_name(rows[i].name);

		assert_non_null(s);
		assert_ptr_equal(s, suite_at(i));
		assert_int_equal(strncmp(s->rfc, "RFC ", 4), 0);
		assert_stands_for(s, IKE_PROTO_ESP, rows[i].esp, rows[i].weak);
		assert_stands_for(s, IKE_PROTO_IKE, rows[i].ike, rows[i].weak);
	}
	assert_null(suite_at(ARRAY_LEN(rows)));
}

static void letters_are_of_either_case_and_nothing_else_is_a_suite(void **state)
{
	static const char *const others[] = {
		"", "vpn", "vpn-c", "suite-b", "suite-b-gcm-192", "vpn-a-none"
	};

	(void)state;
	assert_ptr_equal(suite_by_name("VPN-B"), suite_by_name("vpn-b"));
	assert_ptr_equal(suite_by_name("Suite-B-GCM-256"),
			 suite_by_name("suite-b-gcm-256"));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_null(suite_by_name(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_those_of_their_rfcs),
		cmocka_unit_test(
			letters_are_of_either_case_and_nothing_else_is_a_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
