/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * DHCP of this host (RFC 2131 section 4.1): a lease comes and is renewed
 * whatever the policies say. What is broadcast is the link's anyway; here is
 * what goes to one address. The client's port is a privileged one.
 */
#ifndef CYG_BPF_DHCP_H
#define CYG_BPF_DHCP_H

#include <linux/udp.h>

#include "bpf/locate.h"
#include "bpf/parse.h"

/* A renewal, of the host itself. */
static __always_inline bool dhcp_out(struct __sk_buff *skb,
				     const struct packet *p)
{
	struct udphdr udp;

	if (skb->ingress_ifindex || p->protocol != PROTO_UDP || p->fragment ||
	    bpf_skb_load_bytes(skb, ETH_HEADER_BYTES + p->header_bytes, &udp,
			       sizeof(udp)))
		return false;
	return udp.source == bpf_htons(DHCP_CLIENT_PORT) &&
	       udp.dest == bpf_htons(DHCP_SERVER_PORT);
}

/* A server's answer, to an address that may not be ours yet; the kernel would
 * forward it to nobody behind us. */
static __always_inline bool dhcp_in(struct xdp_md *ctx, const struct packet *p)
{
	struct udphdr udp;

	if (p->protocol != PROTO_UDP || p->fragment ||
	    bpf_xdp_load_bytes(ctx, ETH_HEADER_BYTES + p->header_bytes, &udp,
			       sizeof(udp)))
		return false;
	return udp.source == bpf_htons(DHCP_SERVER_PORT) &&
	       udp.dest == bpf_htons(DHCP_CLIENT_PORT) &&
	       (locate_local(p->daddr) || !egress_is_elsewhere(ctx, p));
}

#endif
