// SPDX-License-Identifier: BSD-2-Clause
/* Connections that were accepted, and are not in force yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/staged.h"

static const char file_text[] =
	"gateway { protected = lan0\n unprotected = wan0\n }\n"
	"connections { site { remote_addrs = 192.0.2.2\n"
	"local { auth = psk\n }\n remote { auth = psk\n }\n"
	"children { net { remote_ts = 10.2.0.0/16\n } } } }\n";

struct fixture {
	struct config *config;
	struct staged *staged;
};

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error e;

	if (!f)
		return -1;
	*state = f;
	f->staged = staged_new();
	return f->staged ? conf_parse("test",
				      slice_of(file_text, strlen(file_text)),
				      &f->config, &e)
			 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	staged_free(f->staged);
	config_free(f->config);
	free(f);
	return 0;
}

/* Like the file's, under another name; delay tells one from another. */
static int put(struct fixture *f, const char *name, uint32_t delay,
	       struct error *e)
{
	struct conn_conf c;
	int err;

	assert_int_equal(conn_copy(&c, &f->config->conns[0]), 0);
	snprintf(c.name, sizeof(c.name), "%s", name);
	c.dpd_delay = delay;
	c.from_vici = true;
	err = staged_put(f->staged, f->config, &c, e);
	conn_fini(&c);
	return err;
}

static void must_put(struct fixture *f, const char *name, uint32_t delay)
{
	struct error e;

	if (put(f, name, delay, &e))
		fail_msg("%s", e.text);
}

/* They are in force then. */
static void take(struct fixture *f)
{
	struct conn_list list;
	struct error e;

	assert_int_equal(staged_take(f->staged, f->config, &list, &e), 0);
	loaded_swap_conns(f->config, &list);
	conn_list_free(&list);
	assert_int_equal(staged_count(f->staged), 0);
}

/* "site/0 a/1": names and delays of what is in force. */
static void assert_in_force(const struct fixture *f, const char *want)
{
	char text[256] = "";

	for (size_t i = 0; i < f->config->n_conns; i++) {
		const struct conn_conf *c = &f->config->conns[i];
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s/%u",
			 i ? " " : "", c->name, c->dpd_delay);
		assert_int_equal(c->n_children, 1);
	}
	assert_string_equal(text, want);
}

static void they_come_behind_what_is_there(void **state)
{
	struct fixture *f = *state;

	must_put(f, "b", 1);
	must_put(f, "a", 2);
	assert_int_equal(staged_count(f->staged), 2);
	assert_in_force(f, "site/0");
	take(f);
	assert_in_force(f, "site/0 b/1 a/2");
}

static void one_of_the_same_name_takes_the_place(void **state)
{
	struct fixture *f = *state;

	must_put(f, "a", 1);
	must_put(f, "b", 2);
	must_put(f, "a", 3);
	assert_int_equal(staged_count(f->staged), 2);
	take(f);
	assert_in_force(f, "site/0 a/3 b/2");
	must_put(f, "c", 4);
	must_put(f, "a", 5);
	take(f);
	assert_in_force(f, "site/0 a/5 b/2 c/4");
}

/* While they are staged, others come into force. */
static void what_is_in_force_may_change_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct conn_list list;
	struct conn_conf c;
	struct error e;

	must_put(f, "a", 1);
	assert_int_equal(conn_copy(&c, &f->config->conns[0]), 0);
	strcpy(c.name, "b");
	c.from_vici = true;
	assert_int_equal(loaded_put_conn(f->config, &c, &list, &e), 0);
	conn_fini(&c);
	loaded_swap_conns(f->config, &list);
	conn_list_free(&list);
	must_put(f, "b", 2);
	must_put(f, "c", 3);
	take(f);
	assert_in_force(f, "site/0 b/2 a/1 c/3");
}

static void name_of_the_files_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(put(f, "site", 1, &e), -EEXIST);
	must_put(f, "a", 1);
	assert_int_equal(put(f, "site", 1, &e), -EEXIST);
	take(f);
	assert_in_force(f, "site/0 a/1");
}

static void there_are_so_many_and_no_more(void **state)
{
	struct fixture *f = *state;
	char name[16];
	struct error e;

	for (unsigned int i = 0; i < LOADED_CONNS_MAX; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		must_put(f, name, i);
	}
	assert_int_equal(put(f, "more", 1, &e), -E2BIG);
	must_put(f, "c0", 7); /* in its own place */
	take(f);
	assert_int_equal(f->config->n_conns, 1 + LOADED_CONNS_MAX);
	assert_int_equal(put(f, "more", 1, &e), -E2BIG);
	must_put(f, "c0", 8);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(they_come_behind_what_is_there),
		CASE(one_of_the_same_name_takes_the_place),
		CASE(what_is_in_force_may_change_meanwhile),
		CASE(name_of_the_files_is_refused),
		CASE(there_are_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
