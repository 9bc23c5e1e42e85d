// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a configuration to the model: a good file gives exactly what it says,
 * and limits hold. What is refused is in test_conf_refused.c, the grammar itself
 * in test_conf_grammar.c, reading a file in test_conf_file.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/range.h"
#include "ctrl/conf/conf.h"
#include "ctrl/crypto/alg.h"
#include "include/proto.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static int parse(const char *text, struct config **out, struct error *e)
{
	return conf_parse("f", slice_of(text, strlen(text)), out, e);
}

static struct config *parse_good(const char *text)
{
	struct config *c;
	struct error e;

	if (parse(text, &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void assert_place(const struct place *p, unsigned int line,
			 unsigned int column)
{
	assert_string_equal(p->file, "f");
	assert_int_equal(p->line, line);
	assert_int_equal(p->column, column);
}

static void assert_addr(const struct addr *a, const char *expected)
{
	char buf[ADDR_STR_MAX];

	assert_string_equal(addr_str(a, buf), expected);
}

static void assert_selector(const struct sadb_selector *s, const char *local,
			    const char *remote)
{
	const struct range l = { s->local_min, s->local_max };
	const struct range r = { s->remote_min, s->remote_max };
	char buf[RANGE_STR_MAX];

	assert_string_equal(range_str(&l, buf), local);
	assert_string_equal(range_str(&r, buf), remote);
}

static void assert_secret(const struct secret *s, const char *expected)
{
	struct secret other;

	assert_int_equal(secret_parse(expected, &other), 0);
	assert_true(secret_equal(s, &other));
}

/* --- what a good file gives */

static void gateway_is_filled(void **state)
{
	struct config *c = parse_good(good);
	const struct gateway_conf *g = &c->gateway;

	(void)state;
	assert_string_equal(c->file, "f");
	assert_int_equal(g->n_ifaces, 3);
	assert_string_equal(g->ifaces[0].name, "lan0");
	assert_int_equal(g->ifaces[0].role, IFACE_PROTECTED);
	assert_place(&g->ifaces[0].place, 3, 14);
	assert_string_equal(g->ifaces[1].name, "lan1");
	assert_int_equal(g->ifaces[1].role, IFACE_PROTECTED);
	assert_place(&g->ifaces[1].place, 3, 20);
	assert_string_equal(g->ifaces[2].name, "wan0");
	assert_int_equal(g->ifaces[2].role, IFACE_UNPROTECTED);
	assert_place(&g->ifaces[2].place, 4, 16);
	assert_int_equal(g->default_action, SPD_DISCARD);
	assert_string_equal(g->socket, "/run/cygnet/test.vici");
	config_free(c);
}

static void kernel_may_forward_and_the_mark_is_free(void **state)
{
	char *text = changed("default = discard",
			     "forward = kernel\nmark = 4294967295");
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->gateway.forward, FORWARD_KERNEL);
	assert_int_equal(c->gateway.mark, UINT32_MAX);
	config_free(c);
	free(text);
}

static void xdp_may_be_beside_others(void **state)
{
	char *text = changed("default = discard",
			     "xdp = dispatcher\nxdp_priority = 60");
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->gateway.xdp, XDP_DISPATCHER);
	assert_int_equal(c->gateway.xdp_priority, 60);
	config_free(c);
	free(text);
}

static void mss_clamping_can_be_turned_off(void **state)
{
	char *text = changed("default = discard", "mss_clamp = no");
	struct config *c = parse_good(text);

	(void)state;
	assert_false(c->gateway.mss_clamp);
	config_free(c);
	free(text);
}

static void audit_log_can_be_turned_off(void **state)
{
	char *text = changed("default = discard", "audit = no");
	struct config *c = parse_good(text);

	(void)state;
	assert_false(c->gateway.audit);
	config_free(c);
	free(text);
}

static void number_of_sas_can_be_raised(void **state)
{
	char *text = changed("default = discard", "sas = 1048576");
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->gateway.sas, SAD_MAX);
	config_free(c);
	free(text);
}

