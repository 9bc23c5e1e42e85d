// SPDX-License-Identifier: BSD-2-Clause
/* Commands that wait for what was loaded, and for an ike. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/held.h"
#include "ctrl/model/ike_redirect.h"

#define START_NS (1000 * NS_PER_S)
#define TOLD_MAX 256

struct bench {
	struct held *held;
	enum held_for waits;
	int give_err;
	uint64_t now_ns;
	char told[TOLD_MAX]; /* what was given and what failed, by tokens */
	uint64_t asks_on_fail; /* a client that asks for that then; 0: none does */
	char conn[CONN_NAME_MAX], child[CONN_NAME_MAX]; /* given last */
	struct ike_redirect redirect;
};

static void tell(struct bench *b, const char *what, uint64_t token, int err)
{
	size_t len = strlen(b->told);

	if (err)
		snprintf(b->told + len, sizeof(b->told) - len, "%s%d:%d ", what,
			 (int)token, -err);
	else
		snprintf(b->told + len, sizeof(b->told) - len, "%s%d ", what,
			 (int)token);
}

static enum held_for on_waits(void *ctx)
{
	const struct bench *b = ctx;

	return b->waits;
}

static int on_give(void *ctx, const struct control_command *command)
{
	struct bench *b = ctx;

	tell(b, "+", command->token, 0);
	snprintf(b->conn, sizeof(b->conn), "%s", command->conn);
	snprintf(b->child, sizeof(b->child), "%s",
		 command->child ? command->child : "none");
	if (command->redirect)
		b->redirect = *command->redirect;
	return b->give_err;
}

static void put(struct bench *b, uint64_t token)
{
	const struct control_command command = { .token = token,
						 .verb = CONTROL_INITIATE,
						 .conn = "site",
						 .child = "net" };

	held_put(b->held, &command, b->now_ns);
}

static void on_fail(void *ctx, uint64_t token, int err)
{
	struct bench *b = ctx;
	uint64_t next = b->asks_on_fail;

	tell(b, "-", token, err);
	b->asks_on_fail = 0;
	if (next)
		put(b, next);
}

static int setup(void **state)
{
	static struct bench b;
	const struct held_calls calls = { on_waits, on_give, on_fail, &b };

	b = (struct bench){ .now_ns = START_NS, .waits = HELD_FOR_NOTHING };
	b.held = held_new(&calls);
	*state = &b;
	return b.held ? 0 : -1;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	held_free(b->held);
	return 0;
}

static void assert_told(struct bench *b, const char *want)
{
	assert_string_equal(b->told, want);
	b->told[0] = '\0';
}

static void go(struct bench *b, enum held_for waits)
{
	b->waits = waits;
	held_go(b->held, b->now_ns);
}

static void command_that_need_not_wait_is_given_at_once(void **state)
{
	struct bench *b = *state;

	put(b, 1);
	assert_told(b, "+1 ");
	assert_int_equal(held_due_ns(b->held), 0);
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "");
}

static void command_waits_for_changes_and_then_for_ike(void **state)
{
	struct bench *b = *state;

	b->waits = HELD_FOR_CHANGES;
	put(b, 1);
	put(b, 2);
	b->now_ns += 1000 * NS_PER_S; /* they end by themselves */
	go(b, HELD_FOR_CHANGES);
	assert_int_equal(held_due_ns(b->held), 0);
	go(b, HELD_FOR_IKE);
	assert_told(b, "");
	assert_int_equal(held_due_ns(b->held), b->now_ns + HELD_NS);
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "+1 +2 ");
	assert_int_equal(held_due_ns(b->held), 0);
}

/* Nothing that is due in the past wakes anybody for ever. */
static void time_for_ike_begins_anew_behind_changes(void **state)
{
	struct bench *b = *state;

	b->waits = HELD_FOR_IKE;
	put(b, 1);
	go(b, HELD_FOR_CHANGES);
	assert_int_equal(held_due_ns(b->held), 0);
	b->now_ns += 2 * HELD_NS;
	go(b, HELD_FOR_IKE);
	assert_told(b, "");
	assert_int_equal(held_due_ns(b->held), b->now_ns + HELD_NS);
}

