// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who may be a client of the control server and for how long, and that none
 * harms the others or what else runs on the loop. The clock stands still until
 * a case moves it, and the system calls fail that a case wants to fail.
 */
#include "tests/unit/control_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "ctrl/base/log.h"

#define DAY_S	  86400
#define LOG_BYTES 4096

/* --- system calls, in place of the C library's; libevent has them too */

static time_t now_s = 1000;
static int accept_errno;
static unsigned int accepts;
static int getsockopt_errno;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = now_s };
	return 0;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	accepts++;
	errno = accept_errno;
	return errno ? -1 : (int)syscall(SYS_accept4, fd, addr, len, flags);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	errno = getsockopt_errno;
	return errno ? -1
		     : (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

/* --- the log, caught while a case runs */

static int log_fd, stderr_fd;

static int start_with_log(void **state)
{
	accept_errno = 0;
	getsockopt_errno = 0;
	log_fd = memfd_create("log", MFD_CLOEXEC);
	stderr_fd = dup(STDERR_FILENO);
	if (log_fd < 0 || stderr_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0)
		return -1;
	return start(state);
}

static int stop_with_log(void **state)
{
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	close(log_fd);
	return stop(state);
}

static void assert_log(const char *want)
{
	char text[LOG_BYTES] = "";

	assert_true(pread(log_fd, text, sizeof(text) - 1, 0) >= 0);
	assert_string_equal(text, want);
}

/* What the log says of this process: every client is in it. */
static const char *line(const char *event, const char *reason,
			unsigned int unsaid)
{
	static char text[LOG_BYTES];

	snprintf(text, sizeof(text),
		 "warn: control: %s pid=%d reason=\"%s\" unsaid=%u\n", event,
		 (int)getpid(), reason, unsaid);
	return text;
}

/* --- clients */

static void wait_s(struct fixture *f, time_t seconds)
{
	now_s += seconds;
	run_loop(f);
}

/* Without reading: what it was sent before may still be there. */
static bool is_closed(int fd)
{
	struct pollfd pfd = { .fd = fd };

	assert_true(poll(&pfd, 1, 0) >= 0);
	return pfd.revents & POLLHUP;
}

/* Sends requests until no more fit, and reads no answer. */
static int client_that_does_not_read(struct fixture *f)
{
	struct vici_builder b;
	int fd = client_new(f);
	ssize_t n = 0;

	vici_start(&b, VICI_CMD_REQUEST, "cygnet-drops");
	assert_true(vici_finish(&b));
	for (int i = 0; i < TURNS_MAX && n >= 0; i++) {
		n = send(fd, b.ptr, b.len, 0);
		run_loop(f);
	}
	assert_int_equal(n, -1);
	assert_int_equal(errno, EAGAIN);
	vici_builder_free(&b);
	return fd;
}

static void refuse_one(struct fixture *f)
{
	int fd = client_new(f);

	put_packet(fd, VICI_CMD_UNKNOWN, NULL);
	assert_closed(f, fd);
	close(fd);
}

/* --- clients that stay, or are late */

static void client_without_a_request_may_stay(void **state)
{
	struct fixture *f = *state;
	int silent = client_new(f);
	int listens = client_new(f);

	assert_answers(f, listens);
	wait_s(f, DAY_S);

	assert_answers(f, silent);
	assert_answers(f, listens);
	close(silent);
	close(listens);
}

static void request_that_is_not_completed_in_time_closes(void **state)
{
	static const uint8_t part[] = { 0, 0, 0, 9, 0 };
	struct fixture *f = *state;
	int fds[sizeof(part)];

	for (size_t i = 0; i < sizeof(part); i++) {
		fds[i] = client_new(f);
		put_octets(fds[i], part, i + 1);
	}
	run_loop(f);

	wait_s(f, CONTROL_WAIT_S - 1);
	for (size_t i = 0; i < sizeof(part); i++)
		assert_false(is_closed(fds[i]));
	wait_s(f, 1);
	for (size_t i = 0; i < sizeof(part); i++) {
		assert_true(is_closed(fds[i]));
		close(fds[i]);
	}
	assert_log(line("client closed", "does not complete its request", 0));
}

static void octet_now_and_then_gives_no_more_time(void **state)
{
	static const uint8_t part[] = { 0, 0, 0, 9, 0, 7, 'v' };
	struct fixture *f = *state;
	int fd = client_new(f);

	for (int i = 0; i < 5; i++) {
		assert_false(is_closed(fd));
		put_octets(fd, part + i, 1);
		run_loop(f);
		wait_s(f, CONTROL_WAIT_S / 5);
	}

	assert_true(is_closed(fd));
	close(fd);
}

static void answer_that_is_not_read_in_time_closes(void **state)
{
	struct fixture *f = *state;
	int fd = client_that_does_not_read(f);

	wait_s(f, CONTROL_WAIT_S - 1);
	assert_false(is_closed(fd));

	wait_s(f, 1);
	assert_true(is_closed(fd));
	assert_log(line("client closed", "does not read its answer", 0));
	close(fd);
}

static void half_closed_client_that_does_not_read_is_closed(void **state)
{
	struct fixture *f = *state;
	int fd = client_that_does_not_read(f);

	shutdown(fd, SHUT_WR);
	wait_s(f, CONTROL_WAIT_S);

	assert_true(is_closed(fd));
	close(fd);
}

static void each_request_has_its_own_time(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	for (int i = 0; i < 5; i++) {
		put_octets(fd, "\0", 1);
		run_loop(f);
		wait_s(f, CONTROL_WAIT_S - 1);
		put_octets(fd, "\0\0\011\0\007version", 12);
		assert_answer(take_packet(f, fd), "daemon");
	}
	close(fd);
}

/* --- all places taken */

static void client_idle_for_longest_makes_room_for_a_new_one(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_CLIENTS_MAX], silent, late;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = client_new(f);
		wait_s(f, 1);
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (i != 7)
			assert_answers(f, fds[i]);
		wait_s(f, 1);
	}

	silent = client_new(f);
	run_loop(f);
	assert_log(line("client closed",
			"longest idle, and another one needs its place", 0));
	late = client_new(f);
	assert_answers(f, late);

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		assert_int_equal(is_closed(fds[i]), i == 7 || i == 0);
	assert_answers(f, silent);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(silent);
	close(late);
}

