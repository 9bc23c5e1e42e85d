// SPDX-License-Identifier: BSD-2-Clause
/*
 * ike's end of the link to stream, without an engine: what was to be opened is answered
 * once, whoever comes and goes meanwhile, and what nobody waits for is closed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/daemon/ike_streams.h"
#include "ctrl/daemon/stream_seam.h"

#define TOKEN	 0x500000001ULL
#define STREAM	 0x1001U
#define WANTED	 256U /* that may be under way at once */
#define TOLD_MAX 512U

struct bench {
	struct ike ike;
	struct seam *stream; /* its end */
	/* What the engine was told of what it wanted; */
	uint64_t opened[TOLD_MAX];
	uint32_t by[TOLD_MAX]; /* STREAM_NONE: there is none */
	size_t n_opened;
	/* of messages, of those that are over, ctl and stream. */
	size_t n_messages, n_closed, n_asked, n_closes;
	uint32_t closes;
};

static struct bench *bench;

/* --- in place of the engine, and of the files beside it */

void engine_stream_opened(struct engine *e, uint64_t token,
			  const struct ike_path *path, uint64_t now_ns)
{
	(void)e;
	(void)now_ns;
	assert_true(bench->n_opened < TOLD_MAX);
	bench->by[bench->n_opened] = path ? path->stream : STREAM_NONE;
	bench->opened[bench->n_opened++] = token;
}

void engine_stream_closed(struct engine *e, uint32_t stream, uint64_t now_ns)
{
	(void)e;
	(void)stream;
	(void)now_ns;
	bench->n_closed++;
}

void engine_input(struct engine *e, const struct ike_path *path,
		  uint8_t *datagram, size_t len, uint64_t now_ns)
{
	(void)e;
	(void)path;
	(void)datagram;
	(void)len;
	(void)now_ns;
	bench->n_messages++;
}

void ike_tell(struct ike *i, enum ike_msg type, const void *msg, size_t bytes)
{
	(void)i;
	(void)msg;
	(void)bytes;
	bench->n_asked += type == IKE_MSG_STREAM_OPEN;
}

void ike_set_timer(struct ike *i)
{
	(void)i;
}

void ike_give_up(struct ike *i, const char *why)
{
	(void)i;
	fail_msg("%s", why);
}

/* --- stream's end */

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	(void)ctx;
	(void)fds;
	assert_int_equal(n_fds, 0);
	if (type != STREAM_MSG_CLOSE)
		return;
	bench->n_closes++;
	bench->closes = ((const struct stream_msg_stream *)msg)->stream;
}

static void on_down(void *ctx, const char *why)
{
	(void)ctx;
	(void)why;
	bench->stream = NULL;
}

static void turn(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(bench->ike.base, EVLOOP_NONBLOCK);
}

static void link_stream(void)
{
	struct seam_spec spec = { .base = bench->ike.base,
				  .kinds = stream_seam_from_ike,
				  .n_kinds = stream_seam_from_ike_n,
				  .on_message = on_message,
				  .on_down = on_down };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
	assert_int_equal(seam_new(&spec, fds[0], &bench->stream), 0);
	ike_streams_take(&bench->ike, &fds[1], 1);
}

static int setup(void **state)
{
	static char there;

	(void)state;
	bench = calloc(1, sizeof(*bench));
	bench->ike.base = event_base_new();
	event_base_priority_init(bench->ike.base, 3);
	bench->ike.ctl = (struct seam *)&there;
	link_stream();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ike_streams_free(bench->ike.streams);
	seam_free(bench->stream);
	event_base_free(bench->ike.base);
	free(bench);
	return 0;
}

static void ask(uint64_t token)
{
	const struct ike_path path = { .remote_port = 4500 };

	ike_streams_open(&bench->ike, "conn", &path, token);
}

static void say_up(uint32_t stream, uint64_t token)
{
	const struct stream_msg_up m = { .stream = stream, .token = token };

	assert_int_equal(seam_send(bench->stream, STREAM_MSG_UP, &m, sizeof(m)),
			 0);
	turn();
}

static void say_message(uint32_t stream)
{
	struct stream_msg_message m = { .stream = stream, .len = 40 };

	assert_int_equal(
		seam_send(bench->stream, STREAM_MSG_MESSAGE, &m,
			  offsetof(struct stream_msg_message, octets) + m.len),
		0);
	turn();
}

