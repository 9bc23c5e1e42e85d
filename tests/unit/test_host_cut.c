// SPDX-License-Identifier: BSD-2-Clause
/*
 * Large packets of the host, cut into those that it would have sent one by one;
 * partial checksums made whole. Checksums are verified over a pseudo-header of
 * this file's own making.
 */
#include "tests/unit/host_fixture.h"

#define ROOM 3500U

static bool begins(struct host_cut *c, const struct large *l)
{
	return host_cut_begin(c, &l->vnet, l->frame, l->bytes, ROOM);
}

/* Is this the packet that the host would have sent as its nth? */
static void assert_segment(const struct large *l, const uint8_t *l3,
			   uint32_t bytes, uint32_t n)
{
	uint32_t head = l->l4_at + l->head, last = PAYLOAD / SIZE;
	const uint8_t *l4 = l3 + l->l4_at;
	struct ip_header ip;

	assert_int_equal(bytes - head, n == last ? PAYLOAD % SIZE : SIZE);
	assert_true(ip_parse(slice_of(l3, bytes), &ip));
	assert_int_equal(ip.total_bytes, bytes);
	assert_int_equal(fault(l3, &ip), 0);
	assert_memory_equal(l3 + head,
			    l->frame + ETH_HEADER_BYTES + head + n * SIZE,
			    bytes - head);
	assert_int_equal(ip.id, ip.version == 4 ? (uint16_t)(ID + n) : 0);
	if (l->protocol == PROTO_UDP) {
		assert_int_equal(get_u16(l4 + 4), bytes - l->l4_at);
		return;
	}
	assert_int_equal((uint32_t)get_u16(l4 + 4) << 16 | get_u16(l4 + 6),
			 (uint32_t)(SEQ + n * SIZE));
	assert_int_equal(l4[13],
			 ACK | (n == last ? FIN : 0) | (n == 0 ? CWR : 0));
}

static void assert_cut(uint8_t version, uint8_t protocol)
{
	const struct large l = large(version, protocol);
	uint8_t l3[ROOM];
	struct host_cut c;
	uint32_t n = 0;

	for (assert_true(begins(&c, &l)); host_cut_has_more(&c); n++)
		assert_segment(&l, l3, host_cut_next(&c, l3), n);
	assert_int_equal(n, PAYLOAD / SIZE + 1);
}

static void tcp_over_ipv4_is_cut(void **state)
{
	(void)state;
	assert_cut(4, PROTO_TCP);
}

static void tcp_over_ipv6_is_cut(void **state)
{
	(void)state;
	assert_cut(6, PROTO_TCP);
}

static void udp_over_ipv4_is_cut(void **state)
{
	(void)state;
	assert_cut(4, PROTO_UDP);
}

static void udp_over_ipv6_is_cut(void **state)
{
	(void)state;
	assert_cut(6, PROTO_UDP);
}

static void packet_of_one_segment_is_one(void **state)
{
	struct large l = large(4, PROTO_TCP);
	uint8_t l3[ROOM];
	struct host_cut c;

	(void)state;
	l.vnet.gso_size = PAYLOAD;
	assert_true(begins(&c, &l));
	assert_int_equal(host_cut_next(&c, l3), l.ip.total_bytes);
	assert_false(host_cut_has_more(&c));
}

static void assert_refused(const struct large *l)
{
	struct host_cut c;

	assert_false(begins(&c, l));
	assert_false(host_cut_has_more(&c));
}

static void segment_size_of_0_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);

	(void)state;
	l.vnet.gso_size = 0;
	assert_refused(&l);
}

static void segments_larger_than_their_room_are_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);
	struct host_cut c;

	(void)state;
	l.vnet.gso_size = (uint16_t)(ROOM - l.l4_at - l.head);
	assert_true(begins(&c, &l));
	l.vnet.gso_size++;
	assert_refused(&l);
}

static void type_that_the_packet_is_not_of_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);

	(void)state;
	l.vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	assert_refused(&l);
	l.vnet.gso_type = VNET_GSO_UDP_L4;
	assert_refused(&l);
	l.vnet.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	assert_refused(&l);
}

