// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections of a configuration, as the model has them: every key, every
 * default, every form that a value may have. Secrets are in test_conf_psk.c,
 * what is refused is in test_conf_conn_refused.c.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/support/children.h"
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

static void assert_net(const struct prefix *p, const char *expected)
{
	char buf[PREFIX_STR_MAX];

	assert_string_equal(prefix_str(p, buf), expected);
}

static void assert_identity(const struct identity *id, const char *expected)
{
	char buf[IDENTITY_STR_MAX];

	assert_string_equal(identity_str(id, buf, sizeof(buf)), expected);
}

static void assert_proposal(const struct proposals *list, size_t i,
			    const char *expected)
{
	char buf[PROPOSAL_STR_MAX];

	assert_true(i < list->n);
	assert_string_equal(proposal_str(&list->at[i], buf), expected);
}

static void assert_default_proposals(const struct proposals *list, size_t from,
				     enum ike_protocol protocol)
{
	struct proposals wanted;
	char buf[PROPOSAL_STR_MAX];

	proposals_default(protocol, &wanted);
	assert_int_equal(list->n, from + wanted.n);
	for (size_t i = 0; i < wanted.n; i++)
		assert_proposal(list, from + i,
				proposal_str(&wanted.at[i], buf));
}

static void assert_ts(const struct ts_conf *ts, const char *net,
		      uint8_t protocol, uint16_t port_min, uint16_t port_max)
{
	assert_int_equal(ts->dynamic, net == NULL);
	if (net)
		assert_net(&ts->net, net);
	assert_int_equal(ts->protocol, protocol);
	assert_int_equal(ts->port_min, port_min);
	assert_int_equal(ts->port_max, port_max);
}

/* --- every key */

static void connection_is_filled(void **state)
{
	struct config *c = parse_good(good_conns);
	const struct conn_conf *moon = &c->conns[0];

	(void)state;
	assert_int_equal(c->n_conns, 2);
	assert_string_equal(moon->name, "moon");
	assert_int_equal(moon->n_local_addrs, 1);
	assert_net(&moon->local_addrs[0].net, "192.0.2.1/32");
	assert_int_equal(moon->n_remote_addrs, 3);
	assert_false(moon->remote_addrs[0].any);
	assert_net(&moon->remote_addrs[0].net, "192.0.2.2/32");
	assert_net(&moon->remote_addrs[1].net, "198.51.100.0/24");
	assert_true(moon->remote_addrs[2].any);
	assert_int_equal(moon->local_port, 4500);
	assert_int_equal(moon->remote_port, 4501);
	assert_proposal(&moon->proposals, 0, "aes256gcm16-prfsha384-ecp384");
	assert_default_proposals(&moon->proposals, 1, IKE_PROTO_IKE);
	assert_identity(&moon->local_id, "moon.example.org");
	assert_identity(&moon->remote_id, "sun@example.org");
	assert_true(moon->encap);
	assert_false(moon->mobike);
	assert_int_equal(moon->dpd_delay, 30);
	assert_int_equal(moon->keyingtries, 0);
	assert_int_equal(moon->rekey_time, 7200);
	assert_int_equal(moon->over_time, 600);
	assert_int_equal(moon->rand_time, 300);
	assert_false(moon->from_vici);
	assert_int_equal(moon->n_children, 2);
	assert_string_equal(c->conns[1].name, "road");
	assert_int_equal(c->n_policies, 0);
	assert_int_equal(c->n_manual, 0);
	config_free(c);
}

