// SPDX-License-Identifier: BSD-2-Clause
/*
 * AH through a worker, with each MAC, in both modes and both families: what leaves,
 * and that it comes out again as it was. After every case the books of frames and
 * packets must balance.
 */
#include <arpa/inet.h>

#include "ctrl/dp/esp.h"
#include "ctrl/wire/ah.h"
#include "include/proto.h"
#include "tests/unit/ah_fixture.h"

/* --- both ways --- */

/* A gateway routes what it has in a tunnel, out and in. */
static uint8_t hops_of(const struct gateway *g)
{
	return g->out->transport ? 0 : 2;
}

static void what_is_protected_comes_out_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const struct ip_header h = inside_of(g);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes;

		gateway_packet(packet, &h);
		bytes = seal(g, packet, h.total_bytes, l3);
		step_in(g, l3, bytes);
		assert_opens(g, packet, h.total_bytes, hops_of(g));
		assert_int_equal(gateway_dropped(g), 0);
		assert_int_equal(atomic_load(&g->in->count.pkts), 1);
		gateway_end(g);
	}
}

static void ipv6_goes_in_ipv4_and_comes_out(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	const struct ip_header h = gateway_inner_v6();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	gateway_packet(packet, &h);
	bytes = seal(g, packet, h.total_bytes, l3);
	assert_int_equal(l3[IPV4_HEADER_BYTES], PROTO_IPV6);
	step_in(g, l3, bytes);
	assert_opens(g, packet, h.total_bytes, 2);
	gateway_end(g);
}

static void extended_number_goes_beyond_32_bits_both_ways(void **state)
{
	static const uint64_t last = UINT32_MAX;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g;
		uint8_t l3[FRAME_BYTES], got[FRAME_BYTES];
		uint32_t bytes, n;

		if (!forms[i].esn)
			continue;
		g = gateway_of(&forms[i]);
		gateway_restart(g, last);
		gateway_know_all(g);
		bytes = seal_usual(g, l3);
		assert_int_equal(sa_seq(g->out), last + 1);
		step_in(g, l3, bytes);
		assert_int_equal(opened(g, got, &n), 1);
		assert_int_equal(g->in->replay.top, last + 1);
		gateway_end(g);
	}
}

/* --- out --- */

static void header_is_as_rfc_4302_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const struct integ_alg *integ = integ_by_name(forms[i].integ);
		const uint8_t version = forms[i].v6 ? 6 : 4;
		uint8_t l3[FRAME_BYTES];
		uint32_t bytes = seal_usual(g, l3), front;
		struct ip_header ip = parsed(l3, bytes);
		struct ah_header ah;

		front = ip_least_bytes(version);
		assert_int_equal(ip.version, version);
		assert_int_equal(ip.header_bytes, front);
		assert_int_equal(ip.protocol, PROTO_AH);
		assert_true(addr_equal(&ip.saddr, &g->out->saddr));
		assert_true(addr_equal(&ip.daddr, &g->out->daddr));
		assert_true(ah_parse(slice_of(l3 + front, bytes - front), &ah));
		assert_int_equal(ah.next_header,
				 forms[i].transport ? PROTO_UDP : PROTO_IPIP);
		assert_int_equal(ah.spi_be, htonl(GATEWAY_SPI));
		assert_int_equal(ah.seq, 1);
		assert_int_equal(ah.bytes,
				 ah_bytes(version, ah_icv_bytes(integ)));
		assert_int_equal(bytes,
				 INNER_BYTES + ah.bytes +
					 (forms[i].transport ? 0 : front));
		assert_int_equal(atomic_load(&g->out->count.bytes), INNER_BYTES);
		gateway_end(g);
	}
}

