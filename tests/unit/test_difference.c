// SPDX-License-Identifier: BSD-2-Clause
/* What another file would change: two texts, and the lines between them. */
#include "tests/unit/conf_text.h"

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/difference.h"

#define GATEWAY		 "gateway { protected = lan0\n unprotected = wan0\n }\n"
#define SIDES		 "local { auth = psk\n }\n remote { auth = psk\n }\n"
#define CONN(name, keys) name " { remote_addrs = 192.0.2.2\n" SIDES keys "}\n"
#define NET(net)	 "children { net { remote_ts = " net "\n} }\n"
#define MORE                                             \
	"children { net { remote_ts = 10.2.0.0/16\n }\n" \
	"dmz { remote_ts = 10.9.0.0/16\n start_action = start\n } }\n"
#define CONNS(all)	"connections { " all " }\n"
#define KEY(name, text) "secrets { " name " { secret = " text "\n } }\n"

static const char base[] =
	GATEWAY CONNS(CONN("site", NET("10.2.0.0/16")) CONN("other", ""))
		KEY("ike-site", "hunter2");

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* "kind of name" a line, and how many connections are the same. */
static void assert_difference(const char *was, const char *is, const char *want,
			      size_t same)
{
	struct config *now = parse(was), *next = parse(is);
	struct difference d;
	char text[1024] = "";
	struct error e;

	assert_int_equal(difference_find(now, next, &d, &e), 0);
	for (size_t i = 0; i < d.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s %s %s%s%s\n", difference_kind_name(d.at[i].kind),
			 difference_of_name(d.at[i].of), d.at[i].name,
			 d.at[i].starts ? " starts" : "",
			 d.at[i].keeps ? " keeps" : "");
	assert_string_equal(text, want);
	assert_int_equal(d.n_same, same);
	difference_free(&d);
	config_free(now);
	config_free(next);
}

static void the_same_text_changes_nothing(void **state)
{
	(void)state;
	assert_difference(base, base, "", 2);
	assert_difference(good, good, "", 0);
	assert_difference(good_conns, good_conns, "", 2);
}

/* Those in force have numbers, those of a text that was just read have none. */
static void numbers_of_policies_are_no_difference(void **state)
{
	struct config *now = parse(base), *next = parse(base);
	struct difference d;
	struct error e;

	(void)state;
	now->conns[0].children[0].policy = 7;
	assert_int_equal(difference_find(now, next, &d, &e), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.n_same, 2);
	difference_free(&d);
	config_free(now);
	config_free(next);
}

static void connections_come_and_go_by_name(void **state)
{
	(void)state;
	assert_difference(base,
			  GATEWAY CONNS(CONN("site", NET("10.2.0.0/16")) CONN(
				  "third", NET("10.3.0.0/16")))
				  KEY("ike-site", "hunter2"),
			  "gone connection other\n"
			  "new connection third\n"
			  "new child third/net\n",
			  1);
}

static void another_child_leaves_its_siblings_their_sas(void **state)
{
	(void)state;
	assert_difference(base,
			  GATEWAY CONNS(CONN("site", MORE) CONN("other", ""))
				  KEY("ike-site", "hunter2"),
			  "changed connection site keeps\n"
			  "new child site/dmz starts\n",
			  1);
	assert_difference(base,
			  GATEWAY CONNS(CONN("site", NET("10.7.0.0/16"))
						CONN("other", ""))
				  KEY("ike-site", "hunter2"),
			  "changed connection site keeps\n"
			  "changed child site/net\n",
			  1);
}

static void what_is_of_the_ike_sa_changes_all_of_it(void **state)
{
	(void)state;
	assert_difference(
		base,
		GATEWAY CONNS(CONN("site", NET("10.2.0.0/16") "dpd_delay = 9\n")
				      CONN("other", ""))
			KEY("ike-site", "hunter2"),
		"changed connection site\n", 1);
}

static void secrets_differ_by_key_and_owner(void **state)
{
	(void)state;
	assert_difference(base,
			  GATEWAY CONNS(CONN("site", NET("10.2.0.0/16"))
						CONN("other", ""))
				  KEY("ike-site", "hunter3"),
			  "changed secret ike-site\n", 2);
	assert_difference(base,
			  GATEWAY CONNS(CONN("site", NET("10.2.0.0/16"))
						CONN("other", ""))
				  KEY("ike-new", "hunter2"),
			  "gone secret ike-site\nnew secret ike-new\n", 2);
}

