// SPDX-License-Identifier: BSD-2-Clause
/* CRLs that are made here, as test_pki_issue.c does with certificates. */
#include "tests/unit/pki_fixture.h"

/* --- CRLs --- */

static struct crl *make_crl(const struct revoke_plan *p)
{
	struct crl *crl = NULL;
	struct owned der;
	struct error e;

	if (revoke_make(p, &der, &e) || crl_read(owned_slice(&der), &crl, &e))
		fail_msg("%s", e.text);
	put_pem("crl.pem", PEM_LABEL_CRL, owned_slice(&der));
	owned_free(&der);
	return crl;
}

static struct revoke_plan crl_plan(const struct certificate *ca)
{
	return (struct revoke_plan){
		.issuer = ca,
		.signer = signer(ca_key),
		.this_update_s = NOW_S - DAY_S,
		.next_update_s = NOW_S + DAY_S,
	};
}

static void assert_number(const struct crl *crl, const char *number,
			  const char *base)
{
	char text[REVOKE_NUMBER_STR_MAX];

	assert_true(revoke_number(crl, text));
	assert_string_equal(text, number);
	assert_int_equal(revoke_base(crl, text), base != NULL);
	if (base)
		assert_string_equal(text, base);
}

/* Takes the CRL over. */
static enum trust_verdict verdict_with(const struct certificate *ca,
				       const struct certificate *c,
				       struct crl *crl)
{
	struct trust *t = trust_in(ca);
	enum trust_verdict v;

	assert_int_equal(trust_add_crl(t, crl), 0);
	v = verdict(t, c, REVOCATION_STRICT);
	trust_free(t);
	return v;
}

static void a_crl_revokes_and_is_continued(void **state)
{
	struct certificate *ca = make_ca(), *moon, *sun;
	struct revoke_plan p = crl_plan(ca);
	struct revoke_entry entries[2];
	struct crl *first, *second;
	struct dn buf;
	struct issue_plan plan = leaf_plan(ca, &buf);

	(void)state;
	moon = issue(&plan);
	sun = issue(&plan);
	assert_int_equal(verdict_with(ca, moon, make_crl(&p)), TRUST_OK);

	entries[0] = (struct revoke_entry){ moon->serial, NOW_S - 60, 1 };
	p.entries = entries;
	p.n_entries = 1;
	first = make_crl(&p);
	assert_number(first, "01", NULL);
	put_pem("ca.pem", PEM_LABEL_CERTIFICATE, ca->der);
	put_pem("leaf.pem", PEM_LABEL_CERTIFICATE, moon->der);
	openssl("crl -in crl.pem -CAfile ca.pem -noout -text");
	assert_said("verify OK");
	assert_said("Key Compromise");
	assert_false(openssl_try("verify -attime %d -crl_check -CAfile ca.pem "
				 "-CRLfile crl.pem leaf.pem",
				 NOW_S));

	/* The next has both, and one that is named twice only once. */
	entries[0] = (struct revoke_entry){ sun->serial, NOW_S, 0 };
	entries[1] = (struct revoke_entry){ moon->serial, NOW_S, 4 };
	p.n_entries = 2;
	p.last = (const struct crl *const *)&first;
	p.n_last = 1;
	second = make_crl(&p);
	assert_number(second, "02", NULL);
	assert_int_equal(second->n_revoked, 2);
	put_pem("leaf.pem", PEM_LABEL_CERTIFICATE, sun->der);
	assert_false(openssl_try("verify -attime %d -crl_check -CAfile ca.pem "
				 "-CRLfile crl.pem leaf.pem",
				 NOW_S));
	assert_int_equal(verdict_with(ca, sun, second), TRUST_REVOKED);
	assert_int_equal(verdict_with(ca, moon, first), TRUST_REVOKED);
	certificate_free(sun);
	certificate_free(moon);
	certificate_free(ca);
}

struct seen {
	size_t n;
	struct revoke_entry last;
};

static void see(void *arg, const struct revoke_entry *entry)
{
	struct seen *s = arg;

	s->n++;
	s->last = *entry;
}

