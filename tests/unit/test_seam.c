// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/base/seam.h"

enum { TYPE_PING = 1, TYPE_BIG, TYPE_LONG, TYPE_STRANGE };

struct ping {
	uint64_t number;
	uint32_t more;
	uint32_t pad;
};

struct big {
	uint8_t octets[SEAM_MESSAGE_MAX];
};

static const struct seam_kind kinds[] = {
	SEAM_KIND(TYPE_PING, struct ping),
	SEAM_KIND(TYPE_BIG, struct big),
	SEAM_KIND_LEAST(TYPE_LONG, struct big, 4),
};

struct end {
	struct seam *seam;
	unsigned int messages;
	struct ping last;
	uint8_t head[8];  /* of the last message of any type */
	int fd;		  /* that came with the last */
	uint64_t with_fd; /* which ping was that */
	char down[128];
	bool free_at_once;
};

struct pair {
	struct event_base *base;
	struct end a, b;
	int raw; /* the far end of a, where a test writes by hand */
};

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct end *e = ctx;

	e->messages++;
	if (type == TYPE_PING)
		memcpy(&e->last, msg, sizeof(e->last));
	memcpy(e->head, msg, sizeof(e->head));
	if (n_fds) {
		e->fd = fds[0];
		e->with_fd = e->last.number;
	}
	if (e->free_at_once) {
		seam_free(e->seam);
		e->seam = NULL;
	}
}

static void on_down(void *ctx, const char *why)
{
	struct end *e = ctx;

	e->seam = NULL;
	snprintf(e->down, sizeof(e->down), "%s", why);
}

static void end_open(struct pair *p, struct end *e, int fd)
{
	const struct seam_spec spec = {
		.base = p->base,
		.kinds = kinds,
		.n_kinds = sizeof(kinds) / sizeof(kinds[0]),
		.on_message = on_message,
		.on_down = on_down,
		.ctx = e,
	};

	assert_int_equal(seam_new(&spec, fd, &e->seam), 0);
}

static struct pair *pair_new(bool raw)
{
	struct pair *p = calloc(1, sizeof(*p));
	int ends[2];

	assert_non_null(p);
	p->base = event_base_new();
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	end_open(p, &p->a, ends[0]);
	p->raw = -1;
	if (raw)
		p->raw = ends[1];
	else
		end_open(p, &p->b, ends[1]);
	return p;
}

static int setup(void **state)
{
	*state = pair_new(false);
	return 0;
}

static int setup_raw(void **state)
{
	*state = pair_new(true);
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	seam_free(p->a.seam);
	seam_free(p->b.seam);
	if (p->raw >= 0)
		close(p->raw);
	event_base_free(p->base);
	free(p);
	return 0;
}

static void turn(struct pair *p)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(p->base, EVLOOP_NONBLOCK);
}

static void messages_arrive_whole_and_in_order(void **state)
{
	struct pair *p = *state;

	for (uint64_t i = 1; i <= 10; i++) {
		const struct ping ping = { .number = i, .more = 7 };

		assert_int_equal(
			seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)), 0);
		turn(p);
		assert_int_equal(p->b.last.number, i);
	}
	assert_int_equal(p->b.messages, 10);
	assert_int_equal(p->b.last.more, 7);
}

static void largest_message_fits_and_a_larger_one_is_refused(void **state)
{
	static uint8_t octets[SEAM_MESSAGE_MAX + 1];
	struct pair *p = *state;

	assert_int_equal(
		seam_send(p->a.seam, TYPE_BIG, octets, SEAM_MESSAGE_MAX), 0);
	turn(p);
	assert_int_equal(p->b.messages, 1);
	assert_int_equal(seam_send(p->a.seam, TYPE_BIG, octets,
				   SEAM_MESSAGE_MAX + 1),
			 -EMSGSIZE);
}

