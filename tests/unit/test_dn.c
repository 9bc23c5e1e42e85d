// SPDX-License-Identifier: BSD-2-Clause
/*
 * Distinguished names: from text and to text, compared, matched with wildcards,
 * and octets that are none.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/dn.h"
#include "tests/support/hex.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	     256

struct name {
	uint8_t octets[ROOM];
	size_t len;
};

static struct name name_of(const char *text)
{
	struct name n = { .len = 0 };
	struct error e;

	if (dn_parse(text, n.octets, sizeof(n.octets), &n.len, &e))
		fail_msg("%s: %s", text, e.text);
	return n;
}

static struct slice slice_name(const struct name *n)
{
	return slice_of(n->octets, n->len);
}

static struct name hex_name(const char *hex)
{
	struct name n = { .len = 0 };

	n.len = hex_decode(hex, n.octets, sizeof(n.octets));
	return n;
}

/* --- text */

static const struct {
	const char *text;
	const char *der;
	const char *shown; /* NULL: text */
} text_rows[] = {
	{ "CN=moon", "300f310d300b060355040313046d6f6f6e", NULL },
	{ "cn = moon ", "300f310d300b060355040313046d6f6f6e", "CN=moon" },
	{ "2.5.4.3=moon", "300f310d300b060355040313046d6f6f6e", "CN=moon" },
	{ "C=CH, CN=moon",
	  "301c310b3009060355040613024348310d300b060355040313046d6f6f6e", NULL },
	{ "/C=CH/CN=moon",
	  "301c310b3009060355040613024348310d300b060355040313046d6f6f6e",
	  "C=CH, CN=moon" },
	/* of its kind: printable, IA5, UTF-8 */
	{ "E=a@b", "30143112301006092a864886f70d010901 1603614062", NULL },
	{ "DC=b", "30133111300f060a0992268993f22c640119 160162", NULL },
	{ "CN=*", "300c310a300806035504030c012a", NULL },
	{ "CN=a_b", "300e310c300a06035504030c03615f62", NULL },
	/* what would be read as something else */
	{ "CN=a\\,b", "300e310c300a0603550403 1303612c62", NULL },
	{ "CN=a\\\\b", "300e310c300a06035504030c03615c62", NULL },
	{ "CN=\\ a", "300d310b3009060355040313022061", NULL },
	{ "CN=a\\ ", "300d310b3009060355040313026120", NULL },
	{ "CN=\\#a", "300d310b300906035504030c022361", NULL },
	{ "CN=#a", "300d310b300906035504030c022361", "CN=\\#a" },
	{ "CN=a=b", "300e310c300a06035504031303613d62", NULL },
	{ "CN=\\C3\\A9", "300d310b300906035504030c02c3a9", NULL },
	{ "CN=\xc3\xa9", "300d310b300906035504030c02c3a9", "CN=\\C3\\A9" },
	{ "CN=\\00", "300c310a300806035504030c0100", NULL },
	{ "CN=\\0A", "300c310a300806035504030c010a", NULL },
	/* attributes without a keyword */
	{ "2.5.4.99=x", "300c310a30080603550463 130178", NULL },
	{ "1.3.6.1.4.1.311.60.2.1.3=x",
	  "30143112301 0060b2b0601040182373c020103 130178", NULL },
	{ "2.999.3=x", "300c310a30080603883703 130178", NULL },
};

/* Vectors are easier to read with a gap at what differs. */
static const char *squeezed(const char *hex, char buf[2 * ROOM + 1])
{
	char *out = buf;

	for (; *hex; hex++)
		if (*hex != ' ')
			*out++ = *hex;
	*out = '\0';
	return buf;
}

static void text_is_der_and_is_shown_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_rows); i++) {
		char hex[2 * ROOM + 1], shown[ROOM];
		struct name n = name_of(text_rows[i].text);
		struct name wanted = hex_name(squeezed(text_rows[i].der, hex));

		if (n.len != wanted.len ||
		    memcmp(n.octets, wanted.octets, n.len) != 0) {
			for (size_t k = 0; k < n.len; k++)
				print_message("%02x", n.octets[k]);
			fail_msg(": %s", text_rows[i].text);
		}
		assert_true(dn_valid(slice_name(&n)));
		assert_true(dn_str(slice_name(&n), shown, sizeof(shown)));
		assert_string_equal(shown, text_rows[i].shown
						   ? text_rows[i].shown
						   : text_rows[i].text);
	}
}

