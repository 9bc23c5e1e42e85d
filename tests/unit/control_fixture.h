/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control server on a real Unix socket in a folder of its own, server and
 * clients in one process: the event loop runs only where a case runs it, a
 * bounded number of turns and never waiting.
 */
#ifndef CYG_TESTS_CONTROL_FIXTURE_H
#define CYG_TESTS_CONTROL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

#define LENGTH_BYTES 4
#define TURNS_MAX    2000
#define PATH_BYTES   512

struct fixture {
	char folder[64];
	char path[CONF_PATH_MAX];
	struct event_base *base;
	struct control_callbacks callbacks;
	struct control_server *server;
	uint8_t *answer;	/* the last one, without its length field */
	unsigned int snapshots; /* taken so far */
};

static inline struct status *take_snapshot(void *ctx)
{
	struct status *s = calloc(1, sizeof(*s));
	struct fixture *f = ctx;

	f->snapshots++;
	if (!s)
		return NULL;
	s->crypto = "openssl";
	s->workers = 2;
	s->counters.drops[DROP_ICV] = (struct counter){ 3, 400 };
	return s;
}

static inline int server_new(struct fixture *f, const char *path,
			     struct control_server **out, struct error *e)
{
	return control_server_new(f->base, path, &f->callbacks, out, e);
}

/* A server with the fixture's callbacks. */
static inline int start_server(struct fixture *f)
{
	struct error e;

	strcpy(f->folder, "/tmp/test_control.XXXXXX");
	f->base = event_base_new();
	if (!f->base || !mkdtemp(f->folder) ||
	    event_base_priority_init(f->base, CONTROL_PRIORITIES))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/vici", f->folder);
	return server_new(f, f->path, &f->server, &e);
}

static inline int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	f->callbacks =
		(struct control_callbacks){ .status = take_snapshot, .ctx = f };
	return start_server(f);
}

static inline int stop(void **state)
{
	struct fixture *f = *state;

	control_server_free(f->server);
	event_base_free(f->base);
	unlink(f->path);
	rmdir(f->folder);
	free(f->answer);
	free(f);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* More turns than it takes to accept, read a packet and answer it. */
static inline void run_loop(struct fixture *f)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* --- a client */

/* Negative: there is none. */
static inline int client_try(const struct fixture *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(sun.sun_path, f->path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int client_new(const struct fixture *f)
{
	int fd = client_try(f);

	assert_true(fd >= 0);
	return fd;
}

static inline void put_octets(int fd, const void *octets, size_t len)
{
	assert_int_equal(send(fd, octets, len, 0), len);
}

static inline void put_packet(int fd, enum vici_type type, const char *name)
{
	struct vici_builder b;

	vici_start(&b, type, name);
	assert_true(vici_finish(&b));
	put_octets(fd, b.ptr, b.len);
	vici_builder_free(&b);
}

/* Takes exactly len octets, running the server meanwhile. */
static inline void take_octets(struct fixture *f, int fd, uint8_t *out,
			       size_t len)
{
	size_t have = 0;

	for (int turn = 0; turn < TURNS_MAX && have < len; turn++) {
		ssize_t n;

		run_loop(f);
		n = recv(fd, out + have, len - have, 0);
		assert_int_not_equal(n, 0);
		if (n > 0)
			have += (size_t)n;
	}
	assert_int_equal(have, len);
}

/* The next packet; borrowed from the fixture until the next one. */
static inline struct vici_packet take_packet(struct fixture *f, int fd)
{
	uint8_t head[LENGTH_BYTES];
	struct vici_packet packet;
	struct slice field;
	uint32_t len;

	take_octets(f, fd, head, sizeof(head));
	field = slice_of(head, sizeof(head));
	assert_true(rd_u32(&field, &len));
	assert_true(len <= VICI_PACKET_MAX);
	free(f->answer);
	f->answer = malloc(len);
	assert_non_null(f->answer);
	take_octets(f, fd, f->answer, len);
	assert_true(vici_packet_parse(slice_of(f->answer, len), &packet));
	assert_true(vici_valid(packet.body));
	return packet;
}

/* Tells answers apart by the first name in them. */
static inline void assert_answer(struct vici_packet packet, const char *first)
{
	struct vici_reader r = vici_read(packet.body);
	struct vici_elem elem;

	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_true(vici_next(&r, &elem));
	assert_int_equal(elem.name.len, strlen(first));
	assert_memory_equal(elem.name.ptr, first, elem.name.len);
}

static inline void assert_answers(struct fixture *f, int fd)
{
	put_packet(fd, VICI_CMD_REQUEST, "version");
	assert_answer(take_packet(f, fd), "daemon");
}

/* Disconnected, and without an answer. */
static inline void assert_closed(struct fixture *f, int fd)
{
	char octet;
	ssize_t n;

	run_loop(f);
	n = recv(fd, &octet, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

#endif
