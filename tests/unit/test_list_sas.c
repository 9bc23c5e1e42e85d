// SPDX-License-Identifier: BSD-2-Clause
/*
 * What list-sas says, and to whom. The clock stands still.
 */
#include "ctrl/control/words.h"
#include "include/proto.h"
#include "tests/unit/control_ike.h"

#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = 1000 };
	return 0;
}

/* --- SAs */

static void sa_is_listed_with_strongswans_fields(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site", "child=net"));
	got = take_event(i, fd, "list-sa");
	assert_string_equal(
		got,
		"site{uniqueid=3 version=2 state=ESTABLISHED "
		"local-host=192.0.2.1 local-port=500 "
		"local-id=moon.example.org remote-host=198.51.100.2 "
		"remote-port=4500 remote-id=sun.example.org initiator=yes "
		"initiator-spi=0123456789abcdef "
		"responder-spi=0000000000000042 encr-alg=AES_CBC "
		"encr-keysize=128 integ-alg=HMAC_SHA2_256_128 "
		"prf-alg=PRF_HMAC_SHA2_256 dh-group=CURVE_25519 "
		"established=300 rekey-time=3600 reauth-time=7200 "
		"child-sas{net-11{name=net uniqueid=11 reqid=7 state=INSTALLED "
		"mode=TUNNEL protocol=ESP spi-in=00001001 spi-out=c0ffee01 "
		"encr-alg=AES_GCM_16 encr-keysize=256 bytes-in=99120 "
		"packets-in=118 use-in=1 bytes-out=0 packets-out=0 "
		"drops-in-replay=3 drops-out-lifetime=2 lost-in=7 "
		"rekey-time=3600 life-time=3960 install-time=100 "
		"local-ts[10.1.0.0/16] "
		"remote-ts[10.2.0.0/16 10.2.0.0..10.2.0.9]}}}");
	assert_response(i, fd, "");
	close(fd);
}

static void virtual_ips_are_listed_where_there_are_some(void **state)
{
	struct ike *i = *state;
	struct ike_sa_view *sa = &i->sas[0];
	int fd = client_new(&i->f);

	sa->local_vips[0] = addr_of("10.3.0.1");
	sa->remote_vips[0] = addr_of("10.9.0.7");
	sa->remote_vips[1] = addr_of("2001:db8::7");
	sa->dns[0] = addr_of("10.2.0.53");
	sa->n_local_vips = sa->n_dns = 1;
	sa->n_remote_vips = 2;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site"));
	assert_has(take_event(i, fd, "list-sa"),
		   "rekey-time=3600 reauth-time=7200 local-vips[10.3.0.1] "
		   "remote-vips[10.9.0.7 2001:db8::7] dns[10.2.0.53] child-sas");
	assert_response(i, fd, "");
	close(fd);
}

static void list_ends_with_an_empty_response_after_its_items(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", NULL);
	assert_has(take_event(i, fd, "list-sa"), "site{");
	assert_has(take_event(i, fd, "list-sa"), "branch{");
	assert_response(i, fd, "");
	assert_answers(&i->f, fd);
	close(fd);
}

static void children_stand_below_their_own_sa(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", NULL);
	got = take_event(i, fd, "list-sa");
	assert_has(got, "net-11{");
	assert_has(got, "both-13{");
	assert_lacks(got, "both-12{");
	got = take_event(i, fd, "list-sa");
	assert_has(got, "both-12{");
	assert_lacks(got, "-11{");
	close(fd);
}

static void what_is_not_known_yet_is_left_out(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->sas[1].encr = i->sas[1].integ = i->sas[1].prf = i->sas[1].ke = 0;
	i->sas[1].remote_id = (struct identity){ 0 };
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike-id=4", "noblock=yes"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, "state=CONNECTING");
	assert_has(got, "remote-id=%any");
	assert_lacks(got, "established");
	assert_lacks(got, "prf-alg");
	assert_lacks(got, "dh-group");
	close(fd);
}

/* As strongSwan 6 does. */
static void additional_key_exchanges_are_listed_by_their_numbers(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->sas[0].addke[0] = KE_ECP_256;
	i->sas[0].addke[6] = KE_MODP_2048;
	i->child_sas[0].ke = i->child_sas[0].addke[2] = KE_CURVE25519;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site", "child=net"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, "dh-group=CURVE_25519 ke1=ECP_256 ke7=MODP_2048 "
			"established");
	assert_has(got, "dh-group=CURVE_25519 ke3=CURVE_25519 bytes-in");
	close(fd);
}

/* As swanctl reads it: hexadecimal, without 0x. */
static void interface_is_said_where_there_is_one(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->child_sas[0].if_id_in = 42;
	i->child_sas[0].if_id_out = UINT32_MAX;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, " if-id-in=0000002a if-id-out=ffffffff ");
	got = strstr(got, "both-13{");
	assert_non_null(got);
	assert_lacks(got, "if-id");
	close(fd);
}

