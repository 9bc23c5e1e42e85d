/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What a packet was before NAT. At tc egress that is done: first it was changed
 * where the packet goes (prerouting, output), then whom it is from (postrouting).
 * The kernel tracks connections for NAT to work at all; what is changed without
 * them (nft's `ip saddr set`, flow tables) is not seen.
 */
#ifndef CYG_BPF_NAT_H
#define CYG_BPF_NAT_H

#include "bpf/spd.h"
#include "include/conntrack.h"

static __always_inline bool nat_read(void *to, __u32 bytes, __u64 from)
{
	return !bpf_probe_read_kernel(to, bytes, (const void *)from);
}

/* As the connection was tracked, in this packet's direction. false: NAT did
 * nothing to it. */
static __always_inline bool nat_tuple(struct __sk_buff *skb,
				      struct conntrack_tuple *out)
{
	__u64 nfct, ct, status;
	bool reply;

	/* The context of a program at tc is the kernel's own sk_buff. */
	if (!conntrack.skb_nfct ||
	    !nat_read(&nfct, sizeof(nfct), (__u64)skb + conntrack.skb_nfct))
		return false;
	ct = nfct & ~(__u64)CONNTRACK_INFO;
	if (!ct || !nat_read(&status, sizeof(status), ct + conntrack.status) ||
	    !(status & CONNTRACK_NAT))
		return false;
	reply = (nfct & CONNTRACK_INFO) >= CONNTRACK_IS_REPLY;
	return nat_read(out, sizeof(*out),
			ct + (reply ? conntrack.reply_tuple : conntrack.tuple));
}

/* a: of a tuple. */
static __always_inline struct addr nat_addr(const struct packet *p,
					    const __u8 *a)
{
	struct addr six;
	__be32 four;

	__builtin_memcpy(&four, a, sizeof(four));
	__builtin_memcpy(&six, a, sizeof(six));
	return p->version == 4 ? addr_of_v4(four) : six;
}

/*
 * Its flow before all NAT. NAT leaves ICMP's type and code, and an error of ICMP
 * belongs to the connection that it tells of: those are the packet's own. A
 * function of its own, for the stack's sake. false: NAT did nothing.
 */
__noinline int nat_origin(struct __sk_buff *skb, const struct packet *p,
			  struct flow *f)
{
	struct conntrack_tuple t;

	if (!p || !f || !nat_tuple(skb, &t))
		return false;
	f->local = nat_addr(p, t.src);
	f->remote = nat_addr(p, t.dst);
	if (!p->has_ports || p->protocol != t.protocol ||
	    p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6 ||
	    p->protocol == PROTO_MH)
		return true;
	f->local_port = bpf_ntohs(t.sport);
	f->remote_port = bpf_ntohs(t.dport);
	return true;
}

/*
 * Was it to be protected before NAT, or between its two steps?
 *
 * skb   at tc egress, which would let it out as it is now
 * f     what it is now; used up
 */
static __always_inline bool nat_hides(struct __sk_buff *skb,
				      const struct packet *p, struct flow *f)
{
	if (!nat_origin(skb, p, f))
		return false;
	if (spd_protects(f))
		return true;
	f->remote = p->daddr;
	f->remote_port = p->dport;
	return spd_protects(f);
}

#endif
