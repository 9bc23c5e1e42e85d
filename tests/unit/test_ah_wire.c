// SPDX-License-Identifier: BSD-2-Clause
/* What AH covers: ICVs that scapy makes, tables of options and extension headers,
 * and each bit of a header by what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/mac.h"
#include "ctrl/wire/ah.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"
#include "tests/support/hex.h"
#include "tests/vectors/ah.h"

#define ROOM	   512U
#define SPI	   0x1234
#define SEQ	   7
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static struct ip_header parsed(const uint8_t *l3, size_t bytes)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(l3, bytes), &h));
	return h;
}

/* --- AH's own header --- */

static void header_ends_where_its_family_has_it(void **state)
{
	static const struct {
		uint8_t version;
		uint32_t icv_bytes, bytes;
	} cases[] = {
		{ 4, 12, 24 }, { 6, 12, 24 }, { 4, 16, 28 }, { 6, 16, 32 },
		{ 4, 24, 36 }, { 6, 24, 40 }, { 4, 32, 44 }, { 6, 32, 48 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		assert_int_equal(ah_bytes(cases[i].version, cases[i].icv_bytes),
				 cases[i].bytes);
}

static void header_reads_as_it_was_written(void **state)
{
	const struct ah_header h = {
		.next_header = PROTO_TCP,
		.bytes = 28,
		.spi_be = 0x78563412,
		.seq = 0xfedcba98,
	};
	uint8_t at[30];
	struct ah_header now;

	(void)state;
	memset(at, 0xa5, sizeof(at));
	ah_build(at, &h);
	assert_int_equal(at[1], 28 / 4 - 2);
	for (size_t i = AH_HEADER_BYTES; i < 28; i++)
		assert_int_equal(at[i], 0);
	assert_int_equal(at[28], 0xa5);
	assert_true(ah_parse(slice_of(at, sizeof(at)), &now));
	assert_int_equal(now.next_header, h.next_header);
	assert_int_equal(now.bytes, h.bytes);
	assert_int_equal(now.spi_be, h.spi_be);
	assert_int_equal(now.seq, h.seq);
}

static void header_that_ends_behind_its_octets_is_refused(void **state)
{
	const struct ah_header h = { .bytes = 28 };
	struct ah_header now;
	uint8_t at[28];

	(void)state;
	ah_build(at, &h);
	for (size_t n = 0; n < sizeof(at); n++)
		assert_false(ah_parse(slice_of(at, n), &now));
	assert_true(ah_parse(slice_of(at, sizeof(at)), &now));
}

static void header_without_an_icv_is_refused(void **state)
{
	uint8_t at[AH_HEADER_BYTES] = { 0 };
	struct ah_header now;

	(void)state;
	for (uint8_t len = 0; len <= 1; len++) {
		at[1] = len;
		assert_false(ah_parse(slice_of(at, sizeof(at)), &now));
	}
}

/* --- ICVs --- */

static struct mac *mac_of(const struct ah_vector *v,
			  const struct integ_alg **integ)
{
	uint8_t key[64];
	struct slice octets = { key, hex_decode(v->key, key, sizeof(key)) };
	struct mac *m = NULL;

	*integ = integ_by_name(v->integ);
	assert_non_null(*integ);
	assert_int_equal(mac_new(*integ, octets, &m), 0);
	return m;
}

/* Takes the ICV out of the packet, and makes it what it is computed over. */
static struct slice covered(const struct ah_vector *v, uint8_t *l3,
			    uint8_t *icv, uint32_t icv_bytes)
{
	size_t n = hex_decode(v->packet, l3, ROOM);
	struct ip_header ip = parsed(l3, n);
	uint8_t *at = l3 + ip.header_bytes;
	struct ah_header ah;

	assert_int_equal(ip.protocol, PROTO_AH);
	assert_true(ah_parse(slice_of(at, n - ip.header_bytes), &ah));
	assert_int_equal(ah.spi_be, __builtin_bswap32(SPI));
	assert_int_equal(ah.seq, SEQ);
	assert_int_equal(ah.bytes, ah_bytes(ip.version, icv_bytes));
	memcpy(icv, at + AH_HEADER_BYTES, icv_bytes);
	ah_build(at, &ah);
	assert_true(ah_cover(l3, ip.header_bytes));
	return slice_of(l3, n);
}

static void scapys_packets_have_the_icv_that_we_compute(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(ah_vectors); i++) {
		const struct ah_vector *v = &ah_vectors[i];
		const struct integ_alg *integ;
		struct mac *m = mac_of(v, &integ);
		uint8_t l3[ROOM], want[ICV_MAX_BYTES], icv[ICV_MAX_BYTES];
		uint8_t high[4] = { (uint8_t)(v->seq_hi >> 24),
				    (uint8_t)(v->seq_hi >> 16),
				    (uint8_t)(v->seq_hi >> 8),
				    (uint8_t)v->seq_hi };
		struct slice head = covered(v, l3, want, integ->icv_bytes);
		struct slice tail = slice_of(high, v->esn ? sizeof(high) : 0);

		assert_true(mac_sum(m, NULL, head, tail, icv));
		if (memcmp(icv, want, integ->icv_bytes) != 0)
			fail_msg("another ICV: %s", v->name);
		mac_free(m);
	}
}

/* --- what changes on the way --- */

/* A plain header; what is set in mask may change. */
static void assert_mutable(const uint8_t *header, uint32_t bytes,
			   const uint8_t *mask)
{
	uint8_t before[IPV6_HEADER_BYTES], now[IPV6_HEADER_BYTES];

	memcpy(before, header, bytes);
	assert_true(ah_cover(before, bytes));
	for (uint32_t bit = 0; bit < bytes * 8; bit++) {
		const uint8_t flip = (uint8_t)(0x80 >> bit % 8);
		bool same;

		memcpy(now, header, bytes);
		now[bit / 8] ^= flip;
		if (!ah_cover(now, bytes))
			continue; /* another kind of packet */
		same = memcmp(now, before, bytes) == 0;
		assert_int_equal(same, (mask[bit / 8] & flip) != 0);
	}
}

static void in_ipv4_tos_df_ttl_and_checksum_may_change(void **state)
{
	static const uint8_t mask[IPV4_HEADER_BYTES] = {
		[1] = 0xff, [6] = 0xc0, [8] = 0xff, [10] = 0xff, [11] = 0xff
	};
	const struct ip_header h = { .version = 4,
				     .total_bytes = 99,
				     .tos = 0xb9,
				     .ttl = 63,
				     .id = 7,
				     .fragment = IPV4_DF,
				     .protocol = PROTO_AH };
	uint8_t header[IPV4_HEADER_BYTES];

	(void)state;
	ip_build(header, &h);
	assert_mutable(header, sizeof(header), mask);
}

static void in_ipv6_class_label_and_hop_limit_may_change(void **state)
{
	static const uint8_t mask[IPV6_HEADER_BYTES] = {
		[0] = 0x0f, [1] = 0xff, [2] = 0xff, [3] = 0xff, [7] = 0xff
	};
	const struct ip_header h = { .version = 6,
				     .total_bytes = 99,
				     .tos = 0xb9,
				     .ttl = 63,
				     .protocol = PROTO_AH };
	uint8_t header[IPV6_HEADER_BYTES];

	(void)state;
	ip_build(header, &h);
	assert_mutable(header, sizeof(header), mask);
}

/* --- IPv4's options --- */

#define DADDR "\xc6\x33\x64\x02" /* without a route to anywhere else */

struct v4_case {
	const char *name;
	uint8_t bytes; /* a multiple of 4 */
	bool refused;
	const char *option, *covered, *daddr;
};

static const struct v4_case v4_cases[] = {
	{ "end of list", 4, false, "\0\1\2\3", "\0\1\2\3", DADDR },
	{ "no operation", 4, false, "\1\1\1\1", "\1\1\1\1", DADDR },
	{ "security", 4, false, "\x82\4\7\7", "\x82\4\7\7", DADDR },
	{ "extended security", 4, false, "\x85\4\7\7", "\x85\4\7\7", DADDR },
	{ "commercial security", 4, false, "\x86\4\7\7", "\x86\4\7\7", DADDR },
	{ "router alert", 4, false, "\x94\4\0\0", "\x94\4\0\0", DADDR },
	{ "directed delivery", 4, false, "\x95\4\7\7", "\x95\4\7\7", DADDR },
	{ "record route", 4, false, "\7\3\4\0", "\0\0\0\0", DADDR },
	{ "timestamp", 4, false, "\x44\4\5\0", "\0\0\0\0", DADDR },
	{ "traceroute", 4, false, "\x52\4\7\7", "\0\0\0\0", DADDR },
	{ "stream id", 4, false, "\x88\4\7\7", "\0\0\0\0", DADDR },
	{ "what nobody knows", 4, false, "\x9f\4\7\7", "\0\0\0\0", DADDR },
	{ "two, one of which may change", 8, false, "\x94\4\0\0\7\3\4\0",
	  "\x94\4\0\0\0\0\0\0", DADDR },
	{ "loose route, two to go", 12, false,
	  "\x83\x0b\4\xc0\0\2\7\xc0\0\2\x08\1", "\0\0\0\0\0\0\0\0\0\0\0\1",
	  "\xc0\0\2\x08" },
	{ "strict route, one to go", 12, false,
	  "\x89\x0b\x08\xc0\0\2\7\xc0\0\2\x08\1", "\0\0\0\0\0\0\0\0\0\0\0\1",
	  "\xc0\0\2\x08" },
	{ "loose route, at its end", 8, false, "\x83\7\x08\xc0\0\2\7\1",
	  "\0\0\0\0\0\0\0\1", DADDR },
	{ "loose route to nowhere", 4, false, "\x83\3\4\1", "\0\0\0\1", DADDR },
	{ "loose route without room for an address", 8, true,
	  "\x83\6\4\xc0\0\2\1\1", NULL, NULL },
	{ "loose route at no address of its own", 8, true,
	  "\x83\7\5\xc0\0\2\1\1", NULL, NULL },
	{ "loose route at its own type", 8, true, "\x83\7\0\xc0\0\2\1\1", NULL,
	  NULL },
	{ "an option of no octets", 4, true, "\x94\0\0\0", NULL, NULL },
	{ "an option of one octet", 4, true, "\x94\1\0\0", NULL, NULL },
	{ "an option longer than the header", 4, true, "\x94\5\0\0", NULL, NULL },
	{ "an option without its length", 4, true, "\1\1\1\x94", NULL, NULL },
};

static void options_are_covered_as_appendix_a1_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(v4_cases); i++) {
		const struct v4_case *c = &v4_cases[i];
		uint8_t h[IPV4_HEADER_MAX_BYTES] = {
			[0] = (uint8_t)(0x45 + c->bytes / 4)
		};

		print_message("%s\n", c->name);
		memcpy(h + 16, DADDR, 4);
		memcpy(h + IPV4_HEADER_BYTES, c->option, c->bytes);
		assert_int_equal(ah_cover(h, IPV4_HEADER_BYTES + c->bytes),
				 !c->refused);
		if (c->refused)
			continue;
		assert_memory_equal(h + IPV4_HEADER_BYTES, c->covered, c->bytes);
		assert_memory_equal(h + 16, c->daddr, 4);
	}
}

