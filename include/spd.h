/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPD as BPF reads it: one ordered list, first match wins (RFC 4301
 * section 4.4.1). The whole list is one map value behind an outer map, so that
 * a packet sees the old list or the new one and never a mix.
 *
 * This form is linear and IPv4 alone: right for SPD_MAX policies.
 */
#ifndef CYG_INCLUDE_SPD_H
#define CYG_INCLUDE_SPD_H

#include <linux/types.h>

#include "include/limits.h"

enum spd_action {
	SPD_PROTECT,
	SPD_BYPASS,
	SPD_DISCARD,
};

/* Addresses and masks in network order; local is the protected side. */
struct spd_entry {
	__be32 local_net;
	__be32 local_mask;
	__be32 remote_net;
	__be32 remote_mask;
	__u32 id;	/* policy id: index into `bindings` */
	__u8 protocol;	/* PROTO_ANY matches all */
	__u8 action;	/* enum spd_action */
	__u8 on_demand; /* SPD_PROTECT without an SA: the worker asks for one */
	__u8 pad;
};

struct spd_table {
	__u32 gen;	 /* of this list; a frame's verdict names it */
	__u32 count;	 /* entries in use */
	__u32 restricts; /* how many of them are not BYPASS */
	__u32 pad;
	struct spd_entry entry[SPD_MAX];
};

_Static_assert(sizeof(struct spd_entry) == 24, "map value");
_Static_assert(sizeof(struct spd_table) == 16 + 24 * SPD_MAX, "map value");

#endif
