// SPDX-License-Identifier: BSD-2-Clause
/* MOVE: SAs that go on between other addresses, and those that may not or can't. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/sadb_fixture.h"

#define SPI	0x1001U
#define EVERY_S 20U

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct sadb_request move_of(const struct sadb_request *add,
				   const char *from, const char *to,
				   uint16_t port)
{
	struct sadb_request q = { .verb = SADB_MOVE, .id = add->id };

	q.sa.saddr = addr_of(from);
	q.sa.encap_sport = q.sa.encap_dport = port;
	q.daddr = addr_of(to);
	return q;
}

static int move(struct side *s, const struct sadb_request *add,
		const char *from, const char *to, uint16_t port)
{
	struct sadb_request q = move_of(add, from, to, port);

	return side_call(s, &q).err;
}

static struct sadb_request inbound_of(const struct pair *p)
{
	return side_add(SADB_IN, false, SPI, p->policy_b, &p->narrow_b);
}

/* The outer header of the last packet of a, which b may have. */
static struct ip_header send_outer(struct pair *p)
{
	const uint8_t *frame;
	uint8_t l3[FRAME_BYTES];
	struct ip_header ip;
	uint32_t bytes;

	assert_true(send_one(p, l3));
	assert_int_equal(p->a->outside.tx_n, 1);
	frame = port_mem_sent(&p->a->outside, 0, &bytes);
	assert_true(ip_parse(slice_of(frame + ETH_HEADER_BYTES,
				      bytes - ETH_HEADER_BYTES),
			     &ip));
	return ip;
}

/* In use, each end with the other's address from then on: the two next hops that
 * there are. */
static void packets_go_on_between_the_new_addresses(void **state)
{
	static const uint16_t ports[] = { 0, 4500, 0 };
	struct pair *p = *state;
	const struct sadb_request out = add_pair(p, SPI), in = inbound_of(p);

	cross(p, 3);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct ip_header ip;

		assert_int_equal(
			move(p->a, &out, "192.0.2.2", "192.0.2.1", ports[i]), 0);
		ip = send_outer(p);
		assert_true(addr_equal(&ip.saddr, &in.id.daddr));
		assert_int_equal(ip.protocol, ports[i] ? PROTO_UDP : PROTO_ESP);
		assert_int_equal(side_carry(p->a, p->b), i > 0);
		worker_step(&p->b->w);
		port_mem_reset(&p->b->inside);
		assert_int_equal(
			move(p->b, &in, "192.0.2.2", "192.0.2.1", ports[i]), 0);
		cross(p, 3);
	}
	/* And where it was it is no more. */
	assert_int_equal(move(p->a, &out, "192.0.2.1", "192.0.2.2", 0), 0);
	send_outer(p);
	assert_int_equal(side_carry(p->a, p->b), 0);
	assert_int_equal(side_dropped(p->b), 0);
}

/* From then on nothing of it leaves by a port, and it is found by its SPI alone. */
static void sas_move_into_tcp_and_out_again(void **state)
{
	struct pair *p = *state;
	const struct sadb_request out = add_pair(p, SPI), in = inbound_of(p);
	struct sadb_request q = move_of(&out, "192.0.2.1", "192.0.2.2", 0);
	uint8_t l3[FRAME_BYTES];

	sadb_allow_streams(p->a->sadb, true);
	sadb_allow_streams(p->b->sadb, true);
	cross(p, 3);
	assert_null(sad_of_stream(p->b->sad, SPI));
	q.sa.stream = 5;
	assert_int_equal(side_call(p->a, &q).err, 0);
	q.id = in.id;
	assert_int_equal(side_call(p->b, &q).err, 0);
	assert_non_null(sad_of_stream(p->b->sad, SPI));
	assert_null(sad_of_stream(p->b->sad, SPI + 1));
	assert_null(sad_of_stream(p->b->sad, SPI + SAD_MAX));
	assert_true(send_one(p, l3));
	assert_int_equal(p->a->outside.tx_n, 0);
	assert_int_equal(p->a->drops[DROP_STREAM_GONE].pkts, 1);
	assert_int_equal(move(p->a, &out, "192.0.2.1", "192.0.2.2", 0), 0);
	assert_int_equal(move(p->b, &in, "192.0.2.1", "192.0.2.2", 0), 0);
	assert_null(sad_of_stream(p->b->sad, SPI));
	cross(p, 3);
}

