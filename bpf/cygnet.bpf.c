// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Four programs: `edge` at XDP, which does what is to be done on the protected
 * side or on the unprotected one, whichever the frame arrives at (several VLANs
 * of one device may be either); `guard` at tc egress of the unprotected ones, and
 * `tunnel` at that of tunnel interfaces; and
 * `tag` at tc ingress of those from where the kernel forwards what it may protect,
 * ipsec0 among them, from where it leads what came out of a tunnel to its interface.
 * `closed` stands in for `edge` for a moment. They read maps, decide and steer; they hold no key and build no packet.
 */
#include "bpf/audit.h"
#include "bpf/dhcp.h"
#include "bpf/encap.h"
#include "bpf/fragment.h"
#include "bpf/locate.h"
#include "bpf/nat.h"
#include "bpf/own.h"
#include "bpf/quote.h"
#include "bpf/sad.h"
#include "bpf/spd.h"
#include "bpf/steer.h"
#include "bpf/tokens.h"
#include "bpf/tunnel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* No policy matched: gateway.default. */
static __always_inline int xdp_default(const struct packet *p)
{
	if (default_action == SPD_BYPASS)
		return xdp_pass(PASS_DEFAULT, p->frame_bytes);
	return xdp_drop(DROP_DEFAULT_DISCARD, p->frame_bytes);
}

/* A PROTECT policy matched: to the worker, with the SA that is in use, or with
 * none where the worker may ask for one. */
static __always_inline int protect_out(struct xdp_md *ctx,
				       const struct packet *p, __u32 slot,
				       const struct spd_verdict *v)
{
	struct dp_meta meta = {
		.magic = magic,
		.sa = spd_binding(v->id),
		.policy_id = v->id,
		.policy_gen = v->gen,
		.l3_off = (__u16)p->l3_off,
		.dir = DIR_OUT,
	};

	if (!meta.sa.gen && !v->on_demand)
		return xdp_drop(DROP_NO_SA, p->frame_bytes);
	if (p->ttl <= 1)
		return xdp_pass(PASS_TTL, p->frame_bytes);
	return steer_worker(ctx, p, slot, &meta, PASS_STEER_OUT);
}

/* SPD-S for what a network behind us sends (RFC 4301 section 5.1). */
static __always_inline int spd_out(struct xdp_md *ctx, const struct packet *p,
				   __u32 slot, const struct spd_verdict *v)
{
	if (v->hidden)
		return xdp_drop(spd_hidden(p), p->frame_bytes);
	if (!v->matched && v->tunnel)
		return xdp_drop(DROP_NO_TUNNEL, p->frame_bytes);
	if (!v->matched && quote_is_in(p))
		return xdp_pass(PASS_QUOTE, p->frame_bytes);
	if (!v->matched)
		return xdp_default(p);
	switch (v->action) {
	case SPD_PROTECT:
		if (forward_kernel)
			return xdp_pass(PASS_FORWARD, p->frame_bytes);
		return protect_out(ctx, p, slot, v);
	case SPD_BYPASS:
		return xdp_pass(PASS_BYPASS, p->frame_bytes);
	default:
		return xdp_drop(DROP_POLICY_DISCARD, p->frame_bytes);
	}
}

/* Of what the FIB says that it is the SPD's. */
static __always_inline bool spd_ask(const struct packet *p,
				    const struct flow_fib *fib, __u16 tunnel,
				    struct spd_verdict *v)
{
	struct flow f = packet_flow(p, DIR_OUT);

	f.tunnel = tunnel;
	return spd_find(&f, fib, DIR_OUT, v);
}

/* From a network behind us to this host. */
static __always_inline int local_in(const struct packet *p)
{
	if (quote_is_in(p) && spd_discards_icmp(p))
		return xdp_drop(DROP_POLICY_DISCARD, p->frame_bytes);
	return xdp_pass(PASS_LOCAL, p->frame_bytes);
}