/* swanctl.conf(5): sorted by round, and else as they are written. */
static void sections_of_a_side_are_its_rounds(void **state)
{
	char *text = changed_from(good_conns, "\t\tremote-1 {",
				  "local-3 {\nid = c\nauth = psk\n}\n"
				  "local {\nround = 7\nid = d\n}\n"
				  "local-0 {\nround = 1\nid = e\nauth = "
				  "ecdsa-256\n}\n"
				  "remote {\nround = 2\nid = f\n}\n"
				  "remote-1 {\nround = 1");
	static const char *const local[] = { "moon.example.org", "c", "e", "d" };
	struct config *c = parse_good(text);
	const struct conn_conf *moon = &c->conns[0];

	(void)state;
	assert_int_equal(conn_rounds(moon, CONN_LOCAL), 4);
	for (size_t i = 0; i < 4; i++)
		assert_identity(conn_id(moon, CONN_LOCAL, i), local[i]);
	assert_int_equal(conn_auth(moon, CONN_LOCAL, 0)->by, AUTH_BY_PSK);
	assert_int_equal(conn_auth(moon, CONN_LOCAL, 1)->by, AUTH_BY_PSK);
	assert_int_equal(conn_auth(moon, CONN_LOCAL, 2)->by, AUTH_BY_PUBKEY);
	assert_int_equal(conn_auth(moon, CONN_LOCAL, 2)->rules.ecdsa_bits, 256);
	assert_int_equal(conn_auth(moon, CONN_LOCAL, 3)->by, AUTH_BY_PUBKEY);
	assert_int_equal(conn_rounds(moon, CONN_REMOTE), 2);
	assert_identity(conn_id(moon, CONN_REMOTE, 0), "sun@example.org");
	assert_identity(conn_id(moon, CONN_REMOTE, 1), "f");
	assert_int_equal(conn_rounds(&c->conns[1], CONN_LOCAL), 1);
	assert_null(c->conns[1].more_rounds);
	config_free(c);
	free(text);
}

static void child_is_filled(void **state)
{
	struct config *c = parse_good(good_conns);
	const struct child_conf *net = &c->conns[0].children[0];

	(void)state;
	assert_string_equal(net->name, "net");
	assert_int_equal(net->n_local_ts, 2);
	assert_ts(&net->local_ts[0], "10.1.0.0/16", 6, 80, 443);
	assert_ts(&net->local_ts[1], NULL, 47, 0, 65535);
	assert_int_equal(net->n_remote_ts, 2);
	assert_ts(&net->remote_ts[0], "10.2.0.0/24", 6, 0, 65535);
	assert_ts(&net->remote_ts[1], "10.3.0.1/32", 47, 0, 65535);
	assert_int_equal(net->proposals.n, 2);
	assert_proposal(&net->proposals, 0, "aes128gcm16-ecp256");
	assert_proposal(&net->proposals, 1, "aes256-sha256");
	assert_int_equal(net->start_action, CHILD_START);
	assert_int_equal(net->dpd_action, CHILD_START);
	assert_int_equal(net->close_action, CHILD_TRAP);
	assert_int_equal(net->rekey_time, 86400);
	assert_int_equal(net->life_time, 90000);
	assert_int_equal(net->rand_time, 600);
	assert_int_equal(net->replay_window, 1024);
	assert_string_equal(c->conns[0].children[1].name, "dmz");
	config_free(c);
}

static void child_in_transport_mode_is_between_the_two_hosts(void **state)
{
	struct config *c =
		parse_changed("remote_ts = 10.4.0.0/16", "mode = transport");

	(void)state;
	assert_int_equal(c->conns[0].children[0].mode, SADB_TUNNEL);
	assert_int_equal(c->conns[0].children[1].mode, SADB_TRANSPORT);
	assert_true(c->conns[0].children[1].remote_ts[0].dynamic);
	config_free(c);
	c = parse_changed("remote_ts = 10.4.0.0/16",
			  "remote_ts = 192.0.2.2[tcp/22]\n mode = transport");
	assert_int_equal(c->conns[0].children[1].mode, SADB_TRANSPORT);
	config_free(c);
}

static void child_of_ah_has_its_proposals(void **state)
{
	struct config *c = parse_changed(
		"remote_ts = 10.4.0.0/16",
		"ah_proposals = sha256-ecp256, aes128gmac, default");
	const struct child_conf *dmz = &c->conns[0].children[1];

	(void)state;
	assert_int_equal(child_ipsec_protocol(dmz), IKE_PROTO_AH);
	assert_int_equal(child_ipsec_protocol(&c->conns[0].children[0]),
			 IKE_PROTO_ESP);
	assert_proposal(&dmz->proposals, 0, "sha256-ecp256");
	assert_proposal(&dmz->proposals, 1, "aes128gmac");
	assert_default_proposals(&dmz->proposals, 2, IKE_PROTO_AH);
	config_free(c);
}

/* --- defaults */