static void cpu_is_said_of_one_of_several(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->child_sas[0].of_cpus = 1;
	i->child_sas[0].cpu = 2;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, " per-cpu-sas=yes cpu=1 ");
	got = strstr(got, "both-13{");
	assert_non_null(got);
	assert_lacks(got, "cpu");
	close(fd);
}

/* As charon does; what AH calls NULL is no cipher. */
static void transport_mode_and_ah_are_said(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->child_sas[0].mode = SADB_TRANSPORT;
	i->child_sas[0].protocol = IKE_PROTO_AH;
	i->child_sas[0].encr = ENCR_NULL;
	i->child_sas[0].integ = INTEG_HMAC_SHA2_256_128;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site"));
	got = take_event(i, fd, "list-sa");
	got = strstr(got, "mode=TRANSPORT protocol=AH ");
	assert_non_null(got);
	assert_has(got, "spi-out=c0ffee01 integ-alg=HMAC_SHA2_256_128 bytes");
	close(fd);
}

static void path_mtu_is_said_where_a_router_did(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->child_sas[0].path_mtu = 1400;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, "packets-out=0 path-mtu=1400 ");
	got = strstr(got, "both-13{");
	assert_non_null(got);
	assert_lacks(got, "path-mtu");
	close(fd);
}

static void nat_and_encapsulation_are_said(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->sas[0].nat_remote = true;
	i->child_sas[0].encap = i->child_sas[0].esn = true;
	i->child_sas[0].encr = ENCR_CHACHA20_POLY1305;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site", "child-id=11"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, " nat-remote=yes nat-any=yes ");
	assert_lacks(got, "nat-local");
	assert_has(got, " encap=yes ");
	assert_has(got, " encr-alg=CHACHA20_POLY1305 esn");
	assert_lacks(got, "weak");
	assert_lacks(got, "both-13");
	assert_response(i, fd, "");
	close(fd);
}

static void what_is_in_tcp_is_said_to_be(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site", "child-id=11"));
	assert_lacks(take_event(i, fd, "list-sa"), "tcp=");
	assert_response(i, fd, "");
	i->sas[0].tcp = i->child_sas[0].tcp = true;
	put_request(fd, "list-sas", ARGS("ike=site", "child-id=11"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, " tcp=yes ");
	assert_has(got, " protocol=ESP tcp=yes ");
	assert_response(i, fd, "");
	close(fd);
}

static void weak_child_is_said_to_be(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	i->child_sas[0].encr = ENCR_3DES;
	i->child_sas[0].encr_key_bits = 192;
	i->child_sas[0].integ = INTEG_HMAC_SHA1_96;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("ike=site", "child-id=11"));
	got = take_event(i, fd, "list-sa");
	assert_has(got, " encr-alg=3DES_CBC integ-alg=HMAC_SHA1_96 weak=yes ");
	assert_response(i, fd, "");
	close(fd);
}

static bool listed_as_weak(struct ike *i, int fd)
{
	bool weak;

	put_request(fd, "list-sas", ARGS("ike=site", "child-id=11"));
	weak = strstr(take_event(i, fd, "list-sa"), " weak=yes ") != NULL;
	assert_response(i, fd, "");
	return weak;
}

/* Its cipher, MAC, PRF or key exchange, and a child's key exchange. */
static void weak_ike_sa_and_weak_pfs_are_said_to_be(void **state)
{
	struct ike *i = *state;
	const struct ike_sa_view good = i->sas[0];
	struct ike_sa_view *ike = &i->sas[0];
	int fd = client_new(&i->f);

	register_for(i, fd, "list-sa");
	assert_false(listed_as_weak(i, fd));
	ike->encr = ENCR_3DES;
	ike->encr_key_bits = 192;
	assert_true(listed_as_weak(i, fd));
	*ike = good;
	ike->integ = INTEG_HMAC_MD5_96;
	assert_true(listed_as_weak(i, fd));
	*ike = good;
	ike->prf = PRF_HMAC_MD5;
	assert_true(listed_as_weak(i, fd));
	*ike = good;
	ike->ke = KE_MODP_1024;
	assert_true(listed_as_weak(i, fd));
	*ike = good;
	i->child_sas[0].ke = KE_MODP_1024_160;
	assert_true(listed_as_weak(i, fd));
	close(fd);
}

static void filter_that_nothing_passes_lists_nothing(void **state)
{
	static const char *const filters[] = { "ike=sit", "ike-id=5",
					       "ike-id=9" };
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-sa");
	for (size_t k = 0; k < sizeof(filters) / sizeof(filters[0]); k++) {
		put_request(fd, "list-sas", ARGS(filters[k]));
		assert_response(i, fd, "");
	}
	close(fd);
}

