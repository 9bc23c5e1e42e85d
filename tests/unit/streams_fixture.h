/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections by pairs of sockets in place of TCP, and what was told of them. */
#ifndef CYG_TESTS_STREAMS_FIXTURE_H
#define CYG_TESTS_STREAMS_FIXTURE_H

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/streams.h"

#define TOLD_MAX 64
#define TURNS	 64
#define NUMBER	 7U
#define TOKEN	 99U

enum told_what { TOLD_UP = 1, TOLD_MESSAGE, TOLD_ESP, TOLD_DOWN, TOLD_GONE };

struct told {
	enum told_what what;
	uint32_t stream;
	uint64_t token; /* or ctl's number */
	size_t bytes;
	enum stream_end end;
	int error;
};

struct bench {
	struct event_base *base;
	struct streams *streams;
	struct streams_limits limits;
	bool busy;
	unsigned int left; /* messages that ike takes, of strangers; or any */
	struct told told[TOLD_MAX];
	size_t n_told;
	int peer; /* of the connection that came last */
};

static struct bench *bench;

static inline struct told *add_told(enum told_what what, uint32_t stream)
{
	struct told *t = &bench->told[bench->n_told++];

	assert_true(bench->n_told <= TOLD_MAX);
	*t = (struct told){ .what = what, .stream = stream };
	return t;
}

static inline bool on_busy(void *ctx, bool kept)
{
	(void)ctx;
	return bench->busy || (!kept && !bench->left);
}

static inline void on_up(void *ctx, uint32_t stream, uint64_t token,
			 const struct stream_ends *ends)
{
	(void)ctx;
	(void)ends;
	add_told(TOLD_UP, stream)->token = token;
}

static inline void on_message(void *ctx, uint32_t stream, struct slice message)
{
	(void)ctx;
	bench->left -= bench->left > 0;
	add_told(TOLD_MESSAGE, stream)->bytes = message.len;
}

static inline void on_esp(void *ctx, uint32_t stream, struct slice packet)
{
	(void)ctx;
	add_told(TOLD_ESP, stream)->bytes = packet.len;
}

static inline void on_down(void *ctx, uint32_t stream, uint64_t token,
			   enum stream_end end, int error)
{
	struct told *t = add_told(TOLD_DOWN, stream);

	(void)ctx;
	t->token = token;
	t->end = end;
	t->error = error;
}

static inline void on_gone(void *ctx, uint32_t number,
			   const struct stream_ends *ends)
{
	(void)ends;
	(void)ctx;
	add_told(TOLD_GONE, STREAM_NONE)->token = number;
}

static inline void begin(void)
{
	const struct streams_spec spec = {
		.base = bench->base,
		.limits = &bench->limits,
		.calls = { on_busy, on_up, on_message, on_esp, on_down, on_gone,
			   NULL },
		.seed = 0x12345678,
	};

	assert_int_equal(streams_new(&spec, &bench->streams), 0);
}

static inline int setup(void **state)
{
	(void)state;
	bench = calloc(1, sizeof(*bench));
	bench->base = event_base_new();
	bench->limits = streams_limits;
	bench->peer = -1;
	bench->left = UINT_MAX;
	begin();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	streams_free(bench->streams);
	event_base_free(bench->base);
	if (bench->peer >= 0)
		close(bench->peer);
	free(bench);
	return 0;
}

/* All that is to be done now. */
static inline void turn(void)
{
	for (int i = 0; i < TURNS; i++)
		event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

/* Until so much was told; a limit of the loop's own timers is waited for. */
static inline void wait_told(size_t n)
{
	while (bench->n_told < n)
		assert_int_equal(event_base_loop(bench->base, EVLOOP_ONCE), 0);
}

static inline int pair(int *other)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
	*other = fds[1];
	return fds[0];
}

static inline struct stream_ends ends_of(const char *host)
{
	struct stream_ends e = { .local_port = 4500, .remote_port = 1234 };

	assert_int_equal(addr_parse(host, &e.remote), 0);
	return e;
}

static inline int accept_from(const char *host)
{
	const struct stream_ends ends = ends_of(host);
	int other, fd = pair(&other);

	streams_accept(bench->streams, fd, &ends);
	return other;
}

static inline void accept_one(void)
{
	bench->peer = accept_from("192.0.2.1");
}

static inline void say(const void *octets, size_t n)
{
	assert_int_equal(send(bench->peer, octets, n, MSG_NOSIGNAL), n);
}

static inline void say_text(const char *text)
{
	say(text, strlen(text));
}

/* Length, marker or SPI, zeros. */
static inline size_t put(uint8_t *at, bool ike, size_t bytes)
{
	size_t n = ike ? stream_ike_header(bytes, at)
		       : stream_esp_header(bytes, at);

	memset(at + n, 0, bytes);
	if (!ike)
		at[n] = 0x55;
	return n + bytes;
}

static inline void say_message(bool ike, size_t bytes)
{
	uint8_t octets[STREAM_MESSAGE_MAX];

	say(octets, put(octets, ike, bytes));
}

static inline bool is_closed(int fd)
{
	char octet;
	ssize_t n = recv(fd, &octet, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static inline uint32_t bring_up(void)
{
	accept_one();
	say_text(STREAM_PREFIX);
	say_message(true, 100);
	turn();
	assert_int_equal(bench->n_told, 2);
	bench->n_told = 0;
	return bench->told[0].stream;
}

static inline void assert_heard(const void *want, size_t n)
{
	uint8_t octets[STREAM_MESSAGE_MAX];

	turn();
	assert_int_equal(recv(bench->peer, octets, sizeof(octets), MSG_DONTWAIT),
			 n);
	assert_memory_equal(octets, want, n);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
