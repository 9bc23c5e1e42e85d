// SPDX-License-Identifier: BSD-2-Clause
/* Tickets of session resumption (RFC 5723): sealed, opened once, and refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/daemon/tickets.h"

#define T0_NS  (1000 * NS_PER_S)
#define DAY_NS (24 * 3600 * NS_PER_S)

static struct identity who(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static struct ticket_request sealing(void)
{
	struct ticket_request q = {
		.token = 9,
		.op = TICKET_SEAL,
		.sk_d_len = 32,
		.state = { .prf = PRF_HMAC_SHA2_256,
			   .encr = ENCR_AES_CBC,
			   .encr_bits = 128,
			   .integ = INTEG_HMAC_SHA2_256_128,
			   .ke = KE_CURVE25519,
			   .addke = { KE_MODP_2048, [6] = KE_ECP_256 },
			   .uses_ppk = 1,
			   .local = who("moon"),
			   .remote = who("sun@example.org") },
	};

	memset(q.sk_d, 0x5a, q.sk_d_len);
	return q;
}

static struct proven proof(void)
{
	struct proven p = { .at_ns = T0_NS - 5,
			    .until_ns = T0_NS + 7 * DAY_NS,
			    .by = PROVEN_BY_CA,
			    .n = PROVEN_CERTS_MAX };

	memset(&p.demands, 1, sizeof(p.demands));
	memset(&p.anchor, 2, sizeof(p.anchor));
	for (uint8_t i = 0; i < p.n; i++) {
		memset(p.certs[i].issuer, 3 + i, sizeof(p.certs[i].issuer));
		memset(p.certs[i].octets, 20 + i, i + 1U);
		p.certs[i].len = i + 1U;
	}
	return p;
}

static int seal(struct tickets *t, const struct ticket_request *q,
		uint64_t now_ns, struct ticket_answer *a)
{
	tickets_serve(t, q, now_ns, a);
	assert_int_equal(a->token, q->token);
	return a->err;
}

static struct ticket_request opening(const struct ticket_answer *sealed)
{
	struct ticket_request q = { .token = 10,
				    .op = TICKET_OPEN,
				    .ticket_len = sealed->ticket_len,
				    .ni_len = 32,
				    .nr_len = 16 };

	memcpy(q.ticket, sealed->ticket, sealed->ticket_len);
	memset(q.ni, 1, q.ni_len);
	memset(q.nr, 2, q.nr_len);
	return q;
}

static int open_at(struct tickets *t, const struct ticket_request *q,
		   uint64_t now_ns, struct ticket_answer *a)
{
	tickets_serve(t, q, now_ns, a);
	if (a->err)
		assert_int_equal(a->skeyseed_len, 0);
	return a->err;
}

static void ticket_gives_back_what_was_sealed(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer sealed, a;
	struct ticket_request o;
	uint8_t want[PRF_MAX_BYTES];
	uint8_t text[10 + 32 + 16] = "Resumption";
	const struct slice part = slice_of(text, sizeof(text));

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(sealed.lifetime_s, TICKET_LIFE_S);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	assert_true(sealed.id && a.id == sealed.id);
	assert_int_equal(a.state.prf, q.state.prf);
	assert_int_equal(a.state.encr, q.state.encr);
	assert_int_equal(a.state.encr_bits, q.state.encr_bits);
	assert_int_equal(a.state.integ, q.state.integ);
	assert_int_equal(a.state.ke, q.state.ke);
	assert_memory_equal(a.state.addke, q.state.addke, sizeof(q.state.addke));
	assert_int_equal(a.state.uses_ppk, 1);
	assert_int_equal(a.state.auth_s, 0);
	assert_true(identity_equal(&a.state.local, &q.state.local));
	assert_true(identity_equal(&a.state.remote, &q.state.remote));
	memset(text + 10, 1, 32);
	memset(text + 42, 2, 16);
	assert_true(prf(prf_by_id(PRF_HMAC_SHA2_256), slice_of(q.sk_d, 32),
			&part, 1, want));
	assert_int_equal(a.skeyseed_len, 32);
	assert_memory_equal(a.skeyseed, want, 32);
	tickets_free(t);
}

/* Neither SK_d nor who it is for can be read in it. */
static void ticket_shows_nothing(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer a;

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &a), 0);
	assert_null(memmem(a.ticket, a.ticket_len, q.sk_d, 8));
	assert_null(memmem(a.ticket, a.ticket_len, "moon", 4));
	assert_null(memmem(a.ticket, a.ticket_len, "sun@", 4));
	tickets_free(t);
}

