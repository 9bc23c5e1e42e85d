// SPDX-License-Identifier: BSD-2-Clause
/* What is remembered of connections, in which order, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctrl/control/history.h"

static int start(void **state)
{
	*state = history_new();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	history_free(*state);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

static void happens(struct history *h, const char *conn, uint64_t now_ns)
{
	const struct control_event e = {
		.kind = CONTROL_FAILED,
		.conn = conn,
		.text = "no answer",
	};

	history_add(h, &e, now_ns);
}

static void what_happened_is_told_in_its_order(void **state)
{
	const struct happened *events[HISTORY_CONN_MAX];
	struct history *h = *state;

	happens(h, "a", 1);
	happens(h, "b", 2);
	happens(h, "a", 3);
	assert_int_equal(history_of(h, "a", events), 2);
	assert_int_equal(events[0]->at_ns, 1);
	assert_int_equal(events[1]->at_ns, 3);
	assert_string_equal(events[1]->text, "no answer");
	assert_int_equal(history_of(h, "c", events), 0);
}

static void a_connection_forgets_its_own_oldest_ones(void **state)
{
	const struct happened *events[HISTORY_CONN_MAX];
	struct history *h = *state;

	happens(h, "quiet", 1);
	for (uint64_t i = 0; i < 2 * HISTORY_MAX; i++)
		happens(h, "loud", 100 + i);
	assert_int_equal(history_of(h, "loud", events), HISTORY_CONN_MAX);
	for (size_t i = 0; i < HISTORY_CONN_MAX; i++)
		assert_int_equal(events[i]->at_ns,
				 100 + 2 * HISTORY_MAX - HISTORY_CONN_MAX + i);
	assert_int_equal(history_of(h, "quiet", events), 1);
}

static void of_too_many_connections_the_oldest_are_forgotten(void **state)
{
	const struct happened *events[HISTORY_CONN_MAX];
	struct history *h = *state;
	char name[32];

	for (unsigned int i = 0; i <= HISTORY_MAX; i++) {
		snprintf(name, sizeof(name), "conn%u", i);
		happens(h, name, i);
	}
	assert_int_equal(history_of(h, "conn0", events), 0);
	assert_int_equal(history_of(h, "conn1", events), 1);
	assert_int_equal(history_of(h, name, events), 1);
}

static void what_names_no_connection_is_remembered_as_such(void **state)
{
	const struct control_event gone = { .kind = CONTROL_IKE_GONE };
	const struct happened *events[HISTORY_CONN_MAX];
	struct history *h = *state;

	history_add(h, &gone, 5);
	assert_int_equal(history_of(h, "", events), 1);
	assert_int_equal(events[0]->kind, CONTROL_IKE_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_happened_is_told_in_its_order),
		CASE(a_connection_forgets_its_own_oldest_ones),
		CASE(of_too_many_connections_the_oldest_are_forgotten),
		CASE(what_names_no_connection_is_remembered_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
