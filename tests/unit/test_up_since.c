// SPDX-License-Identifier: BSD-2-Clause
/*
 * Since when tunnels are up: what renews an SA is no new start, and a gap is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ctrl/daemon/up_since.h"

static int start(void **state)
{
	*state = up_since_new();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	up_since_free(*state);
	return 0;
}

static void happens(struct up_since *u, enum ike_event_kind kind,
		    const char *child, uint64_t now_ns)
{
	const struct ike_event e = {
		.kind = kind, .conn = "site", .child = child, .text = ""
	};

	up_since_event(u, &e, now_ns);
}

static void assert_since(const struct up_since *u, const char *child,
			 uint64_t want)
{
	assert_int_equal(up_since_find(u, "site", child), want);
}

static void tunnel_is_up_since_its_first_sa(void **state)
{
	struct up_since *u = *state;

	assert_since(u, "net", 0);
	happens(u, IKE_EV_CHILD_UP, "net", 5);
	assert_since(u, "net", 5);
	assert_since(u, "lab", 0);
	assert_int_equal(up_since_find(u, "branch", "net"), 0);
}

static void rekeyed_sa_is_no_new_start(void **state)
{
	struct up_since *u = *state;

	happens(u, IKE_EV_CHILD_UP, "net", 5);
	happens(u, IKE_EV_CHILD_UP, "net", 8); /* before the old one goes */
	happens(u, IKE_EV_CHILD_DOWN, "net", 9);
	assert_since(u, "net", 5);
}

static void gap_is_one(void **state)
{
	struct up_since *u = *state;

	happens(u, IKE_EV_CHILD_UP, "net", 5);
	happens(u, IKE_EV_CHILD_DOWN, "net", 6);
	assert_since(u, "net", 0);
	happens(u, IKE_EV_CHILD_DOWN, "net", 7); /* of which nobody was told */
	happens(u, IKE_EV_CHILD_UP, "net", 8);
	assert_since(u, "net", 8);
}

static void other_events_change_nothing(void **state)
{
	struct up_since *u = *state;

	happens(u, IKE_EV_CHILD_UP, "net", 5);
	happens(u, IKE_EV_FAILED, "net", 6);
	happens(u, IKE_EV_IKE_DOWN, "", 7);
	assert_since(u, "net", 5);
}

static void many_tunnels_are_told_apart(void **state)
{
	struct up_since *u = *state;
	char name[16];

	for (unsigned int i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "net%u", i);
		happens(u, IKE_EV_CHILD_UP, name, i);
	}
	for (unsigned int i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "net%u", i);
		assert_since(u, name, i);
	}
}

/* --- what is there is told anew */

static struct ike_sa_view ike = { .id = 3, .conn = "site" };

static struct child_sa_view child(const char *name, enum sa_view_state state,
				  uint64_t installed_ns)
{
	struct child_sa_view c = { .ike_id = 3,
				   .state = (uint8_t)state,
				   .installed_ns = installed_ns };

	snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

static void show(struct up_since *u, struct child_sa_view *children, size_t n)
{
	const struct sas sas = {
		.ike = &ike, .n_ike = 1, .child = children, .n_child = n
	};

	up_since_shown(u, &sas);
}

static void what_is_there_is_up_since_its_oldest_sa(void **state)
{
	struct child_sa_view all[] = { child("net", SA_VIEW_UP, 9),
				       child("net", SA_VIEW_REKEYED, 7),
				       child("lab", SA_VIEW_CONNECTING, 0) };
	struct up_since *u = *state;

	show(u, all, 3);
	assert_since(u, "net", 7);
	assert_since(u, "lab", 0);
	happens(u, IKE_EV_CHILD_DOWN, "net", 10);
	assert_since(u, "net", 7); /* the other one is there still */
	happens(u, IKE_EV_CHILD_DOWN, "net", 11);
	assert_since(u, "net", 0);
}

static void what_was_known_before_stays(void **state)
{
	struct child_sa_view all[] = { child("net", SA_VIEW_UP, 9) };
	struct up_since *u = *state;

	happens(u, IKE_EV_CHILD_UP, "net", 5);
	happens(u, IKE_EV_CHILD_UP, "net", 9);
	show(u, all, 1); /* the old one went without a word */
	assert_since(u, "net", 5);
	happens(u, IKE_EV_CHILD_DOWN, "net", 12);
	assert_since(u, "net", 0);
}

static void what_is_not_there_any_more_is_down(void **state)
{
	struct up_since *u = *state;

	happens(u, IKE_EV_CHILD_UP, "net", 5);
	show(u, NULL, 0);
	assert_since(u, "net", 0);
	happens(u, IKE_EV_CHILD_UP, "net", 8);
	assert_since(u, "net", 8);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tunnel_is_up_since_its_first_sa),
		CASE(rekeyed_sa_is_no_new_start),
		CASE(gap_is_one),
		CASE(other_events_change_nothing),
		CASE(many_tunnels_are_told_apart),
		CASE(what_is_there_is_up_since_its_oldest_sa),
		CASE(what_was_known_before_stays),
		CASE(what_is_not_there_any_more_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
