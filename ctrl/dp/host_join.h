/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments of one TCP connection that go up to the host one after the other, as
 * one large packet: the kernel's way up is as long for one octet as for 64 KiB.
 * Joined is only what the kernel would cut into the same segments again, if it
 * forwards them, and whose checksums are right: of one that is joined, nobody asks
 * for it any more.
 *
 * Pure but for the octets of the first segment; any thread.
 */
#ifndef CYG_DP_HOST_JOIN_H
#define CYG_DP_HOST_JOIN_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/wire/ip.h"

/* What joins is known by: of the first segment, and of all so far. */
struct host_join {
	uint8_t *l3;	  /* of the first; borrowed */
	uint32_t bytes;	  /* of all of it, headers once; 0: there is none */
	uint32_t header;  /* octets of IP's and TCP's headers */
	uint32_t l4_at;	  /* from l3 */
	uint32_t size;	  /* payload octets of each but the last */
	uint32_t seq;	  /* that the next one has */
	uint32_t n;	  /* segments */
	bool is_complete; /* the next one cannot join */
};

/*
 * Makes this packet the first one. False: none can join it, and it is to be
 * sent by itself.
 */
bool host_join_begin(struct host_join *j, uint8_t *l3,
		     const struct ip_header *ip);

/* Takes a packet as the next one: its octets from j->header on. False: it
 * cannot be. */
bool host_join_add(struct host_join *j, const uint8_t *l3,
		   const struct ip_header *ip);

/*
 * Writes lengths and the pseudo-header's sum into the headers of the first one,
 * and into vnet what the kernel is to know. Only with more than one.
 */
void host_join_end(struct host_join *j, struct virtio_net_hdr *vnet);

#endif