/* A frame from a network behind us. */
static __always_inline int protected(struct xdp_md *ctx, const struct packet *p,
				     enum parse kind,
				     const struct iface_info *iface)
{
	const struct flow_fib fib = flow_fib_of(p, iface->ifindex, fib_gen);
	struct spd_verdict v = {};
	__u16 tunnel = 0;
	bool known;

	if (kind == PARSE_MALFORMED)
		return xdp_drop(DROP_IP_MALFORMED, p->frame_bytes);
	if (kind != PARSE_IP)
		return xdp_pass(PASS_NOT_IP, p->frame_bytes);
	if (addr_is_link(p, &p->daddr) || addr_is_link(p, &p->saddr))
		return xdp_pass(PASS_LINK, p->frame_bytes);
	known = spd_known(p, &fib, &v);
	if (!known && locate_local(&p->daddr))
		return local_in(p);
	if (p->dmac != iface->mac) /* the kernel forwards none of it */
		return xdp_pass(PASS_OTHER_HOST, p->frame_bytes);
	if (!known && egress_of(ctx, p, iface, &tunnel) == FIB_ELSEWHERE)
		return xdp_pass(PASS_EGRESS, p->frame_bytes);
	if (!known && !spd_ask(p, &fib, tunnel, &v))
		return xdp_drop(DROP_POLICY_DISCARD, p->frame_bytes);
	return spd_out(ctx, p, iface->slot, &v);
}

/* Which SA ESP, bare or in UDP, or AH for this host has; or why none. */
static __always_inline enum drop_reason ipsec_sa(struct xdp_md *ctx,
						 const struct packet *p,
						 __u8 protocol,
						 struct sa_ref *sa)
{
	const struct sa_ref *found;
	enum drop_reason reason;
	__be32 spi;

	reason = sad_read_spi(ctx, p, protocol, &spi);
	if (reason != DROP_NONE)
		return reason;
	found = sad_find(p, protocol, spi);
	if (!found)
		return DROP_SPI_UNKNOWN;
	*sa = *found;
	return DROP_NONE;
}

static __always_inline int ipsec_in(struct xdp_md *ctx, const struct packet *p,
				    __u32 slot, __u8 protocol)
{
	struct dp_meta meta = {
		.magic = magic,
		.l3_off = (__u16)p->l3_off,
		.dir = DIR_IN,
	};
	enum drop_reason reason = ipsec_sa(ctx, p, protocol, &meta.sa);

	if (reason != DROP_NONE) {
		audit(ctx, p, protocol, reason);
		return xdp_drop(reason, p->frame_bytes);
	}
	return steer_worker(ctx, p, slot, &meta, PASS_STEER_IN);
}

/*
 * A packet was too big for a router, as it says, or as somebody else does: only
 * whoever has seen the packet knows its SPI (RFC 4301 section 8.2.1). So no policy
 * is asked, but one that discards just that. What it quotes else is the kernel's, IKE's among it.
 *
 * Who makes up SPIs does not come as far as to a worker, and who knows one comes so
 * often and no more.
 */
static __always_inline bool too_big_in(struct xdp_md *ctx,
				       const struct packet *p, __u32 slot,
				       int *verdict)
{
	struct dp_meta meta = {
		.magic = magic,
		.l3_off = (__u16)p->l3_off,
		.dir = DIR_OUT,
		.too_big = 1,
	};
	struct quoted q = {};
	const struct sa_ref *sa;

	if (quote_ipsec_xdp(ctx, p->l3_off + p->header_bytes + ICMP_HEADER_BYTES,
			    p->version, &q) ||
	    !addr_is_same(&q.saddr, &p->daddr))
		return false;
	sa = bpf_map_lookup_elem(&sad_out, &q.key);
	if (sa)
		meta.sa = *sa;
	if (!sa)
		*verdict = xdp_drop(DROP_ICMP_SPI, p->frame_bytes);
	else if (!tokens_take(TOKEN_ICMP, QUOTE_PER_S, QUOTE_BURST))
		*verdict = xdp_drop(DROP_ICMP_LIMIT, p->frame_bytes);
	else
		*verdict = steer_worker(ctx, p, slot, &meta, PASS_STEER_ICMP);
	return true;
}

