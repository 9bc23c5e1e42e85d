// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections that come as messages. Keys and values are those of the text, and
 * tested there; here is what the other form adds, and that both mean the same.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/load.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ROOM	    8192

static struct slice slice_of_text(const char *text)
{
	return slice_of(text, strlen(text));
}

/*
 * Lines to elements: "{NAME" opens a section and "}" closes it, "NAME=TEXT" is a
 * value, "NAME[" opens a list, " ITEM" stands in it, "]" closes it.
 */
static void put_line(struct load *l, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);

	if (line[0] == '{')
		load_section(l, slice_of(line + 1, len - 1));
	else if (line[0] == '}')
		load_section_end(l);
	else if (line[0] == ' ')
		load_item(l, slice_of(line + 1, len - 1));
	else if (line[0] == ']')
		load_list_end(l);
	else if (equals)
		load_value(l, slice_of(line, (size_t)(equals - line)),
			   slice_of(equals + 1,
				    len - (size_t)(equals + 1 - line)));
	else
		load_list(l, slice_of(line, len - 1));
}

static struct load *message(const char *lines)
{
	struct load *l = load_new(LOAD_CONN, ROOM);

	assert_non_null(l);
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		put_line(l, lines, len);
		lines += len + (lines[len] != '\0');
	}
	return l;
}

/* Without certificates. */
static int load_plain(struct load *l, struct conn_conf *conn, struct error *e)
{
	struct cert_list certs = { .n = 0 };
	int err = load_conn(l, conn, &certs, e);

	assert_int_equal(certs.n, 0);
	cert_list_free(&certs);
	return err;
}

static void assert_refused(struct load *l, int err, const char *why)
{
	struct conn_conf conn;
	struct error e = { "" };

	assert_int_equal(load_plain(l, &conn, &e), err);
	assert_string_equal(e.text, why);
	load_free(l);
}

/* As swanctl sends the first connection of conf_text.h. */
static const char moon[] = "{moon\n"
			   "version=2\n"
			   "local_addrs[\n 192.0.2.1\n]\n"
			   "remote_addrs[\n 192.0.2.2\n 198.51.100.0/24\n"
			   " %any\n]\n"
			   "local_port=4500\n"
			   "remote_port=4501\n"
			   "proposals[\n aes256gcm16-prfsha384-ecp384\n"
			   " default\n]\n"
			   "encap=yes\n"
			   "mobike=no\n"
			   "fragmentation=no\n"
			   "unique=no\n"
			   "dpd_delay=30s\n"
			   "keyingtries=0\n"
			   "rekey_time=2h\n"
			   "over_time=10m\n"
			   "rand_time=300\n"
			   "{local-1\n"
			   "auth=psk\n"
			   "id=moon.example.org\n"
			   "}\n"
			   "{remote-1\n"
			   "auth=psk\n"
			   "id=sun@example.org\n"
			   "}\n"
			   "{children\n"
			   "{net\n"
			   "local_ts[\n 10.1.0.0/16[tcp/80-443]\n"
			   " dynamic[gre]\n]\n"
			   "remote_ts[\n 10.2.0.0/24[tcp]\n 10.3.0.1[47]\n]\n"
			   "esp_proposals[\n aes128gcm16-ecp256\n"
			   " aes256-sha256\n]\n"
			   "mode=tunnel\n"
			   "start_action=start\n"
			   "dpd_action=restart\n"
			   "close_action=trap\n"
			   "rekey_time=1d\n"
			   "life_time=90000\n"
			   "rand_time=10 m\n"
			   "replay_window=1024\n"
			   "}\n"
			   "{dmz\n"
			   "remote_ts[\n 10.4.0.0/16\n]\n"
			   "}\n"
			   "}\n"
			   "}\n";

static void message_means_what_the_text_does(void **state)
{
	struct load *l = message(moon);
	struct conn_conf sent;
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse("f", slice_of_text(good_conns), &c, &e), 0);
	if (load_plain(l, &sent, &e))
		fail_msg("%s", e.text);
	assert_true(sent.from_vici);
	assert_false(conn_equal(&sent, &c->conns[0]));
	sent.from_vici = false;
	assert_true(conn_equal(&sent, &c->conns[0]));
	conn_fini(&sent);
	load_free(l);
	config_free(c);
}

#define SIDES "{local\nauth=psk\n}\n{remote\nauth=psk\n}\n"

