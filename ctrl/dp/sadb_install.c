// SPDX-License-Identifier: BSD-2-Clause
/*
 * The configuration's own SAs, in the books of all others. They have no
 * selectors of their own: what they carry is what their policies select.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctrl/dp/sadb_state.h"

int sadb_install(struct sadb *s, const struct sadb_id *id,
		 const struct sadb_sa *sa, const struct sadb_start *start,
		 uint64_t now_ns, struct error *e)
{
	return entry_add(s, id, sa, NULL, start, now_ns, e);
}

/* Those that are none of its any more have none. */
static int leave_others(struct sadb *s, struct entry *en,
			const struct entry_policy *before, uint32_t n)
{
	int err = 0;

	for (uint32_t i = 0; i < n; i++) {
		int failed = 0;

		if (!entry_serves(en, before[i].id))
			failed = policy_leave(s, before[i].id, en);
		err = err ? err : failed;
	}
	return err;
}

/* Its policies have no other SA from now on. */
static int take_policies(struct sadb *s, struct entry *en)
{
	int err = 0;

	for (uint32_t i = 0; i < en->n_policies; i++) {
		int failed = 0;

		if (s->bound[en->policies[i].id] != en)
			failed = policy_bind(s, en->policies[i].id, en);
		err = err ? err : failed;
	}
	barrier_wake(s->barrier);
	return err;
}

static int follow_policies(struct sadb *s, struct entry *en)
{
	struct rule_list rules;
	int err = rules_of(s, en, &rules);

	if (!err)
		err = sad_set_rules(s->sad, en->ref, rules.at, rules.n);
	free(rules.at);
	return err;
}

int sadb_assign(struct sadb *s, const struct sadb_id *id,
		const struct sadb_policies *policies)
{
	struct entry *en = entry_find(s, id);
	struct entry_policy *before;
	uint32_t n;
	int err;

	if (!en || en->state != ENTRY_LIVE || !entry_is_installed(en))
		return -ENOENT;
	before = en->policies;
	n = en->n_policies;
	err = entry_take_policies(en, policies);
	if (err)
		return err;
	err = follow_policies(s, en);
	if (!err && id->dir == SADB_OUT)
		err = leave_others(s, en, before, n);
	if (!err && id->dir == SADB_OUT)
		err = take_policies(s, en);
	free(before);
	return err;
}

int sadb_uninstall(struct sadb *s, const struct sadb_id *id)
{
	struct entry *en = entry_find(s, id);

	if (!en || en->state != ENTRY_LIVE || !entry_is_installed(en))
		return 0;
	return entry_remove(s, en, NULL);
}

bool sadb_is_there(const struct sadb *s, const struct sadb_id *id)
{
	return entry_find(s, id);
}