/* SPD-I for what arrives in the clear (RFC 4301 section 5.2). */
static __always_inline int spd_in(const struct packet *p)
{
	enum pass_reason pass = PASS_DEFAULT;
	enum drop_reason drop = spd_in_says(p, &pass);

	return drop == DROP_NONE ? xdp_pass(pass, p->frame_bytes)
				 : xdp_drop(drop, p->frame_bytes);
}

/* The kernel may find plaintext in it. */
static __always_inline int unparsed_in(const struct packet *p)
{
	if (!spd_is_open())
		return xdp_drop(DROP_UNPARSED, p->frame_bytes);
	return xdp_pass(PASS_NOT_IP, p->frame_bytes);
}

/* UDP addressed to this host: ESP and IKE in it are not plaintext, nor is what a
 * resolver answers to a question of ours. */
static __always_inline int udp_in(struct xdp_md *ctx, const struct packet *p,
				  __u32 slot)
{
	switch (encap_read(ctx, p)) {
	case ENCAP_IKE:
		return xdp_pass(PASS_IKE, p->frame_bytes);
	case ENCAP_KEEPALIVE:
		return xdp_drop(DROP_NAT_KEEPALIVE, p->frame_bytes);
	case ENCAP_ESP:
		return ipsec_in(ctx, p, slot, PROTO_ESP);
	case ENCAP_CUT:
		return xdp_drop(DROP_ESP_TRUNCATED, p->frame_bytes);
	case ENCAP_NONE:
		break;
	}
	if (own_flow_has(p, DIR_IN))
		return xdp_pass(PASS_OWN_SOCKET, p->frame_bytes);
	return spd_in(p);
}

/* What UDP is whose first fragment this one is. sa: where it is ESP's. gen: where
 * policies are asked, of a list that is none newer than theirs. */
static __always_inline enum drop_reason udp_says(struct xdp_md *ctx,
						 const struct packet *p,
						 struct sa_ref *sa,
						 enum pass_reason *pass,
						 __u32 *gen)
{
	switch (encap_read(ctx, p)) {
	case ENCAP_IKE:
		*pass = PASS_IKE;
		return DROP_NONE;
	case ENCAP_ESP:
		return ipsec_sa(ctx, p, PROTO_ESP, sa);
	case ENCAP_CUT:
		return DROP_ESP_TRUNCATED;
	case ENCAP_KEEPALIVE:
	case ENCAP_NONE:
		break;
	}
	*gen = spd_gen();
	return spd_in_says(p, pass);
}

/* The verdict that a first fragment leaves. */
static __always_inline struct fragment_verdict first_says(struct xdp_md *ctx,
							  const struct packet *p,
							  struct sa_ref *sa)
{
	enum pass_reason pass = PASS_DEFAULT;
	__u32 gen = 0;
	enum drop_reason drop = p->protocol == PROTO_UDP
					? udp_says(ctx, p, sa, &pass, &gen)
					: ipsec_sa(ctx, p, p->protocol, sa);
	struct fragment_verdict v = { .whose = FRAGMENT_KERNEL,
				      .reason = (__u8)pass,
				      .policy_gen = gen };

	if (sa->gen)
		v.whose = FRAGMENT_WORKER;
	if (drop == DROP_NONE)
		return v;
	v.whose = FRAGMENT_DROP;
	v.reason = (__u8)drop;
	return v;
}

/* The first one tells of an SA that there is none of; what policies drop is not for
 * the audit log. */
