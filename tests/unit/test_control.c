// SPDX-License-Identifier: BSD-2-Clause
/*
 * The control server on a real Unix socket in a folder of its own, server and
 * clients in this one process: the event loop runs only where a case runs it,
 * a bounded number of turns and never waiting. What the answers say is the
 * matter of test_commands.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

#define LENGTH_BYTES 4
#define TURNS_MAX    2000
#define PATH_BYTES   512

struct fixture {
	char folder[64];
	char path[CONF_PATH_MAX];
	struct event_base *base;
	struct control_server *server;
	uint8_t *answer; /* the last one, without its length field */
};

static struct status *take_snapshot(void *ctx)
{
	struct status *s = calloc(1, sizeof(*s));

	(void)ctx;
	if (!s)
		return NULL;
	s->crypto = "openssl";
	s->workers = 2;
	s->counters.drops[DROP_ICV] = (struct counter){ 3, 400 };
	return s;
}

static const struct control_callbacks callbacks = { .status = take_snapshot };

static int server_new(struct fixture *f, const char *path,
		      struct control_server **out, struct error *e)
{
	return control_server_new(f->base, path, &callbacks, out, e);
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error e;

	if (!f)
		return -1;
	*state = f;
	strcpy(f->folder, "/tmp/test_control.XXXXXX");
	f->base = event_base_new();
	if (!f->base || !mkdtemp(f->folder))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/vici", f->folder);
	return server_new(f, f->path, &f->server, &e);
}

static int stop(void **state)
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

/* One turn more than needed to accept, read and answer, without waiting. */
static void run_loop(struct fixture *f)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* --- a client */

