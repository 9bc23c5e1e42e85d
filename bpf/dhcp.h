/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * DHCP of this host (RFC 2131 section 4.1): a lease comes and is renewed
 * whatever the policies say. What is broadcast is the link's anyway; here is
 * what goes to one address. The client's port is a privileged one. DHCPv6 speaks
 * by link-local and multicast addresses alone, which are the link's (RFC 8415
 * section 14).
 */
#ifndef CYG_BPF_DHCP_H
#define CYG_BPF_DHCP_H

#include "bpf/locate.h"
#include "bpf/packet.h"

/* Neither a fragment nor another protocol. */
static __always_inline bool dhcp_ports(const struct packet *p, __u16 from,
				       __u16 to)
{
	return p->version == 4 && p->protocol == PROTO_UDP && p->has_ports &&
	       !p->fragment && p->sport == from && p->dport == to;
}

/* A renewal, of the host itself. */
static __always_inline bool dhcp_out(const struct __sk_buff *skb,
				     const struct packet *p)
{
	return !skb->ingress_ifindex &&
	       dhcp_ports(p, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
}

/* A server's answer, to an address that may not be ours yet; the kernel would
 * forward it to nobody behind us. */
static __always_inline bool dhcp_in(struct xdp_md *ctx, const struct packet *p,
				    const struct iface_info *from)
{
	return dhcp_ports(p, DHCP_SERVER_PORT, DHCP_CLIENT_PORT) &&
	       (locate_local(&p->daddr) || !egress_is_elsewhere(ctx, p, from));
}

#endif
