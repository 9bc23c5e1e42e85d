/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * DHCP of this host over IPv4 (RFC 2131 section 4.1): a lease comes and is renewed
 * whatever the policies say. What is broadcast is the link's anyway; here is
 * what goes to one address. The client's port is a privileged one.
 */
#ifndef CYG_BPF_DHCP_H
#define CYG_BPF_DHCP_H

#include "bpf/locate.h"
#include "bpf/parse.h"

/* p: whole, and from one port to the other? */
static __always_inline bool dhcp_between(const struct packet *p, __u16 from,
					 __u16 to)
{
	return p->version == 4 && p->protocol == PROTO_UDP && !p->fragment &&
	       p->has_ports && p->sport == from && p->dport == to;
}

/* A renewal, of the host itself. */
static __always_inline bool dhcp_out(const struct __sk_buff *skb,
				     const struct packet *p)
{
	return !skb->ingress_ifindex &&
	       dhcp_between(p, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
}

/* A server's answer, to an address that may not be ours yet; the kernel would
 * forward it to nobody behind us. */
static __always_inline bool dhcp_in(struct xdp_md *ctx, const struct packet *p,
				    const struct iface_info *iface)
{
	return dhcp_between(p, DHCP_SERVER_PORT, DHCP_CLIENT_PORT) &&
	       (locate_local(&p->daddr) || !egress_is_elsewhere(ctx, p, iface));
}

#endif