static void connection_of_which_nothing_is_said_has_the_defaults(void **state)
{
	struct config *c = parse_good(good_conns);
	const struct conn_conf *road = &c->conns[1];
	struct conn_conf wanted;

	(void)state;
	conn_init(&wanted);
	assert_int_equal(road->n_local_addrs, 1);
	assert_true(road->local_addrs[0].any);
	assert_int_equal(road->n_remote_addrs, 1);
	assert_true(road->remote_addrs[0].any);
	assert_int_equal(road->local_port, wanted.local_port);
	assert_int_equal(road->remote_port, wanted.remote_port);
	assert_default_proposals(&road->proposals, 0, IKE_PROTO_IKE);
	assert_int_equal(road->local_id.type, 0);
	assert_int_equal(road->remote_id.type, 0);
	assert_false(road->encap);
	assert_true(road->mobike);
	assert_int_equal(road->dpd_delay, 0);
	assert_int_equal(road->rekey_time, wanted.rekey_time);
	assert_int_equal(road->over_time, wanted.over_time);
	assert_int_equal(road->rand_time, wanted.rand_time);
	assert_int_equal(road->keyingtries, 1);
	assert_int_equal(road->n_children, 0);
	assert_null(road->children);
	config_free(c);
}

static void child_of_which_nothing_is_said_has_the_defaults(void **state)
{
	struct config *c =
		parse_changed("\t\t\t\tremote_ts = 10.4.0.0/16\n", "");
	const struct child_conf *dmz = &c->conns[0].children[1];
	struct child_conf wanted;

	(void)state;
	child_init(&wanted);
	assert_int_equal(dmz->n_local_ts, 1);
	assert_ts(&dmz->local_ts[0], NULL, 0, 0, 65535);
	assert_int_equal(dmz->n_remote_ts, 1);
	assert_ts(&dmz->remote_ts[0], NULL, 0, 0, 65535);
	assert_default_proposals(&dmz->proposals, 0, IKE_PROTO_ESP);
	assert_int_equal(dmz->start_action, CHILD_NONE);
	assert_int_equal(dmz->dpd_action, CHILD_NONE);
	assert_int_equal(dmz->close_action, CHILD_NONE);
	assert_int_equal(dmz->rekey_time, wanted.rekey_time);
	assert_int_equal(dmz->life_time, wanted.life_time);
	assert_int_equal(dmz->rand_time, wanted.rand_time);
	assert_int_equal(dmz->replay_window, wanted.replay_window);
	config_free(c);
}

/* A list in the file replaces the default one, which may be longer. */
static void list_replaces_the_default_one(void **state)
{
	struct config *c = parse_changed("remote_ts = 10.4.0.0/16",
					 "esp_proposals = aes256gcm16");

	(void)state;
	assert_int_equal(c->conns[0].children[1].proposals.n, 1);
	assert_int_equal(c->conns[0].children[1].n_remote_ts, 1);
	config_free(c);
}

static void times_follow_those_that_are_given(void **state)
{
	struct config *c = parse_changed("\t\tlocal { auth = psk\n",
					 "\t\trekey_time = 100\n"
					 "\t\tchildren { a { rekey_time = 200\n"
					 "} b { life_time = 5000\n} }\n"
					 "\t\tlocal { auth = psk\n");
	const struct conn_conf *road = &c->conns[1];

	(void)state;
	assert_int_equal(road->over_time, 10);
	assert_int_equal(road->rand_time, 10);
	assert_int_equal(road->children[0].life_time, 220);
	assert_int_equal(road->children[0].rand_time, 20);
	assert_int_equal(road->children[1].rekey_time, 3600);
	assert_int_equal(road->children[1].rand_time, 1400);
	config_free(c);
}

static void assert_volume(const struct volume_conf *v, uint64_t rekey,
			  uint64_t life, uint64_t rand)
{
	assert_int_equal(v->rekey, rekey);
	assert_int_equal(v->life, life);
	assert_int_equal(v->rand, rand);
}

