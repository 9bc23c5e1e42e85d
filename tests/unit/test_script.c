// SPDX-License-Identifier: BSD-2-Clause
/* One run of a program that the configuration names: how it ends, and who is not run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/daemon/script.h"

struct end {
	struct event_base *base;
	struct script *script;
	bool is;
	char why[64]; /* "": all was well */
};

static void on_ended(void *ctx, const char *why)
{
	struct end *end = ctx;

	end->is = true;
	snprintf(end->why, sizeof(end->why), "%s", why ? why : "");
	script_free(end->script);
	event_base_loopbreak(end->base);
}

/* Returns what script_start() does, and waits for the end. */
static int run_spec(struct script_spec *spec, struct end *end, struct error *e)
{
	int err;

	*end = (struct end){ .base = event_base_new() };
	assert_non_null(end->base);
	spec->base = end->base;
	spec->ended = on_ended;
	spec->ctx = end;
	err = script_start(spec, &end->script, e);
	if (!err)
		event_base_dispatch(end->base);
	assert_int_equal(end->is, !err);
	event_base_free(end->base);
	return err;
}

static int run(const char *command, const char *env, size_t n_env,
	       unsigned int limit_s, struct end *end, struct error *e)
{
	struct script_spec spec = { .command = command,
				    .env = env,
				    .n_env = n_env,
				    .limit_s = limit_s };

	return run_spec(&spec, end, e);
}

static int run_with(const char *command, const char *input, struct end *end,
		    struct error *e)
{
	struct script_spec spec = { .command = command,
				    .env = "",
				    .input = slice_of(input, strlen(input)),
				    .limit_s = 30 };

	return run_spec(&spec, end, e);
}

static void assert_ends(const char *command, const char *why)
{
	struct error e = { "" };
	struct end end;

	if (run(command, "", 0, 30, &end, &e))
		fail_msg("%s", e.text);
	assert_string_equal(end.why, why);
}

static void its_end_is_told(void **state)
{
	(void)state;
	assert_ends("/bin/true", "");
	assert_ends("/bin/false", "it ends with 1");
	assert_ends("/bin/sh -c exit\t7", "it ends with 7");
}

static void it_has_its_words_and_its_environment_alone(void **state)
{
	static const char env[] = "ONE=1\0TWO=a b";
	struct error e;
	struct end end;

	(void)state;
	assert_int_equal(run("/usr/bin/printenv TWO ONE", env, 2, 30, &end, &e),
			 0);
	assert_string_equal(end.why, "");
	assert_int_equal(run("/usr/bin/printenv HOME", env, 2, 30, &end, &e), 0);
	assert_string_equal(end.why, "it ends with 1");
	assert_int_equal(run("/usr/bin/test -e /proc/self/fd/9", env, 2, 30,
			     &end, &e),
			 0);
	assert_string_equal(end.why, "it ends with 1");
}

static void it_reads_what_it_is_given(void **state)
{
	struct error e;
	struct end end;

	(void)state;
	assert_int_equal(
		run_with("/usr/bin/grep -qx two", "one\ntwo\n", &end, &e), 0);
	assert_string_equal(end.why, "");
	assert_int_equal(run_with("/usr/bin/grep -qx two", "", &end, &e), 0);
	assert_string_equal(end.why, "it ends with 1");
}

static void who_takes_too_long_is_killed(void **state)
{
	struct error e;
	struct end end;

	(void)state;
	assert_int_equal(run("/bin/sleep 1000", "", 0, 1, &end, &e), 0);
	assert_string_equal(end.why, "killed, as it did not end within 1 s");
}

static void what_is_not_there_is_not_run(void **state)
{
	struct error e;
	struct end end;

	(void)state;
	assert_int_equal(run("/nonexistent x", "", 0, 30, &end, &e), -ENOENT);
	assert_string_equal(e.text, "/nonexistent cannot be run: No such file "
				    "or directory");
	assert_int_equal(run("/etc/passwd", "", 0, 30, &end, &e), -EACCES);
	assert_string_equal(e.text, "/etc/passwd is not a program; chmod 755 "
				    "/etc/passwd");
}

static void what_others_may_change_is_not_run(void **state)
{
	char path[] = "/tmp/test_script.XXXXXX";
	struct error e;
	struct end end;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0775), 0);
	close(fd);
	assert_int_equal(run(path, "", 0, 30, &end, &e), -EPERM);
	assert_non_null(strstr(e.text, "others than root may change it"));
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(its_end_is_told),
		cmocka_unit_test(it_has_its_words_and_its_environment_alone),
		cmocka_unit_test(it_reads_what_it_is_given),
		cmocka_unit_test(who_takes_too_long_is_killed),
		cmocka_unit_test(what_is_not_there_is_not_run),
		cmocka_unit_test(what_others_may_change_is_not_run),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
