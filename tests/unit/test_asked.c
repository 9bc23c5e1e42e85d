// SPDX-License-Identifier: BSD-2-Clause
/* Questions to the keystore that a ctl took with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctrl/daemon/asked.h"

static int setup(void **state)
{
	*state = asked_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	asked_free(*state);
	return 0;
}

static void ask(struct asked *a, uint64_t token)
{
	const struct keystore_request q = { .token = token };

	asked_add(a, &q);
}

struct seen {
	uint64_t first, last;
	unsigned int n;
};

static void look(void *ctx, const struct keystore_request *q)
{
	struct seen *s = ctx;

	if (!s->n++)
		s->first = q->token;
	s->last = q->token;
}

static struct seen see(const struct asked *a)
{
	struct seen s = { .n = 0 };

	asked_each(a, look, &s);
	return s;
}

static void what_was_not_answered_is_there_in_its_order(void **state)
{
	ask(*state, 3);
	ask(*state, 1);
	ask(*state, 2);
	asked_done(*state, 1);
	asked_done(*state, 7);
	assert_int_equal(see(*state).n, 2);
	assert_int_equal(see(*state).first, 3);
	assert_int_equal(see(*state).last, 2);
	asked_done(*state, 3);
	asked_done(*state, 2);
	assert_int_equal(see(*state).n, 0);
}

static void oldest_go_when_there_are_too_many(void **state)
{
	for (uint64_t token = 1; token <= ASKED_MAX + 2; token++)
		ask(*state, token);
	assert_int_equal(see(*state).n, ASKED_MAX);
	assert_int_equal(see(*state).first, 3);
	assert_int_equal(see(*state).last, ASKED_MAX + 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_not_answered_is_there_in_its_order),
		CASE(oldest_go_when_there_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
