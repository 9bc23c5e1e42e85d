// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines that are right by themselves and contradict each other: each is refused
 * with its name, its place and what to write instead. A row without an error is
 * the good one beside it.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define HEAD                                                \
	"gateway {\nprotected = lan0\nunprotected = wan0\n" \
	"allow_weak_algorithms = yes\n}\n"
#define DIR(spi, encr, integ) \
	"{\nspi = " spi "\nencr_key = 0x" encr "\ninteg_key = 0x" integ "\n}\n"
#define K16 "5ec2e700112233445566778899aabbcc"
#define K24 K16 "0102030405060708"
#define K32 K16 "00112233445566778899aabbccddeeff"

#define HARD_FIRST ": the SA ends before there are new keys; "
#define LESS_HERE  HARD_FIRST "write less here, or more there"

struct row {
	const char *lines;
	const char *error; /* of the whole, with the place; NULL: it is taken */
};

/* The lines stand in 9 and the following ones. */
static const struct row pairs[] = {
	{ "soft_time = 59m\nlife_time = 1h\n", NULL },
	{ "soft_time = 1h\n", NULL },
	{ "soft_time = 1h\nlife_time = 0\n", NULL },
	{ "soft_time = 1h\nlife_time = 1h\n",
	  "f:9:13: manual.one.soft_time is not less than life_time, which is "
	  "3600" LESS_HERE },
	{ "life_time = 1h\nsoft_time = 2h\n",
	  "f:10:13: manual.one.soft_time is not less than life_time, which is "
	  "3600" LESS_HERE },
	{ "soft_bytes = 2k\nlife_bytes = 2048\n",
	  "f:9:14: manual.one.soft_bytes is not less than life_bytes, which is "
	  "2048" LESS_HERE },
	{ "soft_bytes = 2047\nlife_bytes = 2k\n", NULL },
	{ "soft_packets = 11\nlife_packets = 10\n",
	  "f:9:16: manual.one.soft_packets is not less than life_packets, which "
	  "is 10" LESS_HERE },
	{ "soft_packets = 9223372036854775807\n", NULL },
	{ "soft_packets = 9223372036854775808\n",
	  "f:9:16: manual.one.soft_packets must be a number of packets below "
	  "2^63, or 0" },
	{ "life_packets = 18446744073709551615\n",
	  "f:9:16: manual.one.life_packets must be a number of packets below "
	  "2^63, or 0" },
	{ "fragment = after\n", NULL },
	{ "fragment = before\n", NULL },
	{ "fragment = before\nset_df = yes\n", NULL },
	{ "fragment = after\nset_df = no\n", NULL },
	{ "fragment = after\nset_df = yes\n",
	  "f:10:10: manual.one.set_df is yes, and fragment is after: nobody cuts "
	  "what has DF; remove one of the lines" },
	{ "mode = transport\nfragment = after\n", NULL },
	{ "mode = transport\n", NULL },
	{ "mode = transport\nfragment = before\n",
	  "f:10:12: manual.one.fragment is before, and mode is transport, in "
	  "which only whole packets are protected (RFC 4303 section 3.3.4); "
	  "write after, or remove the line" },
	{ "tfc_padding = mtu\ntfc_dummies = 1\n", NULL },
};