static void resolvers_and_what_is_let_out_can_be_chosen(void **state)
{
	char *text = changed("default = discard",
			     "bootstrap = none\n\tresolvers = 192.0.2.53, ::1");
	struct config *c = parse_good(text);
	char one[ADDR_STR_MAX];

	(void)state;
	assert_int_equal(c->gateway.bootstrap, BOOTSTRAP_NONE);
	assert_int_equal(c->gateway.n_resolvers, 2);
	assert_string_equal(addr_str(&c->gateway.resolvers[0], one),
			    "192.0.2.53");
	assert_string_equal(addr_str(&c->gateway.resolvers[1], one), "::1");
	config_free(c);
	free(text);
}

static void outbound_sa_of_a_pair_can_be_spread(void **state)
{
	char *text = changed("replay_window = 128", "spread = yes");
	struct config *c = parse_good(text);

	(void)state;
	assert_true(c->manual[0].spread);
	assert_false(c->manual[1].spread);
	config_free(c);
	free(text);
}

static void packets_of_a_pair_can_be_cut_after_they_are_protected(void **state)
{
	char *text = changed("replay_window = 128", "fragment = after");
	struct config *c = parse_good(text);

	(void)state;
	assert_true(c->manual[0].fragment_after);
	assert_false(c->manual[1].fragment_after);
	config_free(c);
	free(text);
	text = changed("replay_window = 128", "fragment = before");
	c = parse_good(text);
	assert_false(c->manual[0].fragment_after);
	config_free(c);
	free(text);
}

static void sequence_numbers_of_a_pair_can_be_extended(void **state)
{
	static const struct {
		const char *esp;
		bool esn;
	} rows[] = { { "aes128-sha256-esn", true },
		     { "aes128-sha256-noesn", false } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = changed("aes128-sha256", rows[i].esp);
		struct config *c = parse_good(text);

		assert_int_equal(c->manual[0].esn, rows[i].esn);
		assert_ptr_equal(c->manual[0].integ, integ_by_name("sha256"));
		assert_false(c->manual[1].esn);
		config_free(c);
		free(text);
	}
}

static void peer_of_a_pair_can_be_followed(void **state)
{
	char *text = changed("replay_window = 128", "encap = yes\nfollow = yes");
	struct config *c = parse_good(text);

	(void)state;
	assert_true(c->manual[0].follow);
	assert_false(c->manual[1].follow);
	config_free(c);
	free(text);
}

