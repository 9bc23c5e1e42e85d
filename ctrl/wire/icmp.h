/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors (RFC 792, RFC 1812 section 4.3): about which packets one may be
 * sent, and the one that path MTU discovery lives on. Pure functions on bytes;
 * any thread.
 */
#ifndef CYG_WIRE_ICMP_H
#define CYG_WIRE_ICMP_H

#include "ctrl/wire/ipv4.h"

/*
 * May an ICMP error be sent about this packet? Not about an error, not about a
 * fragment but the first, and not where it could have more than one receiver
 * (RFC 1812 section 4.3.2.7).
 *
 * packet   from its header on, as long as h says
 */
bool icmp_may_answer(struct slice packet, const struct ipv4 *h);

/* The least room for icmp_frag_needed(). */
#define ICMP_ERROR_PAYLOAD_MAX (ICMP_ERROR_MAX - IPV4_HEADER_BYTES)

/*
 * Destination unreachable, fragmentation needed and DF set (RFC 1191 section
 * 4), about that packet, as much of which is quoted as there is room for.
 *
 * at    room for ICMP_ERROR_PAYLOAD_MAX
 * mtu   of the next hop, as the sender is to know it
 *
 * Its octets, from the ICMP header on.
 */
uint32_t icmp_frag_needed(uint8_t *at, struct slice packet, uint16_t mtu);

#endif
