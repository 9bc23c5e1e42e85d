// SPDX-License-Identifier: BSD-2-Clause
/* CRLs and OCSP responses that are kept: for whom, until when, and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/pki/statuses.h"
#include "tests/support/pki.h"

#define CA   "basicConstraints=critical,CA:TRUE"
#define CRL  "crlDistributionPoints=URI:http://crl.example/1"
#define CRL2 "crlDistributionPoints=URI:http://crl.example/2"
#define HOUR 3600

static struct statuses *all;

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA } },
	{ .name = "other_root", .exts = { CA } },
	{ .name = "sun", "root", .exts = { CRL } },
	{ .name = "moon", "root", .exts = { CRL } },
	{ .name = "mars", "root", .exts = { CRL2 } },
	{ .name = "stranger", "other_root", .exts = { CRL } },
};

static int make(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		pki_make(&certs[i]);
	pki_make_crl(&(const struct pki_crl){
		.name = "crl", "root", .from_h = -1, .until_h = 2, .number = 1 });
	pki_make_crl(&(const struct pki_crl){
		.name = "next", "root", .from_h = -1, .until_h = 9, .number = 2 });
	pki_make_ocsp(&(const struct pki_ocsp){ .name = "ocsp",
						"root",
						.about = { "sun" },
						.from_h = -1,
						.until_h = 2 });
	return 0;
}

static int end(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

static int start(void **state)
{
	(void)state;
	return statuses_new(&all);
}

static int stop(void **state)
{
	(void)state;
	statuses_unref(all);
	return 0;
}

static struct certificate *cert_of(const char *name)
{
	struct certificate *c;
	struct error e;

	assert_int_equal(certificate_read(pki_der(name), &c, &e), 0);
	return c;
}

static void keep(const char *cert, enum status_kind kind, struct slice octets)
{
	struct certificate *c = cert_of(cert);
	struct status *s = status_new(kind, octets);

	assert_non_null(s);
	statuses_keep(all, c, s, PKI_NOW_S);
	status_unref(s);
	certificate_free(c);
}

static bool is_kept(const char *cert, enum status_kind kind, int64_t at_s)
{
	struct certificate *c = cert_of(cert);
	struct status *s = statuses_find(all, c, kind, PKI_NOW_S + at_s);
	bool is = s != NULL;

	if (is) {
		assert_int_equal(status_crl(s) != NULL, kind == STATUS_CRL);
		assert_int_equal(status_ocsp(s) != NULL, kind == STATUS_OCSP);
	}
	status_unref(s);
	certificate_free(c);
	return is;
}

static void crl_is_for_all_of_its_issuer_and_address(void **state)
{
	(void)state;
	keep("sun", STATUS_CRL, pki_der("crl"));
	assert_true(is_kept("sun", STATUS_CRL, 0));
	assert_true(is_kept("moon", STATUS_CRL, 0));
	assert_false(is_kept("mars", STATUS_CRL, 0));
	assert_false(is_kept("stranger", STATUS_CRL, 0));
	assert_false(is_kept("sun", STATUS_OCSP, 0));
}

static void ocsp_is_for_one_certificate(void **state)
{
	(void)state;
	keep("sun", STATUS_OCSP, pki_der("ocsp"));
	assert_true(is_kept("sun", STATUS_OCSP, 0));
	assert_false(is_kept("moon", STATUS_OCSP, 0));
	assert_false(is_kept("sun", STATUS_CRL, 0));
}

static bool cert_is_kept(const char *name, int64_t at_s)
{
	uint8_t sha1[HASH_SHA1_BYTES];
	struct status *s;
	bool is;

	assert_true(hash_sha1(pki_der(name), sha1));
	s = statuses_find_cert(all, sha1, PKI_NOW_S + at_s);
	is = s != NULL;
	if (is) {
		assert_int_equal(status_cert(s).len, pki_der(name).len);
		assert_memory_equal(status_cert(s).ptr, pki_der(name).ptr,
				    pki_der(name).len);
		assert_null(status_crl(s));
		assert_null(status_ocsp(s));
		assert_int_equal(status_cert(s).len, pki_der(name).len);
	}
	status_unref(s);
	return is;
}

static void certificate_is_kept_by_its_hash_for_a_day(void **state)
{
	struct status *s = status_new(STATUS_CERT, pki_der("sun"));

	(void)state;
	assert_non_null(s);
	statuses_keep_cert(all, s, PKI_NOW_S);
	statuses_keep_cert(all, s, PKI_NOW_S); /* as its own heir */
	status_unref(s);
	assert_true(cert_is_kept("sun", 0));
	assert_false(cert_is_kept("moon", 0));
	assert_false(is_kept("sun", STATUS_OCSP, 0));
	assert_true(cert_is_kept("sun", STATUSES_CERT_S));
	assert_false(cert_is_kept("sun", STATUSES_CERT_S + 1));
}

