// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames of several pieces: what the programs do with what is larger than a page,
 * of which they see the first piece, or less of that than they want.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/bpf/run.h"

#define JUMBO_BYTES 9014U /* of MTU 9000 */
#define TAKEN_BYTES 3584U /* by a frame of AF_XDP */

static struct fixture fx;

static const struct row out = { .pass = PASS_STEER_OUT };
static const struct row in6 = { .frame = { .daddr = GATEWAY_OUT6,
					   .protocol = PROTO_ESP,
					   .spi = SPI_ESP },
				.pass = PASS_STEER_IN,
				.sa = SA_IN_ESP6 };
static const struct row in = {
	.frame = { .daddr = GATEWAY_OUT, .protocol = PROTO_ESP, .spi = SPI_ESP },
	.pass = PASS_STEER_IN,
	.sa = SA_IN_ESP
};

struct large {
	uint8_t octets[JUMBO_BYTES];
	uint32_t bytes;
};

/* The row's packet, and so many octets in all. */
static void build(const struct row_case *c, uint32_t bytes, struct large *l)
{
	const bool six = frame_is_six(&c->row->frame);
	struct frame f;

	row_build(c, &f);
	frame_wr16(&f, six ? AT6_PAYLOAD : AT_TOTAL,
		   (uint16_t)(bytes - ETH_HEADER_BYTES -
			      (six ? IPV6_HEADER_BYTES : 0)));
	memset(l->octets, 0x5a, sizeof(l->octets));
	memcpy(l->octets, f.octets, f.bytes);
	l->bytes = bytes;
}

/* first: octets of the first piece, 0: as many as fit. The verdict; -1: this kernel
 * gives none so few. */
static int run_large(const struct row_case *c, struct large *l, uint32_t first,
		     uint32_t *meta_bytes)
{
	struct xdp_md with = {
		.data_end = first ? first : l->bytes,
		.ingress_ifindex = ingress_of(c),
	};
	struct xdp_md left = { 0 };
	uint8_t got[JUMBO_BYTES + sizeof(struct head_meta)];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = l->octets,
		    .data_size_in = l->bytes, .data_out = got,
		    .data_size_out = sizeof(got), .ctx_in = &with,
		    .ctx_size_in = sizeof(with), .ctx_out = &left,
		    .ctx_size_out = sizeof(left), .repeat = 1);
	int fd = programs_xdp_fd(fx.programs[c->row->on]);
	int err = bpf_prog_test_run_opts(fd, &opts);

	if (first && err == -EINVAL)
		return -1;
	assert_int_equal(err, 0);
	*meta_bytes = left.data;
	assert_int_equal(opts.data_size_out, left.data + l->bytes);
	assert_memory_equal(got + left.data, l->octets, l->bytes);
	return (int)opts.retval;
}

/* The one counter that moves, by the whole frame. */
static bool assert_large(const struct row_case *c, uint32_t bytes,
			 uint32_t first)
{
	const struct programs *p = fx.programs[c->row->on];
	struct counters before = { 0 }, after = { 0 };
	uint32_t meta_bytes;
	struct large l;
	int verdict;

	build(c, bytes, &l);
	programs_counters(p, &before);
	verdict = run_large(c, &l, first, &meta_bytes);
	if (verdict < 0)
		return false;
	programs_counters(p, &after);
	assert_int_equal(verdict, verdict_of(c));
	assert_one_count(&before, &after, c->row, bytes);
	assert_int_equal(meta_bytes,
			 verdict == XDP_REDIRECT ? sizeof(struct dp_meta) : 0);
	return true;
}

static void large_packets_are_steered_like_others(void **state)
{
	const struct row_case cases[] = {
		{ &fx, PROGRAM_PROTECTED, &out },
		{ &fx, PROGRAM_UNPROTECTED, &in6 },
		{ &fx, PROGRAM_UNPROTECTED, &in },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (uint32_t bytes = TAKEN_BYTES; bytes <= JUMBO_BYTES;
		     bytes += 905)
			assert_true(assert_large(&cases[i], bytes, 0));
}

static void where_af_xdp_takes_no_pieces_they_drop_by_name(void **state)
{
	const struct row *rows[] = { &out, &in };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct row row = *rows[i];
		const struct row_case c = {
			&fx, i ? PROGRAM_UNPROTECTED : PROGRAM_PROTECTED, &row
		};

		row.on = GW_DISCARD;
		assert_true(assert_large(&c, TAKEN_BYTES, 0));
		row.drop = DROP_JUMBO;
		assert_true(assert_large(&c, TAKEN_BYTES + 1, 0));
		assert_true(assert_large(&c, JUMBO_BYTES, 0));
	}
}

static void what_no_policy_protects_needs_none(void **state)
{
	const struct row row = { .on = GW_DISCARD,
				 .frame = { .daddr = OTHER_HOST },
				 .pass = PASS_EGRESS };
	const struct row_case c = { &fx, PROGRAM_PROTECTED, &row };

	(void)state;
	assert_true(assert_large(&c, JUMBO_BYTES, 0));
}

static void packet_longer_than_all_pieces_is_malformed(void **state)
{
	const struct row row = { .drop = DROP_IP_MALFORMED };
	const struct row_case c = { &fx, PROGRAM_PROTECTED, &row };
	struct counters before = { 0 }, after = { 0 };
	uint32_t meta_bytes;
	struct large l;

	(void)state;
	build(&c, JUMBO_BYTES, &l);
	l.bytes--;
	programs_counters(fx.programs[GW_BYPASS], &before);
	assert_int_equal(run_large(&c, &l, 0, &meta_bytes), XDP_DROP);
	programs_counters(fx.programs[GW_BYPASS], &after);
	assert_one_count(&before, &after, &row, l.bytes);
}

/* Nobody may take the rest of the headers for a payload: none passes either. */
static void headers_that_are_not_in_the_first_piece_drop_by_name(void **state)
{
	const struct row rows[] = {
		{ .drop = DROP_JUMBO },
		{ .frame = { .daddr = GATEWAY_OUT,
			     .protocol = PROTO_ESP,
			     .spi = SPI_ESP },
		  .drop = DROP_JUMBO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row_case c = { &fx,
					    i ? PROGRAM_UNPROTECTED
					      : PROGRAM_PROTECTED,
					    &rows[i] };

		for (uint32_t first = ETH_HLEN; first < 256; first += 11) {
			if (assert_large(&c, JUMBO_BYTES, first))
				continue;
			print_message(
				"# this kernel's test runs fill the first piece\n");
			skip();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_packets_are_steered_like_others),
		cmocka_unit_test(where_af_xdp_takes_no_pieces_they_drop_by_name),
		cmocka_unit_test(what_no_policy_protects_needs_none),
		cmocka_unit_test(packet_longer_than_all_pieces_is_malformed),
		cmocka_unit_test(
			headers_that_are_not_in_the_first_piece_drop_by_name),
	};
	int failed = 1;

	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("jumbo", tests, NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
