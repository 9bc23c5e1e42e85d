/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Every exit of every program goes through here: one packet, one count, under
 * its reason. Counting never changes a verdict.
 */
#ifndef CYG_BPF_COUNT_H
#define CYG_BPF_COUNT_H

#include <linux/pkt_cls.h>

#include "bpf/maps.h"

static __always_inline void count_drop(enum drop_reason reason, __u32 bytes)
{
	__u32 key = reason;
	struct counter *c = bpf_map_lookup_elem(&drops, &key);

	if (!c)
		return;
	c->pkts++;
	c->bytes += bytes;
}

static __always_inline void count_pass(enum pass_reason reason, __u32 pkts,
				       __u32 bytes)
{
	__u32 key = reason;
	struct counter *c = bpf_map_lookup_elem(&passes, &key);

	if (!c)
		return;
	c->pkts += pkts;
	c->bytes += bytes;
}

static __always_inline int xdp_drop(enum drop_reason reason, __u32 bytes)
{
	count_drop(reason, bytes);
	return XDP_DROP;
}

static __always_inline int xdp_pass(enum pass_reason reason, __u32 bytes)
{
	count_pass(reason, 1, bytes);
	return XDP_PASS;
}

static __always_inline int tc_drop(enum drop_reason reason, __u32 bytes)
{
	count_drop(reason, bytes);
	return TC_ACT_SHOT;
}

static __always_inline int tc_pass(enum pass_reason reason, __u32 bytes)
{
	count_pass(reason, 1, bytes);
	return TC_ACT_UNSPEC; /* other filters may still speak */
}

#endif
