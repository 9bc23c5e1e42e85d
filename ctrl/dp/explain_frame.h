/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of a packet that is only asked about: as plain as it can be, with what
 * a policy may ask for. Pure; any thread.
 */
#ifndef CYG_DP_EXPLAIN_FRAME_H
#define CYG_DP_EXPLAIN_FRAME_H

#include "ctrl/dp/iface.h"
#include "ctrl/model/explain.h"
#include "include/proto.h"

#define EXPLAIN_UPPER_BYTES 24U /* what is above IP */
#define EXPLAIN_FRAME_MAX                                       \
	(ETH_HEADER_BYTES + VLAN_TAGS_MAX * VLAN_HEADER_BYTES + \
	 IPV6_HEADER_BYTES + EXPLAIN_UPPER_BYTES)

/*
 * iface   at which it arrives, for its tags and its MAC address; NULL: it leaves,
 *         and has neither
 *
 * How long it is.
 */
uint32_t explain_frame(const struct explain_question *q,
		       const struct iface *iface,
		       uint8_t out[EXPLAIN_FRAME_MAX]);

#endif
