// SPDX-License-Identifier: BSD-2-Clause
/*
 * What `cygnet check` takes its word for, whom it would ask behind a peer, and how
 * it says what it has found.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/check_mtu.h"
#include "ctrl/cli/check_name.h"
#include "ctrl/cli/probe.h"

static void word_that_is_no_file_is_a_name(void **state)
{
	static const struct {
		const char *word;
		uint64_t given;
		bool is_name;
	} rows[] = {
		{ NULL, 0, false },
		{ "site", 0, true },
		{ "site/net", 0, true },
		{ "/etc/cygnet/cygnet.conf", 0, false },
		{ "/nowhere", 0, false },
		{ "./site", 0, false },
		{ "nowhere.conf", 0, false },
		{ ".conf", 0, false },
		{ "/nowhere", OPT(PFS), true },
		{ "nowhere.conf", OPT(TO), true },
		{ "site", OPT(JSON), true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct arguments args = { .words = { rows[i].word },
						.given = rows[i].given };

		assert_int_equal(check_is_name(&args), rows[i].is_name);
	}
}

/* --- whom it asks */

static struct range range(const char *text)
{
	struct range r;

	assert_true(check_parse_ts(text, &r));
	return r;
}

static void selector_is_a_range_of_which_icmp_is_part(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: it is none */
	} rows[] = {
		{ "10.2.0.0/24", "10.2.0.0/24" },
		{ "10.2.0.1..10.2.0.9", "10.2.0.1-10.2.0.9" },
		{ "2001:db8::/64", "2001:db8::/64" },
		{ "10.2.0.0/24[icmp]", "10.2.0.0/24" },
		{ "2001:db8::/64[ipv6-icmp]", "2001:db8::/64" },
		{ "10.2.0.0/24[tcp/80]", NULL },
		{ "10.2.0.0/24[/80]", NULL },
		{ "dynamic", NULL },
		{ "", NULL },
	};
	char text[RANGE_STR_MAX];
	struct range r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(check_parse_ts(rows[i].text, &r),
				 rows[i].want != NULL);
		if (rows[i].want)
			assert_string_equal(range_str(&r, text), rows[i].want);
	}
}

static void assert_guess(const char *net, const char *want)
{
	struct addr hosts[PROBE_HOSTS_MAX];
	const struct range r = range(net);
	char text[512] = "", one[ADDR_STR_MAX];
	const size_t n = probe_guess(&r, hosts);

	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s ", addr_str(&hosts[i], one));
	assert_string_equal(text, want);
}

static void hosts_are_guessed_where_they_are_as_a_rule(void **state)
{
	(void)state;
	assert_guess("10.2.0.7/32", "10.2.0.7 ");
	assert_guess("10.2.0.0/24",
		     "10.2.0.1 10.2.0.2 10.2.0.3 10.2.0.4 10.2.0.5 10.2.0.6 "
		     "10.2.0.7 10.2.0.8 10.2.0.9 10.2.0.254 ");
	assert_guess("10.2.0.0/30", "10.2.0.1 10.2.0.2 ");
	assert_guess("10.2.0.254..10.3.0.9", "");
	assert_guess("10.2.0.254..10.2.1.9",
		     "10.2.0.255 10.2.1.0 10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 "
		     "10.2.1.5 10.2.1.6 10.2.1.7 10.2.1.8 ");
	assert_guess("0.0.0.0/0", "");
	assert_guess("2001:db8::/112",
		     "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4 "
		     "2001:db8::5 2001:db8::6 2001:db8::7 2001:db8::8 "
		     "2001:db8::9 2001:db8::fffe ");
}

static void own_address_is_one_of_this_host(void **state)
{
	const struct range lo = range("127.0.0.0/8"),
			   none = range("240.0.0.0/8");
	struct addr found;
	char text[ADDR_STR_MAX];

	(void)state;
	assert_true(probe_own_address(&lo, &found));
	assert_string_equal(addr_str(&found, text), "127.0.0.1");
	assert_false(probe_own_address(&none, &found));
}

/* --- what it says */

static void findings_are_lines_with_what_to_do(void **state)
{
	struct findings f = { .name = "site/net", .peer = "192.0.2.2" };
	struct printed p;
	json_t *json;

	(void)state;
	finding_add(&f, "auth", VERDICT_OK, "we are %s", "A");
	assert_false(findings_are_wrong(&f));
	finding_remedy(finding_add(&f, "mtu", VERDICT_SKIPPED, "nobody"), "ask");
	finding_add(&f, "pfs", VERDICT_WARNING, "none");
	assert_false(findings_are_wrong(&f));
	f.at[2].verdict = VERDICT_WRONG;
	assert_true(findings_are_wrong(&f));
	printed_start(&p);
	findings_print(&f, p.file);
	printed_end(&p, "site/net with 192.0.2.2\n"
			"  auth  ok       we are A\n"
			"  mtu   skipped  nobody\n"
			"                 ask\n"
			"  pfs   wrong    none\n");
	f.at[0].more = json_pack("{s:i}", "largest", 3);
	json = findings_json(&f);
	assert_string_equal(json_string_value(json_object_get(json, "peer")),
			    "192.0.2.2");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(json, "auth"), "largest")),
			 3);
	json_decref(json);
	findings_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(word_that_is_no_file_is_a_name),
		cmocka_unit_test(selector_is_a_range_of_which_icmp_is_part),
		cmocka_unit_test(hosts_are_guessed_where_they_are_as_a_rule),
		cmocka_unit_test(own_address_is_one_of_this_host),
		cmocka_unit_test(findings_are_lines_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
