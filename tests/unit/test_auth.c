// SPDX-License-Identifier: BSD-2-Clause
/* What is demanded of a side, compared by value and by digest: a field that did not
 * count would leave an old demand in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/auth.h"

/* Whatever is not set is not looked at. */
static struct auth_conf filled(uint8_t rubbish)
{
	struct auth_conf a;

	memset(&a, rubbish, sizeof(a));
	a.by = AUTH_BY_PUBKEY;
	a.rules = (struct sign_rules){ 1, 2048, 256, 3, 4 };
	a.n_certs = a.n_pubkeys = a.n_cas = 2;
	for (uint8_t i = 0; i < 2; i++) {
		memset(&a.certs[i], i, sizeof(a.certs[i]));
		memset(&a.pubkeys[i], i + 2, sizeof(a.pubkeys[i]));
		memset(&a.cas[i], i + 4, sizeof(a.cas[i]));
	}
	a.ca_id.type = 0;
	a.ca_id.len = 0;
	a.revocation = REVOCATION_IFURI;
	a.n_policies = 2;
	strcpy(a.policies[0], "1.2.3");
	strcpy(a.policies[1], "1.2.4");
	return a;
}

/* false: there is no such change. */
static bool change(struct auth_conf *a, unsigned int which)
{
	switch (which) {
	case 0:
		return a->by = AUTH_BY_PSK, true;
	case 1:
		return a->rules.keys++, true;
	case 2:
		return a->rules.rsa_bits++, true;
	case 3:
		return a->rules.ecdsa_bits++, true;
	case 4:
		return a->rules.chain++, true;
	case 5:
		return a->rules.ike++, true;
	case 6:
		return a->certs[1].octets[31]++, true;
	case 7:
		return a->n_certs--, true;
	case 8:
		return a->pubkeys[0].octets[0]++, true;
	case 9:
		return a->n_pubkeys++, true;
	case 10:
		return a->cas[1].octets[5]++, true;
	case 11:
		return a->n_cas = 0, true;
	case 12:
		return a->revocation = REVOCATION_STRICT, true;
	case 13:
		return a->policies[1][4]++, true;
	case 14:
		return a->n_policies--, true;
	case 15: /* the same octets, cut elsewhere */
		return a->n_certs = 1, a->n_pubkeys = 3,
		       memcpy(a->pubkeys, filled(0).certs + 1,
			      sizeof(a->pubkeys[0])),
		       true;
	case 16:
		a->ca_id =
			(struct identity){ .type = 2, .len = 1, .octets = "a" };
		return true;
	}
	return false;
}

static void whatever_is_demanded_counts(void **state)
{
	const struct auth_conf was = filled(0), same = filled(0x5a);
	struct fingerprint before, after;
	struct auth_conf is = was;

	(void)state;
	assert_true(auth_equal(&was, &same));
	assert_true(auth_digest(&was, &before));
	assert_true(auth_digest(&same, &after));
	assert_true(fingerprint_equal(&before, &after));
	for (unsigned int i = 0; change(&is, i); i++) {
		assert_false(auth_equal(&was, &is));
		assert_false(auth_equal(&is, &was));
		assert_true(auth_digest(&is, &after));
		assert_false(fingerprint_equal(&before, &after));
		is = was;
	}
}

/* All of it has room. */
static void as_much_as_there_may_be_counts(void **state)
{
	struct auth_conf a = filled(0), b;

	(void)state;
	a.n_certs = AUTH_CERTS_MAX;
	a.n_pubkeys = AUTH_PUBKEYS_MAX;
	a.n_cas = AUTH_CAS_MAX;
	a.n_policies = AUTH_POLICIES_MAX;
	for (size_t i = 0; i < AUTH_POLICIES_MAX; i++)
		memset(a.policies[i], '1', AUTH_POLICY_STR_MAX - 1);
	b = a;
	assert_true(auth_equal(&a, &b));
	b.policies[AUTH_POLICIES_MAX - 1][AUTH_POLICY_STR_MAX - 2] = '2';
	assert_false(auth_equal(&a, &b));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(whatever_is_demanded_counts),
		cmocka_unit_test(as_much_as_there_may_be_counts),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