static void gmac_has_the_number_as_its_iv(void **state)
{
	static const uint8_t first[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	const struct form f = { "aes128gmac", false, false, false };
	struct gateway *g = gateway_of(&f);
	uint8_t l3[FRAME_BYTES];

	(void)state;
	seal_usual(g, l3);
	assert_memory_equal(l3 + IPV4_HEADER_BYTES + AH_HEADER_BYTES, first, 8);
	seal_usual(g, l3);
	assert_int_equal(l3[IPV4_HEADER_BYTES + AH_HEADER_BYTES + 7], 2);
	gateway_end(g);
}

static void last_number_is_used_and_none_after_it(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	const struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

	(void)state;
	gateway_packet(packet, &h);
	g->out->seq = UINT32_MAX - 1;
	seal(g, packet, h.total_bytes, l3);
	give_out(g, packet, h.total_bytes);
	assert_int_equal(g->outside.tx_n, 0);
	assert_drop(g, DROP_SEQ_EXHAUSTED);
}

static void options_of_ipv4_stand_before_ah(void **state)
{
	struct gateway *g = gateway_of(&transport);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	struct ip_header h = inside_of(g), ip;
	uint32_t bytes;

	(void)state;
	gateway_packet(packet, &h);
	packet[0] = 0x47;
	memcpy(packet + IPV4_HEADER_BYTES, "\x94\4\0\0\7\3\4\1", 8);
	packet_mend_checksum(packet, h.total_bytes);
	bytes = seal(g, packet, h.total_bytes, l3);
	ip = parsed(l3, bytes);
	assert_int_equal(ip.header_bytes, 28);
	assert_memory_equal(l3 + IPV4_HEADER_BYTES, "\x94\4\0\0\7\3\4\1", 8);
	/* A router notes itself where that is allowed, and not elsewhere. */
	l3[26] ^= 8;
	packet_mend_checksum(l3, bytes);
	packet[26] ^= 8;
	packet_mend_checksum(packet, h.total_bytes);
	step_in(g, l3, bytes);
	assert_opens(g, packet, h.total_bytes, 0);
	gateway_end(g);
}

/* Hop-by-hop, routing and options for the destination, before UDP. */
static void make_extended(const struct gateway *g, uint8_t *l3)
{
	static const uint8_t kinds[] = { EXT_HOP_BY_HOP, EXT_ROUTING,
					 EXT_DEST_OPTIONS, PROTO_UDP };
	struct ip_header h = inside_of(g);

	h.protocol = kinds[0];
	gateway_packet(l3, &h);
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *at = l3 + IPV6_HEADER_BYTES + 8 * i;

		memset(at, 0, 8);
		at[0] = kinds[i + 1];
	}
	/* May change on the way, 4 octets of it. */
	l3[IPV6_HEADER_BYTES + 2] = 0x3e;
	l3[IPV6_HEADER_BYTES + 3] = 4;
}

static void extension_headers_on_the_way_stand_before_ah(void **state)
{
	struct gateway *g = gateway_of(&transport_v6);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	struct ip_header ip;
	uint32_t bytes;

	(void)state;
	make_extended(g, packet);
	bytes = seal(g, packet, INNER_BYTES, l3);
	ip = parsed(l3, bytes);
	assert_int_equal(ip.protocol, PROTO_AH);
	assert_int_equal(ip.header_bytes, IPV6_HEADER_BYTES + 16);
	assert_int_equal(l3[IPV6_HEADER_BYTES + 16], EXT_DEST_OPTIONS);
	l3[IPV6_HEADER_BYTES + 5] ^= 0x55;
	packet[IPV6_HEADER_BYTES + 5] ^= 0x55;
	step_in(g, l3, bytes);
	assert_opens(g, packet, INNER_BYTES, 0);
	gateway_end(g);
}

static void more_headers_than_we_keep_are_too_big(void **state)
{
	struct gateway *g = gateway_of(&transport_v6);
	uint8_t packet[FRAME_BYTES];
	struct ip_header h = inside_of(g);

	(void)state;
	h.total_bytes = 700;
	h.protocol = EXT_HOP_BY_HOP;
	gateway_packet(packet, &h);
	memset(packet + IPV6_HEADER_BYTES, 0, 600);
	packet[IPV6_HEADER_BYTES] = PROTO_UDP;
	packet[IPV6_HEADER_BYTES + 1] = 600 / 8 - 1;
	give_out(g, packet, h.total_bytes);
	assert_int_equal(g->outside.tx_n, 0);
	assert_drop(g, DROP_TOO_BIG);
}

/* It is not there any more when the peer looks at the ICV (RFC 4302 section 3.4.1). */
static void fragment_header_is_not_protected(void **state)
{
	struct gateway *g = gateway_of(&transport_v6);
	uint8_t packet[FRAME_BYTES];
	struct ip_header h = inside_of(g);

	(void)state;
	h.protocol = EXT_FRAGMENT;
	gateway_packet(packet, &h);
	memset(packet + IPV6_HEADER_BYTES, 0, 8);
	packet[IPV6_HEADER_BYTES] = PROTO_UDP;
	give_out(g, packet, h.total_bytes);
	assert_int_equal(g->outside.tx_n, 0);
	assert_drop(g, DROP_TRANSPORT);
}