static void ticket_opens_once(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer sealed[100], a;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(seal(t, &q, T0_NS, &sealed[i]), 0);
	for (size_t i = 0; i < 200; i++) {
		struct ticket_request o = opening(&sealed[i * 7 % 100]);

		assert_int_equal(open_at(t, &o, T0_NS, &a),
				 i < 100 ? 0 : -EKEYREJECTED);
	}
	tickets_free(t);
}

static void changed_ticket_is_refused_and_the_true_one_is_not_used(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer sealed, a;
	struct ticket_request o;

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	for (size_t i = 0; i < sealed.ticket_len; i++) {
		o = opening(&sealed);
		o.ticket[i] ^= 0x10;
		assert_int_equal(open_at(t, &o, T0_NS, &a), -EKEYREJECTED);
		o = opening(&sealed);
		o.ticket_len = (uint16_t)i;
		assert_int_equal(open_at(t, &o, T0_NS, &a), -EKEYREJECTED);
	}
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	tickets_free(t);
}

static void ticket_lives_a_day_whichever_key_seals_then(void **state)
{
	static const uint64_t begins[] = { 0, DAY_NS / 2, DAY_NS - 1 };
	const struct ticket_request q = sealing();

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct tickets *t = tickets_new();
		struct ticket_answer first, sealed, late, a;
		uint64_t at_ns = T0_NS + begins[i];
		struct ticket_request o;

		assert_int_equal(seal(t, &q, T0_NS, &first), 0);
		assert_int_equal(seal(t, &q, at_ns, &sealed), 0);
		assert_int_equal(seal(t, &q, at_ns, &late), 0);
		/* under the next key */
		assert_int_equal(seal(t, &q, T0_NS + DAY_NS, &a), 0);
		o = opening(&sealed);
		assert_int_equal(open_at(t, &o, at_ns + DAY_NS - 1, &a), 0);
		o = opening(&late);
		assert_int_equal(open_at(t, &o, at_ns + DAY_NS, &a),
				 -EKEYREJECTED);
		tickets_free(t);
	}
}

static void authentication_that_is_too_old_is_not_resumed(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_request q = sealing(), o;
	struct ticket_answer sealed, late, a;

	(void)state;
	q.state.auth_s = 3600;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(seal(t, &q, T0_NS, &late), 0);
	assert_int_equal(sealed.lifetime_s, 3600);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS + 600 * NS_PER_S, &a), 0);
	assert_int_equal(a.state.auth_s, 3000);
	o = opening(&late);
	assert_int_equal(open_at(t, &o, T0_NS + 3600 * NS_PER_S, &a),
			 -EKEYREJECTED);
	tickets_free(t);
}

static void what_the_proof_rests_on_comes_back(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_request q = sealing(), o;
	struct ticket_answer sealed, a;

	(void)state;
	q.state.proven = proof();
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(sealed.lifetime_s, TICKET_LIFE_S);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	assert_memory_equal(&a.state.proven, &q.state.proven,
			    sizeof(q.state.proven));
	tickets_free(t);
}