static __always_inline int fragment_drop(struct xdp_md *ctx,
					 const struct packet *p,
					 const struct fragment_verdict *v)
{
	const bool of_ipsec = v->reason == DROP_SPI_UNKNOWN ||
			      v->reason == DROP_SPI_RESERVED ||
			      v->reason == DROP_ESP_TRUNCATED;

	if (!p->rest && of_ipsec)
		audit(ctx, p, p->protocol == PROTO_AH ? PROTO_AH : PROTO_ESP,
		      (enum drop_reason)v->reason);
	return xdp_drop(v->reason, p->frame_bytes);
}

/* A fragment for this host, where fragment_is_asked(). */
static __always_inline int fragment_in(struct xdp_md *ctx,
				       const struct packet *p, __u32 slot)
{
	struct dp_meta meta = {
		.magic = magic,
		.l3_off = (__u16)p->l3_off,
		.dir = DIR_IN,
	};
	struct fragment_verdict v = {};
	int hidden;

	if (!p->rest)
		v = first_says(ctx, p, &meta.sa);
	hidden = p->rest ? fragment_follow(ctx, p, &v)
			 : fragment_lead(ctx, p, &v);
	if (hidden)
		return xdp_drop(DROP_IPSEC_FRAGMENT, p->frame_bytes);
	if (v.whose == FRAGMENT_KERNEL)
		return xdp_pass(v.reason, p->frame_bytes);
	if (v.whose == FRAGMENT_DROP)
		return fragment_drop(ctx, p, &v);
	meta.plain = !p->rest && !meta.sa.gen;
	/* It goes up by ipsec0, past what the host asks of this interface. */
	if (meta.plain && v.reason != PASS_IKE)
		return xdp_drop(DROP_FRAGMENT_LATE, p->frame_bytes);
	return steer_worker(ctx, p, slot, &meta, PASS_STEER_IN);
}

/*
 * Sent to all or many of this link, whatever the address says: others' come to one
 * station. The kernel forwards a broadcast to a network behind us, where
 * bc_forwarding is set, and gives it to the host's own sockets elsewhere.
 */
static __always_inline bool is_for_link(const struct packet *p, __u32 local)
{
	if (local == LOCAL_BROADCAST)
		return p->dmac & MAC_GROUP;
	return addr_is_link(p, &p->daddr) && !addr_is_loopback(p, &p->daddr);
}

/* What IP on this side is: ESP and AH for us, the link's, or plaintext. */
static __always_inline int ip_in(struct xdp_md *ctx, const struct packet *p,
				 const struct iface_info *iface)
{
	__u32 local = locate_local(&p->daddr);
	int verdict;

	/* The kernel would send it on to whom no policy was asked about. */
	if (p->source_route && (local || addr_is_link(p, &p->daddr)))
		return unparsed_in(p);
	if (is_for_link(p, local))
		return xdp_pass(PASS_LINK, p->frame_bytes);
	if (local && quote_is_too_big(p) && !spd_discards_icmp(p) &&
	    too_big_in(ctx, p, iface->slot, &verdict))
		return verdict;
	if (local && (addr_is_link_local(p, &p->saddr) || packet_is_nd(p)))
		return xdp_pass(PASS_LINK, p->frame_bytes);
	if (dhcp_in(ctx, p, iface))
		return xdp_pass(PASS_LINK, p->frame_bytes);
	if (local && fragment_is_asked(p))
		return fragment_in(ctx, p, iface->slot);
	if (local && (p->protocol == PROTO_ESP || p->protocol == PROTO_AH))
		return ipsec_in(ctx, p, iface->slot, p->protocol);
	if (local && p->protocol == PROTO_UDP)
		return udp_in(ctx, p, iface->slot);
	if (local && own_stream_hears(p))
		return xdp_pass(PASS_OWN_SOCKET, p->frame_bytes);
	return spd_in(p);
}

