/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host leaves to the hardware that the host interface stands for: large
 * packets to be cut into those that a wire takes (TCP and UDP, either family),
 * and checksums of which only the pseudo-header's part is there. The
 * virtio_net_hdr in front of a frame says which (virtio 1.2 section 5.1.6.2);
 * it is believed only as far as the packet agrees.
 *
 * Pure functions on bytes; any thread.
 */
#ifndef CYG_DP_HOST_CUT_H
#define CYG_DP_HOST_CUT_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

/* The largest frame that comes in one piece: what an IP header can say. */
#define HOST_FRAME_MAX 65550U

#define VNET_GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4, Linux 6.2 */

/* A large packet, and how much of it was cut off. */
struct host_cut {
	const uint8_t *l3; /* borrowed until nothing is left */
	uint32_t l4_at;	   /* from l3 */
	uint32_t payload_at;
	uint32_t end;	 /* of the packet, from l3 */
	uint32_t at;	 /* where the next segment's payload begins */
	uint32_t size;	 /* octets of payload in each, but the last */
	uint32_t number; /* of the next segment, from 0 */
	uint16_t pseudo; /* the pseudo-header's sum, without a length */
	uint8_t version;
	bool tcp;
};

/*
 * Makes the checksum of a frame whole, if it is not.
 *
 * frame   from its Ethernet header on
 *
 * False: the header lies, and the frame is as it was.
 */
MUST_CHECK bool host_complete(const struct virtio_net_hdr *vnet, uint8_t *frame,
			      uint32_t bytes);

/*
 * frame     from its Ethernet header on; borrowed while anything is left
 * room      for one of the packets that it becomes, headers included
 *
 * False: the header lies, or the packets would be larger.
 */
MUST_CHECK bool host_cut_begin(struct host_cut *c,
			       const struct virtio_net_hdr *vnet,
			       const uint8_t *frame, uint32_t bytes,
			       uint32_t room);

static inline bool host_cut_has_more(const struct host_cut *c)
{
	return c->at < c->end;
}

/* Writes the next packet, from its IP header on; its octets. Only while there
 * is more. */
uint32_t host_cut_next(struct host_cut *c, uint8_t *l3);

#endif