static void tcp_carries_esp_in_tunnel_mode_alone(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = inbound_of(p), udp, ah, transport;

	sadb_allow_streams(p->b->sadb, true);
	q.sa.stream = STREAM_LOST;
	udp = ah = transport = q;
	udp.sa.encap_sport = udp.sa.encap_dport = 4500;
	assert_int_equal(side_call(p->b, &udp).err, -EINVAL);
	ah.sa.protocol = IKE_PROTO_AH;
	ah.sa.encr = ENCR_NULL;
	ah.sa.encr_key_bits = ah.sa.encr_key_len = 0;
	ah.sa.integ = INTEG_HMAC_SHA2_256_128;
	ah.sa.integ_key_len = 32;
	assert_int_equal(side_call(p->b, &ah).err, -EINVAL);
	transport.sa.mode = SADB_TRANSPORT;
	assert_int_equal(side_call(p->b, &transport).err, -EINVAL);
	assert_int_equal(sad_count(p->b->sad), 0);
	assert_int_equal(side_call(p->b, &q).err, 0);
}

/* Only ours could be so, and they are chosen so that they are not. */
static void spis_that_are_too_alike_are_not_both_in_tcp(void **state)
{
	struct pair *p = *state;
	const uint32_t other = SPI + SAD_MAX;
	struct sadb_request a = inbound_of(p), b;

	sadb_allow_streams(p->b->sadb, true);
	b = side_add(SADB_IN, false, other, p->policy_b, &p->narrow_b);
	a.sa.stream = b.sa.stream = 5;
	assert_int_equal(side_call(p->b, &a).err, 0);
	assert_int_equal(side_call(p->b, &b).err, -EEXIST);
	assert_non_null(sad_of_stream(p->b->sad, SPI));
	a = side_verb(&a, SADB_DELETE);
	assert_int_equal(side_call(p->b, &a).err, 0);
	assert_null(sad_of_stream(p->b->sad, SPI));
	assert_int_equal(side_call(p->b, &b).err, 0);
	assert_non_null(sad_of_stream(p->b->sad, other));
}

static void moved_sas_leave_without_a_trace(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, SPI), in = inbound_of(p);

	assert_int_equal(move(p->a, &out, "192.0.2.2", "192.0.2.1", 0), 0);
	assert_int_equal(move(p->b, &in, "192.0.2.2", "192.0.2.1", 0), 0);
	out = side_verb(&out, SADB_DELETE);
	in = side_verb(&in, SADB_DELETE);
	assert_int_equal(side_call(p->a, &out).err, 0);
	assert_int_equal(side_call(p->b, &in).err, 0);
	for (size_t i = 0; i < SIDE_SAS; i++) {
		assert_int_equal(p->b->inbound.at[i].ref, 0);
		assert_int_equal(p->a->outbound.at[i].ref, 0);
	}
}

static void keepalives_begin_and_end_with_a_nat(void **state)
{
	struct pair *p = *state;
	const struct sadb_request out = add_pair(p, SPI);
	struct sadb_request q = move_of(&out, "192.0.2.1", "192.0.2.2", 4500);

	sadb_set_keepalive(p->a->sadb, EVERY_S);
	q.sa.keepalive = 1;
	assert_int_equal(side_call(p->a, &q).err, 0);
	p->a->now_ns += EVERY_S * NS_PER_S;
	side_poll(p->a);
	assert_int_equal(p->a->keepalives, 1);
	assert_int_equal(move(p->a, &out, "192.0.2.1", "192.0.2.2", 0), 0);
	p->a->now_ns += EVERY_S * NS_PER_S;
	side_poll(p->a);
	assert_int_equal(p->a->keepalives, 1);
}

