// SPDX-License-Identifier: BSD-2-Clause
/* DNS servers of peers: what resolvconf is told, when, and who is waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/daemon/nameservers.h"

/* In resolvconf's place: it writes what it is told, and waits while it may not go on. */
static const char script[] = "cd \"${0%/*}\"\n"
			     "while test -e hold; do sleep 0.02; done\n"
			     "{ echo \"$*\"; cat; } >>told\n";

struct fixture {
	struct event_base *base;
	struct nameservers *s;
	char folder[64];
	char program[RESOLVCONF_MAX];
	bool drained;
};

static void path_of(const struct fixture *f, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", f->folder, name);
}

static void put_file(const struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(f, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct fixture *f, const char *name)
{
	char path[128];

	path_of(f, name, path);
	unlink(path);
}

static void set_up(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");
	char path[128];

	*f = (struct fixture){ .base = event_base_new() };
	assert_non_null(f->base);
	f->s = nameservers_new(f->base);
	assert_non_null(f->s);
	snprintf(f->folder, sizeof(f->folder), "%s/nameservers.XXXXXX",
		 tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->folder));
	put_file(f, "resolvconf", script);
	path_of(f, "resolvconf", path);
	snprintf(f->program, sizeof(f->program), "/bin/sh %s", path);
}

static void tear_down(struct fixture *f)
{
	nameservers_free(f->s);
	event_base_free(f->base);
	remove_file(f, "resolvconf");
	remove_file(f, "hold");
	remove_file(f, "told");
	assert_int_equal(rmdir(f->folder), 0);
}

static void set(struct fixture *f, const char *const *servers)
{
	struct addr at[NAMESERVERS_MAX + 1];
	size_t n = 0;

	for (; servers[n]; n++)
		assert_int_equal(addr_parse(servers[n], &at[n]), 0);
	nameservers_set(f->s, f->program, at, n);
}

#define SET(f, ...) set(f, (const char *const[]){ __VA_ARGS__ NULL })

static void on_drained(void *ctx)
{
	struct fixture *f = ctx;

	f->drained = true;
	event_base_loopbreak(f->base);
}

/* All that runs ends; then this is what was told. */
static void assert_told(struct fixture *f, const char *want)
{
	char path[128], got[512] = "";
	FILE *file;

	assert_true(event_base_dispatch(f->base) >= 0);
	path_of(f, "told", path);
	file = fopen(path, "r");
	if (file) {
		got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
		fclose(file);
	}
	assert_string_equal(got, want);
}

static void servers_are_told_and_taken_back(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	SET(&f, "192.0.2.53", "2001:db8::53", );
	assert_told(&f, "-a cygnet\nnameserver 192.0.2.53\n"
			"nameserver 2001:db8::53\n");
	SET(&f, "192.0.2.53", "2001:db8::53", );
	remove_file(&f, "told");
	assert_told(&f, "");
	SET(&f, );
	assert_told(&f, "-d cygnet\n");
	tear_down(&f);
}

static void what_changes_meanwhile_is_told_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	put_file(&f, "hold", "");
	SET(&f, "192.0.2.1", );
	SET(&f, "192.0.2.2", );
	SET(&f, "192.0.2.3", );
	remove_file(&f, "hold");
	assert_told(&f, "-a cygnet\nnameserver 192.0.2.1\n"
			"-a cygnet\nnameserver 192.0.2.3\n");
	tear_down(&f);
}

static void what_an_earlier_one_left_is_taken_back(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	SET(&f, );
	SET(&f, );
	assert_told(&f, "-d cygnet\n");
	tear_down(&f);
}

static void the_end_waits_until_they_are_taken_back(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	put_file(&f, "hold", "");
	SET(&f, "192.0.2.1", );
	nameservers_drain(f.s, on_drained, &f);
	assert_false(f.drained);
	remove_file(&f, "hold");
	assert_told(&f, "-a cygnet\nnameserver 192.0.2.1\n-d cygnet\n");
	assert_true(f.drained);
	tear_down(&f);
}

static void nothing_was_told_and_nothing_is_taken_back(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	nameservers_drain(f.s, on_drained, &f);
	assert_true(f.drained);
	assert_told(&f, "");
	tear_down(&f);
}

static void without_resolvconf_nobody_waits(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	strcpy(f.program, "/nonexistent/resolvconf");
	SET(&f, "192.0.2.1", );
	nameservers_drain(f.s, on_drained, &f);
	assert_true(f.drained);
	tear_down(&f);
}

static void more_than_resolvers_ask_are_left_out(void **state)
{
	struct addr at[NAMESERVERS_MAX + 1];
	char want[1024] = "-a cygnet\n";
	struct fixture f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i <= NAMESERVERS_MAX; i++)
		at[i] = addr_from_v4(htonl(0xc0000200U + (uint32_t)i + 1));
	for (size_t i = 1; i <= NAMESERVERS_MAX; i++)
		sprintf(want + strlen(want), "nameserver 192.0.2.%zu\n", i);
	nameservers_set(f.s, f.program, at, NAMESERVERS_MAX + 1);
	assert_told(&f, want);
	tear_down(&f);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(servers_are_told_and_taken_back),
		cmocka_unit_test(what_changes_meanwhile_is_told_once),
		cmocka_unit_test(what_an_earlier_one_left_is_taken_back),
		cmocka_unit_test(the_end_waits_until_they_are_taken_back),
		cmocka_unit_test(nothing_was_told_and_nothing_is_taken_back),
		cmocka_unit_test(without_resolvconf_nobody_waits),
		cmocka_unit_test(more_than_resolvers_ask_are_left_out),
	};

	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