/* --- IPv6's extension headers --- */

struct v6_case {
	const char *name;
	uint8_t kind, bytes; /* a multiple of 8 */
	bool refused;
	const char *header, *covered; /* from its third octet on */
};

static const struct v6_case v6_cases[] = {
	{ "padding", EXT_HOP_BY_HOP, 8, false, "\0\0\0\1\1\0", "\0\0\0\1\1\0" },
	{ "an option that stays", EXT_HOP_BY_HOP, 8, false, "\5\2\1\2\0\0",
	  "\5\2\1\2\0\0" },
	{ "an option that may change", EXT_HOP_BY_HOP, 8, false,
	  "\x3e\2\1\2\0\0", "\x3e\2\0\0\0\0" },
	{ "the destination's, that may change", EXT_DEST_OPTIONS, 8, false,
	  "\0\x3e\2\1\2\0", "\0\x3e\2\0\0\0" },
	{ "one after the other", EXT_DEST_OPTIONS, 16, false,
	  "\x3e\2\1\2\x1e\4\1\2\3\4\x3e\2\1\2",
	  "\x3e\2\0\0\x1e\4\1\2\3\4\x3e\2\0\0" },
	{ "an option longer than its header", EXT_HOP_BY_HOP, 8, true,
	  "\x1e\5\1\2\3\4", NULL },
	{ "an option without its length", EXT_HOP_BY_HOP, 8, true,
	  "\1\3\1\2\3\x1e", NULL },
	{ "a fragment", EXT_FRAGMENT, 8, true, "\0\0\0\0\0\1", NULL },
	{ "segments of a kind that we don't know", EXT_ROUTING, 8, true,
	  "\4\1\0\0\0\0", NULL },
	{ "that kind, with none left", EXT_ROUTING, 8, false, "\4\0\7\7\7\7",
	  "\4\0\7\7\7\7" },
	{ "more segments left than there are", EXT_ROUTING, 8, true,
	  "\0\1\0\0\0\0", NULL },
	{ "segments that are no addresses", EXT_ROUTING, 16, true,
	  "\0\1\0\0\0\0\1\2\3\4\5\6\7\x08", NULL },
};

