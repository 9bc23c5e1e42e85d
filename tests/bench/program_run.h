/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the benchmarks of BPF programs share: the kernel's account of a program's
 * time, a program that does nothing to compare with, and one packet through one.
 */
#ifndef CYG_BENCH_PROGRAM_RUN_H
#define CYG_BENCH_PROGRAM_RUN_H

#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "tests/bench/bench.h"
#include "tests/bpf/frame.h"

struct account {
	uint64_t ns, pkts;
};

static inline struct account account_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	must(bpf_obj_get_info_by_fd(fd, &info, &len) == 0, "no account");
	return (struct account){ .ns = info.run_time_ns, .pkts = info.run_cnt };
}

/* Nanoseconds of one of the n packets since then: all that there were. */
static inline double account_per_packet(int fd, const struct account *since,
					uint32_t n)
{
	const struct account now = account_of(fd);

	must(now.pkts - since->pkts == n,
	     "the kernel accounted for more packets or fewer than there were");
	return (double)(now.ns - since->ns) / n;
}

/* return XDP_DROP; to tc, where nothing is done with it, another verdict. */
static inline int program_empty(enum bpf_prog_type type)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "empty", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	must(fd >= 0, "cannot load an empty program");
	return fd;
}

/* One packet, as if it came by that interface. */
static inline void program_run(int fd, const struct frame *f, uint32_t ifindex)
{
	struct xdp_md in = { .data_end = f->bytes, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octets,
		    .data_size_in = f->bytes, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1);

	must(bpf_prog_test_run_opts(fd, &opts) == 0, "a test run failed");
}

#endif
