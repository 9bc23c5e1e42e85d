// SPDX-License-Identifier: BSD-2-Clause
/* The section pools, and what connections say of virtual IPs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/load.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define GATEWAY	   "gateway { unprotected = wan0\n }\n"
#define POOL(keys) GATEWAY "pools { rw {\n" keys "\n} }\n"
#define CONN(keys)                            \
	GATEWAY "connections { road {\n" keys \
		"\nlocal { auth = psk\n }\nremote { auth = psk\n } } }\n"

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

static void assert_net(const struct prefix *p, const char *expected)
{
	char text[PREFIX_STR_MAX];

	assert_string_equal(prefix_str(p, text), expected);
}

static void pool_is_filled(void **state)
{
	static const struct {
		uint16_t type;
		const char *value;
	} attrs[] = {
		{ IKE_ATTR_IP4_DNS, "10.2.0.53/32" },
		{ IKE_ATTR_IP6_DNS, "2001:db8::53/128" },
		{ IKE_ATTR_IP4_NBNS, "10.2.0.54/32" },
		{ IKE_ATTR_IP4_NETMASK, "255.255.255.0/32" },
		{ IKE_ATTR_IP4_SUBNET, "10.2.0.0/16" },
		{ IKE_ATTR_IP6_SUBNET, "2001:db8:2::/48" },
		{ IKE_ATTR_IP4_SUBNET, "0.0.0.0/0" },
	};
	struct config *c = parse_good(
		GATEWAY "pools {\n rw {\n addrs = 10.3.0.0/28\n"
			"dns = 10.2.0.53, 2001:db8::53\n nbns = 10.2.0.54\n"
			"subnet = 10.2.0.0/16, 2001:db8:2::/48\n"
			"split_include = 0.0.0.0/0\n"
			"netmask = 255.255.255.0\n }\n"
			"six { addrs = 2001:db8:3::5-2001:db8:3::9\n } }\n");
	const struct pool_conf *p = &c->pools[0];
	char text[RANGE_STR_MAX];

	(void)state;
	assert_int_equal(c->n_pools, 2);
	assert_string_equal(p->name, "rw");
	assert_false(p->from_vici);
	assert_string_equal(range_str(&p->addrs, text), "10.3.0.1-10.3.0.14");
	assert_string_equal(addr_str(&p->base, text), "10.3.0.0");
	assert_int_equal(p->n_attrs, ROWS(attrs));
	for (size_t i = 0; i < ROWS(attrs); i++) {
		assert_int_equal(p->attrs[i].type, attrs[i].type);
		assert_net(&p->attrs[i].value, attrs[i].value);
	}
	assert_string_equal(c->pools[1].name, "six");
	assert_string_equal(range_str(&c->pools[1].addrs, text),
			    "2001:db8:3::5-2001:db8:3::9");
	config_free(c);
}

static void connection_has_its_wishes_and_pools(void **state)
{
	struct config *c = parse_good(
		CONN("vips = 0.0.0.0, ::, %any6, 10.3.0.9\npools = rw , six"));
	const struct conn_conf *conn = &c->conns[0];
	static const char *const vips[] = { "0.0.0.0", "::", "::", "10.3.0.9" };
	char text[ADDR_STR_MAX];

	(void)state;
	assert_int_equal(conn->n_vips, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(addr_str(&conn->vips[i], text), vips[i]);
	assert_int_equal(conn->n_pools, 2);
	assert_string_equal(conn->pools[0], "rw");
	assert_string_equal(conn->pools[1], "six");
	config_free(c);
	c = parse_good(CONN("remote_addrs = gw.example.net\npools = rw, six\n"
			    "children { net { local_ts = 10.1.0.0/24\n } }"));
	assert_int_equal(c->conns[0].children[0].n_pools, 2);
	assert_int_equal(child_pairs(&c->conns[0].children[0]), 2);
	config_free(c);
}

/* --- refused */

#define ADDRS_FORM \
	"a prefix such as 10.3.0.0/24, or a range such as 10.3.0.10-10.3.0.99"
#define VIPS_FORM \
	"up to 4 addresses to ask for, or 0.0.0.0 and :: for any, separated by commas"

