// SPDX-License-Identifier: BSD-2-Clause
/* The state mirror's sealed part: what is kept, and what a fresh ike gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/seam.h"
#include "ctrl/daemon/records.h"

static struct ike_record record;

static const struct ike_record *of(enum ike_record_kind kind, uint32_t id,
				   const char *octets, bool more)
{
	memset(&record, 0, sizeof(record));
	record.number++;
	record.kind = (uint8_t)kind;
	record.id = id;
	record.more = more;
	record.len = (uint32_t)strlen(octets);
	memcpy(record.octets, octets, record.len);
	return &record;
}

/* "ike 3 abc, child 7 de" of all that is kept. */
static int put_text(void *ctx, const struct ike_record *r)
{
	char *text = ctx;
	size_t len = strlen(text);

	snprintf(text + len, 256 - len, "%s%s %u %.*s", len ? ", " : "",
		 r->kind == RECORD_IKE ? "ike" : "child", r->id, (int)r->len,
		 (const char *)r->octets);
	return 0;
}

static void assert_kept(const struct records *r, const char *want)
{
	char text[256] = "";

	assert_int_equal(records_each(r, put_text, text), 0);
	assert_string_equal(text, want);
}

static int setup(void **state)
{
	*state = records_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	records_free(*state);
	return 0;
}

static void ike_sas_come_first_and_the_last_of_each_counts(void **state)
{
	struct records *r = *state;

	assert_int_equal(records_put(r, of(RECORD_CHILD, 9, "nine", false)), 0);
	assert_int_equal(records_put(r, of(RECORD_IKE, 4, "four", false)), 0);
	assert_int_equal(records_put(r, of(RECORD_IKE, 2, "two", false)), 0);
	assert_int_equal(records_put(r, of(RECORD_IKE, 4, "vier", false)), 0);
	assert_kept(r, "ike 2 two, ike 4 vier, child 9 nine");
	assert_int_equal(records_count(r), 3);
}

static void one_without_octets_takes_the_sa_away(void **state)
{
	struct records *r = *state;

	records_put(r, of(RECORD_IKE, 4, "four", false));
	records_put(r, of(RECORD_CHILD, 4, "child", false));
	assert_int_equal(records_put(r, of(RECORD_IKE, 4, "", false)), 0);
	assert_kept(r, "child 4 child");
	assert_int_equal(records_put(r, of(RECORD_IKE, 5, "", false)), 0);
	assert_kept(r, "child 4 child");
}

static void moment_is_kept_whole_or_not_at_all(void **state)
{
	struct records *r = *state;

	records_put(r, of(RECORD_IKE, 1, "old", false));
	records_put(r, of(RECORD_IKE, 1, "new", true));
	records_put(r, of(RECORD_CHILD, 2, "heir", true));
	assert_kept(r, "ike 1 old");
	records_ended(r);
	assert_kept(r, "ike 1 old");
	records_put(r, of(RECORD_IKE, 1, "new", true));
	records_put(r, of(RECORD_CHILD, 2, "heir", false));
	assert_kept(r, "ike 1 new, child 2 heir");
}

static void what_is_no_record_is_refused(void **state)
{
	struct records *r = *state;

	of(RECORD_IKE, 1, "x", false);
	record.kind = 2;
	assert_int_equal(records_put(r, &record), -EINVAL);
	of(RECORD_IKE, 1, "x", false);
	record.len = IKE_RECORD_MAX + 1;
	assert_int_equal(records_put(r, &record), -EINVAL);
	assert_kept(r, "");
}

static void there_are_so_many_and_no_more(void **state)
{
	struct records *r = *state;

	for (uint32_t id = 1; id <= RECORDS_MAX; id++)
		assert_int_equal(records_put(r, of(RECORD_IKE, id, "x", false)),
				 0);
	assert_int_equal(records_put(r, of(RECORD_IKE, 99999, "y", false)),
			 -ENOSPC);
	assert_int_equal(records_put(r, of(RECORD_IKE, 7, "y", false)), 0);
	assert_int_equal(records_count(r), RECORDS_MAX);
	records_clear(r);
	assert_int_equal(records_count(r), 0);
}

/* Whoever says "more" for ever. */
static void endless_moment_is_refused(void **state)
{
	struct records *r = *state;
	int err = 0;

	for (uint32_t i = 0; !err && i < 10 * RECORDS_MAX; i++)
		err = records_put(r, of(RECORD_IKE, i, "x", true));
	assert_int_equal(err, -ENOSPC);
	records_ended(r);
	assert_int_equal(records_put(r, of(RECORD_IKE, 1, "x", false)), 0);
	assert_int_equal(records_count(r), 1);
}

/* Of a part of it a fresh ike would make other SAs than there were. */
static void of_a_moment_that_is_too_long_nothing_is_kept(void **state)
{
	struct records *r = *state;

	records_put(r, of(RECORD_IKE, 3, "three", false));
	records_put(r, of(RECORD_CHILD, 3, "child", false));
	records_put(r, of(RECORD_CHILD, 4, "four", false));
	records_put(r, of(RECORD_CHILD, 3, "new", true));
	for (uint32_t i = 0; i < 10 * RECORDS_MAX; i++)
		records_put(r, of(RECORD_IKE, 99, "x", true));
	assert_int_equal(records_put(r, of(RECORD_IKE, 3, "new", false)),
			 -ENOSPC);
	assert_kept(r, "child 4 four");
	assert_int_equal(records_put(r, of(RECORD_IKE, 3, "next", false)), 0);
	assert_kept(r, "ike 3 next, child 4 four");
}

/* They go to a fresh ike at once, by a link that holds no more. */
static void all_together_are_so_long_and_no_longer(void **state)
{
	struct records *r = *state;
	const struct ike_record *one = of(RECORD_IKE, 0, "x", false);
	size_t each = offsetof(struct ike_record, octets) + IKE_RECORD_MAX;

	record.len = IKE_RECORD_MAX;
	while (!records_put(r, one))
		record.id++;
	assert_int_equal(records_put(r, one), -ENOSPC);
	assert_int_equal(records_count(r), RECORDS_BYTES_MAX / each);
	record.id = 0;
	assert_int_equal(records_put(r, one), 0);
	assert_true(RECORDS_BYTES_MAX < SEAM_BULK_BYTES);
}

static int refuse(void *ctx, const struct ike_record *r)
{
	(void)r;
	++*(int *)ctx;
	return -ENOBUFS;
}

static void who_takes_no_more_gets_no_more(void **state)
{
	struct records *r = *state;
	int asked = 0;

	records_put(r, of(RECORD_IKE, 1, "x", false));
	records_put(r, of(RECORD_CHILD, 1, "x", false));
	assert_int_equal(records_each(r, refuse, &asked), -ENOBUFS);
	assert_int_equal(asked, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ike_sas_come_first_and_the_last_of_each_counts),
		CASE(one_without_octets_takes_the_sa_away),
		CASE(moment_is_kept_whole_or_not_at_all),
		CASE(what_is_no_record_is_refused),
		CASE(there_are_so_many_and_no_more),
		CASE(endless_moment_is_refused),
		CASE(of_a_moment_that_is_too_long_nothing_is_kept),
		CASE(all_together_are_so_long_and_no_longer),
		CASE(who_takes_no_more_gets_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
