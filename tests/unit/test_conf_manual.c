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

/* A case for each row, under the row's name. */
int main(void)
{
	struct CMUnitTest tests[ROWS(refused) + 2] = {
		[ROWS(refused)] = cmocka_unit_test(
			counter_mode_is_taken_where_it_is_allowed),
		cmocka_unit_test(it_is_not_allowed_unless_it_is_said),
	};

	for (size_t i = 0; i < ROWS(refused); i++) {
		tests[i].name = refused[i].name;
		tests[i].test_func = change_is_refused;
		tests[i].initial_state = (void *)&refused[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
