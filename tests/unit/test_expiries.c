// SPDX-License-Identifier: BSD-2-Clause
/* When certificates end, as status has it, and what is told of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/expiries.h"
#include "ctrl/pki/cert_read.h"
#include "ctrl/pki/expiry.h"
#include "tests/support/pki.h"

#define CA "basicConstraints=critical,CA:TRUE"

struct fixture {
	struct certs *certs;
	struct config file;
	struct expiries x;
	struct expiry_source from;
};

static char told[2048];
static unsigned int n_told, n_over;

static void tell(const char *line, bool is_over)
{
	snprintf(told, sizeof(told), "%s", line);
	n_told++;
	n_over += is_over;
}

/* Moon's. */
static bool is_own(void *ctx, const struct cert_conf *cert)
{
	const struct fixture *f = ctx;

	return fingerprint_equal(&cert->key, &f->file.certs.at[1].key);
}

static int start(void **state)
{
	static const struct pki_cert made[] = {
		{ .name = "root", .exts = { CA }, .until_h = 24 * 400 },
		{ .name = "moon", .issuer = "root", .until_h = 24 * 20 },
		{ .name = "sun", .issuer = "root", .from_h = -9, .until_h = -1 },
		{ .name = "mars", .issuer = "root", .until_h = 24 * 200 },
	};
	struct fixture *f = calloc(1, sizeof(*f));
	struct error e;

	for (size_t i = 0; i < 4; i++)
		pki_make(&made[i]);
	f->certs = certs_new();
	f->file.file = (char *)"f";
	if (!f->certs ||
	    cert_read(&f->file.certs, CERT_CA, pki_der("root"), "root.pem",
		      NULL, &e) ||
	    cert_read(&f->file.certs, CERT_X509, pki_der("moon"), "moon.pem",
		      NULL, &e))
		return -1;
	f->from = (struct expiry_source){
		.certs = f->certs, .file = &f->file, .is_own = is_own, .ctx = f
	};
	n_told = n_over = 0;
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	expiries_free(&f->x);
	certs_free(f->certs);
	cert_list_free(&f->file.certs);
	free(f);
	pki_end();
	return 0;
}

static void load(struct fixture *f, const char *name)
{
	struct error e;

	assert_int_equal(
		certs_load(f->certs, &f->file, CERT_X509, pki_der(name), &e), 0);
	assert_int_equal(expiries_fill(&f->x, &f->from, PKI_NOW_S, tell), 0);
}

static void first_is_the_one_that_ends_first(void **state)
{
	static const struct {
		const char *subject, *from, *kind;
		int64_t left_h;
	} want[] = {
		{ "C=CH, CN=sun", "", "peer", -1 },
		{ "C=CH, CN=moon", "moon.pem", "own", 24 * 20 },
		{ "C=CH, CN=mars", "", "peer", 24 * 200 },
		{ "C=CH, CN=root", "root.pem", "ca", 24 * 400 },
	};
	struct fixture *f = *state;
	struct status s = { .n_certs = 0 };

	load(f, "mars");
	load(f, "sun");
	assert_int_equal(expiries_show(&f->x, PKI_NOW_S, &s), 0);
	assert_int_equal(s.n_certs, 4);
	assert_int_equal(s.now_s, PKI_NOW_S);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(s.certs[i].subject, want[i].subject);
		assert_string_equal(s.certs[i].from, want[i].from);
		assert_string_equal(s.certs[i].kind, want[i].kind);
		assert_int_equal(s.certs[i].not_after_s,
				 PKI_NOW_S + want[i].left_h * 3600);
	}
	free(s.certs);
}

static void what_comes_over_vici_is_told_of_once(void **state)
{
	struct fixture *f = *state;

	load(f, "mars");
	assert_int_equal(n_told, 0);
	load(f, "sun");
	assert_int_equal(n_told, 1);
	assert_int_equal(n_over, 1);
	assert_non_null(strstr(told, "CN=sun (loaded over VICI) has expired"));
	load(f, "mars");
	assert_int_equal(n_told, 1);
}

static void every_day_all_are_told_of_that_end_soon(void **state)
{
	struct fixture *f = *state;

	load(f, "mars");
	expiries_tell(&f->from, PKI_NOW_S, tell);
	assert_int_equal(n_told, 1);
	assert_int_equal(n_over, 0);
	assert_non_null(strstr(told, "CN=moon (moon.pem) expires in 20 days"));
	expiries_tell(&f->from, PKI_NOW_S + 21 * 86400, tell);
	assert_int_equal(n_told, 2);
	assert_int_equal(n_over, 1);
	expiries_tell(&f->from, PKI_NOW_S + 180 * 86400, tell);
	assert_int_equal(n_told, 4);
}

static void one_that_is_there_twice_is_shown_once(void **state)
{
	struct fixture *f = *state;

	load(f, "root");
	load(f, "moon");
	assert_int_equal(f->x.n, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_is_the_one_that_ends_first),
		CASE(what_comes_over_vici_is_told_of_once),
		CASE(every_day_all_are_told_of_that_end_soon),
		CASE(one_that_is_there_twice_is_shown_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
