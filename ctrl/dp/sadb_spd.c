// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy list as it changes: ids that stay, what workers and BPF know of
 * it, and the rules of the SAs that live by it.
 */
#include <errno.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/sadb_state.h"

static uint64_t bit(uint32_t policy_id)
{
	return 1ULL << policy_id;
}

const struct policy *policy_find(const struct sadb *s, uint32_t id)
{
	for (size_t i = 0; i < s->n_policies; i++)
		if (s->policies[i].id == id)
			return &s->policies[i];
	return NULL;
}

/* --- rules --- */

/* Its selectors at the place of its policy, and no more of that. */
static size_t own_rules(const struct entry *en, const struct policy *p,
			struct sa_rule *out)
{
	size_t n = 0;

	for (; n < en->n_selectors; n++)
		out[n] = (struct sa_rule){ en->selectors[n], true };
	out[n++] = (struct sa_rule){ selector_ranges(&p->selector),
				     en->n_selectors == 0 };
	return n;
}

/* What comes after the last policy of its own is refused anyway. */
size_t rules_of(const struct sadb *s, const struct entry *en,
		struct sa_rule out[RULES_MAX])
{
	uint64_t left = en->policies;
	size_t n = 0;

	for (size_t i = 0; left && i < s->n_policies; i++) {
		const struct policy *p = &s->policies[i];

		if (left & bit(p->id))
			n += own_rules(en, p, out + n);
		else
			out[n++] =
				(struct sa_rule){ selector_ranges(&p->selector),
						  false };
		left &= ~bit(p->id);
	}
	return n;
}

/* --- ids --- */

static bool same_policy(const struct policy *a, const struct policy *b)
{
	return a->action == b->action && a->manual == b->manual &&
	       a->selector.protocol == b->selector.protocol &&
	       a->selector.local.bits == b->selector.local.bits &&
	       a->selector.remote.bits == b->selector.remote.bits &&
	       addr_equal(&a->selector.local.net, &b->selector.local.net) &&
	       addr_equal(&a->selector.remote.net, &b->selector.remote.net);
}

static uint64_t ids_of(const struct policy *list, size_t n)
{
	uint64_t ids = 0;

	for (size_t i = 0; i < n; i++)
		ids |= bit(list[i].id);
	return ids;
}

/* Each id of the list in force goes to one of the new list at most. */
static uint64_t keep_ids(const struct sadb *s, struct policy *list, size_t n,
			 uint64_t *done)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < s->n_policies; j++) {
			const struct policy *old = &s->policies[j];

			if ((kept & bit(old->id)) || !same_policy(old, &list[i]))
				continue;
			list[i].id = old->id;
			kept |= bit(old->id);
			*done |= bit((uint32_t)i);
			break;
		}
	}
	return kept;
}

/* One that meant nothing before, while there is any. */
static uint32_t free_id(uint64_t used, uint64_t before)
{
	uint64_t avoid = ~(used | before) ? used | before : used;
	uint32_t id = 0;

	while (avoid & bit(id))
		id++;
	return id;
}

/* What a policy names comes first, where it means nothing else. */
static void new_ids(struct policy *list, size_t n, uint64_t used,
		    uint64_t before, uint64_t done)
{
	for (uint32_t i = 0; i < n; i++) {
		if ((done & bit(i)) || list[i].id >= SPD_MAX ||
		    ((used | before) & bit(list[i].id)))
			continue;
		used |= bit(list[i].id);
		done |= bit(i);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (done & bit(i))
			continue;
		list[i].id = free_id(used, before);
		used |= bit(list[i].id);
	}
}

/* --- the change --- */

static uint64_t on_demand_of(const struct policy *list, size_t n)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i].on_demand && list[i].action == SPD_PROTECT)
			mask |= bit(list[i].id);
	return mask;
}

/* These ids mean something else from that list on: nothing is bound to them,
 * and what was judged by an earlier list is none of theirs. */
static void forget_ids(struct sadb *s, uint64_t ids, uint32_t gen)
{
	for (uint32_t id = 0; id < SPD_MAX; id++) {
		if (!(ids & bit(id)))
			continue;
		policy_bind(s, id, NULL);
		atomic_store_explicit(&s->view->since[id], gen,
				      memory_order_release);
	}
}

/* Every SA may carry what the list says now, or is no more. */
static void follow(struct sadb *s, uint64_t gone)
{
	struct sa_rule rules[RULES_MAX];

	for (uint32_t i = 0; i < SAD_MAX; i++) {
		struct entry *en = &s->entries[i];
		bool lost;

		if (en->state != ENTRY_LIVE)
			continue;
		lost = en->policies & gone;
		en->policies &= ~gone;
		if (sad_set_rules(s->sad, en->ref, rules, rules_of(s, en, rules)))
			log_error("sadb: no memory for rules spi=0x%08x",
				  en->id.spi);
		if (lost && !en->policies && !entry_is_installed(en))
			entry_expire(s, en);
	}
}

/* Their policies stay, so does what was bound to them. */
static void rebind(struct sadb *s, uint64_t ids, struct entry *const *bound)
{
	for (uint32_t id = 0; id < SPD_MAX; id++)
		if (ids & bit(id))
			policy_bind(s, id, bound[id]);
}

static int publish(struct sadb *s, const struct spd_table *table,
		   uint64_t on_demand)
{
	uint32_t before = atomic_load(&s->view->gen);
	uint64_t demanded = atomic_load(&s->view->on_demand);
	int err;

	atomic_store_explicit(&s->view->on_demand, demanded | on_demand,
			      memory_order_release);
	atomic_store_explicit(&s->view->gen, table->gen, memory_order_release);
	err = s->maps.set_policies(s->maps.ctx, table);
	if (err)
		atomic_store_explicit(&s->view->gen, before,
				      memory_order_release);
	atomic_store_explicit(&s->view->on_demand, err ? demanded : on_demand,
			      memory_order_release);
	return err;
}

int sadb_set_policies(struct sadb *s, struct policy *list, size_t n)
{
	uint64_t before = ids_of(s->policies, s->n_policies), kept, now;
	uint64_t done = 0; /* those of the list that have their id */
	uint32_t gen = atomic_load(&s->view->gen) + 1;
	struct entry *bound[SPD_MAX];
	struct spd_table table;
	int err;

	if (n > SPD_MAX)
		return -E2BIG;
	kept = keep_ids(s, list, n, &done);
	new_ids(list, n, kept, before, done);
	now = ids_of(list, n);
	err = policy_compile(list, n, gen, &table);
	if (err)
		return err;
	memcpy(bound, s->bound, sizeof(bound));
	forget_ids(s, now & ~kept & before, gen);
	err = publish(s, &table, on_demand_of(list, n));
	if (err) {
		rebind(s, now & ~kept & before, bound);
		return err;
	}
	forget_ids(s, (now | before) & ~kept, gen);
	memcpy(s->policies, list, n * sizeof(*list));
	s->n_policies = n;
	follow(s, before & ~kept);
	return 0;
}