static void assert_failed_once(void)
{
	assert_int_equal(bench->n_opened, 1);
	assert_int_equal(bench->opened[0], TOKEN);
	assert_int_equal(bench->by[0], STREAM_NONE);
}

/* --- cases */

static void what_is_opened_is_told_and_heard(void **state)
{
	(void)state;
	ask(TOKEN);
	assert_int_equal(bench->n_asked, 1);
	say_up(STREAM, TOKEN);
	assert_int_equal(bench->n_opened, 1);
	assert_int_equal(bench->by[0], STREAM);
	say_message(STREAM);
	assert_int_equal(bench->n_messages, 1);
	assert_int_equal(bench->n_closes, 0);
}

static void what_ctl_was_asked_before_it_ended_is_not_opened(void **state)
{
	struct seam *ctl = bench->ike.ctl;

	(void)state;
	ask(TOKEN);
	bench->ike.ctl = NULL;
	ike_streams_alone(&bench->ike);
	bench->ike.ctl = ctl; /* before the engine could be told */
	turn();
	assert_failed_once();
}

static void what_is_asked_while_nobody_is_there_is_not_opened(void **state)
{
	struct seam *ctl = bench->ike.ctl;

	(void)state;
	bench->ike.ctl = NULL;
	ask(TOKEN);
	assert_int_equal(bench->n_opened, 0); /* the engine is in its call */
	bench->ike.ctl = ctl;
	turn();
	assert_failed_once();
	assert_int_equal(bench->n_asked, 0);
}

static void what_is_asked_of_the_next_ctl_is_not_lost_with_the_last(void **state)
{
	struct seam *ctl = bench->ike.ctl;

	(void)state;
	ask(TOKEN);
	bench->ike.ctl = NULL;
	ike_streams_alone(&bench->ike);
	bench->ike.ctl = ctl;
	ask(TOKEN + 1);
	turn();
	assert_failed_once();
	say_up(STREAM, TOKEN + 1);
	assert_int_equal(bench->n_opened, 2);
	assert_int_equal(bench->by[1], STREAM);
}

/* For as long as it likes: there are only so many at once. */
static void restarts_leave_room_for_others(void **state)
{
	struct seam *ctl = bench->ike.ctl;

	(void)state;
	for (uint64_t k = 0; k < WANTED; k++) {
		ask(TOKEN + k);
		bench->ike.ctl = NULL;
		ike_streams_alone(&bench->ike);
		bench->ike.ctl = ctl;
		turn();
	}
	assert_int_equal(bench->n_opened, WANTED);
	ask(TOKEN + WANTED);
	assert_int_equal(bench->n_asked, WANTED + 1);
}

static void what_comes_up_and_nobody_waits_for_is_closed(void **state)
{
	(void)state;
	ask(TOKEN);
	ike_streams_alone(&bench->ike);
	turn();
	assert_failed_once();
	say_up(STREAM, TOKEN);
	assert_int_equal(bench->n_opened, 1);
	assert_int_equal(bench->n_closes, 1);
	assert_int_equal(bench->closes, STREAM);
	say_message(STREAM);
	assert_int_equal(bench->n_messages, 0);
}

static void number_that_is_none_is_no_stream(void **state)
{
	(void)state;
	ask(TOKEN);
	say_up(STREAM_NONE, TOKEN);
	say_up(STREAM_LOST, TOKEN);
	say_up(STREAM_LOST, 0);
	say_message(STREAM_LOST);
	assert_int_equal(bench->n_opened, 0);
	assert_int_equal(bench->n_messages, 0);
}

static void without_stream_all_of_it_is_over(void **state)
{
	(void)state;
	ask(TOKEN);
	say_up(STREAM, 0);
	seam_free(bench->stream);
	bench->stream = NULL;
	turn();
	assert_failed_once();
	assert_int_equal(bench->n_closed, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_opened_is_told_and_heard),
		TEST(what_ctl_was_asked_before_it_ended_is_not_opened),
		TEST(what_is_asked_while_nobody_is_there_is_not_opened),
		TEST(what_is_asked_of_the_next_ctl_is_not_lost_with_the_last),
		TEST(restarts_leave_room_for_others),
		TEST(what_comes_up_and_nobody_waits_for_is_closed),
		TEST(number_that_is_none_is_no_stream),
		TEST(without_stream_all_of_it_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