static void new_client_takes_a_free_place_first(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_CLIENTS_MAX];

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = client_new(f);
		wait_s(f, 1);
	}
	close(fds[7]);
	run_loop(f);
	fds[7] = client_new(f);

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		assert_answers(f, fds[i]);
		close(fds[i]);
	}
}

/* --- what a client may cost */

static void client_has_one_answer_a_turn(void **state)
{
	struct fixture *f = *state;
	int floods = client_new(f);
	int asks = client_new(f);

	run_loop(f);
	for (int i = 0; i < 10; i++)
		put_packet(floods, VICI_CMD_REQUEST, "cygnet-status");
	put_packet(asks, VICI_CMD_REQUEST, "version");

	for (int i = 0; i < TURNS_MAX && f->snapshots < 10; i++) {
		unsigned int before = f->snapshots;
		char octet;

		event_base_loop(f->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		assert_true(f->snapshots <= before + 1);
		if (f->snapshots == 2)
			assert_int_equal(recv(asks, &octet, 1, MSG_PEEK), 1);
	}
	assert_int_equal(f->snapshots, 10);
	close(floods);
	close(asks);
}

/* The kernel holds what it has room for, and the server one more. */
static void request_behind_an_unread_answer_waits(void **state)
{
	struct fixture *f = *state;
	int fd = client_that_does_not_read(f);
	unsigned int taken = f->snapshots;
	static char octets[1 << 20];
	ssize_t have;
	size_t answer_bytes;

	have = recv(fd, octets, sizeof(octets), 0);
	assert_true(have > 0);
	answer_bytes = LENGTH_BYTES +
		       ((size_t)(uint8_t)octets[2] << 8 | (uint8_t)octets[3]);
	assert_int_equal(taken, (size_t)have / answer_bytes + 1);
	close(fd);
}

struct other {
	struct event *event;
	unsigned int times;
};

static void on_other(evutil_socket_t fd, short what, void *ctx)
{
	struct other *other = ctx;

	(void)fd;
	(void)what;
	if (++other->times % 10 == 0)
		event_base_loopbreak(event_get_base(other->event));
}

/* Always ready, and with the priority that an event has by itself. */
static void everything_else_on_the_loop_comes_first(void **state)
{
	struct fixture *f = *state;
	int ready[2], early = client_new(f), late = client_new(f);
	struct other other = { .times = 0 };

	assert_answers(f, early);
	put_octets(late, "\0", 1);
	run_loop(f);
	assert_int_equal(pipe2(ready, O_CLOEXEC | O_NONBLOCK), 0);
	other.event = event_new(f->base, ready[1], EV_WRITE | EV_PERSIST,
				on_other, &other);
	assert_int_equal(event_add(other.event, NULL), 0);
	put_packet(early, VICI_CMD_REQUEST, "cygnet-status");
	close(client_new(f));
	accepts = 0;

	wait_s(f, CONTROL_WAIT_S);
	assert_true(other.times >= 10);
	assert_int_equal(f->snapshots, 0);
	assert_int_equal(accepts, 0);
	assert_log("");

	event_free(other.event);
	assert_int_equal(take_packet(f, early).type, VICI_CMD_RESPONSE);
	close(ready[0]);
	close(ready[1]);
	close(early);
	close(late);
}

/* --- clients that are not let in */

/* A user of its own gets past the file's mode only if somebody opens it. */
static void stranger_is_closed(void **state)
{
	const uid_t nobody = 65534;
	struct fixture *f = *state;
	int fd;

	if (geteuid() != 0) {
		print_message("skip: needs root to become a stranger\n");
		skip();
	}
	assert_int_equal(chmod(f->folder, 0755), 0);
	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(seteuid(nobody), 0);
	fd = client_try(f);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);

	put_packet(fd, VICI_CMD_REQUEST, "version");

	assert_closed(f, fd);
	assert_log(line("client refused", "not root", 0));
	close(fd);
}

