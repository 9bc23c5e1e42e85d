// SPDX-License-Identifier: BSD-2-Clause
/*
 * Identities as text: which octets of which type, what is refused and why, and
 * that whatever a peer sends is shown without harm. Type and octets of the rows
 * are those that strongSwan 5.9.8 makes of the same texts, but where a comment
 * says otherwise.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/identity.h"
#include "tests/support/hex.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define V4    IKE_ID_IPV4_ADDR
#define V6    IKE_ID_IPV6_ADDR
#define FQDN  IKE_ID_FQDN
#define EMAIL IKE_ID_RFC822_ADDR
#define KEYID IKE_ID_KEY_ID
#define DN    IKE_ID_DER_ASN1_DN
#define GN    IKE_ID_DER_ASN1_GN

#define MOON "6d6f6f6e"

static struct identity id_of(uint8_t type, const char *hex)
{
	struct identity id = { .type = type };

	id.len = (uint16_t)hex_decode(hex, id.octets, sizeof(id.octets));
	return id;
}

static struct identity parsed(const char *text)
{
	struct identity id;
	struct error e;

	if (identity_parse(text, &id, &e))
		fail_msg("'%s': %s", text, e.text);
	return id;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->type == b->type && a->len == b->len &&
	       memcmp(a->octets, b->octets, a->len) == 0;
}

static void assert_same(const struct identity *a, const struct identity *b,
			const char *text)
{
	if (!same(a, b))
		fail_msg("'%s': type %u with %u octets, not type %u with %u",
			 text, a->type, a->len, b->type, b->len);
}

/* --- read */

/* CN=moon, a PrintableString. */
#define MOON_DN "300f310d300b060355040313046d6f6f6e"

