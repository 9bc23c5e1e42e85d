/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * ICMP errors (RFC 792, RFC 4443 section 2.1) quote the packet that they are
 * about: who sends one in the clear sends that packet with it. One about what came
 * through a tunnel goes to the far network, and its own source may be any
 * router's, whom no policy covers; then the packet that it is about says whether it
 * may go in the clear (RFC 4301 section 6.2).
 */
#ifndef CYG_BPF_QUOTE_H
#define CYG_BPF_QUOTE_H

#include "bpf/parse.h"
#include "bpf/spd.h"

/* Of what was cut as it was quoted, no length says where it ends. */
#define QUOTE_ROOM (~0U)

static __always_inline bool quote_is_in(const struct packet *p)
{
	const __u8 type = (__u8)(p->dport >> 8);

	if (!p->has_ports)
		return false;
	if (p->version == 6)
		return p->protocol == PROTO_ICMPV6 && type < ICMPV6_INFO_MIN;
	return p->protocol == PROTO_ICMP &&
	       (type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
		type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETER_PROBLEM);
}

static __always_inline enum parse quote_ipv4(const struct cursor *c,
					     struct packet *q)
{
	struct iphdr ip;

	if (!cursor_read(c, q->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv4(&ip, QUOTE_ROOM, q);
}

static __always_inline enum parse quote_ipv6(const struct cursor *c,
					     struct packet *q)
{
	struct ipv6hdr ip;
	enum parse kind;

	if (!cursor_read(c, q->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	kind = parse_ipv6(&ip, QUOTE_ROOM, q);
	return kind == PARSE_IP && parse_must_walk(q)
		       ? parse_behind_skb(c->skb, q)
		       : kind;
}

/*
 * The packet that stands at `at`, as selectors see it where it comes in; not 0:
 * nobody can say what it is.
 *
 * Not static: see ipv6_walk_xdp(). The SPD is asked by the caller, as the stacks
 * of all who call each other have a limit.
 */
int quote_read(struct __sk_buff *skb, __u32 at, __u32 version, struct flow *f);

__noinline int quote_read(struct __sk_buff *skb, __u32 at, __u32 version,
			  struct flow *f)
{
	const struct cursor c = { .tc = true, .skb = skb };
	struct packet q = { .l3_off = at };
	enum parse kind = version == 4 ? quote_ipv4(&c, &q) : quote_ipv6(&c, &q);

	if (!f || kind != PARSE_IP)
		return -1;
	read_upper(&c, &q);
	*f = packet_flow(&q, DIR_IN);
	return 0;
}

/* Did what it quotes have to come through a tunnel, or may it? p: quote_is_in().
 * f: used up. */
static __always_inline bool quote_is_protected(struct __sk_buff *skb,
					       const struct packet *p,
					       struct flow *f)
{
	const __u32 at = p->l3_off + p->header_bytes + ICMP_HEADER_BYTES;
	struct spd_verdict v = {};

	if (quote_read(skb, at, p->version, f))
		return !spd_is_open();
	return !spd_find(f, 0, DIR_IN, &v) || v.hidden ||
	       (v.matched && v.action == SPD_PROTECT);
}

#endif
