// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP in transport mode on the way out, either family, bare and in UDP: what the host
 * sends keeps its header, and comes out of the peer's SA as it was; what is not for
 * transport mode has a name; and what is too large for its path. After every case
 * the books of frames and packets must balance.
 */
#include "tests/unit/transport_fixture.h"

#include "ctrl/dp/esp.h"
#include "ctrl/wire/ipv6.h"

/* --- out --- */

static void header_stays_and_esp_stands_behind_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint32_t least = forms[i].v6 ? 40 : 20;
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes = seal(g, packet, make(g, 100, packet), l3);
		struct ip_header want = header_of(g, bytes), got;
		uint8_t header[IPV6_HEADER_BYTES];

		want.protocol = forms[i].udp ? PROTO_UDP : PROTO_ESP;
		ip_build(header, &want);
		assert_memory_equal(l3, header, least);
		assert_true(ip_parse(slice_of(l3, bytes), &got));
		assert_int_equal(got.total_bytes, bytes);
		assert_int_equal(
			bytes,
			least + esp_outer_bytes(g->out,
						esp_text_bytes(g->out,
							       100 - least)));
		assert_memory_equal(l3 + least + (forms[i].udp ? 8 : 0),
				    &g->out->spi_be, 4);
		gateway_end(g);
	}
}

static void udp_header_is_as_in_tunnel_mode(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint32_t least = forms[i].v6 ? 40 : 20;
		uint8_t l3[FRAME_BYTES], *udp = l3 + least;
		uint32_t bytes = seal_usual(g, l3) - least;

		if (forms[i].udp) {
			assert_int_equal(udp[0] << 8 | udp[1], 4500);
			assert_int_equal(udp[2] << 8 | udp[3], 4500);
			assert_int_equal(udp[4] << 8 | udp[5], bytes);
			assert_int_equal(udp[6] || udp[7], forms[i].v6);
		}
		if (forms[i].udp && forms[i].v6)
			assert_int_equal(
				ipv6_checksum(l3, PROTO_UDP, udp, bytes), 0);
		gateway_end(g);
	}
}

/* Every size of padding, from a bare header on. */
static void what_is_sealed_comes_out_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];

		for (uint32_t n = forms[i].v6 ? 40 : 20; n < 140; n++) {
			uint32_t bytes = seal(g, packet, make(g, n, packet), l3);

			step_in(g, l3, bytes);
			assert_comes_up(g, packet, n);
			gateway_reset(g);
		}
		assert_int_equal(gateway_dropped(g), 0);
		gateway_end(g);
	}
}

static void options_of_ipv4_stay_in_front(void **state)
{
	struct gateway *g = gateway_of(v4);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = make(g, 100, packet);

	(void)state;
	packet[0] = 4 << 4 | 8;
	memset(packet + 20, IPV4_OPT_NOP, 12);
	packet_mend_checksum(packet, bytes);
	bytes = seal(g, packet, bytes, l3);
	assert_memory_equal(l3 + 20, packet + 20, 12);
	assert_memory_equal(l3 + 32, &g->out->spi_be, 4);
	step_in(g, l3, bytes);
	assert_comes_up(g, packet, 100);
	gateway_end(g);
}

static void ipv6_options_for_the_destination_are_protected(void **state)
{
	struct gateway *g = gateway_of(v6);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes = seal(g, packet, make_extended(g, packet), l3);

	(void)state;
	assert_memory_equal(l3 + 6, packet + 6, 1);
	assert_memory_equal(l3 + 40, packet + 40, 8);
	assert_int_equal(l3[48], PROTO_ESP);
	assert_memory_equal(l3 + 56, &g->out->spi_be, 4);
	step_in(g, l3, bytes);
	assert_comes_up(g, packet, 120);
	gateway_end(g);
}

/* --- what is not for transport mode --- */

static void fragment_of_the_host_is_not_sealed(void **state)
{
	static const uint16_t fragments[] = { IPV4_MF, 1, IPV4_MF | 77 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct gateway *g = gateway_of(v4);
		struct ip_header h = header_of(g, 100);
		uint8_t packet[FRAME_BYTES];

		h.fragment = fragments[i];
		gateway_packet(packet, &h);
		step_host(g, packet, 100);
		assert_drop(g, DROP_TRANSPORT);
	}
}

