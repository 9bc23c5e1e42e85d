// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seat in libxdp's dispatcher, by BPF_PROG_TEST_RUN as the XDP program that it
 * is before libxdp makes it part of another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <seat.skel.h>
#include <unistd.h>

#include "ctrl/dp/adopt.h"
#include "ctrl/dp/seat.h"

static struct seat_bpf *skel;
static struct seat seat;

/* Any program of the type will do. */
static int sitter(int verdict)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "sitter", "BSD", insns, 2, NULL);
}

static uint32_t verdict_of_seat(void)
{
	uint8_t frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame));

	assert_int_equal(bpf_prog_test_run_opts(
				 bpf_program__fd(skel->progs.cygnet), &opts),
			 0);
	return opts.retval;
}

/* As libxdp loads it: with no expected attach type, like who sits there. */
static int load(void **state)
{
	(void)state;
	skel = seat_bpf__open();
	if (!skel)
		return -1;
	bpf_program__set_expected_attach_type(skel->progs.cygnet, 0);
	if (seat_bpf__load(skel))
		return -1;
	seat.slot_fd = bpf_map__fd(skel->maps.cyg_seat);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	seat_bpf__destroy(skel);
	return 0;
}

static void nothing_passes_an_empty_seat(void **state)
{
	(void)state;
	assert_int_equal(seat_sitter(&seat), 0);
	assert_int_equal(verdict_of_seat(), XDP_DROP);
}

static void who_sits_there_decides(void **state)
{
	int pass = sitter(XDP_PASS), tx = sitter(XDP_TX);

	(void)state;
	assert_true(pass >= 0 && tx >= 0);
	assert_int_equal(seat_put(&seat, pass), 0);
	assert_int_equal(verdict_of_seat(), XDP_PASS);
	assert_int_equal(seat_put(&seat, tx), 0);
	assert_int_equal(verdict_of_seat(), XDP_TX);
	assert_int_not_equal(seat_sitter(&seat), 0);
	close(pass);
	close(tx);
}

static void who_leaves_closes_the_seat(void **state)
{
	int pass = sitter(XDP_PASS);

	(void)state;
	assert_int_equal(seat_put(&seat, pass), 0);
	assert_int_equal(seat_put(&seat, -1), 0);
	assert_int_equal(verdict_of_seat(), XDP_DROP);
	assert_int_equal(seat_put(&seat, -1), 0);
	close(pass);
}

static void a_seat_is_known_by_its_map(void **state)
{
	int pass = sitter(XDP_PASS);
	int slot_fd = adopt_seat_of(bpf_program__fd(skel->progs.cygnet));

	(void)state;
	assert_true(slot_fd >= 0);
	close(slot_fd);
	assert_true(adopt_seat_of(pass) < 0);
	close(pass);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_passes_an_empty_seat),
		cmocka_unit_test(who_sits_there_decides),
		cmocka_unit_test(who_leaves_closes_the_seat),
		cmocka_unit_test(a_seat_is_known_by_its_map),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