static void fragment_header_that_arrives_is_malformed(void **state)
{
	struct gateway *g = gateway_of(&transport_v6);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	memmove(l3 + IPV6_HEADER_BYTES + 8, l3 + IPV6_HEADER_BYTES,
		bytes - IPV6_HEADER_BYTES);
	memset(l3 + IPV6_HEADER_BYTES, 0, 8);
	l3[IPV6_HEADER_BYTES] = PROTO_AH;
	l3[6] = EXT_FRAGMENT;
	l3[5] = (uint8_t)(l3[5] + 8);
	step_in(g, l3, bytes + 8);
	assert_drop(g, DROP_IP_MALFORMED);
}

static void largest_that_fits_fills_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct gateway *g = gateway_of(&forms[i]);
		struct ip_header h = inside_of(g);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		h.total_bytes = esp_inner_mtu(g->out, GATEWAY_MTU);
		assert_int_equal(esp_inner_mtu(g->out, GATEWAY_MTU - 1),
				 h.total_bytes - 1);
		gateway_packet(packet, &h);
		assert_int_equal(seal(g, packet, h.total_bytes, l3),
				 GATEWAY_MTU);
		h.total_bytes++;
		gateway_packet(packet, &h);
		give_out(g, packet, h.total_bytes);
		assert_int_equal(g->outside.tx_n, 0);
		assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
		assert_drop(g, DROP_TOO_BIG);
	}
}

/* The ICV covers it. */
static void identification_stays_where_the_outer_packet_is_cut(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	struct ip_header h = gateway_inner(), ip;
	uint8_t packet[FRAME_BYTES];

	(void)state;
	g->out->fragment_after = true;
	h.total_bytes = GATEWAY_MTU;
	h.fragment = 0;
	gateway_packet(packet, &h);
	give_out(g, packet, h.total_bytes);
	assert_int_equal(g->outside.tx_n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t bytes;
		const uint8_t *l3 = gateway_sent(&g->outside, i, &bytes);

		ip = parsed(l3, bytes);
		assert_true(ip.fragment & IPV4_FRAGMENT_MASK);
		assert_int_equal(ip.protocol, PROTO_AH);
		assert_int_equal(ip.id, (uint16_t)(GATEWAY_SPI ^ 1));
	}
	gateway_end(g);
}

/* --- crypto --- */

static void fails(struct crypto_thread *thread, struct crypto_key *key,
		  struct crypto_mac *macs, unsigned int n)
{
	(void)thread;
	(void)key;
	for (unsigned int i = 0; i < n; i++)
		macs[i].ok = false;
}

static void packet_at_which_the_library_fails_is_not_sent(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	const struct crypto_backend *backend = g->out->backend;
	struct crypto_backend broken = *backend;
	const struct ip_header h = gateway_inner();
	uint8_t packet[FRAME_BYTES];

	(void)state;
	broken.mac = fails;
	g->out->backend = &broken;
	gateway_packet(packet, &h);
	give_out(g, packet, h.total_bytes);
	g->out->backend = backend;
	assert_int_equal(g->outside.tx_n, 0);
	assert_drop(g, DROP_CRYPTO);
}

static void packet_at_which_the_library_fails_is_not_called_forged(void **state)
{
	struct gateway *g = gateway_of(&tunnel);
	const struct crypto_backend *backend = g->in->backend;
	struct crypto_backend broken = *backend;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_usual(g, l3);

	(void)state;
	broken.mac = fails;
	g->in->backend = &broken;
	step_in(g, l3, bytes);
	g->in->backend = backend;
	assert_drop(g, DROP_CRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_protected_comes_out_as_it_was),
		cmocka_unit_test(ipv6_goes_in_ipv4_and_comes_out),
		cmocka_unit_test(extended_number_goes_beyond_32_bits_both_ways),
		cmocka_unit_test(header_is_as_rfc_4302_has_it),
		cmocka_unit_test(gmac_has_the_number_as_its_iv),
		cmocka_unit_test(last_number_is_used_and_none_after_it),
		cmocka_unit_test(options_of_ipv4_stand_before_ah),
		cmocka_unit_test(extension_headers_on_the_way_stand_before_ah),
		cmocka_unit_test(more_headers_than_we_keep_are_too_big),
		cmocka_unit_test(fragment_header_is_not_protected),
		cmocka_unit_test(fragment_header_that_arrives_is_malformed),
		cmocka_unit_test(largest_that_fits_fills_the_path),
		cmocka_unit_test(
			identification_stays_where_the_outer_packet_is_cut),
		cmocka_unit_test(packet_at_which_the_library_fails_is_not_sent),
		cmocka_unit_test(
			packet_at_which_the_library_fails_is_not_called_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
