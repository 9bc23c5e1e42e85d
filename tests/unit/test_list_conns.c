// SPDX-License-Identifier: BSD-2-Clause
/* What list-conns, list-policies and get-conns say. */
#include "include/proto.h"
#include "tests/unit/control_ike.h"

static void connection_is_listed_with_strongswans_fields(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-conn");
	put_request(fd, "list-conns", ARGS("ike=branch"));
	assert_string_equal(
		take_event(i, fd, "list-conn"),
		"branch{local_addrs[%any] local_port=500 "
		"remote_addrs[198.51.100.2] remote_port=500 version=IKEv2 "
		"reauth_time=0 rekey_time=14400 unique=UNIQUE_NO dpd_delay=30 "
		"local-1{id=moon.example.org class=pre-shared key groups[] "
		"cert_policy[] certs[] cacerts[]} "
		"remote-1{id=sun.example.org class=pre-shared key groups[] "
		"cert_policy[] certs[] cacerts[]} "
		"children{lazy{mode=TUNNEL rekey_time=3600 rekey_bytes=0 "
		"rekey_packets=0 dpd_action=none close_action=none "
		"local-ts[10.1.0.0/16] remote-ts[10.4.0.0/16[tcp/80-90]]} "
		"both{mode=TUNNEL rekey_time=3600 rekey_bytes=0 "
		"rekey_packets=0 dpd_action=none close_action=none "
		"local-ts[10.1.0.0/16] remote-ts[10.5.0.0/16]}}}");
	assert_response(i, fd, "");
	close(fd);
}

static void round_of_authentication_has_a_section_each(void **state)
{
	struct auth_round more[3] = { { .auth.by = AUTH_BY_PUBKEY } };
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *text;

	more[0].id = id_of("moon");
	more[1].id = id_of("sun");
	more[2].id = id_of("sun.example.net");
	i->conns[0].more_rounds = more;
	i->conns[0].n_more_local = 1;
	i->conns[0].n_more_remote = 2;
	register_for(i, fd, "list-conn");
	put_request(fd, "list-conns", NULL);
	text = take_event(i, fd, "list-conn");
	assert_non_null(strstr(text, "local-1{id=moon.example.org class=pre"));
	assert_non_null(strstr(text, "local-2{id=moon class=public key"));
	assert_null(strstr(text, "local-3"));
	assert_non_null(strstr(text, "remote-2{id=sun class=pre-shared"));
	assert_non_null(strstr(text, "remote-3{id=sun.example.net class=pre"));
	i->conns[0].more_rounds = NULL;
	i->conns[0].n_more_local = i->conns[0].n_more_remote = 0;
	close(fd);
}

static void peer_with_a_name_is_listed_by_it(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	strcpy(i->conns[0].remote_host, "gw.example.net");
	register_for(i, fd, "list-conn");
	put_request(fd, "list-conns", NULL);
	assert_has(take_event(i, fd, "list-conn"),
		   "remote_addrs[gw.example.net]");
	close(fd);
}

static void connection_that_takes_tcp_is_listed_so(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->conns[0].tcp_encap = TCP_ENCAP_FALLBACK;
	register_for(i, fd, "list-conn");
	put_request(fd, "list-conns", NULL);
	assert_has(take_event(i, fd, "list-conn"), " tcp_encap=fallback ");
	close(fd);
}

static void dynamic_selector_is_called_so(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->children[0][0].local_ts[0].dynamic = true;
	i->children[0][0].local_ts[0].protocol = 17;
	i->conns[0].remote_addrs[0].net.bits = 24;
	register_for(i, fd, "list-conn");
	put_request(fd, "list-conns", NULL);
	assert_has(take_event(i, fd, "list-conn"), "local-ts[dynamic[udp]]");
	close(fd);
}

static void policy_is_listed_where_traffic_brings_it_up(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-policy");
	put_request(fd, "list-policies",
		    ARGS("trap=yes", "drop=yes", "pass=yes"));
	assert_string_equal(take_event(i, fd, "list-policy"),
			    "branch/lazy{child=lazy ike=branch mode=TUNNEL "
			    "local-ts[10.1.0.0/16] "
			    "remote-ts[10.4.0.0/16[tcp/80-90]]}");
	assert_response(i, fd, "");
	close(fd);
}

