// SPDX-License-Identifier: BSD-2-Clause
/*
 * ICMP errors that a packet was too big: what stands in one that quotes IPsec, what
 * is none, and which path MTU follows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/icmp.h"
#include "ctrl/wire/icmp_told.h"
#include "include/proto.h"
#include "tests/support/packet.h"
#include "tests/support/told.h"

#define OURS  "192.0.2.1"
#define PEER  "192.0.2.2"
#define OURS6 "2001:db8:ff::1"
#define PEER6 "2001:db8:ff::2"
#define SPI   0xc0ffee01U
#define SEQ   0x01020304U
#define MTU   1300U

/* An outer packet; what is above IP begins at `above`. */
struct outer_packet {
	uint8_t octets[160];
	uint32_t bytes;
	uint32_t above;
};

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Behind `above` stands UDP from 4500 to 4500, AH or ESP. */
static struct outer_packet outer_of(bool six, uint8_t protocol)
{
	static const uint8_t udp[8] = { 0x11, 0x94, 0x11, 0x94, 0, 40, 0, 0 };
	struct outer_packet p = { .bytes = 120, .above = six ? 40 : 20 };
	const struct ip_header h = {
		.version = six ? 6 : 4,
		.total_bytes = p.bytes,
		.ttl = 61,
		.protocol = protocol,
		.fragment = IPV4_DF,
		.saddr = addr_of(six ? OURS6 : OURS),
		.daddr = addr_of(six ? PEER6 : PEER),
	};
	uint8_t *at = p.octets + p.above;

	ip_build(p.octets, &h);
	if (protocol == PROTO_UDP) {
		memcpy(at, udp, sizeof(udp));
		at += sizeof(udp);
	}
	if (protocol == PROTO_AH)
		at += 4;
	put32(at, SPI);
	put32(at + 4, SEQ);
	return p;
}

/* Headers of 8 octets each, before what is above IP. */
static void extend(struct outer_packet *p, const uint8_t *types, uint32_t n)
{
	uint8_t *at = p->octets + 40;

	memmove(at + 8 * n, at, sizeof(p->octets) - 40 - 8 * n);
	memset(at, 0, 8 * n);
	for (uint32_t i = 0; i < n; i++)
		at[8 * i] = i + 1 < n ? types[i + 1] : p->octets[6];
	p->octets[6] = types[0];
	p->octets[5] = (uint8_t)(p->octets[5] + 8 * n);
	p->bytes += 8 * n;
	p->above += 8 * n;
}

static bool read_error(const uint8_t *l3, uint32_t n, struct icmp_told *out)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(l3, n), &h));
	return icmp_told_read(slice_of(l3, n), &h, out);
}

static bool told_of(const struct outer_packet *p, uint32_t quoted, uint32_t mtu,
		    struct icmp_told *out)
{
	uint8_t l3[TOLD_MAX];
	uint32_t n = told_build(l3, slice_of(p->octets, p->bytes), quoted, mtu);

	return read_error(l3, n, out);
}

/* --- what is read --- */

static void assert_told(const struct icmp_told *t, bool six, uint8_t protocol,
			uint32_t bytes)
{
	struct addr ours = addr_of(six ? OURS6 : OURS);
	struct addr peer = addr_of(six ? PEER6 : PEER);

	assert_int_equal(t->mtu, MTU);
	assert_int_equal(t->total_bytes, bytes);
	assert_int_equal(t->version, six ? 6 : 4);
	assert_int_equal(t->spi, SPI);
	assert_int_equal(t->seq, SEQ);
	assert_int_equal(t->udp, protocol == PROTO_UDP);
	assert_int_equal(t->protocol,
			 protocol == PROTO_AH ? PROTO_AH : PROTO_ESP);
	assert_true(addr_equal(&t->saddr, &ours));
	assert_true(addr_equal(&t->daddr, &peer));
}

static void esp_bare_or_in_udp_and_ah_of_both_families_are_read(void **state)
{
	static const uint8_t protocols[] = { PROTO_ESP, PROTO_UDP, PROTO_AH };
	struct icmp_told t;

	(void)state;
	for (int six = 0; six < 2; six++)
		for (size_t i = 0; i < sizeof(protocols); i++) {
			struct outer_packet p = outer_of(six, protocols[i]);

			assert_true(told_of(&p, p.bytes, MTU, &t));
			assert_told(&t, six, protocols[i], p.bytes);
		}
}

