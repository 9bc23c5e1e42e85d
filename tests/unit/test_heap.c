// SPDX-License-Identifier: BSD-2-Clause
/* The heap of times against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/base/heap.h"

#define NODES 200U
#define STEPS 20000U
#define TIMES 50U /* so that some are the same */

static struct heap_node nodes[NODES];

static uint64_t first_of_all(uint32_t *n)
{
	uint64_t first = UINT64_MAX;

	*n = 0;
	for (uint32_t i = 0; i < NODES; i++) {
		if (!nodes[i].place)
			continue;
		++*n;
		if (nodes[i].at_ns < first)
			first = nodes[i].at_ns;
	}
	return first;
}

static void assert_first(const struct heap *h)
{
	uint32_t n;
	uint64_t first = first_of_all(&n);

	assert_int_equal(h->n, n);
	assert_int_equal(heap_first_ns(h), first);
	if (n)
		assert_int_equal(heap_first(h)->at_ns, first);
	else
		assert_null(heap_first(h));
}

static void first_one_is_the_one_with_the_least_time(void **state)
{
	struct heap h = { 0 };

	(void)state;
	srand(1);
	assert_int_equal(heap_reserve(&h, NODES), 0);
	for (uint32_t i = 0; i < STEPS; i++) {
		struct heap_node *node = &nodes[(uint32_t)rand() % NODES];

		if (node->place) {
			heap_take(&h, node);
		} else {
			node->at_ns = (uint32_t)rand() % TIMES;
			heap_put(&h, node);
		}
		assert_first(&h);
	}
	while (h.n) {
		heap_take(&h, heap_first(&h));
		assert_first(&h);
	}
	heap_fini(&h);
}

static void node_of_no_heap_is_taken_from_none(void **state)
{
	struct heap_node in = { .at_ns = 1 }, out = { .at_ns = 0 };
	struct heap h = { 0 };

	(void)state;
	assert_int_equal(heap_reserve(&h, 1), 0);
	heap_put(&h, &in);
	heap_take(&h, &out);
	assert_ptr_equal(heap_first(&h), &in);
	heap_fini(&h);
}

static void more_room_leaves_what_is_there(void **state)
{
	struct heap_node one = { .at_ns = 2 }, two = { .at_ns = 1 };
	struct heap h = { 0 };

	(void)state;
	assert_int_equal(heap_reserve(&h, 1), 0);
	heap_put(&h, &one);
	assert_int_equal(heap_reserve(&h, 2), 0);
	heap_put(&h, &two);
	assert_ptr_equal(heap_first(&h), &two);
	heap_take(&h, &two);
	assert_ptr_equal(heap_first(&h), &one);
	heap_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_one_is_the_one_with_the_least_time),
		cmocka_unit_test(node_of_no_heap_is_taken_from_none),
		cmocka_unit_test(more_room_leaves_what_is_there),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