static void it_is_kept_until_its_next_update(void **state)
{
	(void)state;
	keep("sun", STATUS_CRL, pki_der("crl"));
	assert_true(is_kept("sun", STATUS_CRL, 2 * HOUR));
	assert_false(is_kept("sun", STATUS_CRL, 2 * HOUR + 1));
	assert_false(is_kept("sun", STATUS_CRL, 0)); /* it went */
}

static void newer_one_takes_the_place(void **state)
{
	(void)state;
	keep("sun", STATUS_CRL, pki_der("crl"));
	keep("moon", STATUS_CRL, pki_der("next"));
	assert_true(is_kept("sun", STATUS_CRL, 8 * HOUR));
}

static void what_is_no_crl_and_no_response_is_not_kept(void **state)
{
	const uint8_t garbage[] = { 0x30, 0x00 };

	(void)state;
	keep("sun", STATUS_CRL, slice_of(garbage, sizeof(garbage)));
	keep("sun", STATUS_CRL, pki_der("ocsp"));
	keep("sun", STATUS_OCSP, pki_der("crl"));
	assert_false(is_kept("sun", STATUS_CRL, 0));
	assert_false(is_kept("sun", STATUS_OCSP, 0));
}

static void flushed_there_is_none(void **state)
{
	(void)state;
	keep("sun", STATUS_CRL, pki_der("crl"));
	keep("sun", STATUS_OCSP, pki_der("ocsp"));
	statuses_flush(all);
	assert_false(is_kept("sun", STATUS_CRL, 0));
	assert_false(is_kept("sun", STATUS_OCSP, 0));
	keep("sun", STATUS_CRL, pki_der("crl"));
	assert_true(is_kept("sun", STATUS_CRL, 0));
}

/* Of another certificate each. */
static void oldest_ones_make_room(void **state)
{
	struct certificate c = { .n_sans = 0 };
	struct status *s = status_new(STATUS_OCSP, pki_der("ocsp")), *found;

	(void)state;
	for (unsigned int i = 0; i < STATUSES_MAX + 2; i++) {
		memcpy(c.sha256, &i, sizeof(i));
		statuses_keep(all, &c, s, PKI_NOW_S);
	}
	for (unsigned int i = 0; i < STATUSES_MAX + 2; i++) {
		memcpy(c.sha256, &i, sizeof(i));
		found = statuses_find(all, &c, STATUS_OCSP, PKI_NOW_S);
		assert_int_equal(found != NULL, i >= 2);
		status_unref(found);
	}
	status_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			crl_is_for_all_of_its_issuer_and_address, start, stop),
		cmocka_unit_test_setup_teardown(ocsp_is_for_one_certificate,
						start, stop),
		cmocka_unit_test_setup_teardown(
			certificate_is_kept_by_its_hash_for_a_day, start, stop),
		cmocka_unit_test_setup_teardown(it_is_kept_until_its_next_update,
						start, stop),
		cmocka_unit_test_setup_teardown(newer_one_takes_the_place,
						start, stop),
		cmocka_unit_test_setup_teardown(
			what_is_no_crl_and_no_response_is_not_kept, start, stop),
		cmocka_unit_test_setup_teardown(flushed_there_is_none, start,
						stop),
		cmocka_unit_test_setup_teardown(oldest_ones_make_room, start,
						stop),
	};

	return cmocka_run_group_tests(tests, make, end);
}
