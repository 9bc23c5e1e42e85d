// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the client lets through to a terminal, how wide it takes it to be, and
 * how it writes sizes.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void assert_printable(struct slice octets, const char *want)
{
	char *text = text_printable(octets);

	assert_string_equal(text, want);
	free(text);
}

static void assert_text_printable(const char *octets, const char *want)
{
	assert_printable(slice_of(octets, strlen(octets)), want);
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	assert_text_printable("", "");
	assert_text_printable(" net-1 ~", " net-1 ~");
	assert_text_printable("Zürich ═ 東京 🦢",
			      "Zürich ═ 東京 🦢");
}

static void control_characters_are_shown_as_octets(void **state)
{
	(void)state;
	for (uint8_t c = 0; c < 0xff; c++) {
		const uint8_t octets[] = { 'a', c, 'b' };
		char want[8];

		if (c >= 0x20 && c < 0x7f)
			continue;
		snprintf(want, sizeof(want), "a\\x%02xb", c);
		assert_printable(slice_of(octets, sizeof(octets)), want);
	}
	assert_text_printable("\x1b[2J\x1b]0;title\a",
			      "\\x1b[2J\\x1b]0;title\\x07");
}

/* Each row's neighbours outside of the range are harmless. */
static void harmful_code_points_are_shown_as_octets(void **state)
{
	static const struct {
		const char *before, *first, *last, *after, *first_hex, *last_hex;
	} rows[] = {
		{ "~", "\x7f", "\xc2\x9f", "\u00a0", "\\x7f", "\\xc2\\x9f" },
		{ "\u061b", "\u061c", "\u061c", "\u061d", "\\xd8\\x9c",
		  "\\xd8\\x9c" },
		{ "\u200a", "\u200b", "\u200f", "\u2010", "\\xe2\\x80\\x8b",
		  "\\xe2\\x80\\x8f" },
		{ "\u2027", "\u2028", "\u202e", "\u202f", "\\xe2\\x80\\xa8",
		  "\\xe2\\x80\\xae" },
		{ "\u205f", "\u2060", "\u206f", "\u2070", "\\xe2\\x81\\xa0",
		  "\\xe2\\x81\\xaf" },
		{ "\ufefe", "\ufeff", "\ufeff", "\uff00", "\\xef\\xbb\\xbf",
		  "\\xef\\xbb\\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_text_printable(rows[i].before, rows[i].before);
		assert_text_printable(rows[i].first, rows[i].first_hex);
		assert_text_printable(rows[i].last, rows[i].last_hex);
		assert_text_printable(rows[i].after, rows[i].after);
	}
}

/* RFC 3629 sections 3 and 4: the least and the most of each length. */
static void octets_that_are_no_utf_8_are_shown(void **state)
{
	static const struct {
		const char *octets, *want;
	} rows[] = {
		{ "\xc3", "\\xc3" },		       /* cut */
		{ "\xe2\x95", "\\xe2\\x95" },	       /* cut */
		{ "\xf0\x9f\xa6", "\\xf0\\x9f\\xa6" }, /* cut */
		{ "\xc3(", "\\xc3(" },		       /* not continued */
		{ "\xe2\x95(", "\\xe2\\x95(" },	       /* not continued */
		{ "\xbf", "\\xbf" },		       /* continues nothing */
		{ "\xc1\xbf", "\\xc1\\xbf" }, /* U+007F in two octets */
		{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" }, /* U+07FF in three */
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" }, /* U+FFFF */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* U+D800 */
		{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },		/* U+DFFF */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* U+110000 */
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
	};
	static const char *const good[] = {
		"\xdf\xbf",	    "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80",	    "\xef\xbf\xbd", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbd",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_text_printable(rows[i].octets, rows[i].want);
	for (size_t i = 0; i < ROWS(good); i++)
		assert_text_printable(good[i], good[i]);
}

static void character_is_one_column_wide(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("net"), 3);
	assert_int_equal(text_columns("a ═ ü🦢"), 6);
}

static void size_has_the_largest_unit_below_it(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 100454, "98.1 KiB" },
		{ (1 << 20) - 1, "1024.0 KiB" },
		{ 1 << 20, "1.0 MiB" },
		{ UINT64_C(3) << 40, "3.0 TiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char buf[BYTES_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_string_equal(bytes_str(rows[i].bytes, buf), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(control_characters_are_shown_as_octets),
		cmocka_unit_test(harmful_code_points_are_shown_as_octets),
		cmocka_unit_test(octets_that_are_no_utf_8_are_shown),
		cmocka_unit_test(character_is_one_column_wide),
		cmocka_unit_test(size_has_the_largest_unit_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