/* A frame from the untrusted network, to whichever station: of those there may
 * be more behind this interface than we know of (macvlan, VRRP), and it may have
 * got another address while no daemon ran. */
static __always_inline int unprotected(struct xdp_md *ctx,
				       const struct packet *p, enum parse kind,
				       const struct iface_info *iface)
{
	if (kind == PARSE_MALFORMED)
		return xdp_drop(DROP_IP_MALFORMED, p->frame_bytes);
	if (kind == PARSE_OPAQUE)
		return unparsed_in(p);
	if (kind != PARSE_IP)
		return xdp_pass(PASS_NOT_IP, p->frame_bytes);
	return ip_in(ctx, p, iface);
}

SEC("xdp")
int edge(struct xdp_md *ctx)
{
	struct packet p = {};
	const enum parse kind = parse_xdp(ctx, &p);
	const struct iface_info *iface = locate_iface(ctx->ingress_ifindex, &p);

	/* Priority tags may stand before those of an interface that we serve:
	 * the kernel strips as many as there are. */
	if (kind == PARSE_TAGGED)
		return unparsed_in(&p);
	if (kind == PARSE_SPLIT)
		return xdp_drop(DROP_JUMBO, p.frame_bytes);
	if (!iface)
		return xdp_pass(PASS_OTHER_IFACE, p.frame_bytes);
	if (iface->role == IFACE_PROTECTED)
		return protected(ctx, &p, kind, iface);
	return unprotected(ctx, &p, kind, iface);
}

/* In place of `edge` for the moment in which that is attached again. */
SEC("xdp")
int closed(struct xdp_md *ctx)
{
	return xdp_drop(DROP_NO_WORKER, (__u32)bpf_xdp_get_buff_len(ctx));
}

/* What cannot be read may be anything: it leaves only if anything may. */
static __always_inline int guard_unparsed(const struct packet *p)
{
	if (!spd_is_open())
		return tc_drop(DROP_UNPARSED, p->frame_bytes);
	return tc_pass(PASS_NOT_IP, p->frame_bytes);
}

/* The interface of this side by which it came in; NULL: it did by none, or is the
 * host's own. */
static __always_inline const struct iface_info *guard_outside(
	const struct __sk_buff *skb)
{
	const struct iface_key key = { .ifindex = skb->ingress_ifindex };
	const struct iface_info *from = bpf_map_lookup_elem(&ifaces, &key);

	return from && from->role == IFACE_UNPROTECTED ? from : 0;
}

/*
 * As quote_judge(), of whatever leaves. All fragments of a packet share what its
 * first one says, which nobody knows of one that comes before that.
 */
static __always_inline int guard_quotes(struct __sk_buff *skb,
					const struct packet *p, struct flow *f)
{
	const __u32 gen = spd_gen();
	int quotes;

	if (!quote_is_icmp(p))
		return 0;
	if (p->rest)
		return fragment_follow_icmp(skb, p) || spd_is_open() ? 0 : -1;
	quotes = quote_is_in(p) ? quote_judge(skb, p, f) : 0;
	if (p->fragment)
		fragment_leave_icmp(skb, p, !quotes, gen);
	return quotes;
}

/*
 * No policy protects it. What was to be protected before NAT changed its addresses
 * is not what a BYPASS policy was written for; nor is what came protected, and goes
 * back in an ICMP error: that goes by the SA of the way back, or not at all, for
 * whoever is outside may not send it into a tunnel, and nobody a part of it: errors
 * are small (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 c). f: used up.
 */
static __always_inline int guard_clear(struct __sk_buff *skb,
				       const struct packet *p, struct flow *f,
				       enum pass_reason reason)
{
	const bool stays =
		reason == PASS_DEFAULT && default_action != SPD_BYPASS;
	struct spd_verdict v = {};
	int quotes;