static void sections_for_all_are_told_as_a_whole(void **state)
{
	char *audit = changed("\tdefault = discard\n",
			      "\tdefault = discard\n\taudit = no\n");
	char *charon = changed("manual {\n",
			       "charon { retransmit_tries = 2\n }\nmanual {\n");

	(void)state;
	assert_difference(good, audit, "changed section gateway\n", 0);
	assert_difference(good, charon, "changed section charon\n", 0);
	free(audit);
	free(charon);
}

static void policies_differ_by_what_they_cover_and_by_their_place(void **state)
{
	char *covers = changed("protocol = 47", "protocol = 48");
	char *gone = changed("\talpha {\n"
			     "\t\taction = bypass\n"
			     "\t\tlocal_ts = 10.1.0.9\n"
			     "\t\tremote_ts = 0.0.0.0/0\n"
			     "\t\tprotocol = 47\n"
			     "\t}\n",
			     "");
	char *moved = changed_from(gone, "policies {\n",
				   "policies {\n"
				   "\talpha {\n"
				   "\t\taction = bypass\n"
				   "\t\tlocal_ts = 10.1.0.9\n"
				   "\t\tremote_ts = 0.0.0.0/0\n"
				   "\t\tprotocol = 47\n"
				   "\t}\n");

	(void)state;
	assert_difference(good, covers, "changed policy alpha\n", 0);
	assert_difference(good, gone, "gone policy alpha\n", 0);
	assert_difference(gone, good, "new policy alpha\n", 0);
	assert_difference(good, moved,
			  "changed policy alpha\n"
			  "changed policy zulu\n",
			  0);
	free(covers);
	free(gone);
	free(moved);
}

static void pairs_differ_by_what_they_are(void **state)
{
	char *spi = changed("spi = 0x1002", "spi = 0x1003");

	(void)state;
	assert_difference(good, spi, "changed manual to-c\n", 0);
	free(spi);
}

#define POOL(name, keys) "pools { " name " { " keys "\n } }\n"

static void pools_differ_by_what_they_give(void **state)
{
	const char *was = GATEWAY POOL("rw", "addrs = 10.3.0.0/24");

	(void)state;
	assert_difference(was, was, "", 0);
	assert_difference(GATEWAY, was, "new pool rw\n", 0);
	assert_difference(was, GATEWAY, "gone pool rw\n", 0);
	assert_difference(was, GATEWAY POOL("rw", "addrs = 10.3.0.0/25"),
			  "changed pool rw\n", 0);
	assert_difference(was,
			  GATEWAY POOL("rw", "addrs = 10.3.0.0/24\n"
					     "dns = 10.1.0.53"),
			  "changed pool rw\n", 0);
	assert_difference(was, GATEWAY POOL("other", "addrs = 10.3.0.0/24"),
			  "gone pool rw\nnew pool other\n", 0);
}

/* Each by itself, by a value that is no default. */
static void every_option_of_charon_is_compared(void **state)
{
	static const char *const options[] = {
		"fragment_size = 1000",
		"retransmit_tries = 2",
		"retransmit_timeout = 2",
		"retransmit_base = 2",
		"retransmit_jitter = 2",
		"retransmit_limit = 2",
		"inactivity_close_ike = yes",
		"make_before_break = yes",
		"follow_redirects = no",
		"install_virtual_ip = no",
		"install_virtual_ip_on = x0",
		"cookie_threshold = 2",
		"cookie_threshold_ip = 2",
		"block_threshold = 2",
		"init_limit_half_open = 2",
		"half_open_timeout = 2",
		"ikesa_limit = 2",
		"initiator_only = yes",
		"reuse_ikesa = no",
		"ignore_acquire_ts = yes",
		"delete_rekeyed_delay = 2",
		"close_ike_on_child_failure = yes",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), GATEWAY "charon { %s\n }\n",
			 options[i]);
		assert_difference(GATEWAY, text, "changed section charon\n", 0);
		assert_difference(text, text, "", 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_text_changes_nothing),
		cmocka_unit_test(numbers_of_policies_are_no_difference),
		cmocka_unit_test(connections_come_and_go_by_name),
		cmocka_unit_test(another_child_leaves_its_siblings_their_sas),
		cmocka_unit_test(what_is_of_the_ike_sa_changes_all_of_it),
		cmocka_unit_test(secrets_differ_by_key_and_owner),
		cmocka_unit_test(sections_for_all_are_told_as_a_whole),
		cmocka_unit_test(
			policies_differ_by_what_they_cover_and_by_their_place),
		cmocka_unit_test(pairs_differ_by_what_they_are),
		cmocka_unit_test(pools_differ_by_what_they_give),
		cmocka_unit_test(every_option_of_charon_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
