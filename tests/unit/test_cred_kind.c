// SPDX-License-Identifier: BSD-2-Clause
/* What ike is told that a certificate is: nobody else is believed by one of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/cred_kind.h"

static struct cert_conf cert(enum cert_kind kind, bool is_ca)
{
	struct cert_conf c = { .kind = kind, .is_ca = is_ca };

	memset(c.fingerprint.octets, 7, sizeof(c.fingerprint.octets));
	return c;
}

/* -1: nothing. */
static int kind_of(struct cert_conf c, enum key_of_cert key,
		   const struct conn_conf *conn)
{
	enum cred_kind kind;

	return cred_kind_of(&c, key, conn, conn != NULL, &kind) ? (int)kind : -1;
}

static void kind_says_it_but_for_x509(void **state)
{
	(void)state;
	assert_int_equal(kind_of(cert(CERT_CA, true), KEY_HERE, NULL), CRED_CA);
	assert_int_equal(kind_of(cert(CERT_CRL, false), KEY_NEVER_HERE, NULL),
			 CRED_CRL);
	assert_int_equal(kind_of(cert(CERT_PUBKEY, false), KEY_GONE, NULL),
			 CRED_PUBKEY);
	assert_int_equal(kind_of(cert(CERT_OCSP, true), KEY_HERE, NULL),
			 CRED_OCSP);
}

static void x509_is_ours_by_its_key(void **state)
{
	(void)state;
	for (int ca = 0; ca < 2; ca++)
		assert_int_equal(kind_of(cert(CERT_X509, ca), KEY_HERE, NULL),
				 CRED_OWN);
	assert_int_equal(kind_of(cert(CERT_X509, true), KEY_NEVER_HERE, NULL),
			 CRED_INTERMEDIATE);
	assert_int_equal(kind_of(cert(CERT_X509, false), KEY_NEVER_HERE, NULL),
			 CRED_PEER);
}

/* Else whoever has the key that was taken away would be believed by it. */
static void ours_without_its_key_is_no_peers(void **state)
{
	(void)state;
	assert_int_equal(kind_of(cert(CERT_X509, false), KEY_GONE, NULL), -1);
	assert_int_equal(kind_of(cert(CERT_X509, true), KEY_GONE, NULL),
			 CRED_INTERMEDIATE);
}

/* The key was never here since the start: the connection says whose it is. */
static void what_a_connection_names_as_ours_is_no_peers(void **state)
{
	const struct cert_conf c = cert(CERT_X509, false);
	struct conn_conf conn = { .local_auth.n_certs = 2 };

	(void)state;
	conn.local_auth.certs[1] = c.fingerprint;
	assert_int_equal(kind_of(c, KEY_NEVER_HERE, &conn), -1);
	assert_true(cred_is_ours(&c, KEY_NEVER_HERE, &conn, 1));
	assert_false(cred_is_ours(&c, KEY_NEVER_HERE, NULL, 0));
	assert_true(cred_is_ours(&c, KEY_HERE, NULL, 0));
	conn.local_auth.n_certs = 1;
	assert_int_equal(kind_of(c, KEY_NEVER_HERE, &conn), CRED_PEER);
	conn.remote_auth.certs[0] = c.fingerprint;
	conn.remote_auth.n_certs = 1;
	assert_int_equal(kind_of(c, KEY_NEVER_HERE, &conn), CRED_PEER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_says_it_but_for_x509),
		cmocka_unit_test(x509_is_ours_by_its_key),
		cmocka_unit_test(ours_without_its_key_is_no_peers),
		cmocka_unit_test(what_a_connection_names_as_ours_is_no_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
