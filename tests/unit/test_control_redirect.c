// SPDX-License-Identifier: BSD-2-Clause
/* The command redirect (RFC 5685): whom it names, where to, and what is answered. */
#include "tests/unit/control_ike.h"

#include <arpa/inet.h>

static int asked(struct ike *i, const char *const *args)
{
	int fd = client_new(&i->f);

	put_request(fd, "redirect", args);
	run_loop(&i->f);
	return fd;
}

static void answer_and_close(struct ike *i, int fd, unsigned int matches,
			     const char *want)
{
	control_server_done(i->f.server, i->heard[0].token, 0, matches);
	run_loop(&i->f);
	assert_response(i, fd, want);
	close(fd);
}

static void connection_and_gateway_are_enough(void **state)
{
	struct ike *i = *state;
	int fd = asked(i, ARGS("ike=site", "gateway=192.0.2.9"));
	const struct ike_redirect *r = &i->heard[0].redirect;

	assert_int_equal(i->heard[0].verb, CONTROL_REDIRECT);
	assert_string_equal(r->conn, "site");
	assert_int_equal(r->ike_id, 0);
	assert_int_equal(r->by_addr, 0);
	assert_int_equal(r->peer_id.type, 0);
	assert_int_equal(r->to.type, GATEWAY_IPV4);
	assert_int_equal(r->to.len, 4);
	assert_memory_equal(r->to.octets, "\300\0\2\11", 4);
	answer_and_close(i, fd, 3, "success=yes matches=3");
}

static void all_selectors_are_taken(void **state)
{
	struct ike *i = *state;
	int fd = asked(i,
		       ARGS("ike-id=7", "peer-ip=192.0.2.0/24",
			    "peer-id=*.example.org", "gateway=gw.example.org"));
	const struct ike_redirect *r = &i->heard[0].redirect;
	const struct addr min = addr_of("192.0.2.0"),
			  max = addr_of("192.0.2.255");
	const struct identity id = id_of("*.example.org");

	assert_int_equal(r->ike_id, 7);
	assert_int_equal(r->by_addr, 1);
	assert_true(addr_equal(&r->peer_min, &min));
	assert_true(addr_equal(&r->peer_max, &max));
	assert_true(identity_equal(&r->peer_id, &id));
	assert_int_equal(r->to.type, GATEWAY_FQDN);
	assert_int_equal(r->to.len, 14);
	assert_memory_equal(r->to.octets, "gw.example.org", 14);
	answer_and_close(i, fd, 0,
			 "success=no matches=0 errmsg=no such client is up "
			 "that can be redirected");
}

static void range_and_ipv6_are_taken(void **state)
{
	struct ike *i = *state;
	int fd = asked(i, ARGS("peer-ip=2001:db8::1-2001:db8::9",
			       "gateway=2001:db8::77"));
	const struct addr max = addr_of("2001:db8::9");

	assert_true(addr_equal(&i->heard[0].redirect.peer_max, &max));
	assert_int_equal(i->heard[0].redirect.to.type, GATEWAY_IPV6);
	assert_int_equal(i->heard[0].redirect.to.len, 16);
	answer_and_close(i, fd, 1, "success=yes matches=1");
}

static void what_can_not_be_meant_is_refused(void **state)
{
	static const struct {
		const char *args[3], *why;
	} rows[] = {
		{ { "ike=site" }, "argument 'gateway' is missing" },
		{ { "gateway=192.0.2.9" }, "nothing to be redirected is named" },
		{ { "ike=site", "gateway=no name" },
		  "argument 'gateway' must be an address or a name" },
		{ { "peer-ip=192.0.2", "gateway=192.0.2.9" },
		  "argument 'peer-ip' must be an address, a prefix or a range" },
		{ { "peer-id=a=b", "gateway=192.0.2.9" },
		  "argument 'peer-id' must be an identity" },
		{ { "child=net", "gateway=192.0.2.9" },
		  "this command takes no argument 'child'" },
	};
	struct ike *i = *state;

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		char want[256];
		int fd = asked(i, rows[k].args);

		snprintf(want, sizeof(want), "success=no errmsg=%s",
			 rows[k].why);
		assert_response(i, fd, want);
		assert_int_equal(i->n_heard, 0);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(connection_and_gateway_are_enough),
		IKE_CASE(all_selectors_are_taken),
		IKE_CASE(range_and_ipv6_are_taken),
		IKE_CASE(what_can_not_be_meant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
