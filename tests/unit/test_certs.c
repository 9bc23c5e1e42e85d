// SPDX-License-Identifier: BSD-2-Clause
/* Certificates and authorities that came over VICI, beside those of the file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/certs.h"
#include "ctrl/pki/cert_read.h"
#include "ctrl/pki/creds.h"
#include "tests/support/pki.h"

#define CA "basicConstraints=critical,CA:TRUE"

struct fixture {
	struct certs *certs;
	struct config file;
};

static int start(void **state)
{
	static const struct pki_cert made[] = {
		{ .name = "root", .exts = { CA } },
		{ .name = "moon", .issuer = "root" },
		{ .name = "sun", .issuer = "root" },
	};
	struct fixture *f = calloc(1, sizeof(*f));

	for (size_t i = 0; i < 3; i++)
		pki_make(&made[i]);
	f->certs = certs_new();
	f->file.file = (char *)"f";
	*state = f;
	return f->certs ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	certs_free(f->certs);
	cert_list_free(&f->file.certs);
	free(f);
	pki_end();
	return 0;
}

static size_t count(const struct fixture *f)
{
	size_t n = 0, at = 0;

	while (certs_next(f->certs, &f->file, &at))
		n++;
	return n;
}

static int load(struct fixture *f, enum cert_kind kind, const char *name,
		struct error *e)
{
	return certs_load(f->certs, &f->file, kind, pki_der(name), e);
}

/* As a connection or an authority brings it. */
static struct fingerprint put(struct fixture *f, enum cert_kind kind,
			      const char *name)
{
	struct cert_list list = { .n = 0 };
	struct fingerprint first;
	struct error e;

	assert_int_equal(cert_read(&list, kind, pki_der(name), NULL, &first, &e),
			 0);
	assert_int_equal(certs_put(f->certs, &f->file, &list, &e), 0);
	cert_list_free(&list);
	return first;
}

static void what_is_there_twice_is_listed_once(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(cert_read(&f->file.certs, CERT_CA, pki_der("root"),
				   "root.pem", NULL, &e),
			 0);
	assert_int_equal(load(f, CERT_CA, "root", &e), 0);
	put(f, CERT_CA, "root");
	assert_int_equal(count(f), 1);
	assert_int_equal(load(f, CERT_X509, "moon", &e), 0);
	put(f, CERT_X509, "moon");
	put(f, CERT_X509, "sun");
	assert_int_equal(count(f), 3);
	assert_int_equal(load(f, CERT_X509, "root", &e), 0);
	assert_int_equal(count(f), 4); /* as another kind */
}

static void what_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(load(f, CERT_CA, "moon", &e), -EINVAL);
	assert_int_equal(load(f, CERT_CRL, "moon", &e), -EBADMSG);
	assert_int_equal(load(f, CERT_PUBKEY, "moon", &e), -EBADMSG);
	assert_int_equal(count(f), 0);
}

static void clearing_takes_what_was_loaded_alone(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(cert_read(&f->file.certs, CERT_CA, pki_der("root"),
				   "root.pem", NULL, &e),
			 0);
	assert_int_equal(load(f, CERT_X509, "moon", &e), 0);
	put(f, CERT_X509, "sun");
	certs_clear(f->certs);
	assert_int_equal(count(f), 2);
}

static void what_nobody_names_any_more_goes(void **state)
{
	struct fixture *f = *state;
	struct authority a = { .name = "r", .from_vici = true };
	struct conn_conf conns[2] = { { .from_vici = true },
				      { .from_vici = true } };
	struct error e;

	conns[0].local_auth.certs[0] = put(f, CERT_X509, "moon");
	conns[0].local_auth.n_certs = 1;
	conns[1].remote_auth.certs[0] = put(f, CERT_X509, "sun");
	conns[1].remote_auth.n_certs = 1;
	a.ca = put(f, CERT_CA, "root");
	assert_int_equal(certs_put_authority(f->certs, &f->file, &a, &e), 0);
	assert_false(certs_keep(f->certs, conns, 2));
	assert_int_equal(count(f), 3);
	assert_true(certs_keep(f->certs, conns, 1));
	assert_int_equal(count(f), 2);
	conns[0].from_vici = false; /* the file's has its own */
	assert_true(certs_keep(f->certs, conns, 1));
	assert_int_equal(count(f), 1);
	assert_non_null(certs_find(f->certs, &f->file, CERT_CA, &a.ca));
	assert_int_equal(certs_drop_authority(f->certs, "r", &e), 0);
	assert_true(certs_keep(f->certs, conns, 1));
	assert_int_equal(count(f), 0);
}

