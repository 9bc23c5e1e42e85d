/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Path MTU on the way out: what is too big once protected is cut into fragments
 * that fit, or where DF or IPv6 forbids that, its sender is told what fits
 * (RFC 1191, RFC 8201, RFC 4301 section 8). An IPv6 packet that every IPv6 link
 * takes goes in any case, if need be in fragments of the outer packet; so does what
 * must not be cut, where outer packets never have DF, and IPv4 without DF, where its
 * SA wants that. Fragments are no larger than a frame holds. Worker.
 *
 * How large the path is, routers on it say (RFC 4301 section 8.2): a worker reads
 * it, the control thread keeps it (paths.h).
 */
#ifndef CYG_DP_PMTU_H
#define CYG_DP_PMTU_H

#include "ctrl/dp/worker.h"

/*
 * The largest inner packet that fits the way to the peer once this SA has
 * protected it; 0: none does. The second: and fits a frame.
 *
 * mtu   of that way
 */
uint32_t pmtu_inner(const struct sa_rt *sa, uint32_t mtu);
uint32_t pmtu_frame(const struct sa_rt *sa, uint32_t mtu);

/*
 * Deals with an inner packet that is larger than that.
 *
 * true    it is its own first fragment now, and the others walk behind this
 *         batch; or it goes in whole, and its outer packet may be cut
 * false   it is dropped, and an ICMP error about it walks behind this batch, if
 *         there may be one
 */
bool pmtu_cut(struct worker *w, struct packet *p, uint32_t mtu);

/*
 * The same for an outer packet that is larger than the MTU of its way: that way
 * carries no IPv6 packet of the least size otherwise, or it became narrower.
 *
 * false: it has DF, and is dropped.
 */
bool pmtu_cut_sealed(struct worker *w, struct packet *p, uint32_t mtu);

/*
 * An ICMP error, from the unprotected side, that a packet of p->sa was too big for a
 * router; NULL: that SA is gone, and so is the packet. What it says is believed if
 * it quotes that SA, and a number that was lately sent: the control thread is told,
 * and packets fit the path as soon as its next hop is asked for again. The frame is
 * free then.
 */
void pmtu_told(struct worker *w, struct packet *p);

#endif