static int client_new(const struct fixture *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(sun.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void put_octets(int fd, const void *octets, size_t len)
{
	assert_int_equal(send(fd, octets, len, 0), len);
}

static void put_packet(int fd, enum vici_type type, const char *name)
{
	struct vici_builder b;

	vici_start(&b, type, name);
	assert_true(vici_finish(&b));
	put_octets(fd, b.ptr, b.len);
	vici_builder_free(&b);
}

/* Takes exactly len octets, running the server meanwhile. */
static void take_octets(struct fixture *f, int fd, uint8_t *out, size_t len)
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
static struct vici_packet take_packet(struct fixture *f, int fd)
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
static void assert_answer(struct vici_packet packet, const char *first)
{
	struct vici_reader r = vici_read(packet.body);
	struct vici_elem elem;

	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_true(vici_next(&r, &elem));
	assert_int_equal(elem.name.len, strlen(first));
	assert_memory_equal(elem.name.ptr, first, elem.name.len);
}

static void assert_answers(struct fixture *f, int fd)
{
	put_packet(fd, VICI_CMD_REQUEST, "version");
	assert_answer(take_packet(f, fd), "daemon");
}

/* Disconnected, and without an answer. */
static void assert_closed(struct fixture *f, int fd)
{
	char octet;
	ssize_t n;

	run_loop(f);
	n = recv(fd, &octet, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

/* --- answers */

/* All but `stats`, which reads the clock. */
static void answers_are_those_of_the_commands(void **state)
{
	static const char *const names[] = { "version", "cygnet-status",
					     "cygnet-drops" };
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

		assert_true(command_answer(&request, &callbacks, &want));
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

	put_packet(fd, VICI_CMD_REQUEST, "list-sas");
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	assert_answers(f, fd);
	close(fd);
}

static void registrations_are_answered_with_event_unknown(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	put_packet(fd, VICI_EVENT_REGISTER, "list-sa");
	assert_int_equal(take_packet(f, fd).type, VICI_EVENT_UNKNOWN);
	put_packet(fd, VICI_EVENT_UNREGISTER, "list-sa");
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
	put_packet(fd, VICI_CMD_REQUEST, "unknown");
	put_packet(fd, VICI_CMD_REQUEST, "stats");

	assert_answer(take_packet(f, fd), "daemon");
	assert_int_equal(take_packet(f, fd).type, VICI_CMD_UNKNOWN);
	assert_answer(take_packet(f, fd), "uptime");
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

/* --- clients that leave, stay, or are too many */

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

static void client_that_does_not_read_is_closed(void **state)
{
	struct fixture *f = *state;
	struct vici_builder b;
	int fd = client_new(f);
	ssize_t n = 0;
	int sent = 0;

	vici_start(&b, VICI_CMD_REQUEST, "cygnet-drops");
	assert_true(vici_finish(&b));

	for (; sent < TURNS_MAX && n >= 0; sent++) {
		n = send(fd, b.ptr, b.len, 0);
		run_loop(f);
	}

	assert_int_equal(n, -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	assert_true(sent > 100); /* there is room before */
	vici_builder_free(&b);
	close(fd);
}

static void one_client_too_many_is_closed(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_CLIENTS_MAX];
	int late;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = client_new(f);
		assert_answers(f, fds[i]);
	}

	late = client_new(f);
	assert_closed(f, late);
	close(late);

	close(fds[7]);
	run_loop(f);
	fds[7] = client_new(f);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		assert_answers(f, fds[i]);
		close(fds[i]);
	}
}

/* A user of its own gets past the file's mode only if somebody opens it. */
static void stranger_is_closed(void **state)
{
	const uid_t nobody = 65534;
	struct fixture *f = *state;
	int fd;

	if (geteuid() != 0) {
		print_message("skipped: needs root to become a stranger\n");
		skip();
	}
	assert_int_equal(chmod(f->folder, 0755), 0);
	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(seteuid(nobody), 0);
	fd = client_new(f);
	assert_int_equal(seteuid(0), 0);

	put_packet(fd, VICI_CMD_REQUEST, "version");

	assert_closed(f, fd);
	close(fd);
}

/* --- the socket file */

static void socket_file_is_for_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	mode_t mask = umask(0);
	char path[PATH_BYTES];
	struct error e;
	struct stat st;
	int err;

	snprintf(path, sizeof(path), "%s/other", f->folder);
	err = server_new(f, path, &server, &e);
	umask(mask);

	assert_int_equal(err, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	control_server_free(server);
}

static void missing_folder_is_made(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	mode_t mask = umask(022);
	char folder[PATH_BYTES / 2], path[PATH_BYTES];
	struct error e;
	struct stat st;
	int err;

	snprintf(folder, sizeof(folder), "%s/run", f->folder);
	snprintf(path, sizeof(path), "%s/vici", folder);
	err = server_new(f, path, &server, &e);
	umask(mask);

	assert_int_equal(err, 0);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	control_server_free(server);
	assert_int_equal(rmdir(folder), 0);
}

static void live_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *second = NULL;
	struct error e = { "" };
	int fd;

	assert_int_equal(server_new(f, f->path, &second, &e), -EADDRINUSE);

	assert_null(second);
	assert_non_null(strstr(e.text, f->path));
	assert_non_null(strstr(e.text, "stop the other cygnetd"));
	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

static void stale_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct error e;
	int fd;

	control_server_free(f->server);
	f->server = NULL;
	strcpy(sun.sun_path, f->path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd); /* the file stays, as after a kill */

	assert_int_equal(server_new(f, f->path, &f->server, &e), 0);

	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

static void file_that_is_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	struct error e = { "" };
	struct stat st;
	FILE *file;

	control_server_free(f->server);
	f->server = NULL;
	file = fopen(f->path, "w");
	assert_non_null(file);
	fclose(file);

	assert_int_equal(server_new(f, f->path, &server, &e), -EEXIST);

	assert_non_null(strstr(e.text, f->path));
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void path_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	char path[PATH_BYTES];
	struct error e;

	memset(path, 'x', sizeof(path));
	memcpy(path, "/tmp/", 5);
	path[sizeof(((struct sockaddr_un *)0)->sun_path)] = '\0';

	assert_int_equal(server_new(f, path, &server, &e), -ENAMETOOLONG);
}

static void folder_that_cannot_be_made_is_named(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	struct error e = { "" };
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/a/b/vici", f->folder);

	assert_int_equal(server_new(f, path, &server, &e), -ENOENT);

	assert_non_null(strstr(e.text, "/a/b: No such file"));
}

static void end_of_the_server_removes_file_and_clients(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);
	struct stat st;

	assert_answers(f, fd);
	control_server_free(f->server);
	f->server = NULL;

	assert_int_equal(lstat(f->path, &st), -1);
	assert_int_equal(errno, ENOENT);
	assert_closed(f, fd);
	close(fd);
}

static void end_of_the_server_leaves_its_successors_file(void **state)
{
	struct fixture *f = *state;
	struct control_server *successor;
	struct error e;
	int fd;

	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(server_new(f, f->path, &successor, &e), 0);

	control_server_free(f->server);

	f->server = successor;
	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(answers_are_those_of_the_commands),
		CASE(unknown_command_is_answered_with_cmd_unknown),
		CASE(registrations_are_answered_with_event_unknown),
		CASE(request_in_single_octets_is_answered),
		CASE(requests_in_one_piece_are_answered_in_order),
		CASE(length_over_the_maximum_closes),
		CASE(longest_request_is_assembled),
		CASE(malformed_packets_close),
		CASE(types_that_only_a_server_sends_close),
		CASE(nothing_is_answered_after_a_malformed_packet),
		CASE(client_that_ends_its_requests_gets_its_answers),
		CASE(client_that_leaves_before_its_answer_harms_nobody),
		CASE(client_that_does_not_read_is_closed),
		CASE(one_client_too_many_is_closed),
		CASE(stranger_is_closed),
		CASE(socket_file_is_for_its_owner_alone),
		CASE(missing_folder_is_made),
		CASE(live_socket_is_left_alone),
		CASE(stale_socket_is_replaced),
		CASE(file_that_is_no_socket_is_left_alone),
		CASE(path_that_does_not_fit_is_refused),
		CASE(folder_that_cannot_be_made_is_named),
		CASE(end_of_the_server_removes_file_and_clients),
		CASE(end_of_the_server_leaves_its_successors_file),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