static void bound_is_for_all_together(void **state)
{
	struct fixture *f = *state;
	struct cert_conf c = { .kind = CERT_CRL, .octets = slice_of("a", 1) };
	struct error e;

	for (uint32_t i = 0; i < CERTS_MAX - 1; i++) {
		memcpy(c.fingerprint.octets, &i, sizeof(i));
		assert_int_equal(cert_list_add(&f->file.certs, &c, &e), 0);
	}
	assert_int_equal(load(f, CERT_X509, "moon", &e), 0);
	assert_int_equal(load(f, CERT_X509, "sun", &e), -E2BIG);
	assert_string_equal(e.text,
			    "with it certificates and CRLs are more than 4096, "
			    "or have more than 32 MiB together; remove those "
			    "that are not used");
	certs_clear(f->certs);
	assert_int_equal(load(f, CERT_X509, "sun", &e), 0);
}

static void certificate_is_found_by_its_key(void **state)
{
	struct fixture *f = *state;
	const struct cert_conf *found;
	struct fingerprint key;
	struct error e;
	size_t at = 0;

	assert_true(fingerprint_of(pki_public_der("sun"), &key));
	assert_null(certs_next_of_key(f->certs, &f->file, &key, &at));
	assert_int_equal(cert_read(&f->file.certs, CERT_X509, pki_der("moon"),
				   NULL, NULL, &e),
			 0);
	assert_int_equal(certs_load(f->certs, &f->file, CERT_X509,
				    pki_der("sun"), &e),
			 0);
	at = 0;
	found = certs_next_of_key(f->certs, &f->file, &key, &at);
	assert_non_null(found);
	assert_memory_equal(found->octets.ptr, pki_der("sun").ptr,
			    found->octets.len);
	assert_null(certs_next_of_key(f->certs, &f->file, &key, &at));
}

static void names_of_the_file_are_the_files(void **state)
{
	struct fixture *f = *state;
	struct authority own = { .name = "r" };
	struct authority a = { .name = "r", .from_vici = true };
	const struct authority *found;
	struct error e;
	size_t at = 0;

	assert_int_equal(certs_put_authority(f->certs, &f->file, &a, &e), 0);
	assert_int_equal(certs_put_authority(f->certs, &f->file, &a, &e), 0);
	assert_non_null(certs_next_authority(f->certs, &f->file, &at));
	assert_null(certs_next_authority(f->certs, &f->file, &at));
	f->file.authorities = &own;
	f->file.n_authorities = 1;
	at = 0;
	found = certs_next_authority(f->certs, &f->file, &at);
	assert_ptr_equal(found, &own);
	assert_null(certs_next_authority(f->certs, &f->file, &at));
	assert_int_equal(certs_put_authority(f->certs, &f->file, &a, &e),
			 -EEXIST);
	assert_string_equal(e.text,
			    "authority r is the file's: f has it; use another "
			    "name");
	assert_int_equal(certs_drop_authority(f->certs, "r", &e), 0);
	assert_int_equal(certs_drop_authority(f->certs, "r", &e), -ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(what_is_there_twice_is_listed_once),
		CASE(what_is_none_is_refused),
		CASE(clearing_takes_what_was_loaded_alone),
		CASE(what_nobody_names_any_more_goes),
		CASE(bound_is_for_all_together),
		CASE(certificate_is_found_by_its_key),
		CASE(names_of_the_file_are_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
