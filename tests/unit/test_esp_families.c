// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in tunnel mode of every pair of families, bare and in UDP: what leaves is
 * what another implementation makes, octet for octet; what comes back is what was
 * given; and what only IPv6 has. After every case the books of frames and packets
 * must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/hex.h"
#include "tests/vectors/esp_families.h"

#define FRAMES	256U
#define VECTORS (sizeof(family_vectors) / sizeof(family_vectors[0]))

static struct gateway *gateway_of(const struct family_vector *v)
{
	const struct gateway_spec spec = { v->encr, v->integ, false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	if (v->outer_v6)
		gateway_outer_v6(g);
	if (v->udp)
		gateway_encapsulate(g);
	gateway_restart(g, 0);
	gateway_know_all(g);
	return g;
}

static void gateway_end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static struct ip_header inner_of(bool v6)
{
	struct ip_header h = v6 ? gateway_inner_v6() : gateway_inner();

	h.tos = 0xb9;
	return h;
}

/* What left for the peer; its octets at l3. */
static uint32_t seal(struct gateway *g, const struct ip_header *inner,
		     uint8_t *l3)
{
	uint8_t packet[FRAME_BYTES];
	const uint8_t *sent;
	uint32_t bytes;

	gateway_packet(packet, inner);
	gateway_give(g, DIR_OUT, packet, inner->total_bytes);
	worker_step(&g->w);
	sent = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, sent, bytes);
	gateway_reset(g);
	return bytes;
}

static void step_in(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

static void what_leaves_is_what_others_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct family_vector *v = &family_vectors[i];
		struct gateway *g = gateway_of(v);
		struct ip_header inner = inner_of(v->inner_v6);
		uint8_t want[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes = seal(g, &inner, l3);

		assert_int_equal(bytes,
				 hex_decode(v->outer, want, sizeof(want)));
		assert_memory_equal(l3, want, bytes);
		gateway_end(g);
	}
}

static void what_others_make_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct family_vector *v = &family_vectors[i];
		struct gateway *g = gateway_of(v);
		struct ip_header inner = inner_of(v->inner_v6);
		uint8_t l3[FRAME_BYTES], want[FRAME_BYTES];
		const uint8_t *got;
		uint32_t bytes;

		step_in(g, l3, (uint32_t)hex_decode(v->outer, l3, sizeof(l3)));
		inner.ttl = 62;
		gateway_packet(want, &inner);
		got = gateway_sent(&g->inside, 0, &bytes);
		assert_int_equal(bytes, inner.total_bytes);
		assert_memory_equal(got, want, bytes);
		gateway_end(g);
	}
}

/* Every size of padding, and the sizes around whole blocks; by another gateway. */
static void what_one_gateway_seals_another_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct family_vector *v = &family_vectors[i];
		struct gateway *g = gateway_of(v), *peer = gateway_of(v);
		struct ip_header inner = inner_of(v->inner_v6), h = inner;
		uint8_t l3[FRAME_BYTES], want[FRAME_BYTES];
		const uint8_t *got;
		uint32_t bytes;

		h.ttl = 62;
		for (uint32_t n = ip_least_bytes(inner.version); n < 140; n++) {
			inner.total_bytes = h.total_bytes = n;
			step_in(peer, l3, seal(g, &inner, l3));
			gateway_packet(want, &h);
			got = gateway_sent(&peer->inside, 0, &bytes);
			assert_int_equal(bytes, n);
			assert_memory_equal(got, want, n);
			gateway_reset(peer);
		}
		gateway_end(g);
		gateway_end(peer);
	}
}

static void frames_have_the_ethertype_of_what_is_in_them(void **state)
{
	static const uint8_t types[2][2] = { { 0x08, 0x00 }, { 0x86, 0xdd } };

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct family_vector *v = &family_vectors[i];
		struct gateway *g = gateway_of(v);
		struct ip_header inner = inner_of(v->inner_v6);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes;

		gateway_packet(l3, &inner);
		gateway_give(g, DIR_OUT, l3, inner.total_bytes);
		worker_step(&g->w);
		assert_memory_equal(port_mem_sent(&g->outside, 0, &bytes) + 12,
				    types[v->outer_v6], 2);
		gateway_reset(g);
		step_in(g, l3, (uint32_t)hex_decode(v->outer, l3, sizeof(l3)));
		assert_memory_equal(port_mem_sent(&g->inside, 0, &bytes) + 12,
				    types[v->inner_v6], 2);
		gateway_end(g);
	}
}