static void descriptor_comes_along(void **state)
{
	struct pair *p = *state;
	const struct ping ping = { .number = 1 };
	int ends[2];
	char octet = 'x';

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(seam_send_fds(p->a.seam, TYPE_PING, &ping,
				       sizeof(ping), &ends[1], 1),
			 0);
	close(ends[1]);
	turn(p);
	assert_int_equal(p->b.messages, 1);
	assert_int_equal(write(p->b.fd, &octet, 1), 1);
	assert_int_equal(read(ends[0], &octet, 1), 1);
	close(p->b.fd);
	close(ends[0]);
}

/* Everything is there when the reader comes back. */
static void end_that_does_not_read_is_waited_for(void **state)
{
	const unsigned int many = SEAM_QUEUE_BYTES / sizeof(struct big) - 1;
	static const struct big big;
	struct pair *p = *state;

	for (unsigned int i = 0; i < many; i++)
		assert_int_equal(
			seam_send(p->a.seam, TYPE_BIG, &big, sizeof(big)), 0);
	for (unsigned int i = 0; i < many; i++)
		turn(p);
	assert_int_equal(p->b.messages, many);
	assert_int_equal(seam_send(p->a.seam, TYPE_BIG, &big, sizeof(big)), 0);
}

static void link_that_lost_a_message_ends(void **state)
{
	const struct ping ping = { .number = 1 };
	static const struct big big;
	struct pair *p = *state;
	unsigned int sent = 0;
	int err;

	while (!(err = seam_send(p->a.seam, TYPE_BIG, &big, sizeof(big))))
		sent++;
	assert_int_equal(err, -ENOBUFS);
	assert_true(sent >= SEAM_QUEUE_BYTES / sizeof(big) - 1);
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 -ENOBUFS);
	turn(p);
	assert_null(p->a.seam);
	assert_string_equal(p->a.down, "the other end does not read");
}

/* Thousands of SAs are told of at once, and the reader may be at something else. */
static void more_than_the_queue_holds_may_wait_where_it_is_all_there_is(
	void **state)
{
	const unsigned int many = SEAM_QUEUE_BYTES / sizeof(struct big) + 8;
	const struct ping ping = { .number = 1 };
	static const struct big big;
	struct pair *p = *state;

	for (unsigned int i = 0; i < many; i++)
		assert_int_equal(seam_send_bulk(p->a.seam, TYPE_BIG, &big,
						sizeof(big)),
				 0);
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	for (unsigned int i = 0; i < many; i++)
		turn(p);
	assert_int_equal(p->b.messages, many + 1);
	assert_int_equal(p->b.last.number, 1);
	assert_string_equal(p->a.down, "");
}

static void what_waits_in_bulk_leaves_the_others_their_bound(void **state)
{
	static const struct big big;
	struct pair *p = *state;
	unsigned int sent = 0;

	assert_int_equal(seam_send_bulk(p->a.seam, TYPE_BIG, &big, sizeof(big)),
			 0);
	while (!seam_send(p->a.seam, TYPE_BIG, &big, sizeof(big)))
		sent++;
	assert_true(sent >= SEAM_QUEUE_BYTES / sizeof(big) - 1);
	assert_true(sent <= SEAM_QUEUE_BYTES / sizeof(big) + 64);
	assert_int_equal(seam_send_bulk(p->a.seam, TYPE_BIG, &big, sizeof(big)),
			 -ENOBUFS);
}

static void end_that_closes_is_told_of_once(void **state)
{
	struct pair *p = *state;
	const struct ping ping = { .number = 1 };

	seam_free(p->b.seam);
	p->b.seam = NULL;
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	turn(p);
	assert_null(p->a.seam);
	assert_string_equal(p->a.down, "the other end closed it");
}

