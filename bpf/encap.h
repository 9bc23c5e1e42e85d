/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * UDP to an address of this host: IKE, ESP in UDP, a NAT's keepalive, or
 * nothing of ours (RFC 3948 section 2, RFC 7296 section 2.23). Told by the
 * port first, and behind port 4500 by the first octets: an SPI is never 0.
 *
 * A first fragment says it for all of its packet. One that ends before what is
 * behind port 4500 begins does not: no sender's fragments are that short.
 */
#ifndef CYG_BPF_ENCAP_H
#define CYG_BPF_ENCAP_H

#include <linux/udp.h>

#include "bpf/parse.h"
#include "include/ike.h"

enum encap {
	ENCAP_NONE, /* UDP like any other */
	ENCAP_IKE,  /* the kernel's: a socket waits for it */
	ENCAP_KEEPALIVE,
	ENCAP_ESP,
	ENCAP_CUT, /* to port 4500, and its lengths lie, or say nothing */
};

/* Behind port 4500; at: of the payload in the frame. */
static __always_inline enum encap encap_payload(struct xdp_md *ctx,
						const struct packet *p,
						__u32 at, __u32 bytes)
{
	__be32 marker;
	__u8 first;

	if (bytes == 1 && !p->fragment && !bpf_xdp_load_bytes(ctx, at, &first, 1))
		return first == NATT_KEEPALIVE ? ENCAP_KEEPALIVE : ENCAP_IKE;
	if (p->fragment && bytes < IKE_NON_ESP_BYTES)
		return ENCAP_CUT;
	if (bytes < IKE_NON_ESP_BYTES ||
	    bpf_xdp_load_bytes(ctx, at, &marker, sizeof(marker)))
		return ENCAP_IKE;
	return marker ? ENCAP_ESP : ENCAP_IKE;
}

/* p: UDP, addressed to this host, whole or its first fragment. */
static __always_inline enum encap encap_read(struct xdp_md *ctx,
					     const struct packet *p)
{
	__u32 at = p->l3_off + p->header_bytes;
	__u32 room = p->total_bytes - p->header_bytes, len;
	struct udphdr udp;

	if (room < UDP_HEADER_BYTES ||
	    bpf_xdp_load_bytes(ctx, at, &udp, sizeof(udp)))
		return ENCAP_NONE;
	if (udp.dest == bpf_htons(IKE_PORT))
		return ENCAP_IKE;
	if (udp.dest != bpf_htons(IKE_NATT_PORT))
		return ENCAP_NONE;
	len = p->fragment ? room : bpf_ntohs(udp.len);
	if (len < UDP_HEADER_BYTES || len > room)
		return ENCAP_CUT;
	return encap_payload(ctx, p, at + UDP_HEADER_BYTES,
			     len - UDP_HEADER_BYTES);
}

#endif