/* RFC 6040 section 4.2, figure 4: by inner and outer codepoint; -1: dropped. */
static void ecn_comes_out_the_same_of_every_pair(void **state)
{
	static const int want[4][4] = {
		{ 0, 0, 0, -1 }, { 1, 1, 1, 3 }, { 2, 1, 2, 3 }, { 3, 3, 3, 3 }
	};

	(void)state;
	for (uint32_t i = 0; i < 4 * 16; i++) {
		const struct family_vector v = { "aes128gcm16", NULL,
						 i >> 4 & 1,	i >> 5,
						 false,		NULL };
		uint8_t inner_ecn = i & 3, outer_ecn = i >> 2 & 3;
		struct gateway *g = gateway_of(&v);
		struct ip_header inner = inner_of(v.inner_v6);
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes;

		inner.tos = 0x28 | inner_ecn;
		bytes = seal(g, &inner, l3);
		assert_int_equal(packet_tos(l3), inner.tos);
		ip_set_tos(l3, outer_ecn);
		step_in(g, l3, bytes);
		if (want[inner_ecn][outer_ecn] < 0)
			assert_int_equal(g->drops[DROP_ECN].pkts, 1);
		else
			assert_int_equal(
				packet_tos(gateway_sent(&g->inside, 0, &bytes)),
				0x28 | want[inner_ecn][outer_ecn]);
		gateway_end(g);
	}
}

/* --- IPv6 outside --- */

static const struct family_vector v6_in_v6 = { "aes128gcm16", NULL,  true,
					       true,	      false, NULL };
static const struct family_vector v6_in_v6_udp = { "aes128gcm16", NULL, true,
						   true,	  true, NULL };

/* As the receiver verifies it (RFC 8200 section 8.1), for every length. */
static void udp_over_ipv6_has_a_right_checksum(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6_udp);
	struct ip_header inner = gateway_inner_v6();
	uint8_t l3[FRAME_BYTES], *udp = l3 + IPV6_HEADER_BYTES;

	(void)state;
	for (uint32_t n = IPV6_HEADER_BYTES; n < 1300; n++) {
		uint32_t bytes;

		inner.total_bytes = n;
		bytes = seal(g, &inner, l3) - IPV6_HEADER_BYTES;
		assert_true(udp[6] || udp[7]);
		assert_int_equal(ipv6_checksum(l3, PROTO_UDP, udp, bytes), 0);
	}
	gateway_end(g);
}

/* RFC 6935: a tunnel's sender may leave it out. */
static void udp_over_ipv6_opens_without_a_checksum(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6_udp);
	struct ip_header inner = gateway_inner_v6();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal(g, &inner, l3);

	(void)state;
	memset(l3 + IPV6_HEADER_BYTES + 6, 0, 2);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	gateway_end(g);
}

/* A destination options header of 8 octets behind the header there. */
static uint32_t put_extension(uint8_t *l3, uint32_t bytes)
{
	static const uint8_t padn[] = { 1, 4, 0, 0, 0, 0 };
	uint8_t *at = l3 + IPV6_HEADER_BYTES;
	uint32_t payload = bytes - IPV6_HEADER_BYTES + 8;

	memmove(at + 8, at, bytes - IPV6_HEADER_BYTES);
	at[0] = l3[6];
	at[1] = 0;
	memcpy(at + 2, padn, sizeof(padn));
	l3[6] = EXT_DEST_OPTIONS;
	l3[4] = (uint8_t)(payload >> 8);
	l3[5] = (uint8_t)payload;
	return bytes + 8;
}

static void esp_behind_extension_headers_opens(void **state)
{
	static const struct family_vector *const of[] = { &v6_in_v6,
							  &v6_in_v6_udp };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gateway *g = gateway_of(of[i]);
		struct ip_header inner = gateway_inner_v6();
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal(g, &inner, l3);

		bytes = put_extension(l3, put_extension(l3, bytes));
		step_in(g, l3, bytes);
		assert_int_equal(g->inside.tx_n, 1);
		gateway_end(g);
	}
}

