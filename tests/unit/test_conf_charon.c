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
	assert_options("rsa_pss = no", WITH(rsa_pss, false));
	assert_options("rsa_pss = yes", ike_options_default());
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

static void dns_servers_go_to_resolvconf_or_to_nobody(void **state)
{
	struct ike_options other = ike_options_default();

	(void)state;
	assert_true(other.install_dns);
	assert_string_equal(other.resolvconf, "/sbin/resolvconf");
	assert_options("plugins { resolve { load = no } }",
		       WITH(install_dns, false));
	strcpy(other.resolvconf, "/opt/resolvconf");
	assert_options(
		"plugins { resolve { resolvconf { path = /opt/resolvconf } } }",
		other);
}

static void of_the_limits_each_is_set(void **state)
{
	(void)state;
	assert_options("cookie_threshold = 30", WITH(cookie_threshold, 30));
	assert_options("cookie_threshold = 0", WITH(cookie_threshold, 0));
	assert_options("cookie_threshold_ip = 3", WITH(cookie_threshold_ip, 3));
	assert_options("block_threshold = 5", WITH(block_threshold, 5));
	assert_options("init_limit_half_open = 99",
		       WITH(init_limit_half_open, 99));
	assert_options("half_open_timeout = 10", WITH(half_open_timeout, 10));
	assert_options("ikesa_limit = 1048576", WITH(ikesa_limit, 1048576));
	assert_options("initiator_only = yes", WITH(initiator_only, true));
	assert_options("reuse_ikesa = no", WITH(reuse_ikesa, false));
	assert_options("ignore_acquire_ts = yes", WITH(ignore_acquire_ts, true));
	assert_options("close_ike_on_child_failure = yes",
		       WITH(close_ike_on_child_failure, true));
	assert_options("delete_rekeyed_delay = 0",
		       WITH(delete_rekeyed_delay, 0));
}

/* What they have by themselves, and what users write without a need. */
static void what_holds_anyway_may_be_said(void **state)
{
	static const char *const lines[] = {
		"port = 500",
		"port_nat_t = 4500",
		"install_routes = yes",
		"routing_table = 220",
		"routing_table_prio = 220",
		"dos_protection = yes",
		"prefer_configured_proposals = yes",
		"keep_alive_dpd_margin = 0",
		"start-scripts { }",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++)
		assert_options(lines[i], ike_options_default());
}

static uint32_t keepalive_of(const char *key, const char *gateway)
{
	char section[256], *text, *more;
	struct config *c;
	struct error e;
	uint32_t s;

	snprintf(section, sizeof(section), "charon {\n\t%s\n}\nmanual {\n", key);
	text = changed_from(good, "manual {\n", section);
	more = changed_from(text, "\tdefault = discard\n", gateway);
	if (conf_parse("f", slice_of(more, strlen(more)), &c, &e))
		fail_msg("%s", e.text);
	s = c->gateway.keepalive_s;
	config_free(c);
	free(more);
	free(text);
	return s;
}

static void keep_alive_is_the_gateways_unless_that_says_so(void **state)
{
	(void)state;
	assert_int_equal(keepalive_of("", ""), GATEWAY_KEEPALIVE_S);
	assert_int_equal(keepalive_of("keep_alive = 45s", ""), 45);
	assert_int_equal(keepalive_of("keep_alive = 0", ""), 0);
	assert_int_equal(keepalive_of("keep_alive = 45", "\tkeepalive = 7\n"),
			 7);
}

static void what_changes_nothing_is_taken_and_noted(void **state)
{
	char text[CONF_NOTE_MAX];
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(parse("threads = 16\n\tplugins {\n\t\tvici {\n\t\t\t"
			       "load = yes\n\t\t}\n\t}\n\tfragment_size = 1400",
			       &c, &e),
			 0);
	assert_int_equal(c->n_notes, 2);
	assert_string_equal(conf_note_str(&c->notes[0], text),
			    "f:9:2: charon.threads has no effect: it is of "
			    "charon's threads; workers of the data path are "
			    "gateway.workers");
	assert_string_equal(
		conf_note_str(&c->notes[1], text),
		"f:11:3: charon.plugins.vici has no effect: it is "
		"of charon's plugins; what there is here is built in");
	assert_int_equal(c->ike.fragment_size, 1400);
	config_free(c);
}

static void so_are_sections_of_other_programs(void **state)
{
	char *text = changed_from(good, "manual {\n",
				  "swanctl {\n\tload = pem\n}\nmanual {\n");
	char note[CONF_NOTE_MAX];
	struct config *c;
	struct error e;

	(void)state;
	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c->n_notes, 1);
	assert_string_equal(conf_note_str(c->notes, note),
			    "f:8:1: swanctl has no effect: it is of another "
			    "program");
	config_free(c);
	free(text);
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
	{ "port = 0",
	  "f:9:9: charon.port must be 500, which is where peers look for it" },
	{ "install_routes = no",
	  "f:9:19: charon.install_routes is no, but without its routes no "
	  "packet of this host finds a tunnel; remove it, and of children that "
	  "are to have none, write if_id_out" },
	{ "half_open_timeout = 0",
	  "f:9:22: charon.half_open_timeout must be seconds from 1 to 3600" },
	{ "keep_alive = often",
	  "f:9:15: charon.keep_alive must be a number of seconds, or one with "
	  "s, m, h or d such as 4h, up to 3650d" },
	{ "interfaces_use = wan0",
	  "f:9:2: charon.interfaces_use is not for here: IKE is heard at every "
	  "address of this host, and what is protected is said by "
	  "gateway.protected and gateway.unprotected; write local_addrs into "
	  "the connection" },
	{ "start-scripts {\n\t\tone = /bin/true\n\t}",
	  "f:9:2: charon.start-scripts would be run by a shell; write "
	  "ExecStartPost into cygnet.service" },
	{ "plugins { resolve { file = /etc/resolv.conf } }",
	  "f:9:22: charon.plugins.resolve.file would have two who write it; "
	  "install openresolv, whose resolvconf knows both" },
	{ "plugins { resolve { resolvconf { path = resolvconf } } }",
	  "f:9:42: charon.plugins.resolve.resolvconf.path must be the absolute "
	  "path of resolvconf" },
	{ "dns1 = 192.0.2.9",
	  "f:9:2: charon.dns1 would be told to all peers; write dns = ADDRESS "
	  "into a section of pools, and its name into pools of the connection" },
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
		cmocka_unit_test(dns_servers_go_to_resolvconf_or_to_nobody),
		cmocka_unit_test(of_the_limits_each_is_set),
		cmocka_unit_test(what_holds_anyway_may_be_said),
		cmocka_unit_test(keep_alive_is_the_gateways_unless_that_says_so),
		cmocka_unit_test(what_changes_nothing_is_taken_and_noted),
		cmocka_unit_test(so_are_sections_of_other_programs),
		cmocka_unit_test(others_are_refused_with_the_remedy),
		cmocka_unit_test(fragmentation_is_strongswans),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
