// SPDX-License-Identifier: BSD-2-Clause
/* Pairs by hand that go together: what a bundle is, and every one that is none. */
#include "tests/unit/conf_text.h"

#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/daemon/loaded_manual.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define SA(spi, key) "{\nspi = " spi "\n" key "\n}\n"
#define ESP_KEYS     "encr_key = " KEY16 "\ninteg_key = " KEY32
#define AH_KEY	     "integ_key = " KEY32

/* Lines are counted in the tests. */
static const char bundle[] =
	"gateway {\n"
	"protected = lan0\n"
	"unprotected = wan0\n"
	"}\n"
	"manual {\n" /* 5 */
	"inner {\n"
	"local_addrs = 192.0.2.1\n"
	"remote_addrs = 192.0.2.2\n"
	"esp_proposals = aes128-sha256\n"
	"bundle = outer\n" /* 10 */
	"spread = yes\n"
	"in " SA("0x1001", ESP_KEYS) "out " SA(
		"0x1002",
		ESP_KEYS) "}\n"
			  "outer {\n"
			  "local_addrs = 192.0.2.1\n"
			  "remote_addrs = 192.0.2.2\n"
			  "ah_proposals = sha256\n"
			  "mode = transport\n"
			  "in " SA("0x2001", AH_KEY) "out " SA(
				  "0x2002",
				  AH_KEY) "}\n"
					  "other {\n"
					  "local_addrs = 192.0.2.1\n"
					  "remote_addrs = 192.0.2.2\n"
					  "esp_proposals = aes128-sha256\n"
					  "in " SA("0x3001", ESP_KEYS) "out " SA(
						  "0x3002",
						  ESP_KEYS) "}\n"
							    "}\n"
							    "policies {\n"
							    "net {\n"
							    "action = protect\n"
							    "local_ts = 10.1.0.0/16\n"
							    "remote_ts = 10.2.0.0/16\n"
							    "manual = inner\n"
							    "}\n"
							    "second {\n"
							    "action = protect\n"
							    "local_ts = 10.1.0.0/16\n"
							    "remote_ts = 10.3.0.0/16\n"
							    "manual = other\n"
							    "}\n"
							    "}\n";