static void keepalive_is_a_time_and_20_s_if_nothing_is_said(void **state)
{
	static const struct {
		const char *text;
		uint32_t s;
	} rows[] = { { "default = discard", 20 },
		     { "keepalive = 1m", 60 },
		     { "keepalive = 0", 0 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = changed("default = discard", rows[i].text);
		struct config *c = parse_good(text);

		assert_int_equal(c->gateway.keepalive_s, rows[i].s);
		config_free(c);
		free(text);
	}
}

static void tcp_has_a_port_only_if_one_is_named(void **state)
{
	char *text = changed("default = discard", "tcp_port = 4500");
	struct config *plain = parse_good(good), *tcp = parse_good(text);

	(void)state;
	assert_int_equal(plain->gateway.tcp_port, 0);
	assert_int_equal(tcp->gateway.tcp_port, 4500);
	config_free(plain);
	config_free(tcp);
	free(text);
}

static void esp_of_a_pair_can_be_in_udp(void **state)
{
	static const struct {
		const char *encap;
		uint16_t remote_port; /* 0: it is bare */
	} rows[] = { { "encap = yes", 4500 },
		     { "encap = yes\nremote_port = 1024", 1024 },
		     { "encap = no", 0 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = changed("replay_window = 128", rows[i].encap);
		struct config *c = parse_good(text);

		assert_int_equal(c->manual[0].encap, rows[i].remote_port != 0);
		assert_int_equal(c->manual[0].remote_port, rows[i].remote_port);
		assert_false(c->manual[1].encap);
		config_free(c);
		free(text);
	}
}

static void crypto_backend_can_be_chosen(void **state)
{
	static const struct {
		const char *text;
		enum crypto_choice choice;
	} rows[] = { { "crypto = ipsec-mb", CRYPTO_IPSEC_MB },
		     { "crypto = openssl", CRYPTO_OPENSSL } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = changed("default = discard", rows[i].text);
		struct config *c = parse_good(text);

		assert_int_equal(c->gateway.crypto, rows[i].choice);
		config_free(c);
		free(text);
	}
}

static void manual_sas_are_filled(void **state)
{
	struct config *c = parse_good(good);
	const struct manual_conf *m = c->manual;

	(void)state;
	assert_int_equal(c->n_manual, 2);
	assert_string_equal(m[0].name, "to-b");
	assert_place(&m[0].place, 9, 2);
	assert_addr(&m[0].local, "192.0.2.1");
	assert_addr(&m[0].remote, "192.0.2.2");
	assert_ptr_equal(m[0].encr, encr_by_name("aes128"));
	assert_ptr_equal(m[0].integ, integ_by_name("sha256"));
	assert_int_equal(m[0].replay_window, 128);
	assert_int_equal(m[0].in.spi, 0x1001);
	assert_secret(&m[0].in.encr_key, KEY16);
	assert_secret(&m[0].in.integ_key, KEY32);
	assert_place(&m[0].in.place, 15, 3);
	assert_int_equal(m[0].out.spi, 256);
	assert_secret(&m[0].out.encr_key, KEY16);
	assert_secret(&m[0].out.integ_key, KEY32);
	assert_place(&m[0].out.place, 20, 3);
	assert_string_equal(m[1].name, "to-c");
	assert_addr(&m[1].remote, "192.0.2.3");
	assert_ptr_equal(m[1].encr, encr_by_name("aes256"));
	assert_int_equal(m[1].in.spi, 0x1002);
	assert_int_equal(m[1].out.spi, UINT32_MAX);
	assert_secret(&m[1].out.encr_key, KEY32);
	assert_place(&m[1].in.place, 33, 3);
	config_free(c);
}

static void policy_has_ranges_ports_types_and_a_direction(void **state)
{
	struct config *c = parse_good(
		"gateway { protected = lan0\nunprotected = wan0\n}\n"
		"policies {\n"
		"web { action = discard\nlocal_ts = 10.1.0.5-10.1.0.9\n"
		"remote_ts = 10.2.0.0-10.2.255.255\nprotocol = tcp\n"
		"local_ports = 1024-65535\nremote_ports = 443\n"
		"direction = out\n}\n"
		"ping { action = bypass\nlocal_ts = 0.0.0.0/0\n"
		"remote_ts = 0.0.0.0/0\nprotocol = icmp\nicmp = 8\n"
		"direction = in\n}\n"
		"pmtu { action = bypass\nlocal_ts = 0.0.0.0/0\n"
		"remote_ts = 0.0.0.0/0\nprotocol = icmp\n"
		"icmp = 3/4-4/0\ndirection = both\n}\n"
		"six { action = bypass\nlocal_ts = 2001:db8::5-2001:db8::9\n"
		"remote_ts = ::/0\nprotocol = ipv6-icmp\nicmp = 128\n}\n"
		"mip { action = bypass\nlocal_ts = ::/0\nremote_ts = ::/0\n"
		"protocol = mobility-header\nmh = 5-6\n}\n"
		"later { action = discard\nlocal_ts = ::/0\nremote_ts = ::/0\n"
		"protocol = udp\nlocal_ports = opaque\n}\n"
		"}\n");
	const struct policy_conf *p = c->policies;

	(void)state;
	assert_selector(&p[0].selector, "10.1.0.5-10.1.0.9", "10.2.0.0/16");
	assert_int_equal(p[0].selector.local_port_min, 1024);
	assert_int_equal(p[0].selector.local_port_max, 65535);
	assert_int_equal(p[0].selector.remote_port_min, 443);
	assert_int_equal(p[0].selector.remote_port_max, 443);
	assert_int_equal(p[0].dirs, SPD_OUT);
	assert_int_equal(p[1].selector.local_port_min, 0x0800);
	assert_int_equal(p[1].selector.local_port_max, 0x08ff);
	assert_int_equal(p[1].selector.remote_port_min, 0x0800);
	assert_int_equal(p[1].selector.remote_port_max, 0x08ff);
	assert_int_equal(p[1].dirs, SPD_IN);
	assert_int_equal(p[2].selector.remote_port_min, 0x0304);
	assert_int_equal(p[2].selector.remote_port_max, 0x0400);
	assert_int_equal(p[2].dirs, SPD_BOTH);
	assert_selector(&p[3].selector, "2001:db8::5-2001:db8::9", "::/0");
	assert_int_equal(p[3].selector.protocol, PROTO_ICMPV6);
	assert_int_equal(p[4].selector.protocol, PROTO_MH);
	assert_int_equal(p[4].selector.local_port_min, 0x0500);
	assert_int_equal(p[4].selector.local_port_max, 0x06ff);
	assert_int_equal(p[4].selector.remote_port_min, 0x0500);
	assert_int_equal(p[5].selector.local_port_min, PORT_OPAQUE_MIN);
	assert_int_equal(p[5].selector.local_port_max, PORT_OPAQUE_MAX);
	assert_int_equal(p[5].selector.remote_port_min, 0);
	assert_int_equal(p[5].selector.remote_port_max, 65535);
	config_free(c);
}

static void policies_are_filled_in_the_order_of_the_file(void **state)
{
	struct config *c = parse_good(good);
	const struct policy_conf *p = c->policies;

	(void)state;
	assert_int_equal(c->n_policies, 3);
	assert_string_equal(p[0].name, "zulu");
	assert_int_equal(p[0].action, SPD_PROTECT);
	assert_selector(&p[0].selector, "10.1.0.0/16", "10.2.0.0/24");
	assert_int_equal(p[0].selector.protocol, PROTO_TCP);
	assert_int_equal(p[0].selector.remote_port_max, UINT16_MAX);
	assert_int_equal(p[0].dirs, SPD_BOTH);
	assert_int_equal(p[0].manual, 1);
	assert_place(&p[0].place, 39, 2);
	assert_string_equal(p[1].name, "alpha");
	assert_int_equal(p[1].action, SPD_BYPASS);
	assert_selector(&p[1].selector, "10.1.0.9/32", "0.0.0.0/0");
	assert_int_equal(p[1].selector.protocol, 47);
	assert_string_equal(p[2].name, "mike");
	assert_int_equal(p[2].action, SPD_DISCARD);
	assert_int_equal(p[2].selector.protocol, PROTO_ANY);
	assert_place(&p[2].place, 52, 2);
	config_free(c);
}

static void smallest_file_has_the_defaults(void **state)
{
	struct config *c = parse_good("gateway {\nunprotected = b\n"
				      "protected = a\n}");

	(void)state;
	assert_int_equal(c->gateway.n_ifaces, 2);
	assert_string_equal(c->gateway.ifaces[0].name, "a"); /* protected */
	assert_int_equal(c->gateway.default_action, SPD_BYPASS);
	assert_int_equal(c->gateway.forward, FORWARD_DIRECT);
	assert_int_equal(c->gateway.mark, GATEWAY_MARK);
	assert_int_equal(c->gateway.xdp, XDP_EXCLUSIVE);
	assert_int_equal(c->gateway.xdp_priority, 0);
	assert_int_equal(c->gateway.crypto, CRYPTO_AUTO);
	assert_true(c->gateway.mss_clamp);
	assert_true(c->gateway.audit);
	assert_string_equal(c->gateway.socket, "/run/cygnet/vici");
	assert_int_equal(c->n_manual, 0);
	assert_int_equal(c->n_policies, 0);
	config_free(c);

	c = parse_good(good);
	assert_int_equal(c->manual[1].replay_window, 64);
	config_free(c);
}

static void extended_sections_keep_the_order(void **state)
{
	char *text = changed("\t}\n\talpha {\n",
			     "\t}\n}\ngateway { }\npolicies {\n\talpha {\n");
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->n_policies, 3);
	assert_string_equal(c->policies[0].name, "zulu");
	assert_string_equal(c->policies[1].name, "alpha");
	assert_string_equal(c->policies[2].name, "mike");
	config_free(c);
	free(text);
}

static void policies_may_share_one_pair_of_sas(void **state)
{
	char *text = changed("\t\taction = bypass\n",
			     "\t\taction = protect\n\t\tmanual = to-c\n");
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->policies[0].manual, 1);
	assert_int_equal(c->policies[1].manual, 1);
	config_free(c);
	free(text);
}

