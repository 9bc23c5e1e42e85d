// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pre-shared keys of a configuration, as the model has them: owners, the forms
 * of a secret, how long it may be.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct config *parse_good(const char *text)
{
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static struct config *parse_changed(const char *find, const char *replace)
{
	char *text = changed_from(good_conns, find, replace);
	struct config *c = parse_good(text);

	free(text);
	return c;
}

static void assert_identity(const struct identity *id, const char *expected)
{
	char buf[IDENTITY_STR_MAX];

	assert_string_equal(identity_str(id, buf, sizeof(buf)), expected);
}

static void secrets_are_filled(void **state)
{
	static const uint8_t key16[] = { 0x5e, 0xc2, 0xe7, 0x00, 0x11, 0x22,
					 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
					 0x99, 0xaa, 0xbb, 0xcc };
	struct config *c = parse_good(good_conns);
	const struct psk_conf *p = c->psks;

	(void)state;
	assert_int_equal(c->n_psks, 2);
	assert_string_equal(p[0].name, "ike-moon");
	assert_int_equal(p[0].n_owners, 2);
	assert_identity(&p[0].owners[0], "moon.example.org");
	assert_identity(&p[0].owners[1], "sun@example.org");
	assert_int_equal(p[0].key.len, strlen(SECRET));
	assert_memory_equal(p[0].key.octets, SECRET, strlen(SECRET));
	assert_false(p[0].from_vici);
	assert_string_equal(p[1].name, "ike");
	assert_int_equal(p[1].n_owners, 0);
	assert_int_equal(p[1].key.len, sizeof(key16));
	assert_memory_equal(p[1].key.octets, key16, sizeof(key16));
	config_free(c);
}

static void ppks_stand_beside_them(void **state)
{
	struct config *c =
		parse_changed("\tike {", "\tppk-1 { id = ppk-1.example.org\n"
					 "\t\tsecret = 0x0102 }\n\tike {");
	const struct psk_conf *p = c->psks;

	(void)state;
	assert_int_equal(c->n_psks, 3);
	assert_string_equal(p[1].name, "ppk-1");
	assert_true(p[1].is_ppk && !p[0].is_ppk && !p[2].is_ppk);
	assert_int_equal(p[1].n_owners, 1);
	assert_identity(&p[1].owners[0], "ppk-1.example.org");
	assert_int_equal(p[1].key.len, 2);
	config_free(c);
}

/* --- the forms of a secret */

struct encoding {
	const char *name;
	const char *text;
	const char *octets;
};

static const struct encoding encodings[] = {
	{ "secret_without_quotes_is_text", "hunter2", "hunter2" },
	{ "words_of_a_secret_are_joined", "hunter2   2", "hunter2 2" },
	{ "quoted_secret_keeps_its_blanks", "\" hunter  2 # }\"",
	  " hunter  2 # }" },
	{ "one_octet_is_a_secret", "0", "0" },
	{ "octets_beyond_ascii_are_kept", "\xc3\xa4", "\xc3\xa4" },
	{ "hexadecimal_digits_may_be_quoted", "\"0x4142\"", "AB" },
	{ "capital_0X_leads_hexadecimal_digits", "0X4a4B", "JK" },
	/* RFC 4648 section 10 */
	{ "base64_of_one_octet", "0sZg==", "f" },
	{ "base64_of_two_octets", "0sZm8=", "fo" },
	{ "base64_of_three_octets", "0sZm9v", "foo" },
	{ "base64_of_four_octets", "0sZm9vYg==", "foob" },
	{ "base64_of_five_octets", "0SZm9vYmE=", "fooba" },
	{ "base64_of_six_octets", "\"0sZm9vYmFy\"", "foobar" },
	{ "base64_of_every_kind_of_digit", "0saz+/Y1pa",
	  "k?\xbf"
	  "cZZ" },
	{ "bits_beyond_the_last_octet_do_not_count", "0sZh==", "f" },
};

static void secret_is_read(void **state)
{
	const struct encoding *row = *state;
	struct config *c = parse_changed("\"" SECRET "\"", row->text);

	assert_int_equal(c->psks[0].key.len, strlen(row->octets));
	assert_memory_equal(c->psks[0].key.octets, row->octets,
			    strlen(row->octets));
	config_free(c);
}

/* --- limits */

struct secret_limit {
	const char *name;
	const char *head;
	const char *octet; /* how one is written */
};

static const struct secret_limit secret_limits[] = {
	{ "text_of_512_octets_is_the_longest_secret", "", "x" },
	{ "hexadecimal_digits_of_512_octets_are_the_longest_secret", "0x", "78" },
};

static char *long_secret(const struct secret_limit *l, unsigned int octets)
{
	char text[2 * SECRET_MAX_BYTES + 8];

	strcpy(text, l->head);
	while (octets--)
		strcat(text, l->octet);
	return changed_from(good_conns, "\"" SECRET "\"", text);
}

static void secret_limit_holds(void **state)
{
	char *most = long_secret(*state, SECRET_MAX_BYTES);
	char *more = long_secret(*state, SECRET_MAX_BYTES + 1);
	struct config *c = parse_good(most);
	struct error e;

	assert_int_equal(c->psks[0].key.len, SECRET_MAX_BYTES);
	config_free(c);
	assert_int_equal(conf_parse("f", slice_of(more, strlen(more)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text, "f:60:12: secrets.ike-moon.secret is longer "
				    "than 512 octets; shorten it on both sides");
	free(most);
	free(more);
}

/* 170 groups of three octets, and one of two. */
static void base64_of_512_octets_is_the_longest_secret(void **state)
{
	char text[4 * 172 + 8] = "0s";
	struct config *c;
	struct error e;
	char *more;

	(void)state;
	for (unsigned int i = 0; i < 170; i++)
		strcat(text, "eHh4");
	c = parse_changed("\"" SECRET "\"", strcat(text, "eHg="));
	assert_int_equal(c->psks[0].key.len, 512);
	config_free(c);
	strcpy(text + strlen(text) - 4, "eHh4");
	more = changed_from(good_conns, "\"" SECRET "\"", text);
	assert_int_equal(conf_parse("f", slice_of(more, strlen(more)), &c, &e),
			 -EINVAL);
	free(more);
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_filled),
		cmocka_unit_test(ppks_stand_beside_them),
		cmocka_unit_test(base64_of_512_octets_is_the_longest_secret),
	};

	return cmocka_run_group_tests_name("psk", tests, NULL, NULL);
}

/* A case for each row of the tables, under the row's name. */
static int run_rows(void)
{
	struct CMUnitTest tests[ROWS(encodings) + ROWS(secret_limits)] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ROWS(encodings); i++)
		tests[n++] = (struct CMUnitTest){
			.name = encodings[i].name,
			.test_func = secret_is_read,
			.initial_state = (void *)&encodings[i],
		};
	for (size_t i = 0; i < ROWS(secret_limits); i++)
		tests[n++] = (struct CMUnitTest){
			.name = secret_limits[i].name,
			.test_func = secret_limit_holds,
			.initial_state = (void *)&secret_limits[i],
		};
	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}

int main(void)
{
	int failed = run_cases();

	return run_rows() || failed;
}
