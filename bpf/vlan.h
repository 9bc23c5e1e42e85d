/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * VLAN tags (IEEE 802.1Q) between the Ethernet header and what it carries: at
 * most VLAN_TAGS_MAX, which serves 802.1Q alone and inside of a provider's
 * 802.1ad. A priority tag (VID 0) names no VLAN and is stepped over, as the
 * kernel does. What is behind more of them is not understood.
 */
#ifndef CYG_BPF_VLAN_H
#define CYG_BPF_VLAN_H

#include <linux/if_ether.h>

#include "bpf/packet.h"

struct vlan_header {
	__be16 tci;
	__be16 ethertype;
};

static __always_inline bool vlan_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) ||
	       ethertype == bpf_htons(ETH_P_8021AD);
}

/* One more tag, further in than those before. False: there is no room. */
static __always_inline bool vlan_take(struct packet *p, __be16 tpid, __u16 tci)
{
	const struct vlan_tag tag = {
		.tpid = bpf_ntohs(tpid),
		.vid = tci & VLAN_VID_MASK,
	};

	if (!tag.vid)
		return true;
	if (!p->vlan[0].vid)
		p->vlan[0] = tag;
	else if (!p->vlan[1].vid)
		p->vlan[1] = tag;
	else
		return false;
	return true;
}

/*
 * The tags that stand in the frame, p->l3_off moved behind them.
 *
 * ethertype   of what follows the Ethernet header; then of what follows the
 *             tags, a tag's own where not all were understood
 */
static __always_inline void vlan_read(const struct cursor *c, struct packet *p,
				      __be16 *ethertype)
{
	/* Unrolled: see ipv6_walk(). */
#pragma clang loop unroll(full)
	for (__u32 i = 0; i < VLAN_TAGS_MAX; i++) {
		struct vlan_header h;

		if (!vlan_is_tag(*ethertype))
			return;
		if (!cursor_read(c, p->l3_off, &h, sizeof(h)) ||
		    !vlan_take(p, *ethertype, bpf_ntohs(h.tci)))
			return;
		p->l3_off += VLAN_HEADER_BYTES;
		*ethertype = h.ethertype;
	}
}

#endif