static uint32_t build_v6(uint8_t *h, uint8_t kind, uint32_t bytes)
{
	struct ip_header ip = { .version = 6,
				.total_bytes = IPV6_HEADER_BYTES + bytes,
				.protocol = kind };

	memset(&ip.daddr, 0xd0, sizeof(ip.daddr));
	ip_build(h, &ip);
	h[IPV6_HEADER_BYTES] = PROTO_AH;
	h[IPV6_HEADER_BYTES + 1] = (uint8_t)(bytes / 8 - 1);
	return IPV6_HEADER_BYTES + bytes;
}

static void extension_headers_are_covered_as_appendix_a2_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(v6_cases); i++) {
		const struct v6_case *c = &v6_cases[i];
		uint8_t h[ROOM];
		uint32_t n = build_v6(h, c->kind, c->bytes);
		uint8_t *rest = h + IPV6_HEADER_BYTES + 2;

		print_message("%s\n", c->name);
		memcpy(rest, c->header, c->bytes - 2U);
		assert_int_equal(ah_cover(h, n), !c->refused);
		if (!c->refused)
			assert_memory_equal(rest, c->covered, c->bytes - 2U);
	}
}

static void fill_address(uint8_t *at, uint8_t octet)
{
	memset(at, octet, 16);
}

/* Three addresses; what is left of them trades places with the destination. */
static void routing_header_is_covered_as_it_arrives(void **state)
{
	static const uint8_t sent[] = { 0xd0, 1, 2, 3 };
	static const uint8_t arrived[][4] = {
		{ 0xd0, 1, 2, 3 },
		{ 3, 1, 2, 0xd0 },
		{ 3, 1, 0xd0, 2 },
		{ 3, 0xd0, 1, 2 },
	};

	(void)state;
	for (uint8_t left = 0; left <= 3; left++) {
		uint8_t h[ROOM], want[16];
		uint32_t n = build_v6(h, EXT_ROUTING, 56);
		uint8_t *routing = h + IPV6_HEADER_BYTES;

		routing[2] = left == 1 ? 2 : 0; /* mobile hosts' is alike */
		routing[3] = left;
		memset(routing + 4, 0, 4);
		for (uint32_t k = 1; k <= 3; k++)
			fill_address(routing + 8 + (k - 1) * 16, sent[k]);
		assert_true(ah_cover(h, n));
		assert_int_equal(routing[3], 0);
		fill_address(want, arrived[left][0]);
		assert_memory_equal(h + 24, want, 16);
		for (uint32_t k = 1; k <= 3; k++) {
			fill_address(want, arrived[left][k]);
			assert_memory_equal(routing + 8 + (k - 1) * 16, want,
					    16);
		}
	}
}