static void text_that_is_no_name_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"moon",
		"=moon",
		"CN=",
		"CN= ",
		"CN=moon,",
		"CN=moon, ",
		",CN=moon",
		"XN=moon",
		"CN=moon\\",
		"C=CH, CN",
		"2=x",
		"3.1=x",
		"0.40=x",
		"2.5.=x",
		"2.5.4.x=x",
		"2..5=x",
		"2.5.4.3.=x",
		"2.5.99999999999=x",
		"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18=x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error e = { "" };
		uint8_t out[ROOM];
		size_t len = 77;

		if (dn_parse(rows[i], out, sizeof(out), &len, &e) != -EINVAL)
			fail_msg("'%s' was accepted", rows[i]);
		assert_int_equal(len, 77);
		assert_true(strlen(e.text) > 20);
	}
}

static void name_longer_than_room_is_refused(void **state)
{
	uint8_t out[ROOM];
	char text[400];
	struct error e;
	size_t len;

	(void)state;
	strcpy(text, "CN=");
	memset(text + 3, 'a', sizeof(text) - 3);
	text[3 + 239] = '\0'; /* 239, and 17 around them */
	assert_int_equal(dn_parse(text, out, sizeof(out), &len, &e), 0);
	assert_int_equal(len, 256);
	assert_true(dn_valid(slice_of(out, len)));
	assert_int_equal(dn_parse(text, out, 255, &len, &e), -EINVAL);
	assert_string_equal(e.text, "a distinguished name has at most 255 "
				    "octets; shorten it");
	text[3 + 239] = 'a';
	text[3 + 257] = '\0';
	assert_int_equal(dn_parse(text, out, sizeof(out), &len, &e), -EINVAL);
}

/* --- octets */

static void octets_that_are_no_name_are_none(void **state)
{
	static const char *const rows[] = {
		"",
		"3000",					/* no attribute */
		"300f310d300b060355040313046d6f6f",	/* cut */
		"300f310d300b060355040313046d6f6f6e00", /* something behind */
		"310f310d300b060355040313046d6f6f6e",	/* no SEQUENCE */
		"300f300d300b060355040313046d6f6f6e",	/* no SET */
		"3002 3100",				/* an empty one */
		"300f310d310b060355040313046d6f6f6e",	/* no pair */
		"300f310d300b050355040313046d6f6f6e",	/* no number */
		"300c310a3008060013046d6f6f6e",		/* of no octets */
		"300f310d300b060355048313046d6f6f6e",	/* that goes on */
		"30810f310d300b060355040313046d6f6f6e", /* a long length */
		"3080310d300b060355040313046d6f6f6e0000",
		"300f310d300b060355040313056d6f6f6e",	  /* past its parent */
		"3011310f300d060355040313046d6f6f6e0500", /* a third one */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char hex[2 * ROOM + 1], text[ROOM];
		struct name n = hex_name(squeezed(rows[i], hex));
		struct name any = name_of("CN=*");

		if (dn_valid(slice_name(&n)) ||
		    dn_str(slice_name(&n), text, sizeof(text)) ||
		    dn_equal(slice_name(&n), slice_name(&n)) ||
		    dn_match(slice_name(&any), slice_name(&n), RDN_RELAXED) ||
		    dn_match(slice_name(&n), slice_name(&n), RDN_STRICT))
			fail_msg("%s", rows[i]);
	}
}

static void text_that_does_not_fit_is_said(void **state)
{
	struct name n = name_of("CN=moon");
	char buf[8];

	(void)state;
	assert_true(dn_str(slice_name(&n), buf, 8));
	assert_false(dn_str(slice_name(&n), buf, 7));
}