static void peer_that_moved_to_another_ipv6_address_is_told_of(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6_udp);
	struct ip_header inner = gateway_inner_v6();
	const struct addr moved = addr_of("2001:db8:ffff::99");
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal(g, &inner, l3);

	(void)state;
	memcpy(l3 + 8, &moved, sizeof(moved));
	step_in(g, l3, bytes);
	assert_true(addr_equal(&g->in->peer, &moved));
	gateway_end(g);
}

/* --- IPv6 inside --- */

static void hop_limit_is_counted_down_once_on_each_side(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();
	uint8_t l3[FRAME_BYTES], dmac[6];
	uint32_t bytes;

	(void)state;
	inner.ttl = 2;
	step_in(g, l3, seal(g, &inner, l3));
	assert_int_equal(g->inside.tx_n, 0);
	bytes = gateway_host_take(g, l3, dmac);
	assert_int_equal(bytes, inner.total_bytes);
	assert_int_equal(l3[7], 1);
	gateway_end(g);
}

static void host_interface_gets_ipv6_under_its_own_ethertype(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();
	struct nexthop nh = gateway_hop(g, inner.daddr, NH_HOST, 0);
	uint8_t frame[FRAME_BYTES], l3[FRAME_BYTES];

	(void)state;
	gateway_know(g, &nh);
	step_in(g, l3, seal(g, &inner, l3));
	assert_true(read(g->host_fd, frame, sizeof(frame)) > 100);
	g->to_host++;
	assert_memory_equal(frame + 10 + 12, "\x86\xdd", 2);
	gateway_end(g);
}

/* The guard's, sealed without a hop taken off. */
static void hosts_own_ipv6_packet_leaves_sealed(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();
	struct host_tag tag = gateway_tag();
	uint8_t l3[FRAME_BYTES];
	const uint8_t *got;
	uint32_t bytes;

	(void)state;
	gateway_packet(l3, &inner);
	gateway_host_give(g, &tag, l3, inner.total_bytes);
	worker_step(&g->w);
	got = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, got, bytes);
	gateway_reset(g);
	step_in(g, l3, bytes);
	got = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(got[7], 63);
	gateway_end(g);
}

/* A text with one octet of the inner packet changed. */
static const struct {
	const char *name;
	uint32_t at;
	uint8_t octet;
	enum drop_reason reason;
} faults[] = {
	{ "version 5", 0, 0x50, DROP_INNER_MALFORMED },
	{ "version 4 by the header alone", 0, 0x45, DROP_INNER_MALFORMED },
	{ "payload one octet longer", 5, 61, DROP_INNER_MALFORMED },
	{ "payload of 64 KiB", 4, 0xff, DROP_INNER_MALFORMED },
	{ "hop-by-hop header beyond the end", 6, EXT_HOP_BY_HOP,
	  DROP_INNER_MALFORMED },
	{ "another protocol", 6, PROTO_TCP, DROP_SELECTOR },
	{ "source of another network", 13, 2, DROP_SELECTOR },
	{ "destination of another network", 29, 9, DROP_SELECTOR },
};

static void inner_packet_that_is_not_its_sas_is_refused(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
		uint64_t before = g->drops[faults[i].reason].pkts;
		uint32_t n;

		gateway_packet(packet, &inner);
		n = gateway_text(g, packet, inner.total_bytes, text);
		text[faults[i].at] = faults[i].octet;
		step_in(g, l3, gateway_seal(g, text, n, l3));
		if (g->drops[faults[i].reason].pkts != before + 1)
			fail_msg("%s: not dropped as it should", faults[i].name);
	}
	gateway_end(g);
}

/* The same octets are a packet of either family only under its own number. */
static void next_header_of_the_other_family_is_refused(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	const struct ip_header inner[] = { gateway_inner(), gateway_inner_v6() };

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t n;

		gateway_packet(packet, &inner[i]);
		n = gateway_text(g, packet, inner[i].total_bytes, text);
		text[n - 1] = i ? PROTO_IPIP : PROTO_IPV6;
		step_in(g, l3, gateway_seal(g, text, n, l3));
		assert_int_equal(g->drops[DROP_INNER_MALFORMED].pkts, i + 1);
	}
	gateway_end(g);
}

