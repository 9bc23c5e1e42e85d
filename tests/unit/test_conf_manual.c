// SPDX-License-Identifier: BSD-2-Clause
/* Keys by hand in counter mode: only where the operator asked for it, and each
 * for one SA alone. */
#include "tests/unit/conf_text.h"

#include <errno.h>

#include "ctrl/conf/conf.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define A20	    "0x" MARK "00112233445566778899aabbccddeeff01"
#define B20	    "0x" MARK "00112233445566778899aabbccddeeff02"
#define C20	    "0x" MARK "00112233445566778899aabbccddeeff03"
#define D20	    "0x" MARK "00112233445566778899aabbccddeeff04"

/* Lines are counted in the tests. */
static const char counter[] = "gateway {\n"
			      "\tprotected = lan0\n"
			      "\tunprotected = wan0\n"
			      "\tallow_manual_counter_mode = yes\n"
			      "\tstate_dir = /srv/cygnet\n" /* 5 */
			      "}\n"
			      "manual {\n"
			      "\tone {\n"
			      "\t\tlocal_addrs = 192.0.2.1\n"
			      "\t\tremote_addrs = 192.0.2.2\n" /* 10 */
			      "\t\tesp_proposals = aes128gcm16\n"
			      "\t\tin {\n"
			      "\t\t\tspi = 0x1001\n"
			      "\t\t\tencr_key = " A20 "\n"
			      "\t\t}\n" /* 15 */
			      "\t\tout {\n"
			      "\t\t\tspi = 0x1002\n"
			      "\t\t\tencr_key = " B20 "\n"
			      "\t\t}\n"
			      "\t}\n" /* 20 */
			      "\ttwo {\n"
			      "\t\tlocal_addrs = 192.0.2.1\n"
			      "\t\tremote_addrs = 192.0.2.3\n"
			      "\t\tesp_proposals = aes128gcm16\n"
			      "\t\tin {\n" /* 25 */
			      "\t\t\tspi = 0x1003\n"
			      "\t\t\tencr_key = " C20 "\n"
			      "\t\t}\n"
			      "\t\tout {\n"
			      "\t\t\tspi = 0x1004\n" /* 30 */
			      "\t\t\tencr_key = " D20 "\n"
			      "\t\t}\n"
			      "\t}\n"
			      "}\n";

static void counter_mode_is_taken_where_it_is_allowed(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(
		conf_parse("f", slice_of(counter, strlen(counter)), &c, &e), 0);
	assert_true(c->gateway.allow_manual_counter_mode);
	assert_string_equal(c->gateway.state_dir, "/srv/cygnet");
	assert_ptr_equal(c->manual[0].encr, encr_by_name("aes128gcm16"));
	assert_ptr_equal(c->manual[0].integ, &integ_none);
	assert_int_equal(c->manual[0].in.encr_key.len, 20);
	assert_int_equal(c->manual[0].in.integ_key.len, 0);
	config_free(c);
}

static void it_is_not_allowed_unless_it_is_said(void **state)
{
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse("f", slice_of(good, strlen(good)), &c, &e),
			 0);
	assert_false(c->gateway.allow_manual_counter_mode);
	assert_string_equal(c->gateway.state_dir, "/var/lib/cygnet");
	config_free(c);
}

struct refused {
	const char *name; /* of the case */
	const char *find, *replace;
	const char *error;
};

static const struct refused refused[] = {
	{ "counter_mode_is_refused_where_it_is_not_allowed", "mode = yes",
	  "mode = no",
	  "f:11:19: manual.one.esp_proposals can't be aes128gcm16 with keys by "
	  "hand: a counter that is used twice under one key reveals both "
	  "packets (RFC 4106 section 2, RFC 8221 section 3), and keys by hand "
	  "outlive a restart; use IKE, or a CBC proposal such as "
	  "aes256-sha256, or set gateway.allow_manual_counter_mode = yes if "
	  "state_dir is on a disk that is never rolled back" },
	{ "key_of_both_directions_is_refused", B20, A20,
	  "f:14:15: manual.one.in.encr_key is the same as "
	  "manual.one.out.encr_key at line 18; in counter mode each SA needs a "
	  "key of its own" },
	{ "key_of_another_pair_is_refused", D20, B20,
	  "f:31:15: manual.two.out.encr_key is the same as "
	  "manual.one.out.encr_key at line 18; in counter mode each SA needs a "
	  "key of its own" },
	{ "key_that_a_peer_uses_is_refused", C20, B20,
	  "f:27:15: manual.two.in.encr_key is the same as "
	  "manual.one.out.encr_key at line 18; in counter mode each SA needs a "
	  "key of its own" },
	{ "integrity_key_of_an_aead_is_refused", A20 "\n",
	  A20 "\n\t\t\tinteg_key = " KEY32 "\n",
	  "f:15:16: manual.one.in.integ_key does not go with aes128gcm16, "
	  "which needs none; remove the line" },
	{ "key_without_its_salt_is_refused", A20, KEY16,
	  "f:14:15: manual.one.in.encr_key is 16 octets, aes128gcm16 needs "
	  "20" },
};

