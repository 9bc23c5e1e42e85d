// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments as bytes, and which octets of a packet are there: against tables, and
 * against a bit for each octet on random fragments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/fragment.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- as bytes --- */

static uint8_t packet[512], piece[512], whole[512];

static struct ip_header head_v4(uint32_t total)
{
	return (struct ip_header){
		.version = 4,
		.total_bytes = total,
		.id = 0xbeef,
		.ttl = 64,
		.protocol = PROTO_ESP,
		.saddr = addr_of("192.0.2.1"),
		.daddr = addr_of("192.0.2.2"),
	};
}

static struct ip_header head_v6(uint32_t total)
{
	return (struct ip_header){
		.version = 6,
		.total_bytes = total,
		.ttl = 64,
		.protocol = PROTO_UDP,
		.saddr = addr_of("2001:db8::1"),
		.daddr = addr_of("2001:db8::2"),
	};
}

static void build(const struct ip_header *h)
{
	memset(packet, 0, sizeof(packet));
	ip_build(packet, h);
	for (uint32_t i = ip_least_bytes(h->version); i < h->total_bytes; i++)
		packet[i] = (uint8_t)i;
}

static void parse(const uint8_t *at, uint32_t bytes, struct fragment *out)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(at, bytes), &h));
	assert_true(fragment_parse(at, &h, out));
}

static void assert_whole(const struct fragment *first, uint32_t payload)
{
	memset(whole, 0xee, sizeof(whole));
	fragment_header(whole, piece, first);
	assert_true(fragment_header_end(whole, first->header_bytes, payload));
	assert_memory_equal(whole, packet, first->header_bytes);
}

static void fragment_of_ipv4_is_read_and_its_header_made_whole(void **state)
{
	struct ip_header h = head_v4(200);
	struct fragment f;

	(void)state;
	build(&h);
	assert_true(ipv4_parse(slice_of(packet, 200), &h));
	ipv4_fragment(piece, packet, &h, 64, 116);
	parse(piece, 136, &f);
	assert_int_equal(f.from, 64);
	assert_int_equal(f.bytes, 116);
	assert_false(f.more);
	ipv4_fragment(piece, packet, &h, 0, 64);
	parse(piece, 84, &f);
	assert_int_equal(f.id, 0xbeef);
	assert_int_equal(f.from, 0);
	assert_int_equal(f.bytes, 64);
	assert_int_equal(f.payload_at, 20);
	assert_int_equal(f.protocol, PROTO_ESP);
	assert_true(f.more);
	assert_whole(&f, 180);
}

static void fragment_of_ipv6_is_read_and_its_header_made_whole(void **state)
{
	struct ip_header h = head_v6(240);
	struct fragment f;

	(void)state;
	build(&h);
	ipv6_fragment(piece, packet, 64, 136, 0xcafe0102);
	parse(piece, 40 + 8 + 136, &f);
	assert_int_equal(f.from, 64);
	assert_int_equal(f.bytes, 136);
	assert_false(f.more);
	memcpy(piece + 48, packet + 40, 64);
	ipv6_fragment(piece, packet, 0, 64, 0xcafe0102);
	parse(piece, 40 + 8 + 64, &f);
	assert_int_equal(f.id, 0xcafe0102);
	assert_int_equal(f.bytes, 64);
	assert_int_equal(f.header_bytes, 40);
	assert_int_equal(f.payload_at, 48);
	assert_int_equal(f.protocol, PROTO_UDP);
	assert_true(f.more);
	assert_whole(&f, 200);
}

/* Hop-by-hop options stand in each fragment, in front of its header. */
static void headers_in_front_of_the_fragment_header_stay(void **state)
{
	struct ip_header h = head_v6(40 + 16 + 8 + 32);
	struct fragment f;

	(void)state;
	build(&h);
	packet[6] = EXT_HOP_BY_HOP;
	memset(packet + 40, 0, 24);
	packet[40] = EXT_FRAGMENT; /* 44, or part of no other header */
	packet[41] = 1;
	memcpy(packet + 56, (uint8_t[]){ PROTO_UDP, 0, 0, 1, 1, 2, 3, 4 }, 8);
	memcpy(piece, packet, sizeof(piece));
	parse(piece, h.total_bytes, &f);
	assert_int_equal(f.header_bytes, 56);
	assert_int_equal(f.payload_at, 64);
	assert_int_equal(f.bytes, 32);
	assert_int_equal(f.id, 0x01020304);
	packet[40] = PROTO_UDP;
	packet[4] = 0;
	packet[5] = 16 + 100;
	assert_whole(&f, 100);
}

