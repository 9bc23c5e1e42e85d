// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy list as it changes: what workers and BPF know of it, and the rules
 * of the SAs that live by it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/sadb_state.h"

const struct policy *policy_find(const struct sadb *s, uint32_t id)
{
	return id < SPD_MAX && s->place[id] ? &s->policies[s->place[id] - 1]
					    : NULL;
}

const struct policy *policy_first(const struct policy *p)
{
	return p - p->nth;
}

const struct policy *policy_next(const struct sadb *s, const struct policy *p)
{
	const struct policy *next = p + 1;

	return next < s->policies + s->n_policies && next->nth ? next : NULL;
}

void sadb_set_ends(struct sadb *s, uint32_t policy_id,
		   const struct policy_ends *ends)
{
	const struct policy *p = policy_find(s, policy_id);

	for (p = p ? policy_first(p) : NULL; p; p = policy_next(s, p))
		s->policies[p - s->policies].ends = *ends;
}

bool entry_serves(const struct entry *en, uint32_t policy_id)
{
	for (uint32_t i = 0; i < en->n_policies; i++)
		if (en->policies[i].id == policy_id)
			return true;
	return false;
}

/* --- rules --- */

/* Places in the list of what has packets in common with its policies, and theirs;
 * upwards, some of them more than once. */
struct places {
	uint32_t *at;
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int add_places(const struct sadb *s, const struct entry *en,
		      const struct policy *p, struct places *out)
{
	enum dp_dir dir = en->id.dir == SADB_IN ? DIR_IN : DIR_OUT;
	uint32_t *more;
	size_t n;
	int err = classify_overlaps(&s->image, p, dir, NULL, 0, &n);

	if (err)
		return err;
	more = realloc(out->at, (out->n + n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	out->at = more;
	err = classify_overlaps(&s->image, p, dir, more + out->n, n, &n);
	if (err)
		return err;
	out->n += n;
	out->at[out->n++] = (uint32_t)(p - s->policies);
	return 0;
}

static int places_of(const struct sadb *s, const struct entry *en,
		     struct places *out)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < en->n_policies; i++) {
		const struct policy *p = policy_find(s, en->policies[i].id);

		if (p)
			err = add_places(s, en, p, out);
	}
	if (!err && out->n)
		qsort(out->at, out->n, sizeof(*out->at), by_number);
	return err;
}

/* Its selectors at the place of its policy, and no more of that. */
static size_t own_rules(const struct entry *en, const struct policy *p,
			struct sa_rule *out)
{
	size_t n = 0;

	for (; n < en->n_selectors; n++)
		out[n] = (struct sa_rule){ en->selectors[n], true };
	out[n++] = (struct sa_rule){ p->selector, en->n_selectors == 0 };
	return n;
}

/* What comes after the last that it accepts is refused anyway. */
static size_t fill_rules(const struct sadb *s, const struct entry *en,
			 const struct places *places, struct sa_rule *out)
{
	size_t n = 0;

	for (size_t i = 0; i < places->n; i++) {
		const struct policy *p = &s->policies[places->at[i]];

		if (i && places->at[i] == places->at[i - 1])
			continue;
		if (entry_serves(en, p->id))
			n += own_rules(en, p, out + n);
		else if (!within_is_shared(s, en, p))
			out[n++] = (struct sa_rule){ p->selector, false };
	}
	while (n && !out[n - 1].accept)
		n--;
	return n;
}

int rules_of(const struct sadb *s, const struct entry *en, struct rule_list *out)
{
	struct places places = { NULL, 0 };
	int err = places_of(s, en, &places);

	*out = (struct rule_list){ NULL, 0 };
	if (!err) {
		size_t own = (size_t)en->n_policies * en->n_selectors;

		out->at = calloc(places.n + own + 1, sizeof(*out->at));
		err = out->at ? 0 : -ENOMEM;
	}
	if (!err)
		out->n = fill_rules(s, en, &places, out->at);
	free(places.at);
	return err;
}

/* --- the change --- */

/* The list to come, and what becomes of ids. */
struct change {
	struct policy *list; /* becomes the data path's own */
	size_t n;
	uint32_t gen;
	struct policy_set before, kept;
	struct policy_set demanded; /* by the list that is in force at the end */
	struct spd_image image;
	/* Of ids that the list gives again; at its place. */
	struct was {
		struct entry *bound;
		uint32_t since;
	} * was;
};

static void change_free(struct change *c)
{
	if (!c)
		return;
	image_free(&c->image);
	free(c->was);
	free(c->list);
	free(c);
}

static void add_ids(const struct policy *list, size_t n, struct policy_set *out)
{
	for (size_t i = 0; i < n; i++)
		policy_set_add(out, list[i].id);
}

static bool is_demanded(const struct policy *p)
{
	return p->on_demand && p->action == SPD_PROTECT;
}

static void add_demanded(const struct policy *list, size_t n,
			 struct policy_set *out)
{
	for (size_t i = 0; i < n; i++)
		if (is_demanded(&list[i]))
			policy_set_add(out, list[i].id);
}

static void tell_demanded(struct sadb *s, uint32_t id, bool is)
{
	atomic_store_explicit(&s->view->on_demand[id], is, memory_order_release);
}

/* While either list may be in force, what either demands is demanded. */
static void begin_demands(struct sadb *s, const struct change *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_demanded(&c->list[i]))
			tell_demanded(s, c->list[i].id, true);
}

