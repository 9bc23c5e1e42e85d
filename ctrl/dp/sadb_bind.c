// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SAs a policy has. One as a rule, which BPF names to the workers. A
 * peer that takes less than it is asked for makes several that are narrower: each
 * stays bound while it has packets that no newer one has, BPF names the newest, and
 * workers find the others where that one refuses a packet (policy_sa.c). Of those for
 * each CPU BPF names the fall-back, and each worker finds its own. SAs of a
 * policy that takes selectors from the packet are found by the packet's values, and
 * BPF names none.
 *
 * What the configuration has bound is alone.
 */
#include <errno.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/sadb_state.h"
#include "ctrl/dp/tfc.h"

/* Of one policy, the newest first. */
struct bound {
	struct entry *at[SEVERAL_MAX];
	uint32_t n;
};

static struct entry **beside_of(const struct entry *en, uint32_t policy_id)
{
	for (uint32_t i = 0; i < en->n_policies; i++)
		if (en->policies[i].id == policy_id)
			return &en->policies[i].beside;
	return NULL;
}

static struct entry *behind(const struct entry *en, uint32_t policy_id)
{
	struct entry **beside = beside_of(en, policy_id);

	return beside ? *beside : NULL;
}

static struct bound chain_of(struct entry *newest, uint32_t policy_id)
{
	struct bound b = { .n = 0 };

	for (; newest && b.n < SEVERAL_MAX; newest = behind(newest, policy_id))
		b.at[b.n++] = newest;
	return b;
}

static bool is_bound(const struct sadb *s, uint32_t policy_id,
		     const struct entry *en)
{
	const struct entry *at = s->bound[policy_id];

	while (at && at != en)
		at = behind(at, policy_id);
	return at;
}

void entry_note_dummies(struct sadb *s, const struct entry *en)
{
	const struct sa_rt *sa = sad_get(s->sad, en->ref);

	if (!sa || !sa->dummies)
		return;
	if (!en->n_bound)
		tfc_take(s->view, en->ref);
	else if (!tfc_put(s->view, en->ref))
		log_error("sadb: an SA sends no dummy packets, as %u others do spi=0x%08x",
			  DUMMIES_MAX, en->id.spi);
}

/* It may encrypt from now on. */
static void note_key(struct sadb *s, struct entry *en)
{
	if (en->key && !en->has_encrypted)
		used_keys_add(&s->keys, en->key);
	en->has_encrypted = true;
}

void bindings_changed(struct sadb *s)
{
	atomic_fetch_add_explicit(&s->view->changed, 1, memory_order_release);
}

/* --- several --- */

static void put_several(struct sadb *s, uint32_t policy_id, struct several *of)
{
	several_retire(atomic_exchange_explicit(&s->view->several[policy_id],
						of, memory_order_acq_rel));
}

static struct several *several_of(const struct bound *b)
{
	struct sa_ref refs[SEVERAL_MAX];
	uint8_t cpus[SEVERAL_MAX];

	for (uint32_t i = 0; i < b->n; i++) {
		refs[i] = b->at[i]->ref;
		cpus[i] = b->at[i]->cpu;
	}
	return several_new(refs, cpus, b->n);
}

/* The newest that is no worker's own, or if there is no such the newest. */
static struct sa_ref named_of(const struct bound *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (!b->at[i]->cpu)
			return b->at[i]->ref;
	return b->n ? b->at[0]->ref : (struct sa_ref){ 0 };
}

static int put_binding(struct sadb *s, uint32_t policy_id,
		       const struct bound *now)
{
	struct sa_ref ref = named_of(now);
	uint64_t whole;

	memcpy(&whole, &ref, sizeof(whole));
	atomic_store_explicit(&s->view->binding[policy_id], whole,
			      memory_order_release);
	return s->maps.bind(s->maps.ctx, policy_id, ref);
}

/* The books, as workers and BPF have been told. */
static void enter(struct sadb *s, uint32_t policy_id,
		  const struct bound *before, const struct bound *now)
{
	for (uint32_t i = 0; i < before->n; i++)
		before->at[i]->n_bound--;
	s->bound[policy_id] = NULL;
	for (uint32_t i = now->n; i-- > 0;) {
		struct entry **beside = beside_of(now->at[i], policy_id);

		if (beside)
			*beside = s->bound[policy_id];
		s->bound[policy_id] = now->at[i];
		now->at[i]->n_bound++;
	}
	for (uint32_t i = 0; i < before->n; i++)
		entry_note_dummies(s, before->at[i]);
	for (uint32_t i = 0; i < now->n; i++)
		entry_note_dummies(s, now->at[i]);
	bindings_changed(s);
}

/*
 * Who looks at the old binding finds all others in the list, and who finds no list
 * the new binding: a worker misses none.
 */
static int put(struct sadb *s, uint32_t policy_id, const struct bound *now)
{
	const struct bound before = chain_of(s->bound[policy_id], policy_id);
	struct several *of = now->n > 1 ? several_of(now) : NULL;
	int err;

	if (now->n > 1 && !of)
		return -ENOMEM;
	if (of)
		put_several(s, policy_id, of);
	err = put_binding(s, policy_id, now);
	if (!of)
		put_several(s, policy_id, NULL);
	enter(s, policy_id, &before, now);
	return err;
}

