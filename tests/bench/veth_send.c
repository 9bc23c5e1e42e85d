// SPDX-License-Identifier: BSD-2-Clause
/*
 * A packet generator without a NIC: one frame, again and again, as live frames
 * of BPF_PROG_TEST_RUN that a program of four instructions redirects out of an
 * interface.
 *
 *     veth_send IFACE SECONDS FRAME-IN-HEX
 *
 * Prints the seconds that it really took. How much arrived is for the far
 * end's statistics to say: a veth whose peer has no XDP program, or no room,
 * loses frames and calls it success.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "tests/bench/bench.h"
#include "tests/support/hex.h"

#define FRAME_ROOM 2048U

/* return bpf_redirect(ifindex, 0); */
static int load_redirect(uint32_t ifindex)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_1,
		  .imm = (int)ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "veth_send", "GPL", program,
			     ARRAY_LEN(program), NULL);
}

static void wake(int signo)
{
	(void)signo;
}

/* The kernel ends a test run when a signal waits; so many it never does. */
static void send_until_alarm(int fd, uint32_t ifindex, const uint8_t *frame,
			     uint32_t bytes)
{
	struct xdp_md in = { .data_end = bytes, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = bytes, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = INT_MAX,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	must(bpf_prog_test_run_opts(fd, &opts) == -EINTR,
	     "cannot send live frames");
}

int main(int argc, char **argv)
{
	const struct sigaction woken = { .sa_handler = wake };
	uint8_t frame[FRAME_ROOM];
	uint32_t ifindex, bytes;
	uint64_t start;
	int fd;

	must(argc == 4, "usage: veth_send IFACE SECONDS FRAME-IN-HEX");
	ifindex = if_nametoindex(argv[1]);
	must(ifindex, "no such interface");
	bytes = (uint32_t)hex_decode(argv[3], frame, sizeof(frame));
	fd = load_redirect(ifindex);
	must(fd >= 0, "cannot load the redirecting program (needs root)");
	sigaction(SIGALRM, &woken, NULL);
	start = clock_ns();
	alarm((unsigned int)atoi(argv[2]));
	send_until_alarm(fd, ifindex, frame, bytes);
	printf("%.6f\n", (double)(clock_ns() - start) / (double)NS_PER_S);
	return 0;
}
