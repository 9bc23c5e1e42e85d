/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Every exit of every program goes through here: one packet, one count, under
 * its reason. Counting never changes a verdict. A dry run notes the reason
 * instead: one compare with a constant, which the verifier takes out.
 */
#ifndef CYG_BPF_COUNT_H
#define CYG_BPF_COUNT_H

#include <linux/pkt_cls.h>

#include "bpf/maps.h"

static __always_inline struct dry_note *dry_note_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&dry_note, &zero);
}

static __always_inline void dry_exit(enum drop_reason drop,
				     enum pass_reason pass)
{
	struct dry_note *note = dry_note_of();

	if (!note)
		return;
	note->drop = drop;
	note->pass = pass;
	note->exits++;
}

static __always_inline void dry_spd(const struct spd_verdict *v)
{
	struct dry_note *note = dry_note_of();

	if (note)
		note->spd = *v;
}

static __always_inline void dry_sa(const struct sa_ref *sa)
{
	struct dry_note *note = dry_note_of();

	if (note)
		note->sa = *sa;
}

static __always_inline void count_drop(enum drop_reason reason, __u32 bytes)
{
	__u32 key = reason;
	struct counter *c;

	if (dry)
		return dry_exit(reason, 0);
	c = bpf_map_lookup_elem(&drops, &key);
	if (!c)
		return;
	c->pkts++;
	c->bytes += bytes;
}

static __always_inline void count_pass(enum pass_reason reason, __u32 pkts,
				       __u32 bytes)
{
	__u32 key = reason;
	struct counter *c;

	if (dry)
		return dry_exit(DROP_NONE, reason);
	c = bpf_map_lookup_elem(&passes, &key);
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