static void headers_behind_the_fragment_header_are_refused(void **state)
{
	struct ip_header h = head_v6(40 + 8 + 8 + 32);
	struct fragment f;

	(void)state;
	build(&h);
	packet[6] = EXT_FRAGMENT;
	memset(packet + 40, 0, 16);
	packet[40] = EXT_DEST_OPTIONS;
	packet[43] = 1;
	packet[48] = PROTO_UDP;
	assert_true(ip_parse(slice_of(packet, h.total_bytes), &h));
	assert_int_equal(h.header_bytes, 56);
	assert_false(fragment_parse(packet, &h, &f));
	packet[40] = PROTO_UDP;
	assert_true(ip_parse(slice_of(packet, h.total_bytes), &h));
	assert_true(fragment_parse(packet, &h, &f));
}

static void header_keeps_df_and_says_no_more_than_ip_can(void **state)
{
	struct ip_header h = head_v4(100), got;

	(void)state;
	h.fragment = IPV4_DF | IPV4_MF;
	build(&h);
	assert_true(fragment_header_end(packet, 20, 65515));
	assert_true(ipv4_parse(slice_of(packet, 65535), &got));
	assert_int_equal(got.fragment, IPV4_DF);
	assert_int_equal(ipv4_checksum(packet, 20), 0);
	assert_false(fragment_header_end(packet, 20, 65516));
	h = head_v6(100);
	build(&h);
	assert_true(fragment_header_end(packet, 48, 65527));
	assert_false(fragment_header_end(packet, 48, 65528));
}

/* --- pieces --- */

struct step {
	uint32_t from, bytes;
	bool more;
	enum piece_fate fate;
};

static void assert_fates(const struct step *step, size_t n)
{
	struct pieces p = { 0 };

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pieces_add(&p, step[i].from, step[i].bytes,
					    step[i].more),
				 step[i].fate);
}

#define FATES(...)                                           \
	do {                                                 \
		const struct step fates[] = { __VA_ARGS__ }; \
		assert_fates(fates, ARRAY_LEN(fates));       \
	} while (0)

static void packet_is_whole_with_its_last_piece_whichever_it_is(void **state)
{
	(void)state;
	FATES({ 0, 16, true, PIECE_TAKEN }, { 16, 8, true, PIECE_TAKEN },
	      { 24, 3, false, PIECE_WHOLE });
	FATES({ 24, 3, false, PIECE_TAKEN }, { 16, 8, true, PIECE_TAKEN },
	      { 0, 16, true, PIECE_WHOLE });
	FATES({ 0, 16, true, PIECE_TAKEN }, { 24, 3, false, PIECE_TAKEN },
	      { 16, 8, true, PIECE_WHOLE });
}

static void piece_that_is_there_is_a_duplicate_and_changes_nothing(void **state)
{
	(void)state;
	FATES({ 0, 16, true, PIECE_TAKEN }, { 0, 16, true, PIECE_DUPLICATE },
	      { 24, 3, false, PIECE_TAKEN }, { 24, 3, false, PIECE_DUPLICATE },
	      { 0, 16, true, PIECE_DUPLICATE }, { 16, 8, true, PIECE_WHOLE });
}

static void pieces_that_meet_in_one_octet_overlap(void **state)
{
	(void)state;
	FATES({ 8, 16, true, PIECE_TAKEN }, { 0, 16, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 16, 16, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 8, 8, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 16, 8, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 0, 40, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 8, 24, true, PIECE_OVERLAP });
	FATES({ 8, 16, true, PIECE_TAKEN }, { 24, 8, true, PIECE_TAKEN },
	      { 0, 8, true, PIECE_TAKEN }, { 16, 16, true, PIECE_OVERLAP });
}

static void packet_ends_in_one_place(void **state)
{
	(void)state;
	FATES({ 16, 8, false, PIECE_TAKEN }, { 24, 8, true, PIECE_OVERLAP });
	FATES({ 16, 8, false, PIECE_TAKEN }, { 24, 8, false, PIECE_OVERLAP });
	FATES({ 16, 8, false, PIECE_TAKEN }, { 0, 8, false, PIECE_OVERLAP });
	FATES({ 16, 8, true, PIECE_TAKEN }, { 0, 8, false, PIECE_OVERLAP });
	FATES({ 16, 8, true, PIECE_TAKEN }, { 16, 8, false, PIECE_OVERLAP });
	FATES({ 16, 8, false, PIECE_TAKEN }, { 16, 8, true, PIECE_OVERLAP });
}

static void pieces_that_no_packet_has_are_wrong(void **state)
{
	(void)state;
	FATES({ 8, 0, false, PIECE_WRONG }, { 0, 0, true, PIECE_WRONG },
	      { 0, 7, true, PIECE_WRONG }, { 0, 9, true, PIECE_WRONG },
	      { 65528, 8, false, PIECE_WRONG },
	      { 65528, 7, false, PIECE_TAKEN });
}

