// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hearing events: a daemon that was written down beforehand says its lines to one
 * client, and then ends.
 */
#include "tests/unit/cli_fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrl/cli/client.h"

struct scene {
	char folder[32];
	char path[64];
	int listener;
	struct vici_builder script[8]; /* in this order */
	size_t n_script;
	char heard[256];	 /* "NAME " of each event */
	unsigned int stop_after; /* events; 0: never */
};

static int start(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct scene *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	*state = s;
	strcpy(s->folder, "/tmp/test_listen.XXXXXX");
	if (!mkdtemp(s->folder))
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/vici", s->folder);
	strcpy(sun.sun_path, s->path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(s->listener, (struct sockaddr *)&sun, sizeof(sun)) ||
	       listen(s->listener, 1);
}

static int stop(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < s->n_script; i++)
		vici_builder_free(&s->script[i]);
	close(s->listener);
	unlink(s->path);
	rmdir(s->folder);
	free(s);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

static void says(struct scene *s, enum vici_type type, const char *name)
{
	struct vici_builder *b = &s->script[s->n_script++];

	vici_start(b, type, name);
	assert_true(vici_finish(b));
}

/* In a process of its own: says all, waits until the client has asked, ends. */
static pid_t daemon_start(const struct scene *s)
{
	pid_t pid = fork();
	char asked[512];
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	alarm(20);
	fd = accept(s->listener, NULL, NULL);
	if (read(fd, asked, sizeof(asked)) <= 0)
		_exit(1);
	for (size_t i = 0; i < s->n_script; i++)
		if (send(fd, s->script[i].ptr, s->script[i].len, MSG_NOSIGNAL) <
		    0)
			_exit(1);
	shutdown(fd, SHUT_WR);
	while (read(fd, asked, sizeof(asked)) > 0)
		;
	_exit(0);
}

static int take(void *ctx, struct slice name, struct slice body, struct error *e)
{
	struct scene *s = ctx;

	(void)body;
	snprintf(s->heard + strlen(s->heard),
		 sizeof(s->heard) - strlen(s->heard), "%.*s ", (int)name.len,
		 (const char *)name.ptr);
	if (s->stop_after && !--s->stop_after)
		return error_set(e, -ECANCELED, "enough");
	return 0;
}

static void hear(struct scene *s, int want, const char *why)
{
	static const char *const names[] = { "log", "ike-updown", NULL };
	pid_t pid = daemon_start(s);
	struct error e;

	assert_int_equal(client_listen(s->path, names, take, s, &e), want);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void events_are_heard_until_the_daemon_ends(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT, "log");
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT, "ike-updown");
	says(s, VICI_EVENT, "log");
	hear(s, -ECONNRESET, "closed the connection");
	assert_string_equal(s->heard, "log ike-updown log ");
}

static void one_that_the_daemon_lacks_is_left_out(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_UNKNOWN, NULL);
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT, "ike-updown");
	hear(s, -ECONNRESET, "closed the connection");
	assert_string_equal(s->heard, "ike-updown ");
}

static void a_daemon_that_lacks_all_is_said_to(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_UNKNOWN, NULL);
	says(s, VICI_EVENT_UNKNOWN, NULL);
	hear(s, -EOPNOTSUPP, "does not know 'log'");
}

static void who_has_heard_enough_ends_it(void **state)
{
	struct scene *s = *state;

	s->stop_after = 2;
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT, "log");
	says(s, VICI_EVENT, "log");
	says(s, VICI_EVENT, "log");
	hear(s, -ECANCELED, "enough");
	assert_string_equal(s->heard, "log log ");
}

static void what_no_server_says_ends_it(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT_CONFIRM, NULL);
	hear(s, -EPROTO, "cannot talk");
}

static void a_daemon_that_is_not_there_is_said_to_be(void **state)
{
	static const char *const names[] = { "log", NULL };
	struct scene *s = *state;
	struct error e;

	assert_int_equal(client_listen("/tmp/none/vici", names, take, s, &e),
			 -ENOENT);
	assert_non_null(strstr(e.text, "is it running?"));
}

/* --- and what comes of a command */

static int take_answer(void *ctx, struct slice body, struct error *e)
{
	return take(ctx, slice_of("answer", 6), body, e);
}

static int take_last(void *ctx, struct slice name, struct slice body,
		     struct error *e)
{
	return take(ctx, name, body, e) ? 1 : 0;
}

static void follow(struct scene *s, int want, const char *why)
{
	static const char *const names[] = { "log", NULL };
	const struct client_follower f = { .event = take_last,
					   .answer = take_answer,
					   .ctx = s };
	const struct question q = { .command = "rekey" };
	pid_t pid = daemon_start(s);
	struct error e = { .text = "" };

	assert_int_equal(client_follow(s->path, names, &q, &f, &e), want);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void command_is_followed_until_that_was_all(void **state)
{
	struct scene *s = *state;

	s->stop_after = 3;
	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_EVENT, "log");
	says(s, VICI_CMD_RESPONSE, NULL);
	says(s, VICI_EVENT, "log");
	says(s, VICI_EVENT, "log");
	follow(s, 0, "");
	assert_string_equal(s->heard, "log answer log ");
}

static void command_that_the_daemon_lacks_is_said_to_be(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_CMD_UNKNOWN, NULL);
	follow(s, -EOPNOTSUPP, "does not know 'rekey'");
}

static void event_that_the_daemon_lacks_is_said_to_be(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_UNKNOWN, NULL);
	follow(s, -EOPNOTSUPP, "does not know 'log'");
}

static void follower_of_a_daemon_that_ends_is_told(void **state)
{
	struct scene *s = *state;

	says(s, VICI_EVENT_CONFIRM, NULL);
	says(s, VICI_CMD_RESPONSE, NULL);
	follow(s, -ECONNRESET, "closed the connection");
	assert_string_equal(s->heard, "answer ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(events_are_heard_until_the_daemon_ends),
		CASE(one_that_the_daemon_lacks_is_left_out),
		CASE(a_daemon_that_lacks_all_is_said_to),
		CASE(who_has_heard_enough_ends_it),
		CASE(what_no_server_says_ends_it),
		CASE(a_daemon_that_is_not_there_is_said_to_be),
		CASE(command_is_followed_until_that_was_all),
		CASE(command_that_the_daemon_lacks_is_said_to_be),
		CASE(event_that_the_daemon_lacks_is_said_to_be),
		CASE(follower_of_a_daemon_that_ends_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
