// SPDX-License-Identifier: BSD-2-Clause
/* Peers' certificates as they were read: which are kept, how many, and for how long. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/pki/cert_cache.h"
#include "tests/support/pki.h"

#define THREADS 4

static struct cert_cache *all;

static const struct pki_cert certs[] = {
	{ .name = "moon" }, { .name = "long" }, /* its comment is */
};

/* Near the bound of one. */
static char comment[15000 + sizeof("nsComment=")];

static int make(void **state)
{
	struct pki_cert big = certs[1];

	(void)state;
	strcpy(comment, "nsComment=");
	memset(comment + strlen(comment), 'x',
	       sizeof(comment) - 1 - strlen(comment));
	big.exts[0] = comment;
	pki_make(&certs[0]);
	pki_make(&big);
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
	return cert_cache_new(&all);
}

static int stop(void **state)
{
	(void)state;
	cert_cache_unref(all);
	return 0;
}

/* One of as many as wanted: nobody looks at a signature here. */
static struct slice numbered(const char *name, uint32_t i, uint8_t *buf)
{
	struct slice der = pki_der(name);

	memcpy(buf, der.ptr, der.len);
	memcpy(buf + der.len - sizeof(i), &i, sizeof(i));
	return slice_of(buf, der.len);
}

static struct certificate *read_cert(const char *name, uint32_t i)
{
	uint8_t buf[CERTIFICATE_MAX_BYTES];
	struct certificate *c = NULL;
	struct error e;

	if (cert_cache_read(all, numbered(name, i, buf), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void keep(const char *name, uint32_t i)
{
	struct certificate *c = read_cert(name, i);

	cert_cache_keep(all, c);
	certificate_free(c);
}

/* Without keeping any: of one that is, two references are to the same. */
static bool is_kept(const char *name, uint32_t i)
{
	struct certificate *one = read_cert(name, i), *two = read_cert(name, i);
	bool is = one == two;

	assert_true(certificate_equal(one, two));
	certificate_free(one);
	certificate_free(two);
	return is;
}

static void what_is_kept_comes_again_as_it_was_read(void **state)
{
	struct certificate *c = read_cert("moon", 1), *again;

	(void)state;
	assert_false(is_kept("moon", 1));
	cert_cache_keep(all, c);
	again = read_cert("moon", 1);
	assert_ptr_equal(again, c);
	assert_false(is_kept("moon", 2)); /* of one octet another */
	certificate_free(c);
	cert_cache_unref(all);
	assert_true(certificate_equal(again, again)); /* who has it keeps it */
	certificate_free(again);
	assert_int_equal(cert_cache_new(&all), 0);
}

static void what_strangers_send_pushes_nothing_out(void **state)
{
	(void)state;
	keep("moon", 0);
	for (uint32_t i = 1; i < 3 * CERT_CACHE_MAX; i++)
		certificate_free(read_cert("moon", i));
	assert_true(is_kept("moon", 0));
	assert_false(is_kept("moon", 1));
}

static void those_that_are_used_stay(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CERT_CACHE_MAX; i++)
		keep("moon", i);
	assert_true(is_kept("moon", 0)); /* it is used by that */
	keep("moon", 1);
	keep("moon", CERT_CACHE_MAX);
	keep("moon", CERT_CACHE_MAX + 1);
	assert_true(is_kept("moon", 0));
	assert_true(is_kept("moon", 1));
	assert_false(is_kept("moon", 2));
	assert_false(is_kept("moon", 3));
	assert_true(is_kept("moon", 4));
}

/* As many as there are of CERT_CACHE_MAX_BYTES, and no more. */
static void long_ones_are_fewer(void **state)
{
	uint32_t n = CERT_CACHE_MAX_BYTES / (uint32_t)pki_der("long").len;

	(void)state;
	assert_in_range(n, 100, 200);
	for (uint32_t i = 0; i <= n; i++)
		keep("long", i);
	assert_false(is_kept("long", 0));
	for (uint32_t i = 1; i <= n; i++)
		assert_true(is_kept("long", i));
}

static void what_is_none_is_none_each_time(void **state)
{
	struct certificate *c = NULL;
	struct error e;

	(void)state;
	keep("moon", 0);
	for (int i = 0; i < 2; i++) {
		struct slice cut = pki_der("moon");

		cut.len--;
		assert_int_equal(cert_cache_read(all, cut, &c, &e), -EBADMSG);
		cut.len = 0;
		assert_int_equal(cert_cache_read(all, cut, &c, &e), -EBADMSG);
		cut.len = CERTIFICATE_MAX_BYTES + 1; /* nothing is read of it */
		assert_int_equal(cert_cache_read(all, cut, &c, &e), -E2BIG);
	}
	assert_null(c);
}

static void without_one_certificates_are_read(void **state)
{
	struct certificate *c = NULL;
	struct error e;

	(void)state;
	assert_int_equal(cert_cache_read(NULL, pki_der("moon"), &c, &e), 0);
	cert_cache_keep(NULL, c);
	certificate_free(c);
	assert_null(cert_cache_ref(NULL));
	cert_cache_unref(NULL);
}

static void *work(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < 500; i++)
		keep("moon", i % 5);
	return NULL;
}

static void threads_use_it_at_once(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, NULL),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(is_kept("moon", i));
	assert_false(is_kept("moon", 5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_comes_again_as_it_was_read),
		TEST(what_strangers_send_pushes_nothing_out),
		TEST(those_that_are_used_stay),
		TEST(long_ones_are_fewer),
		TEST(what_is_none_is_none_each_time),
		TEST(without_one_certificates_are_read),
		TEST(threads_use_it_at_once),
	};

	return cmocka_run_group_tests(tests, make, end);
}