static const struct {
	const char *text;
	const char *why; /* how the error ends */
} refused[] = {
	{ POOL("dns = 10.2.0.53"), "pools.rw.addrs is missing" },
	{ POOL("addrs = ten"), "pools.rw.addrs must be " ADDRS_FORM },
	{ POOL("addrs = 10.3.0.0/24, 10.4.0.0/24"),
	  "pools.rw.addrs must be " ADDRS_FORM },
	{ POOL("addrs = 10.3.0.5/24"),
	  "pools.rw.addrs has host bits set; the network is 10.3.0.0/24" },
	{ POOL("addrs = 10.3.0.9-10.3.0.5"),
	  "pools.rw.addrs ends before it begins" },
	{ POOL("addrs = 10.3.0.9-2001:db8::"),
	  "pools.rw.addrs must be " ADDRS_FORM },
	{ POOL("addrs = 10.3.0.0/24\ndns = 10.2.0.0/24"),
	  "pools.rw.dns must be addresses, separated by commas" },
	{ POOL("addrs = 10.3.0.0/24\nnbns = 2001:db8::1"),
	  "pools.rw.nbns must be addresses of IPv4, separated by commas" },
	{ POOL("addrs = 10.3.0.0/24\nsubnet = 10.2.0.1/16"),
	  "pools.rw.subnet has host bits set; the network is 10.2.0.0/16" },
	{ POOL("addrs = 10.3.0.0/24\ndhcp = 10.2.0.1"),
	  "pools.rw.dhcp is not supported yet; remove it" },
	{ POOL("addrs = 10.3.0.0/24\nnetmask = 255.0.255.0"),
	  "pools.rw.netmask must be a netmask of IPv4 such as 255.255.255.0" },
	{ POOL("addrs = 10.3.0.0/24\nnetmask = ffff::"),
	  "pools.rw.netmask must be a netmask of IPv4 such as 255.255.255.0" },
	{ POOL("addrs = 10.3.0.0/24\nserver = 10.2.0.1"),
	  "pools.rw.server is not supported yet; remove it" },
	{ POOL("addrs = 10.3.0.0/24\nsplit_exclude = 10.2.0.0/16"),
	  "pools.rw.split_exclude is not supported yet; remove it" },
	{ GATEWAY "pools { a { addrs = 10.3.0.0/24\n }\n"
		  "b { addrs = 10.3.0.9-10.4.0.0\n } }\n",
	  "pools.b.addrs has addresses of pools.a, too; each is in one pool alone" },
	{ CONN("vips = 10.3.0.0/24"),
	  "connections.road.vips must be " VIPS_FORM },
	{ CONN("vips = carol"), "connections.road.vips must be " VIPS_FORM },
	{ CONN("vips = ::, ::, ::, ::, ::"),
	  "connections.road.vips is one more than the 4 that are possible; remove some" },
	{ CONN("pools = a, b, c, d, e"),
	  "connections.road.pools is one more than the 4 that are possible; remove some" },
	{ CONN("pools = rw\nchildren { net { populate = remote_address\n } }"),
	  "populate stands beside pools of the connection, by which each peer has an SA of its own already; remove it" },
	{ CONN("pools = rw\nchildren { net { per_cpu_sas = yes\n } }"),
	  "per_cpu_sas stands beside pools of the connection: SAs for each CPU have one worker each and the same selectors; remove one of the two" },
	{ CONN("pools = a, b, c, d\nchildren { net { local_ts = 10.1.0.0/24, 10.2.0.0/24, 10.3.0.0/24, 10.4.0.0/24, 10.5.0.0/24\n } }"),
	  "local_ts and remote_ts make 20 pairs of selectors, and an SA has at most 16; write a child for some of them" },
	{ CONN("pools = dhcp"),
	  "connections.road.pools is where strongSwan asks another server, which is not supported yet; name a section of pools" },
};

static void what_can_not_be_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct config *c = NULL;
		struct error e;

		if (!parse(refused[i].text, &c, &e))
			fail_msg("taken: %s", refused[i].text);
		if (!strstr(e.text, refused[i].why))
			fail_msg("%s", e.text);
	}
}

static void more_than_a_pool_can_tell_is_refused(void **state)
{
	char text[1024] = GATEWAY "pools { rw {\n addrs = 10.3.0.0/24\ndns = ";
	struct config *c;
	struct error e;

	(void)state;
	for (unsigned int i = 1; i <= POOL_ATTRS_MAX; i++)
		snprintf(text + strlen(text), 32, "10.2.0.%u, ", i);
	strcat(text, "10.2.1.1\n} }\n");
	assert_int_equal(parse(text, &c, &e), -E2BIG);
}

/* --- over VICI */

static struct load *message(const char *addrs)
{
	struct load *l = load_new(LOAD_POOL, 512);

	assert_non_null(l);
	load_section(l, slice_of("rw", 2));
	load_value(l, slice_of("addrs", 5), slice_of(addrs, strlen(addrs)));
	load_list(l, slice_of("dns", 3));
	load_item(l, slice_of("10.2.0.53", 9));
	load_item(l, slice_of("10.2.0.54", 9));
	load_list_end(l);
	load_section_end(l);
	return l;
}

static void message_is_read_as_a_section_is(void **state)
{
	struct load *l = message("10.3.0.0/24");
	struct pool_conf pool;
	struct error e;

	(void)state;
	assert_int_equal(load_pool(l, &pool, &e), 0);
	assert_string_equal(pool.name, "rw");
	assert_true(pool.from_vici);
	assert_int_equal(pool.n_attrs, 2);
	load_free(l);
	l = message("10.3");
	assert_int_equal(load_pool(l, &pool, &e), -EINVAL);
	assert_string_equal(e.text,
			    "load-pool: pools.rw.addrs must be " ADDRS_FORM);
	load_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_is_filled),
		cmocka_unit_test(connection_has_its_wishes_and_pools),
		cmocka_unit_test(what_can_not_be_is_refused),
		cmocka_unit_test(more_than_a_pool_can_tell_is_refused),
		cmocka_unit_test(message_is_read_as_a_section_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
