// SPDX-License-Identifier: BSD-2-Clause
/* Memory that was freed is the kernel's again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "ctrl/base/trim.h"

#define PIECES	    20000
#define PIECE_BYTES 1000
#define KEPT	    100 /* one of so many stays */
#define LARGE_BYTES (8 << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_MALLOC true
#else
#define HAS_OWN_MALLOC false
#endif

static void skip_here(void)
{
	print_message("skip - a checker's allocator gives nothing back\n");
	skip();
}

/* What the process has of memory, in octets. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long all, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &all, &pages), 2);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void *filled(size_t bytes)
{
	uint8_t *at = malloc(bytes);

	assert_non_null(at);
	memset(at, 1, bytes);
	return at;
}

/* As tunnels that came and went, but for a few. */
static void pieces_between_others_that_stay_go_back(void **state)
{
	static void *pieces[PIECES];
	long before, between, after;
	struct event_base *base;
	struct event *trim;

	(void)state;
	if (HAS_OWN_MALLOC)
		skip_here();
	base = event_base_new();
	trim = trim_new(base, 1);
	assert_non_null(trim);
	before = resident();
	for (size_t i = 0; i < PIECES; i++)
		pieces[i] = filled(PIECE_BYTES);
	for (size_t i = 0; i < PIECES; i++)
		if (i % KEPT)
			free(pieces[i]);
	between = resident();
	assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	after = resident();
	assert_true(between - before > PIECES * PIECE_BYTES * 3 / 4);
	assert_true(after - before < PIECES * PIECE_BYTES / 4);
	for (size_t i = 0; i < PIECES; i += KEPT)
		free(pieces[i]);
	event_free(trim);
	event_base_free(base);
}

/* malloc by itself maps no more what is as large as something that it unmapped. */
static void large_ones_go_back_at_once_each_time(void **state)
{
	void *large, *behind;
	long before;

	(void)state;
	if (HAS_OWN_MALLOC)
		skip_here();
	trim_begin();
	free(filled(LARGE_BYTES));
	before = resident();
	large = filled(LARGE_BYTES);
	behind = filled(PIECE_BYTES);
	assert_true(resident() - before > LARGE_BYTES / 2);
	free(large);
	assert_true(resident() - before < LARGE_BYTES / 2);
	free(behind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_between_others_that_stay_go_back),
		cmocka_unit_test(large_ones_go_back_at_once_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