/* As strongSwan has it. */
static void filter_of_children_leaves_out_children_alone(void **state)
{
	static const char *const filters[] = { "child=ne", "child-id=3" };
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-sa");
	for (size_t k = 0; k < sizeof(filters) / sizeof(filters[0]); k++) {
		put_request(fd, "list-sas", ARGS(filters[k]));
		assert_has(take_event(i, fd, "list-sa"), " child-sas{}}");
		assert_has(take_event(i, fd, "list-sa"), " child-sas{}}");
		assert_response(i, fd, "");
	}
	close(fd);
}

static void times_are_those_of_one_that_is_established(void **state)
{
	static const uint8_t others[] = { SA_VIEW_CONNECTING, SA_VIEW_REKEYING,
					  SA_VIEW_REKEYED, SA_VIEW_DELETING };
	struct ike *i = *state;
	int fd = client_new(&i->f);
	const char *got;

	register_for(i, fd, "list-sa");
	for (size_t k = 0; k < sizeof(others); k++) {
		i->sas[0].state = others[k];
		put_request(fd, "list-sas", ARGS("ike=site", "child=none"));
		got = take_event(i, fd, "list-sa");
		assert_lacks(got, "established=");
		assert_lacks(got, "-time=");
		assert_response(i, fd, "");
	}
	close(fd);
}

static void sa_that_is_gone_is_not_listed(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->sas[0].state = SA_VIEW_GONE;
	i->child_sas[1].state = SA_VIEW_GONE;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", NULL);
	assert_has(take_event(i, fd, "list-sa"), "child-sas{}");
	assert_response(i, fd, "");
	close(fd);
}

static void selectors_more_than_there_can_be_are_not_read(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->child_sas[0].n_selectors = UINT32_MAX;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", ARGS("child=net"));
	assert_has(take_event(i, fd, "list-sa"), "local-ts[10.1.0.0/16 ");
	close(fd);
}

static void list_without_memory_is_refused(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	i->no_memory = true;
	register_for(i, fd, "list-sa");
	put_request(fd, "list-sas", NULL);
	assert_response(i, fd, "success=no errmsg=out of memory for a list");
	close(fd);
}

/* --- to whom */

static void who_is_not_registered_gets_the_response_alone(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	put_request(fd, "list-sas", NULL);
	assert_response(i, fd, "");
	assert_int_equal(i->sas_taken, 0);
	register_for(i, fd, "list-sa");
	put_packet(fd, VICI_EVENT_UNREGISTER, "list-sa");
	assert_int_equal(take_packet(&i->f, fd).type, VICI_EVENT_CONFIRM);
	put_request(fd, "list-sas", NULL);
	assert_response(i, fd, "");
	close(fd);
}

static void items_go_to_who_asked_alone(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f), other = client_new(&i->f);

	register_for(i, fd, "list-conn");
	register_for(i, other, "list-conn");
	put_request(fd, "list-conns", ARGS("ike=site"));
	take_event(i, fd, "list-conn");
	assert_response(i, fd, "");
	assert_silent(i, other);
	close(other);
	close(fd);
}

static void without_ike_lists_are_empty(void **state)
{
	static const struct {
		const char *event, *command, *want;
	} lists[] = {
		{ "list-sa", "list-sas", "" },
		{ "list-conn", "list-conns", "" },
		{ "list-policy", "list-policies", "" },
		{ "list-cert", "list-certs", "" },
		{ "list-authority", "list-authorities", "" },
		{ "log", "get-conns", "conns[]" },
	};
	struct fixture *f = *state;
	int fd = client_new(f);

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		struct vici_packet packet;

		put_packet(fd, VICI_EVENT_REGISTER, lists[k].event);
		assert_int_equal(take_packet(f, fd).type, VICI_EVENT_CONFIRM);
		put_request(fd, lists[k].command, NULL);
		packet = take_packet(f, fd);
		assert_int_equal(packet.type, VICI_CMD_RESPONSE);
		assert_string_equal(text_of(packet.body), lists[k].want);
	}
	close(fd);
}

/* --- arguments */

