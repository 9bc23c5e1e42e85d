// SPDX-License-Identifier: BSD-2-Clause
/* Lists of certificates: nothing twice, bounds, and whose the octets are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/cert_list.h"

static struct cert_conf cert(enum cert_kind kind, uint32_t number, size_t len)
{
	static uint8_t octets[1 << 20];
	struct cert_conf c = { .kind = kind,
			       .octets = slice_of(octets, len),
			       .from = (char *)"a.pem" };

	memcpy(c.fingerprint.octets, &number, sizeof(number));
	return c;
}

static void what_is_there_already_changes_nothing(void **state)
{
	struct cert_conf a = cert(CERT_X509, 1, 10), b = cert(CERT_CA, 1, 10);
	struct cert_list list = { .n = 0 };
	struct error e;

	(void)state;
	assert_int_equal(cert_list_add(&list, &a, &e), 0);
	assert_int_equal(cert_list_add(&list, &a, &e), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(cert_list_add(&list, &b, &e), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.bytes, 20);
	assert_ptr_equal(cert_list_find(&list, CERT_CA, &a.fingerprint),
			 &list.at[1]);
	assert_null(cert_list_find(&list, CERT_PUBKEY, &a.fingerprint));
	assert_ptr_not_equal(list.at[0].octets.ptr, a.octets.ptr);
	assert_string_equal(list.at[0].from, "a.pem");
	cert_list_drop(&list, 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.bytes, 10);
	assert_int_equal(list.at[0].kind, CERT_CA);
	cert_list_free(&list);
	assert_int_equal(list.n, 0);
}

static void more_than_4096_are_refused(void **state)
{
	struct cert_list list = { .n = 0 };
	struct cert_conf c;
	struct error e;

	(void)state;
	for (uint32_t i = 0; i < CERTS_MAX; i++) {
		c = cert(CERT_X509, i, 1);
		assert_int_equal(cert_list_add(&list, &c, &e), 0);
	}
	c = cert(CERT_X509, CERTS_MAX, 1);
	assert_int_equal(cert_list_add(&list, &c, &e), -E2BIG);
	assert_string_equal(e.text,
			    "certificates and CRLs are more than 4096, or have "
			    "more than 32 MiB together; remove those that are "
			    "not used");
	c = cert(CERT_X509, 7, 1);
	assert_int_equal(cert_list_add(&list, &c, &e), 0);
	assert_int_equal(list.n, CERTS_MAX);
	cert_list_free(&list);
}

static void more_than_32_mib_are_refused(void **state)
{
	struct cert_list list = { .n = 0 };
	struct cert_conf c;
	struct error e;

	(void)state;
	for (uint32_t i = 0; i < 32; i++) {
		c = cert(CERT_CRL, i, 1 << 20);
		assert_int_equal(cert_list_add(&list, &c, &e), 0);
	}
	c = cert(CERT_CRL, 32, 1);
	assert_int_equal(cert_list_add(&list, &c, &e), -E2BIG);
	cert_list_drop(&list, 31);
	assert_int_equal(cert_list_add(&list, &c, &e), 0);
	cert_list_free(&list);
}

static void a_message_has_no_file(void **state)
{
	struct cert_list list = { .n = 0 }, more = { .n = 0 };
	struct cert_conf c = cert(CERT_PUBKEY, 3, 8);
	struct error e;

	(void)state;
	c.from = NULL;
	assert_int_equal(cert_list_add(&more, &c, &e), 0);
	assert_int_equal(cert_list_add_all(&list, &more, &e), 0);
	cert_list_free(&more);
	assert_int_equal(list.n, 1);
	assert_null(list.at[0].from);
	cert_list_free(&list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_already_changes_nothing),
		cmocka_unit_test(more_than_4096_are_refused),
		cmocka_unit_test(more_than_32_mib_are_refused),
		cmocka_unit_test(a_message_has_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
