// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an IKE SA with one CHILD SA takes in the engine, between two messages: the
 * SAD and the keepers have theirs besides.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_lab.h"

#define FEW	   4U /* so that tables have grown */
#define MORE	   12U
#define BYTES_MOST 3456U

/* With a checker's allocator nobody can say. */
static size_t in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void bring_up(struct ike_lab *lab, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		lab->side[0].n_events = lab->side[1].n_events = 0;
		assert_int_equal(lab_initiate(lab->side[0].engine, "peer", NULL,
					      lab->now_ns),
				 0);
		assert_true(lab_run(lab, LAB_S));
		assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	}
}

/* Of both sides, on average. */
static size_t bytes_of_one(const char *ike)
{
	struct ike_lab *lab = lab_new(1);
	size_t before, after;

	lab_load_both(lab, ike, "aes128gcm16");
	bring_up(lab, FEW);
	before = in_use();
	bring_up(lab, MORE);
	after = in_use();
	lab_free(lab);
	return (after - before) / (2 * MORE);
}

static void assert_small(const char *ike)
{
	size_t bytes = bytes_of_one(ike);

	printf("%s: %zu octets; struct ike_sa %zu, struct child_sa %zu\n", ike,
	       bytes, sizeof(struct ike_sa), sizeof(struct child_sa));
	assert_in_range(bytes, 1, BYTES_MOST);
}

static void ike_sa_with_a_child_is_small(void **state)
{
	(void)state;
	if (!in_use()) {
		print_message(
			"skip - ike_sa_with_a_child_is_small: the allocator does not count\n");
		skip();
	}
	assert_small("aes128gcm16-prfsha256-x25519");
	assert_small("aes256-sha512-modp2048");
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(ike_sa_with_a_child_is_small),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