static const struct {
	const char *text;
	uint8_t type;
	const char *octets;
	const char *shown; /* by identity_str(); NULL: text */
} read_rows[] = {
	/* anybody */
	{ "%any", 0, "", NULL },
	{ "", 0, "", "%any" },
	{ "%any6", 0, "", "%any" },
	{ "*", 0, "", "%any" },
	{ "0.0.0.0", 0, "", "%any" },
	{ "::", 0, "", "%any" },
	{ "0::0", 0, "", "%any" },
	/* addresses */
	{ "10.0.0.1", V4, "0a000001", NULL },
	{ "255.255.255.255", V4, "ffffffff", NULL },
	{ "2001:db8::1", V6, "20010db8000000000000000000000001", NULL },
	{ "2001:DB8:0::1", V6, "20010db8000000000000000000000001",
	  "2001:db8::1" },
	{ "::ffff:10.0.0.1", V6, "00000000000000000000ffff0a000001", NULL },
	{ "0:0::0", V6, "00000000000000000000000000000000", "ipv6:::" },
	{ "ipv4:#0a000001", V4, "0a000001", "10.0.0.1" },
	{ "ipv4:#00000000", V4, "00000000", "ipv4:0.0.0.0" },
	{ "ipv6:#20010db8000000000000000000000001", V6,
	  "20010db8000000000000000000000001", "2001:db8::1" },
	/* strongSwan takes the text itself for the octets of these */
	{ "ipv4:10.0.0.1", V4, "0a000001", "10.0.0.1" },
	{ "ipv6:2001:db8::1", V6, "20010db8000000000000000000000001",
	  "2001:db8::1" },
	/* names */
	{ "moon", FQDN, MOON, NULL },
	{ "Moon", FQDN, "4d6f6f6e", NULL },
	{ "moon.example.org", FQDN, "6d6f6f6e2e6578616d706c652e6f7267", NULL },
	{ "@moon", FQDN, MOON, "moon" },
	{ "fqdn:moon", FQDN, MOON, "moon" },
	{ "FQDN:moon", FQDN, MOON, "moon" },
	{ "dns:moon", FQDN, MOON, "moon" },
	{ "fqdn:#6d6f6f6e", FQDN, MOON, "moon" },
	{ "{2}:moon", FQDN, MOON, "moon" },
	{ "{0x2}:moon", FQDN, MOON, "moon" },
	{ "*.moon", FQDN, "2a2e" MOON, NULL },
	{ "gate-1", FQDN, "676174652d31", NULL },
	{ "a/b", FQDN, "612f62", NULL },
	/* names that look like something else */
	{ "10.0.0.300", FQDN, "31302e302e302e333030", NULL },
	{ "010.0.0.1", FQDN, "3031302e302e302e31", NULL },
	{ "10.0.0.1-foo", FQDN, "31302e302e302e312d666f6f", NULL },
	{ "{2}moon", FQDN, "7b327d" MOON, NULL },
	{ "fqdn:10.0.0.1", FQDN, "31302e302e302e31", NULL },
	{ "fqdn:@moon", FQDN, "40" MOON, NULL },
	{ "fqdn:%any", FQDN, "25616e79", NULL },
	{ "@%any", FQDN, "25616e79", "fqdn:%any" },
	{ "fqdn:a=b", FQDN, "613d62", NULL },
	{ "fqdn:fqdn:moon", FQDN, "6671646e3a" MOON, NULL },
	/* email */
	{ "fred@moon", EMAIL, "66726564406d6f6f6e", NULL },
	{ "*@moon", EMAIL, "2a40" MOON, NULL },
	{ "@@fred@moon", EMAIL, "66726564406d6f6f6e", "fred@moon" },
	{ "email:fred@moon", EMAIL, "66726564406d6f6f6e", "fred@moon" },
	{ "rfc822:fred@moon", EMAIL, "66726564406d6f6f6e", "fred@moon" },
	{ "userfqdn:fred@moon", EMAIL, "66726564406d6f6f6e", "fred@moon" },
	{ "{3}:fred@moon", EMAIL, "66726564406d6f6f6e", "fred@moon" },
	{ "email:moon", EMAIL, MOON, NULL },
	{ "@@moon", EMAIL, MOON, "email:moon" },
	/* key ids */
	{ "@#0a0b", KEYID, "0a0b", NULL },
	{ "@#0A0B", KEYID, "0a0b", "@#0a0b" },
	{ "@#0a:0b", KEYID, "0a0b", "@#0a0b" },
	{ "@#0x0a0b", KEYID, "0a0b", "@#0a0b" },
	{ "@#a0b", KEYID, "0a0b", "@#0a0b" },
	{ "@#a:0b", KEYID, "0a0b", "@#0a0b" },
	{ "keyid:#0a0b", KEYID, "0a0b", "@#0a0b" },
	{ "{11}:#0a0b", KEYID, "0a0b", "@#0a0b" },
	{ "keyid:moon", KEYID, MOON, NULL },
	{ "@#6d6f6f6e", KEYID, MOON, "keyid:moon" },
	{ "keyid:a=b", KEYID, "613d62", NULL },
	{ "aa:bb", KEYID, "61613a6262", "keyid:aa:bb" },
	/* distinguished names */
	{ "CN=moon", DN, MOON_DN, NULL },
	{ "asn1dn:CN=moon", DN, MOON_DN, "CN=moon" },
	{ "ASN1DN:#" MOON_DN, DN, MOON_DN, "CN=moon" },
	{ "{9}:CN=moon", DN, MOON_DN, "CN=moon" },
	{ "/CN=moon", DN, MOON_DN, "CN=moon" },
	/* not shown as they are: spaces, controls, what is no ASCII, '#' */
	{ "two words", FQDN, "74776f20776f726473", "fqdn:#74776f20776f726473" },
	{ "a\nb", FQDN, "610a62", "fqdn:#610a62" },
	{ "a\x1b[0m", FQDN, "611b5b306d", "fqdn:#611b5b306d" },
	{ "a\x7f", FQDN, "617f", "fqdn:#617f" },
	{ "\xc3\xa9", FQDN, "c3a9", "fqdn:#c3a9" },
	{ "a b@moon", EMAIL, "61206240" MOON, "email:#61206240" MOON },
	{ "keyid:a b", KEYID, "612062", "@#612062" },
	{ "@moon#", FQDN, MOON "23", "moon#" },
	{ "#moon", FQDN, "23" MOON, NULL },
	{ "@@#moon", EMAIL, "23" MOON, "email:#23" MOON },
};