static void pieces_are_so_many(void **state)
{
	struct pieces p = { 0 };

	(void)state;
	for (uint32_t i = 0; i < PIECES_MAX; i++)
		assert_int_equal(pieces_add(&p, 16 * i, 8, true), PIECE_TAKEN);
	assert_int_equal(pieces_add(&p, 8, 8, true), PIECE_MANY);
	assert_int_equal(pieces_add(&p, 0, 8, true), PIECE_DUPLICATE);
}

/* --- against a byte for each octet --- */

#define OCTETS 512U

struct reference {
	uint8_t there[OCTETS];	/* number of the piece, from 1; 0: not there */
	struct step piece[256]; /* those taken */
	uint32_t n, end;
};

static bool is_twin(const struct reference *r, const struct step *s)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->piece[i].from == s->from &&
		    r->piece[i].bytes == s->bytes && r->piece[i].more == s->more)
			return true;
	return false;
}

static bool contradicts(const struct reference *r, const struct step *s)
{
	const uint32_t to = s->from + s->bytes;

	for (uint32_t i = s->from; i < to; i++)
		if (r->there[i])
			return true;
	if (r->end && (to > r->end || !s->more))
		return true;
	for (uint32_t i = to; i < OCTETS && !s->more; i++)
		if (r->there[i])
			return true;
	return false;
}

static enum piece_fate refer(struct reference *r, const struct step *s)
{
	uint32_t have = 0;

	if (!s->bytes || (s->more && s->bytes % 8))
		return PIECE_WRONG;
	if (is_twin(r, s))
		return PIECE_DUPLICATE;
	if (contradicts(r, s))
		return PIECE_OVERLAP;
	if (r->n == PIECES_MAX)
		return PIECE_MANY;
	r->piece[r->n++] = *s;
	memset(r->there + s->from, (int)r->n, s->bytes);
	if (!s->more)
		r->end = s->from + s->bytes;
	for (uint32_t i = 0; i < OCTETS; i++)
		have += r->there[i] != 0;
	return r->end && have == r->end ? PIECE_WHOLE : PIECE_TAKEN;
}

/* Numerical Recipes' generator: the same fragments in every run. */
static uint32_t roll(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % sides;
}

/* A part of a packet that is cut in equal ones, or near it. */
static struct step roll_step(uint32_t *seed, uint32_t each, uint32_t parts)
{
	uint32_t part = roll(seed, parts);
	struct step s = { .from = part * each,
			  .bytes = each,
			  .more = part + 1 < parts };

	if (!roll(seed, 40))
		s.from += 8 * roll(seed, 3);
	if (!roll(seed, 40))
		s.bytes += roll(seed, 17);
	if (!roll(seed, 40))
		s.bytes -= roll(seed, s.bytes + 1);
	if (!roll(seed, 80))
		s.more = !s.more;
	return s;
}

static void pieces_are_as_a_byte_for_each_octet_says(void **state)
{
	uint32_t seed = 1, seen[PIECE_MANY + 1] = { 0 };

	(void)state;
	for (uint32_t round = 0; round < 3000; round++) {
		uint32_t each = 8 * (1 + roll(&seed, 4));
		uint32_t parts = 1 + roll(&seed, 12);
		static struct reference r;
		struct pieces p = { 0 };

		memset(&r, 0, sizeof(r));
		for (uint32_t i = 0; i < 4 * parts; i++) {
			struct step s = roll_step(&seed, each, parts);

			s.fate = refer(&r, &s);
			seen[s.fate]++;
			assert_int_equal(pieces_add(&p, s.from, s.bytes, s.more),
					 s.fate);
		}
	}
	for (uint32_t i = 0; i < PIECE_MANY; i++)
		assert_true(seen[i] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			fragment_of_ipv4_is_read_and_its_header_made_whole),
		cmocka_unit_test(
			fragment_of_ipv6_is_read_and_its_header_made_whole),
		cmocka_unit_test(headers_in_front_of_the_fragment_header_stay),
		cmocka_unit_test(headers_behind_the_fragment_header_are_refused),
		cmocka_unit_test(header_keeps_df_and_says_no_more_than_ip_can),
		cmocka_unit_test(
			packet_is_whole_with_its_last_piece_whichever_it_is),
		cmocka_unit_test(
			piece_that_is_there_is_a_duplicate_and_changes_nothing),
		cmocka_unit_test(pieces_that_meet_in_one_octet_overlap),
		cmocka_unit_test(packet_ends_in_one_place),
		cmocka_unit_test(pieces_that_no_packet_has_are_wrong),
		cmocka_unit_test(pieces_are_so_many),
		cmocka_unit_test(pieces_are_as_a_byte_for_each_octet_says),
	};

	return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
