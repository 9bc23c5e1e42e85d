/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where this kernel has what the guard reads of its connection tracking, by the
 * types that the kernel tells of itself (BTF).
 */
#ifndef CYG_DP_CONNTRACK_H
#define CYG_DP_CONNTRACK_H

#include "include/conntrack.h"

struct btf;

/*
 * 0, and out tells; of a kernel that tracks no connections it is all zeros. Else
 * out is all zeros, too, and NAT is not seen through:
 *
 * -ENOENT    the kernel tells of no types, or not of these
 * -EOPNOTSUPP programs may not read the kernel's memory, or bpf() is not ours
 * -EPROTO    they are not as we know them
 */
int conntrack_find(struct conntrack_layout *out);

/* The same of these types. */
int conntrack_find_in(const struct btf *btf, struct conntrack_layout *out);

#endif