static void volumes_follow_those_that_are_given(void **state)
{
	struct config *c = parse_changed("remote_ts = 10.4.0.0/16",
					 "rekey_bytes = 10g\nlife_packets = 70");
	struct config *d = parse_changed(
		"remote_ts = 10.4.0.0/16",
		"rekey_packets = 20\nlife_bytes = 3 k\nrand_packets = 0");
	const uint64_t ten_g = 10ULL << 30;

	(void)state;
	assert_volume(&c->conns[0].children[1].bytes, ten_g, ten_g + ten_g / 10,
		      ten_g / 10);
	assert_volume(&c->conns[0].children[1].packets, 0, 70, 70);
	assert_volume(&d->conns[0].children[1].bytes, 0, 3072, 3072);
	assert_volume(&d->conns[0].children[1].packets, 20, 22, 0);
	config_free(c);
	config_free(d);
}

static void longest_times_have_room_for_what_follows_them(void **state)
{
	struct config *c =
		parse_changed("remote_ts = 10.4.0.0/16", "rekey_time = 3650d");
	const struct child_conf *dmz = &c->conns[0].children[1];

	(void)state;
	assert_int_equal(dmz->rekey_time, 3650 * 86400);
	assert_int_equal(dmz->life_time, 346896000);
	config_free(c);
}

static void selectors_of_a_child_can_be_taken_from_packets(void **state)
{
	struct config *c =
		parse_changed("remote_ts = 10.4.0.0/16",
			      "populate = remote_address, protocol, local_port\n"
			      "populate_limit = 3");

	(void)state;
	assert_int_equal(c->conns[0].children[0].pfp, 0);
	assert_int_equal(c->conns[0].children[1].pfp,
			 PFP_REMOTE | PFP_PROTOCOL | PFP_LOCAL_PORT);
	assert_int_equal(c->conns[0].children[0].pfp_limit, 256);
	assert_int_equal(c->conns[0].children[1].pfp_limit, 3);
	config_free(c);
	c = parse_changed("remote_ts = 10.4.0.0/16",
			  "local_ts = 10.3.0.0/16[udp]\n"
			  "populate = ports");
	assert_int_equal(c->conns[0].children[1].pfp, PFP_PORTS);
	config_free(c);
}

static void outbound_sas_of_a_child_can_be_spread(void **state)
{
	struct config *c =
		parse_changed("remote_ts = 10.4.0.0/16", "spread = yes");

	(void)state;
	assert_false(c->conns[0].children[0].spread);
	assert_true(c->conns[0].children[1].spread);
	config_free(c);
}

static void child_can_have_sas_for_each_cpu(void **state)
{
	static const struct {
		const char *line;
		enum per_cpu per_cpu;
	} rows[] = { { "per_cpu_sas = yes", PER_CPU_YES },
		     { "per_cpu_sas = 1", PER_CPU_YES },
		     { "per_cpu_sas = encap", PER_CPU_ENCAP },
		     { "per_cpu_sas = no", PER_CPU_NO } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *c =
			parse_changed("remote_ts = 10.4.0.0/16", rows[i].line);

		assert_int_equal(c->conns[0].children[0].per_cpu, PER_CPU_NO);
		assert_int_equal(c->conns[0].children[1].per_cpu,
				 rows[i].per_cpu);
		config_free(c);
	}
}

static void packets_of_a_child_can_be_cut_after_they_are_protected(void **state)
{
	struct config *c =
		parse_changed("remote_ts = 10.4.0.0/16", "fragment = after");

	(void)state;
	assert_false(c->conns[0].children[0].fragment_after);
	assert_true(c->conns[0].children[1].fragment_after);
	config_free(c);
}

static void addresses_of_peers_are_ranges_as_well(void **state)
{
	struct config *c = parse_changed(
		"%any", "192.0.2.10-192.0.2.20, 2001:db8::8-2001:db8::b");
	const struct conn_addr *a = c->conns[0].remote_addrs;
	char text[RANGE_STR_MAX];

	(void)state;
	assert_int_equal(c->conns[0].n_remote_addrs, 4);
	assert_false(conn_addr_is_host(&a[2]));
	assert_string_equal(conn_addr_str(&a[2], text), "192.0.2.10-192.0.2.20");
	assert_net(&a[3].net, "2001:db8::8/126"); /* which it is */
	assert_true(addr_is_none(&a[3].last));
	config_free(c);
	c = parse_changed("%any", "192.0.2.10-192.0.2.10");
	assert_true(conn_addr_is_host(&c->conns[0].remote_addrs[2]));
	config_free(c);
}

