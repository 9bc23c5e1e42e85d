// SPDX-License-Identifier: BSD-2-Clause
/*
 * Metrics over HTTP, on a real Unix socket: server and clients in one process; the
 * event loop runs only where a case runs it, a bounded number of turns.
 */
#include "tests/unit/control_fixture.h"

#include <signal.h>

#include "ctrl/control/scrape.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

struct scene {
	struct fixture f; /* its base, folder and path alone */
	struct scrape *scrape;
	unsigned int refreshes; /* asked for */
	bool later;		/* they come when the case says so */
	char said[65536];
};

static bool refresh(void *ctx)
{
	struct scene *s = ctx;

	s->refreshes++;
	return s->later;
}

static int start_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	const struct scrape_calls calls = { .status = take_snapshot,
					    .refresh = refresh,
					    .ctx = s };
	struct metrics_conf conf = { 0 };
	struct error e;

	if (!s)
		return -1;
	*state = s;
	strcpy(s->f.folder, "/tmp/test_scrape.XXXXXX");
	s->f.base = event_base_new();
	if (!s->f.base || !mkdtemp(s->f.folder) ||
	    event_base_priority_init(s->f.base, CONTROL_PRIORITIES))
		return -1;
	snprintf(s->f.path, sizeof(s->f.path), "%s/metrics", s->f.folder);
	memcpy(conf.path, s->f.path, sizeof(conf.path));
	return scrape_new(s->f.base, &conf, &calls, &s->scrape, &e);
}

static int stop_scene(void **state)
{
	struct scene *s = *state;

	scrape_free(s->scrape);
	event_base_free(s->f.base);
	rmdir(s->f.folder);
	free(s);
	return 0;
}

#define SCENE(name) \
	cmocka_unit_test_setup_teardown(name, start_scene, stop_scene)

/* Until the server ends the connection; false: it does not. */
static bool hear(struct scene *s, int fd)
{
	size_t len = 0;

	for (int turn = 0; turn < TURNS_MAX; turn++) {
		ssize_t n;

		run_loop(&s->f);
		n = recv(fd, s->said + len, sizeof(s->said) - 1 - len, 0);
		if (n > 0)
			len += (size_t)n;
		s->said[len] = '\0';
		if (n == 0)
			return true;
	}
	return false;
}

static void assert_said(struct scene *s, const char *request, const char *status)
{
	int fd = client_new(&s->f);

	put_octets(fd, request, strlen(request));
	assert_true(hear(s, fd));
	assert_memory_equal(s->said, status, strlen(status));
	close(fd);
}

static void metrics_are_answered_and_the_connection_ends(void **state)
{
	struct scene *s = *state;
	const char *body;

	assert_said(s, GET("/metrics"), "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(s->said, "Content-Type: application/openmetrics"));
	body = strstr(s->said, "\r\n\r\n");
	assert_non_null(body);
	assert_string_equal(s->said + strlen(s->said) - 6, "# EOF\n");
	assert_non_null(strstr(body, "cygnet_dropped_packets_total{reason="
				     "\"icv\"} 3\n"));
	assert_int_equal(s->refreshes, 1);
}

static void they_have_the_length_that_is_said(void **state)
{
	struct scene *s = *state;
	const char *length;

	assert_said(s, GET("/metrics?x=y"), "HTTP/1.1 200 OK\r\n");
	length = strstr(s->said, "Content-Length: ");
	assert_non_null(length);
	assert_int_equal(strtoul(length + 16, NULL, 10),
			 strlen(strstr(s->said, "\r\n\r\n") + 4));
}

static void whatever_else_is_asked_is_refused(void **state)
{
	static char endless[SCRAPE_REQUEST_MAX + 1];

	memset(endless, 'x', SCRAPE_REQUEST_MAX);
	assert_said(*state, GET("/"), "HTTP/1.1 404 ");
	assert_said(*state, GET("/metrics/x"), "HTTP/1.1 404 ");
	assert_said(*state, GET("/metric"), "HTTP/1.1 404 ");
	assert_said(*state, "POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ");
	assert_said(*state, endless, "HTTP/1.1 400 ");
}

static void half_a_request_has_no_answer_yet(void **state)
{
	struct scene *s = *state;
	int fd = client_new(&s->f);

	put_octets(fd, "GET /metrics HTTP/1.1\r\n", 23);
	assert_false(hear(s, fd));
	assert_string_equal(s->said, "");
	put_octets(fd, "\r\n", 2);
	assert_true(hear(s, fd));
	close(fd);
}

static void counters_of_this_moment_are_waited_for_once(void **state)
{
	struct scene *s = *state;
	int one = client_new(&s->f), two = client_new(&s->f);

	s->later = true;
	put_octets(one, GET("/metrics"), strlen(GET("/metrics")));
	put_octets(two, GET("/metrics"), strlen(GET("/metrics")));
	assert_false(hear(s, one));
	assert_string_equal(s->said, "");
	assert_int_equal(s->refreshes, 1);
	scrape_refreshed(s->scrape);
	assert_true(hear(s, one));
	assert_true(hear(s, two));
	assert_non_null(strstr(s->said, "# EOF\n"));
	close(one);
	close(two);
}

static void who_leaves_while_it_waits_is_forgotten(void **state)
{
	struct scene *s = *state;
	int fd = client_new(&s->f);

	s->later = true;
	put_octets(fd, GET("/metrics"), strlen(GET("/metrics")));
	run_loop(&s->f);
	close(fd);
	run_loop(&s->f);
	scrape_refreshed(s->scrape);
	run_loop(&s->f);
	s->later = false;
	assert_said(s, GET("/metrics"), "HTTP/1.1 200 OK\r\n");
}

static void one_too_many_is_not_let_in(void **state)
{
	struct scene *s = *state;
	int fds[SCRAPE_CLIENTS_MAX + 1];

	for (size_t i = 0; i <= SCRAPE_CLIENTS_MAX; i++) {
		fds[i] = client_new(&s->f);
		run_loop(&s->f);
	}
	assert_true(hear(s, fds[SCRAPE_CLIENTS_MAX]));
	assert_string_equal(s->said, "");
	for (size_t i = 0; i <= SCRAPE_CLIENTS_MAX; i++)
		close(fds[i]);
	run_loop(&s->f);
	assert_said(s, GET("/metrics"), "HTTP/1.1 200 OK\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(metrics_are_answered_and_the_connection_ends),
		SCENE(they_have_the_length_that_is_said),
		SCENE(whatever_else_is_asked_is_refused),
		SCENE(half_a_request_has_no_answer_yet),
		SCENE(counters_of_this_moment_are_waited_for_once),
		SCENE(who_leaves_while_it_waits_is_forgotten),
		SCENE(one_too_many_is_not_let_in),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