struct accepted {
	const char *name;
	const char *find;
	const char *replace;
};

/* From the proposal to the end of the second pair. */
#define PAIR(proposal, integ_key)                                        \
	proposal "\n\t\tout { spi = 0xffffffff\n\t\t\tencr_key = " KEY32 \
		 "\n\t\t\tinteg_key = " integ_key                        \
		 " }\n\t\tin { spi = 0x1002\n\t\t\tencr_key = " KEY32    \
		 "\n\t\t\tinteg_key = " integ_key " }\n"

static const struct accepted accepted[] = {
	{ "socket_may_be_a_plain_path", "unix:///run", "/run" },
	{ "metrics_may_be_at_a_port", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = 127.0.0.1:9465" },
	{ "metrics_may_be_at_a_port_of_ipv6", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = [::1]:9465" },
	{ "metrics_may_be_at_a_socket", "unix:///run/cygnet/test.vici",
	  "/run/x\n\tmetrics = unix:///run/m" },
	{ "interface_name_of_15_characters_is_taken", "wan0", "abcdefghijklmno" },
	{ "interfaces_may_stand_in_a_string", "lan0, lan1", "\"lan0 ,lan1\"" },
	{ "spi_of_256_is_taken", "0x1001", "0x100" },
	{ "outbound_spi_may_repeat_for_another_peer", "spi = 256",
	  "spi = 0xffffffff" },
	{ "inbound_spi_may_be_an_outbound_one", "spi = 256", "spi = 0x1001" },
	{ "replay_window_may_be_off", "= 128", "= 0" },
	{ "replay_window_of_65536_is_taken", "= 128", "= 0x10000" },
	{ "protocol_may_be_any", "= tcp", "= any" },
	{ "protocol_may_be_icmp", "= tcp", "= icmp" },
	{ "protocol_may_be_udp", "= tcp", "= udp" },
	{ "protocol_may_be_icmp_of_ipv6", "= tcp", "= ipv6-icmp\nicmp = 128" },
	{ "pair_may_be_of_ipv6", "192.0.2.1\n\t\tremote_addrs = 192.0.2.2",
	  "2001:db8::1\n\t\tremote_addrs = 2001:db8::2" },
	{ "protocol_of_255_is_taken", "= tcp", "= 255" },
	{ "address_just_below_multicast_is_taken", "192.0.2.2",
	  "223.255.255.255" },
	{ "sha1_is_taken_with_20_octets", PAIR("aes256-sha256", KEY32),
	  PAIR("aes256-sha1", KEY16 "00112233") },
	{ "sha384_is_taken_with_48_octets", PAIR("aes256-sha256", KEY32),
	  PAIR("aes256-sha384", KEY16 DIGITS32) },
	{ "sha512_is_taken_with_64_octets", PAIR("aes256-sha256", KEY32),
	  PAIR("aes256-sha512", KEY32 DIGITS32) },
	{ "values_may_be_quoted", "mode = tunnel", "mode = \"tunnel\"" },
};

static void change_is_accepted(void **state)
{
	const struct accepted *row = *state;
	char *text = changed(row->find, row->replace);

	config_free(parse_good(text));
	free(text);
}

/* An error may be cut off, but a policy never protects with half of a key. */
static void no_part_of_the_file_protects_without_keys(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(good); len++) {
		struct config *c;
		struct error e;
		int err = conf_parse("f", slice_of(good, len), &c, &e);

		assert_true((err == 0) == (c != NULL));
		if (err) {
			assert_memory_equal(e.text, "f:", 2);
			assert_null(strstr(e.text, MARK));
			continue;
		}
		for (size_t i = 0; i < c->n_policies; i++) {
			const struct policy_conf *p = &c->policies[i];

			if (p->action != SPD_PROTECT)
				continue;
			assert_true(p->manual < c->n_manual);
			assert_int_equal(c->manual[p->manual].in.encr_key.len,
					 32);
			assert_int_equal(c->manual[p->manual].out.integ_key.len,
					 32);
		}
		config_free(c);
	}
}

/* --- limits: the most that is accepted, and one more */

struct text {
	char *buf;
	size_t len;
	size_t room;
};

static struct text text_new(const char *head)
{
	struct text t = { .room = CONF_FILE_MAX + 2 };

	t.buf = malloc(t.room);
	assert_non_null(t.buf);
	t.len = strlen(strcpy(t.buf, head));
	return t;
}

__attribute__((format(printf, 2, 3))) static void text_add(struct text *t,
							   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->buf + t->len, t->room - t->len, fmt, ap);
	va_end(ap);
	assert_true(t->len < t->room);
}

