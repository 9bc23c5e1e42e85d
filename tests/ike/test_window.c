// SPDX-License-Identifier: BSD-2-Clause
/*
 * Windows of size 1 (RFC 7296 section 2.3), whatever the peer says of its own
 * (SET_WINDOW_SIZE).
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

static int setup(void **state)
{
	*state = settle_lab_up(1, SETTLE_ESP);
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

/* An INFORMATIONAL of side 1 with SET_WINDOW_SIZE, so many octets of it. */
static void ask(struct ike_lab *lab, uint32_t ahead, uint32_t window, size_t len)
{
	struct ike_sa *sa = forge_sa(lab, 1);
	struct ike_path path = forge_path(lab, 0);
	const uint32_t window_be = htonl(window);
	struct ike_builder m;

	forge_begin(sa, &m, IKE_EXCH_INFORMATIONAL, false,
		    sa->next_ours + ahead);
	ike_notify_put(&m, &(const struct ike_notify){
				   .type = IKE_N_SET_WINDOW_SIZE,
				   .data = slice_of(&window_be, len),
			   });
	forge_send(lab, sa, &m, &path);
}

static bool lose(struct ike_lab *lab, unsigned int side,
		 const struct ike_path *path, struct slice d)
{
	(void)lab;
	(void)side;
	(void)path;
	(void)d;
	return false;
}

static void larger_window_of_the_peer_changes_nothing(void **state)
{
	struct ike_lab *lab = *state;
	struct lab_side *s = &lab->side[0];
	unsigned int before = s->sent;

	ask(lab, 0, 8, sizeof(uint32_t));
	forge_sa(lab, 1)->next_ours++;
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(s->sent, before + 1);
	lab->sent = lose;
	engine_rekey(s->engine, "peer", "net", lab->now_ns);
	engine_rekey(s->engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(s->sent, before + 2); /* one at a time */
	lab->sent = NULL;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_agree(lab, 1));
}

static void window_size_that_is_none_is_no_error(void **state)
{
	struct ike_lab *lab = *state;
	unsigned int before = lab->side[0].sent;

	ask(lab, 0, 0, 2);
	forge_sa(lab, 1)->next_ours++;
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->side[0].sent, before + 1);
	assert_true(lab_agree(lab, 1));
}

static void request_beyond_the_window_is_not_answered(void **state)
{
	struct ike_lab *lab = *state;
	unsigned int before = lab->side[0].sent;

	ask(lab, 1, 8, sizeof(uint32_t));
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->side[0].sent, before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(larger_window_of_the_peer_changes_nothing),
		CASE(window_size_that_is_none_is_no_error),
		CASE(request_beyond_the_window_is_not_answered),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