/* --- one that is added to those of a file, whose second pair is `two` */

#define E20 "0x" MARK "00112233445566778899aabbccddeeff05"
#define F20 "0x" MARK "00112233445566778899aabbccddeeff06"

static const char policies[] = "policies {\n"
			       "net-2 { action = protect\n"
			       "local_ts = 10.1.0.0/16\n"
			       "remote_ts = 10.2.0.0/16\n"
			       "manual = two }\n"
			       "net-3 { action = protect\n"
			       "local_ts = 10.1.0.0/16\n"
			       "remote_ts = 10.3.0.0/16\n"
			       "manual = one }\n"
			       "free { action = bypass\n"
			       "local_ts = 10.1.0.0/16\n"
			       "remote_ts = 10.1.0.0/16 }\n"
			       "}\n";

/* Lines are counted in the tests. */
static const char added[] = "manual {\n"
			    "\tnew {\n"
			    "\t\tlocal_addrs = 192.0.2.1\n"
			    "\t\tremote_addrs = 192.0.2.3\n"
			    "\t\tesp_proposals = aes128gcm16\n" /* 5 */
			    "\t\tpolicies = net-3, net-2\n"
			    "\t\tin {\n"
			    "\t\t\tspi = 0x2001\n"
			    "\t\t\tencr_key = " E20 "\n"
			    "\t\t}\n" /* 10 */
			    "\t\tout {\n"
			    "\t\t\tspi = 0x2002\n"
			    "\t\t\tencr_key = " F20 "\n"
			    "\t\t}\n"
			    "\t}\n" /* 15 */
			    "}\n";

static const struct refused refused_added[] = {
	{ "name_that_is_there_is_refused", "\tnew {", "\tone {",
	  "a: it must hold manual { new { … } }, and nothing else" },
	{ "inbound_spi_that_is_there_is_refused", "0x2001", "0x1001",
	  "a:8:10: manual.new.in.spi is the same as manual.one.in.spi; inbound "
	  "SPIs must differ" },
	{ "outbound_spi_of_the_peer_is_refused", "0x2002", "0x1004",
	  "a:12:10: manual.new.out.spi is the same as manual.two.out.spi; SPIs "
	  "to one peer must differ" },
	{ "key_that_is_in_use_is_refused", F20, B20,
	  "a:13:15: manual.new.out.encr_key is the same as "
	  "manual.one.out.encr_key; in counter mode each SA needs a key of its "
	  "own" },
	{ "key_of_its_own_other_half_is_refused", F20, E20,
	  "a:9:15: manual.new.in.encr_key is the same as out.encr_key; in "
	  "counter mode each SA needs a key of its own" },
	{ "policy_that_is_not_there_is_refused", "net-2", "nat-2",
	  "a:6:21: manual.new.policies names no policy; did you mean "
	  "'net-2'?" },
	{ "policy_that_does_not_protect_is_refused", "net-2", "free",
	  "a:6:21: manual.new.policies names a policy that does not protect; "
	  "it must be names of policies with action = protect" },
	{ "policy_of_networks_is_refused_in_transport_mode",
	  "\t\tpolicies = net-3, net-2\n",
	  "\t\tmode = transport\n\t\tpolicies = net-3, net-2\n",
	  "a:7:14: manual.new.policies names a policy with other addresses "
	  "than local_addrs and remote_addrs, between which alone transport "
	  "mode carries anything; remove mode, or name others" },
	{ "outer_header_is_refused_in_transport_mode",
	  "\t\tpolicies = net-3, net-2\n",
	  "\t\tmode = transport\n\t\ttfc_padding = mtu\n"
	  "\t\tpolicies = net-3, net-2\n",
	  "a:7:17: manual.new.tfc_padding does not go with mode = transport, "
	  "in which packets keep the header that they have; remove the line" },
	{ "pair_without_policies_is_refused", "\t\tpolicies = net-3, net-2\n", "",
	  "a:2:2: manual.new.policies is missing; it must be names of policies "
	  "with action = protect" },
	{ "more_than_a_pair_is_refused", "\t}\n}", "\t}\n\tmore {\n\t}\n}",
	  "a: it must hold manual { new { … } }, and nothing else" },
	{ "more_than_the_section_is_refused", "\t}\n}", "\t}\n}\ngateway {\n}",
	  "a: it must hold manual { new { … } }, and nothing else" },
	{ "file_that_it_includes_is_refused", "manual {\n",
	  "include /etc/passwd\nmanual {\n",
	  "a:1:1: include is for files, and this is none: put the sections "
	  "here" },
};