static void policies_of_another_kind_or_child_are_not_listed(void **state)
{
	static const char *const others[][2] = { { "drop=yes", "trap=no" },
						 { "pass=yes", NULL },
						 { "trap=yes", "child=net" },
						 { "trap=yes", "ike=site" } };
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-policy");
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		put_request(fd, "list-policies",
			    ARGS(others[k][0], others[k][1]));
		assert_response(i, fd, "");
	}
	close(fd);
}

static const struct policy_conf *take_policies(void *ctx, size_t *n)
{
	static struct policy_conf policies[] = {
		{ .name = "by-hand", .action = SPD_PROTECT },
		{ .name = "dhcp", .action = SPD_BYPASS },
		{ .name = "rest", .action = SPD_DISCARD },
	};

	(void)ctx;
	for (size_t i = 0; i < 3; i++)
		policies[i].selector =
			selector_of("10.1.255.255", "10.2.255.255");
	policies[1].selector.protocol = PROTO_UDP;
	policies[1].selector.remote_port_min = 67;
	policies[1].selector.remote_port_max = 67;
	*n = 3;
	return policies;
}

static void policies_without_a_connection_are_shunts(void **state)
{
	struct ike *i = *state;
	int fd;

	control_server_free(i->f.server);
	i->f.callbacks.policies = take_policies;
	assert_int_equal(server_new(&i->f, i->f.path, &i->f.server,
				    &(struct error){ 0 }),
			 0);
	fd = client_new(&i->f);
	register_for(i, fd, "list-policy");
	put_request(fd, "list-policies", ARGS("pass=yes"));
	assert_string_equal(take_event(i, fd, "list-policy"),
			    "dhcp{child=dhcp mode=PASS "
			    "local-ts[10.1.0.0/16[udp]] "
			    "remote-ts[10.2.0.0/16[udp/67]]}");
	assert_response(i, fd, "");
	put_request(fd, "list-policies", ARGS("drop=yes"));
	assert_string_equal(take_event(i, fd, "list-policy"),
			    "rest{child=rest mode=DROP local-ts[10.1.0.0/16] "
			    "remote-ts[10.2.0.0/16]}");
	assert_response(i, fd, "");
	put_request(fd, "list-policies",
		    ARGS("drop=yes", "pass=yes", "child=by-hand"));
	assert_response(i, fd, "");
	put_request(fd, "list-policies", ARGS("drop=yes", "ike=site"));
	assert_response(i, fd, "");
	close(fd);
}

static void trap_is_listed_as_it_was_left(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->children[0][0].trap = TRAP_INSTALLED;
	i->children[1][0].trap = TRAP_UNINSTALLED;
	register_for(i, fd, "list-policy");
	put_request(fd, "list-policies", ARGS("trap=yes"));
	assert_has(take_event(i, fd, "list-policy"), "site/net{child=net ");
	assert_response(i, fd, "");
	close(fd);
}

static void certificates_are_asked_for_by_what_there_could_be(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	put_request(fd, "list-certs",
		    ARGS("type=X509", "flag=ca", "subject=C=CH, CN=moon"));
	assert_response(i, fd, "");
	put_request(fd, "list-certs", ARGS("flag=root"));
	assert_response(i, fd,
			"success=no errmsg=argument 'flag' must be NONE, CA, "
			"AA, OCSP or ANY");
	put_request(fd, "list-certs", ARGS("subject="));
	assert_response(i, fd,
			"success=no errmsg=argument 'subject' must be a "
			"distinguished name");
	put_request(fd, "list-authorities", ARGS("name=moon"));
	assert_response(i, fd, "");
	close(fd);
}

static void get_conns_names_those_that_came_over_vici(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	put_request(fd, "get-conns", NULL);
	assert_response(i, fd, "conns[branch]");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(connection_is_listed_with_strongswans_fields),
		IKE_CASE(round_of_authentication_has_a_section_each),
		IKE_CASE(peer_with_a_name_is_listed_by_it),
		IKE_CASE(connection_that_takes_tcp_is_listed_so),
		IKE_CASE(dynamic_selector_is_called_so),
		IKE_CASE(policy_is_listed_where_traffic_brings_it_up),
		IKE_CASE(policies_of_another_kind_or_child_are_not_listed),
		IKE_CASE(policies_without_a_connection_are_shunts),
		IKE_CASE(trap_is_listed_as_it_was_left),
		IKE_CASE(certificates_are_asked_for_by_what_there_could_be),
		IKE_CASE(get_conns_names_those_that_came_over_vici),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
