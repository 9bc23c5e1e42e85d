// SPDX-License-Identifier: BSD-2-Clause
/*
 * Session resumption (RFC 5723) of peers that signed: a ticket lets in whom the
 * certificates of then would still let in, and nobody else. Side 0, moon, has one of
 * side 1, sun.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/tickets.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/ticket.h"
#include "tests/support/ike_certs.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_keep.h"
#include "tests/support/ike_resume.h"
#include "tests/support/ike_settle.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct pki_cert certs[] = {
	{ .name = "moon_short",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .exts = { "subjectAltName=DNS:moon" } },
	{ .name = "short_ca",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .exts = { "basicConstraints=critical,CA:TRUE" } },
	{ .name = "moon_of_short",
	  "short_ca",
	  .exts = { "subjectAltName=DNS:moon" } },
	{ .name = "moon_chain", "between", .exts = { "subjectAltName=DNS:moon" } },
	{ .name = "moon_alone", .exts = { "subjectAltName=DNS:moon" } },
};

static const struct pki_crl crls[] = {
	{ .name = "no_moon",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "moon" },
	  .number = 7 },
	{ .name = "no_sun",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun" },
	  .number = 8 },
	{ .name = "no_between",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "between" },
	  .number = 9 },
};

static int make(void **state)
{
	certs_make(state);
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	return 0;
}

/* --- a ticket, and what is different then */

static void load(struct ike_lab *lab, unsigned int side,
		 void (*change)(struct conn_conf *c))
{
	struct conn_conf c = certs_conn_of(lab, side);

	c.resumption = true;
	c.send_cert = SEND_CERT_ALWAYS;
	if (change)
		change(&c);
	certs_load_conn(lab, side, &c);
}

static struct ike_lab *lab_with(struct tape *t, const char *moon,
				const char *between)
{
	struct ike_lab *lab = certs_lab_of(moon, "sun");

	*t = (struct tape){ .length = 0 };
	if (between)
		certs_add(lab, 0, CRED_INTERMEDIATE, between);
	resume_watch(lab, t);
	load(lab, 0, NULL);
	load(lab, 1, NULL);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	certs_assert_up(lab, moon);
	assert_non_null(lab->side[0].engine->tickets);
	return lab;
}

static void lose(struct ike_lab *lab)
{
	struct tape *t = lab->owner;

	for (unsigned int i = 0; i < 2; i++)
		if (forge_sa(lab, i)) {
			sa_close(forge_sa(lab, i), "gone");
			sa_reap(lab->side[i].engine);
		}
	for (unsigned int i = 0; i < 2; i++)
		lab->side[i].n_events = 0;
	t->length = 0;
}

static void begin(struct ike_lab *lab)
{
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
}

static void assert_resumed(struct ike_lab *lab)
{
	struct tape *t = lab->owner;

	begin(lab);
	resume_assert_up(lab, RESUMED);
	assert_int_equal(resume_heard(t, INIT), 0);
}

/* It was shown by so many messages; and then they sign. */
static void assert_in_full(struct ike_lab *lab, unsigned int shown)
{
	struct tape *t = lab->owner;
	unsigned int verified = lab->verified;

	begin(lab);
	assert_int_equal(resume_heard(t, RESUME), shown);
	assert_true(resume_heard(t, INIT) > 0);
	assert_true(lab->verified > verified);
	for (unsigned int i = 0; i < lab->side[1].n_events; i++)
		assert_string_not_equal(lab->side[1].events[i].text, RESUMED);
}