	if (!stays && ((skb->mark & tag_mark) || nat_hides(skb, p, f)))
		return tc_drop(DROP_NAT_ESCAPE, p->frame_bytes);
	quotes = guard_quotes(skb, p, f);
	if (quotes > 0 && !p->fragment && !guard_outside(skb) &&
	    quote_way(p, f, &v))
		return steer_host(skb, p, v.id, v.gen);
	if (stays)
		return tc_drop(DROP_DEFAULT_DISCARD, p->frame_bytes);
	if (quotes)
		return tc_drop(p->rest ? DROP_FRAGMENT_PORTS : DROP_ICMP_QUOTE,
			       p->frame_bytes);
	return tc_pass(reason, p->frame_bytes);
}

/*
 * It came in from outside, and says that it is from behind us: through a tunnel it
 * would go as ours (RFC 2827). A guest of ours on his way to the Internet and back
 * comes in from outside too, but from no host behind us, NAT (to an address of
 * this host) or not. Nor does a DHCP lease go there, which passed at XDP without a
 * policy being asked.
 */
static __always_inline bool guard_is_forged(struct __sk_buff *skb,
					    const struct packet *p)
{
	const struct iface_info *from = guard_outside(skb);

	return from &&
	       (dhcp_between(p, DHCP_SERVER_PORT, DHCP_CLIENT_PORT) ||
		!(locate_local(&p->saddr) || origin_is_outside(skb, p, from)));
}

/* A PROTECT policy matched. */
static __always_inline int guard_protect(struct __sk_buff *skb,
					 const struct packet *p,
					 const struct spd_verdict *v)
{
	if (guard_is_forged(skb, p))
		return tc_drop(DROP_PLAINTEXT_IN, p->frame_bytes);
	if (!spd_binding(v->id).gen && !v->on_demand)
		return tc_drop(DROP_NO_SA, p->frame_bytes);
	return steer_host(skb, p, v->id, v->gen);
}

/* SPD-O for what the host sends or the kernel forwards (RFC 4301 5.1). */
static __always_inline int guard_spd(struct __sk_buff *skb,
				     const struct packet *p)
{
	struct flow f = packet_flow(p, DIR_OUT);
	struct spd_verdict v = {};

	if (!spd_find(&f, 0, DIR_OUT, &v))
		return tc_drop(DROP_POLICY_DISCARD, p->frame_bytes);
	if (v.hidden)
		return tc_drop(spd_hidden(p), p->frame_bytes);
	if (!v.matched)
		return guard_clear(skb, p, &f, PASS_DEFAULT);
	switch (v.action) {
	case SPD_PROTECT:
		return guard_protect(skb, p, &v);
	case SPD_BYPASS:
		return guard_clear(skb, p, &f, PASS_BYPASS);
	default:
		return tc_drop(DROP_POLICY_DISCARD, p->frame_bytes);
	}
}

/*
 * Who sends from outside by way of this gateway, into a tunnel or not, is told a
 * shorter way by the kernel, which knows of no tunnel: around it, in the clear.
 */
static __always_inline bool guard_is_redirect(const struct __sk_buff *skb,
					      const struct packet *p)
{
	const __u8 type = (__u8)(p->dport >> 8);

	if (skb->ingress_ifindex || !p->has_ports)
		return false;
	return p->version == 4
		       ? p->protocol == PROTO_ICMP && type == ICMP_REDIRECT
		       : p->protocol == PROTO_ICMPV6 && type == ND_REDIRECT;
}

/* What the host itself says to its link; who forwards is not the host. */
static __always_inline bool guard_is_link(const struct __sk_buff *skb,
					  const struct packet *p)
{
	if (skb->ingress_ifindex ||
	    (p->ttl > 1 && addr_is_wide_group(p, &p->daddr)))
		return false;
	return addr_is_link(p, &p->daddr) || addr_is_link_local(p, &p->daddr) ||
	       locate_local(&p->daddr) == LOCAL_BROADCAST || packet_is_nd(p);
}