static void ticket_ends_with_the_certificates(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_request q = sealing(), o;
	struct ticket_answer sealed, late, a;

	(void)state;
	q.state.proven = proof();
	q.state.proven.until_ns = T0_NS + 600 * NS_PER_S + 1;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(seal(t, &q, T0_NS, &late), 0);
	assert_int_equal(sealed.lifetime_s, 600);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS + 600 * NS_PER_S - 1, &a), 0);
	o = opening(&late);
	assert_int_equal(open_at(t, &o, T0_NS + 600 * NS_PER_S, &a),
			 -EKEYREJECTED);
	q.state.auth_s = 60; /* whichever is sooner */
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(sealed.lifetime_s, 60);
	q.state.proven.until_ns = T0_NS + 1;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), -EINVAL);
	assert_int_equal(sealed.ticket_len, 0);
	q.state.proven.until_ns = T0_NS - 1;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), -EINVAL);
	tickets_free(t);
}

static void proof_that_lies_is_not_sealed(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_request q[4];
	struct ticket_answer a;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		q[i] = sealing();
		q[i].state.proven = proof();
	}
	q[0].state.proven.n = PROVEN_CERTS_MAX + 1;
	q[1].state.proven.by = PROVEN_BY_PEER + 1;
	q[2].state.proven.certs[7].len = CERT_SERIAL_MAX + 1;
	q[3].state.proven.certs[0].len = 0;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seal(t, &q[i], T0_NS, &a), -EINVAL);
		assert_int_equal(a.ticket_len, 0);
	}
	tickets_free(t);
}

/* Every cut of it, and what it can't be. */
static void octets_of_a_proof_are_all_of_it(void **state)
{
	const struct proven p = proof();
	uint8_t octets[PROVEN_MAX_BYTES];
	struct builder b = wr_init(octets, sizeof(octets));
	struct proven out;
	struct slice s;

	(void)state;
	proven_put(&b, &p);
	assert_true(wr_ok(&b));
	for (size_t i = 0; i < b.len; i++) {
		s = slice_of(octets, i);
		assert_false(proven_get(&s, &out));
	}
	s = slice_of(octets, b.len);
	assert_true(proven_get(&s, &out));
	assert_int_equal(s.len, 0);
	assert_memory_equal(&out, &p, sizeof(p));
	octets[8 + 8 + 32] = PROVEN_BY_PEER + 1;
	s = slice_of(octets, b.len);
	assert_false(proven_get(&s, &out));
	octets[8 + 8 + 32] = PROVEN_BY_CA;
	octets[8 + 8 + 32 + 1 + 32] = PROVEN_CERTS_MAX + 1;
	s = slice_of(octets, b.len);
	assert_false(proven_get(&s, &out));
}

static void ticket_of_another_ctl_is_refused(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new(), *other = tickets_new();
	struct ticket_answer sealed, a;
	struct ticket_request o;

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	o = opening(&sealed);
	assert_int_equal(open_at(other, &o, T0_NS, &a), -EKEYREJECTED);
	assert_int_equal(seal(other, &q, T0_NS, &a), 0);
	assert_int_equal(open_at(other, &o, T0_NS, &a), -EKEYREJECTED);
	tickets_free(t);
	tickets_free(other);
}

static void ticket_that_was_revoked_is_refused(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer sealed, a;
	struct ticket_request o;

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	tickets_revoke(t);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), -EKEYREJECTED);
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	assert_int_equal(open_at(t, &o, T0_NS, &a), -EKEYREJECTED);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	tickets_free(t);
}

static void what_is_revoked_by_its_id_is_refused_alone(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new();
	struct ticket_answer sealed[3], a;
	struct ticket_request o, r = { .op = TICKET_REVOKE };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seal(t, &q, T0_NS, &sealed[i]), 0);
	r.id = sealed[1].id;
	tickets_serve(t, &r, T0_NS, &a);
	/* None at all, one that was never given, and of no key of ours. */
	r.id = 0;
	tickets_serve(t, &r, T0_NS, &a);
	r.id = sealed[2].id + 1;
	tickets_serve(t, &r, T0_NS, &a);
	r.id = UINT64_MAX;
	tickets_serve(t, &r, T0_NS, &a);
	for (size_t i = 0; i < 3; i++) {
		o = opening(&sealed[i]);
		assert_int_equal(open_at(t, &o, T0_NS, &a),
				 i == 1 ? -EKEYREJECTED : 0);
	}
	assert_int_equal(seal(t, &q, T0_NS, &sealed[0]), 0);
	o = opening(&sealed[0]);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	tickets_free(t);
}

