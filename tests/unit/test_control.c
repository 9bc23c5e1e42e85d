// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets to the control server and from it. What the answers say is the
 * matter of test_commands.c, who may stay that of test_control_clients.c.
 */
#include "tests/unit/control_fixture.h"

#include <signal.h>

#include "ctrl/base/log.h"
#include "ctrl/control/commands.h"

/* --- answers */

/* All but `stats`, which reads the clock. */
static void answers_are_those_of_the_commands(void **state)
{
	static const char *const names[] = { "version", "cygnet-status",
					     "cygnet-policies",
					     "cygnet-counters", "cygnet-drops" };
	struct fixture *f = *state;
	int fd = client_new(f);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct vici_packet request = {
			.type = VICI_CMD_REQUEST,
			.name = slice_of(names[i], strlen(names[i])),
		};
		struct vici_builder want;
		struct vici_packet got;

		put_packet(fd, VICI_CMD_REQUEST, names[i]);
		got = take_packet(f, fd);

		assert_true(command_answer(&request, &f->callbacks, NULL, &want));
		assert_int_equal(want.ptr[LENGTH_BYTES], got.type);
		assert_int_equal(want.len, LENGTH_BYTES + 1 + got.body.len);
		assert_memory_equal(want.ptr + LENGTH_BYTES + 1, got.body.ptr,
				    got.body.len);
		vici_builder_free(&want);
	}
	close(fd);
}

static void unknown_command_is_answered_with_cmd_unknown(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	put_packet(fd, VICI_CMD_REQUEST, "list-nothing");
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	assert_answers(f, fd);
	close(fd);
}

static void registration_for_an_event_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	put_packet(fd, VICI_EVENT_REGISTER, "list-nothing");
	assert_int_equal(take_packet(f, fd).type, VICI_EVENT_UNKNOWN);
	put_packet(fd, VICI_EVENT_UNREGISTER, "list-nothing");
	assert_int_equal(take_packet(f, fd).type, VICI_EVENT_UNKNOWN);
	assert_answers(f, fd);
	close(fd);
}

/* --- packets in a stream */