static void fragment_of_ipv6_is_not_sealed(void **state)
{
	struct gateway *g = gateway_of(v6);
	struct ip_header h = header_of(g, 100);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	h.protocol = EXT_FRAGMENT;
	gateway_packet(packet, &h);
	memcpy(packet + 40, "\x11\x00\x00\x01\x00\x00\x00\x01", 8);
	step_host(g, packet, 100);
	assert_drop(g, DROP_TRANSPORT);
}

/* RFC 8200 section 4.5: it is no part of anything. */
static void whole_packet_of_ipv6_with_a_fragment_header_is_sealed(void **state)
{
	struct gateway *g = gateway_of(v6);
	struct ip_header h = header_of(g, 100);
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes;

	(void)state;
	h.protocol = EXT_FRAGMENT;
	gateway_packet(packet, &h);
	memcpy(packet + 40, "\x11\x00\x00\x00\x00\x00\x00\x01", 8);
	bytes = seal(g, packet, 100, l3);
	assert_memory_equal(l3 + 48, &g->out->spi_be, 4);
	step_in(g, l3, bytes);
	assert_comes_up(g, packet, 100);
	gateway_end(g);
}

static void what_is_forwarded_is_not_sealed(void **state)
{
	struct gateway *g = gateway_of(v4);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	gateway_give(g, DIR_OUT, packet, make(g, 100, packet));
	worker_step(&g->w);
	assert_drop(g, DROP_TRANSPORT);
}

static void what_is_not_between_the_ends_is_not_sealed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct gateway *g = gateway_of(i % 2 ? v6 : v4);
		struct ip_header h = header_of(g, 100);
		uint8_t packet[FRAME_BYTES];
		struct addr *end = i / 2 ? &h.saddr : &h.daddr;

		end->octets[15] ^= 4;
		gateway_packet(packet, &h);
		step_host(g, packet, 100);
		assert_drop(g, DROP_SELECTOR);
	}
}

static void what_leads_on_from_the_peer_is_not_sealed(void **state)
{
	struct gateway *g = gateway_of(v6);
	uint8_t packet[FRAME_BYTES];
	uint32_t bytes = make_extended(g, packet);

	(void)state;
	packet[48 + 3] = 1; /* segments left */
	step_host(g, packet, bytes);
	assert_drop(g, DROP_SELECTOR);
}

static void ip_in_ip_is_not_sealed_unless_a_rule_names_it(void **state)
{
	static const uint8_t kinds[] = { PROTO_IPIP, PROTO_IPV6 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gateway *g = gateway_of(v4);
		struct ip_header h = header_of(g, 100);
		uint8_t packet[FRAME_BYTES];

		h.protocol = kinds[i];
		gateway_packet(packet, &h);
		step_host(g, packet, 100);
		assert_drop(g, DROP_NEXT_HEADER);
	}
}

/* --- path MTU --- */

/* Whatever the rest of a block is. */
static void largest_that_fits_fills_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		const uint32_t front = forms[i].v6 ? 40 : 20;

		for (uint32_t mtu = 1300; mtu < 1340; mtu++) {
			uint32_t n = esp_inner_mtu(g->out, mtu) - front;
			uint32_t text = esp_text_bytes(g->out, n);
			uint32_t more = esp_text_bytes(g->out, n + 1);

			assert_true(front + esp_outer_bytes(g->out, text) <= mtu);
			assert_true(front + esp_outer_bytes(g->out, more) > mtu);
		}
		gateway_end(g);
	}
}

static void sender_is_told_what_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		uint32_t most = esp_inner_mtu(g->out, 1400), mtu, bytes;
		uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES], dmac[6];

		know_mtu(g, 1400);
		seal(g, packet, make(g, most, packet), l3);
		step_host(g, packet, make(g, most + 1, packet));
		assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
		bytes = gateway_host_take(g, l3, dmac);
		assert_true(packet_is_too_big(slice_of(packet, most + 1),
					      slice_of(l3, bytes), &mtu));
		assert_int_equal(mtu, most);
		gateway_end(g);
	}
}