static void a_delta_says_what_changed(void **state)
{
	static const uint8_t serials[3][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 } };
	struct certificate *ca = make_ca();
	struct revoke_plan p = crl_plan(ca);
	struct revoke_entry entry = { slice_of(serials[0], 2), NOW_S, 1 };
	const struct crl *before[2];
	struct crl *base, *delta, *second, *whole;
	struct seen seen = { 0 };
	struct error e;

	(void)state;
	p.entries = &entry;
	p.n_entries = 1;
	base = make_crl(&p);
	p.base = base;
	entry.serial = slice_of(serials[1], 2);
	delta = make_crl(&p);
	assert_true(delta->is_delta);
	assert_number(delta, "02", "01");
	assert_int_equal(delta->n_revoked, 1);
	openssl("crl -in crl.pem -noout -text");
	assert_said("X509v3 Delta CRL Indicator: critical");

	before[0] = delta;
	before[1] = base;
	p.last = before;
	p.n_last = 1;
	entry = (struct revoke_entry){ slice_of(serials[2], 2), NOW_S - 7, 4 };
	second = make_crl(&p);
	assert_number(second, "03", "01");
	revoke_each(second, see, &seen);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.last.serial.len, 2);
	assert_int_equal(seen.last.serial.ptr[1], 3);
	assert_int_equal(seen.last.at_s, NOW_S - 7);
	assert_int_equal(seen.last.reason, 4);

	/* A complete one is not made of a delta alone. */
	p.base = NULL;
	assert_int_equal(revoke_make(&p, &(struct owned){ 0 }, &e), -EINVAL);
	p.n_last = 2;
	whole = make_crl(&p);
	assert_number(whole, "03", NULL);
	assert_int_equal(whole->n_revoked, 3);
	p.base = delta;
	assert_int_equal(revoke_make(&p, &(struct owned){ 0 }, &e), -EINVAL);
	crl_free(whole);
	crl_free(second);
	crl_free(delta);
	crl_free(base);
	certificate_free(ca);
}

static int refused_crl(const struct revoke_plan *p, const char *why)
{
	struct owned der;
	struct error e;
	int err = revoke_make(p, &der, &e);

	if (!err)
		owned_free(&der);
	else if (!strstr(e.text, why))
		fail_msg("no \"%s\" in: %s", why, e.text);
	return err;
}

static void a_crl_that_nobody_would_believe_is_not_made(void **state)
{
	struct certificate *ca = make_ca(), *leaf, *other;
	struct dn buf, a;
	struct issue_plan plan = leaf_plan(ca, &buf), o = ca_plan(&a);
	struct revoke_plan p = crl_plan(ca), q;
	const struct crl *last;
	struct crl *foreign;

	(void)state;
	leaf = issue(&plan);
	q = p;
	q.issuer = leaf;
	assert_int_equal(refused_crl(&q, "may sign no CRL"), -EINVAL);
	q = p;
	q.signer = signer(moon_key);
	assert_int_equal(refused_crl(&q, "key is not that"), -EINVAL);
	q = p;
	q.next_update_s = q.this_update_s;
	assert_int_equal(refused_crl(&q, "end before it begins"), -EINVAL);
	o.key = private_key_public(moon_key);
	o.signer = signer(moon_key);
	other = issue(&o);
	q = p;
	q.issuer = other;
	q.signer = o.signer;
	foreign = make_crl(&q);
	last = foreign;
	q = p;
	q.last = &last;
	q.n_last = 1;
	assert_int_equal(refused_crl(&q, "was not signed by"), -EINVAL);
	q.n_last = 0;
	q.base = foreign;
	assert_int_equal(refused_crl(&q, "was not signed by"), -EINVAL);
	crl_free(foreign);
	certificate_free(other);
	certificate_free(leaf);
	certificate_free(ca);
}

static void reasons_have_names(void **state)
{
	int reason;

	(void)state;
	assert_int_equal(revoke_reason_parse("keyCompromise", &reason), 0);
	assert_int_equal(reason, 1);
	assert_int_equal(revoke_reason_parse("key-compromise", &reason), 0);
	assert_int_equal(reason, 1);
	assert_int_equal(revoke_reason_parse("ca-compromise", &reason), 0);
	assert_int_equal(reason, 2);
	assert_string_equal(revoke_reason_name(4), "superseded");
	assert_null(revoke_reason_name(7));
	assert_null(revoke_reason_name(11));
	assert_null(revoke_reason_name(-1));
	assert_int_equal(revoke_reason_parse("removeFromCRL", &reason), -EINVAL);
	assert_int_equal(revoke_reason_parse("key", &reason), -EINVAL);
	assert_int_equal(revoke_reason_parse("", &reason), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crl_revokes_and_is_continued),
		cmocka_unit_test(a_delta_says_what_changed),
		cmocka_unit_test(a_crl_that_nobody_would_believe_is_not_made),
		cmocka_unit_test(reasons_have_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
