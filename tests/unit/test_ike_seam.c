// SPDX-License-Identifier: BSD-2-Clause
/* Connections, children and events cross the seam between ctl and ike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/ike_seam.h"

static void assert_proposals(const struct proposals *a,
			     const struct proposals *b)
{
	char text_a[PROPOSAL_STR_MAX], text_b[PROPOSAL_STR_MAX];

	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(proposal_str(&a->at[i], text_a),
				    proposal_str(&b->at[i], text_b));
}

static void connection_arrives_as_it_was(void **state)
{
	struct child_conf child;
	struct conn_conf conn, got;
	struct ike_msg_conn m;
	struct error e;

	(void)state;
	conn_init(&conn);
	strcpy(conn.name, "paris");
	assert_int_equal(identity_parse("moon.example.org", &conn.local_id, &e),
			 0);
	conn.dpd_delay = 17;
	conn.children = &child;
	conn.n_children = 1;
	ike_seam_put_conn(&m, &conn);
	assert_true(ike_seam_get_conn(&m, &got));
	assert_string_equal(got.name, "paris");
	assert_true(identity_equal(&got.local_id, &conn.local_id));
	assert_int_equal(got.dpd_delay, 17);
	assert_int_equal(got.n_children, 1);
	assert_null(got.children);
	assert_proposals(&got.proposals, &conn.proposals);
}

static void child_arrives_as_it_was(void **state)
{
	struct child_conf child, got;
	struct ike_msg_child m;

	(void)state;
	child_init(&child);
	strcpy(child.name, "net");
	child.policy = 7;
	child.start_action = CHILD_TRAP;
	ike_seam_put_child(&m, &child);
	assert_true(ike_seam_get_child(&m, &got));
	assert_string_equal(got.name, "net");
	assert_int_equal(got.policy, 7);
	assert_int_equal(got.start_action, CHILD_TRAP);
	assert_proposals(&got.proposals, &child.proposals);
}

/* The other process lies elsewhere in memory. */
static void no_pointer_crosses(void **state)
{
	struct child_conf child;
	struct conn_conf conn, there = { .children = &child };
	struct auth_round round;
	struct ike_msg_conn m;

	(void)state;
	conn_init(&conn);
	conn.children = &child;
	conn.more_rounds = &round;
	ike_seam_put_conn(&m, &conn);
	memcpy(&there, m.head, sizeof(m.head));
	assert_null(there.children);
	assert_null(there.more_rounds);
}

/* Thousands of them are given at once. */
static void connection_and_child_are_sent_without_room_for_other_proposals(
	void **state)
{
	struct child_conf child, got_child;
	struct conn_conf conn, got;
	struct ike_msg_child mchild;
	struct ike_msg_conn m;
	size_t bytes, child_bytes;

	(void)state;
	conn_init(&conn);
	child_init(&child);
	ike_seam_put_conn(&m, &conn);
	ike_seam_put_child(&mchild, &child);
	bytes = ike_seam_conn_bytes(&m);
	child_bytes = ike_seam_child_bytes(&mchild);
	assert_true(bytes < CONN_HEAD_BYTES + PROPOSAL_STR_MAX);
	assert_true(child_bytes < CHILD_HEAD_BYTES + PROPOSAL_STR_MAX);
	memset((uint8_t *)&m + bytes, 0, sizeof(m) - bytes);
	memset((uint8_t *)&mchild + child_bytes, 0,
	       sizeof(mchild) - child_bytes);
	assert_true(ike_seam_get_conn(&m, &got));
	assert_true(ike_seam_get_child(&mchild, &got_child));
	assert_proposals(&got.proposals, &conn.proposals);
	assert_proposals(&got_child.proposals, &child.proposals);
}

static void more_proposals_than_there_is_room_for_are_refused(void **state)
{
	struct conn_conf conn, got;
	struct ike_msg_conn m;

	(void)state;
	conn_init(&conn);
	ike_seam_put_conn(&m, &conn);
	m.proposals.n = PROPOSALS_MAX + 1;
	assert_false(ike_seam_get_conn(&m, &got));
}