/* Behind what it said, which is to be read first. */
static void end_that_closed_is_known_before_its_last_words(void **state)
{
	struct pair *p = *state;
	const struct ping ping = { .number = 1 };

	assert_false(seam_is_closed(p->a.seam));
	assert_int_equal(seam_send(p->b.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	assert_false(seam_is_closed(p->a.seam));
	seam_free(p->b.seam);
	p->b.seam = NULL;
	assert_true(seam_is_closed(p->a.seam));
	turn(p);
	assert_int_equal(p->a.messages, 1);
}

static void link_may_be_freed_while_it_gives_a_message(void **state)
{
	struct pair *p = *state;
	const struct ping ping = { .number = 1 };

	p->b.free_at_once = true;
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	turn(p);
	assert_int_equal(p->b.messages, 1);
	assert_string_equal(p->b.down, "");
}

struct raw_case {
	const char *name;
	uint16_t version, type;
	uint32_t bytes; /* as the header says */
	size_t len;	/* in truth, with the header */
	const char *why;
};

#define WHOLE (8 + sizeof(struct ping))

static void what_does_not_belong_ends_the_link(void **state)
{
	static const struct raw_case cases[] = {
		{ "version", SEAM_VERSION + 1, TYPE_PING, 16, WHOLE,
		  "another version" },
		{ "type", SEAM_VERSION, TYPE_STRANGE, 16, WHOLE, "unknown type" },
		{ "length of the type", SEAM_VERSION, TYPE_PING, 8, WHOLE - 8,
		  "wrong length" },
		{ "less than the least", SEAM_VERSION, TYPE_LONG, 3, 8 + 3,
		  "wrong length" },
		{ "lying length", SEAM_VERSION, TYPE_PING, 16, WHOLE - 1,
		  "wrong length" },
		{ "no header", SEAM_VERSION, TYPE_PING, 16, 7, "wrong length" },
		{ "too long", SEAM_VERSION, TYPE_PING, 16,
		  8 + SEAM_MESSAGE_MAX + 1, "wrong length" },
	};
	static uint8_t octets[8 + SEAM_MESSAGE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct raw_case *c = &cases[i];
		struct pair *p = pair_new(true);
		void *it = p;

		memcpy(octets, &c->version, 2);
		memcpy(octets + 2, &c->type, 2);
		memcpy(octets + 4, &c->bytes, 4);
		assert_int_equal(send(p->raw, octets, c->len, 0), c->len);
		turn(p);
		if (!strstr(p->a.down, c->why) || p->a.messages)
			fail_msg("%s: '%s'", c->name, p->a.down);
		teardown(&it);
	}
}

static void end_of_a_long_message_may_be_missing(void **state)
{
	struct pair *p = *state;
	struct big *big = calloc(1, sizeof(*big));

	assert_non_null(big);
	memset(big, 0xff, sizeof(*big));
	seam_send(p->a.seam, TYPE_LONG, big, sizeof(*big));
	seam_send(p->a.seam, TYPE_LONG, big, 5);
	seam_send(p->a.seam, TYPE_LONG, big, 4);
	turn(p);
	assert_int_equal(p->b.messages, 3);
	assert_memory_equal(p->b.head, "\xff\xff\xff\xff\0\0\0\0", 8);
	free(big);
}

/* A handshake makes dozens of them. */
static void messages_of_one_turn_go_together(void **state)
{
	struct ping ping = { .more = 7 };
	struct pair *p = *state;
	uint8_t octets[4096];

	for (ping.number = 1; ping.number <= 10; ping.number++)
		assert_int_equal(
			seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)), 0);
	assert_int_equal(recv(p->raw, octets, sizeof(octets), 0), -1);
	turn(p);
	assert_int_equal(recv(p->raw, octets, sizeof(octets), 0), 10 * WHOLE);
	assert_int_equal(octets[9 * WHOLE + 8], 10);
	assert_int_equal(recv(p->raw, octets, sizeof(octets), 0), -1);
}

/* What is sent waits no longer than for its datagram to be full. */
static void more_than_go_together_go_at_once(void **state)
{
	static uint8_t octets[8 + SEAM_MESSAGE_MAX];
	static const struct big big;
	struct pair *p = *state;

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			seam_send(p->a.seam, TYPE_BIG, &big, sizeof(big)), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(recv(p->raw, octets, sizeof(octets), 0),
				 sizeof(octets));
}

/* With the message that they were sent with, not with the one before. */
static void descriptors_come_with_their_message_among_others(void **state)
{
	struct ping ping = { .number = 1 };
	struct pair *p = *state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	p->b.fd = -1;
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	ping.number = 2;
	assert_int_equal(seam_send_fds(p->a.seam, TYPE_PING, &ping,
				       sizeof(ping), ends, 1),
			 0);
	ping.number = 3;
	assert_int_equal(seam_send(p->a.seam, TYPE_PING, &ping, sizeof(ping)),
			 0);
	turn(p);
	assert_int_equal(p->b.messages, 3);
	assert_int_equal(p->b.with_fd, 2);
	close(p->b.fd);
	close(ends[0]);
	close(ends[1]);
}