static void assert_text_is_accepted(struct text *t)
{
	config_free(parse_good(t->buf));
	free(t->buf);
}

static void assert_text_is_too_big(struct text *t, const char *expected)
{
	struct config *c;
	struct error e;
	int err = parse(t->buf, &c, &e);

	free(t->buf);
	assert_string_equal(e.text, expected);
	assert_int_equal(err, -E2BIG);
	assert_null(c);
}

#define GATEWAY "gateway {\nprotected = a\nunprotected = b\n}\n"

static struct text many_pairs(unsigned int n)
{
	struct text t = text_new(GATEWAY "manual {\n");

	for (unsigned int i = 0; i < n; i++)
		text_add(&t,
			 "m%u { local_addrs = 192.0.2.1\n"
			 "remote_addrs = 192.0.2.2\n"
			 "esp_proposals = aes128-sha256\n"
			 "in { spi = %u\nencr_key = " KEY16 "\n"
			 "integ_key = " KEY32 " }\n"
			 "out { spi = %u\nencr_key = " KEY16 "\n"
			 "integ_key = " KEY32 " } }\n",
			 i, 256 + i, 256 + i);
	text_add(&t, "}\n");
	return t;
}

static void pairs_beyond_the_limit_are_refused(void **state)
{
	struct text most = many_pairs(MANUAL_MAX);
	struct text more = many_pairs(MANUAL_MAX + 1);

	(void)state;
	assert_text_is_accepted(&most);
	assert_text_is_too_big(&more, "f:4614:1: manual holds more than 512 "
				      "sections; remove some");
}