static void proposal_without_an_end_is_refused(void **state)
{
	struct conn_conf conn, got;
	struct ike_msg_conn m;

	(void)state;
	conn_init(&conn);
	ike_seam_put_conn(&m, &conn);
	memset(m.proposals.text, 'a', sizeof(m.proposals.text));
	assert_false(ike_seam_get_conn(&m, &got));
}

static void proposal_of_another_protocol_is_refused(void **state)
{
	struct child_conf child, got;
	struct ike_msg_child m;

	(void)state;
	child_init(&child);
	ike_seam_put_child(&m, &child);
	strcpy(m.proposals.text, "no such cipher");
	assert_false(ike_seam_get_child(&m, &got));
}

static void event_arrives_as_it_was(void **state)
{
	const struct ike_event sent = { .kind = IKE_EV_CHILD_UP,
					.conn = "paris",
					.child = "net",
					.ike_id = 3,
					.spi_in = 0x12345678,
					.elder_id = 2,
					.elder_spi_in = 0x87654321,
					.succeeded = true,
					.text = "all is well" };
	struct ike_msg_event m;
	struct ike_event got;

	(void)state;
	ike_seam_put_event(&m, &sent);
	assert_int_equal(ike_seam_event_bytes(&m),
			 offsetof(struct ike_msg_event, text) + 12);
	ike_seam_get_event(&m, &got);
	assert_int_equal(got.kind, IKE_EV_CHILD_UP);
	assert_string_equal(got.conn, "paris");
	assert_string_equal(got.child, "net");
	assert_string_equal(got.text, "all is well");
	assert_int_equal(got.ike_id, 3);
	assert_int_equal(got.spi_in, 0x12345678);
	assert_int_equal(got.elder_id, 2);
	assert_int_equal(got.elder_spi_in, 0x87654321);
	assert_true(got.succeeded);
}

/* Whoever sends it may be taken over. */
static void text_of_an_event_without_an_end_is_ended(void **state)
{
	struct ike_msg_event m;
	struct ike_event got;

	(void)state;
	memset(&m, 'x', sizeof(m));
	ike_seam_get_event(&m, &got);
	assert_int_equal(strlen(got.conn), CONN_NAME_MAX - 1);
	assert_int_equal(strlen(got.child), CONN_NAME_MAX - 1);
	assert_int_equal(strlen(got.text), IKE_EVENT_TEXT_MAX - 1);
}

/* A line of its own in the log, or a sequence that a terminal obeys. */
static void octets_that_act_are_not_in_the_text_of_an_event(void **state)
{
	struct ike_msg_event m = { .text = "a\nb\x1b[2J\x9b\x7f" };
	struct ike_event got;

	(void)state;
	ike_seam_get_event(&m, &got);
	assert_string_equal(got.text, "a?b?[2J??");
}

static void every_message_fits_into_the_seam(void **state)
{
	(void)state;
	for (size_t i = 0; i < ike_seam_to_ike_n; i++)
		assert_true(ike_seam_to_ike[i].bytes <= SEAM_MESSAGE_MAX);
	for (size_t i = 0; i < ike_seam_to_ctl_n; i++)
		assert_true(ike_seam_to_ctl[i].bytes <= SEAM_MESSAGE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_arrives_as_it_was),
		cmocka_unit_test(child_arrives_as_it_was),
		cmocka_unit_test(no_pointer_crosses),
		cmocka_unit_test(
			connection_and_child_are_sent_without_room_for_other_proposals),
		cmocka_unit_test(
			more_proposals_than_there_is_room_for_are_refused),
		cmocka_unit_test(proposal_without_an_end_is_refused),
		cmocka_unit_test(proposal_of_another_protocol_is_refused),
		cmocka_unit_test(event_arrives_as_it_was),
		cmocka_unit_test(text_of_an_event_without_an_end_is_ended),
		cmocka_unit_test(octets_that_act_are_not_in_the_text_of_an_event),
		cmocka_unit_test(every_message_fits_into_the_seam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
