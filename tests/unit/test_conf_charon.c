// SPDX-License-Identifier: BSD-2-Clause
/*
 * What holds for IKE as a whole: the section charon, with strongswan.conf's names,
 * and a connection's fragmentation.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static int parse(const char *key, struct config **c, struct error *e)
{
	char section[256], *text;
	int err;

	snprintf(section, sizeof(section), "charon {\n\t%s\n}\nmanual {\n", key);
	text = changed_from(good, "manual {\n", section);
	err = conf_parse("f", slice_of(text, strlen(text)), c, e);
	free(text);
	return err;
}

static void assert_options(const char *key, struct ike_options want)
{
	struct config *c;
	struct error e;

	if (parse(key, &c, &e))
		fail_msg("%s: %s", key, e.text);
	assert_memory_equal(&c->ike, &want, sizeof(want));
	config_free(c);
}

#define WITH(field, value)                                    \
	({                                                    \
		struct ike_options o = ike_options_default(); \
		o.field = (value);                            \
		o;                                            \
	})

static void each_key_sets_its_option(void **state)
{
	(void)state;
	assert_options("", ike_options_default());
	assert_options("fragment_size = 1400", WITH(fragment_size, 1400));
	assert_options("make_before_break = yes", WITH(make_before_break, true));
	assert_options("inactivity_close_ike = yes",
		       WITH(inactivity_close_ike, true));
	assert_options("make_before_break = no", ike_options_default());
	assert_options("follow_redirects = no", WITH(follow_redirects, false));
	assert_options("retransmit_tries = 1", WITH(retransmit_tries, 1));
	assert_options("retransmit_timeout = 2",
		       WITH(retransmit_timeout_ms, 2000));
	assert_options("retransmit_timeout = 0.25",
		       WITH(retransmit_timeout_ms, 250));
	assert_options("retransmit_timeout = 600.000",
		       WITH(retransmit_timeout_ms, 600000));
	assert_options("retransmit_base = 1.0",
		       WITH(retransmit_base_1000, 1000));
	assert_options("retransmit_base = 2.125",
		       WITH(retransmit_base_1000, 2125));
	assert_options("retransmit_jitter = 20",
		       WITH(retransmit_jitter_percent, 20));
	assert_options("retransmit_limit = 60",
		       WITH(retransmit_limit_ms, 60000));
}

static void virtual_ips_go_to_an_interface_or_to_none(void **state)
{
	struct ike_options on = ike_options_default();

	(void)state;
	assert_true(on.install_virtual_ip);
	assert_options("install_virtual_ip = no",
		       WITH(install_virtual_ip, false));
	strcpy(on.install_virtual_ip_on, "lan0");
	assert_options("install_virtual_ip_on = lan0", on);
}

static const struct {
	const char *line, *error;
} refused[] = {
	{ "install_virtual_ip_on = longer-than-it-can-be",
	  "f:9:26: charon.install_virtual_ip_on must be the name of an "
	  "interface" },
	{ "fragment_size = 191",
	  "f:9:18: charon.fragment_size must be a number of octets from 192 to "
	  "8192" },
	{ "fragment_size = 0x2001",
	  "f:9:18: charon.fragment_size must be a number of octets from 192 to "
	  "8192" },
	{ "retransmit_tries = 0",
	  "f:9:21: charon.retransmit_tries must be a number from 1 to 100" },
	{ "retransmit_timeout = 0.0999",
	  "f:9:23: charon.retransmit_timeout must be seconds from 0.1 to 600, "
	  "such as 4.0" },
	{ "retransmit_timeout = 99999999999999999999.0",
	  "f:9:23: charon.retransmit_timeout must be seconds from 0.1 to 600, "
	  "such as 4.0" },
	{ "retransmit_base = 0.999",
	  "f:9:20: charon.retransmit_base must be a factor from 1 to 10, such "
	  "as 1.8" },
	{ "retransmit_base = -2",
	  "f:9:20: charon.retransmit_base must be a factor from 1 to 10, such "
	  "as 1.8" },
	{ "retransmit_base = 1.8x",
	  "f:9:20: charon.retransmit_base must be a factor from 1 to 10, such "
	  "as 1.8" },
	{ "retransmit_jitter = 21",
	  "f:9:22: charon.retransmit_jitter must be per cent from 0 to 20" },
	{ "threads = 16",
	  "f:9:2: charon.threads is not supported yet; remove it" },
	{ "plugins { }",
	  "f:9:2: charon.plugins is not supported yet; remove it" },
};

static void others_are_refused_with_the_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct config *c;
		struct error e;

		assert_int_equal(parse(refused[i].line, &c, &e), -EINVAL);
		assert_string_equal(e.text, refused[i].error);
	}
}

static void fragmentation_is_strongswans(void **state)
{
	static const struct {
		const char *line;
		enum fragmentation want;
	} rows[] = {
		{ "", FRAGMENTATION_YES },
		{ "fragmentation = yes", FRAGMENTATION_YES },
		{ "fragmentation = accept", FRAGMENTATION_ACCEPT },
		{ "fragmentation = force", FRAGMENTATION_FORCE },
		{ "fragmentation = no", FRAGMENTATION_NO },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *text = changed_from(good_conns, "fragmentation = no",
					  rows[i].line);
		struct config *c;
		struct error e;

		if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
			fail_msg("%s", e.text);
		assert_int_equal(c->conns[0].fragmentation, rows[i].want);
		config_free(c);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(each_key_sets_its_option),
		cmocka_unit_test(virtual_ips_go_to_an_interface_or_to_none),
		cmocka_unit_test(others_are_refused_with_the_remedy),
		cmocka_unit_test(fragmentation_is_strongswans),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
