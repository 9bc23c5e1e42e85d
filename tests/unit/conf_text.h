/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The good configuration that the tests of ctrl/conf start from, and the one
 * change that makes it into each of their cases.
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

/* The good file with one thing changed; the caller frees it. */
static inline char *changed(const char *find, const char *replace)
{
	const char *at = strstr(good, find);
	size_t room = sizeof(good) + strlen(replace);
	char *text = malloc(room);

	if (!at || strstr(at + 1, find))
		fail_msg("not exactly once in the good file: %s", find);
	assert_non_null(text);
	snprintf(text, room, "%.*s%s%s", (int)(at - good), good, replace,
		 at + strlen(find));
	return text;
}

#endif
