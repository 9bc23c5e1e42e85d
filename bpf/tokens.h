/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Token buckets, as ctrl/base/bucket.h, each CPU its own: for what anybody may send
 * and costs more than the program that meets it.
 */
#ifndef CYG_BPF_TOKENS_H
#define CYG_BPF_TOKENS_H

#include "bpf/maps.h"

#define TOKENS_NS_PER_S 1000000000ULL

/*
 * May it be one more? A dry run takes none.
 *
 * per_s   tokens that come in a second
 * burst   tokens that it holds, not 0
 */
static __always_inline bool tokens_take(enum token_kind kind, __u32 per_s,
					__u32 burst)
{
	const __u64 now_ns = bpf_ktime_get_ns(),
		    one_ns = TOKENS_NS_PER_S / per_s;
	const __u32 key = kind;
	__u64 *full_ns = dry ? 0 : bpf_map_lookup_elem(&tokens, &key);

	if (!full_ns)
		return dry;
	if (*full_ns < now_ns)
		*full_ns = now_ns;
	if (*full_ns - now_ns > (burst - 1) * one_ns)
		return false;
	*full_ns += one_ns;
	return true;
}

#endif
