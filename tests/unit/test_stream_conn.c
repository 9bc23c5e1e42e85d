// SPDX-License-Identifier: BSD-2-Clause
/*
 * One connection that carries IKE and ESP, by a pair of sockets in place of TCP: what
 * comes says the same in whatever pieces, and no piece costs more than its octets.
 */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/stream_conn.h"

#define SAID_MAX  (4U * STREAM_MESSAGE_MAX)
#define ITEMS_MAX 512U
#define ROUNDS	  60U
#define UNTOUCHED 0xa5

struct got {
	enum stream_item item;
	size_t len;
	uint8_t first, last;
};

struct bench {
	struct event_base *base;
	struct stream_conn *conn;
	int peer;
	uint32_t random, refuse_one_in; /* 0: none is refused */
	struct got got[ITEMS_MAX];
	size_t n_got;
	bool is_over;
	uint8_t room[STREAM_ROOM_BYTES];
	uint8_t said[SAID_MAX];
	size_t n_said;
};

static uint32_t next(struct bench *b, uint32_t below)
{
	b->random = b->random * 1664525U + 1013904223U;
	return (b->random >> 8) % below;
}

static bool on_item(void *ctx, enum stream_item item, struct slice message)
{
	struct bench *b = ctx;

	if (b->refuse_one_in && !next(b, b->refuse_one_in))
		return false;
	assert_true(b->n_got < ITEMS_MAX);
	b->got[b->n_got++] = (struct got){ item, message.len, message.ptr[0],
					   message.ptr[message.len - 1] };
	return true;
}

static void on_over(void *ctx, enum stream_end how, int error)
{
	struct bench *b = ctx;

	(void)how;
	(void)error;
	stream_conn_free(b->conn);
	b->conn = NULL;
	b->is_over = true;
}

static void begin(struct bench *b)
{
	struct stream_conn_spec spec = { .base = b->base,
					 .room = b->room,
					 .item = on_item,
					 .over = on_over,
					 .ctx = b };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
	spec.fd = fds[0];
	b->peer = fds[1];
	b->n_got = b->n_said = 0;
	b->is_over = false;
	assert_int_equal(stream_conn_new(&spec, &b->conn), 0);
}

static void finish(struct bench *b)
{
	stream_conn_free(b->conn);
	b->conn = NULL;
	close(b->peer);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->base = event_base_new();
	b->random = 1;
	begin(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	finish(b);
	event_base_free(b->base);
	free(b);
	return 0;
}

static void turn(struct bench *b)
{
	event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void send_octets(struct bench *b, const void *octets, size_t n)
{
	assert_int_equal(send(b->peer, octets, n, MSG_NOSIGNAL), n);
}

/* A message whose octets are one number, behind what is to be said. */
static void add(struct bench *b, bool ike, size_t bytes, uint8_t octet)
{
	uint8_t *at = b->said + b->n_said;
	const size_t n = ike ? stream_ike_header(bytes, at)
			     : stream_esp_header(bytes, at);

	assert_true(n && b->n_said + n + bytes <= SAID_MAX);
	memset(at + n, octet, bytes);
	b->n_said += n + bytes;
}

static void add_some(struct bench *b)
{
	memcpy(b->said, STREAM_PREFIX, STREAM_PREFIX_BYTES);
	b->n_said = STREAM_PREFIX_BYTES;
	for (uint32_t i = 0; i < 100; i++) {
		const bool ike = next(b, 2), large = !next(b, 20);
		const size_t most = !large ? 300
				    : ike  ? STREAM_IKE_MAX
					   : STREAM_ESP_MAX;
		const size_t bytes = 28 + next(b, (uint32_t)most - 27);

		if (b->n_said + bytes + STREAM_HEADER_MAX > SAID_MAX)
			break;
		add(b, ike, bytes, (uint8_t)(1 + i));
	}
}

/* In pieces of at most so many octets; what waits goes on after a while. */
static void say_in_pieces(struct bench *b, uint32_t most)
{
	for (size_t at = 0; at < b->n_said;) {
		size_t n = 1 + next(b, most);
		ssize_t sent;

		if (n > b->n_said - at)
			n = b->n_said - at;
		sent = send(b->peer, b->said + at, n, MSG_NOSIGNAL);
		at += sent > 0 ? (size_t)sent : 0;
		if (!next(b, 3)) {
			turn(b);
			stream_conn_resume(b->conn);
		}
	}
	for (int i = 0; i < 2000; i++) {
		turn(b);
		stream_conn_resume(b->conn);
	}
}

static void assert_got_what_was_said(const struct bench *b)
{
	struct slice in = slice_of(b->said + STREAM_PREFIX_BYTES,
				   b->n_said - STREAM_PREFIX_BYTES);
	struct slice message;
	size_t n = 0;

	for (; in.len; n++) {
		const enum stream_item item = stream_read(&in, &message);

		assert_true(n < b->n_got);
		assert_int_equal(b->got[n].item, item);
		assert_int_equal(b->got[n].len, message.len);
		assert_int_equal(b->got[n].first, message.ptr[0]);
		assert_int_equal(b->got[n].last, message.ptr[message.len - 1]);
	}
	assert_int_equal(n, b->n_got);
}

static void pieces_of_any_size_say_the_same(void **state)
{
	static const uint32_t most[] = { 3, 40, 700, 9000, 200000 };
	struct bench *b = *state;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		b->random = i;
		b->refuse_one_in = i % 2 ? 3 : 0;
		finish(b);
		begin(b);
		add_some(b);
		say_in_pieces(b, most[i % 5]);
		assert_false(b->is_over);
		assert_got_what_was_said(b);
	}
}

/* The room that all share has no octet of it: it goes where its message stands. */
static void single_octet_costs_one_octet(void **state)
{
	struct bench *b = *state;

	memcpy(b->said, STREAM_PREFIX, STREAM_PREFIX_BYTES);
	b->n_said = STREAM_PREFIX_BYTES;
	add(b, false, STREAM_ESP_MAX, 1);
	send_octets(b, b->said, 100);
	turn(b);
	memset(b->room, UNTOUCHED, sizeof(b->room));
	for (size_t i = 100; i < b->n_said; i++) {
		send_octets(b, b->said + i, 1);
		turn(b);
	}
	for (size_t i = 0; i < sizeof(b->room); i++)
		assert_int_equal(b->room[i], UNTOUCHED);
	assert_got_what_was_said(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_of_any_size_say_the_same),
		TEST(single_octet_costs_one_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
