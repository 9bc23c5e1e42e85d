// SPDX-License-Identifier: BSD-2-Clause
/*
 * A capture from its begin to its end, around one worker: what its reader gets, and
 * what becomes of it when that one has enough, is slow, or is gone.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "ctrl/dp/capture.h"
#include "ctrl/dp/tap.h"
#include "tests/support/gateway.h"

#define FRAMES	 256U
#define GREETING "hello"
#define PART	 65536

/* More than a reader that does not read is waited for. */
#define FLOOD (32U * TAP_ROOM)

struct fixture {
	struct gateway *g;
	struct worker *w;
	struct event_base *base;
	struct capture *capture;
	int reader;	 /* -1: gone */
	uint32_t serves; /* the policy that all SAs serve */
	bool ended;
};

static int setup(void **state)
{
	static struct fixture f;
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };

	f = (struct fixture){ .g = gateway_new(&spec), .reader = -1 };
	gateway_know_all(f.g);
	f.w = &f.g->w;
	f.base = event_base_new();
	*state = &f;
	return f.base ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	bool balance = gateway_books_balance(f->g);

	capture_free(f->capture, "the test ends");
	if (f->reader >= 0)
		close(f->reader);
	event_base_free(f->base);
	gateway_free(f->g);
	return balance ? 0 : -1;
}

static bool serves(void *ctx, struct sa_ref sa, uint32_t policy)
{
	const struct fixture *f = ctx;

	return sa.gen && policy == f->serves;
}

static const char *name_of(void *ctx, uint32_t policy, char *buf)
{
	(void)ctx;
	(void)policy;
	strcpy(buf, "its-name");
	return buf;
}

static void on_ended(void *ctx)
{
	struct fixture *f = ctx;

	f->ended = true;
	f->capture = NULL;
}

static struct capture_filter everything(void)
{
	return (struct capture_filter){
		.policy = CAPTURE_ANY_POLICY,
		.sides = CAPTURE_CLEAR | CAPTURE_CIPHER,
		.snaplen = CAPTURE_SNAPLEN_MAX,
		.time_s = 60,
	};
}

static void begin(struct fixture *f, const struct capture_filter *filter)
{
	const struct capture_spec spec = {
		.base = f->base,
		.filter = *filter,
		.workers = &f->w,
		.n_workers = 1,
		.greeting = slice_of(GREETING, strlen(GREETING)),
		.serves = serves,
		.policy_name = name_of,
		.ended = on_ended,
		.ctx = f,
	};
	int fds[2];
	struct error e;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f->reader = fds[0];
	assert_int_equal(capture_begin(&spec, fds[1], &f->capture, &e), 0);
}

static void send_out(struct fixture *f, uint32_t n)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	for (uint32_t i = 0; i < n; i++) {
		gateway_give(f->g, DIR_OUT, l3, inner.total_bytes);
		worker_step(f->w);
		gateway_reset(f->g);
	}
}

/* Until the next tick is over. */
static void turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_ONCE);
}