/* One that was cut off behind a good one is no message. */
static void good_one_before_a_bad_one_counts(void **state)
{
	struct pair *p = *state;
	uint8_t octets[2 * WHOLE] = {
		SEAM_VERSION, 0, TYPE_PING, 0, 16, 0, 0, 0, 42
	};

	memcpy(octets + WHOLE, octets, 8);
	assert_int_equal(send(p->raw, octets, sizeof(octets) - 1, 0),
			 sizeof(octets) - 1);
	turn(p);
	assert_int_equal(p->a.messages, 1);
	assert_int_equal(p->a.last.number, 42);
	assert_string_equal(p->a.down, "a message with a wrong length");
}

static void good_message_by_hand_arrives(void **state)
{
	struct pair *p = *state;
	uint8_t octets[WHOLE] = { SEAM_VERSION, 0, TYPE_PING, 0, 16, 0, 0, 0, 42 };

	assert_int_equal(send(p->raw, octets, sizeof(octets), 0),
			 sizeof(octets));
	turn(p);
	assert_int_equal(p->a.last.number, 42);
}

static void socket_is_private_found_and_taken_over(void **state)
{
	char folder[] = "/tmp/test_seam.XXXXXX", path[64];
	struct error e;
	struct stat st;
	int listener, fd, there;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/seam", folder);
	assert_int_equal(seam_connect(path), -ENOENT);
	listener = seam_listen(path, 0600, &e);
	assert_true(listener >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(seam_listen(path, 0600, &e), -EADDRINUSE);
	fd = seam_connect(path);
	/* The one that asked whether somebody is there comes first. */
	there = seam_accept(listener);
	close(there);
	there = seam_accept(listener);
	assert_true(fd >= 0 && there >= 0);
	close(there);
	close(fd);
	close(listener);
	/* Its holder died: the file is left, and no obstacle. */
	listener = seam_listen(path, 0600, &e);
	assert_true(listener >= 0);
	close(listener);
	unlink(path);
	rmdir(folder);
}

/* connect() says of it what it says of a socket that nobody holds. */
static void file_that_is_no_socket_is_left_alone(void **state)
{
	char path[] = "/tmp/test_seam.XXXXXX";
	struct error e;
	struct stat st;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(seam_listen(path, 0600, &e), -EEXIST);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(messages_arrive_whole_and_in_order),
		CASE(largest_message_fits_and_a_larger_one_is_refused),
		CASE(end_of_a_long_message_may_be_missing),
		CASE(descriptor_comes_along),
		CASE(end_that_does_not_read_is_waited_for),
		CASE(link_that_lost_a_message_ends),
		CASE(more_than_the_queue_holds_may_wait_where_it_is_all_there_is),
		CASE(what_waits_in_bulk_leaves_the_others_their_bound),
		CASE(end_that_closes_is_told_of_once),
		CASE(end_that_closed_is_known_before_its_last_words),
		CASE(link_may_be_freed_while_it_gives_a_message),
		cmocka_unit_test(what_does_not_belong_ends_the_link),
		cmocka_unit_test_setup_teardown(messages_of_one_turn_go_together,
						setup_raw, teardown),
		cmocka_unit_test_setup_teardown(more_than_go_together_go_at_once,
						setup_raw, teardown),
		cmocka_unit_test_setup_teardown(
			descriptors_come_with_their_message_among_others, setup,
			teardown),
		cmocka_unit_test_setup_teardown(good_one_before_a_bad_one_counts,
						setup_raw, teardown),
		cmocka_unit_test_setup_teardown(good_message_by_hand_arrives,
						setup_raw, teardown),
		cmocka_unit_test(file_that_is_no_socket_is_left_alone),
		cmocka_unit_test(socket_is_private_found_and_taken_over),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
