// SPDX-License-Identifier: BSD-2-Clause
/* Certificates on their way from ctl to ike, and what ctl would never send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/creds_in.h"
#include "ctrl/model/cert_list.h"
#include "tests/support/pki.h"

static struct creds_in in;
static struct ike_msg_cred m;

static int start(void **state)
{
	static const struct pki_cert root = {
		.name = "root", .exts = { "basicConstraints=CA:TRUE" }
	};
	static const struct pki_crl crl = {
		.name = "crl", .issuer = "root", .from_h = -1, .until_h = 1
	};

	(void)state;
	pki_make(&root);
	pki_make_crl(&crl);
	return creds_in_begin(&in) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	creds_in_free(&in);
	pki_end();
	return 0;
}

/* A piece of it, of which so much comes later. */
static bool take(enum cred_kind kind, struct slice piece, size_t rest)
{
	m = (struct ike_msg_cred){ .kind = kind,
				   .len = (uint32_t)piece.len,
				   .rest_bytes = (uint32_t)rest };
	memcpy(m.octets, piece.ptr, piece.len);
	return creds_in_take(&in, &m);
}

static struct slice part(struct slice s, size_t from, size_t to)
{
	return slice_of(s.ptr + from, to - from);
}

static const struct cred *root_in(const struct creds *creds)
{
	static const struct identity anybody;

	return creds_of(creds, CRED_CA, &anybody, NULL);
}

static void all_come_and_are_handed_over(void **state)
{
	struct creds *creds;

	(void)state;
	assert_true(take(CRED_CA, pki_der("root"), 0));
	assert_true(take(CRED_CRL, pki_der("crl"), 0));
	creds = creds_in_end(&in);
	assert_non_null(creds);
	assert_non_null(root_in(creds));
	creds_unref(creds);
	assert_null(creds_in_end(&in)); /* none have begun */
	assert_false(take(CRED_CA, pki_der("root"), 0));
}

static void what_is_long_comes_in_parts(void **state)
{
	struct slice der = pki_der("root");
	struct creds *creds;

	(void)state;
	assert_true(take(CRED_CA, part(der, 0, 100), der.len - 100));
	assert_null(creds_in_end(&in)); /* it is not all there */
	assert_true(take(CRED_CA, part(der, 100, 101), der.len - 101));
	assert_true(take(CRED_CA, part(der, 101, der.len), 0));
	creds = creds_in_end(&in);
	assert_non_null(creds);
	assert_non_null(root_in(creds));
	creds_unref(creds);
}

static void parts_that_lie_are_refused(void **state)
{
	struct slice der = pki_der("root");

	(void)state;
	assert_true(take(CRED_CA, part(der, 0, 100), der.len - 100));
	assert_false(take(CRED_PEER, part(der, 100, der.len), 0));
	assert_false(take(CRED_CA, part(der, 100, der.len - 1), 0));
	assert_false(take(CRED_CA, part(der, 100, der.len), 1));
	assert_true(take(CRED_CA, part(der, 100, der.len), 0));
}

static void lengths_that_lie_are_refused(void **state)
{
	(void)state;
	m = (struct ike_msg_cred){ .kind = CRED_CA };
	assert_false(creds_in_take(&in, &m));
	m.len = sizeof(m.octets) + 1;
	assert_false(creds_in_take(&in, &m));
	m.len = UINT32_MAX;
	assert_false(creds_in_take(&in, &m));
	m.len = 1;
	m.rest_bytes = UINT32_MAX;
	assert_false(creds_in_take(&in, &m));
	m.rest_bytes = CERTS_MAX_BYTES;
	assert_false(creds_in_take(&in, &m));
	m.rest_bytes = 0;
	m.kind = CRED_CERTS_AT + 1;
	assert_false(creds_in_take(&in, &m));
	m.kind = UINT32_MAX;
	assert_false(creds_in_take(&in, &m));
}

static void what_cannot_be_read_is_left_out(void **state)
{
	struct creds *creds;

	(void)state;
	assert_true(take(CRED_CA, slice_of("none", 4), 0));
	assert_true(take(CRED_CA, pki_der("root"), 0));
	creds = creds_in_end(&in);
	assert_non_null(root_in(creds));
	creds_unref(creds);
}

static void more_than_4096_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CERTS_MAX; i++)
		assert_true(take(CRED_CA, pki_der("root"), 0));
	assert_false(take(CRED_CA, pki_der("root"), 0));
}

static void addresses_of_cas_have_a_bound_of_their_own(void **state)
{
	static const enum cred_kind kinds[] = { CRED_CRL_AT, CRED_OCSP_AT,
						CRED_CERTS_AT };
	const uint8_t ca[CERTIFICATE_SHA256] = { 1 };
	struct slice octets = slice_of(ca, sizeof(ca));

	(void)state;
	for (size_t i = 0; i < 3 * CERTS_MAX; i++)
		assert_true(take(kinds[i % 3], octets, 0));
	assert_true(take(CRED_CA, pki_der("root"), 0));
	assert_false(take(CRED_CRL_AT, octets, 0));
}

static void beginning_again_forgets_what_came(void **state)
{
	struct creds *creds;

	(void)state;
	assert_true(take(CRED_CA, part(pki_der("root"), 0, 100), 7));
	assert_true(creds_in_begin(&in));
	creds = creds_in_end(&in);
	assert_non_null(creds);
	assert_null(root_in(creds));
	creds_unref(creds);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(all_come_and_are_handed_over),
		CASE(what_is_long_comes_in_parts),
		CASE(parts_that_lie_are_refused),
		CASE(lengths_that_lie_are_refused),
		CASE(what_cannot_be_read_is_left_out),
		CASE(more_than_4096_are_refused),
		CASE(addresses_of_cas_have_a_bound_of_their_own),
		CASE(beginning_again_forgets_what_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