static struct text many_interfaces(unsigned int n)
{
	struct text t = text_new("gateway {\nunprotected = b\nprotected = i1");

	for (unsigned int i = 2; i < n; i++)
		text_add(&t, ",i%u", i);
	text_add(&t, "\n}\n");
	return t;
}

static void interfaces_beyond_the_limit_are_refused(void **state)
{
	struct text most = many_interfaces(IFACE_MAX);
	struct text more = many_interfaces(IFACE_MAX + 1);

	(void)state;
	assert_text_is_accepted(&most);
	assert_text_is_too_big(&more, "f:2:15: gateway.unprotected: more than "
				      "16 interfaces; remove some");
}

static struct text long_socket(unsigned int octets)
{
	struct text t = text_new("gateway {\nprotected = a\nunprotected = b\n"
				 "socket = unix:///");

	for (unsigned int i = 1; i < octets; i++)
		text_add(&t, "s");
	text_add(&t, "\n}\n");
	return t;
}

static void socket_beyond_the_limit_is_refused(void **state)
{
	struct text most = long_socket(CONF_PATH_MAX - 1);
	struct text more = long_socket(CONF_PATH_MAX);

	(void)state;
	assert_text_is_accepted(&most);
	assert_text_is_too_big(&more, "f:4:10: gateway.socket is longer than "
				      "107 octets; shorten the path");
}

