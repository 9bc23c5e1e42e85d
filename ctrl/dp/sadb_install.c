// SPDX-License-Identifier: BSD-2-Clause
/*
 * The configuration's own SAs, in the books of all others. They have no
 * selectors of their own: what they carry is what their policies select.
 */
#include <errno.h>

#include "ctrl/dp/sadb_state.h"

int sadb_install(struct sadb *s, const struct sadb_id *id,
		 const struct sadb_sa *sa, const struct sadb_start *start,
		 struct error *e)
{
	return entry_add(s, id, sa, 0, start, e);
}

/* Its policies have no other SA from now on; those that it had have none. */
static int take_policies(struct sadb *s, struct entry *en, uint64_t policies)
{
	int err = 0;

	for (uint32_t id = 0; id < SPD_MAX; id++) {
		bool wanted = policies >> id & 1;
		int failed = 0;

		if (wanted && s->bound[id] != en)
			failed = policy_bind(s, id, en);
		else if (!wanted && s->bound[id] == en)
			failed = policy_bind(s, id, NULL);
		err = err ? err : failed;
	}
	barrier_wake(s->barrier);
	return err;
}

int sadb_assign(struct sadb *s, const struct sadb_id *id, uint64_t policies)
{
	struct entry *en = entry_find(s, id);
	struct sa_rule rules[RULES_MAX];
	int err;

	if (!en || en->state != ENTRY_LIVE || !entry_is_installed(en))
		return -ENOENT;
	en->policies = policies;
	err = sad_set_rules(s->sad, en->ref, rules, rules_of(s, en, rules));
	if (!err && id->dir == SADB_OUT)
		err = take_policies(s, en, policies);
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
