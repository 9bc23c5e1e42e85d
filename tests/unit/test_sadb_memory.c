// SPDX-License-Identifier: BSD-2-Clause
/*
 * What outlives SAs does not keep their memory here: when many are gone, so are their
 * pages.
 */
#include "tests/unit/sadb_fixture.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "ctrl/sadb/quiescent.h"

#define SAS	  1000U
#define FIRST_SPI 0x10000U

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

static void memory_of_sas_goes_back(void **state)
{
	(void)state;
	print_message("skipped: a sanitizer's malloc is another one\n");
	skip();
}

#else

/* Of this process, in pages. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
	fclose(file);
	return pages;
}

/* From that SPI on. */
static void add_all(struct pair *p, uint32_t first)
{
	for (uint32_t i = 0; i < SAS; i++) {
		struct sadb_request q = side_add(SADB_OUT, false, first + i,
						 p->policy_a, &p->narrow_a);

		assert_int_equal(side_call(p->a, &q).err, 0);
		bind_now(p->a, &q);
	}
}

static void delete_all(struct pair *p, uint32_t first)
{
	for (uint32_t i = 0; i < SAS; i++) {
		const struct sadb_request q = side_add(
			SADB_OUT, false, first + i, p->policy_a, &p->narrow_a);
		struct sadb_request gone = side_verb(&q, SADB_DELETE);

		assert_int_equal(side_call(p->a, &gone).err, 0);
	}
	quiescent_drain();
	malloc_trim(0);
}

static void memory_of_sas_goes_back(void **state)
{
	struct pair *p = *state;
	long before, peak, after;

	add_all(p, FIRST_SPI); /* tables come to be used */
	delete_all(p, FIRST_SPI);
	before = resident();
	add_all(p, FIRST_SPI + SAS);
	peak = resident();
	delete_all(p, FIRST_SPI + SAS);
	after = resident();
	assert_true(peak - before > SAS / 8);
	assert_true(after - before < (peak - before) / 3);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_of_sas_goes_back,
						pair_setup, pair_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
