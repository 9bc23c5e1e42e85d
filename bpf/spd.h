/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The ordered policy list (RFC 4301 section 4.4.1): first match wins. Local
 * is the protected side in both directions: the source of what goes out, the
 * destination of what comes in.
 */
#ifndef CYG_BPF_SPD_H
#define CYG_BPF_SPD_H

#include "bpf/maps.h"
#include "bpf/parse.h"
#include "include/flow.h"

static __always_inline const struct spd_table *spd_in_force(void)
{
	__u32 zero = 0;
	void *list = bpf_map_lookup_elem(&spd, &zero);

	return list ? bpf_map_lookup_elem(list, &zero) : 0;
}

/* Would every packet pass, whatever is in it? */
static __always_inline bool spd_is_open(void)
{
	const struct spd_table *t = spd_in_force();

	return t && !t->restricts && default_action == SPD_BYPASS;
}

/* The list is IPv4's: of IPv6 no policy speaks. */
static __always_inline bool spd_is_v4(const struct addr *a)
{
	__u64 high;
	__be32 middle;

	__builtin_memcpy(&high, a->octets, sizeof(high));
	__builtin_memcpy(&middle, a->octets + sizeof(high), sizeof(middle));
	return !high && middle == bpf_htonl(0xffff);
}

static __always_inline const struct spd_entry *spd_match(
	const struct spd_table *t, const struct flow *f)
{
	__be32 local = addr_v4(&f->local), remote = addr_v4(&f->remote);

	if (!spd_is_v4(&f->local))
		return 0;
	for (__u32 i = 0; i < SPD_MAX; i++) {
		const struct spd_entry *e = &t->entry[i];

		if (i >= t->count)
			break;
		if (((local ^ e->local_net) & e->local_mask) |
		    ((remote ^ e->remote_net) & e->remote_mask))
			continue;
		if (e->protocol == PROTO_ANY || e->protocol == f->protocol)
			return e;
	}
	return 0;
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