static void least_connection_has_the_defaults_of_the_text(void **state)
{
	struct load *l = message("{road\n" SIDES "}\n");
	struct conn_conf sent, plain;
	struct error e;

	(void)state;
	if (load_plain(l, &sent, &e))
		fail_msg("%s", e.text);
	conn_init(&plain);
	strcpy(plain.name, "road");
	plain.from_vici = true;
	assert_true(conn_equal(&sent, &plain));
	conn_fini(&sent);
	load_free(l);
}

static void list_may_come_as_a_value_with_commas(void **state)
{
	struct load *l =
		message("{road\nlocal_addrs=192.0.2.1, 192.0.2.2\n" SIDES "}\n");
	struct conn_conf sent;
	struct error e;

	(void)state;
	if (load_plain(l, &sent, &e))
		fail_msg("%s", e.text);
	assert_int_equal(sent.n_local_addrs, 2);
	conn_fini(&sent);
	load_free(l);
}

static const struct {
	const char *lines;
	int err;
	const char *why;
} refused[] = {
	{ "", -EINVAL,
	  "load-conn: it must hold one section with the connection's name, and "
	  "nothing else" },
	{ "{a\n" SIDES "}\n{b\n" SIDES "}\n", -EINVAL,
	  "load-conn: it must hold one section with the connection's name, and "
	  "nothing else" },
	{ "version=2\n{a\n" SIDES "}\n", -EINVAL,
	  "load-conn: it must hold one section with the connection's name, and "
	  "nothing else" },
	/* An end too much is no way out. */
	{ "}\n}\n{a\n}\n", -EINVAL,
	  "load-conn: connections.a.local is missing; it must be a section "
	  "with auth and id" },
	{ "{a\nversion=1\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.version is 1, but only IKEv2 is supported; "
	  "write 2" },
	{ "{a\n" SIDES "{children\n{y\nesp_proposals[\n aes256-sha256\n "
	  "aes256!\n]\n}\n}\n}\n",
	  -EINVAL,
	  "load-conn: connections.a.children.y.esp_proposals must be proposals "
	  "such as aes256gcm16-ecp384, or default" },
	{ "{a\nversoin=2\n" SIDES "}\n", -EINVAL,
	  "load-conn: unknown key 'versoin' in connections.a; did you mean "
	  "'version'?" },
	{ "{a\nmediated_by[\n b\n]\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.mediated_by is of strongSwan's mediation "
	  "extension, which never became an RFC; remove it" },
	{ "{a\nversion[\n 2\n]\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.version is a list; it must be 2, or 0, "
	  "which is the same here" },
	{ "{a\nlocal_addrs[\n]\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.local_addrs is empty; it must be up to 4 "
	  "unicast addresses, prefixes or ranges, or %any, separated by commas" },
	{ "{a\nlocal_addrs[\n \n 10.0.0.1\n]\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.local_addrs must be up to 4 unicast "
	  "addresses, prefixes or ranges, or %any, separated by commas" },
	{ "{a\nlocal_addrs[\n %any\n %any\n %any\n %any\n %any\n]\n" SIDES "}\n",
	  -E2BIG,
	  "load-conn: connections.a.local_addrs is one more than the 4 that "
	  "are possible; remove some" },
	{ "{a\nversion=2\nversion=2\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.version is there twice; send it once" },
	{ "{a\n{local\n}\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.local is there twice; send it once" },
	{ "{a\nlocal=2\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.local is there twice; send it once" },
	{ "{a\nlocal=2\n{remote\nauth=psk\n}\n}\n", -EINVAL,
	  "load-conn: connections.a.local must be a section with auth and id" },
	{ "{a\nproposals[\n aes256\n]\nproposals=aes256\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.proposals is there twice; send it once" },
	{ "{a\n" SIDES "{local-2\nauth=psk\n}\n{local-3\nauth=psk\n}\n"
	  "{local-4\nauth=psk\n}\n{local-5\nauth=psk\n}\n}\n",
	  -E2BIG,
	  "load-conn: connections.a.local-5 is one too many: a side has at "
	  "most 4 rounds of authentication; remove it" },
	{ "{a\n{version\n}\n" SIDES "}\n", -EINVAL,
	  "load-conn: connections.a.version is a key, not a section; write "
	  "version = VALUE" },
	{ "{a\n" SIDES "{children\nnet=1\n}\n}\n", -EINVAL,
	  "load-conn: unknown key 'net' in connections.a.children; it must be "
	  "a section of named sections, one for each CHILD SA" },
};