static void client_of_whom_the_kernel_does_not_tell_is_closed(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	getsockopt_errno = ENOBUFS;
	put_packet(fd, VICI_CMD_REQUEST, "version");

	assert_closed(f, fd);
	close(fd);
	getsockopt_errno = 0;
	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

static void failed_accept_is_tried_again_after_a_pause(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);

	accept_errno = EMFILE;
	accepts = 0;
	run_loop(f);
	run_loop(f);
	assert_int_equal(accepts, 1);
	assert_log("warn: control: accept failed pid=0 "
		   "reason=\"Too many open files\" unsaid=0\n");

	wait_s(f, 1);
	assert_int_equal(accepts, 2);

	accept_errno = 0;
	run_loop(f);
	assert_int_equal(accepts, 2);
	wait_s(f, 1);
	assert_answers(f, fd);
	close(fd);
}

static void log_has_a_line_a_second_and_counts_the_rest(void **state)
{
	static const char why[] = "a packet that only a server sends";
	struct fixture *f = *state;
	char both[LOG_BYTES];

	refuse_one(f);
	refuse_one(f);
	refuse_one(f);
	strcpy(both, line("client closed", why, 0));
	assert_log(both);

	wait_s(f, 1);
	refuse_one(f);
	strcat(both, line("client closed", why, 2));
	assert_log(both);

	wait_s(f, 1);
	refuse_one(f);
	strcat(both, line("client closed", why, 0));
	assert_log(both);
}

#define LOGGED(name) \
	cmocka_unit_test_setup_teardown(name, start_with_log, stop_with_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOGGED(client_without_a_request_may_stay),
		LOGGED(request_that_is_not_completed_in_time_closes),
		LOGGED(octet_now_and_then_gives_no_more_time),
		LOGGED(answer_that_is_not_read_in_time_closes),
		LOGGED(half_closed_client_that_does_not_read_is_closed),
		LOGGED(each_request_has_its_own_time),
		LOGGED(client_idle_for_longest_makes_room_for_a_new_one),
		LOGGED(new_client_takes_a_free_place_first),
		LOGGED(client_has_one_answer_a_turn),
		LOGGED(request_behind_an_unread_answer_waits),
		LOGGED(everything_else_on_the_loop_comes_first),
		LOGGED(stranger_is_closed),
		LOGGED(client_of_whom_the_kernel_does_not_tell_is_closed),
		LOGGED(failed_accept_is_tried_again_after_a_pause),
		LOGGED(log_has_a_line_a_second_and_counts_the_rest),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