static bool is_covered(const struct sadb_selector *inner, const struct entry *by)
{
	uint32_t i = 0;

	while (i < by->n_selectors && !selector_within(inner, &by->selectors[i]))
		i++;
	return i < by->n_selectors;
}

/* of: what the other has besides does not count; NULL: all does. */
static bool supersedes(const struct entry *newer, const struct entry *other,
		       const struct policy *of)
{
	if (newer->of_cpus && newer->cpu != other->cpu)
		return false;
	for (uint32_t i = 0; newer->n_selectors && i < other->n_selectors; i++) {
		const struct sadb_selector *has = &other->selectors[i];

		if ((!of || policy_takes(of, has)) && !is_covered(has, newer))
			return false;
	}
	return true;
}

bool entry_supersedes(const struct entry *newer, const struct entry *other)
{
	return supersedes(newer, other, NULL);
}

/* Peers make as many as they like. */
static void tell_crowded(struct sadb *s, uint32_t policy_id,
			 const struct entry *en)
{
	if (log_may(&s->crowded, "sadb", clock_ns()))
		log_warn("sadb: an SA carries nothing more, its policy has %u newer ones policy=%u spi=0x%08x",
			 SEVERAL_MAX, policy_id, en->id.spi);
}

static struct bound with_newest(struct sadb *s, uint32_t policy_id,
				struct entry *en)
{
	const struct policy *p = policy_find(s, policy_id);
	struct bound now = { .at = { en }, .n = 1 };

	for (struct entry *at = s->bound[policy_id]; at;
	     at = behind(at, policy_id)) {
		if (at == en || supersedes(en, at, p))
			continue;
		if (now.n < SEVERAL_MAX)
			now.at[now.n++] = at;
		else
			tell_crowded(s, policy_id, at);
	}
	return now;
}

int policy_bind(struct sadb *s, uint32_t policy_id, struct entry *en)
{
	const struct policy *p = policy_find(s, policy_id);
	struct bound now;
	int err;

	if (p && p->pfp) {
		err = within_bind(s, p, en);
		if (en->n_bound)
			note_key(s, en);
		return err;
	}
	now = with_newest(s, policy_id, en);
	err = put(s, policy_id, &now);
	if (err != -ENOMEM)
		note_key(s, en);
	return err;
}

static bool is_ref(struct sa_ref a, struct sa_ref b)
{
	return a.id == b.id && a.gen == b.gen;
}

/* Of those that stay none is new, so that the list of them goes on; no memory is
 * needed to end an SA. */
int policy_leave(struct sadb *s, uint32_t policy_id, struct entry *en)
{
	const struct bound before = chain_of(s->bound[policy_id], policy_id);
	struct bound now = { .n = 0 };
	int err = 0;

	if (!is_bound(s, policy_id, en))
		return 0;
	for (uint32_t i = 0; i < before.n; i++)
		if (before.at[i] != en)
			now.at[now.n++] = before.at[i];
	if (!is_ref(named_of(&now), named_of(&before)))
		err = put_binding(s, policy_id, &now);
	if (now.n > 1)
		several_take(atomic_load(&s->view->several[policy_id]), en->ref);
	else
		put_several(s, policy_id, NULL);
	enter(s, policy_id, &before, &now);
	return err;
}

struct entry *policy_clear(struct sadb *s, uint32_t policy_id)
{
	const struct bound none = { .n = 0 };
	struct entry *were = s->bound[policy_id];

	if (were)
		put(s, policy_id, &none);
	return were;
}

void policy_restore(struct sadb *s, uint32_t policy_id, struct entry *were)
{
	struct bound now = chain_of(were, policy_id);

	if (!were || put(s, policy_id, &now) != -ENOMEM)
		return;
	log_error("sadb: no memory for %u SAs of a policy, the newest is bound alone policy=%u",
		  now.n, policy_id);
	now.n = 1;
	put(s, policy_id, &now);
}

void entry_unbind(struct sadb *s, struct entry *en)
{
	within_leave(s, en);
	for (uint32_t i = 0; i < en->n_policies; i++)
		policy_leave(s, en->policies[i].id, en);
}

bool policy_has_sa(const struct sadb *s, const struct policy *p,
		   const struct sadb_selector *packet)
{
	const struct entry *en = s->bound[p->id];

	if (p->pfp)
		return within_has_sa(s, p, packet);
	while (en && en->n_selectors && !is_covered(packet, en))
		en = behind(en, p->id);
	return en;
}

bool policy_has_own(const struct sadb *s, const struct policy *p,
		    const struct sadb_selector *packet, uint8_t cpu)
{
	bool of_cpus = false;

	for (const struct entry *en = s->bound[p->id]; en;
	     en = behind(en, p->id)) {
		if (en->n_selectors && !is_covered(packet, en))
			continue;
		if (en->cpu == cpu)
			return true;
		of_cpus |= en->of_cpus;
	}
	return !of_cpus;
}

bool policy_goes_to(const struct sadb *s, const struct policy *p,
		    const struct addr *peer)
{
	const struct entry *en = s->bound[p->id];

	if (p->pfp)
		return within_goes_to(s, p, peer);
	while (en && !addr_equal(&en->id.daddr, peer))
		en = behind(en, p->id);
	return en;
}

void bindings_fini(struct sadb *s)
{
	for (size_t i = 0; i < s->n_policies; i++)
		put_several(s, s->policies[i].id, NULL);
	atomic_store(&s->view->within, NULL);
	within_free(s->within);
}
