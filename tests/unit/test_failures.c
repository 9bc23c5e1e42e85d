// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which failure is kept, for how long, and how many of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctrl/daemon/failures.h"

static int start(void **state)
{
	*state = failures_new();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	failures_free(*state);
	return 0;
}

static void happens(struct failures *f, enum ike_event_kind kind,
		    const char *child, const char *text, uint64_t now_ns)
{
	const struct ike_event e = {
		.kind = kind,
		.conn = "site",
		.child = child,
		.path.remote.octets[15] = 9,
		.text = text,
	};

	failures_event(f, &e, now_ns);
}

static void assert_failure(const struct failures *f, const char *child,
			   const char *want, uint64_t at_ns)
{
	const struct failure *found = failures_find(f, "site", child);

	assert_non_null(found);
	assert_string_equal(found->text, want);
	assert_int_equal(found->at_ns, at_ns);
}

static void failure_of_the_connection_is_that_of_all_its_children(void **state)
{
	struct failures *f = *state;

	assert_null(failures_find(f, "site", "net"));
	happens(f, IKE_EV_FAILED, "", "the peer does not answer", 5);
	assert_failure(f, "net", "the peer does not answer", 5);
	assert_failure(f, "lab", "the peer does not answer", 5);
	assert_null(failures_find(f, "branch", "net"));
	assert_false(failures_find(f, "site", "net")->ended);
	assert_int_equal(failures_find(f, "site", "net")->peer.octets[15], 9);
}

static void failure_of_a_child_is_its_own(void **state)
{
	struct failures *f = *state;

	happens(f, IKE_EV_FAILED, "net", "selector mismatch", 5);
	assert_failure(f, "net", "selector mismatch", 5);
	assert_null(failures_find(f, "site", "lab"));
}

static void last_failure_is_the_one_that_counts(void **state)
{
	struct failures *f = *state;

	happens(f, IKE_EV_FAILED, "", "first", 5);
	happens(f, IKE_EV_FAILED, "net", "second", 6);
	assert_failure(f, "net", "second", 6);
	happens(f, IKE_EV_FAILED, "", "third", 7);
	assert_failure(f, "net", "third", 7);
	happens(f, IKE_EV_FAILED, "net", "fourth", 8);
	assert_failure(f, "net", "fourth", 8);
	assert_failure(f, "lab", "third", 7);
}

static void what_is_up_has_no_failure(void **state)
{
	struct failures *f = *state;

	happens(f, IKE_EV_FAILED, "", "the peer does not answer", 5);
	happens(f, IKE_EV_FAILED, "net", "selector mismatch", 6);
	happens(f, IKE_EV_IKE_UP, "", "", 7);
	assert_failure(f, "net", "selector mismatch", 6);
	assert_null(failures_find(f, "site", "lab"));
	happens(f, IKE_EV_CHILD_UP, "lab", "", 7);
	assert_failure(f, "net", "selector mismatch", 6);
	happens(f, IKE_EV_CHILD_UP, "net", "", 8);
	assert_null(failures_find(f, "site", "net"));
}

static void child_that_ended_says_why(void **state)
{
	struct failures *f = *state;

	happens(f, IKE_EV_CHILD_DOWN, "net", "deleted by the peer", 5);
	happens(f, IKE_EV_IKE_DOWN, "", "deleted by the peer", 6);
	assert_failure(f, "net", "deleted by the peer", 5);
	assert_true(failures_find(f, "site", "net")->ended);
	assert_null(failures_find(f, "site", "lab"));
}

static void peer_without_a_connection_is_remembered_too(void **state)
{
	const struct ike_event e = { .kind = IKE_EV_FAILED,
				     .conn = "",
				     .child = "",
				     .text = "proposal mismatch" };
	struct failures *f = *state;

	failures_event(f, &e, 5);
	assert_string_equal(failures_find(f, "", "")->text, "proposal mismatch");
	assert_null(failures_find(f, "site", "net"));
}

static void end_of_the_process_is_a_failure_of_every_connection(void **state)
{
	static const struct conn_conf conns[2] = { { .name = "site" },
						   { .name = "branch" } };
	struct failures *f = *state;

	happens(f, IKE_EV_FAILED, "net", "selector mismatch", 8);
	failures_process_ended(f, conns, 2, 9);
	assert_failure(f, "net", "the IKE process ended", 9);
	assert_failure(f, "lab", "the IKE process ended", 9);
	assert_non_null(failures_find(f, "branch", "net"));
	assert_null(failures_find(f, "", ""));
}

static void oldest_failure_makes_room(void **state)
{
	struct failures *f = *state;
	char name[16];

	for (unsigned int i = 0; i <= FAILURES_MAX; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		happens(f, IKE_EV_FAILED, name, "no", 100 + i);
		if (i == 0) /* again: it is not the oldest one any more */
			happens(f, IKE_EV_FAILED, "c0", "no", 1000);
	}
	assert_failure(f, "c0", "no", 1000);
	assert_null(failures_find(f, "site", "c1"));
	assert_failure(f, "c2", "no", 102);
	assert_failure(f, name, "no", 100 + FAILURES_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(failure_of_the_connection_is_that_of_all_its_children),
		CASE(failure_of_a_child_is_its_own),
		CASE(last_failure_is_the_one_that_counts),
		CASE(what_is_up_has_no_failure),
		CASE(child_that_ended_says_why),
		CASE(peer_without_a_connection_is_remembered_too),
		CASE(end_of_the_process_is_a_failure_of_every_connection),
		CASE(oldest_failure_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