static void message_is_refused_with_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++)
		assert_refused(message(refused[i].lines), refused[i].err,
			       refused[i].why);
}

#define BAD_NAME                                                            \
	" is none: it must have 1 to 63 octets without blanks and without " \
	"any of . , : { } = \" #, and look like no key"

#define LONG64                             \
	"abcdefghijklmnopqrstuvwxyzabcdef" \
	"abcdefghijklmnopqrstuvwxyzabcdef"

static void name_that_no_text_has_is_refused_and_not_shown(void **state)
{
	static const char *const names[] = {
		"",	"a.b", "a b",  "a,b",	"a{b",
		"a\"b", "a#b", "a\nb", "a\x01", "0123456789abcdef",
		"0xab", LONG64
	};

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		struct load *l = load_new(LOAD_CONN, ROOM);

		load_section(l, slice_of_text(names[i]));
		assert_refused(l, -EINVAL,
			       "load-conn: a name in connections" BAD_NAME);
		l = message("{a\n");
		load_value(l, slice_of_text(names[i]), slice_of_text("1"));
		assert_refused(l, -EINVAL,
			       "load-conn: a name in connections.a" BAD_NAME);
	}
}

static void nul_octets_are_refused_wherever_they_are(void **state)
{
	const struct slice text = slice_of("a\0b", 3);
	struct load *l = message("{a\n");

	(void)state;
	load_section(l, text);
	assert_refused(l, -EINVAL,
		       "load-conn: a name in connections.a" BAD_NAME);
	l = message("{a\n");
	load_value(l, slice_of_text("version"), text);
	assert_refused(l, -EINVAL,
		       "load-conn: connections.a.version has a NUL octet in it");
	l = message("{a\nproposals[\n aes256\n");
	load_item(l, text);
	assert_refused(
		l, -EINVAL,
		"load-conn: connections.a.proposals has a NUL octet in it");
}

static void first_failure_is_told_and_the_rest_is_not_looked_at(void **state)
{
	struct load *l = message("{a\nversion=2\nversion=2\n{b.c\n{d\nx[\n y\n"
				 "]\n}\n}\n}\n}\n{a\n}\nversion=1\n");

	(void)state;
	assert_refused(l, -EINVAL,
		       "load-conn: connections.a.version is there twice; send "
		       "it once");
}

static void depth_and_entries_are_bounded(void **state)
{
	struct load *l = load_new(LOAD_CONN, ROOM);
	char name[8];

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		load_section(l, slice_of_text("a"));
	assert_refused(l, -E2BIG, "load-conn: sections nested deeper than 16");
	l = message("{a\n");
	for (unsigned int i = 0; i < LOAD_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "k%u", i);
		load_value(l, slice_of_text(name), slice_of_text(""));
	}
	load_section(l, slice_of_text("last"));
	assert_refused(l, -E2BIG,
		       "load-conn: connections.a has more than 512 entries");
}

static void more_than_there_is_room_for_is_refused(void **state)
{
	struct load *l;

	(void)state;
	for (size_t room = 0; room < 20; room++) {
		l = load_new(LOAD_CONN, room);
		load_section(l, slice_of_text("a"));
		load_value(l, slice_of_text("version"), slice_of_text("2"));
		load_list(l, slice_of_text("proposals"));
		load_item(l, slice_of_text("aes256"));
		load_list_end(l);
		load_value(l, slice_of_text("proposals"), slice_of_text("2"));
		load_free(l);
	}
	l = load_new(LOAD_CONN, 8);
	load_section(l, slice_of_text("a"));
	load_value(l, slice_of_text("version"), slice_of_text("2"));
	assert_refused(l, -E2BIG, "load-conn: longer than was said");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_means_what_the_text_does),
		cmocka_unit_test(least_connection_has_the_defaults_of_the_text),
		cmocka_unit_test(list_may_come_as_a_value_with_commas),
		cmocka_unit_test(message_is_refused_with_the_path),
		cmocka_unit_test(name_that_no_text_has_is_refused_and_not_shown),
		cmocka_unit_test(nul_octets_are_refused_wherever_they_are),
		cmocka_unit_test(
			first_failure_is_told_and_the_rest_is_not_looked_at),
		cmocka_unit_test(depth_and_entries_are_bounded),
		cmocka_unit_test(more_than_there_is_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
