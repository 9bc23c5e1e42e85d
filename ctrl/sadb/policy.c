// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/policy.h"

#include <errno.h>
#include <string.h>

#include "include/proto.h"

bool selector_match(const struct selector *s, const struct flow *f)
{
	return prefix_contains(&s->local, &f->local) &&
	       prefix_contains(&s->remote, &f->remote) &&
	       (s->protocol == PROTO_ANY || s->protocol == f->protocol);
}

/* The lowest and the highest address of a prefix. */
static void prefix_range(const struct prefix *p, struct addr *min,
			 struct addr *max)
{
	uint32_t bits = p->bits + (addr_is_v4(&p->net) ? 96U : 0U);

	*min = *max = p->net;
	for (uint32_t bit = bits; bit < 128; bit++)
		max->octets[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
}

struct sadb_selector selector_ranges(const struct selector *s)
{
	struct sadb_selector out = {
		.local_port_max = UINT16_MAX,
		.remote_port_max = UINT16_MAX,
		.protocol = s->protocol,
	};

	prefix_range(&s->local, &out.local_min, &out.local_max);
	prefix_range(&s->remote, &out.remote_min, &out.remote_max);
	return out;
}

const struct policy *policy_lookup(const struct policy *list, size_t n,
				   const struct flow *f)
{
	for (size_t i = 0; i < n; i++)
		if (selector_match(&list[i].selector, f))
			return &list[i];
	return NULL;
}

static int entry_compile(const struct policy *p, struct spd_entry *out)
{
	const struct selector *s = &p->selector;

	if (!addr_is_v4(&s->local.net) || !addr_is_v4(&s->remote.net))
		return -EAFNOSUPPORT;
	if (p->id >= SPD_MAX)
		return -EINVAL;
	*out = (struct spd_entry){
		.local_net = addr_v4_be(&s->local.net),
		.local_mask = prefix_mask_v4_be(&s->local),
		.remote_net = addr_v4_be(&s->remote.net),
		.remote_mask = prefix_mask_v4_be(&s->remote),
		.id = p->id,
		.protocol = s->protocol,
		.action = (uint8_t)p->action,
		.on_demand = p->on_demand,
	};
	return 0;
}

int policy_compile(const struct policy *list, size_t n, uint32_t gen,
		   struct spd_table *out)
{
	if (n > SPD_MAX)
		return -E2BIG;
	memset(out, 0, sizeof(*out));
	out->gen = gen;
	out->count = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		int err = entry_compile(&list[i], &out->entry[i]);

		if (err)
			return err;
		out->restricts += list[i].action != SPD_BYPASS;
	}
	return 0;
}
