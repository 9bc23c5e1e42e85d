/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The ordered policy list (RFC 4301 section 4.4.1): first match wins. Local
 * is the protected side in both directions: the source of what goes out, the
 * destination of what comes in.
 */
#ifndef CYG_BPF_SPD_H
#define CYG_BPF_SPD_H

#include "bpf/count.h"
#include "bpf/flow.h"
#include "bpf/maps.h"
#include "bpf/parse.h"
#include "include/classify.h"
#include "include/flow.h"

static __always_inline const struct spd_block *spd_block_at(const void *of,
							    __u32 index)
{
	return bpf_map_lookup_elem((void *)of, &index);
}

/* The list in force; NULL: there is none. */
static __always_inline void *spd_list_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&spd, &zero);
}

/* Of the list in force; 0: there is none. */
static __always_inline __u32 spd_gen(void)
{
	const void *of = spd_list_of();
	const struct spd_block *b = of ? spd_block_at(of, 0) : 0;

	return b ? b->head.gen : 0;
}

/* Would every packet pass, whatever is in it? */
static __always_inline bool spd_is_open(void)
{
	const void *of = spd_list_of();
	const struct spd_block *b = of ? spd_block_at(of, 0) : 0;

	return b && b->head.gen && !b->head.restricts &&
	       default_action == SPD_BYPASS;
}

struct leaf_walk {
	void *of; /* the list */
	const struct spd_leaf *leaf;
	const struct spd_key *key;
	struct spd_verdict *v;
	__u32 n;
	__u16 dir;
	__u16 broken;
};

static long leaf_step(__u32 i, void *ctx)
{
	struct leaf_walk *w = ctx;
	const struct spd_list list = { w->of, spd_block_at };
	const struct spd_entry *e = spd_leaf_more(&list, w->leaf, w->n, i + 1);

	if (!e) {
		w->broken = 1;
		return 1;
	}
	return spd_try(e, w->key, w->dir, w->v);
}

/* The first of a leaf that matches. false: it cannot be read. */
static __always_inline bool leaf_search(void *of, const struct spd_slot *slot,
					const struct spd_key *k, __u32 dir,
					struct spd_verdict *v)
{
	const struct spd_block *b = slot->n ? spd_block_at(of, slot->base) : 0;
	struct leaf_walk w = {
		.of = of, .key = k, .v = v, .n = slot->n, .dir = (__u16)dir
	};

	if (!b)
		return !slot->n;
	if (spd_try(&b->leaf.first, k, dir, v) || slot->n == 1)
		return true;
	w.leaf = &b->leaf;
	bpf_loop(slot->n - 1U, leaf_step, &w, 0);
	return !w.broken;
}

static __always_inline bool spd_flow_known(const struct flow *f,
					   const struct flow_fib *fib,
					   __u32 gen, struct spd_verdict *v)
{
	struct flow_set *set = flow_set_of(flow_hash(f));
	const struct flow_fib *asked = set ? flow_find(set, f, gen, v) : 0;

	return asked && flow_fib_is(asked, fib);
}

/* Of what goes out and is known to be the SPD's, what the list in force says. */
static __always_inline bool spd_known(const struct packet *p,
				      const struct flow_fib *fib,
				      struct spd_verdict *v)
{
	struct flow f = packet_flow(p, DIR_OUT);
	const void *of = spd_list_of();
	const struct spd_block *b = of ? spd_block_at(of, 0) : 0;

	if (!b)
		return false;
	if (spd_flow_known(&f, fib, b->head.gen, v))
		return true;
	f.tunnel = FLOW_BY_ROUTE;
	return n_tunnels && spd_flow_known(&f, fib, b->head.gen, v);
}

/*
 * A function of its own, so that it is verified once.
 *
 * f     its tunnel may be another one afterwards
 * fib   what the FIB was asked with, which said that it is the SPD's, and of which
 *       tunnel; NULL: it was not asked
 * dir   enum dp_dir
 *
 * false: there is no list that says anything, and nothing may pass.
 */