static void text_gives_type_and_octets_as_strongswan(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_rows); i++) {
		struct identity id = parsed(read_rows[i].text);
		struct identity wanted =
			id_of(read_rows[i].type, read_rows[i].octets);

		assert_same(&id, &wanted, read_rows[i].text);
	}
}

static void identity_is_shown_as_what_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_rows); i++) {
		struct identity id =
			id_of(read_rows[i].type, read_rows[i].octets);
		const char *wanted = read_rows[i].shown ? read_rows[i].shown
							: read_rows[i].text;
		char buf[IDENTITY_STR_MAX];
		struct identity again;

		assert_ptr_equal(identity_str(&id, buf, sizeof(buf)), buf);
		assert_string_equal(buf, wanted);
		again = parsed(buf);
		assert_same(&again, &id, buf);
	}
}

/* --- refused; beside each row the one that it was made from */

#define EMPTY \
	"no identity follows the mark of its type; write %any if it may be any"
#define HEX                                                       \
	"an identity after '#' must be hexadecimal digits, with " \
	"or without ':' between octets"
#define BAD_V4                                                       \
	"an identity of type ipv4 must be an address, or '#' and 8 " \
	"hexadecimal digits"
#define BAD_V6                                                        \
	"an identity of type ipv6 must be an address, or '#' and 32 " \
	"hexadecimal digits"
#define NO_ATTR                                                             \
	"what stands before a '=' is no attribute of a distinguished name " \
	"(C, ST, L, O, OU, CN, E, DC, UID, …, or a number such as "       \
	"2.5.4.3); write keyid: before a text that is no distinguished name"
#define NO_DER                                                              \
	"the hexadecimal digits are no distinguished name in DER (X.501); " \
	"write it as text, such as C=CH, CN=moon"
#define NO_GN                                                             \
	"general names (asn1gn:, xmppaddr:) are not supported yet: they " \
	"belong to certificates, and peers authenticate by pre-shared "   \
	"keys; use an address or a name"
#define NO_NET                                                              \
	"IKEv2 has no identity that is a network or a range (RFC 7296 "     \
	"section 3.5); write an address, or %any and remote_addrs for the " \
	"network"
#define NO_TYPE(n)                                                      \
	"there is no identity of type " n " here; it may be 1 (IPv4), " \
	"2 (FQDN), 3 (email), 5 (IPv6), 9 (DN) or 11 (key id)"

