// SPDX-License-Identifier: BSD-2-Clause
/* What is told of certificates whose time is over, or soon will be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/pki/cert_read.h"
#include "ctrl/pki/expiry.h"
#include "tests/support/pki.h"

static const struct {
	const char *name;
	enum cert_kind kind;
	int from_h, until_h;
	const char *told; /* NULL: nothing */
} rows[] = {
	{ "good", CERT_X509, -1, 31 * 24, NULL },
	{ "last", CERT_X509, -1, 30 * 24, NULL },
	{ "soon", CERT_X509, -1, 30 * 24 - 1,
	  "certificate C=CH, CN=soon (a.pem) expires in 29 days, at 2027-02-14 "
	  "07:00:00 UTC; have another one issued" },
	{ "over", CERT_CA, -2, -1,
	  "certificate C=CH, CN=over (a.pem) has expired at 2027-01-15 07:00:00 "
	  "UTC; have another one issued" },
	{ "next", CERT_X509, 1, 2,
	  "certificate C=CH, CN=next (a.pem) is not valid before 2027-01-15 "
	  "09:00:00 UTC; check this machine's clock" },
	{ "crl", CERT_CRL, -2, 1, NULL },
	{ "old-crl", CERT_CRL, -2, -1,
	  "CRL (a.pem) was to be renewed until 2027-01-15 07:00:00 UTC; get the "
	  "CA's present one" },
};

static void make(size_t i)
{
	const struct pki_cert cert = { .name = rows[i].name,
				       .from_h = rows[i].from_h,
				       .until_h = rows[i].until_h,
				       .exts = { "basicConstraints=CA:TRUE" } };
	const struct pki_crl crl = { .name = rows[i].name,
				     .issuer = "good",
				     .from_h = rows[i].from_h,
				     .until_h = rows[i].until_h };

	if (rows[i].kind == CERT_CRL)
		pki_make_crl(&crl);
	else
		pki_make(&cert);
}

static void time_is_told_when_it_matters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cert_list list = { .n = 0 };
		struct error e = { "" };
		bool told;

		make(i);
		assert_int_equal(cert_read(&list, rows[i].kind,
					   pki_der(rows[i].name), "a.pem", NULL,
					   &e),
				 0);
		told = expiry_tell(&list.at[0], PKI_NOW_S, &e);
		assert_int_equal(told, rows[i].told != NULL);
		if (told)
			assert_string_equal(e.text, rows[i].told);
		cert_list_free(&list);
	}
	pki_end();
}

static void what_no_file_has_is_of_vici(void **state)
{
	static const struct pki_cert over = { .name = "over",
					      .from_h = -2,
					      .until_h = -1 };
	struct cert_list list = { .n = 0 };
	struct error e;

	(void)state;
	pki_make(&over);
	assert_int_equal(
		cert_read(&list, CERT_X509, pki_der("over"), NULL, NULL, &e), 0);
	assert_true(expiry_tell(&list.at[0], PKI_NOW_S, &e));
	assert_non_null(strstr(e.text, "(loaded over VICI) has expired"));
	cert_list_free(&list);
	pki_end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_told_when_it_matters),
		cmocka_unit_test(what_no_file_has_is_of_vici),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