static void end_demands(struct sadb *s, const struct change *c,
			const struct policy *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!policy_set_has(&c->demanded, list[i].id))
			tell_demanded(s, list[i].id, false);
}

static void tell_pfp(struct sadb *s, uint32_t id, uint8_t pfp)
{
	atomic_store_explicit(&s->view->pfp[id], pfp, memory_order_release);
}

/* What is in both lists is the same in both. */
static void begin_pfp(struct sadb *s, const struct policy *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tell_pfp(s, list[i].id, list[i].pfp);
}

static void end_pfp(struct sadb *s, const struct change *c,
		    const struct policy *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!policy_set_has(&c->kept, list[i].id))
			tell_pfp(s, list[i].id, 0);
}

/* The id means something else from that list on: nothing is bound to it, and
 * what was judged by an earlier list is none of its. */
static struct entry *forget_id(struct sadb *s, uint32_t id, uint32_t gen)
{
	struct entry *were = policy_clear(s, id);

	atomic_store_explicit(&s->view->since[id], gen, memory_order_release);
	return were;
}

static void forget_other_than(struct sadb *s, const struct change *c,
			      const struct policy *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!policy_set_has(&c->kept, list[i].id))
			forget_id(s, list[i].id, c->gen);
}

static bool is_given_again(const struct change *c, uint32_t id)
{
	return policy_set_has(&c->before, id) && !policy_set_has(&c->kept, id);
}

/* No packet meets the SA of another policy under the same id. */
static void unbind_given_again(struct sadb *s, struct change *c)
{
	for (size_t i = 0; i < c->n; i++) {
		uint32_t id = c->list[i].id;

		if (!is_given_again(c, id))
			continue;
		c->was[i].since = atomic_load(&s->view->since[id]);
		c->was[i].bound = forget_id(s, id, c->gen);
	}
}

/* Their policies stay, so does what was bound to them and what waits for them. */
static void bind_again(struct sadb *s, const struct change *c)
{
	for (size_t i = 0; i < c->n; i++) {
		uint32_t id = c->list[i].id;

		if (!is_given_again(c, id))
			continue;
		atomic_store_explicit(&s->view->since[id], c->was[i].since,
				      memory_order_release);
		policy_restore(s, id, c->was[i].bound);
	}
}

static int publish(struct sadb *s, const struct change *c)
{
	uint32_t before = atomic_load(&s->view->gen);
	int err;

	begin_demands(s, c);
	begin_pfp(s, c->list, c->n);
	atomic_store_explicit(&s->view->gen, c->gen, memory_order_release);
	err = s->maps.set_policies(s->maps.ctx, &c->image);
	if (err)
		atomic_store_explicit(&s->view->gen, before,
				      memory_order_release);
	return err;
}

/* A pool may have other addresses than those that peers still have. */
static bool is_still_of(const struct sadb *s, const struct entry *en,
			uint32_t policy_id)
{
	const struct policy *p = policy_find(s, policy_id);
	uint32_t i = 0;

	if (!p || !p->leased_by)
		return true;
	while (i < en->n_selectors && !policy_takes(p, &en->selectors[i]))
		i++;
	return i < en->n_selectors;
}