static void argument_that_makes_no_sense_is_refused_by_name(void **state)
{
	static const struct {
		const char *arg, *want;
	} cases[] = {
		{ "leases=yes", "this command takes no argument 'leases'" },
		{ "timeout=1", "this command takes no argument 'timeout'" },
		{ "a\x1b[2J=1", "this command takes no argument of such a name, "
				"which is too long or not text" },
		{ "ike", "argument 'ike' must be one value, no list or "
			 "section" },
		{ "ike=", "argument 'ike' must be a name of 1 to 63 octets" },
		{ "ike=0123456789012345678901234567890123456789012345678901234"
		  "567890123",
		  "argument 'ike' must be a name of 1 to 63 octets" },
		{ "ike-id=0", "argument 'ike-id' must be the number of an SA" },
		{ "ike-id=-1", "argument 'ike-id' must be the number of an SA" },
		{ "ike-id=4294967296",
		  "argument 'ike-id' must be the number of an SA" },
		{ "child-id=1x",
		  "argument 'child-id' must be the number of an SA" },
		{ "child-id=",
		  "argument 'child-id' must be the number of an SA" },
		{ "noblock=maybe", "argument 'noblock' must be yes or no" },
	};
	struct ike *i = *state;
	int fd = client_new(&i->f);

	register_for(i, fd, "list-sa");
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		char want[256];

		snprintf(want, sizeof(want), "success=no errmsg=%s",
			 cases[k].want);
		put_request(fd, "list-sas", ARGS(cases[k].arg));
		assert_response(i, fd, want);
	}
	close(fd);
}

static void argument_that_comes_twice_is_refused(void **state)
{
	struct ike *i = *state;
	int fd = client_new(&i->f);

	put_request(fd, "list-sas", ARGS("ike=site", "ike=branch"));
	assert_response(i, fd,
			"success=no errmsg=argument 'ike' must be given once");
	put_request(fd, "list-sas", ARGS("noblock=no", "noblock=yes"));
	assert_response(
		i, fd,
		"success=no errmsg=argument 'noblock' must be given once");
	close(fd);
}

static void opaque_ports_are_written_as_strongswan_does(void **state)
{
	struct ts_conf ts = { .protocol = PROTO_TCP,
			      .port_min = PORT_OPAQUE_MIN,
			      .port_max = PORT_OPAQUE_MAX };
	char text[TS_STR_MAX];

	(void)state;
	assert_int_equal(prefix_parse("10.1.0.0/16", &ts.net), 0);
	assert_string_equal(ts_conf_str(&ts, text), "10.1.0.0/16[tcp/OPAQUE]");
}

static void selectors_are_written_as_strongswan_does(void **state)
{
	struct ts_conf ts = { .protocol = PROTO_ICMP,
			      .port_min = 0x0800,
			      .port_max = 0x08ff };
	char text[TS_STR_MAX];

	(void)state;
	assert_int_equal(prefix_parse("10.1.0.10", &ts.net), 0);
	assert_int_equal(addr_parse("10.1.0.20", &ts.last), 0);
	assert_string_equal(ts_conf_str(&ts, text),
			    "10.1.0.10..10.1.0.20[icmp/8-8(255)]");
	ts.port_max = ts.port_min = 0x0304;
	assert_string_equal(ts_conf_str(&ts, text),
			    "10.1.0.10..10.1.0.20[icmp/3(4)]");
	ts.dynamic = true;
	ts.protocol = PROTO_ICMPV6;
	ts.port_max = ts.port_min = 0x8000;
	assert_string_equal(ts_conf_str(&ts, text), "dynamic[ipv6-icmp/128]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opaque_ports_are_written_as_strongswan_does),
		cmocka_unit_test(selectors_are_written_as_strongswan_does),
		IKE_CASE(sa_is_listed_with_strongswans_fields),
		IKE_CASE(virtual_ips_are_listed_where_there_are_some),
		IKE_CASE(list_ends_with_an_empty_response_after_its_items),
		IKE_CASE(children_stand_below_their_own_sa),
		IKE_CASE(what_is_not_known_yet_is_left_out),
		IKE_CASE(additional_key_exchanges_are_listed_by_their_numbers),
		IKE_CASE(interface_is_said_where_there_is_one),
		IKE_CASE(cpu_is_said_of_one_of_several),
		IKE_CASE(transport_mode_and_ah_are_said),
		IKE_CASE(path_mtu_is_said_where_a_router_did),
		IKE_CASE(nat_and_encapsulation_are_said),
		IKE_CASE(what_is_in_tcp_is_said_to_be),
		IKE_CASE(weak_child_is_said_to_be),
		IKE_CASE(weak_ike_sa_and_weak_pfs_are_said_to_be),
		IKE_CASE(filter_that_nothing_passes_lists_nothing),
		IKE_CASE(filter_of_children_leaves_out_children_alone),
		IKE_CASE(times_are_those_of_one_that_is_established),
		IKE_CASE(sa_that_is_gone_is_not_listed),
		IKE_CASE(selectors_more_than_there_can_be_are_not_read),
		IKE_CASE(list_without_memory_is_refused),
		IKE_CASE(who_is_not_registered_gets_the_response_alone),
		IKE_CASE(items_go_to_who_asked_alone),
		CASE(without_ike_lists_are_empty),
		IKE_CASE(argument_that_makes_no_sense_is_refused_by_name),
		IKE_CASE(argument_that_comes_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
