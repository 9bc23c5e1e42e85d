// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP's SYN and SYN-ACK through two gateways in memory: what size they name
 * behind the first and behind the second. After every case frames balance.
 */
#include <arpa/inet.h>
#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/packet.h"
#include "tests/unit/sadb_fixture.h"

#define SPI	 0x1001
#define BYTES	 44U
#define TCP_AT	 IPV4_HEADER_BYTES
#define MSS_AT	 (TCP_AT + TCP_HEADER_BYTES + 2U)
#define MSS	 1460U
#define CLAMPED	 1406U /* AES-GCM on 1500: 1446, less 40 */
#define SYN_ACK	 0x12
#define SMALLER	 1400U /* octets of another way */
#define CLAMPED2 1306U

/* Over the pseudo-header too; 0 when the checksum in it is right. */
static uint16_t tcp_checksum(const uint8_t *l3)
{
	const uint32_t bytes = BYTES - TCP_AT;
	uint8_t whole[12 + BYTES] = { 0 };

	memcpy(whole, l3 + 12, 8);
	whole[9] = PROTO_TCP;
	whole[11] = (uint8_t)bytes;
	memcpy(whole + 12, l3 + TCP_AT, bytes);
	return ipv4_checksum(whole, 12 + bytes);
}

static void put_syn(uint8_t *l3, uint8_t control)
{
	struct ip_header ip = {
		.total_bytes = BYTES,
		.fragment = IPV4_DF,
		.ttl = 64,
		.protocol = PROTO_TCP,
		.saddr = addr_of("10.1.0.5"),
		.daddr = addr_of("10.2.0.7"),
	};
	const uint8_t tail[] = { 0x60,	      control, 0xff,	 0xff,
				 0,	      0,       0,	 0,
				 TCP_OPT_MSS, 4,       MSS >> 8, MSS & 255 };
	uint16_t checksum;

	ipv4_build(l3, &ip);
	for (uint32_t i = TCP_AT; i < BYTES; i++)
		l3[i] = (uint8_t)i;
	memcpy(l3 + TCP_AT + 12, tail, sizeof(tail));
	checksum = tcp_checksum(l3);
	l3[TCP_AT + 16] = (uint8_t)(checksum >> 8);
	l3[TCP_AT + 17] = (uint8_t)checksum;
}

static uint32_t mss_of(const uint8_t *l3)
{
	return (uint32_t)l3[MSS_AT] << 8 | l3[MSS_AT + 1];
}

/* From host to host. */
static void carry(struct pair *p, const uint8_t *l3)
{
	assert_true(side_out(p->a, l3, BYTES));
	worker_step(&p->a->w);
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
}

static const uint8_t *arrived(const struct pair *p)
{
	uint32_t bytes;
	const uint8_t *frame;

	assert_int_equal(p->b->inside.tx_n, 1);
	frame = port_mem_sent(&p->b->inside, 0, &bytes);
	assert_int_equal(bytes, ETH_HEADER_BYTES + BYTES);
	return frame + ETH_HEADER_BYTES;
}

static void assert_carried(struct pair *p, const uint8_t *l3, uint32_t mss)
{
	carry(p, l3);
	assert_int_equal(mss_of(arrived(p)), mss);
	assert_int_equal(tcp_checksum(arrived(p)), tcp_checksum(l3));
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	port_mem_reset(&p->a->inside);
}

static int setup(void **state)
{
	pair_setup(state);
	add_pair(*state, SPI);
	return 0;
}

static void syn_and_syn_ack_are_clamped_on_the_way_out(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];

	p->b->w.mss_clamp = false;
	put_syn(l3, TCP_SYN);
	assert_int_equal(tcp_checksum(l3), 0);
	assert_carried(p, l3, CLAMPED);
	put_syn(l3, SYN_ACK);
	assert_carried(p, l3, CLAMPED);
}

static void syn_and_syn_ack_are_clamped_on_the_way_in(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];

	p->a->w.mss_clamp = false;
	put_syn(l3, TCP_SYN);
	assert_carried(p, l3, CLAMPED);
	put_syn(l3, SYN_ACK);
	assert_carried(p, l3, CLAMPED);
}

static void nothing_is_clamped_where_it_is_turned_off(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];

	p->a->w.mss_clamp = p->b->w.mss_clamp = false;
	put_syn(l3, TCP_SYN);
	assert_carried(p, l3, MSS);
}

static void segment_without_syn_passes_as_it_is(void **state)
{
	uint8_t l3[FRAME_BYTES];

	put_syn(l3, 0x10);
	assert_carried(*state, l3, MSS);
}

static void later_fragment_is_no_header(void **state)
{
	uint8_t l3[FRAME_BYTES];
	struct ip_header ip;

	put_syn(l3, TCP_SYN);
	assert_true(ipv4_parse(slice_of(l3, BYTES), &ip));
	ip.fragment = 1;
	ipv4_build(l3, &ip);
	assert_carried(*state, l3, MSS);
}

static void other_protocol_is_left(void **state)
{
	uint8_t l3[FRAME_BYTES];
	struct ip_header ip;

	put_syn(l3, TCP_SYN);
	assert_true(ipv4_parse(slice_of(l3, BYTES), &ip));
	ip.protocol = PROTO_UDP;
	ipv4_build(l3, &ip);
	assert_carried(*state, l3, MSS);
}

/* Of side b, under the generation of now. */
static void answer(struct pair *p, const char *dst, uint32_t ifindex)
{
	const struct nexthop nh = {
		.dst = addr_from_v4(inet_addr(dst)),
		.link_bytes = 12,
		.gen = atomic_load(&p->b->link.fib.gen),
		.kind = NH_PORT,
		.ifindex = ifindex,
		.role = ifindex == SIDE_INSIDE ? IFACE_PROTECTED
					       : IFACE_UNPROTECTED,
		.mtu = SMALLER,
		.expires_ns = UINT64_MAX,
	};

	nexthop_lookup(&p->b->w.nexthops, &nh.dst, 0);
	assert_true(spsc_push(&p->b->link.answers, &nh));
	worker_step(&p->b->w);
}

static void syn_that_comes_before_the_way_back_is_known_waits_for_it(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];

	p->a->w.mss_clamp = false;
	atomic_store(&p->b->link.fib.gen, 2);
	answer(p, "10.2.0.7", SIDE_INSIDE);
	put_syn(l3, TCP_SYN);
	carry(p, l3);
	assert_int_equal(p->b->inside.tx_n, 0);
	assert_int_equal(p->b->w.held, 1);
	answer(p, "192.0.2.1", SIDE_OUTSIDE);
	assert_int_equal(mss_of(arrived(p)), CLAMPED2);
	assert_int_equal(tcp_checksum(arrived(p)), 0);
	assert_int_equal(side_dropped(p->b), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(syn_and_syn_ack_are_clamped_on_the_way_out),
		CASE(syn_and_syn_ack_are_clamped_on_the_way_in),
		CASE(nothing_is_clamped_where_it_is_turned_off),
		CASE(segment_without_syn_passes_as_it_is),
		CASE(later_fragment_is_no_header),
		CASE(other_protocol_is_left),
		CASE(syn_that_comes_before_the_way_back_is_known_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
