// SPDX-License-Identifier: BSD-2-Clause
/* Counters of this moment are asked for before a request is answered. */
#include <signal.h>

#include "tests/unit/control_fixture.h"

struct counted {
	struct fixture f; /* first: the fixture's own functions are at home */
	unsigned int refreshes;
	bool refused;
};

static bool refresh(void *ctx)
{
	struct counted *c = ctx;

	c->refreshes++;
	return !c->refused;
}

static int start_counted(void **state)
{
	struct counted *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	*state = c;
	c->f.callbacks = (struct control_callbacks){ .status = take_snapshot,
						     .refresh = refresh,
						     .ctx = c };
	return start_server(&c->f);
}

#define REFRESH_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_counted, stop)

static int asks(struct counted *c, const char *command)
{
	int fd = client_new(&c->f);

	put_packet(fd, VICI_CMD_REQUEST, command);
	run_loop(&c->f);
	return fd;
}

static void assert_no_answer(struct counted *c, int fd)
{
	char octet;

	run_loop(&c->f);
	assert_int_equal(recv(fd, &octet, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void what_counts_waits_for_a_refresh(void **state)
{
	struct counted *c = *state;
	int fd = asks(c, "cygnet-drops");

	assert_int_equal(c->refreshes, 1);
	assert_no_answer(c, fd);
	assert_int_equal(c->f.snapshots, 0);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, fd), "drops");
	assert_int_equal(c->f.snapshots, 1);
	put_packet(fd, VICI_CMD_REQUEST, "cygnet-drops");
	assert_no_answer(c, fd);
	assert_int_equal(c->refreshes, 2);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, fd), "drops");
	close(fd);
}

static void what_does_not_count_does_not_wait(void **state)
{
	struct counted *c = *state;
	int fd = asks(c, "version");

	assert_answer(take_packet(&c->f, fd), "daemon");
	assert_int_equal(c->refreshes, 0);
	close(fd);
}

static void who_asks_during_a_refresh_waits_for_the_next(void **state)
{
	struct counted *c = *state;
	int first = asks(c, "cygnet-drops"), second = asks(c, "cygnet-drops");
	int third = asks(c, "cygnet-drops");

	assert_int_equal(c->refreshes, 1);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, first), "drops");
	assert_no_answer(c, second);
	assert_int_equal(c->refreshes, 2);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, second), "drops");
	assert_answer(take_packet(&c->f, third), "drops");
	assert_int_equal(c->refreshes, 2);
	close(first);
	close(second);
	close(third);
}

static void without_a_refresh_what_is_known_is_the_answer(void **state)
{
	struct counted *c = *state;
	int fd;

	c->refused = true;
	fd = asks(c, "cygnet-drops");
	assert_answer(take_packet(&c->f, fd), "drops");
	c->refused = false;
	put_packet(fd, VICI_CMD_REQUEST, "cygnet-drops");
	assert_no_answer(c, fd);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, fd), "drops");
	close(fd);
}

static void one_that_fails_later_ends_all_waiting(void **state)
{
	struct counted *c = *state;
	int first = asks(c, "cygnet-drops"), second = asks(c, "cygnet-drops");

	c->refused = true;
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, first), "drops");
	assert_answer(take_packet(&c->f, second), "drops");
	close(first);
	close(second);
}

static void who_leaves_meanwhile_is_not_answered(void **state)
{
	struct counted *c = *state;
	int fd = asks(c, "cygnet-drops");

	close(fd);
	control_server_refreshed(c->f.server);
	run_loop(&c->f);
	fd = asks(c, "version");
	assert_answer(take_packet(&c->f, fd), "daemon");
	close(fd);
}

static void one_that_nobody_asked_for_does_not_keep_the_next_waiting(void **state)
{
	struct counted *c = *state;
	int fd;

	control_server_refreshed(c->f.server);
	fd = asks(c, "cygnet-drops");
	assert_int_equal(c->refreshes, 1);
	control_server_refreshed(c->f.server);
	assert_answer(take_packet(&c->f, fd), "drops");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REFRESH_CASE(what_counts_waits_for_a_refresh),
		REFRESH_CASE(what_does_not_count_does_not_wait),
		REFRESH_CASE(who_asks_during_a_refresh_waits_for_the_next),
		REFRESH_CASE(without_a_refresh_what_is_known_is_the_answer),
		REFRESH_CASE(one_that_fails_later_ends_all_waiting),
		REFRESH_CASE(
			one_that_nobody_asked_for_does_not_keep_the_next_waiting),
		REFRESH_CASE(who_leaves_meanwhile_is_not_answered),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
