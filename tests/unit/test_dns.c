// SPDX-License-Identifier: BSD-2-Clause
/*
 * Questions to DNS as RFC 1035 has them on the wire, and what their answers say:
 * each answer that is refused is a good one with one thing changed.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/dns.h"

#define NAME	   "gw-b.example.net"
#define QUESTION   "\4gw-b\7example\3net\0\0\1\0\1"
#define OCTETS(s)  slice_of(s, sizeof(s) - 1)
#define HEAD(n)	   "\x12\x34\x81\x80\0\1\0" n "\0\0\0\0"
#define AT_NAME	   "\xc0\x0c" /* the question's */
#define A(v4)	   "\0\1\0\1\0\0\0\x3c\0\4" v4
#define CNAME(len) "\0\5\0\1\0\0\0\x3c\0" len

static const struct dns_question question = { NAME, DNS_TYPE_A, 0x1234 };

static enum dns_reply read_as(struct slice message, struct dns_addrs *out)
{
	memset(out, 0xff, sizeof(*out));
	return dns_reply_read(message, &question, out);
}

static void assert_reply(struct slice message, enum dns_reply want)
{
	struct dns_addrs addrs;

	assert_int_equal(read_as(message, &addrs), want);
}

/* It says these addresses, octets of IPv4. */
static void assert_addrs(struct slice message, const char *v4, size_t n)
{
	struct dns_addrs addrs;

	assert_int_equal(read_as(message, &addrs), DNS_REPLY_ADDRS);
	assert_int_equal(addrs.n, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t want;

		memcpy(&want, v4 + 4 * i, sizeof(want));
		assert_int_equal(addr_v4_be(&addrs.at[i]), want);
	}
}