/* Several attributes in one RDN, and text of two octets a character. */
static void name_without_text_is_compared_all_the_same(void **state)
{
	static const char *const rows[] = {
		"301a3118300906035504061302 4348300b060355040313046d6f6f6e",
		"300f310d300b06035504031e046d6f6f6e",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char hex[2 * ROOM + 1], text[ROOM];
		struct name n = hex_name(squeezed(rows[i], hex));
		struct name other = name_of(i ? "CN=moon" : "C=CH, CN=moon");

		assert_true(dn_valid(slice_name(&n)));
		assert_false(dn_str(slice_name(&n), text, sizeof(text)));
		assert_true(dn_equal(slice_name(&n), slice_name(&n)));
		assert_false(dn_equal(slice_name(&n), slice_name(&other)));
		assert_false(dn_match(slice_name(&other), slice_name(&n),
				      RDN_STRICT));
	}
}

/* --- matched */

static const struct {
	const char *conf;
	const char *id;
	bool strict, reordered, relaxed;
} match_rows[] = {
	{ "C=CH, CN=moon", "C=CH, CN=moon", true, true, true },
	{ "C=CH, CN=moon", "c=ch, CN=MOON", true, true, true },
	{ "C=CH, CN=*", "C=CH, CN=moon", true, true, true },
	{ "C=*, CN=*", "C=CH, CN=moon", true, true, true },
	{ "C=CH, CN=m*", "C=CH, CN=moon", false, false, false },
	{ "C=CH, CN=*", "C=CH, OU=moon", false, false, false },
	{ "C=CH, CN=moon", "CN=moon, C=CH", false, true, true },
	{ "C=CH, CN=*", "CN=moon, C=CH", false, true, true },
	{ "C=CH, CN=moon", "C=CH, O=x, CN=moon", false, false, true },
	{ "C=CH, CN=*", "CN=moon, O=x, C=CH", false, false, true },
	{ "C=CH, O=x, CN=moon", "C=CH, CN=moon", false, false, false },
	{ "C=CH, CN=moon", "C=CH", false, false, false },
	{ "C=CH", "C=CH, CN=moon", false, false, true },
	/* each attribute of the peer's counts once */
	{ "OU=a, OU=a", "OU=a, OU=b", false, false, false },
	{ "OU=*, OU=a", "OU=a, OU=b", false, true, true },
	{ "OU=*, OU=*", "OU=a, OU=b", true, true, true },
	{ "OU=*, OU=*", "OU=a, CN=b", false, false, false },
	/* a peer's '*' is a character */
	{ "CN=moon", "CN=*", false, false, false },
	{ "CN=*", "CN=*", true, true, true },
};

static void wildcards_and_order_match_as_they_are_asked_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(match_rows); i++) {
		struct name conf = name_of(match_rows[i].conf);
		struct name id = name_of(match_rows[i].id);
		struct slice c = slice_name(&conf), p = slice_name(&id);

		if (dn_match(c, p, RDN_STRICT) != match_rows[i].strict ||
		    dn_match(c, p, RDN_REORDERED) != match_rows[i].reordered ||
		    dn_match(c, p, RDN_RELAXED) != match_rows[i].relaxed)
			fail_msg("'%s' for '%s'", match_rows[i].conf,
				 match_rows[i].id);
	}
}

/* Octets of chance on a name: nothing is read past its end, and what is shown
 * reads back. */
static void damaged_name_is_read_within_its_octets(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned int i = 0; i < 50000; i++) {
		struct name n = name_of("C=CH, O=a b, 2.5.4.99=x, CN=moon");
		size_t len = (size_t)random() % (n.len + 1);
		char text[2 * ROOM];
		uint8_t *copy;

		n.octets[(size_t)random() % n.len] = (uint8_t)random();
		len = i % 4 ? n.len : len;
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, n.octets, len);
		if (dn_str(slice_of(copy, len), text, sizeof(text))) {
			struct name again = name_of(text);

			assert_true(dn_equal(slice_name(&again),
					     slice_of(copy, len)));
			assert_int_equal(dn_hash(slice_name(&again)),
					 dn_hash(slice_of(copy, len)));
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_der_and_is_shown_again),
		cmocka_unit_test(text_that_is_no_name_is_refused),
		cmocka_unit_test(name_longer_than_room_is_refused),
		cmocka_unit_test(octets_that_are_no_name_are_none),
		cmocka_unit_test(text_that_does_not_fit_is_said),
		cmocka_unit_test(name_without_text_is_compared_all_the_same),
		cmocka_unit_test(wildcards_and_order_match_as_they_are_asked_to),
		cmocka_unit_test(damaged_name_is_read_within_its_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