/* Else an IKE SA that outlives a ctl would be taken for one that the next has given
 * a ticket for. */
static void ids_of_another_ctl_are_others(void **state)
{
	const struct ticket_request q = sealing();
	struct tickets *t = tickets_new(), *other = tickets_new();
	struct ticket_answer a, b;

	(void)state;
	assert_int_equal(seal(t, &q, T0_NS, &a), 0);
	assert_int_equal(seal(other, &q, T0_NS, &b), 0);
	assert_int_not_equal(a.id, b.id);
	tickets_free(t);
	tickets_free(other);
}

static void lengths_that_lie_are_refused(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_answer sealed, a;
	struct ticket_request q[6], o[4];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		q[i] = sealing();
	q[0].sk_d_len = TICKET_PRF_MAX + 1;
	q[1].sk_d_len = 31;
	q[2].state.prf = 999;
	q[3].state.local.len = IKE_ID_MAX + 1;
	q[4].state.remote.len = UINT16_MAX;
	q[5].op = TICKET_REVOKE + 1;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(seal(t, &q[i], T0_NS, &a), -EINVAL);
		assert_int_equal(a.ticket_len, 0);
	}
	q[0] = sealing();
	assert_int_equal(seal(t, &q[0], T0_NS, &sealed), 0);
	for (size_t i = 0; i < 4; i++)
		o[i] = opening(&sealed);
	o[0].ticket_len = TICKET_MAX + 1;
	o[1].ni_len = TICKET_NONCE_MAX + 1;
	o[2].nr_len = UINT16_MAX;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(open_at(t, &o[i], T0_NS, &a), -EINVAL);
	assert_int_equal(open_at(t, &o[3], T0_NS, &a), 0);
	tickets_free(t);
}

/* The longest identities fit. */
static void every_identity_fits(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_request q = sealing(), o;
	struct ticket_answer sealed, a;

	(void)state;
	q.state.local.len = q.state.remote.len = IKE_ID_MAX;
	q.state.prf = PRF_HMAC_SHA2_512;
	q.sk_d_len = 64;
	assert_int_equal(seal(t, &q, T0_NS, &sealed), 0);
	o = opening(&sealed);
	assert_int_equal(open_at(t, &o, T0_NS, &a), 0);
	assert_int_equal(a.state.remote.len, IKE_ID_MAX);
	assert_int_equal(a.skeyseed_len, 64);
	tickets_free(t);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(ticket_gives_back_what_was_sealed),
		cmocka_unit_test(ticket_shows_nothing),
		cmocka_unit_test(ticket_opens_once),
		cmocka_unit_test(
			changed_ticket_is_refused_and_the_true_one_is_not_used),
		cmocka_unit_test(ticket_lives_a_day_whichever_key_seals_then),
		cmocka_unit_test(authentication_that_is_too_old_is_not_resumed),
		cmocka_unit_test(what_the_proof_rests_on_comes_back),
		cmocka_unit_test(ticket_ends_with_the_certificates),
		cmocka_unit_test(proof_that_lies_is_not_sealed),
		cmocka_unit_test(octets_of_a_proof_are_all_of_it),
		cmocka_unit_test(ticket_of_another_ctl_is_refused),
		cmocka_unit_test(ticket_that_was_revoked_is_refused),
		cmocka_unit_test(what_is_revoked_by_its_id_is_refused_alone),
		cmocka_unit_test(ids_of_another_ctl_are_others),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(every_identity_fits),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
