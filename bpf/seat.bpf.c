// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Our seat in libxdp's dispatcher, which stays while daemons come and go: it
 * runs the program that is in the map, and that one is replaced in one step.
 * Where nobody is, nothing passes: who left it so lives no more, or has not come
 * yet.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The one who sits there: `edge` of a daemon. Written by ctrl/dp/seat.c; pinned,
 * or it would lose its program with the last process that has it open. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cyg_seat SEC(".maps");

/* xdp-loader shows this name. */
SEC("xdp")
int cygnet(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &cyg_seat, 0);
	return XDP_DROP;
}
