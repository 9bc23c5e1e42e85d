/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The flow cache (include/flow_cache.h). XDP and tc run with softirqs off: of
 * one CPU's sets there is one user at a time.
 */
#ifndef CYG_BPF_FLOW_H
#define CYG_BPF_FLOW_H

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "include/flow.h"
#include "include/flow_cache.h"

/* Multilinear hashing (Carter and Wegman), under this start's number: its
 * multiplications wait for none of each other. */
static __always_inline __u32 flow_hash(const struct flow *f)
{
	const __u64 *word = (const void *)f;
	__u64 sum = (word[0] ^ magic) * 0x9e3779b97f4a7c15ULL +
		    (word[1] ^ magic) * 0xbf58476d1ce4e5b9ULL +
		    word[2] * 0x94d049bb133111ebULL +
		    word[3] * 0xd6e8feb86659fd93ULL +
		    word[4] * 0xa0761d6478bd642fULL;

	return (__u32)((sum ^ sum >> 15) >> 32);
}

/* A dry run knows of none: what is there is another CPU's, or leaves a trace. */
static __always_inline struct flow_set *flow_set_of(__u32 hash)
{
	__u32 at = hash & (FLOW_SETS - 1);

	if (dry)
		return 0;
	return bpf_map_lookup_elem(&flow_cache, &at);
}

static __always_inline bool flow_is(const struct flow_way *w,
				    const struct flow *f, __u32 gen)
{
	const __u64 *word = (const void *)f;
	__u64 differ = w->verdict.gen ^ gen;

	for (__u32 i = 0; i < FLOW_WORDS; i++)
		differ |= w->key[i] ^ word[i];
	return !differ;
}

/* What the FIB stands behind, of a flow; NULL: the flow is not there. gen: of the
 * list in force. */
static __always_inline struct flow_fib *flow_find(struct flow_set *s,
						  const struct flow *f,
						  __u32 gen,
						  struct spd_verdict *v)
{
	for (__u32 i = 0; i < FLOW_WAYS; i++) {
		if (!flow_is(&s->way[i], f, gen))
			continue;
		*v = s->way[i].verdict;
		if (s->recent != i)
			s->recent = i;
		return &s->fib[i];
	}
	return 0;
}

static __always_inline void flow_keep(struct flow_set *s, const struct flow *f,
				      __u32 hash, const struct spd_verdict *v)
{
	const __u32 i = (s->recent + 1) % FLOW_WAYS;

	if (s->seen != hash) {
		s->seen = hash;
		return;
	}
	__builtin_memcpy(s->way[i].key, f, sizeof(s->way[i].key));
	s->way[i].verdict = *v;
	s->fib[i].gen = 0;
}

/* Another verdict on the one that was found last. */
static __always_inline void flow_renew(struct flow_set *s,
				       const struct spd_verdict *v)
{
	s->way[s->recent % FLOW_WAYS].verdict = *v;
}

/* gen: read before the FIB, or whatever else says whose the packet is, is asked:
 * what changes meanwhile makes another one. */
static __always_inline struct flow_fib flow_fib_of(const struct packet *p,
						   __u32 ifindex, __u32 gen)
{
	return (struct flow_fib){
		.gen = gen,
		.ifindex = ifindex,
		.flowinfo = p->version == 4 ? p->tos : p->flowinfo,
	};
}

static __always_inline bool flow_fib_is(const struct flow_fib *a,
					const struct flow_fib *b)
{
	return a->gen == b->gen && a->ifindex == b->ifindex &&
	       a->flowinfo == b->flowinfo;
}

#endif