static void set_ends(struct pair *p, bool roams)
{
	struct policy_ends ends = { .n_local = 1, .n_remote = 1, .roams = roams };

	assert_int_equal(range_parse("192.0.2.1", &ends.local[0]), 0);
	assert_int_equal(range_parse("192.0.2.2", &ends.remote[0]), 0);
	sadb_set_ends(p->a->sadb, p->policy_a, &ends);
}

/* Else who took ike over could have the traffic sent to where it listens. */
static void addresses_are_those_that_the_policy_permits(void **state)
{
	static const struct {
		const char *from, *to;
		bool roams;
		int err;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.2", false, 0 },
		{ "192.0.2.1", "203.0.113.9", false, -EPERM },
		{ "192.0.2.1", "203.0.113.9", true, 0 },
		{ "192.0.2.3", "192.0.2.2", true, -EPERM },
		{ "192.0.2.1", "192.0.2.1", true, -EINVAL },
		{ "192.0.2.1", "224.0.0.1", true, -EINVAL },
		{ "192.0.2.1", "2001:db8::1", true, -EINVAL },
	};
	struct pair *p = *state;
	const struct sadb_request out = add_pair(p, SPI);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_ends(p, rows[i].roams);
		assert_int_equal(move(p->a, &out, rows[i].from, rows[i].to, 0),
				 rows[i].err);
	}
}

static void what_can_not_be_moved_is_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, SPI), q, ah;
	struct sadb_id id = out.id;
	struct error e;

	q = move_of(&out, "192.0.2.1", "192.0.2.2", 4500);
	q.sa.encap_sport = 0;
	assert_int_equal(side_call(p->a, &q).err, -EINVAL);
	q = move_of(&out, "192.0.2.1", "192.0.2.2", 0);
	q.sa.stream = 1;
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	sadb_allow_streams(p->a->sadb, true);
	q.sa.encap_sport = q.sa.encap_dport = 4500;
	assert_int_equal(side_call(p->a, &q).err, -EINVAL);
	q.sa.encap_sport = q.sa.encap_dport = 0;
	q.sa.stream = 0;
	q.id.spi++;
	assert_int_equal(side_call(p->a, &q).err, -ENOENT);

	ah = side_add(SADB_OUT, false, SPI + 2, p->policy_a, &p->narrow_a);
	ah.sa.protocol = IKE_PROTO_AH;
	ah.sa.encr = ENCR_NULL;
	ah.sa.encr_key_bits = 0;
	ah.sa.encr_key_len = 0;
	ah.sa.integ = INTEG_HMAC_SHA2_256_128;
	ah.sa.integ_key_len = 32;
	assert_int_equal(side_call(p->a, &ah).err, 0);
	assert_int_equal(move(p->a, &ah, "192.0.2.1", "192.0.2.2", 0),
			 -EOPNOTSUPP);

	/* Of the configuration nothing is ike's. */
	id.spi = SPI + 3;
	out.sa.n_selectors = 0;
	out.sa.encr_key[0] ^= 1;
	assert_int_equal(sadb_install(p->a->sadb, &id, &out.sa, NULL, 0, &e), 0);
	q = move_of(&out, "192.0.2.1", "192.0.2.2", 0);
	q.id = id;
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packets_go_on_between_the_new_addresses),
		CASE(sas_move_into_tcp_and_out_again),
		CASE(tcp_carries_esp_in_tunnel_mode_alone),
		CASE(spis_that_are_too_alike_are_not_both_in_tcp),
		CASE(moved_sas_leave_without_a_trace),
		CASE(keepalives_begin_and_end_with_a_nat),
		CASE(addresses_are_those_that_the_policy_permits),
		CASE(what_can_not_be_moved_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