static const struct {
	const char *good;
	const char *text;
	const char *wanted;
} refused_rows[] = {
	/* nothing behind the mark: strongSwan has an identity of no octets */
	{ "@a", "@", EMPTY },
	{ "@@a", "@@", EMPTY },
	{ "@#0a", "@#", EMPTY },
	{ "@#0x0a", "@#0x", EMPTY },
	{ "@#0a:0b", "@#:", EMPTY },
	{ "keyid:a", "keyid:", EMPTY },
	{ "fqdn:a", "fqdn:", EMPTY },
	{ "email:#0a", "email:#", EMPTY },
	{ "{2}:a", "{2}:", EMPTY },
	/* digits that are none: strongSwan has octets of chance */
	{ "@#0a", "@#0g", HEX },
	{ "@#0a", "@#0a ", HEX },
	{ "@#0x0a", "@#0X0a", HEX },
	{ "fqdn:#0a", "fqdn:#-a", HEX },
	{ "@#0a:0b", "@#0:a0b", HEX },
	{ "@#0a:0b", "@#0a::0b", HEX },
	{ "@#a:0b", "@#a0:b", HEX },
	/* addresses that are none */
	{ "ipv4:10.0.0.1", "ipv4:10.0.0.256", BAD_V4 },
	{ "ipv4:10.0.0.1", "ipv4:2001:db8::1", BAD_V4 },
	{ "ipv4:10.0.0.1", "ipv4:", BAD_V4 },
	{ "ipv4:#0a000001", "ipv4:#0a0001", BAD_V4 },
	{ "ipv4:#0a000001", "ipv4:#0a00000101", BAD_V4 },
	{ "ipv4:#0a000001", "ipv4:#0a00000g", HEX },
	{ "ipv6:2001:db8::1", "ipv6:10.0.0.1", BAD_V6 },
	{ "ipv6:2001:db8::1", "ipv6:2001:db8", BAD_V6 },
	{ "ipv6:#20010db8000000000000000000000001", "ipv6:#20010db8", BAD_V6 },
	{ "{1}:10.0.0.1", "{1}:10.0.0", BAD_V4 },
	/* networks and ranges, which IKEv1 had */
	{ "10.0.0.1", "10.0.0.0/24", NO_NET },
	{ "10.0.0.1", "10.0.0.1/32", NO_NET },
	{ "10.0.0.1", "10.0.0.1-10.0.0.9", NO_NET },
	{ "2001:db8::1", "2001:db8::/32", NO_NET },
	{ "2001:db8::1", "2001:db8::1-2001:db8::9", NO_NET },
	{ "ipv4:10.0.0.1", "ipv4net:10.0.0.0/24", NO_NET },
	{ "ipv6:2001:db8::1", "ipv6net:2001:db8::/32", NO_NET },
	{ "ipv4:10.0.0.1", "ipv4range:10.0.0.1-10.0.0.9", NO_NET },
	{ "ipv6:2001:db8::1", "ipv6range:2001:db8::1-2001:db8::9", NO_NET },
	/* names of certificates */
	{ "CN=moon", "XN=moon", NO_ATTR },
	{ "C=CH, E=fred@moon", "C=CH, X=fred@moon", NO_ATTR },
	{ "keyid:a=b", "a=b", NO_ATTR },
	{ "fqdn:#30", "asn1dn:#30", NO_DER },
	{ "asn1dn:#" MOON_DN, "asn1dn:#" MOON_DN "00", NO_DER },
	{ "asn1dn:CN=moon", "asn1dn:", EMPTY },
	{ "asn1dn:CN=moon", "asn1dn:moon", NO_ATTR },
	{ "fqdn:#30", "asn1gn:#30", NO_GN },
	{ "email:fred@moon", "xmppaddr:fred@moon", NO_GN },
	{ "{11}:#30", "{9}:#30", NO_DER },
	{ "{11}:#30", "{10}:#30", NO_GN },
	/* types that are none of ours */
	{ "{2}:moon", "{0}:moon", NO_TYPE("0") },
	{ "{2}:moon", "{4}:moon", NO_TYPE("4") },
	{ "{2}:moon", "{258}:moon", NO_TYPE("258") },
};

static void assert_refused(const char *text, const char *wanted)
{
	struct identity id = { .len = 77 };
	struct error e;
	int err = identity_parse(text, &id, &e);

	if (err != -EINVAL)
		fail_msg("'%s' gives %d", text, err);
	if (strcmp(e.text, wanted) != 0)
		fail_msg("'%s' is refused by '%s', not '%s'", text, e.text,
			 wanted);
	assert_int_equal(id.len, 77);
}

static void fault_is_refused_with_a_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused_rows); i++) {
		parsed(refused_rows[i].good);
		assert_refused(refused_rows[i].text, refused_rows[i].wanted);
	}
}

