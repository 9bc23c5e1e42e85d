// SPDX-License-Identifier: BSD-2-Clause
/* Who is called revoked, by the serial number alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ocsp.h>

#include "ctrl/pki/listed.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA } },
	{ .name = "other_root", .exts = { CA } },
	{ .name = "sun", "root" },
	{ .name = "moon", "root" },
	{ .name = "stranger", "other_root" },
};

static const struct pki_crl crls[] = {
	{ .name = "both",
	  "root",
	  .from_h = -9,
	  .until_h = -8, /* as old as it may be */
	  .revoked = { "moon", "sun" },
	  .number = 1 },
	{ .name = "moon_alone",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "moon" },
	  .number = 2,
	  .has_bad_signature = true },
	{ .name = "none", "root", .from_h = -1, .until_h = 2, .number = 3 },
	{ .name = "others",
	  "other_root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun" },
	  .number = 4 },
};

static const struct pki_ocsp responses[] = {
	{ .name = "good",
	  "root",
	  .about = { "sun", "moon" },
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "revoked",
	  "root",
	  .about = { "moon", "sun" },
	  .status = V_OCSP_CERTSTATUS_REVOKED,
	  .from_h = -9,
	  .until_h = -8 },
	{ .name = "revoked_moon",
	  "root",
	  .about = { "moon" },
	  .status = V_OCSP_CERTSTATUS_REVOKED,
	  .from_h = -1,
	  .until_h = 2 },
	{ .name = "revoked_256",
	  "root",
	  .about = { "sun" },
	  .status = V_OCSP_CERTSTATUS_REVOKED,
	  .hash = "sha256",
	  .from_h = -1,
	  .until_h = 2 },
};

static int make(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		pki_make_ocsp(&responses[i]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

static struct cert_serial serial_of(const char *name)
{
	struct certificate *c;
	struct cert_serial s;
	struct error e;

	assert_int_equal(certificate_read(pki_der(name), &c, &e), 0);
	assert_true(listed_serial(c, &s));
	certificate_free(c);
	return s;
}

static bool is_in_crl(const char *name, const struct cert_serial *s)
{
	struct crl *crl;
	struct error e;
	bool is;

	assert_int_equal(crl_read(pki_der(name), &crl, &e), 0);
	is = listed_by_crl(crl, s);
	crl_free(crl);
	return is;
}

static bool is_in_ocsp(const char *name, const struct cert_serial *s)
{
	struct ocsp *o;
	struct error e;
	bool is;

	assert_int_equal(ocsp_read(pki_der(name), &o, &e), 0);
	is = listed_by_ocsp(o, s);
	ocsp_free(o);
	return is;
}

static void crl_lists_whom_its_issuer_issued(void **state)
{
	struct cert_serial sun = serial_of("sun"), near = sun;

	(void)state;
	assert_true(is_in_crl("both", &sun));
	assert_false(is_in_crl("moon_alone", &sun));
	assert_false(is_in_crl("none", &sun));
	assert_false(is_in_crl("others", &sun)); /* the same number */
	sun = serial_of("moon");
	assert_true(is_in_crl("moon_alone", &sun));
	near.octets[near.len - 1] ^= 0x40;
	assert_false(is_in_crl("both", &near));
	near = serial_of("sun");
	near.issuer[19] ^= 1;
	assert_false(is_in_crl("both", &near));
}

static void response_lists_whom_it_calls_revoked(void **state)
{
	struct cert_serial sun = serial_of("sun"), other = sun;

	(void)state;
	assert_true(is_in_ocsp("revoked", &sun));
	assert_false(is_in_ocsp("good", &sun));
	assert_false(is_in_ocsp("revoked_moon", &sun));
	assert_true(is_in_ocsp("revoked_256", &sun));
	other.issuer[0] ^= 1;
	assert_false(is_in_ocsp("revoked", &other));
	assert_true(is_in_ocsp("revoked_256", &other)); /* nobody can tell */
	other = sun;
	other.len--;
	assert_false(is_in_ocsp("revoked", &other));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(crl_lists_whom_its_issuer_issued),
		cmocka_unit_test(response_lists_whom_it_calls_revoked),
	};

	return cmocka_run_group_tests(cases, make, end);
}