static void selectors_are_ranges_as_well(void **state)
{
	struct config *c = parse_changed(
		"10.4.0.0/16",
		"10.4.0.10-10.4.0.20[tcp/22-23], 10.4.1.0-10.4.1.255");
	const struct child_conf *dmz = &c->conns[0].children[1];
	const struct range range = ts_conf_range(&dmz->remote_ts[0]);
	char text[RANGE_STR_MAX];

	(void)state;
	assert_int_equal(dmz->n_remote_ts, 2);
	assert_string_equal(range_str(&range, text), "10.4.0.10-10.4.0.20");
	assert_ts(&dmz->remote_ts[0], "10.4.0.10/32", 6, 22, 23);
	assert_ts(&dmz->remote_ts[1], "10.4.1.0/24", 0, 0, 65535);
	assert_true(addr_is_none(&dmz->remote_ts[1].last));
	config_free(c);
}

/* A type with all its codes, or one with a code. */
static void types_of_icmp_are_numbers_as_strongswan_has_them(void **state)
{
	static const struct {
		const char *text;
		uint16_t min, max;
	} rows[] = {
		{ "10.4.0.0/16[icmp/8]", 0x0800, 0x08ff },
		{ "10.4.0.0/16[icmp/0]", 0x0000, 0x00ff },
		{ "10.4.0.0/16[icmp/8-11]", 0x0800, 0x0bff },
		{ "10.4.0.0/16[icmp/772]", 0x0304, 0x0304 },
		{ "10.4.0.0/16[1/3-772]", 0x0300, 0x0304 },
		{ "10.4.0.0/16[icmp/0-65535]", 0, 65535 },
		{ "10.4.0.0/16[icmp/opaque]", 65535, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *c = parse_changed("10.4.0.0/16", rows[i].text);

		assert_ts(&c->conns[0].children[1].remote_ts[0], "10.4.0.0/16",
			  1, rows[i].min, rows[i].max);
		config_free(c);
	}
}

static void any_of_one_family_is_its_longest_network(void **state)
{
	struct config *c = parse_changed("%any", "%any6, %any4");
	const struct conn_conf *moon = &c->conns[0];

	(void)state;
	assert_int_equal(moon->n_remote_addrs, 4);
	assert_false(moon->remote_addrs[2].any);
	assert_net(&moon->remote_addrs[2].net, "::/0");
	assert_false(moon->remote_addrs[3].any);
	assert_net(&moon->remote_addrs[3].net, "0.0.0.0/0");
	config_free(c);
}

static void peer_may_have_a_name(void **state)
{
	struct config *c = parse_changed("192.0.2.2, 198.51.100.0/24, %any",
					 "sun.example.org.");
	const struct conn_conf *moon = &c->conns[0];

	(void)state;
	assert_string_equal(moon->remote_host, "sun.example.org.");
	assert_int_equal(moon->n_remote_addrs, 0);
	assert_true(conn_is_named(moon));
	assert_false(conn_is_named(&c->conns[1]));
	config_free(c);
}

/* --- the forms of values */

struct accepted {
	const char *name;
	const char *find;
	const char *replace;
};

static const struct accepted accepted[] = {
	{ "version_0_is_taken", "version = 2", "version = 0" },
	{ "any4_is_taken", "%any", "%any4" },
	{ "address_of_zeros_stands_for_any", "%any", "0.0.0.0" },
	{ "any6_is_taken", "%any", "%any6" },
	{ "address_of_ipv6_is_taken", "%any", "2001:db8::1" },
	{ "peer_to_go_to_may_be_of_ipv6", "192.0.2.2, 198.51.100.0/24",
	  "2001:db8::1" },
	{ "prefix_of_ipv6_is_taken", "%any", "2001:db8::/32" },
	{ "selector_of_ipv6_is_taken", "10.4.0.0/16", "2001:db8::/32" },
	{ "selectors_may_be_of_both_families", "10.4.0.0/16",
	  "10.4.0.0/16, 2001:db8::/32[ipv6-icmp]" },
	{ "four_addresses_are_taken", "%any", "%any, 10.0.0.1" },
	{ "list_may_have_no_blanks", "192.0.2.2, 198.51.100.0/24, %any",
	  "192.0.2.2,198.51.100.0/24,%any" },
	{ "list_may_be_quoted", "192.0.2.2, 198.51.100.0/24, %any",
	  "\"192.0.2.2 , 198.51.100.0/24\"" },
	{ "port_of_65535_is_taken", "remote_port = 4501", "remote_port = 65535" },
	{ "words_may_be_in_capitals", "start_action = start",
	  "start_action = Start" },
	{ "encap_may_be_off", "encap = yes", "encap = disabled" },
	{ "mobike_may_be_false", "mobike = no", "mobike = false" },
	{ "time_may_have_a_capital_unit", "2h", "2H" },
	{ "time_of_zero_is_taken", "dpd_delay = 30s", "dpd_delay = 0s" },
	{ "longest_time_is_taken", "dpd_delay = 30s", "dpd_delay = 315360000" },
	{ "most_keyingtries_are_taken", "keyingtries = 0",
	  "keyingtries = 4294967295" },
	{ "default_is_taken_in_capitals", "ecp384, default", "ecp384, DEFAULT" },
	{ "identity_may_be_any", "id = sun@example.org\n\t\t}\n\t\tch",
	  "id = %any\n\t\t}\n\t\tch" },
	{ "identity_may_be_a_key_id", "id = sun@example.org\n\t\t}\n\t\tch",
	  "id = keyid:sun\n\t\t}\n\t\tch" },
	{ "local_section_may_have_no_suffix", "local-1", "local" },
	{ "children_may_be_missing",
	  "\t\t\tdmz {\n\t\t\t\tremote_ts = 10.4.0.0/16\n\t\t\t}\n", "" },
	{ "child_of_another_connection_may_have_the_name",
	  "\t\tlocal { auth = psk\n",
	  "\t\tchildren { net { } }\n\t\tlocal { auth = psk\n" },
	{ "trap_may_be_written_as_route", "start_action = start",
	  "start_action = route" },
	{ "empty_brackets_are_taken", "10.4.0.0/16", "10.4.0.0/16[]" },
	{ "protocol_of_0_is_any", "10.4.0.0/16", "10.4.0.0/16[0]" },
	{ "protocol_without_a_port_is_taken", "10.4.0.0/16",
	  "10.4.0.0/16[icmp/]" },
	{ "port_of_any_is_taken", "10.4.0.0/16", "10.4.0.0/16[any/any]" },
	{ "all_ports_are_no_restriction", "10.4.0.0/16",
	  "10.4.0.0/16[/0-65535]" },
	{ "opaque_ports_are_taken", "10.4.0.0/16", "10.4.0.0/16[tcp/opaque]" },
	{ "ports_of_sctp_are_taken", "10.4.0.0/16", "10.4.0.0/16[132/1-0xffff]" },
	{ "dynamic_may_stand_beside_a_prefix", "10.4.0.0/16",
	  "dynamic[udp/53], 10.4.0.0/16" },
	{ "eight_selectors_are_taken", "10.4.0.0/16",
	  "10.0.0.0/16, 10.0.0.0/16, 10.0.0.0/16, 10.0.0.0/16, 10.0.0.0/16, "
	  "10.0.0.0/16, 10.0.0.0/16, 10.0.0.0/16" },
	{ "sixteen_pairs_of_selectors_are_taken", "remote_ts = 10.4.0.0/16",
	  "local_ts = 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, 10.4.0.0/16\n"
	  "remote_ts = 10.5.0.0/16, 10.6.0.0/16, 10.7.0.0/16, 10.8.0.0/16" },
	{ "peers_of_a_network_may_only_wait", "start_action = start",
	  "start_action = none" },
	{ "peer_to_go_to_may_stand_behind_others", "192.0.2.2, 198.51.100.0/24",
	  "198.51.100.0/24, 192.0.2.2" },
	{ "secrets_may_have_no_connection", "ike-moon", "ike-nobody" },
	{ "owner_may_be_any_key_that_begins_with_id", "id-1", "identity" },
	{ "sections_without_keys_are_taken", "secrets {",
	  "manual { }\npolicies { }\nsecrets {" },
	{ "policies_may_stand_beside_connections", "connections {",
	  "policies { p { action = discard\nlocal_ts = 10.0.0.0/8\n"
	  "remote_ts = 10.0.0.0/8\n} }\nconnections {" },
};

static void change_is_accepted(void **state)
{
	const struct accepted *row = *state;

	config_free(parse_changed(row->find, row->replace));
}

/* --- limits */

/* Two connections with that many pairs of selectors, and a policy. */
static char *many_pairs(unsigned int n)
{
	char *moon = children_text("moon", CHILDREN_PAIRS_MAX);
	char *sun = children_text("sun", n - CHILDREN_PAIRS_MAX);
	char *text;

	if (asprintf(&text,
		     "gateway {\nprotected = a\nunprotected = b\n}\n"
		     "policies { p { action = discard\nlocal_ts = 10.0.0.0/8\n"
		     "remote_ts = 10.0.0.0/8\n} }\n"
		     "connections {\n%s%s}\n",
		     moon, sun) < 0)
		abort();
	free(moon);
	free(sun);
	return text;
}

static void children_beyond_the_room_of_the_spd_are_refused(void **state)
{
	char *most = many_pairs(SPD_MAX - 1);
	char *more = many_pairs(SPD_MAX);
	struct config *c = parse_good(most);
	struct error e;

	(void)state;
	config_free(c);
	assert_int_equal(conf_parse("f", slice_of(more, strlen(more)), &c, &e),
			 -E2BIG);
	assert_string_equal(e.text,
			    "f:7519:1: connections.sun: with it policies "
			    "and pairs of selectors are 100001, and the "
			    "SPD takes 100000; remove some");
	assert_null(c);
	free(most);
	free(more);
}

/* --- any part of the file */

/* An error may be cut off, but no part of a secret is one, and none is shown. */
static void no_part_of_the_file_shows_a_secret(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(good_conns); len++) {
		struct config *c;
		struct error e;
		int err = conf_parse("f", slice_of(good_conns, len), &c, &e);

		assert_true((err == 0) == (c != NULL));
		if (!err) {
			config_free(c);
			continue;
		}
		assert_memory_equal(e.text, "f:", 2);
		assert_null(strstr(e.text, MARK));
		assert_null(strstr(e.text, "hunter"));
	}
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_is_filled),
		cmocka_unit_test(sections_of_a_side_are_its_rounds),
		cmocka_unit_test(child_is_filled),
		cmocka_unit_test(
			child_in_transport_mode_is_between_the_two_hosts),
		cmocka_unit_test(child_of_ah_has_its_proposals),
		cmocka_unit_test(
			connection_of_which_nothing_is_said_has_the_defaults),
		cmocka_unit_test(child_of_which_nothing_is_said_has_the_defaults),
		cmocka_unit_test(list_replaces_the_default_one),
		cmocka_unit_test(times_follow_those_that_are_given),
		cmocka_unit_test(peer_may_have_a_name),
		cmocka_unit_test(addresses_of_peers_are_ranges_as_well),
		cmocka_unit_test(selectors_are_ranges_as_well),
		cmocka_unit_test(
			types_of_icmp_are_numbers_as_strongswan_has_them),
		cmocka_unit_test(any_of_one_family_is_its_longest_network),
		cmocka_unit_test(volumes_follow_those_that_are_given),
		cmocka_unit_test(longest_times_have_room_for_what_follows_them),
		cmocka_unit_test(selectors_of_a_child_can_be_taken_from_packets),
		cmocka_unit_test(outbound_sas_of_a_child_can_be_spread),
		cmocka_unit_test(child_can_have_sas_for_each_cpu),
		cmocka_unit_test(
			packets_of_a_child_can_be_cut_after_they_are_protected),
		cmocka_unit_test(children_beyond_the_room_of_the_spd_are_refused),
		cmocka_unit_test(no_part_of_the_file_shows_a_secret),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}

/* A case for each row, under the row's name. */
static int run_rows(void)
{
	struct CMUnitTest tests[ROWS(accepted)] = { 0 };

	for (size_t i = 0; i < ROWS(accepted); i++) {
		tests[i].name = accepted[i].name;
		tests[i].test_func = change_is_accepted;
		tests[i].initial_state = (void *)&accepted[i];
	}
	return cmocka_run_group_tests_name("accepted", tests, NULL, NULL);
}

int main(void)
{
	int failed = run_cases();

	return run_rows() || failed;
}
