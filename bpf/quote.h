/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * ICMP errors (RFC 792, RFC 4443 section 2.1) quote the packet that they are
 * about: who sends one in the clear sends that packet with it. One about what came
 * through a tunnel goes to the far network, and its own source may be any
 * router's, whom no policy covers; then the packet that it is about says whether it
 * may go in the clear, and by which SA else (RFC 4301 section 6.2).
 *
 * One that comes in, about what an SA of this host sent, is for the worker, which
 * learns of it how large a packet the way to the peer takes.
 */
#ifndef CYG_BPF_QUOTE_H
#define CYG_BPF_QUOTE_H

#include "bpf/parse.h"
#include "bpf/spd.h"
#include "include/ike.h"

static __always_inline bool quote_is_icmp(const struct packet *p)
{
	return p->protocol == (p->version == 6 ? PROTO_ICMPV6 : PROTO_ICMP);
}

/* What is not known as a question or its answer may be an error, as in
 * ctrl/wire/icmp.c. In a later fragment, nothing shows it. */
static __always_inline bool quote_is_in(const struct packet *p)
{
	const __u8 type = (__u8)(p->dport >> 8);

	if (!p->has_ports || !quote_is_icmp(p))
		return false;
	if (p->version == 6)
		return type < ICMPV6_INFO_MIN || type == ICMPV6_REDIRECT;
	return type != ICMP_ECHO && type != ICMP_ECHO_REPLY &&
	       type != ICMP_TIMESTAMP && type != ICMP_TIMESTAMP_REPLY;
}

static __always_inline enum parse quote_ipv4(const struct cursor *c,
					     struct packet *q)
{
	struct iphdr ip;

	if (!cursor_read(c, q->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv4(&ip, q);
}

/* Up to where the extension headers begin. */
static __always_inline enum parse quote_ipv6(const struct cursor *c,
					     struct packet *q)
{
	struct ipv6hdr ip;

	if (!cursor_read(c, q->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv6(&ip, q);
}

static __always_inline enum parse quote_ip(const struct cursor *c,
					   __u32 version, struct packet *q)
{
	return version == 4 ? quote_ipv4(c, q) : quote_ipv6(c, q);
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
	enum parse kind = quote_ip(&c, version, &q);

	if (kind == PARSE_IP && parse_must_walk(&q))
		kind = parse_behind_skb(skb, &q);
	if (!f || kind != PARSE_IP)
		return -1;
	read_upper(&c, &q);
	*f = packet_flow(&q, DIR_IN);
	return 0;
}

/*
 * Did what it quotes have to come through a tunnel, or may it?
 *
 * p   quote_is_in()
 * f   used up; where 1, what is quoted
 *
 * 1: so it is, 0: it did not, -1: nobody can say.
 */
static __always_inline int quote_judge(struct __sk_buff *skb,
				       const struct packet *p, struct flow *f)
{
	const __u32 at = p->l3_off + p->header_bytes + ICMP_HEADER_BYTES;
	struct spd_verdict v = {};

	if (quote_read(skb, at, p->version, f))
		return spd_is_open() ? 0 : -1;
	return !spd_find(f, 0, DIR_IN, &v) || v.hidden ||
	       (v.matched && v.action == SPD_PROTECT);
}

/*
 * The policy whose SA takes the error along, as the way back of what it quotes, to
 * him who sent that: it is not what the policy covers, and so no SA is made for it
 * (RFC 4301 section 6.2). Whether one of a policy is up whose SAs take values from
 * packets, the worker knows.
 *
 * f   of quote_judge(); used up
 */
static __always_inline bool quote_way(const struct packet *p, struct flow *f,
				      struct spd_verdict *v)
{
	f->dir = DIR_OUT;
	return addr_is_same(&f->remote, &p->daddr) &&
	       spd_find(f, 0, DIR_OUT, v) && !v->hidden && v->matched &&
	       v->action == SPD_PROTECT &&
	       (v->populated || spd_binding(v->id).gen);
}

/* --- errors about what this host's SAs sent (RFC 4301 section 8.2) */

/* Whose packet was it? */
struct quoted {
	struct addr saddr;
	struct sad_key key;
};

/* Does somebody say that a packet was too big for him? */
static __always_inline bool quote_is_too_big(const struct packet *p)
{
	if (p->fragment || !p->has_ports)
		return false;
	if (p->version == 6)
		return p->protocol == PROTO_ICMPV6 &&
		       p->dport >> 8 == ICMPV6_TOO_BIG;
	return p->protocol == PROTO_ICMP &&
	       p->dport == (ICMP_UNREACHABLE << 8 | ICMP_FRAG_NEEDED);
}

/* Of a CPU; a router says it once a packet, and most of them far more seldom. */
#define QUOTE_PER_S 1000U
#define QUOTE_BURST 200U

/* Octets before the SPI; -1: it has none. */
static __always_inline int quote_spi_off(const struct cursor *c,
					 const struct packet *q)
{
	__be16 sport;

	switch (q->protocol) {
	case PROTO_ESP:
		return 0;
	case PROTO_AH:
		return AH_SPI_AT;
	case PROTO_UDP:
		if (cursor_read(c, q->l3_off + q->header_bytes, &sport,
				sizeof(sport)) &&
		    sport == bpf_htons(IKE_NATT_PORT))
			return UDP_HEADER_BYTES;
		break;
	}
	return -1;
}

/*
 * The IPsec packet that stands at `at`, as far as it is quoted; not 0: there is
 * none, or its SPI cannot be seen. What is IKE's in UDP has an SPI of 0.
 *
 * Not static: see ipv6_walk_xdp().
 */
int quote_ipsec_xdp(struct xdp_md *ctx, __u32 at, __u32 version,
		    struct quoted *out);

__noinline int quote_ipsec_xdp(struct xdp_md *ctx, __u32 at, __u32 version,
			       struct quoted *out)
{
	const struct cursor c = cursor_xdp(ctx);
	struct packet q = { .l3_off = at };
	enum parse kind = quote_ip(&c, version, &q);
	int off;

	if (kind == PARSE_IP && parse_must_walk(&q))
		kind = parse_behind_xdp(ctx, &q);
	if (!out || kind != PARSE_IP || q.rest)
		return -1;
	off = quote_spi_off(&c, &q);
	if (off < 0 || !cursor_read(&c, q.l3_off + q.header_bytes + (__u32)off,
				    &out->key.spi, sizeof(out->key.spi)))
		return -1;
	out->saddr = q.saddr;
	out->key.daddr = q.daddr;
	out->key.protocol = q.protocol == PROTO_AH ? PROTO_AH : PROTO_ESP;
	return out->key.spi ? 0 : -1;
}

#endif