__noinline int spd_find(struct flow *f, const struct flow_fib *fib, __u32 dir,
			struct spd_verdict *v)
{
	void *of = spd_list_of();
	const struct spd_list list = { of, spd_block_at };
	const struct spd_block *b;
	struct spd_slot leaf;
	struct flow_fib *asked;
	struct flow_set *set;
	struct spd_key k;
	__u16 tunnel;

	if (!f || !v || !of)
		return false;
	b = spd_block_at(of, 0);
	if (!b)
		return false;
	tunnel = f->tunnel;
	if (fib && tunnel)
		f->tunnel = FLOW_BY_ROUTE;
	set = flow_set_of(flow_hash(f));
	asked = set ? flow_find(set, f, b->head.gen, v) : 0;
	if (asked && fib)
		*asked = *fib;
	if (asked && f->tunnel != FLOW_BY_ROUTE)
		return true;
	*v = (struct spd_verdict){ .gen = b->head.gen, .tunnel = tunnel != 0 };
	spd_key_of(f, &k);
	spd_key_tunnel(&k, tunnel);
	if (spd_leaf_of(&list, &b->head, &k, dir, &leaf) ||
	    !leaf_search(of, &leaf, &k, dir, v))
		return false;
	if (dry)
		dry_spd(v);
	else if (asked)
		flow_renew(set, v);
	else if (set)
		flow_keep(set, f, flow_hash(f), v);
	return true;
}

/* Why what shows no ports drops, where those might have it protected. */
static __always_inline enum drop_reason spd_hidden(const struct packet *p)
{
	return p->rest ? DROP_FRAGMENT_PORTS : DROP_UNPARSED;
}

/* SPD-I (RFC 4301 section 5.2) of what arrives in the clear: why it drops, or as what
 * it passes. */
static __always_inline enum drop_reason spd_in_says(const struct packet *p,
						    enum pass_reason *pass)
{
	struct flow f = packet_flow(p, DIR_IN);
	struct spd_verdict v = {};

	if (!spd_find(&f, 0, DIR_IN, &v))
		return DROP_POLICY_DISCARD;
	if (v.hidden)
		return spd_hidden(p);
	*pass = v.matched ? PASS_BYPASS : PASS_DEFAULT;
	if (!v.matched)
		return default_action == SPD_BYPASS ? DROP_NONE
						    : DROP_DEFAULT_DISCARD;
	switch (v.action) {
	case SPD_PROTECT:
		return DROP_PLAINTEXT_IN;
	case SPD_BYPASS:
		return DROP_NONE;
	default:
		return DROP_POLICY_DISCARD;
	}
}

/* Is it to be protected on its way out, or might it be? */
static __always_inline bool spd_protects(struct flow *f)
{
	struct spd_verdict v = {};

	return spd_find(f, 0, DIR_OUT, &v) &&
	       (v.hidden || (v.matched && v.action == SPD_PROTECT));
}

/*
 * Does a DISCARD policy that names ICMP want an error to this host away, from
 * whichever side (RFC 4301 section 6.1)? One of all protocols is not about what only
 * the gateway itself hears.
 */
static __always_inline bool spd_discards_icmp(const struct packet *p)
{
	struct flow f = packet_flow(p, DIR_IN);
	struct spd_verdict v = {};

	return spd_find(&f, 0, DIR_IN, &v) && v.matched && v.named &&
	       v.action == SPD_DISCARD;
}

/* The outbound SA in use for a policy, read in one piece; gen 0: none. */
static __always_inline struct sa_ref spd_binding(__u32 policy_id)
{
	const volatile __u64 *at = bpf_map_lookup_elem(&bindings, &policy_id);
	struct sa_ref ref = {};
	__u64 whole;

	if (!at)
		return ref;
	whole = *at;
	__builtin_memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

#endif