/* One thing changed: which addresses the policy has. */
static int parse_transport(const char *local_ts, const char *remote_ts,
			   struct config **c, struct error *e)
{
	char *text = changed_from(counter,
				  "\t\tesp_proposals = aes128gcm16\n"
				  "\t\tin {\n\t\t\tspi = 0x1001",
				  "\t\tesp_proposals = aes128gcm16\n"
				  "\t\tmode = transport\n"
				  "\t\tin {\n\t\t\tspi = 0x1001");
	char whole[2 * sizeof(counter)];

	snprintf(whole, sizeof(whole),
		 "%spolicies {\nown { action = protect\nlocal_ts = %s\n"
		 "remote_ts = %s\nmanual = one }\n}\n",
		 text, local_ts, remote_ts);
	free(text);
	return conf_parse("f", slice_of(whole, strlen(whole)), c, e);
}

#define AH_SA(spi, key) "{\nspi = " spi "\ninteg_key = 0x" key "\n}\n"
#define AH_PAIR(proposal, in, out)                                       \
	"gateway {\nprotected = lan0\nunprotected = wan0\n"              \
	"allow_manual_counter_mode = yes\nallow_weak_algorithms = yes\n" \
	"}\nmanual {\none {\nlocal_addrs = 192.0.2.1\n"                  \
	"remote_addrs = 192.0.2.2\nah_proposals = " proposal "\n"        \
	"in " AH_SA("0x1001", in) "out " AH_SA("0x1002", out) "}\n}\n"
#define A16 "5ec2e700112233445566778899aabbcc"
#define B16 "5ec2e7ccbbaa99887766554433221100"

static void ah_has_a_mac_and_no_cipher(void **state)
{
	static const struct {
		const char *text, *integ;
		bool esn;
	} cases[] = {
		{ AH_PAIR("md5", A16, B16), "md5", false },
		{ AH_PAIR("aesxcbc-esn", A16, B16), "aesxcbc", true },
		{ AH_PAIR("sha1-noesn", A16 "01020304", B16 "01020304"), "sha1",
		  false },
		{ AH_PAIR("sha256", A16 A16, A16 A16), "sha256", false },
		{ AH_PAIR("aes128gmac", A16 "01020304", B16 "01020304"),
		  "aes128gmac", false },
	};
	struct config *c;
	struct error e;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		if (conf_parse("f",
			       slice_of(cases[i].text, strlen(cases[i].text)),
			       &c, &e))
			fail_msg("%s", e.text);
		assert_int_equal(c->manual[0].protocol, IKE_PROTO_AH);
		assert_int_equal(c->manual[0].encr->id, ENCR_NULL);
		assert_string_equal(c->manual[0].integ->name, cases[i].integ);
		assert_int_equal(c->manual[0].esn, cases[i].esn);
		config_free(c);
	}
}

static void key_of_gmac_in_ah_is_one_sas(void **state)
{
	static const char text[] =
		AH_PAIR("aes128gmac", A16 "01020304", A16 "01020304");
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text,
			    "f:14:13: manual.one.in.integ_key is the same as "
			    "manual.one.out.integ_key at line 18; in counter "
			    "mode each SA needs a key of its own");
}

