// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an updown script is told: names and forms of strongSwan's updown plugin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/updown_env.h"
#include "include/proto.h"

struct fixture {
	struct ike_sa_view ike;
	struct child_sa_view child;
	struct sadb_selector pair;
	struct updown_what what;
	struct updown_env env;
};

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct identity id_of(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static void set_pair(struct fixture *f, const char *local_min,
		     const char *local_max, const char *remote_min,
		     const char *remote_max)
{
	f->pair = (struct sadb_selector){ .local_min = address(local_min),
					  .local_max = address(local_max),
					  .remote_min = address(remote_min),
					  .remote_max = address(remote_max),
					  .local_port_max = UINT16_MAX,
					  .remote_port_max = UINT16_MAX };
}

static void init(struct fixture *f)
{
	*f = (struct fixture){
		.ike = { .id = 7,
			 .conn = "site",
			 .local = address("192.0.2.1"),
			 .remote = address("192.0.2.2"),
			 .local_port = 4500,
			 .remote_port = 4501,
			 .local_id = id_of("moon.example.org"),
			 .remote_id = id_of("sun@example.org") },
		.child = { .name = "net", .protocol = IKE_PROTO_ESP, .policy = 3 },
		.what = { .up = true, .interface = "wan0" },
	};
	set_pair(f, "10.1.0.0", "10.1.0.255", "10.2.0.0", "10.2.255.255");
	f->what.ike = &f->ike;
	f->what.child = &f->child;
	f->what.pair = &f->pair;
}

/* NULL: there is none. */
static const char *value(const struct updown_env *env, const char *name)
{
	const char *at = env->octets;
	size_t len = strlen(name);

	for (size_t i = 0; i < env->n; i++, at += strlen(at) + 1)
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return at + len + 1;
	return NULL;
}

#define assert_var(f, name, want) \
	assert_string_equal(value(&(f)->env, name), want)

static void of_a_tunnel_all_is_told(void **state)
{
	struct fixture f;

	(void)state;
	init(&f);
	updown_env(&f.what, &f.env);
	assert_var(&f, "PLUTO_VERSION", "1.1");
	assert_var(&f, "PLUTO_VERB", "up-client");
	assert_var(&f, "PLUTO_CONNECTION", "net");
	assert_var(&f, "PLUTO_INTERFACE", "wan0");
	assert_var(&f, "PLUTO_REQID", "3");
	assert_var(&f, "PLUTO_PROTO", "esp");
	assert_var(&f, "PLUTO_UNIQUEID", "7");
	assert_var(&f, "PLUTO_ME", "192.0.2.1");
	assert_var(&f, "PLUTO_MY_ID", "moon.example.org");
	assert_var(&f, "PLUTO_MY_CLIENT", "10.1.0.0/24");
	assert_var(&f, "PLUTO_MY_PORT", "0");
	assert_var(&f, "PLUTO_MY_PROTOCOL", "0");
	assert_var(&f, "PLUTO_PEER", "192.0.2.2");
	assert_var(&f, "PLUTO_PEER_ID", "sun@example.org");
	assert_var(&f, "PLUTO_PEER_CLIENT", "10.2.0.0/16");
	assert_var(&f, "PLUTO_PEER_PORT", "0");
	assert_var(&f, "PLUTO_PEER_PROTOCOL", "0");
	assert_non_null(strstr(value(&f.env, "PATH"), "/usr/sbin"));
	assert_null(value(&f.env, "PLUTO_UDP_ENC"));
	assert_null(value(&f.env, "PLUTO_IF_ID_IN"));
	assert_null(value(&f.env, "PLUTO_HOST_ACCESS"));
	assert_int_equal(f.env.n, 18);
}

static void what_a_child_has_besides_is_told(void **state)
{
	struct fixture f;

	(void)state;
	init(&f);
	f.what.up = false;
	f.what.hostaccess = true;
	f.what.reqid = 42;
	f.what.interface = NULL;
	f.child.protocol = IKE_PROTO_AH;
	f.child.encap = true;
	f.child.if_id_in = 5;
	f.child.if_id_out = 6;
	updown_env(&f.what, &f.env);
	assert_var(&f, "PLUTO_VERB", "down-client");
	assert_var(&f, "PLUTO_REQID", "42");
	assert_var(&f, "PLUTO_INTERFACE", "unknown");
	assert_var(&f, "PLUTO_PROTO", "ah");
	assert_var(&f, "PLUTO_UDP_ENC", "4501");
	assert_var(&f, "PLUTO_IF_ID_IN", "5");
	assert_var(&f, "PLUTO_IF_ID_OUT", "6");
	assert_var(&f, "PLUTO_HOST_ACCESS", "1");
}

static void the_verb_tells_hosts_and_families(void **state)
{
	static const struct {
		const char *min, *max, *me, *verb, *net;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1", "up-host",
		  "192.0.2.1/32" },
		{ "10.1.0.1", "10.1.0.1", "192.0.2.1", "up-client",
		  "10.1.0.1/32" },
		{ "2001:db8::1", "2001:db8::1", "2001:db8::1", "up-host-v6",
		  "2001:db8::1/128" },
		{ "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
		  "2001:db8::1", "up-client-v6", "2001:db8:1::/48" },
		{ "0.0.0.0", "255.255.255.255", "192.0.2.1", "up-client",
		  "0.0.0.0/0" },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "2001:db8::1", "up-client-v6", "::/0" },
		{ "10.1.0.5", "10.1.0.9", "192.0.2.1", "up-client",
		  "10.1.0.0/28" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		init(&f);
		set_pair(&f, rows[i].min, rows[i].max, rows[i].min, rows[i].max);
		f.ike.local = address(rows[i].me);
		updown_env(&f.what, &f.env);
		assert_var(&f, "PLUTO_VERB", rows[i].verb);
		assert_var(&f, "PLUTO_MY_CLIENT", rows[i].net);
	}
}