static void header_that_is_cut_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(ah_vectors); i++) {
		uint8_t l3[ROOM], cut[ROOM];
		size_t n = hex_decode(ah_vectors[i].packet, l3, ROOM);
		struct ip_header ip = parsed(l3, n);
		const uint32_t least = ip_least_bytes(ip.version);

		for (uint32_t k = 0; k < ip.header_bytes; k++) {
			memcpy(cut, l3, k);
			/* IPv6 may have had fewer extension headers. */
			if (ip.version == 4 || k < least || k % 8)
				assert_false(ah_cover(cut, k));
		}
	}
}

static void fragment_of_ipv4_is_refused(void **state)
{
	static const uint16_t words[] = { IPV4_MF, 1, IPV4_DF | IPV4_MF };

	(void)state;
	for (size_t i = 0; i < LEN(words); i++) {
		uint8_t h[IPV4_HEADER_BYTES] = { 0x45 };

		h[6] = (uint8_t)(words[i] >> 8);
		h[7] = (uint8_t)words[i];
		assert_false(ah_cover(h, sizeof(h)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_ends_where_its_family_has_it),
		cmocka_unit_test(header_reads_as_it_was_written),
		cmocka_unit_test(header_that_ends_behind_its_octets_is_refused),
		cmocka_unit_test(header_without_an_icv_is_refused),
		cmocka_unit_test(scapys_packets_have_the_icv_that_we_compute),
		cmocka_unit_test(in_ipv4_tos_df_ttl_and_checksum_may_change),
		cmocka_unit_test(in_ipv6_class_label_and_hop_limit_may_change),
		cmocka_unit_test(options_are_covered_as_appendix_a1_says),
		cmocka_unit_test(
			extension_headers_are_covered_as_appendix_a2_says),
		cmocka_unit_test(routing_header_is_covered_as_it_arrives),
		cmocka_unit_test(header_that_is_cut_is_refused),
		cmocka_unit_test(fragment_of_ipv4_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