/* All that there is to read now, behind what was read before. */
static size_t take(struct fixture *f, uint8_t *out, size_t room)
{
	size_t all = 0;
	ssize_t n;

	while ((n = recv(f->reader, out + all, room - all, MSG_DONTWAIT)) > 0)
		all += (size_t)n;
	return all;
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* How many blocks of that type; the octets are whole blocks. */
static uint32_t blocks(const uint8_t *at, size_t len, uint32_t type)
{
	uint32_t n = 0, bytes;

	for (; len; at += bytes, len -= bytes) {
		assert_true(len >= 12);
		bytes = word(at + 4);
		assert_true(bytes >= 12 && bytes <= len);
		assert_int_equal(word(at + bytes - 4), bytes);
		n += word(at) == type;
	}
	return n;
}

static void reader_gets_its_greeting_and_a_whole_file(void **state)
{
	static uint8_t got[PART];
	struct capture_filter filter = everything();
	struct fixture *f = *state;
	size_t len = 0;

	filter.count = 4;
	begin(f, &filter);
	send_out(f, 2);
	while (!f->ended) {
		turn(f);
		len += take(f, got + len, sizeof(got) - len);
	}
	assert_memory_equal(got, GREETING, strlen(GREETING));
	assert_int_equal(word(got + strlen(GREETING)), 0x0a0d0d0a);
	assert_int_equal(
		blocks(got + strlen(GREETING), len - strlen(GREETING), 6), 4);
	assert_int_equal(
		blocks(got + strlen(GREETING), len - strlen(GREETING), 5), 2);
	assert_non_null(
		memmem(got, len, "out spi=0x00c0ffee seq=2 policy=its-name",
		       strlen("out spi=0x00c0ffee seq=2 policy=its-name")));
	assert_null(atomic_load(&f->w->tap));
}

static void reader_that_has_enough_gets_the_rest(void **state)
{
	static uint8_t got[PART];
	const struct capture_filter filter = everything();
	struct fixture *f = *state;
	size_t len = 0;

	begin(f, &filter);
	send_out(f, 3);
	shutdown(f->reader, SHUT_WR);
	while (!f->ended) {
		turn(f);
		len += take(f, got + len, sizeof(got) - len);
	}
	assert_int_equal(
		blocks(got + strlen(GREETING), len - strlen(GREETING), 6), 6);
}

static void reader_that_is_gone_ends_it(void **state)
{
	const struct capture_filter filter = everything();
	struct fixture *f = *state;

	begin(f, &filter);
	close(f->reader);
	f->reader = -1;
	while (!f->ended)
		turn(f);
	assert_null(atomic_load(&f->w->tap));
	send_out(f, 1); /* nobody minds */
}

static void reader_that_does_not_read_loses_packets_alone(void **state)
{
	static uint8_t got[32 << 20];
	const struct capture_filter filter = everything();
	struct fixture *f = *state;
	size_t len = 0;
	uint32_t shown;

	begin(f, &filter);
	for (uint32_t i = 0; i < 2 * FLOOD; i += TAP_ROOM) {
		send_out(f, TAP_ROOM / 2);
		while (tap_first(atomic_load(&f->w->tap)))
			turn(f);
	}
	shutdown(f->reader, SHUT_WR);
	while (!f->ended) {
		turn(f);
		len += take(f, got + len, sizeof(got) - len);
	}
	shown = blocks(got + strlen(GREETING), len - strlen(GREETING), 6);
	assert_true(shown > TAP_ROOM && shown < 2 * FLOOD);
	/* Statistics: of the last one, 28 octets before its end, the missing. */
	assert_int_equal(shown + word(got + len - 12), 2 * FLOOD);
}

static void policy_of_a_packet_that_came_is_its_sas(void **state)
{
	static uint8_t got[PART];
	struct capture_filter filter = everything();
	struct fixture *f = *state;
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	struct ip_header inner = gateway_inner();
	size_t len = 0;
	uint32_t n;

	filter.policy = f->serves = 77;
	begin(f, &filter);
	gateway_packet(packet, &inner);
	n = gateway_text(f->g, packet, inner.total_bytes, text);
	gateway_give(f->g, DIR_IN, l3, gateway_seal(f->g, text, n, l3));
	worker_step(f->w);
	shutdown(f->reader, SHUT_WR);
	while (!f->ended) {
		turn(f);
		len += take(f, got + len, sizeof(got) - len);
	}
	assert_int_equal(
		blocks(got + strlen(GREETING), len - strlen(GREETING), 6), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(reader_gets_its_greeting_and_a_whole_file),
		CASE(reader_that_has_enough_gets_the_rest),
		CASE(reader_that_is_gone_ends_it),
		CASE(reader_that_does_not_read_loses_packets_alone),
		CASE(policy_of_a_packet_that_came_is_its_sas),
	};

	signal(SIGPIPE, SIG_IGN); /* as every role has it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