static void request_in_single_octets_is_answered(void **state)
{
	static const uint8_t request[] = { 0,	0,   0,	  9,   0,   7,	'v',
					   'e', 'r', 's', 'i', 'o', 'n' };
	struct fixture *f = *state;
	int fd = client_new(f);

	for (size_t i = 0; i < sizeof(request); i++) {
		uint8_t octet;

		run_loop(f);
		assert_int_equal(recv(fd, &octet, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
		put_octets(fd, request + i, 1);
	}

	assert_answer(take_packet(f, fd), "daemon");
	close(fd);
}

static void requests_in_one_piece_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	put_packet(fd, VICI_CMD_REQUEST, "version");
	put_packet(fd, VICI_CMD_REQUEST, "cygnet-status");
	put_packet(fd, VICI_CMD_REQUEST, "stats"); /* these two are no longer */
	put_packet(fd, VICI_CMD_REQUEST, "x");	   /* than the one before */

	assert_answer(take_packet(f, fd), "daemon");
	assert_answer(take_packet(f, fd), "gateway");
	assert_answer(take_packet(f, fd), "uptime");
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	close(fd);
}

static void length_over_the_maximum_closes(void **state)
{
	static const uint8_t longest[] = { 0, 8, 0, 0 };
	static const uint8_t longer[] = { 0, 8, 0, 1 };
	struct fixture *f = *state;
	int fine = client_new(f);
	int fd = client_new(f);
	char octet;

	put_octets(fine, longest, sizeof(longest));
	put_octets(fd, longer, sizeof(longer));

	assert_closed(f, fd);
	assert_int_equal(recv(fine, &octet, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fine);
	close(fd);
}

static void longest_request_is_assembled(void **state)
{
	static const uint8_t head[] = { 0, 8, 0, 0, 0, 1, 'x' };
	/* what follows is keys without name or value, and one with a value */
	const size_t body_bytes = VICI_PACKET_MAX - 3;
	struct fixture *f = *state;
	uint8_t *body = calloc(1, body_bytes);
	int fd = client_new(f);
	size_t sent = 0;

	assert_non_null(body);
	for (size_t at = 0; at < body_bytes; at += 4)
		body[at] = VICI_KEY_VALUE;
	body[body_bytes - body_bytes % 4 - 1] = (uint8_t)(body_bytes % 4);
	put_octets(fd, head, sizeof(head));
	for (int turn = 0; turn < TURNS_MAX && sent < body_bytes; turn++) {
		ssize_t n = send(fd, body + sent, body_bytes - sent, 0);

		if (n > 0)
			sent += (size_t)n;
		run_loop(f);
	}

	assert_int_equal(sent, body_bytes);
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	free(body);
	close(fd);
}

/* Each row is closed for one reason; the well-formed row is answered. */
static void malformed_packets_close(void **state)
{
	static const struct {
		uint8_t octets[12];
		size_t len;
	} rows[] = {
		{ { 0, 0, 0, 0 }, 4 },			    /* no type */
		{ { 0, 0, 0, 1, 0 }, 5 },		    /* no name */
		{ { 0, 0, 0, 3, 0, 2, 'x' }, 7 },	    /* name cut */
		{ { 0, 0, 0, 3, 8, 1, 'x' }, 7 },	    /* type */
		{ { 0, 0, 0, 4, 0, 1, 'x', 2 }, 8 },	    /* nesting */
		{ { 0, 0, 0, 5, 0, 1, 'x', 1, 0 }, 9 },	    /* left open */
		{ { 0, 0, 0, 6, 0, 1, 'x', 1, 2, 2 }, 10 }, /* name cut */
	};
	static const uint8_t good[] = { 0, 0, 0, 6, 0, 1, 'x', 1, 0, 2 };
	struct fixture *f = *state;
	int fd;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fd = client_new(f);
		put_octets(fd, rows[i].octets, rows[i].len);
		assert_closed(f, fd);
		close(fd);
	}
	fd = client_new(f);
	put_octets(fd, good, sizeof(good));
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	close(fd);
}

static void types_that_only_a_server_sends_close(void **state)
{
	static const enum vici_type types[] = { VICI_CMD_RESPONSE,
						VICI_CMD_UNKNOWN,
						VICI_EVENT_CONFIRM,
						VICI_EVENT_UNKNOWN, VICI_EVENT };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int fd = client_new(f);

		put_packet(fd, types[i], types[i] == VICI_EVENT ? "x" : NULL);
		assert_closed(f, fd);
		close(fd);
	}
}

static void nothing_is_answered_after_a_malformed_packet(void **state)
{
	static const uint8_t empty[] = { 0, 0, 0, 0 };
	struct fixture *f = *state;
	int fd = client_new(f);

	put_octets(fd, empty, sizeof(empty));
	put_packet(fd, VICI_CMD_REQUEST, "version");

	assert_closed(f, fd);
	close(fd);
}

static void client_that_ends_its_requests_gets_its_answers(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	for (int i = 0; i < 100; i++) /* more than a socket buffer takes */
		put_packet(fd, VICI_CMD_REQUEST, "cygnet-drops");
	shutdown(fd, SHUT_WR);
	run_loop(f);

	for (int i = 0; i < 100; i++)
		assert_int_equal(take_packet(f, fd).type, VICI_CMD_RESPONSE);
	assert_closed(f, fd);
	close(fd);
}

static void client_that_leaves_before_its_answer_harms_nobody(void **state)
{
	struct fixture *f = *state;
	int stays = client_new(f);
	int leaves = client_new(f);

	put_packet(leaves, VICI_CMD_REQUEST, "version");
	close(leaves);

	assert_answers(f, stays);
	close(stays);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(answers_are_those_of_the_commands),
		CASE(unknown_command_is_answered_with_cmd_unknown),
		CASE(registration_for_an_event_that_is_not_there_is_refused),
		CASE(request_in_single_octets_is_answered),
		CASE(requests_in_one_piece_are_answered_in_order),
		CASE(length_over_the_maximum_closes),
		CASE(longest_request_is_assembled),
		CASE(malformed_packets_close),
		CASE(types_that_only_a_server_sends_close),
		CASE(nothing_is_answered_after_a_malformed_packet),
		CASE(client_that_ends_its_requests_gets_its_answers),
		CASE(client_that_leaves_before_its_answer_harms_nobody),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
