// SPDX-License-Identifier: BSD-2-Clause
/*
 * Large packets of the host, cut into those that it would have sent one by one;
 * partial checksums made whole. Checksums are verified over a pseudo-header of
 * this file's own making.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/host_cut.h"
#include "ctrl/wire/ip.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define SIZE	 1000U
#define PAYLOAD	 (3U * SIZE + 17U)
#define ROOM	 3500U
#define SEQ	 0xfffffff0U /* it goes on at 0 */
#define ID	 0xfffeU
#define ACK	 0x10
#define FIN	 0x01
#define CWR	 0x80
#define TCP_HEAD (TCP_HEADER_BYTES + 12U) /* with options */

struct large {
	struct virtio_net_hdr vnet;
	uint8_t frame[ETH_HEADER_BYTES + 60 + TCP_HEAD + PAYLOAD];
	uint32_t bytes;
	uint32_t l4_at; /* from the IP header */
	uint32_t head;	/* octets of TCP's or UDP's header */
	uint8_t protocol;
	struct ip_header ip;
};

static uint16_t pseudo_sum(const struct ip_header *ip, uint8_t protocol,
			   uint32_t bytes)
{
	uint8_t pseudo[40] = { 0 };

	memcpy(pseudo, &ip->saddr, 16);
	memcpy(pseudo + 16, &ip->daddr, 16);
	if (ip->version == 4) /* the octets of mapping are no part of it */
		memset(pseudo, 0, 12), memset(pseudo + 16, 0, 12);
	put_u16(pseudo + 34, (uint16_t)bytes);
	pseudo[39] = protocol;
	return (uint16_t)~ipv4_checksum(pseudo, sizeof(pseudo));
}

/* 0: the checksum above IP is right. */
static uint16_t fault(const uint8_t *l3, const struct ip_header *ip)
{
	uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum = pseudo_sum(ip, ip->protocol, bytes);

	sum += (uint16_t)~ipv4_checksum(l3 + ip->header_bytes, bytes);
	return (uint16_t) ~(uint16_t)((sum >> 16) + sum);
}

static struct ip_header header_of(uint8_t version, uint8_t protocol)
{
	return (struct ip_header){
		.version = version,
		.id = ID,
		.fragment = IPV4_DF,
		.ttl = 64,
		.protocol = protocol,
		.saddr = addr_of(version == 4 ? "10.1.0.1" : "2001:db8:1::1"),
		.daddr = addr_of(version == 4 ? "10.2.0.1" : "2001:db8:2::1"),
	};
}

static void put_head(struct large *l)
{
	uint8_t *l4 = l->frame + ETH_HEADER_BYTES + l->l4_at;

	memset(l4, 0, l->head);
	put_u16(l4, 5001);
	put_u16(l4 + 2, 80);
	if (l->protocol == PROTO_UDP) {
		put_u16(l4 + 4, (uint16_t)(l->head + PAYLOAD));
		return;
	}
	put_u16(l4 + 4, SEQ >> 16);
	put_u16(l4 + 6, SEQ & 0xffff);
	l4[12] = TCP_HEAD / 4 << 4;
	l4[13] = ACK | FIN | CWR;
	memset(l4 + TCP_HEADER_BYTES, TCP_OPT_NOP, TCP_HEAD - TCP_HEADER_BYTES);
}

static struct large large(uint8_t version, uint8_t protocol)
{
	struct large l = { .protocol = protocol,
			   .l4_at = ip_least_bytes(version) };
	uint32_t checksum_at = protocol == PROTO_TCP ? 16 : 6;
	uint8_t *l3 = l.frame + ETH_HEADER_BYTES;

	l.head = protocol == PROTO_TCP ? TCP_HEAD : UDP_HEADER_BYTES;
	l.ip = header_of(version, protocol);
	l.ip.total_bytes = l.l4_at + l.head + PAYLOAD;
	l.bytes = ETH_HEADER_BYTES + l.ip.total_bytes;
	ip_build(l3, &l.ip);
	put_head(&l);
	for (uint32_t i = 0; i < PAYLOAD; i++)
		l3[l.l4_at + l.head + i] = (uint8_t)(i * 7 + i / 256);
	put_u16(l3 + l.l4_at + checksum_at,
		pseudo_sum(&l.ip, protocol, l.head + PAYLOAD));
	l.vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = protocol == PROTO_UDP ? VNET_GSO_UDP_L4
			    : version == 4	  ? VIRTIO_NET_HDR_GSO_TCPV4
						  : VIRTIO_NET_HDR_GSO_TCPV6,
		.gso_size = SIZE,
		.csum_start = (uint16_t)(ETH_HEADER_BYTES + l.l4_at),
		.csum_offset = (uint16_t)checksum_at,
	};
	return l;
}

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