static void question_is_written_as_rfc_1035_says(void **state)
{
	static const char want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION;
	struct dns_question dotted = { NAME ".", DNS_TYPE_A, 0x1234 };
	uint8_t out[DNS_MESSAGE_MAX];

	(void)state;
	assert_int_equal(dns_question_put(&question, out), sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
	assert_int_equal(dns_question_put(&dotted, out), sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
}

static void names_have_labels_of_1_to_63(void **state)
{
	char label[66], name[260];

	(void)state;
	assert_true(dns_is_name("a"));
	assert_true(dns_is_name(NAME));
	assert_true(dns_is_name(NAME "."));
	assert_true(dns_is_name("_ike.gw-1.example"));
	assert_false(dns_is_name(""));
	assert_false(dns_is_name("."));
	assert_false(dns_is_name("a..b"));
	assert_false(dns_is_name(".a"));
	assert_false(dns_is_name("a b"));
	assert_false(dns_is_name("a/b"));
	assert_false(dns_is_name("a.."));
	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	assert_true(dns_is_name(label));
	label[63] = 'a';
	label[64] = '\0';
	assert_false(dns_is_name(label));
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	assert_true(dns_is_name(name));
	name[253] = '.';
	name[254] = 'a';
	name[255] = '\0';
	assert_false(dns_is_name(name));
}

static void addresses_are_read(void **state)
{
	(void)state;
	assert_addrs(OCTETS(HEAD("\1") QUESTION AT_NAME A("\xc0\0\2\2")),
		     "\xc0\0\2\2", 1);
	assert_addrs(OCTETS(HEAD("\2") QUESTION AT_NAME A("\xc0\0\2\2")
				    AT_NAME A("\xc0\0\2\3")),
		     "\xc0\0\2\2\xc0\0\2\3", 2);
	assert_addrs(OCTETS(HEAD("\0") QUESTION), "", 0);
}

static void ipv6_is_read(void **state)
{
	static const char message[] =
		HEAD("\1") "\4gw-b\7example\3net\0\0\x1c\0\1" AT_NAME
			   "\0\x1c\0\1\0\0\0\x3c\0\x10"
			   "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2";
	const struct dns_question q = { NAME, DNS_TYPE_AAAA, 0x1234 };
	struct dns_addrs addrs;
	char text[ADDR_STR_MAX];

	(void)state;
	assert_int_equal(dns_reply_read(OCTETS(message), &q, &addrs),
			 DNS_REPLY_ADDRS);
	assert_int_equal(addrs.n, 1);
	assert_string_equal(addr_str(&addrs.at[0], text), "2001:db8::2");
}

static void another_name_leads_to_the_address(void **state)
{
	(void)state;
	/* gw-b.example.net is x.example.net, which has the address. */
	assert_addrs(OCTETS(HEAD("\2") QUESTION AT_NAME CNAME(
			     "\4") "\1x\xc0\x11\xc0\x2e" A("\xc0\0\2\2")),
		     "\xc0\0\2\2", 1);
}

static void names_that_lead_in_a_circle_are_refused(void **state)
{
	(void)state;
	assert_reply(OCTETS(HEAD("\1") QUESTION AT_NAME CNAME("\2") AT_NAME),
		     DNS_REPLY_MALFORMED);
}

static void address_of_another_name_is_not_ours(void **state)
{
	(void)state;
	assert_addrs(OCTETS(HEAD("\1") QUESTION "\1x\xc0\x11" A("\xc0\0\2\2")),
		     "", 0);
}

static void answer_to_another_question_is_none(void **state)
{
	static char message[] = HEAD("\1") QUESTION AT_NAME A("\xc0\0\2\2");
	/* id, reply, opcode, number of questions, name, type, class */
	static const struct {
		size_t at;
		char mask;
	} changes[] = {
		{ 1, 1 },  { 2, (char)0x80 }, { 2, 8 },	 { 5, 3 },
		{ 13, 1 }, { 31, 2 },	      { 33, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		message[changes[i].at] ^= changes[i].mask;
		assert_reply(OCTETS(message), DNS_REPLY_ALIEN);
		message[changes[i].at] ^= changes[i].mask;
	}
	assert_reply(OCTETS(message), DNS_REPLY_ADDRS);
}

static void capitals_are_no_other_name(void **state)
{
	static char message[] = HEAD("\1") QUESTION AT_NAME A("\xc0\0\2\2");

	(void)state;
	message[13] ^= 0x20;
	assert_reply(OCTETS(message), DNS_REPLY_ADDRS);
	message[13] ^= 0x20;
}

static void refusals_are_told_apart(void **state)
{
	static char message[] = HEAD("\0") QUESTION;

	(void)state;
	message[3] = (char)0x83;
	assert_reply(OCTETS(message), DNS_REPLY_NO_NAME);
	message[3] = (char)0x82; /* the server failed */
	assert_reply(OCTETS(message), DNS_REPLY_REFUSED);
	message[3] = (char)0x85;
	assert_reply(OCTETS(message), DNS_REPLY_REFUSED);
	message[5] = 0; /* without the question */
	assert_reply(slice_of(message, 12), DNS_REPLY_REFUSED);
	message[3] = (char)0x80;
	assert_reply(slice_of(message, 12), DNS_REPLY_ALIEN);
	message[5] = 1;
}

static void cut_answer_says_so(void **state)
{
	static char message[] = HEAD("\1") QUESTION AT_NAME A("\xc0\0\2\2");

	(void)state;
	message[2] |= 2;
	assert_reply(OCTETS(message), DNS_REPLY_TRUNCATED);
	message[2] ^= 2;
}

static void every_truncation_is_no_answer_or_malformed(void **state)
{
	static const char message[] = HEAD("\2") QUESTION AT_NAME CNAME(
		"\4") "\1x\xc0\x11\xc0\x2e" A("\xc0\0\2\2");
	struct dns_addrs addrs;

	(void)state;
	for (size_t n = 0; n < sizeof(message) - 1; n++)
		assert_int_equal(read_as(slice_of(message, n), &addrs),
				 n < 34 ? DNS_REPLY_ALIEN : DNS_REPLY_MALFORMED);
}

static void address_of_a_wrong_length_is_malformed(void **state)
{
	(void)state;
	assert_reply(OCTETS(HEAD("\1") QUESTION AT_NAME
			    "\0\1\0\1\0\0\0\x3c\0\3\xc0\0\2"),
		     DNS_REPLY_MALFORMED);
}

static void answer_of_more_than_512_octets_is_malformed(void **state)
{
	static uint8_t message[DNS_MESSAGE_MAX + 1];
	static const char good[] = HEAD("\1") QUESTION AT_NAME A("\xc0\0\2\2");

	(void)state;
	memcpy(message, good, sizeof(good) - 1);
	assert_reply(slice_of(message, sizeof(message)), DNS_REPLY_MALFORMED);
	assert_reply(slice_of(message, sizeof(message) - 1), DNS_REPLY_ADDRS);
}

static void of_many_addresses_the_first_are_taken(void **state)
{
	uint8_t message[DNS_MESSAGE_MAX];
	static const char head[] = HEAD("\x14") QUESTION;
	static const char record[] = AT_NAME A("\xc0\0\2\2");
	size_t n = sizeof(head) - 1;
	struct dns_addrs addrs;

	(void)state;
	memcpy(message, head, n);
	for (unsigned int i = 0; i < 20; i++) {
		memcpy(message + n, record, sizeof(record) - 1);
		n += sizeof(record) - 1;
		message[n - 1] = (uint8_t)i;
	}
	assert_int_equal(read_as(slice_of(message, n), &addrs), DNS_REPLY_ADDRS);
	assert_int_equal(addrs.n, DNS_ADDRS_MAX);
	assert_int_equal(addrs.at[7].octets[15], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question_is_written_as_rfc_1035_says),
		cmocka_unit_test(names_have_labels_of_1_to_63),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(ipv6_is_read),
		cmocka_unit_test(another_name_leads_to_the_address),
		cmocka_unit_test(names_that_lead_in_a_circle_are_refused),
		cmocka_unit_test(address_of_another_name_is_not_ours),
		cmocka_unit_test(answer_to_another_question_is_none),
		cmocka_unit_test(capitals_are_no_other_name),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(cut_answer_says_so),
		cmocka_unit_test(every_truncation_is_no_answer_or_malformed),
		cmocka_unit_test(address_of_a_wrong_length_is_malformed),
		cmocka_unit_test(answer_of_more_than_512_octets_is_malformed),
		cmocka_unit_test(of_many_addresses_the_first_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
