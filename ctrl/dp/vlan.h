/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What VLAN interfaces are made of, through rtnetlink: the device below, and
 * the tag that stands before each frame there. Control thread.
 */
#ifndef CYG_DP_VLAN_H
#define CYG_DP_VLAN_H

#include <stdint.h>

#include "ctrl/dp/nl_talk.h"
#include "include/sad.h"

/* The device at the bottom, and the tags on the way to it. */
struct vlan_stack {
	uint32_t lower_ifindex;
	uint32_t n_tags; /* more than VLAN_TAGS_MAX: too many for us */
	struct vlan_tag tag[VLAN_TAGS_MAX]; /* outermost first */
};

/*
 * Of an interface that is no VLAN: itself, no tags. So is one whose device is
 * in another network namespace, where we don't receive.
 *
 * 0, or a negative errno as nl_talk(): -ENODEV.
 */
int vlan_read(struct nl *nl, uint32_t ifindex, struct vlan_stack *out);

#endif
