/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fragments of ESP, AH and UDP to this host. The first one shows ports and SPI and
 * leaves a verdict, which the later ones follow. A later one that comes before it
 * waits with a worker, and so then do all of that packet: were it IKE's, or other
 * UDP's that may come in, the worker gives it to the kernel whole.
 *
 * The guard has it alike of ICMP that would leave in the clear: later fragments pass
 * where the first one did, and came before them.
 *
 * Whoever floods us makes the map forget verdicts: then packets are lost whose
 * fragments are on the way.
 */
#ifndef CYG_BPF_FRAGMENT_H
#define CYG_BPF_FRAGMENT_H

#include "bpf/maps.h"
#include "bpf/parse.h"
#include "bpf/spd.h"
#include "bpf/tokens.h"

#define FRAGMENT_NS_PER_S 1000000000ULL

/* Of a CPU, of packets whose first fragment comes late: who makes them up has no
 * more of the workers' rings, nor of the map. */
#define FRAGMENT_WAITS_PER_S 8192U
#define FRAGMENT_WAITS_BURST 1024U

/* p: a fragment that is for this host? */
static __always_inline bool fragment_is_asked(const struct packet *p)
{
	return p->fragment &&
	       (p->protocol == PROTO_ESP || p->protocol == PROTO_AH ||
		p->protocol == PROTO_UDP);
}

static __always_inline bool fragment_key_of(const struct cursor *c,
					    const struct packet *p,
					    struct fragment_key *k)
{
	__be16 id;

	k->saddr = p->saddr;
	k->daddr = p->daddr;
	k->protocol = p->protocol;
	if (p->version == 4) {
		if (!cursor_read(c, p->l3_off + IPV4_ID_AT, &id, sizeof(id)))
			return false;
		k->id = id;
		return true;
	}
	return p->fragment != FRAGMENT_HIDDEN &&
	       cursor_read(c, p->l3_off + p->header_bytes - sizeof(k->id),
			   &k->id, sizeof(k->id));
}

/* An old one is of another packet with the same identification; and what a list of
 * policies said ends with it. */
static __always_inline bool fragment_is_fresh(const struct packet *p,
					      const struct fragment_verdict *v,
					      __u64 now_ns)
{
	const __u64 life = p->version == 4 ? FRAGMENT_V4_S : FRAGMENT_V6_S;

	return now_ns - v->since_ns < life * FRAGMENT_NS_PER_S &&
	       (!v->policy_gen || v->policy_gen == spd_gen());
}

/* What is known of the packet; whose 0: nothing, *old if anything is there. */
static __always_inline struct fragment_verdict fragment_known(
	const struct fragment_key *k, const struct packet *p, __u64 now_ns,
	bool *old)
{
	const struct fragment_verdict *v =
		dry ? 0 : bpf_map_lookup_elem(&fragments, k);
	const struct fragment_verdict none = {};

	*old = v;
	return v && fragment_is_fresh(p, v, now_ns) ? *v : none;
}

/*
 * Leaves what was found of a packet of which nothing was known. false: a fragment of
 * it on another CPU did so meanwhile, and v is what that one left.
 */
static __always_inline bool fragment_leave(const struct fragment_key *k,
					   struct fragment_verdict *v, bool old)
{
	const struct fragment_verdict *theirs;

	if (dry ||
	    !bpf_map_update_elem(&fragments, k, v, old ? BPF_ANY : BPF_NOEXIST))
		return true;
	theirs = bpf_map_lookup_elem(&fragments, k);
	if (theirs)
		*v = *theirs;
	return false;
}

/* A later one of which nothing was known. */
static __always_inline struct fragment_verdict fragment_await(
	const struct fragment_key *k, __u64 now_ns, bool old)
{
	struct fragment_verdict v = { .since_ns = now_ns,
				      .whose = FRAGMENT_WAITS };

	if (tokens_take(TOKEN_FRAGMENT, FRAGMENT_WAITS_PER_S,
			FRAGMENT_WAITS_BURST)) {
		fragment_leave(k, &v, old);
		return v;
	}
	v.whose = FRAGMENT_DROP;
	v.reason = DROP_FRAGMENT_FULL;
	return v;
}

/*
 * A later one: v is what it follows. Not 0: its identification is hidden.
 *
 * Not static, as the next one: see ipv6_walk_xdp().
 */
int fragment_follow(struct xdp_md *ctx, const struct packet *p,
		    struct fragment_verdict *v);

__noinline int fragment_follow(struct xdp_md *ctx, const struct packet *p,
			       struct fragment_verdict *v)
{
	const __u64 now_ns = bpf_ktime_get_ns();
	const struct cursor c = cursor_xdp(ctx);
	struct fragment_verdict known;
	struct fragment_key k = {};
	bool old;

	if (!p || !v || !fragment_key_of(&c, p, &k))
		return -1;
	known = fragment_known(&k, p, now_ns, &old);
	if (!known.whose)
		known = fragment_await(&k, now_ns, old);
	*v = known;
	return 0;
}

/*
 * The first one. v: what it says itself; becomes FRAGMENT_WAITS where it goes to
 * those who wait.
 */
int fragment_lead(struct xdp_md *ctx, const struct packet *p,
		  struct fragment_verdict *v);

__noinline int fragment_lead(struct xdp_md *ctx, const struct packet *p,
			     struct fragment_verdict *v)
{
	const __u64 now_ns = bpf_ktime_get_ns();
	const struct cursor c = cursor_xdp(ctx);
	struct fragment_verdict known, own;
	struct fragment_key k = {};
	bool old;

	if (!p || !v || !fragment_key_of(&c, p, &k))
		return -1;
	known = fragment_known(&k, p, now_ns, &old);
	own = *v;
	own.since_ns = now_ns;
	if (!known.whose) {
		known = own;
		if (fragment_leave(&k, &known, old))
			return 0;
	}
	if (known.whose == FRAGMENT_WAITS && own.whose != FRAGMENT_DROP)
		v->whose = FRAGMENT_WAITS;
	else
		bpf_map_update_elem(&fragments, &k, &own, BPF_ANY);
	return 0;
}

/* --- ICMP that would leave in the clear, whose first fragment alone shows what it
 * quotes */

/* Its first fragment: may it pass, as a list of policies has it? */
int fragment_leave_icmp(struct __sk_buff *skb, const struct packet *p,
			bool passes, __u32 policy_gen);

__noinline int fragment_leave_icmp(struct __sk_buff *skb, const struct packet *p,
				   bool passes, __u32 policy_gen)
{
	const struct cursor c = { .tc = true, .skb = skb };
	const struct fragment_verdict v = {
		.since_ns = bpf_ktime_get_ns(),
		.whose = passes ? FRAGMENT_KERNEL : FRAGMENT_DROP,
		.policy_gen = policy_gen,
	};
	struct fragment_key k = {};

	if (!dry && p && fragment_key_of(&c, p, &k))
		bpf_map_update_elem(&fragments, &k, &v, BPF_ANY);
	return 0;
}

/* A later one. Not 0: its first one passed. */
int fragment_follow_icmp(struct __sk_buff *skb, const struct packet *p);

__noinline int fragment_follow_icmp(struct __sk_buff *skb,
				    const struct packet *p)
{
	const struct cursor c = { .tc = true, .skb = skb };
	struct fragment_key k = {};
	bool old;

	return p && fragment_key_of(&c, p, &k) &&
	       fragment_known(&k, p, bpf_ktime_get_ns(), &old).whose ==
		       FRAGMENT_KERNEL;
}

#endif