static const char *repeated(const char *head, char c, size_t times)
{
	static char text[2 * IKE_ID_MAX + 16];
	size_t len = strlen(head);

	strcpy(text, head);
	memset(text + len, c, times);
	text[len + times] = '\0';
	return text;
}

static void identity_has_at_most_256_octets(void **state)
{
	static const char too_long[] =
		"an identity has at most 256 octets; shorten it";

	(void)state;
	assert_int_equal(parsed(repeated("", 'a', 256)).len, 256);
	assert_refused(repeated("", 'a', 257), too_long);
	assert_int_equal(parsed(repeated("keyid:", 'a', 256)).len, 256);
	assert_refused(repeated("keyid:", 'a', 257), too_long);
	assert_int_equal(parsed(repeated("@#", 'a', 512)).len, 256);
	assert_refused(repeated("@#", 'a', 513), too_long);
}

/* --- what a peer may send */

static const struct {
	uint8_t type;
	const char *octets;
	const char *wanted;
} peer_rows[] = {
	{ V4, "0a000001", "10.0.0.1" },
	{ V4, "0a0000", "ipv4:#0a0000" },
	{ V4, "", "ipv4:#" },
	{ V6, "0a000001", "ipv6:#0a000001" },
	{ FQDN, "", "fqdn:#" },
	{ FQDN, "6d6f6f6e00", "fqdn:#6d6f6f6e00" },
	{ FQDN, "31302e302e302e31", "fqdn:10.0.0.1" },
	{ FQDN, "6672656440" MOON, "fqdn:fred@moon" },
	{ EMAIL, "31302e302e302e31", "email:10.0.0.1" },
	{ KEYID, "", "@#" },
	{ KEYID, "00", "@#00" },
	{ DN, "3000", "asn1dn:#3000" },
	{ DN, "300f310d300b06035504030c046d6f6f6e", "CN=moon" },
	{ DN, "300f310d300b06035504031e046d6f6f6e",
	  "asn1dn:#300f310d300b06035504031e046d6f6f6e" },
	{ DN, MOON, "asn1dn:#" MOON },
	{ GN, "3000", "asn1gn:#3000" },
	{ 4, "0a000000ffffff00", "{4}:#0a000000ffffff00" },
	{ 255, "00", "{255}:#00" },
	{ 0, "00", "{0}:#00" },
};

static void anything_from_a_peer_is_shown_in_visible_ascii(void **state)
{
	char buf[IDENTITY_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(peer_rows); i++) {
		struct identity id =
			id_of(peer_rows[i].type, peer_rows[i].octets);

		assert_string_equal(identity_str(&id, buf, sizeof(buf)),
				    peer_rows[i].wanted);
	}
}

/* Of the types that can be read, whatever is shown reads back the same. */
static void random_identity_reads_back_the_same(void **state)
{
	static const uint8_t types[] = { V4, V6, FQDN, EMAIL, KEYID, DN, 77 };
	static const char alphabet[] = "aZ01.:@#%*/-={} \n";

	(void)state;
	srandom(1);
	for (unsigned int n = 0; n < 20000; n++) {
		struct identity id = {
			.type = types[(size_t)random() % ARRAY_LEN(types)]
		};
		char buf[IDENTITY_STR_MAX];
		struct identity again;
		struct error e;

		id.len = (uint16_t)(1 + random() % 16);
		if (id.type == V4)
			id.len = 4;
		if (id.type == V6)
			id.len = 16;
		for (size_t i = 0; i < id.len; i++)
			id.octets[i] =
				(uint8_t)(random() % 8
						  ? alphabet[(size_t)random() %
							     (sizeof(alphabet) - 1)]
						  : random());
		identity_str(&id, buf, sizeof(buf));
		for (const char *c = buf; *c; c++)
			assert_true(*c > ' ' && *c < 0x7f);
		if (id.type == DN || id.type == 77)
			continue;
		if (identity_parse(buf, &again, &e))
			fail_msg("%s: %s", buf, e.text);
		assert_same(&again, &id, buf);
	}
}

