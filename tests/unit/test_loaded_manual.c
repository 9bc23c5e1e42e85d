// SPDX-License-Identifier: BSD-2-Clause
/* Pairs that are added and dropped beside the file's, and a file that is read
 * again meanwhile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/loaded_manual.h"

#define KEY16 "0x00112233445566778899aabbccddeeff"
#define KEY32 KEY16 "00112233445566778899aabbccddeeff"
#define SA(dir, spi)                                                       \
	dir " { spi = " spi "\n encr_key = " KEY16 "\n integ_key = " KEY32 \
	    "\n }\n"
#define PAIR_OF(name, esp, in, out, more)                               \
	name " { local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " \
	     "esp_proposals = " esp "\n" more SA("in", in) SA("out", out) "}\n"
#define PAIR(name, in, out, more) PAIR_OF(name, "aes128-sha256", in, out, more)
#define POLICY(name, net, pair)                                                \
	name " { action = protect\n local_ts = 10.1.0.0/16\n remote_ts = " net \
	     "\n manual = " pair "\n }\n"
#define FREE                                                             \
	"free { action = bypass\n local_ts = 10.1.0.0/16\n remote_ts = " \
	"10.1.0.0/16\n }\n"
#define CONF(pairs, policies)                                   \
	"gateway { protected = lan0\n unprotected = wan0\n }\n" \
	"manual {\n" pairs "}\npolicies {\n" policies "}\n"
#define A PAIR("a", "0x1001", "0x1002", "")
#define B PAIR("b", "0x1003", "0x1004", "")
#define TWO_PAIRS                                     \
	CONF(A B, POLICY("net-a", "10.2.0.0/16", "a") \
			  FREE POLICY("net-b", "10.3.0.0/16", "b"))
#define ADDED PAIR("new", "0x2001", "0x2002", "policies = net-b\n")

static struct config *parse(const char *text)
{
	struct config *c = NULL;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void add_text(struct config *c, const char *text)
{
	struct manual_list list;
	struct manual_conf m;
	struct error e;

	if (conf_parse_manual("f", slice_of(text, strlen(text)), "new", c, &m,
			      &e))
		fail_msg("%s", e.text);
	assert_int_equal(loaded_add_manual(c, &m, &list, &e), 0);
	loaded_swap_manual(c, &list);
	manual_list_free(&list);
}

static void add(struct config *c)
{
	add_text(c, "manual {\n" ADDED "}");
}

static void drop(struct config *c, const char *name)
{
	struct manual_list list;
	struct error e;

	assert_int_equal(loaded_drop_manual(c, name, &list, &e), 0);
	loaded_swap_manual(c, &list);
	manual_list_free(&list);
}

/* "a b new: net-a=a net-b=new": pairs, and which protects. */
static void assert_manual(const struct config *c, const char *want)
{
	char got[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < c->n_manual; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s",
					i ? " " : "", c->manual[i].name);
	len += (size_t)snprintf(got + len, sizeof(got) - len, ":");
	for (size_t i = 0; i < c->n_policies; i++) {
		size_t pair = manual_outbound(c, i);

		if (c->policies[i].action != SPD_PROTECT)
			continue;
		len += (size_t)snprintf(
			got + len, sizeof(got) - len, " %s=%s",
			c->policies[i].name,
			pair == MANUAL_NONE ? "none" : c->manual[pair].name);
	}
	assert_string_equal(got, want);
}

static void added_pair_goes_before_the_files(void **state)
{
	struct config *c = parse(TWO_PAIRS);

	(void)state;
	assert_manual(c, "a b: net-a=a net-b=b");
	add(c);
	assert_manual(c, "a b new: net-a=a net-b=new");
	drop(c, "new");
	assert_manual(c, "a b: net-a=a net-b=b");
	config_free(c);
}

static void pairs_behind_a_dropped_one_keep_their_policies(void **state)
{
	struct config *c = parse(TWO_PAIRS);

	(void)state;
	add(c);
	drop(c, "a");
	assert_manual(c, "b new: net-a=none net-b=new");
	drop(c, "new");
	assert_manual(c, "b: net-a=none net-b=b");
	drop(c, "b");
	assert_manual(c, ": net-a=none net-b=none");
	config_free(c);
}

static void pair_that_is_not_there_is_not_dropped(void **state)
{
	struct config *c = parse(TWO_PAIRS);
	struct manual_list list;
	struct error e;

	(void)state;
	assert_int_equal(loaded_drop_manual(c, "c", &list, &e), -ENOENT);
	assert_string_equal(e.text, "there is no pair of manual SAs 'c'; "
				    "`cygnet status` lists them");
	assert_null(list.at);
	config_free(c);
}

