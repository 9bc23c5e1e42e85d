// SPDX-License-Identifier: BSD-2-Clause
/*
 * How IKE SAs live, as strongSwan's words say it: unique, childless, reauth_time,
 * and what trap|start means.
 */
#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The good connections with that in the place of a line. */
static struct config *parse(const char *find, const char *replace)
{
	char *text = changed_from(good_conns, find, replace);
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s: %s", replace, e.text);
	free(text);
	return c;
}

static void unique_is_one_of_strongswans_words(void **state)
{
	static const struct {
		const char *line;
		enum unique want;
	} rows[] = {
		{ "", UNIQUE_NO },
		{ "unique = no", UNIQUE_NO },
		{ "unique = never", UNIQUE_NEVER },
		{ "unique = keep", UNIQUE_KEEP },
		{ "unique = replace", UNIQUE_REPLACE },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct config *c = parse("unique = no", rows[i].line);

		assert_int_equal(c->conns[0].unique, rows[i].want);
		config_free(c);
	}
}

static void childless_is_one_of_strongswans_words(void **state)
{
	static const struct {
		const char *line;
		enum childless want;
	} rows[] = {
		{ "", CHILDLESS_ALLOW },
		{ "childless = allow", CHILDLESS_ALLOW },
		{ "childless = prefer", CHILDLESS_PREFER },
		{ "childless = force", CHILDLESS_FORCE },
		{ "childless = never", CHILDLESS_NEVER },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct config *c = parse("unique = no", rows[i].line);

		assert_int_equal(c->conns[0].childless, rows[i].want);
		config_free(c);
	}
}

static void tcp_encap_is_no_by_itself(void **state)
{
	static const struct {
		const char *line;
		enum tcp_encap want;
	} rows[] = {
		{ "", TCP_ENCAP_NO },
		{ "tcp_encap = no", TCP_ENCAP_NO },
		{ "tcp_encap = fallback", TCP_ENCAP_FALLBACK },
		{ "tcp_encap = yes", TCP_ENCAP_YES },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct config *c = parse("unique = no", rows[i].line);

		assert_int_equal(c->conns[0].tcp_encap, rows[i].want);
		config_free(c);
	}
}

static void ppk_id_is_an_identity(void **state)
{
	struct config *c = parse("unique = no", "ppk_id = ppk-1\n"
						"\t\tppk_required = yes");
	struct error e;
	struct identity id;

	(void)state;
	assert_int_equal(identity_parse("ppk-1", &id, &e), 0);
	assert_true(identity_equal(&c->conns[0].ppk_id, &id));
	assert_true(c->conns[0].ppk_required);
	config_free(c);
	c = parse("unique = no", "");
	assert_int_equal(c->conns[0].ppk_id.type, 0);
	assert_false(c->conns[0].ppk_required);
	config_free(c);
}

static void resumption_is_there_for_who_asks(void **state)
{
	struct config *without = parse("unique = no", "");
	struct config *with = parse("unique = no", "resumption = yes");

	(void)state;
	assert_false(without->conns[0].resumption);
	assert_true(with->conns[0].resumption);
	config_free(without);
	config_free(with);
}

/* good_conns has an over_time of 600 s. */
static void reauth_time_alone_leaves_no_rekeying(void **state)
{
	struct config *c = parse("rekey_time = 2h", "reauth_time = 3h");

	(void)state;
	assert_int_equal(c->conns[0].reauth_time, 3 * 3600);
	assert_int_equal(c->conns[0].rekey_time, 0);
	assert_int_equal(c->conns[0].over_time, 600);
	config_free(c);
	c = parse("rekey_time = 2h", "rekey_time = 2h\n\t\treauth_time = 3h");
	assert_int_equal(c->conns[0].reauth_time, 3 * 3600);
	assert_int_equal(c->conns[0].rekey_time, 2 * 3600);
	config_free(c);
	c = parse("unique = no", "");
	assert_int_equal(c->conns[0].reauth_time, 0);
	config_free(c);
}

static void trap_and_start_go_together(void **state)
{
	static const char *const lines[] = {
		"start_action = trap|start",
		"start_action = start|trap",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++) {
		struct config *c = parse("start_action = start", lines[i]);

		assert_int_equal(c->conns[0].children[0].start_action,
				 CHILD_TRAP_START);
		config_free(c);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(unique_is_one_of_strongswans_words),
		cmocka_unit_test(childless_is_one_of_strongswans_words),
		cmocka_unit_test(tcp_encap_is_no_by_itself),
		cmocka_unit_test(ppk_id_is_an_identity),
		cmocka_unit_test(resumption_is_there_for_who_asks),
		cmocka_unit_test(reauth_time_alone_leaves_no_rekeying),
		cmocka_unit_test(trap_and_start_go_together),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
