// SPDX-License-Identifier: BSD-2-Clause
/*
 * ADD is held to the suites and modes of its policy: each row is a good one with
 * one thing changed, that many another child may have.
 */
#include <string.h>

#include "ctrl/crypto/alg.h"
#include "tests/support/packet.h"
#include "tests/unit/sadb_fixture.h"

static struct suites suites_from(const char *first, const char *second)
{
	struct proposals p = { .n = second ? 2 : 1 };
	struct suites s;
	struct error e;

	assert_int_equal(proposal_parse(first, IKE_PROTO_ESP, &p.at[0], &e), 0);
	if (second)
		assert_int_equal(
			proposal_parse(second, IKE_PROTO_ESP, &p.at[1], &e), 0);
	suites_of(&p, &s);
	s.modes = 1U << SADB_TUNNEL;
	return s;
}

static void take(struct sadb_request *q, const char *encr, const char *integ)
{
	const struct encr_alg *cipher = encr_by_name(encr);
	const struct integ_alg *mac = integ ? integ_by_name(integ) : &integ_none;

	q->sa.encr = (uint16_t)cipher->id;
	q->sa.encr_key_bits = cipher->key_bits;
	q->sa.encr_key_len = (uint16_t)encr_key_bytes(cipher);
	q->sa.integ = (uint16_t)mac->id;
	q->sa.integ_key_len = mac->key_bytes;
}

static void allow_suites(struct pair *p, const struct suites *s)
{
	struct policy a = side_policy("10.1.0.0/16", "10.2.0.0/16");

	a.id = p->policy_a;
	a.suites = *s;
	assert_int_equal(sadb_set_policies(p->a->sadb, &a, 1), 0);
	assert_int_equal(a.id, p->policy_a);
}

static int add_to_a(struct pair *p, const struct sadb_request *q)
{
	struct sadb_request copy = *q;

	return side_call(p->a, &copy).err;
}

static void sa_of_another_suite_is_refused(void **state)
{
	static const struct {
		const char *encr, *integ;
		uint8_t protocol, esn;
		int err;
	} rows[] = {
		{ "aes128gcm16", NULL, IKE_PROTO_ESP, 0, 0 },
		{ "aes256", "sha256", IKE_PROTO_ESP, 0, 0 },
		{ "aes128gcm16", NULL, IKE_PROTO_ESP, 1, -EPERM },
		{ "aes128gcm8", NULL, IKE_PROTO_ESP, 0, -EPERM },
		{ "aes256gcm16", NULL, IKE_PROTO_ESP, 0, -EPERM },
		{ "aes128gmac", NULL, IKE_PROTO_ESP, 0, -EPERM },
		{ "aes128", "sha256", IKE_PROTO_ESP, 0, -EPERM },
		{ "aes256", "sha1", IKE_PROTO_ESP, 0, -EPERM },
		{ "null", "sha256", IKE_PROTO_ESP, 0, -EPERM },
		{ "null", "sha256", IKE_PROTO_AH, 0, -EPERM },
	};
	const struct suites s = suites_from("aes128gcm16", "aes256-sha256");
	struct pair *p = *state;

	allow_suites(p, &s);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t in = 0; in < 2; in++) {
			struct sadb_request q =
				side_add(in ? SADB_IN : SADB_OUT, in,
					 0x1000 + 2 * i + in, p->policy_a,
					 &p->narrow_a);
			int err;

			take(&q, rows[i].encr, rows[i].integ);
			q.sa.protocol = rows[i].protocol;
			q.sa.esn = rows[i].esn;
			err = add_to_a(p, &q);
			if (err != rows[i].err)
				fail_msg("%u, %s: %d", i, rows[i].encr, err);
		}
	}
	assert_int_equal(sad_count(p->a->sad), 4);
}

static void sa_of_another_mode_is_refused(void **state)
{
	struct policy own = side_policy("192.0.2.1", "192.0.2.2");
	struct pair *p = *state;
	struct sadb_request q;

	own.id = p->policy_a;
	own.suites = suites_from("aes128gcm16", NULL);
	assert_int_equal(sadb_set_policies(p->a->sadb, &own, 1), 0);
	q = side_add(SADB_OUT, false, 0x1000, own.id, &own.selector);
	q.sa.mode = SADB_TRANSPORT;
	assert_int_equal(add_to_a(p, &q), -EPERM);
	own.suites.modes = 1U << SADB_TRANSPORT;
	assert_int_equal(sadb_set_policies(p->a->sadb, &own, 1), 0);
	assert_int_equal(add_to_a(p, &q), 0);
}

static void policy_that_nobody_gave_suites_takes_no_sa(void **state)
{
	const struct suites none = { .modes = 1U << SADB_TUNNEL };
	struct pair *p = *state;
	const struct sadb_request q =
		side_add(SADB_OUT, false, 0x1000, p->policy_a, &p->narrow_a);

	allow_suites(p, &none);
	assert_int_equal(add_to_a(p, &q), -EPERM);
}

/* What was agreed on before goes on to its end. */
static void other_suites_are_for_sas_that_are_added_from_then_on(void **state)
{
	const struct suites s = suites_from("aes256gcm16", NULL);
	struct pair *p = *state;
	struct sadb_request q = add_pair(p, 0x1001);

	allow_suites(p, &s);
	cross(p, 1);
	q.id.spi = 0x1002;
	q.sa.encr_key[0]++;
	assert_int_equal(add_to_a(p, &q), -EPERM);
	take(&q, "aes256gcm16", NULL);
	assert_int_equal(add_to_a(p, &q), 0);
	cross(p, 1);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sa_of_another_suite_is_refused),
		CASE(sa_of_another_mode_is_refused),
		CASE(policy_that_nobody_gave_suites_takes_no_sa),
		CASE(other_suites_are_for_sas_that_are_added_from_then_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