/*
 * Of a VLAN whose own interface is guarded, or need not be. All other tags are
 * taken for the guarded interface's own.
 */
static __always_inline bool guard_is_elsewhere(const struct __sk_buff *skb,
					       const struct packet *p)
{
	const struct iface_info *iface;

	if (!p->vlan[0].vid)
		return false;
	iface = locate_iface(skb->ifindex, p);
	return iface && iface->ifindex != skb->ifindex;
}

SEC("tc")
int guard(struct __sk_buff *skb)
{
	struct packet p = {};
	enum parse kind = parse_skb(skb, &p);

	if (guard_is_elsewhere(skb, &p))
		return tc_pass(PASS_OTHER_IFACE, p.frame_bytes);
	if (kind == PARSE_OTHER)
		return tc_pass(PASS_NOT_IP, p.frame_bytes);
	if (kind != PARSE_IP)
		return guard_unparsed(&p);
	if (own_sends(skb, &p) || own_stream_sends(skb, &p))
		return tc_pass(PASS_OWN_SOCKET, p.frame_bytes);
	if (guard_is_redirect(skb, &p) && !spd_is_open())
		return tc_drop(DROP_REDIRECT, p.frame_bytes);
	if (guard_is_link(skb, &p) || dhcp_out(skb, &p))
		return tc_pass(PASS_LINK, p.frame_bytes);
	return guard_spd(skb, &p);
}

/*
 * What a route leads into a tunnel: its policies cover it, or nobody carries it. To
 * all of a link, or to many, is a destination like others: there is no link, and the
 * far end may well be a router that says something to its neighbour.
 */
SEC("tc")
int tunnel(struct __sk_buff *skb)
{
	struct spd_verdict v = {};
	struct packet p = {};
	const enum parse kind = parse_skb(skb, &p);
	struct flow f = packet_flow(&p, DIR_OUT);

	if (kind != PARSE_IP)
		return tc_drop(DROP_UNPARSED, p.frame_bytes);
	f.tunnel = tunnel_at(skb);
	if (!f.tunnel || !spd_find(&f, 0, DIR_OUT, &v))
		return tc_drop(DROP_NO_TUNNEL, p.frame_bytes);
	if (v.hidden)
		return tc_drop(spd_hidden(&p), p.frame_bytes);
	if (!v.matched || v.action != SPD_PROTECT)
		return tc_drop(DROP_NO_TUNNEL, p.frame_bytes);
	return guard_protect(skb, &p, &v);
}

/* Will the guard meet it, and would it protect it as it is now? ifindex: of where it
 * came in. */
static __always_inline bool tag_applies(struct __sk_buff *skb,
					const struct packet *p, __u32 ifindex)
{
	const struct iface_info from = { .ifindex = ifindex };
	struct flow f = packet_flow(p, DIR_OUT);

	return !addr_is_link(p, &p->daddr) && !locate_local(&p->daddr) &&
	       spd_protects(&f) && !egress_is_elsewhere(skb, p, &from);
}

SEC("tc")
int tag(struct __sk_buff *skb)
{
	const struct tunnel_place *out_of = 0;
	struct tunnel_tag said = {};
	const bool by_tunnel = tunnel_is_said(skb, &said);
	__u32 ifindex = skb->ifindex;
	struct packet p = {};
	const enum parse kind = parse_skb(skb, &p);

	if (by_tunnel) {
		out_of = bpf_map_lookup_elem(&tunnels, &said.if_id);
		if (!out_of)
			return tc_drop(DROP_NO_TUNNEL, p.frame_bytes);
		ifindex = out_of->ifindex;
	}
	if (kind == PARSE_IP && tag_applies(skb, &p, ifindex))
		skb->mark |= tag_mark;
	else
		skb->mark &= ~tag_mark;
	return out_of ? tunnel_enter(skb, out_of, p.frame_bytes) : TC_ACT_UNSPEC;
}