/* ESP and AH would count alike under it. */
static void key_of_gmac_in_ah_is_none_of_gcm_in_esp(void **state)
{
	char *in = changed_from(counter,
				"192.0.2.3\n\t\tesp_proposals = aes128gcm16\n"
				"\t\tin {\n\t\t\tspi = 0x1003\n\t\t\tencr_key",
				"192.0.2.3\n\t\tah_proposals = aes128gmac\n"
				"\t\tin {\n\t\t\tspi = 0x1003\n\t\t\tinteg_key");
	char *out = changed_from(in, "encr_key = " D20, "integ_key = " B20);
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse("f", slice_of(out, strlen(out)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text,
			    "f:31:16: manual.two.out.integ_key is the same as "
			    "manual.one.out.encr_key at line 18; in counter "
			    "mode each SA needs a key of its own");
	free(out);
	free(in);
}

static void transport_mode_is_for_the_two_addresses_alone(void **state)
{
	static const char *const other[][2] = {
		{ "192.0.2.1", "0.0.0.0/0" },
		{ "192.0.2.0/31", "192.0.2.2" },
		{ "192.0.2.1", "192.0.2.2-192.0.2.3" },
		{ "192.0.2.1", "192.0.2.3" },
		{ "192.0.2.2", "192.0.2.1" },
	};
	struct config *c;
	struct error e;

	(void)state;
	if (parse_transport("192.0.2.1", "192.0.2.2", &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c->manual[0].mode, SADB_TRANSPORT);
	assert_int_equal(c->manual[1].mode, SADB_TUNNEL);
	config_free(c);
	for (size_t i = 0; i < ROWS(other); i++) {
		assert_int_equal(parse_transport(other[i][0], other[i][1], &c,
						 &e),
				 -EINVAL);
		assert_non_null(strstr(e.text, "local_ts = 192.0.2.1 and "
					       "remote_ts = 192.0.2.2"));
	}
}

static struct config *with_policies(void)
{
	char text[sizeof(counter) + sizeof(policies)];
	struct config *c;
	struct error e;

	snprintf(text, sizeof(text), "%s%s", counter, policies);
	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static int parse_added(const char *text, const struct config *c,
		       struct manual_conf *m, struct error *e)
{
	return conf_parse_manual("a", slice_of(text, strlen(text)), "new", c, m,
				 e);
}

static void pair_is_added_to_policies(void **state)
{
	struct config *c = with_policies();
	struct manual_conf m;
	struct error e;

	(void)state;
	if (parse_added(added, c, &m, &e))
		fail_msg("%s", e.text);
	assert_true(m.added);
	assert_string_equal(m.name, "new");
	assert_int_equal(m.policies, 3);
	assert_int_equal(m.in.spi, 0x2001);
	assert_int_equal(m.place.line, 0);
	config_free(c);
}

static void half_of_a_pair_is_added(void **state)
{
	char *text = changed_from(added,
				  "\t\tin {\n\t\t\tspi = 0x2001\n"
				  "\t\t\tencr_key = " E20 "\n\t\t}\n",
				  "");
	struct config *c = with_policies();
	struct manual_conf m;
	struct error e;

	(void)state;
	if (parse_added(text, c, &m, &e))
		fail_msg("%s", e.text);
	assert_int_equal(m.in.spi, 0);
	assert_int_equal(m.out.spi, 0x2002);
	config_free(c);
	free(text);
}

static void change_of_what_is_added_is_refused(void **state)
{
	const struct refused *row = *state;
	char *text = changed_from(added, row->find, row->replace);
	struct config *c = with_policies();
	struct manual_conf m;
	struct error e;

	assert_true(parse_added(text, c, &m, &e) < 0);
	assert_string_equal(e.text, row->error);
	assert_null(strstr(e.text, MARK));
	config_free(c);
	free(text);
}

static void change_is_refused(void **state)
{
	const struct refused *row = *state;
	char *text = changed_from(counter, row->find, row->replace);
	struct config *c;
	struct error e;

	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text, row->error);
	assert_null(strstr(e.text, MARK));
	free(text);
}

static struct CMUnitTest case_of(const struct refused *row,
				 CMUnitTestFunction function)
{
	return (struct CMUnitTest){ .name = row->name,
				    .test_func = function,
				    .initial_state = (void *)row };
}

/* A case for each row, under the row's name. */
int main(void)
{
	struct CMUnitTest tests[ROWS(refused) + ROWS(refused_added) + 5] = {
		cmocka_unit_test(counter_mode_is_taken_where_it_is_allowed),
		cmocka_unit_test(it_is_not_allowed_unless_it_is_said),
		cmocka_unit_test(ah_has_a_mac_and_no_cipher),
		cmocka_unit_test(key_of_gmac_in_ah_is_one_sas),
		cmocka_unit_test(key_of_gmac_in_ah_is_none_of_gcm_in_esp),
		cmocka_unit_test(transport_mode_is_for_the_two_addresses_alone),
		cmocka_unit_test(pair_is_added_to_policies),
		cmocka_unit_test(half_of_a_pair_is_added),
	};
	size_t n = 5;

	for (size_t i = 0; i < ROWS(refused); i++)
		tests[n++] = case_of(&refused[i], change_is_refused);
	for (size_t i = 0; i < ROWS(refused_added); i++)
		tests[n++] = case_of(&refused_added[i],
				     change_of_what_is_added_is_refused);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
