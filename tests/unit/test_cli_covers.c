// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet check`: would the session of who asks be protected, and by what? */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/check.h"
#include "ctrl/cli/covers.h"
#include "ctrl/conf/conf.h"

#define GATEWAY "gateway { protected = lan0\n unprotected = wan0\n }\n"
#define SIDES	"local { auth = psk\n }\n remote { auth = psk\n }\n"
#define CHILD(keys)                                             \
	"connections { site { remote_addrs = 192.0.2.2\n" SIDES \
	"children { all { " keys " } } } }\n"
#define ALL	"local_ts = 0.0.0.0/0\n remote_ts = 0.0.0.0/0\n"
#define SESSION "198.51.100.7 50000 203.0.113.1 22"

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* want NULL: nothing protects it. */
static void assert_covered(const char *text, const char *session,
			   const char *want)
{
	struct config *c = parse(text);
	char name[STATUS_NAME_MAX];
	struct flow f;

	assert_true(session_parse(session, &f));
	assert_int_equal(covers_find(c, &f, name), want != NULL);
	if (want)
		assert_string_equal(name, want);
	config_free(c);
}

static void a_child_for_all_covers_the_session(void **state)
{
	(void)state;
	assert_covered(GATEWAY CHILD(ALL), SESSION, "site/all");
}

static void one_for_other_networks_does_not(void **state)
{
	(void)state;
	assert_covered(GATEWAY CHILD("local_ts = 0.0.0.0/0\n"
				     "remote_ts = 10.0.0.0/8\n"),
		       SESSION, NULL);
	assert_covered(GATEWAY CHILD(ALL), "2001:db8::7 50000 2001:db8::1 22",
		       NULL);
	assert_covered(GATEWAY CHILD("local_ts = 0.0.0.0/0[udp]\n"
				     "remote_ts = 0.0.0.0/0[udp]\n"),
		       SESSION, NULL);
}

static void a_bypass_before_it_lets_the_session_out(void **state)
{
	static const char bypass[] =
		"policies { ssh { action = bypass\n local_ts = 0.0.0.0/0\n"
		"remote_ts = 198.51.100.0/24\n protocol = tcp\n } }\n";
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s", GATEWAY, bypass, CHILD(ALL));
	assert_covered(text, SESSION, NULL);
	assert_covered(text, "198.51.101.7 50000 203.0.113.1 22", "site/all");
}

static void a_dynamic_selector_is_this_host(void **state)
{
	(void)state;
	assert_covered(GATEWAY CHILD("remote_ts = 198.51.100.0/24\n"), SESSION,
		       "site/all");
	assert_covered(GATEWAY CHILD("local_ts = 0.0.0.0/0\n"),
		       "192.0.2.2 50000 203.0.113.1 22", "site/all");
}

static void check_warns_of_it(void **state)
{
	const struct check_keys no_keys = { .n = 0 };
	struct config *c = parse(GATEWAY CHILD(ALL));
	struct printed p;
	struct flow f;

	(void)state;
	assert_true(session_parse(SESSION, &f));
	printed_start(&p);
	check_print(c, &f, &no_keys, p.file);
	printed_end(
		&p,
		"f is in order: 2 interfaces, 1 connection, 1 child\n"
		"warning: site/all protects what this session sends to 198.51.100.7: it ends unless that tunnel is up; write a policy with action = bypass before it\n");
	config_free(c);
}

static void what_is_no_session_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"198.51.100.7",
		"198.51.100.7 50000 203.0.113.1",
		"a 50000 203.0.113.1 22",
		"198.51.100.7 70000 203.0.113.1 22",
	};
	struct flow f;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(session_parse(texts[i], &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_for_all_covers_the_session),
		cmocka_unit_test(one_for_other_networks_does_not),
		cmocka_unit_test(a_bypass_before_it_lets_the_session_out),
		cmocka_unit_test(a_dynamic_selector_is_this_host),
		cmocka_unit_test(check_warns_of_it),
		cmocka_unit_test(what_is_no_session_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
