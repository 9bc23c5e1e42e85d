/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The good configurations that the tests of ctrl/conf start from, with keys by
 * hand and with connections, and the one change that makes them into each of
 * their cases.
 */
#ifndef CYG_TESTS_CONF_TEXT_H
#define CYG_TESTS_CONF_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every key has these digits, so that one in an error is found. */
#define MARK  "5ec2e7"
#define KEY16 "0x" MARK "00112233445566778899aabbcc"
#define KEY24 KEY16 "0123456789abcdef"
#define DIGITS32 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KEY32 KEY24 "fedcba9876543210"

/* Lines are counted in the tests. */
static const char good[] = "# two tunnels, and what goes around them\n"
			   "gateway {\n"
			   "\tprotected = lan0, lan1\n"
			   "\tunprotected = wan0\n"
			   "\tdefault = discard\n" /* 5 */
			   "\tsocket = unix:///run/cygnet/test.vici\n"
			   "}\n"
			   "manual {\n"
			   "\tto-b {\n"
			   "\t\tlocal_addrs = 192.0.2.1\n" /* 10 */
			   "\t\tremote_addrs = 192.0.2.2\n"
			   "\t\tmode = tunnel\n"
			   "\t\tesp_proposals = aes128-sha256\n"
			   "\t\treplay_window = 128\n"
			   "\t\tin {\n" /* 15 */
			   "\t\t\tspi = 0x1001\n"
			   "\t\t\tencr_key = " KEY16 "\n"
			   "\t\t\tinteg_key = " KEY32 "\n"
			   "\t\t}\n"
			   "\t\tout {\n" /* 20 */
			   "\t\t\tspi = 256\n"
			   "\t\t\tencr_key = " KEY16 "\n"
			   "\t\t\tinteg_key = " KEY32 "\n"
			   "\t\t}\n"
			   "\t}\n" /* 25 */
			   "\tto-c {\n"
			   "\t\tlocal_addrs = 192.0.2.1\n"
			   "\t\tremote_addrs = 192.0.2.3\n"
			   "\t\tesp_proposals = aes256-sha256\n"
			   "\t\tout { spi = 0xffffffff\n" /* 30 */
			   "\t\t\tencr_key = " KEY32 "\n"
			   "\t\t\tinteg_key = " KEY32 " }\n"
			   "\t\tin { spi = 0x1002\n"
			   "\t\t\tencr_key = " KEY32 "\n"
			   "\t\t\tinteg_key = " KEY32 " }\n" /* 35 */
			   "\t}\n"
			   "}\n"
			   "policies {\n"
			   "\tzulu {\n"
			   "\t\taction = protect\n" /* 40 */
			   "\t\tlocal_ts = 10.1.0.0/16\n"
			   "\t\tremote_ts = 10.2.0.0/24\n"
			   "\t\tprotocol = tcp\n"
			   "\t\tmanual = to-c\n"
			   "\t}\n" /* 45 */
			   "\talpha {\n"
			   "\t\taction = bypass\n"
			   "\t\tlocal_ts = 10.1.0.9\n"
			   "\t\tremote_ts = 0.0.0.0/0\n"
			   "\t\tprotocol = 47\n" /* 50 */
			   "\t}\n"
			   "\tmike {\n"
			   "\t\taction = discard\n"
			   "\t\tlocal_ts = 0.0.0.0/0\n"
			   "\t\tremote_ts = 0.0.0.0/0\n" /* 55 */
			   "\t}\n"
			   "}\n";

/* Lines are counted in the tests. Secrets have MARK or SECRET in them. */
#define SECRET "hunter2 has a dog"

static const char good_conns[] =
	"gateway {\n"
	"\tprotected = lan0\n"
	"\tunprotected = wan0\n"
	"}\n"
	"connections {\n" /* 5 */
	"\tmoon {\n"
	"\t\tversion = 2\n"
	"\t\tlocal_addrs = 192.0.2.1\n"
	"\t\tremote_addrs = 192.0.2.2, 198.51.100.0/24, %any\n"
	"\t\tlocal_port = 4500\n" /* 10 */
	"\t\tremote_port = 4501\n"
	"\t\tproposals = aes256gcm16-prfsha384-ecp384, default\n"
	"\t\tencap = yes\n"
	"\t\tmobike = no\n"
	"\t\tfragmentation = no\n" /* 15 */
	"\t\tunique = no\n"
	"\t\tdpd_delay = 30s\n"
	"\t\tkeyingtries = 0\n"
	"\t\trekey_time = 2h\n"
	"\t\tover_time = 10m\n" /* 20 */
	"\t\trand_time = 300\n"
	"\t\tlocal-1 {\n"
	"\t\t\tauth = psk\n"
	"\t\t\tid = moon.example.org\n"
	"\t\t}\n" /* 25 */
	"\t\tremote-1 {\n"
	"\t\t\tauth = psk\n"
	"\t\t\tid = sun@example.org\n"
	"\t\t}\n"
	"\t\tchildren {\n" /* 30 */
	"\t\t\tnet {\n"
	"\t\t\t\tlocal_ts = 10.1.0.0/16[tcp/80-443], dynamic[gre]\n"
	"\t\t\t\tremote_ts = 10.2.0.0/24[tcp], 10.3.0.1[47]\n"
	"\t\t\t\tesp_proposals = aes128gcm16-ecp256, aes256-sha256\n"
	"\t\t\t\tmode = tunnel\n" /* 35 */
	"\t\t\t\tstart_action = start\n"
	"\t\t\t\tdpd_action = restart\n"
	"\t\t\t\tclose_action = trap\n"
	"\t\t\t\trekey_time = 1d\n"
	"\t\t\t\tlife_time = 90000\n" /* 40 */
	"\t\t\t\trand_time = 10 m\n"
	"\t\t\t\treplay_window = 1024\n"
	"\t\t\t}\n"
	"\t\t\tdmz {\n"
	"\t\t\t\tremote_ts = 10.4.0.0/16\n" /* 45 */
	"\t\t\t}\n"
	"\t\t}\n"
	"\t}\n"
	"\troad {\n"
	"\t\tlocal { auth = psk\n" /* 50 */
	"\t\t}\n"
	"\t\tremote { auth = psk\n"
	"\t\t}\n"
	"\t}\n"
	"}\n" /* 55 */
	"secrets {\n"
	"\tike-moon {\n"
	"\t\tid-1 = moon.example.org\n"
	"\t\tid-2 = sun@example.org\n"
	"\t\tsecret = \"" SECRET "\"\n" /* 60 */
	"\t}\n"
	"\tike {\n"
	"\t\tsecret = " KEY16 "\n"
	"\t}\n"
	"}\n"; /* 65 */

/* A good file with one thing changed; the caller frees it. */
static inline char *changed_from(const char *file, const char *find,
				 const char *replace)
{
	const char *at = strstr(file, find);
	size_t room = strlen(file) + strlen(replace) + 1;
	char *text = malloc(room);

	if (!at || strstr(at + 1, find))
		fail_msg("not exactly once in the good file: %s", find);
	assert_non_null(text);
	snprintf(text, room, "%.*s%s%s", (int)(at - file), file, replace,
		 at + strlen(find));
	return text;
}

static inline char *changed(const char *find, const char *replace)
{
	return changed_from(good, find, replace);
}

#endif