/* By their protocol behind them, as the SA's selectors have it. */
static void inner_packet_with_extension_headers_goes_through(void **state)
{
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	const uint8_t *got;
	uint32_t n, bytes;

	(void)state;
	gateway_packet(packet, &inner);
	n = put_extension(packet, inner.total_bytes);
	gateway_give(g, DIR_OUT, packet, n);
	worker_step(&g->w);
	got = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, got, bytes);
	gateway_reset(g);
	step_in(g, l3, bytes);
	got = gateway_sent(&g->inside, 0, &bytes);
	packet[7] = 62;
	assert_int_equal(bytes, n);
	assert_memory_equal(got, packet, n);
	gateway_end(g);
}

/* Of three types that follow each other the second goes through.
 * at: where in the header; max: what is behind the type, at most */
static void goes_through_by_its_type(uint8_t protocol, uint8_t type,
				     uint32_t at, uint8_t max)
{
	const uint16_t first = (uint16_t)(type << 8);
	const uint16_t last = (uint16_t)(first | max);
	const struct sa_rule rule = {
		.selector = {
			.local_max = addr_of("ffff::"),
			.remote_max = addr_of("ffff::"),
			.local_port_min = first,
			.local_port_max = last,
			.remote_port_min = first,
			.remote_port_max = last,
			.protocol = protocol,
		},
		.accept = true,
	};
	struct gateway *g = gateway_of(&v6_in_v6);
	struct ip_header inner = gateway_inner_v6();

	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
	inner.protocol = protocol;
	for (int i = -1; i <= 1; i++) {
		uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t n;

		gateway_packet(packet, &inner);
		packet[IPV6_HEADER_BYTES + at] = (uint8_t)(type + i);
		packet[IPV6_HEADER_BYTES + at + 1] = 0;
		n = gateway_text(g, packet, inner.total_bytes, text);
		step_in(g, l3, gateway_seal(g, text, n, l3));
		assert_int_equal(g->inside.tx_n, i >= 0);
	}
	assert_int_equal(g->drops[DROP_SELECTOR].pkts, 2);
	gateway_end(g);
}

/* RFC 7296 section 3.13.1: type and code stand where ports do. */
static void icmpv6_goes_through_by_its_type_and_code(void **state)
{
	(void)state;
	goes_through_by_its_type(PROTO_ICMPV6, 128, 0, 0);
}

/* RFC 4301 section 4.4.1.1. */
static void mobility_header_goes_through_by_its_type(void **state)
{
	(void)state;
	goes_through_by_its_type(PROTO_MH, 5, MH_TYPE_AT, UINT8_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_is_what_others_make),
		cmocka_unit_test(what_others_make_opens),
		cmocka_unit_test(what_one_gateway_seals_another_opens),
		cmocka_unit_test(frames_have_the_ethertype_of_what_is_in_them),
		cmocka_unit_test(ecn_comes_out_the_same_of_every_pair),
		cmocka_unit_test(udp_over_ipv6_has_a_right_checksum),
		cmocka_unit_test(udp_over_ipv6_opens_without_a_checksum),
		cmocka_unit_test(esp_behind_extension_headers_opens),
		cmocka_unit_test(
			peer_that_moved_to_another_ipv6_address_is_told_of),
		cmocka_unit_test(hop_limit_is_counted_down_once_on_each_side),
		cmocka_unit_test(
			host_interface_gets_ipv6_under_its_own_ethertype),
		cmocka_unit_test(hosts_own_ipv6_packet_leaves_sealed),
		cmocka_unit_test(inner_packet_that_is_not_its_sas_is_refused),
		cmocka_unit_test(next_header_of_the_other_family_is_refused),
		cmocka_unit_test(icmpv6_goes_through_by_its_type_and_code),
		cmocka_unit_test(mobility_header_goes_through_by_its_type),
		cmocka_unit_test(
			inner_packet_with_extension_headers_goes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