/* The lines stand in 18 and the following ones. */
static const struct row children[] = {
	{ "rekey_time = 1h\nlife_time = 1h\n", NULL },
	{ "rekey_time = 2h\nlife_time = 0\n", NULL },
	{ "rekey_time = 0\nlife_time = 1m\n", NULL },
	{ "rekey_time = 2h\nlife_time = 1h\n",
	  "f:18:14: connections.c.children.n.rekey_time is more than life_time, "
	  "which is 3600" LESS_HERE },
	{ "life_time = 30m\n", NULL },
	{ "life_bytes = 1k\nrekey_bytes = 1k\n", NULL },
	{ "life_bytes = 1k\nrekey_bytes = 1025\n",
	  "f:19:15: connections.c.children.n.rekey_bytes is more than "
	  "life_bytes, which is 1024" LESS_HERE },
	{ "life_packets = 9\n", NULL },
	{ "rekey_packets = 10\nlife_packets = 9\n",
	  "f:18:17: connections.c.children.n.rekey_packets is more than "
	  "life_packets, which is 9" LESS_HERE },
	{ "rekey_packets = 18446744073709551615\n",
	  "f:18:17: connections.c.children.n.rekey_packets must be a number of "
	  "packets below 2^63, or 0" },
	{ "fragment = after\nset_df = yes\n",
	  "f:19:10: connections.c.children.n.set_df is yes, and fragment is "
	  "after: nobody cuts what has DF; remove one of the lines" },
	{ "tfc_dummies = 1\nesp_proposals = aes128-sha256, aes256gcm16\n", NULL },
	{ "esp_proposals = aes128-3des-sha256\n", NULL },
	{ "tfc_dummies = 1\nesp_proposals = aes128gcm16, aes128-3des-sha256\n",
	  "f:18:15: connections.c.children.n.tfc_dummies does not go with 3des: "
	  "its blocks of 8 octets use a key up soon, and what is padded is in "
	  "no limit by octets; remove the line, or write aes256-sha256" },
	{ "tfc_padding = 0\nesp_proposals = 3des-sha256\n", NULL },
	{ "tfc_padding = 200\nesp_proposals = 3des-sha256\n",
	  "f:18:15: connections.c.children.n.tfc_padding does not go with 3des: "
	  "its blocks of 8 octets use a key up soon, and what is padded is in "
	  "no limit by octets; remove the line, or write aes256-sha256" },
};

static void check(const char *before, const char *after, const struct row *row)
{
	char text[2048];
	struct config *c;
	struct error e;
	int err;

	snprintf(text, sizeof(text), "%s%s%s", before, row->lines, after);
	err = conf_parse("f", slice_of(text, strlen(text)), &c, &e);
	if (!row->error) {
		if (err)
			fail_msg("%s: %s", row->lines, e.text);
		config_free(c);
		return;
	}
	if (!err)
		fail_msg("%s is taken", row->lines);
	assert_int_equal(err, -EINVAL);
	assert_string_equal(e.text, row->error);
}

static void pair_contradicts_itself_in_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(pairs); i++)
		check(HEAD "manual {\none {\nesp_proposals = aes128-sha256\n",
		      "local_addrs = 192.0.2.1\nremote_addrs = 192.0.2.2\n"
		      "in " DIR("0x1001", K16, K32) "out " DIR("0x1002", K16,
							       K32) "}\n}\n",
		      &pairs[i]);
}

static void pair_of_small_blocks_pads_nothing(void **state)
{
	static const struct row rows[] = {
		{ "", NULL },
		{ "tfc_padding = mtu\n",
		  "f:9:15: manual.one.tfc_padding does not go with 3des: its "
		  "blocks of 8 octets use a key up soon, and what is padded is "
		  "in no limit by octets; remove the line, or write "
		  "aes256-sha256" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check(HEAD "manual {\none {\nesp_proposals = 3des-sha256\n",
		      "local_addrs = 192.0.2.1\nremote_addrs = 192.0.2.2\n"
		      "in " DIR("0x1001", K24, K32) "out " DIR("0x1002", K24,
							       K32) "}\n}\n",
		      &rows[i]);
}

static void child_contradicts_itself_in_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(children); i++)
		check(HEAD "connections {\nc {\nremote_addrs = 192.0.2.2\n"
			   "local {\nauth = psk\n}\nremote {\nauth = psk\n}\n"
			   "children {\nn {\nremote_ts = 10.2.0.0/16\n",
		      "}\n}\n}\n}\n", &children[i]);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(pair_contradicts_itself_in_nothing),
		cmocka_unit_test(pair_of_small_blocks_pads_nothing),
		cmocka_unit_test(child_contradicts_itself_in_nothing),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
