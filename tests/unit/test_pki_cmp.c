// SPDX-License-Identifier: BSD-2-Clause
/*
 * A certificate asked of a CA that issues, with each command and protection, and what
 * becomes of answers that are not as they must be. The time is the machine's, as
 * libcrypto takes it where it verifies signatures.
 */
#include <time.h>

#include "tests/unit/pki_fixture.h"

#include "ctrl/pki/cmp.h"
#include "tests/support/cmp_ca.h"

#define LAB_S	(30 * DAY_S)
#define SUBJECT "C=CH, O=Lab, CN=moon"

struct lab {
	struct certificate *ca, *server_cert, *moon; /* the last for moon_key */
	struct request *request;		     /* likewise */
	struct cmp_ca server;
	struct cmp_plan plan;
	struct dn dn;
};

static struct certificate *made(const struct certificate *issuer,
				const struct private_key *key, const char *dn,
				bool is_ca)
{
	const int64_t now_s = time(NULL);
	struct dn buf;
	struct issue_plan p = { .key = private_key_public(key),
				.subject = dn_of(dn, &buf),
				.not_before_s = now_s - DAY_S,
				.not_after_s = now_s + (is_ca ? LAB_S : DAY_S),
				.is_ca = is_ca,
				.path_len = -1,
				.issuer = issuer,
				.signer = signer(ca_key) };

	return issue(&p);
}

/* An IR, protected by a secret; what a test changes it changes before it begins. */
static void lab_begin(struct lab *lab)
{
	struct signer s = signer(moon_key);
	struct owned der;
	struct error e;

	*lab = (struct lab){ .ca = made(NULL, ca_key, "CN=ca", true) };
	lab->server_cert = made(lab->ca, ca_key, "CN=server", false);
	lab->moon = made(lab->ca, moon_key, SUBJECT, false);
	lab->plan.subject = dn_of(SUBJECT, &lab->dn);
	assert_int_equal(request_make(lab->plan.subject, NULL, 0, &s, &der, &e),
			 0);
	assert_int_equal(request_read(owned_slice(&der), &lab->request, &e), 0);
	owned_free(&der);
	lab->server = (struct cmp_ca){ .cert = lab->ca,
				       .key = ca_key,
				       .signer = lab->server_cert,
				       .secret = "ours",
				       .now_s = time(NULL) };
	lab->plan.command = CMP_IR;
	lab->plan.exchange = cmp_ca_exchange;
	lab->plan.arg = &lab->server;
	lab->plan.timeout_s = 60;
	lab->plan.ref = slice_of("moon", 4);
	lab->plan.secret = slice_of("ours", 4);
	lab->plan.key = moon_key;
}

/* Protected by signatures, for another key. */
static void lab_sign(struct lab *lab)
{
	lab->server.secret = NULL;
	lab->plan.secret = lab->plan.ref = slice_of(NULL, 0);
	lab->plan.own = (const struct certificate *const *)&lab->moon;
	lab->plan.n_own = 1;
	lab->plan.own_key = moon_key;
	lab->plan.cas = (const struct certificate *const *)&lab->ca;
	lab->plan.n_cas = 1;
}

static void lab_end(struct lab *lab)
{
	certificate_free(lab->ca);
	certificate_free(lab->server_cert);
	certificate_free(lab->moon);
	request_free(lab->request);
}

static struct certificate *run(struct lab *lab)
{
	struct certificate *c = NULL;
	struct error e;

	cmp_ca_begin(&lab->server);
	if (cmp_run(&lab->plan, &c, &e))
		fail_msg("%s", e.text);
	cmp_ca_end(&lab->server);
	return c;
}

static void assert_refused(struct lab *lab, int wanted, const char *why)
{
	struct certificate *c = NULL;
	struct error e;

	cmp_ca_begin(&lab->server);
	assert_int_equal(cmp_run(&lab->plan, &c, &e), wanted);
	cmp_ca_end(&lab->server);
	assert_null(c);
	if (!strstr(e.text, why))
		fail_msg("no \"%s\" in: %s", why, e.text);
}

static void assert_issued(const struct lab *lab, struct certificate *c,
			  const struct private_key *key)
{
	struct trust *t = trust_in(lab->ca);
	const struct trust_question q = { .leaf = c, .now_s = time(NULL) };
	struct trust_answer a;

	assert_non_null(c);
	assert_true(public_key_equal(c->key, private_key_public(key)));
	assert_true(dn_equal(c->subject, lab->plan.subject));
	trust_check(t, &q, &a);
	if (a.verdict != TRUST_OK && a.verdict != TRUST_UNKNOWN_STATUS)
		fail_msg("%s", a.why.text);
	trust_free(t);
	certificate_free(c);
}

static void a_secret_protects_each_command(void **state)
{
	static const enum cmp_command commands[] = { CMP_IR, CMP_CR, CMP_P10CR };
	struct lab lab;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		lab_begin(&lab);
		lab.plan.command = commands[i];
		if (commands[i] == CMP_P10CR) {
			lab.plan.key = NULL;
			lab.plan.request = lab.request;
		}
		assert_issued(&lab, run(&lab), moon_key);
		assert_int_equal(lab.server.issued, 1);
		assert_int_equal(lab.server.confirmed, 1);
		lab_end(&lab);
	}
}

static void a_confirmation_is_left_out_where_both_say_so(void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.plan.implicit_confirm = true;
	assert_issued(&lab, run(&lab), moon_key);
	assert_int_equal(lab.server.confirmed, 1);
	lab.server.grants_implicit = true;
	assert_issued(&lab, run(&lab), moon_key);
	assert_int_equal(lab.server.confirmed, 1);
	lab_end(&lab);
}

