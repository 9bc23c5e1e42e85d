/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors of both families (RFC 792, RFC 1812 section 4.3; RFC 4443): about
 * which packets one may be sent, and the one that path MTU discovery lives on.
 * Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_ICMP_H
#define CYG_WIRE_ICMP_H

#include "ctrl/wire/ip.h"
#include "include/proto.h"

/*
 * May its sender be told that this packet is too big? Not of an error, and
 * not where there could be more than one receiver (RFC 1812 section 4.3.2.7,
 * RFC 4443 section 2.4 e). In IPv4 not of a fragment but the first, nor of what
 * goes to many; in IPv6, of both.
 *
 * packet   from its header on, as long as h says
 */
bool icmp_may_answer(struct slice packet, const struct ip_header *h);

/*
 * Is it an error, which quotes a packet (RFC 792; RFC 4443 section 2.1)? Not in a
 * later fragment, where no type is to be seen.
 *
 * packet   from its header on, as long as h says
 */
bool icmp_is_error(struct slice packet, const struct ip_header *h);

/*
 * Is it a redirect (RFC 792; RFC 4861 section 4.5)? Not in a later fragment.
 *
 * packet   from its header on, as long as h says
 */
bool icmp_is_redirect(struct slice packet, const struct ip_header *h);

/* The least room for icmp_too_big(). */
#define ICMP_ERROR_PAYLOAD_MAX (ICMPV6_ERROR_MAX - IPV6_HEADER_BYTES)

/*
 * Fragmentation needed and DF set (RFC 1191 section 4), or packet too big
 * (RFC 4443 section 3.2), about that packet, as much of which is quoted as there is
 * room for.
 *
 * at        room for ICMP_ERROR_PAYLOAD_MAX
 * version   of IP, the packet's and the error's
 * mtu       of the next hop, as the sender is to know it
 *
 * Its octets, from the ICMP header on. The checksum stands in it after
 * icmp_build().
 */
uint32_t icmp_too_big(uint8_t *at, struct slice packet, uint8_t version,
		      uint32_t mtu);

/*
 * The IP header before an ICMP message that stands there, and the message's
 * checksum: ICMPv6's is over the addresses, too.
 *
 * h   see ip_build(); no options, no extension headers
 */
void icmp_build(uint8_t *l3, const struct ip_header *h);

#endif
