/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ESP and AH in transport mode, where it differs from tunnel mode: the packet keeps its
 * header, before which nothing is put and behind which ESP or AH goes in (ctrl/wire/
 * transport.h). For what goes between the SA's own two addresses, in whole packets
 * of this host's own (RFC 4301 section 4.1, RFC 4303 section 3.1.1).
 *
 * What comes out goes up to the host like any packet for it. Where it came in UDP a
 * NAT may have changed its addresses, and TCP's and UDP's checksums are made anew
 * (RFC 3948 section 3.1.2). Worker.
 */
#ifndef CYG_DP_TRANSPORT_H
#define CYG_DP_TRANSPORT_H

#include "ctrl/dp/packet.h"
#include "ctrl/wire/transport.h"

/* Octets of an outbound packet that stay in front of ESP or AH; in tunnel mode
 * none. */
static inline uint32_t transport_front(const struct packet *p)
{
	return p->sa->transport ? ip_place_security(p->l3, &p->ip).at : 0;
}

/* May the outbound packet go by its SA? false: it is dropped. */
bool transport_admits(struct packet *p);

/*
 * Its header, to where it stands before ESP or AH, and p->l3 with it; returns
 * what their next header says.
 *
 * esp           their header, nothing of which is there yet: the packet's own may
 *               stand in that place
 * total_bytes   of the packet as it will be
 */
uint8_t transport_put(struct packet *p, uint8_t *esp, uint32_t total_bytes);

/* What stands between header and ESP, once the packet is p->bytes long and sealed. */
void transport_finish(struct packet *p, uint8_t *esp);

/*
 * The way back: the header that p->l3 has, to the front of what was inside, as if
 * ESP or AH had never been there; p->l3 and p->ip are of that packet. false: it is
 * dropped.
 */
bool transport_take(struct packet *p, uint8_t *inside, uint32_t bytes,
		    uint8_t next_header);

#endif