static void signatures_renew_and_revoke(void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab_sign(&lab);
	lab.plan.command = CMP_KUR;
	lab.plan.old = lab.moon;
	lab.plan.key = sun_key;
	assert_issued(&lab, run(&lab), sun_key);
	assert_int_equal(lab.server.confirmed, 1);
	lab.plan.command = CMP_RR;
	lab.plan.key = NULL;
	assert_null(run(&lab));
	assert_int_equal(lab.server.revoked, 1);
	lab_end(&lab);
}

static void a_certificate_for_another_key_is_refused_and_the_ca_hears_it(
	void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.server.other = private_key_public(sun_key);
	assert_refused(&lab, -EBADMSG, "another key than ours");
	assert_int_equal(lab.server.rejected, 1);
	lab.plan.command = CMP_P10CR;
	lab.plan.key = NULL;
	lab.plan.request = lab.request;
	assert_refused(&lab, -EBADMSG, "another key than ours");
	assert_int_equal(lab.server.rejected, 2);
	assert_int_equal(lab.server.confirmed, 0);
	lab_end(&lab);
}

static void what_the_ca_says_is_shown(void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.server.refuses = "nobody of\nthat name";
	assert_refused(&lab, -EACCES, "nobody of?that name");
	lab_end(&lab);
}

static void another_protection_is_not_believed(void **state)
{
	struct certificate *other;
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.plan.secret = slice_of("others", 6);
	assert_refused(&lab, -EKEYREJECTED, "not protected by the secret");
	assert_int_equal(lab.server.issued, 0);
	lab_sign(&lab);
	other = made(NULL, ca_key, "CN=other", true);
	lab.plan.command = CMP_CR;
	lab.plan.cas = (const struct certificate *const *)&other;
	assert_refused(&lab, -EKEYREJECTED, "not protected by the secret");
	certificate_free(other);
	lab_end(&lab);
}

/* --- answers that something happens to --- */

struct bad {
	struct cmp_ca *ca;
	size_t at; /* which octet is another one, or the last is before */
	bool is_cut;
	size_t len; /* of the first answer */
};

static int damage(void *arg, struct slice request, struct owned *answer,
		  struct error *e)
{
	struct bad *bad = arg;
	int err = cmp_ca_exchange(bad->ca, request, answer, e);

	if (bad->len)
		return err;
	bad->len = answer->len;
	/* Not every answer is of the same length. */
	if (bad->at >= answer->len)
		bad->at = answer->len - 1;
	if (bad->is_cut)
		answer->len = bad->at;
	else
		answer->ptr[bad->at] ^= 1;
	return err;
}

/* But for one octet: how many of its last bits the MAC does not use may be 1 where the
 * last is 0. */
static void a_damaged_answer_is_not_taken(void **state)
{
	struct bad bad = { .is_cut = true };
	struct certificate *c = NULL;
	unsigned int taken = 0;
	struct error e;
	struct lab lab;
	size_t len = 1;

	(void)state;
	lab_begin(&lab);
	bad.ca = &lab.server;
	lab.plan.exchange = damage;
	lab.plan.arg = &bad;
	for (int cut = 1; cut >= 0; cut--)
		for (size_t at = 0; at < len; at += 5) {
			bad = (struct bad){ bad.ca, at, cut, 0 };
			cmp_ca_begin(&lab.server);
			if (!cmp_run(&lab.plan, &c, &e)) {
				assert_issued(&lab, c, moon_key);
				taken++;
			}
			cmp_ca_end(&lab.server);
			len = bad.len;
		}
	assert_in_range(len, 500, 2000);
	assert_in_range(taken, 0, 1);
	lab_end(&lab);
}

static int fails(void *arg, struct slice request, struct owned *answer,
		 struct error *e)
{
	(void)arg;
	(void)request;
	(void)answer;
	return error_set(e, -ECONNREFUSED, "nobody there");
}

static void why_nothing_came_is_said(void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.plan.exchange = fails;
	assert_refused(&lab, -ECONNREFUSED, "nobody there");
	lab_end(&lab);
}

static void a_plan_that_lacks_something_is_refused(void **state)
{
	struct lab lab;

	(void)state;
	lab_begin(&lab);
	lab.plan.key = NULL;
	assert_refused(&lab, -EINVAL, "nothing that it would be asked for");
	lab.plan.key = moon_key;
	lab.plan.secret = slice_of(NULL, 0);
	assert_refused(&lab, -EINVAL, "nothing protects");
	lab_sign(&lab);
	lab.plan.n_cas = 0;
	assert_refused(&lab, -EINVAL, "nobody is trusted");
	lab.plan.n_cas = 1;
	lab.plan.own_key = sun_key;
	assert_refused(&lab, -EINVAL, "not that of the certificate");
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_protects_each_command),
		cmocka_unit_test(a_confirmation_is_left_out_where_both_say_so),
		cmocka_unit_test(signatures_renew_and_revoke),
		cmocka_unit_test(
			a_certificate_for_another_key_is_refused_and_the_ca_hears_it),
		cmocka_unit_test(what_the_ca_says_is_shown),
		cmocka_unit_test(another_protection_is_not_believed),
		cmocka_unit_test(a_damaged_answer_is_not_taken),
		cmocka_unit_test(why_nothing_came_is_said),
		cmocka_unit_test(a_plan_that_lacks_something_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