static void spi_behind_extension_headers_is_read(void **state)
{
	static const uint8_t types[] = { EXT_HOP_BY_HOP, EXT_DEST_OPTIONS,
					 EXT_FRAGMENT };
	struct icmp_told t;

	(void)state;
	for (uint32_t n = 1; n <= sizeof(types); n++) {
		struct outer_packet p = outer_of(true, PROTO_ESP);

		extend(&p, types, n);
		assert_true(told_of(&p, p.bytes, MTU, &t));
		assert_told(&t, true, PROTO_ESP, p.bytes);
	}
}

static void spi_behind_options_is_read(void **state)
{
	struct outer_packet p = outer_of(false, PROTO_ESP);
	struct icmp_told t;

	(void)state;
	memmove(p.octets + 28, p.octets + 20, 100);
	memset(p.octets + 20, IPV4_OPT_NOP, 8);
	p.octets[0] = 0x47;
	assert_true(told_of(&p, 60, MTU, &t));
	assert_told(&t, false, PROTO_ESP, p.bytes);
}

/* RFC 792 asks for 8 octets behind the header, of which ESP needs all. */
static void quote_is_read_if_the_number_is_in_it_and_not_else(void **state)
{
	static const struct {
		bool six;
		uint8_t protocol;
		uint32_t least;
	} of[] = {
		{ false, PROTO_ESP, 28 }, { false, PROTO_UDP, 36 },
		{ false, PROTO_AH, 32 },  { true, PROTO_ESP, 48 },
		{ true, PROTO_UDP, 56 },  { true, PROTO_AH, 52 },
	};
	struct icmp_told t;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct outer_packet p = outer_of(of[i].six, of[i].protocol);

		for (uint32_t n = 0; n <= p.bytes; n++)
			assert_int_equal(told_of(&p, n, MTU, &t),
					 n >= of[i].least);
	}
}

/* The packet's own header says how large it was, not the quote. */
static void size_is_that_of_the_packet_as_it_was_sent(void **state)
{
	struct outer_packet p = outer_of(false, PROTO_ESP);
	struct icmp_told t;

	(void)state;
	p.octets[2] = 1500 >> 8;
	p.octets[3] = 1500 & 0xff;
	assert_true(told_of(&p, 28, MTU, &t));
	assert_int_equal(t.total_bytes, 1500);
}

/* --- what is none --- */

static void what_ike_sent_is_none(void **state)
{
	struct outer_packet p = outer_of(false, PROTO_UDP);
	struct icmp_told t;

	(void)state;
	put32(p.octets + p.above + 8, 0);
	assert_false(told_of(&p, p.bytes, MTU, &t));
}

static void another_protocol_is_none(void **state)
{
	struct outer_packet p = outer_of(false, PROTO_TCP);
	struct icmp_told t;

	(void)state;
	assert_false(told_of(&p, p.bytes, MTU, &t));
}

static void fragment_that_is_not_the_first_is_none(void **state)
{
	static const uint8_t types[] = { EXT_FRAGMENT };
	struct outer_packet p = outer_of(false, PROTO_ESP);
	struct icmp_told t;

	(void)state;
	p.octets[7] = 5;
	assert_false(told_of(&p, p.bytes, MTU, &t));
	p = outer_of(true, PROTO_ESP);
	extend(&p, types, 1);
	p.octets[43] = 8;
	assert_false(told_of(&p, p.bytes, MTU, &t));
}

/* An error of the one family about what would be right in the other. */
static void quote_of_the_other_family_is_none(void **state)
{
	struct icmp_told t;
	uint8_t l3[TOLD_MAX];

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct outer_packet p = outer_of(six, PROTO_ESP);
		struct outer_packet other = outer_of(!six, PROTO_ESP);
		struct slice packet = slice_of(p.octets, p.bytes);
		struct ip_header h;
		uint32_t n = told_build(l3, packet, p.bytes, MTU);

		memcpy(l3 + n - p.bytes, other.octets, p.bytes);
		assert_true(ip_parse(slice_of(l3, n), &h));
		icmp_build(l3, &h);
		assert_false(read_error(l3, n, &t));
		memcpy(l3 + n - p.bytes, p.octets, p.bytes);
		icmp_build(l3, &h);
		assert_true(read_error(l3, n, &t));
	}
}

/* Its packet ends in it, or in the header that it quotes. */
static void error_that_is_cut_is_none(void **state)
{
	struct icmp_told t;
	uint8_t l3[TOLD_MAX];

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct outer_packet p = outer_of(six, PROTO_ESP);
		const uint32_t front = six ? 40 : 20;
		uint32_t n = told_build(l3, slice_of(p.octets, p.bytes),
					p.bytes, MTU);
		struct ip_header h;

		assert_true(read_error(l3, n, &t));
		assert_true(ip_parse(slice_of(l3, n), &h));
		for (uint32_t cut = front; cut < front + 8 + front; cut++) {
			h.total_bytes = cut;
			ip_build(l3, &h);
			if (cut >= front + 8)
				icmp_build(l3, &h);
			assert_false(read_error(l3, cut, &t));
		}
	}
}

