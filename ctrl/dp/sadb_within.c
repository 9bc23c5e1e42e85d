// SPDX-License-Identifier: BSD-2-Clause
/*
 * Outbound SAs of policies that have one for each value (ctrl/sadb/within.h): a policy
 * that takes selectors from packets, or one whose peers each have an address of a
 * pool. Workers find the SA by the policy and the packet's values, and BPF names none.
 *
 * Several connections may give addresses of one pool, and the policies of one are then
 * in front of another's with the same packets. Which connection's a peer is shows by its
 * address, so its SA is met by the policies of all of them; where two SAs would be,
 * that of the policy's own connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/sadb_state.h"

static struct within_policy within_policy_of(const struct sadb *s,
					     const struct policy *p)
{
	return (struct within_policy){
		.id = p->id,
		.since = atomic_load(&s->view->since[p->id]),
		.pfp = p->pfp,
	};
}

static bool key_of(const struct sadb *s, const struct policy *p,
		   const struct sadb_selector *selector, struct within_key *out)
{
	const struct within_policy within = within_policy_of(s, p);

	return within_key_of_selector(&within, selector, out);
}

static bool is_same(struct sa_ref a, struct sa_ref b)
{
	return a.id == b.id && a.gen == b.gen;
}

static bool holds(const struct sadb *s, const struct entry *en,
		  const struct within_key *key)
{
	return is_same(within_get(s->within, key), en->ref);
}

/* --- who is told of addresses --- */

static bool lease_of(const struct sadb *s, const struct entry *en,
		     const struct within_key *key, struct sadb_lease *out)
{
	const struct policy *p = policy_find(s, key->policy);

	if (!p || !p->leased_by || p->tunnel[DIR_OUT] ||
	    !entry_serves(en, p->id))
		return false;
	*out = (struct sadb_lease){
		.vip = key->remote,
		.local = { p->selector.local_min, p->selector.local_max },
	};
	return true;
}

static bool has_lease(const struct sadb *s, const struct entry *en,
		      const struct within_key *key, struct sadb_lease *out)
{
	if (!holds(s, en, key) || !lease_of(s, en, key, out))
		return false;
	out->sa = sad_get(s->sad, en->ref);
	return out->sa;
}

static void tell(const struct sadb *s, const struct sadb_lease *l)
{
	if (s->maps.leased)
		s->maps.leased(s->maps.ctx, l);
}

static void tell_lease(const struct sadb *s, const struct entry *en,
		       const struct within_key *key)
{
	struct sadb_lease l;

	if (has_lease(s, en, key, &l))
		tell(s, &l);
}

/* Another SA may go to it, for other packets. */
static void tell_left(const struct sadb *s, struct sadb_lease *was)
{
	struct sadb_lease l;

	for (const struct entry *en = s->entries; en; en = en->newer)
		for (uint32_t i = 0; i < en->n_within; i++)
			if (addr_equal(&en->within[i].remote, &was->vip) &&
			    has_lease(s, en, &en->within[i], &l)) {
				tell(s, &l);
				return;
			}
	tell(s, was);
}

void within_moved(struct sadb *s, const struct entry *en)
{
	for (uint32_t i = 0; i < en->n_within; i++)
		tell_lease(s, en, &en->within[i]);
}

size_t sadb_leases(const struct sadb *s, struct sadb_lease *out, size_t max)
{
	struct sadb_lease l;
	size_t n = 0;

	for (const struct entry *en = s->entries; en; en = en->newer)
		for (uint32_t i = 0; i < en->n_within; i++)
			if (has_lease(s, en, &en->within[i], &l) && n++ < max)
				out[n - 1] = l;
	return n;
}

/* --- keys --- */

static bool has_key(const struct entry *en, const struct within_key *key)
{
	for (uint32_t i = 0; i < en->n_within; i++)
		if (within_key_equal(&en->within[i], key))
			return true;
	return false;
}