static struct config *parse(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void esp_is_in_ah_that_it_names(void **state)
{
	struct config *c = parse(bundle);
	const struct manual_conf *inner = &c->manual[0], *outer = &c->manual[1];

	(void)state;
	assert_string_equal(inner->bundle, "outer");
	assert_string_equal(outer->bundle, "");
	assert_ptr_equal(manual_carrier(c, inner), outer);
	assert_ptr_equal(manual_carried(c, outer), inner);
	assert_null(manual_carrier(c, outer));
	assert_null(manual_carried(c, inner));
	assert_null(manual_carrier(c, &c->manual[2]));
	config_free(c);
}

/* Its packets go through both in one step, of whichever worker. */
static void spread_is_that_of_both(void **state)
{
	struct config *c = parse(bundle);

	(void)state;
	assert_true(c->manual[0].spread);
	assert_true(c->manual[1].spread);
	config_free(c);
}

/* --- what is none */

struct refused {
	const char *name; /* of the case */
	const char *find, *replace;
	const char *error;
};

static const struct refused refused[] = {
	{ "pair_that_is_not_there_is_refused", "bundle = outer", "bundle = none",
	  "f:10:10: manual.inner.bundle names no section of manual; add "
	  "that section, with ah_proposals and mode = transport" },
	{ "slip_of_the_pen_is_said", "bundle = outer", "bundle = outr",
	  "f:10:10: manual.inner.bundle names no section of manual; did you "
	  "mean 'outer'?" },
	{ "pair_in_itself_is_refused", "bundle = outer", "bundle = inner",
	  "f:10:10: manual.inner.bundle names its own pair, which can't "
	  "carry itself; write the name of one with ah_proposals" },
	{ "ah_in_ah_is_refused", "mode = transport\n",
	  "mode = transport\nbundle = other\n",
	  "f:28:10: manual.outer.bundle stands in a pair of AH, and AH is "
	  "not carried by AH: a bundle is ESP in AH; remove the line, or "
	  "write esp_proposals" },
	{ "each_in_the_other_is_refused", "mode = transport\n",
	  "mode = transport\nbundle = inner\n",
	  "f:28:10: manual.outer.bundle stands in a pair of AH, and AH is "
	  "not carried by AH: a bundle is ESP in AH; remove the line, or "
	  "write esp_proposals" },
	{ "esp_in_esp_is_refused", "bundle = outer", "bundle = other",
	  "f:10:10: manual.inner.bundle names a pair of ESP, which carries "
	  "no other: a bundle is ESP in AH; write ah_proposals in "
	  "manual.other" },
	{ "ah_in_tunnel_mode_is_refused", "mode = transport\n", "mode = tunnel\n",
	  "f:10:10: manual.inner.bundle names a pair in tunnel mode, and AH "
	  "around ESP has no header of its own; write mode = transport in "
	  "manual.outer" },
	{ "other_peer_is_refused", "remote_addrs = 192.0.2.2\nah_proposals",
	  "remote_addrs = 192.0.2.3\nah_proposals",
	  "f:10:10: manual.inner.bundle names a pair between other "
	  "addresses; write local_addrs = 192.0.2.1 and remote_addrs = "
	  "192.0.2.2 in manual.outer" },
	{ "other_address_of_ours_is_refused",
	  "local_addrs = 192.0.2.1\nremote_addrs = 192.0.2.2\nah_proposals",
	  "local_addrs = 192.0.2.9\nremote_addrs = 192.0.2.2\nah_proposals",
	  "f:10:10: manual.inner.bundle names a pair between other "
	  "addresses; write local_addrs = 192.0.2.1 and remote_addrs = "
	  "192.0.2.2 in manual.outer" },
	{ "udp_in_ah_is_refused", "spread = yes\n", "encap = yes\n",
	  "f:11:9: manual.inner.encap does not go with bundle: AH covers "
	  "the addresses that a NAT changes, and carries no ESP in UDP; "
	  "remove one of the two lines" },
	{ "spread_of_ah_alone_is_refused", "mode = transport\n",
	  "mode = transport\nspread = no\n",
	  "f:28:10: manual.outer.spread is said by the pair that this one "
	  "carries; write it in manual.inner" },
	{ "fragments_of_ah_alone_are_refused", "mode = transport\n",
	  "mode = transport\nfragment = after\n",
	  "f:28:12: manual.outer.fragment is said by the pair that this one "
	  "carries; write it in manual.inner" },
	{ "two_in_one_are_refused",
	  "esp_proposals = aes128-sha256\nin {\nspi = 0x3001",
	  "esp_proposals = aes128-sha256\nbundle = outer\nin {\nspi = 0x3001",
	  "f:41:10: manual.other.bundle names a pair that carries "
	  "manual.inner; each needs one of its own" },
	{ "policy_of_ah_is_refused",
	  "local_ts = 10.1.0.0/16\nremote_ts = 10.3.0.0/16\nmanual = other",
	  "local_ts = 192.0.2.1\nremote_ts = 192.0.2.2\nmanual = outer",
	  "f:64:10: policies.second.manual names a pair that carries "
	  "manual.inner and nothing else; write manual = inner" },
	{ "esp_without_policies_is_refused", "manual = inner", "manual = other",
	  "f:10:10: manual.inner.bundle carries nothing, since no policy "
	  "names manual.inner; add one with manual = inner" },
};

static void test_refused(void **state)
{
	const struct refused *r = *state;
	char *text = changed_from(bundle, r->find, r->replace);
	struct config *c;
	struct error e;

	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text, r->error);
	free(text);
}

static void bundle_of_a_pair_that_is_added_is_refused(void **state)
{
	static const char added[] = "manual {\n"
				    "new {\n"
				    "local_addrs = 192.0.2.1\n"
				    "remote_addrs = 192.0.2.2\n"
				    "esp_proposals = aes128-sha256\n" /* 5 */
				    "bundle = outer\n"
				    "policies = net\n"
				    "in " SA("0x4001", ESP_KEYS) "}\n"
								 "}\n";
	struct config *c = parse(bundle);
	struct manual_conf m;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse_manual("a", slice_of(added, strlen(added)),
					   "new", c, &m, &e),
			 -EINVAL);
	assert_string_equal(
		e.text,
		"a:6:10: manual.new.bundle goes into a file alone, beside the pair that it names; write both there, and reload");
	manual_wipe(&m);
	config_free(c);
}

/* --- the end of one */

static void both_go_together(void **state)
{
	struct config *c = parse(bundle);
	struct manual_list list;
	struct error e;

	(void)state;
	assert_int_equal(loaded_drop_manual(c, "outer", &list, &e), -EBUSY);
	assert_string_equal(e.text,
			    "manual.outer carries manual.inner, with which it "
			    "goes; delete that one");
	manual_list_free(&list);
	assert_int_equal(loaded_drop_manual(c, "inner", &list, &e), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.at[0].name, "other");
	assert_int_equal(list.policies[0].manual, MANUAL_NONE);
	assert_int_equal(list.policies[1].manual, 0);
	manual_list_free(&list);
	config_free(c);
}

int main(void)
{
	struct CMUnitTest tests[4 + ROWS(refused)] = {
		cmocka_unit_test(esp_is_in_ah_that_it_names),
		cmocka_unit_test(spread_is_that_of_both),
		cmocka_unit_test(bundle_of_a_pair_that_is_added_is_refused),
		cmocka_unit_test(both_go_together),
	};

	for (size_t i = 0; i < ROWS(refused); i++)
		tests[4 + i] = (struct CMUnitTest){
			.name = refused[i].name,
			.test_func = test_refused,
			.initial_state = (void *)&refused[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