static void each_waits_for_ike_for_its_own_time(void **state)
{
	struct bench *b = *state;

	b->waits = HELD_FOR_IKE;
	put(b, 1);
	b->now_ns += NS_PER_S;
	put(b, 2);
	b->now_ns = START_NS + HELD_NS - 1;
	go(b, HELD_FOR_IKE);
	assert_told(b, "");
	b->now_ns++;
	go(b, HELD_FOR_IKE);
	assert_told(b, "-1:11 ");
	assert_int_equal(held_due_ns(b->held), START_NS + NS_PER_S + HELD_NS);
	b->now_ns += NS_PER_S;
	go(b, HELD_FOR_IKE);
	assert_told(b, "-2:11 ");
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "");
}

static void ike_that_ends_leaves_what_it_did_not_answer_to_the_next(void **state)
{
	struct bench *b = *state;

	put(b, 1);
	put(b, 2);
	put(b, 3);
	held_answered(b->held, 2);
	held_answered(b->held, 4);
	assert_told(b, "+1 +2 +3 ");
	b->waits = HELD_FOR_IKE;
	held_ike_ended(b->held, b->now_ns);
	put(b, 5);
	assert_told(b, "");
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "+1 +3 +5 ");
}

static void command_that_ike_ends_over_is_given_twice_at_most(void **state)
{
	struct bench *b = *state;

	put(b, 1);
	b->waits = HELD_FOR_IKE;
	held_ike_ended(b->held, b->now_ns);
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "+1 +1 ");
	put(b, 2);
	b->waits = HELD_FOR_IKE;
	b->asks_on_fail = 3;
	held_ike_ended(b->held, b->now_ns);
	assert_told(b, "+2 -1:32 ");
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "+2 +3 ");
}

static void command_that_cannot_be_given_fails(void **state)
{
	struct bench *b = *state;

	b->give_err = -ENOTCONN;
	put(b, 1);
	assert_told(b, "+1 -1:107 ");
	b->give_err = 0;
	b->waits = HELD_FOR_IKE;
	held_ike_ended(b->held, b->now_ns);
	go(b, HELD_FOR_NOTHING);
	assert_told(b, "");
}

/* As many as there may be; what ike was given makes room, the oldest first. */
static void too_many_are_refused(void **state)
{
	struct bench *b = *state;

	put(b, 1);
	put(b, 2);
	b->waits = HELD_FOR_CHANGES;
	for (unsigned int i = 2; i < HELD_MAX; i++)
		put(b, 100 + i);
	assert_told(b, "+1 +2 ");
	put(b, 3);
	put(b, 4);
	assert_told(b, "");
	put(b, 5);
	assert_told(b, "-5:16 ");
	held_ike_ended(b->held, b->now_ns); /* it had 1 and 2, forgotten */
	assert_told(b, "");
}

static void what_a_command_names_is_copied(void **state)
{
	struct bench *b = *state;
	char conn[] = "one", child[] = "two";
	struct ike_redirect redirect = { .ike_id = 7 };
	struct control_command command = { .token = 1,
					   .verb = CONTROL_REDIRECT,
					   .conn = conn,
					   .child = child,
					   .redirect = &redirect };

	b->waits = HELD_FOR_IKE;
	held_put(b->held, &command, b->now_ns);
	memset(conn, 'x', sizeof(conn) - 1);
	memset(child, 'x', sizeof(child) - 1);
	redirect.ike_id = 8;
	go(b, HELD_FOR_NOTHING);
	assert_string_equal(b->conn, "one");
	assert_string_equal(b->child, "two");
	assert_int_equal(b->redirect.ike_id, 7);
	command.child = NULL;
	held_put(b->held, &command, b->now_ns);
	assert_string_equal(b->child, "none");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(command_that_need_not_wait_is_given_at_once),
		CASE(command_waits_for_changes_and_then_for_ike),
		CASE(time_for_ike_begins_anew_behind_changes),
		CASE(each_waits_for_ike_for_its_own_time),
		CASE(ike_that_ends_leaves_what_it_did_not_answer_to_the_next),
		CASE(command_that_ike_ends_over_is_given_twice_at_most),
		CASE(command_that_cannot_be_given_fails),
		CASE(too_many_are_refused),
		CASE(what_a_command_names_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