/* Some more octets of header, and what fits may be some less: never more. */
static void what_has_options_is_told_of_less(void **state)
{
	const struct form cbc = { "aes128", "sha256", false, false, false };
	struct gateway *g = gateway_of(&cbc);
	uint32_t most = esp_inner_mtu(g->out, 1400), n = most, mtu, bytes;
	uint8_t packet[FRAME_BYTES], l3[FRAME_BYTES], dmac[6];

	(void)state;
	know_mtu(g, 1400);
	for (;; n--) {
		make(g, n, packet);
		packet[0] = 4 << 4 | 6;
		memset(packet + 20, IPV4_OPT_NOP, 4);
		packet_mend_checksum(packet, n);
		step_host(g, packet, n);
		if (g->outside.tx_n)
			break;
		bytes = gateway_host_take(g, l3, dmac);
		assert_true(bytes > 0);
		assert_true(packet_is_too_big(slice_of(packet, n),
					      slice_of(l3, bytes), &mtu));
	}
	assert_int_equal(n, mtu);
	assert_true(n > most - g->out->align_bytes);
	gateway_sent(&g->outside, 0, &bytes);
	assert_true(bytes <= 1400);
	gateway_end(g);
}

/* What left, put together, is one packet that opens. */
static void assert_left_in_fragments(struct gateway *g, const uint8_t *packet,
				     uint32_t n, uint32_t mtu)
{
	static struct packet_whole whole;
	uint32_t bytes;

	memset(&whole, 0, sizeof(whole));
	assert_true(g->outside.tx_n > 1);
	for (uint32_t i = 0; i < g->outside.tx_n; i++) {
		const uint8_t *sent = gateway_sent(&g->outside, i, &bytes);

		assert_true(bytes <= mtu);
		assert_true(packet_join(&whole, slice_of(sent, bytes)));
	}
	bytes = packet_joined(&whole);
	assert_true(bytes > n);
	packet_mend_checksum(whole.l3, bytes);
	gateway_reset(g);
	step_in(g, whole.l3, bytes);
	assert_comes_up(g, packet, n);
}

/* RFC 4303 section 3.3.4: behind ESP. */
static void without_df_the_sealed_packet_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct gateway *g = gateway_of(&forms[i]);
		struct ip_header h = header_of(g, 1800);
		uint8_t packet[FRAME_BYTES];

		h.fragment = 0;
		gateway_packet(packet, &h);
		know_mtu(g, 1000);
		if (!forms[i].v6) {
			step_host(g, packet, 1800);
			assert_left_in_fragments(g, packet, 1800, 1000);
		}
		gateway_end(g);
	}
}

/* RFC 8200 section 5: a sender may rely on it. */
static void what_every_ipv6_link_takes_goes_in_fragments(void **state)
{
	struct gateway *g = gateway_of(v6);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	know_mtu(g, IPV6_MTU_MIN);
	step_host(g, packet, make(g, IPV6_MTU_MIN, packet));
	assert_left_in_fragments(g, packet, IPV6_MTU_MIN, IPV6_MTU_MIN);
	gateway_end(g);
}

static void packet_that_outgrows_its_frame_goes_too(void **state)
{
	struct gateway *g = gateway_of(v4);
	struct ip_header h = header_of(g, FRAME_BYTES - FRAME_L3_AT);
	uint8_t packet[FRAME_BYTES];

	(void)state;
	h.fragment = 0;
	gateway_packet(packet, &h);
	know_mtu(g, 9000);
	step_host(g, packet, h.total_bytes);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->outside.tx_n, 1);
	gateway_end(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_stays_and_esp_stands_behind_it),
		cmocka_unit_test(udp_header_is_as_in_tunnel_mode),
		cmocka_unit_test(what_is_sealed_comes_out_as_it_was),
		cmocka_unit_test(options_of_ipv4_stay_in_front),
		cmocka_unit_test(ipv6_options_for_the_destination_are_protected),
		cmocka_unit_test(fragment_of_the_host_is_not_sealed),
		cmocka_unit_test(fragment_of_ipv6_is_not_sealed),
		cmocka_unit_test(
			whole_packet_of_ipv6_with_a_fragment_header_is_sealed),
		cmocka_unit_test(what_is_forwarded_is_not_sealed),
		cmocka_unit_test(what_is_not_between_the_ends_is_not_sealed),
		cmocka_unit_test(what_leads_on_from_the_peer_is_not_sealed),
		cmocka_unit_test(ip_in_ip_is_not_sealed_unless_a_rule_names_it),
		cmocka_unit_test(largest_that_fits_fills_the_path),
		cmocka_unit_test(sender_is_told_what_fits),
		cmocka_unit_test(what_has_options_is_told_of_less),
		cmocka_unit_test(without_df_the_sealed_packet_is_cut),
		cmocka_unit_test(what_every_ipv6_link_takes_goes_in_fragments),
		cmocka_unit_test(packet_that_outgrows_its_frame_goes_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