static struct text long_file(unsigned int octets)
{
	struct text t = text_new(GATEWAY);

	memset(t.buf + t.len, '\n', octets - t.len);
	t.len = octets;
	t.buf[t.len] = '\0';
	return t;
}

static void text_beyond_the_limit_is_refused(void **state)
{
	struct text most = long_file(CONF_FILE_MAX);
	struct text more = long_file(CONF_FILE_MAX + 1);

	(void)state;
	assert_text_is_accepted(&most);
	assert_text_is_too_big(&more, "f: larger than 1048576 octets; is this "
				      "the configuration?");
}

static void text_stays_whole_behind_a_long_path(void **state)
{
	char path[1000] = { 0 };
	struct config *c;
	struct error e;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	assert_int_equal(conf_parse(path, slice_of("}", 1), &c, &e), -EINVAL);
	assert_string_equal(strchr(e.text, ':'),
			    ":1:1: '}' closes no section; remove it");
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateway_is_filled),
		cmocka_unit_test(kernel_may_forward_and_the_mark_is_free),
		cmocka_unit_test(xdp_may_be_beside_others),
		cmocka_unit_test(mss_clamping_can_be_turned_off),
		cmocka_unit_test(audit_log_can_be_turned_off),
		cmocka_unit_test(number_of_sas_can_be_raised),
		cmocka_unit_test(resolvers_and_what_is_let_out_can_be_chosen),
		cmocka_unit_test(outbound_sa_of_a_pair_can_be_spread),
		cmocka_unit_test(
			packets_of_a_pair_can_be_cut_after_they_are_protected),
		cmocka_unit_test(sequence_numbers_of_a_pair_can_be_extended),
		cmocka_unit_test(peer_of_a_pair_can_be_followed),
		cmocka_unit_test(keepalive_is_a_time_and_20_s_if_nothing_is_said),
		cmocka_unit_test(tcp_has_a_port_only_if_one_is_named),
		cmocka_unit_test(esp_of_a_pair_can_be_in_udp),
		cmocka_unit_test(crypto_backend_can_be_chosen),
		cmocka_unit_test(manual_sas_are_filled),
		cmocka_unit_test(policies_are_filled_in_the_order_of_the_file),
		cmocka_unit_test(policy_has_ranges_ports_types_and_a_direction),
		cmocka_unit_test(smallest_file_has_the_defaults),
		cmocka_unit_test(extended_sections_keep_the_order),
		cmocka_unit_test(policies_may_share_one_pair_of_sas),
		cmocka_unit_test(no_part_of_the_file_protects_without_keys),
		cmocka_unit_test(pairs_beyond_the_limit_are_refused),
		cmocka_unit_test(interfaces_beyond_the_limit_are_refused),
		cmocka_unit_test(socket_beyond_the_limit_is_refused),
		cmocka_unit_test(text_beyond_the_limit_is_refused),
		cmocka_unit_test(text_stays_whole_behind_a_long_path),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
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