static void ports_are_told_and_of_icmp_type_and_code(void **state)
{
	struct fixture f;

	(void)state;
	init(&f);
	f.pair.protocol = PROTO_TCP;
	f.pair.local_port_min = f.pair.local_port_max = 80;
	updown_env(&f.what, &f.env);
	assert_var(&f, "PLUTO_MY_PORT", "80");
	assert_var(&f, "PLUTO_MY_PROTOCOL", "6");
	f.pair.protocol = PROTO_ICMP;
	f.pair.local_port_min = f.pair.local_port_max = 0;
	f.pair.remote_port_min = f.pair.remote_port_max = 3 << 8 | 4;
	updown_env(&f.what, &f.env);
	assert_var(&f, "PLUTO_MY_PORT", "3");
	assert_var(&f, "PLUTO_PEER_PORT", "4");
}

static void virtual_ips_and_resolvers_are_told_by_number(void **state)
{
	struct fixture f;

	(void)state;
	init(&f);
	f.ike.n_local_vips = 2;
	f.ike.local_vips[0] = address("2001:db8:9::1");
	f.ike.local_vips[1] = address("10.9.0.1");
	f.ike.n_remote_vips = 1;
	f.ike.remote_vips[0] = address("10.9.0.7");
	f.ike.n_dns = 2;
	f.ike.dns[0] = address("10.9.0.53");
	f.ike.dns[1] = address("10.9.0.54");
	updown_env(&f.what, &f.env);
	assert_var(&f, "PLUTO_MY_SOURCEIP", "2001:db8:9::1");
	assert_var(&f, "PLUTO_MY_SOURCEIP6_1", "2001:db8:9::1");
	assert_var(&f, "PLUTO_MY_SOURCEIP4_1", "10.9.0.1");
	assert_var(&f, "PLUTO_PEER_SOURCEIP", "10.9.0.7");
	assert_var(&f, "PLUTO_PEER_SOURCEIP4_1", "10.9.0.7");
	assert_var(&f, "PLUTO_DNS4_1", "10.9.0.53");
	assert_var(&f, "PLUTO_DNS4_2", "10.9.0.54");
}

static void no_shell_acts_on_what_a_peer_says(void **state)
{
	static const char nasty[] = "a$(reboot)`x`;\"'\\|&<>\n@example.org";
	struct fixture f;

	(void)state;
	init(&f);
	f.ike.remote_id.len = sizeof(nasty) - 1;
	memcpy(f.ike.remote_id.octets, nasty, sizeof(nasty) - 1);
	updown_env(&f.what, &f.env);
	assert_non_null(value(&f.env, "PLUTO_PEER_ID"));
	assert_null(strpbrk(value(&f.env, "PLUTO_PEER_ID"), "$()`;\"'\\|&<>\n"));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(of_a_tunnel_all_is_told),
		cmocka_unit_test(what_a_child_has_besides_is_told),
		cmocka_unit_test(the_verb_tells_hosts_and_families),
		cmocka_unit_test(ports_are_told_and_of_icmp_type_and_code),
		cmocka_unit_test(virtual_ips_and_resolvers_are_told_by_number),
		cmocka_unit_test(no_shell_acts_on_what_a_peer_says),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