static int add_key(struct entry *en, const struct within_key *key)
{
	struct within_key *more;

	if (has_key(en, key))
		return 0;
	more = realloc(en->within, (en->n_within + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	en->within = more;
	en->within[en->n_within++] = *key;
	return 0;
}

static void lose_one(struct sadb *s, struct entry *en)
{
	en->n_bound--;
	entry_note_dummies(s, en);
}

static int put(struct sadb *s, struct entry *en, const struct within_key *key)
{
	struct entry *was = entry_of(s, within_get(s->within, key));
	int err;

	if (was == en)
		return 0;
	err = add_key(en, key);
	if (!err)
		err = within_put(s->within, key, en->ref);
	if (err)
		return err;
	if (was)
		lose_one(s, was);
	en->n_bound++;
	entry_note_dummies(s, en);
	bindings_changed(s);
	tell_lease(s, en, key);
	return 0;
}

static void take(struct sadb *s, struct entry *en, const struct within_key *key)
{
	struct sadb_lease was;

	if (!holds(s, en, key))
		return;
	within_take(s->within, key, en->ref);
	lose_one(s, en);
	bindings_changed(s);
	if (lease_of(s, en, key, &was))
		tell_left(s, &was);
}

/* --- policies of other connections with the same pool --- */

static bool is_others(const struct policy *p, const struct policy *of)
{
	return p->leased_by && of->leased_by && p->leased_by != of->leased_by &&
	       p->action == SPD_PROTECT &&
	       p->tunnel[DIR_OUT] == of->tunnel[DIR_OUT] &&
	       p->tunnel[DIR_IN] == of->tunnel[DIR_IN];
}

bool within_is_shared(const struct sadb *s, const struct entry *en,
		      const struct policy *p)
{
	for (uint32_t i = 0; i < en->n_policies; i++) {
		const struct policy *own = policy_find(s, en->policies[i].id);

		if (own && is_others(p, own))
			return true;
	}
	return false;
}

/* Behind one with the same selector no packet comes to a policy. */
static bool is_among(const struct sadb *s, const uint32_t *places, size_t n,
		     const struct policy *p)
{
	for (size_t i = 0; i < n; i++)
		if (selector_equal(&s->policies[places[i]].selector,
				   &p->selector))
			return true;
	return false;
}

static size_t keep_others(const struct sadb *s, const struct policy *p,
			  uint32_t *places, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct policy *other = &s->policies[places[i]];

		if (is_others(other, p) && !is_among(s, places, kept, other))
			places[kept++] = places[i];
	}
	return kept;
}

/* Places in the list; to be freed. */
static int others_of(const struct sadb *s, const struct policy *p,
		     uint32_t **places, size_t *n)
{
	int err = classify_overlaps(&s->image, p, DIR_OUT, NULL, 0, n);

	*places = err ? NULL : calloc(*n + 1, sizeof(**places));
	if (!err && !*places)
		err = -ENOMEM;
	if (!err)
		err = classify_overlaps(&s->image, p, DIR_OUT, *places, *n, n);
	*n = err ? 0 : keep_others(s, p, *places, *n);
	return err;
}

/* May it be met by that other policy? Its own SAs go first; behind: only in a place
 * that nobody has. */
static bool may_have(const struct sadb *s, const struct within_key *key,
		     bool behind)
{
	const struct entry *was = entry_of(s, within_get(s->within, key));

	return !was || (!behind && !entry_serves(was, key->policy));
}

static int put_with_others(struct sadb *s, const struct policy *p,
			   struct entry *en, const struct sadb_selector *of,
			   bool behind)
{
	uint32_t *places;
	size_t n;
	int err = others_of(s, p, &places, &n);

	for (size_t i = 0; !err && i < n; i++) {
		struct within_key key;

		if (key_of(s, &s->policies[places[i]], of, &key) &&
		    may_have(s, &key, behind))
			err = put(s, en, &key);
	}
	free(places);
	return err;
}

/* --- SAs --- */

/* Each of its selectors that is the policy's. */
static int bind_leased(struct sadb *s, const struct policy *p, struct entry *en)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < en->n_selectors; i++) {
		const struct sadb_selector *of = &en->selectors[i];
		struct within_key key;

		if (!policy_takes(p, of))
			continue;
		err = key_of(s, p, of, &key) ? put(s, en, &key) : -EINVAL;
		if (!err)
			err = put_with_others(s, p, en, of, false);
	}
	return err;
}

int within_bind(struct sadb *s, const struct policy *p, struct entry *en)
{
	struct within_key key;

	if (p->leased_by)
		return bind_leased(s, p, en);
	if (en->n_selectors != 1 || !key_of(s, p, en->selectors, &key))
		return -EINVAL;
	return put(s, en, &key);
}

void within_leave(struct sadb *s, struct entry *en)
{
	for (uint32_t i = 0; i < en->n_within; i++)
		take(s, en, &en->within[i]);
	free(en->within);
	en->within = NULL;
	en->n_within = 0;
}

static bool is_of_list(const struct sadb *s, const struct within_key *key)
{
	return policy_find(s, key->policy) &&
	       atomic_load(&s->view->since[key->policy]) == key->since;
}

static bool follow_policy(struct sadb *s, const struct policy *p,
			  struct entry *en)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < en->n_selectors; i++) {
		const struct sadb_selector *of = &en->selectors[i];
		struct within_key key;

		if (policy_takes(p, of) && key_of(s, p, of, &key) &&
		    holds(s, en, &key))
			err = put_with_others(s, p, en, of, true);
	}
	return !err;
}

void within_follow(struct sadb *s, struct entry *en)
{
	uint32_t n = 0;
	bool done = true;

	for (uint32_t i = 0; i < en->n_within; i++)
		if (is_of_list(s, &en->within[i]))
			en->within[n++] = en->within[i];
		else
			take(s, en, &en->within[i]);
	en->n_within = n;
	for (uint32_t i = 0; n && i < en->n_policies; i++) {
		const struct policy *p = policy_find(s, en->policies[i].id);

		if (p && p->leased_by)
			done = follow_policy(s, p, en) && done;
	}
	if (!done)
		log_error("sadb: no memory for an SA's policies spi=0x%08x",
			  en->id.spi);
}

/* --- what is asked --- */

bool within_fits(const struct sadb *s, const struct policy *p,
		 const struct sadb_sa *sa)
{
	struct within_key key;

	if (!p->leased_by)
		return sa->n_selectors == 1 && key_of(s, p, sa->selectors, &key);
	for (uint32_t i = 0; i < sa->n_selectors; i++)
		if (policy_takes(p, &sa->selectors[i]) &&
		    !key_of(s, p, &sa->selectors[i], &key))
			return false;
	return true;
}

bool within_has_sa(const struct sadb *s, const struct policy *p,
		   const struct sadb_selector *packet)
{
	struct within_key key;

	return key_of(s, p, packet, &key) && within_get(s->within, &key).gen;
}

bool within_goes_to(const struct sadb *s, const struct policy *p,
		    const struct addr *peer)
{
	for (const struct entry *en = s->entries; en; en = en->newer)
		for (uint32_t i = 0; i < en->n_within; i++)
			if (en->within[i].policy == p->id &&
			    addr_equal(&en->id.daddr, peer) &&
			    holds(s, en, &en->within[i]))
				return true;
	return false;
}