static void longest_identity_fits(void **state)
{
	static const uint8_t types[] = { FQDN, EMAIL, KEYID, DN, GN, 255 };
	char buf[IDENTITY_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct identity id = { .type = types[i], .len = IKE_ID_MAX };

		identity_str(&id, buf, sizeof(buf));
		assert_true(strlen(buf) >= 2 * IKE_ID_MAX + 2);
		assert_string_equal(buf + strlen(buf) - 4, "0000");
	}
}

static void text_that_does_not_fit_ends_in_dots(void **state)
{
	static const struct {
		size_t max;
		const char *wanted;
	} rows[] = {
		{ 17, "moon.example.org" },
		{ 16, "moon.example..." },
		{ 9, "moon...." },
		{ 5, "m..." },
		{ 4, "moo" },
		{ 1, "" },
	};
	struct identity id = parsed("moon.example.org");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[32];

		memset(buf, '!', sizeof(buf));
		identity_str(&id, buf, rows[i].max);
		assert_string_equal(buf, rows[i].wanted);
		assert_int_equal(buf[rows[i].max], '!');
	}
}

/* --- compared */

static const struct {
	const char *a;
	const char *b;
	bool equal;
} equal_rows[] = {
	{ "moon.example.org", "moon.example.org", true },
	{ "moon.example.org", "MOON.Example.Org", true },
	{ "fred@example.org", "Fred@EXAMPLE.org", true },
	{ "moon.example.org", "moon.example.com", false },
	{ "moon.example.org", "moon.example.or", false },
	{ "moon.example.org", "sun.example.org", false },
	/* case is of ASCII letters alone: neither '@' and '`', nor Latin-1 */
	{ "fqdn:a@b", "fqdn:a`b", false },
	{ "fqdn:#c0", "fqdn:#e0", false },
	/* octets after one that is 0 count */
	{ "fqdn:#6d0061", "fqdn:#6d0061", true },
	{ "fqdn:#6d0061", "fqdn:#6d0062", false },
	{ "keyid:moon", "keyid:moon", true },
	{ "keyid:moon", "keyid:MOON", false },
	{ "10.0.0.1", "ipv4:#0a000001", true },
	{ "10.0.0.1", "10.0.0.2", false },
	/* the same octets of another type */
	{ "fqdn:moon", "email:moon", false },
	{ "fqdn:moon", "keyid:moon", false },
	{ "10.0.0.1", "@#0a000001", false },
	{ "10.0.0.1", "::ffff:10.0.0.1", false },
	{ "%any", "%any", true },
	{ "%any", "moon", false },
	/* whatever kind of text its values are */
	{ "CN=moon", "asn1dn:#300f310d300b06035504030c044d4f4f4e", true },
	{ "CN=moon", "CN=sun", false },
	{ "CN=moon", "moon", false },
	{ "CN=*", "CN=moon", false },
	/* a wildcard is an equal of itself alone */
	{ "*.example.org", "*.example.org", true },
	{ "*.example.org", "moon.example.org", false },
};

static void identities_are_equal_by_type_octets_and_letters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(equal_rows); i++) {
		struct identity a = parsed(equal_rows[i].a);
		struct identity b = parsed(equal_rows[i].b);

		if (identity_equal(&a, &b) != equal_rows[i].equal ||
		    identity_equal(&b, &a) != equal_rows[i].equal)
			fail_msg("%s and %s", equal_rows[i].a, equal_rows[i].b);
	}
}