static void what_is_as_before_is_resumed(void **state)
{
	static const struct {
		const char *moon, *between;
	} rows[] = {
		{ "moon", NULL },
		{ "moon_chain", "between" },
		{ "moon_of_short", "short_ca" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tape t;
		struct ike_lab *lab =
			lab_with(&t, rows[i].moon, rows[i].between);

		for (unsigned int n = 0; n < 3; n++) {
			lose(lab);
			assert_resumed(lab);
		}
		assert_int_equal(lab->verified, 2);
		lab_free(lab);
	}
}

/* Of the peer's path, whichever certificate it is. */
static void ticket_ends_with_the_certificates(void **state)
{
	static const struct {
		const char *moon, *between;
	} rows[] = {
		{ "moon_short", NULL },
		{ "moon_of_short", "short_ca" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tape t;
		struct ike_lab *lab =
			lab_with(&t, rows[i].moon, rows[i].between);
		uint64_t since_ns = lab->now_ns - 60 * LAB_S;
		const uint64_t last_ns = lab->now_ns + 2 * HOUR;

		assert_in_range(lab->side[0].engine->tickets->end_ns,
				since_ns + 2 * HOUR, last_ns);
		lose(lab);
		assert_true(lab_run(lab, HOUR));
		assert_resumed(lab); /* which makes it no longer */
		assert_in_range(lab->side[0].engine->tickets->end_ns,
				since_ns + 2 * HOUR, last_ns);
		lose(lab);
		assert_true(lab_run(lab, HOUR + 120 * LAB_S));
		lab->clock_s += 3 * 3600;
		begin(lab);
		assert_int_equal(resume_heard(&t, RESUME), 0);
		certs_assert_refused(lab, 1, "has expired", rows[i].moon);
		lab_free(lab);
	}
}

/* Whoever shows it though it has ended. */
static void initiator_that_lies_about_its_end_is_refused(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon_short", NULL);

	(void)state;
	lose(lab);
	lab->side[0].engine->tickets->end_ns = UINT64_MAX;
	assert_true(lab_run(lab, 3 * HOUR));
	assert_in_full(lab, 2);
	lab_free(lab);
}

/* The responder's own certificate is the initiator's to look after. */
static void responder_whose_certificate_has_expired_is_met_in_full(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon", "moon_short");
	struct tape t = { .length = 0 };
	struct conn_conf c;

	(void)state;
	resume_watch(lab, &t);
	for (unsigned int i = 0; i < 2; i++) {
		c = certs_conn_of(lab, i);
		c.resumption = true;
		certs_set_id(i ? &c.local_id : &c.remote_id, "moon");
		certs_load_conn(lab, i, &c);
	}
	begin(lab);
	certs_assert_up(lab, "at first");
	lose(lab);
	assert_true(lab_run(lab, 3 * HOUR));
	assert_in_full(lab, 0);
	lab_free(lab);
}

static void who_is_revoked_is_not_resumed(void **state)
{
	static const struct {
		unsigned int judge;
		const char *moon, *between, *crl;
		unsigned int shown;
	} rows[] = {
		{ 1, "moon", NULL, "no_moon", 2 },
		{ 0, "moon", NULL, "no_sun", 0 }, /* it is not even shown */
		{ 1, "moon_chain", "between", "no_between", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tape t;
		struct ike_lab *lab =
			lab_with(&t, rows[i].moon, rows[i].between);

		lose(lab);
		certs_add(lab, rows[i].judge, CRED_CRL, rows[i].crl);
		begin(lab);
		assert_int_equal(resume_heard(&t, RESUME), rows[i].shown);
		certs_assert_refused(lab, rows[i].judge, "is revoked",
				     rows[i].crl);
		lab_free(lab);
	}
}

static void crl_about_others_changes_nothing(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon", NULL);

	(void)state;
	lose(lab);
	certs_add(lab, 1, CRED_CRL, "no_sun");
	certs_add(lab, 0, CRED_CRL, "no_moon");
	assert_resumed(lab);
	lab_free(lab);
}

/* What was fetched for others is known here, too. */
static void who_is_revoked_by_what_was_fetched_is_not_resumed(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon", NULL);
	struct status *s = status_new(STATUS_CRL, pki_der("no_moon"));
	struct certificate *moon;
	struct error e;

	(void)state;
	assert_int_equal(certificate_read(pki_der("moon"), &moon, &e), 0);
	statuses_keep(lab->side[1].engine->statuses, moon, s, lab->clock_s);
	status_unref(s);
	certificate_free(moon);
	lose(lab);
	assert_in_full(lab, 2);
	lab_free(lab);
}

/* Side 1 has other creds from now on. */
static void trust_alone(struct ike_lab *lab, const char *ca, const char *peer)
{
	struct lab_side *s = &lab->side[1];
	struct error e;

	creds_unref(s->creds);
	assert_int_equal(creds_new(&s->creds), 0);
	assert_int_equal(creds_add(s->creds, CRED_CA, pki_der(ca), &e), 0);
	assert_int_equal(creds_add(s->creds, CRED_OWN, pki_der("sun"), &e), 0);
	if (peer)
		assert_int_equal(
			creds_add(s->creds, CRED_PEER, pki_der(peer), &e), 0);
	engine_set_creds(s->engine, s->creds);
}

static void whose_ca_is_trusted_no_more_is_not_resumed(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon", NULL);

	(void)state;
	lose(lab);
	trust_alone(lab, "root", NULL);
	assert_resumed(lab);
	lose(lab);
	trust_alone(lab, "other_root", NULL);
	assert_in_full(lab, 2);
	assert_int_equal(certs_ike_sas(lab), 0);
	lose(lab);
	engine_set_creds(lab->side[1].engine, NULL);
	lab_free(lab);
}

static void whose_own_certificate_is_here_no_more_is_not_resumed(void **state)
{
	struct ike_lab *lab = certs_lab_of("moon_alone", "sun");
	struct tape t = { .length = 0 };

	(void)state;
	certs_add(lab, 1, CRED_PEER, "moon_alone");
	resume_watch(lab, &t);
	load(lab, 0, NULL);
	load(lab, 1, NULL);
	begin(lab);
	certs_assert_up(lab, "pinned");
	lose(lab);
	assert_resumed(lab);
	lose(lab);
	trust_alone(lab, "root", "moon_alone");
	assert_resumed(lab);
	lose(lab);
	trust_alone(lab, "root", NULL);
	assert_in_full(lab, 2);
	assert_int_equal(certs_ike_sas(lab), 0);
	lab_free(lab);
}

static void by_psk(struct conn_conf *c)
{
	c->remote_auth.by = AUTH_BY_PSK;
}

static void by_sha384(struct conn_conf *c)
{
	c->remote_auth.rules.ike = 1U << SIGN_ECDSA_SHA384;
}

static void of_between(struct conn_conf *c)
{
	c->remote_auth.n_cas = 1;
	c->remote_auth.cas[0] = certs_fingerprint("between");
}

static void strictly(struct conn_conf *c)
{
	c->remote_auth.revocation = REVOCATION_STRICT;
}

static void of_one(struct conn_conf *c)
{
	c->remote_auth.n_certs = 1;
	c->remote_auth.certs[0] = certs_fingerprint("sun_other");
}

/* Between the two, or between the two exchanges of a resumption. */
static void where_something_else_is_demanded_it_is_not_resumed(void **state)
{
	static void (*const changes[])(struct conn_conf * c) = {
		by_psk, by_sha384, of_between, strictly, of_one,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		for (unsigned int late = 0; late < 2; late++) {
			struct tape t;
			struct ike_lab *lab = lab_with(&t, "moon", NULL);

			lose(lab);
			if (late) {
				resume_begin(lab);
				while (forge_sa(lab, 0)->state != IKE_ST_AUTH)
					assert_true(lab_step(lab));
			}
			load(lab, 1, changes[i]);
			if (late)
				assert_true(lab_run(lab, 60 * LAB_S));
			else
				begin(lab);
			assert_int_equal(resume_heard(&t, RESUME), 2);
			assert_string_not_equal(
				lab_text(&lab->side[1], IKE_EV_IKE_UP), RESUMED);
			assert_int_equal(settle_ike_sas(lab, 1), 0);
			lab_free(lab);
		}
}

static void hourly(struct conn_conf *c)
{
	c->reauth_time = 3600;
	c->over_time = 360;
	c->rand_time = 0;
	c->rekey_time = 0;
}

/* It counts from when the peer signed, also where that comes to mind only later. */
static void reauthentication_counts_from_the_signature(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon", NULL);
	uint64_t since_ns = lab->now_ns;

	(void)state;
	for (unsigned int n = 0; n < 3; n++) {
		lose(lab);
		assert_true(lab_run(lab, HOUR / 12));
		if (n == 1)
			load(lab, 1, hourly);
		assert_resumed(lab);
		for (unsigned int i = 0; n && i < 2; i++)
			assert_in_range(forge_sa(lab, i)->reauth_ns,
					lab->now_ns, since_ns + HOUR);
	}
	lose(lab);
	lab->side[0].engine->tickets->auth_ns = 0;
	lab->side[0].engine->tickets->end_ns = UINT64_MAX;
	assert_true(lab_run(lab, HOUR));
	assert_in_full(lab, 2);
	lab_free(lab);
}

/* The ticket says nothing of an end, for there was none when it was made. */
static void proof_that_is_too_old_by_now_is_not_resumed(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct tape t;
		struct ike_lab *lab = lab_with(&t, "moon", NULL);

		lose(lab);
		assert_true(lab_run(lab, HOUR));
		load(lab, side, hourly);
		if (!side) /* else it is of another connection */
			hourly(&lab->side[0].engine->tickets->conn->conf);
		assert_in_full(lab, side ? 2 : 0);
		lab_free(lab);
	}
}

/* A successor gives tickets by what its predecessor knew. */
static void successor_knows_what_the_proof_rests_on(void **state)
{
	struct tape t;
	struct ike_lab *lab = lab_with(&t, "moon_chain", "between");
	struct proven was;

	(void)state;
	was = *forge_sa(lab, 1)->proven;
	assert_int_equal(was.n, 2);
	assert_int_equal(was.by, PROVEN_BY_CA);
	lab_keep(lab, 1, true);
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	lab_kill(lab, 1);
	lab_take_over(lab, 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_non_null(forge_sa(lab, 1)->proven);
	assert_memory_equal(forge_sa(lab, 1)->proven, &was, sizeof(was));
	resume_run_hours(lab, 13); /* another ticket */
	lose(lab);
	assert_resumed(lab);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(what_is_as_before_is_resumed),
		cmocka_unit_test(ticket_ends_with_the_certificates),
		cmocka_unit_test(initiator_that_lies_about_its_end_is_refused),
		cmocka_unit_test(
			responder_whose_certificate_has_expired_is_met_in_full),
		cmocka_unit_test(who_is_revoked_is_not_resumed),
		cmocka_unit_test(crl_about_others_changes_nothing),
		cmocka_unit_test(
			who_is_revoked_by_what_was_fetched_is_not_resumed),
		cmocka_unit_test(whose_ca_is_trusted_no_more_is_not_resumed),
		cmocka_unit_test(
			whose_own_certificate_is_here_no_more_is_not_resumed),
		cmocka_unit_test(
			where_something_else_is_demanded_it_is_not_resumed),
		cmocka_unit_test(reauthentication_counts_from_the_signature),
		cmocka_unit_test(proof_that_is_too_old_by_now_is_not_resumed),
		cmocka_unit_test(successor_knows_what_the_proof_rests_on),
	};

	return cmocka_run_group_tests(cases, make, certs_end);
}