/* Policies that are gone are none of its any more; had it one that is? */
static bool lose_policies(const struct sadb *s, struct entry *en,
			  const struct policy_set *kept)
{
	uint32_t n = 0, had = en->n_policies;

	for (uint32_t i = 0; i < had; i++)
		if (policy_set_has(kept, en->policies[i].id) &&
		    is_still_of(s, en, en->policies[i].id))
			en->policies[n++] = en->policies[i];
	en->n_policies = n;
	return n < had;
}

/* Every SA may carry what the list says now, or is no more. */
static void follow(struct sadb *s, const struct change *c)
{
	for (struct entry *en = s->entries; en; en = en->newer) {
		struct rule_list rules;
		bool lost;

		if (en->state != ENTRY_LIVE)
			continue;
		lost = lose_policies(s, en, &c->kept);
		if (rules_of(s, en, &rules) ||
		    sad_set_rules(s->sad, en->ref, rules.at, rules.n))
			log_error("sadb: no memory for rules spi=0x%08x",
				  en->id.spi);
		free(rules.at);
		within_follow(s, en);
		if (lost && !en->n_policies && !entry_is_installed(en))
			entry_expire(s, en, SADB_BY_NONE);
	}
}

static void take_over(struct sadb *s, struct change *c)
{
	struct policy *old = s->policies;
	size_t n_old = s->n_policies;
	struct spd_image image = s->image;

	for (size_t i = 0; i < n_old; i++)
		s->place[old[i].id] = 0;
	for (size_t i = 0; i < c->n; i++)
		s->place[c->list[i].id] = (uint32_t)i + 1;
	s->policies = c->list;
	s->n_policies = c->n;
	s->image = c->image;
	c->list = old;
	c->n = n_old;
	c->image = image;
}

/* The first policy that takes selectors from the packet makes the table of its SAs. */
static int prepare_within(struct sadb *s, const struct policy *list, size_t n)
{
	size_t i = 0;

	while (i < n && !list[i].pfp)
		i++;
	if (i == n || s->within)
		return 0;
	s->within = within_new();
	atomic_store_explicit(&s->view->within, s->within, memory_order_release);
	return s->within ? 0 : -ENOMEM;
}

static int prepare(struct sadb *s, struct policy *list, size_t n,
		   struct change *c)
{
	int err = ids_assign(s, list, n, &c->kept);

	if (err)
		return err;
	c->gen = atomic_load(&s->view->gen) + 1;
	c->n = n;
	c->list = calloc(n + 1, sizeof(*c->list));
	c->was = calloc(n + 1, sizeof(*c->was));
	if (!c->list || !c->was)
		return -ENOMEM;
	if (n)
		memcpy(c->list, list, n * sizeof(*list));
	add_ids(s->policies, s->n_policies, &c->before);
	err = prepare_within(s, list, n);
	if (err)
		return err;
	return classify_compile(list, n, c->gen, &c->image);
}

static int change(struct sadb *s, struct change *c)
{
	int err;

	unbind_given_again(s, c);
	err = publish(s, c);
	if (err) {
		add_demanded(s->policies, s->n_policies, &c->demanded);
		end_demands(s, c, c->list, c->n);
		end_pfp(s, c, c->list, c->n);
		begin_pfp(s, s->policies, s->n_policies);
		bind_again(s, c);
		return err;
	}
	add_demanded(c->list, c->n, &c->demanded);
	end_demands(s, c, s->policies, s->n_policies);
	end_demands(s, c, c->list, c->n);
	end_pfp(s, c, s->policies, s->n_policies);
	begin_pfp(s, c->list, c->n);
	forget_other_than(s, c, s->policies, s->n_policies);
	forget_other_than(s, c, c->list, c->n);
	atomic_fetch_add_explicit(&s->view->changed, 1, memory_order_release);
	take_over(s, c);
	follow(s, c);
	return 0;
}

int sadb_set_policies(struct sadb *s, struct policy *list, size_t n)
{
	struct change *c;
	int err;

	if (n > SPD_MAX)
		return -E2BIG;
	c = calloc(1, sizeof(*c));
	err = c ? prepare(s, list, n, c) : -ENOMEM;
	if (!err)
		err = change(s, c);
	change_free(c);
	return err;
}