static const struct {
	const char *conf;
	const char *id;
	bool match;
} match_rows[] = {
	{ "%any", "moon", true },
	{ "%any", "10.0.0.1", true },
	{ "moon", "MOON", true },
	{ "moon", "sun", false },
	{ "10.0.0.1", "10.0.0.1", true },
	{ "10.0.0.1", "10.0.0.2", false },
	{ "moon", "%any", false },
	/* one '*', at the front, for at least one octet */
	{ "*.example.org", "moon.example.org", true },
	{ "*.example.org", "a.moon.Example.ORG", true },
	{ "*.example.org", ".example.org", false },
	{ "*.example.org", "fqdn:x.example.org", true },
	{ "*.example.org", "example.org", false },
	{ "*.example.org", "moon.example.com", false },
	{ "*.example.org", "moon.example.org.evil", false },
	{ "*.example.org", "email:moon.example.org", false },
	{ "*@example.org", "fred@example.org", true },
	{ "*@example.org", "fred@example.com", false },
	{ "*@example.org", "fqdn:fred@example.org", false },
	{ "moon.*", "moon.example.org", false },
	{ "fqdn:*", "moon", true },
	{ "fqdn:*", "fred@moon", false },
	/* what a peer sends is no pattern */
	{ "moon.example.org", "*.example.org", false },
	{ "C=CH, CN=*", "C=CH, CN=moon", true },
	{ "C=CH, CN=*", "CN=moon, C=CH", false },
	{ "C=CH, CN=moon", "C=CH, CN=*", false },
	{ "%any", "CN=moon", true },
	/* of names alone */
	{ "keyid:*a", "keyid:ba", false },
	{ "@#2a", "@#2b", false },
};

static void configured_identity_stands_for_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(match_rows); i++) {
		struct identity conf = parsed(match_rows[i].conf);
		struct identity id = parsed(match_rows[i].id);

		if (identity_match(&conf, &id) != match_rows[i].match)
			fail_msg("%s for %s", match_rows[i].conf,
				 match_rows[i].id);
	}
}

/* In the rows above the hash of equals is looked at by nobody else. */
static void equal_identities_have_one_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(equal_rows); i++) {
		struct identity a = parsed(equal_rows[i].a);
		struct identity b = parsed(equal_rows[i].b);

		if (equal_rows[i].equal)
			assert_int_equal(identity_hash(&a), identity_hash(&b));
	}
}

static void pattern_is_what_stands_for_others(void **state)
{
	static const struct {
		const char *text;
		bool pattern;
	} rows[] = {
		{ "%any", true },      { "*.moon", true },
		{ "*@moon", true },    { "moon.*", false },
		{ "keyid:*a", false }, { "@#2a", false },
		{ "CN=*", true },      { "C=CH, O=*, CN=moon", true },
		{ "CN=moon", false },  { "CN=*moon", false },
		{ "10.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity id = parsed(rows[i].text);

		if (identity_is_pattern(&id) != rows[i].pattern)
			fail_msg("%s", rows[i].text);
	}
}

static void empty_name_of_a_peer_matches_nothing_but_any(void **state)
{
	struct identity any = parsed("%any");
	struct identity wild = parsed("fqdn:*");
	struct identity none = { .type = FQDN, .octets = { '*' } };

	(void)state;
	assert_true(identity_match(&any, &none));
	assert_false(identity_match(&wild, &none));
	assert_false(identity_match(&none, &wild));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_gives_type_and_octets_as_strongswan),
		cmocka_unit_test(identity_is_shown_as_what_reads_back),
		cmocka_unit_test(fault_is_refused_with_a_remedy),
		cmocka_unit_test(identity_has_at_most_256_octets),
		cmocka_unit_test(anything_from_a_peer_is_shown_in_visible_ascii),
		cmocka_unit_test(random_identity_reads_back_the_same),
		cmocka_unit_test(longest_identity_fits),
		cmocka_unit_test(text_that_does_not_fit_ends_in_dots),
		cmocka_unit_test(identities_are_equal_by_type_octets_and_letters),
		cmocka_unit_test(equal_identities_have_one_hash),
		cmocka_unit_test(pattern_is_what_stands_for_others),
		cmocka_unit_test(configured_identity_stands_for_what_it_says),
		cmocka_unit_test(empty_name_of_a_peer_matches_nothing_but_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