static void added_pair_follows_its_policy_into_another_file(void **state)
{
	struct config *c = parse(TWO_PAIRS);
	struct config *file =
		parse(CONF(B, FREE POLICY("x", "10.9.0.0/16", "b")
				      POLICY("net-b", "10.7.0.0/16", "b")));
	struct error e;

	(void)state;
	add(c);
	assert_int_equal(loaded_keep_manual(c, file, &e), 0);
	assert_manual(file, "b new: x=b net-b=new");
	config_free(c);
	config_free(file);
}

static void file_that_has_the_same_pair_has_it_once(void **state)
{
	struct config *c = parse(TWO_PAIRS);
	struct config *file = parse(CONF(PAIR("new", "0x2001", "0x2002", ""),
					 POLICY("net-b", "10.3.0.0/16", "new")));
	struct error e;

	(void)state;
	add(c);
	assert_int_equal(loaded_keep_manual(c, file, &e), 0);
	assert_manual(file, "new: net-b=new");
	assert_false(file->manual[0].added);
	config_free(c);
	config_free(file);
}

static void assert_refused(const char *text, int err, const char *why)
{
	struct config *c = parse(TWO_PAIRS), *file = parse(text);
	size_t n = file->n_manual;
	struct error e;

	add(c);
	assert_int_equal(loaded_keep_manual(c, file, &e), err);
	assert_string_equal(e.text, why);
	assert_int_equal(file->n_manual, n);
	config_free(c);
	config_free(file);
}

#define DELETE                                                         \
	" manual.new, which was added while the gateway runs; delete " \
	"that first: cygnet sa delete new"

#define OTHER(esp, more)                                    \
	CONF(PAIR_OF("new", esp, "0x2001", "0x2002", more), \
	     POLICY("net-b", "10.3.0.0/16", "new"))

static void file_that_contradicts_an_added_pair_is_refused(void **state)
{
	static const char *const others[] = {
		OTHER("aes128-sha256", "encap = yes\n"),
		OTHER("aes128-sha256", "spread = yes\n"),
		OTHER("aes128-sha256", "copy_ecn = no\n"),
		OTHER("aes128-sha256", "fragment = after\n"),
		OTHER("aes128-sha256", "if_id_in = 42\n"),
		OTHER("aes128-sha256", "if_id_out = 42\n"),
		OTHER("aes128-sha256", "replay_window = 32\n"),
		OTHER("aes128-sha256-esn", ""),
	};

	(void)state;
	assert_refused(CONF(PAIR("new", "0x2001", "0x2003", ""),
			    POLICY("net-b", "10.3.0.0/16", "new")),
		       -EEXIST, "f: it has another pair of the name of" DELETE);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_refused(others[i], -EEXIST,
			       "f: it has another pair of the name of" DELETE);
	assert_refused(CONF(PAIR("c", "0x2001", "0x2003", ""),
			    POLICY("net-b", "10.3.0.0/16", "c")),
		       -EEXIST, "f: it has an SPI or a key of" DELETE);
	assert_refused(CONF(A, POLICY("net-a", "10.3.0.0/16", "a")), -ENOENT,
		       "f: it has no policy any more for" DELETE);
}

#define OWN(remote)                                                           \
	"own { action = protect\n local_ts = 192.0.2.1\n remote_ts = " remote \
	"\n manual = a\n }\n"

/* One that was added to it in transport mode would carry nothing of that. */
static void file_whose_policy_grew_beyond_an_added_pair_is_refused(void **state)
{
	static const char text[] =
		"manual {\n" PAIR("new", "0x2001", "0x2002",
				  "mode = transport\n policies = own\n") "}";
	struct config *c = parse(CONF(A, OWN("192.0.2.2")));
	struct config *same = parse(CONF(A, FREE OWN("192.0.2.2")));
	struct config *grown = parse(CONF(A, OWN("192.0.2.0/24")));
	struct config *tunnel = parse(
		CONF(A PAIR("new", "0x2001", "0x2002", ""), OWN("192.0.2.2")));
	struct error e;

	(void)state;
	add_text(c, text);
	assert_int_equal(loaded_keep_manual(c, same, &e), 0);
	assert_manual(same, "a new: own=new");
	assert_int_equal(loaded_keep_manual(c, grown, &e), -EINVAL);
	assert_string_equal(e.text, "f: its policy has other addresses than "
				    "the transport mode of" DELETE);
	assert_int_equal(loaded_keep_manual(c, tunnel, &e), -EEXIST);
	assert_string_equal(e.text,
			    "f: it has another pair of the name of" DELETE);
	config_free(tunnel);
	config_free(c);
	config_free(same);
	config_free(grown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_pair_goes_before_the_files),
		cmocka_unit_test(pairs_behind_a_dropped_one_keep_their_policies),
		cmocka_unit_test(pair_that_is_not_there_is_not_dropped),
		cmocka_unit_test(added_pair_follows_its_policy_into_another_file),
		cmocka_unit_test(file_that_has_the_same_pair_has_it_once),
		cmocka_unit_test(file_that_contradicts_an_added_pair_is_refused),
		cmocka_unit_test(
			file_whose_policy_grew_beyond_an_added_pair_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