static void checksum_in_another_place_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);

	(void)state;
	l.vnet.csum_offset = 6;
	assert_refused(&l);
	l = large(4, PROTO_TCP);
	l.vnet.csum_start++;
	assert_refused(&l);
	l = large(4, PROTO_TCP);
	l.vnet.flags = 0;
	assert_refused(&l);
}

static void fragment_is_not_cut(void **state)
{
	struct large l = large(4, PROTO_TCP);

	(void)state;
	l.ip.fragment = IPV4_MF;
	ip_build(l.frame + ETH_HEADER_BYTES, &l.ip);
	assert_refused(&l);
}

static void tcp_header_that_lies_about_its_length_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);
	uint8_t *offset = l.frame + ETH_HEADER_BYTES + l.l4_at + 12;

	(void)state;
	*offset = 4 << 4;
	assert_refused(&l);
}

static void frame_that_is_cut_short_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP);

	(void)state;
	for (l.bytes--; l.bytes; l.bytes--)
		assert_refused(&l);
	assert_refused(&l);
}

static void partial_checksum_is_made_whole(void **state)
{
	const uint8_t versions[] = { 4, 6 };
	const uint8_t protocols[] = { PROTO_TCP, PROTO_UDP };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct large l = large(versions[i / 2], protocols[i % 2]);
		uint8_t *l3 = l.frame + ETH_HEADER_BYTES;

		l.ip.header_bytes = (uint16_t)l.l4_at;
		assert_int_not_equal(fault(l3, &l.ip), 0);
		assert_true(host_complete(&l.vnet, l.frame, l.bytes));
		assert_int_equal(fault(l3, &l.ip), 0);
	}
}

/* RFC 768: a sum of 0 goes as all ones. */
static void checksum_of_0_is_told_from_none(void **state)
{
	struct large l = large(4, PROTO_UDP);
	uint8_t *l4 = l.frame + ETH_HEADER_BYTES + l.l4_at;
	uint32_t sum;

	(void)state;
	sum = (uint16_t)~ipv4_checksum(l4, l.head + PAYLOAD);
	put_u16(l4 + l.head, (uint16_t)(get_u16(l4 + l.head) + 0xffff - sum));
	assert_int_equal(ipv4_checksum(l4, l.head + PAYLOAD), 0);
	assert_true(host_complete(&l.vnet, l.frame, l.bytes));
	assert_int_equal(get_u16(l4 + 6), 0xffff);
}

static void checksum_that_is_whole_stays(void **state)
{
	struct large l = large(4, PROTO_TCP), was = l;

	(void)state;
	l.vnet.flags = 0;
	assert_true(host_complete(&l.vnet, l.frame, l.bytes));
	assert_memory_equal(l.frame, was.frame, l.bytes);
}

static void checksum_outside_of_the_frame_is_refused(void **state)
{
	struct large l = large(4, PROTO_TCP), was = l;

	(void)state;
	l.vnet.csum_offset = (uint16_t)(l.bytes - l.vnet.csum_start - 1);
	assert_false(host_complete(&l.vnet, l.frame, l.bytes));
	l.vnet = was.vnet;
	l.vnet.csum_start = ETH_HEADER_BYTES - 1;
	assert_false(host_complete(&l.vnet, l.frame, l.bytes));
	assert_memory_equal(l.frame, was.frame, l.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_over_ipv4_is_cut),
		cmocka_unit_test(tcp_over_ipv6_is_cut),
		cmocka_unit_test(udp_over_ipv4_is_cut),
		cmocka_unit_test(udp_over_ipv6_is_cut),
		cmocka_unit_test(packet_of_one_segment_is_one),
		cmocka_unit_test(segment_size_of_0_is_refused),
		cmocka_unit_test(segments_larger_than_their_room_are_refused),
		cmocka_unit_test(type_that_the_packet_is_not_of_is_refused),
		cmocka_unit_test(checksum_in_another_place_is_refused),
		cmocka_unit_test(fragment_is_not_cut),
		cmocka_unit_test(
			tcp_header_that_lies_about_its_length_is_refused),
		cmocka_unit_test(frame_that_is_cut_short_is_refused),
		cmocka_unit_test(partial_checksum_is_made_whole),
		cmocka_unit_test(checksum_of_0_is_told_from_none),
		cmocka_unit_test(checksum_that_is_whole_stays),
		cmocka_unit_test(checksum_outside_of_the_frame_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