/* Every octet of the message, changed. */
static void damaged_error_is_none(void **state)
{
	struct icmp_told t;
	uint8_t l3[TOLD_MAX];

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct outer_packet p = outer_of(six, PROTO_ESP);
		uint32_t n = told_build(l3, slice_of(p.octets, p.bytes),
					p.bytes, MTU);

		for (uint32_t i = six ? 40 : 20; i < n; i++) {
			l3[i] ^= 0x10;
			assert_false(read_error(l3, n, &t));
			l3[i] ^= 0x10;
		}
		assert_true(read_error(l3, n, &t));
	}
}

static void another_error_is_none(void **state)
{
	struct outer_packet p = outer_of(false, PROTO_ESP);
	uint8_t l3[TOLD_MAX];
	uint32_t n = told_build(l3, slice_of(p.octets, p.bytes), p.bytes, MTU);
	struct icmp_told t;

	(void)state;
	l3[21] -= 1; /* the code; in the sum, the one octet for the other */
	l3[23] += 1;
	assert_false(read_error(l3, n, &t));
	l3[21] += 1;
	l3[23] -= 1;
	l3[20] += 1;
	l3[22] -= 1;
	assert_false(read_error(l3, n, &t));
}

/* --- the path MTU --- */

static uint32_t mtu_of(uint8_t version, uint32_t mtu, uint32_t total_bytes)
{
	const struct icmp_told t = {
		.version = version,
		.mtu = mtu,
		.total_bytes = total_bytes,
	};

	return icmp_told_mtu(&t);
}

static void ipv4_is_believed_down_to_576(void **state)
{
	(void)state;
	assert_int_equal(mtu_of(4, 1400, 1500), 1400);
	assert_int_equal(mtu_of(4, 577, 1500), 577);
	assert_int_equal(mtu_of(4, 576, 1500), 576);
	assert_int_equal(mtu_of(4, 575, 1500), 576);
	assert_int_equal(mtu_of(4, 68, 1500), 576);
	assert_int_equal(mtu_of(4, 1, 1500), 576);
}

static void ipv6_below_1280_is_not_heeded(void **state)
{
	(void)state;
	assert_int_equal(mtu_of(6, 1400, 1500), 1400);
	assert_int_equal(mtu_of(6, 1280, 1500), 1280);
	assert_int_equal(mtu_of(6, 1279, 1500), 0);
	assert_int_equal(mtu_of(6, 0, 1500), 0);
	assert_int_equal(mtu_of(6, UINT32_MAX, 1500), UINT32_MAX);
}

static void router_that_says_none_means_the_plateau_below(void **state)
{
	(void)state;
	assert_int_equal(mtu_of(4, 0, 65535), 32000);
	assert_int_equal(mtu_of(4, 0, 9000), 8166);
	assert_int_equal(mtu_of(4, 0, 1500), 1492);
	assert_int_equal(mtu_of(4, 0, 1492), 1006);
	assert_int_equal(mtu_of(4, 0, 1006), 576);
	assert_int_equal(mtu_of(4, 0, 0), 576);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			esp_bare_or_in_udp_and_ah_of_both_families_are_read),
		cmocka_unit_test(spi_behind_extension_headers_is_read),
		cmocka_unit_test(spi_behind_options_is_read),
		cmocka_unit_test(
			quote_is_read_if_the_number_is_in_it_and_not_else),
		cmocka_unit_test(size_is_that_of_the_packet_as_it_was_sent),
		cmocka_unit_test(what_ike_sent_is_none),
		cmocka_unit_test(another_protocol_is_none),
		cmocka_unit_test(fragment_that_is_not_the_first_is_none),
		cmocka_unit_test(quote_of_the_other_family_is_none),
		cmocka_unit_test(error_that_is_cut_is_none),
		cmocka_unit_test(damaged_error_is_none),
		cmocka_unit_test(another_error_is_none),
		cmocka_unit_test(ipv4_is_believed_down_to_576),
		cmocka_unit_test(ipv6_below_1280_is_not_heeded),
		cmocka_unit_test(router_that_says_none_means_the_plateau_below),
	};

	return cmocka_run_group_tests_name("icmp_told", tests, NULL, NULL);
}
