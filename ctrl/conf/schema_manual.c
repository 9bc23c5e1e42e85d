// SPDX-License-Identifier: BSD-2-Clause
/*
 * The section manual: its pairs beside each other, and one that is added to them
 * while the gateway runs.
 */
#include "ctrl/conf/schema_manual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/near.h"
#include "ctrl/conf/schema_pair.h"
#include "ctrl/conf/values.h"

/* In a file a pair has both, and policies name their pair. */
static int fill_files(const struct section *sec, const struct config *c,
		      struct manual_conf *m, struct error *e)
{
	static const char *const dirs[] = { "in", "out" };
	const struct value *policies = tree_value(sec, "policies");
	int err = pair_fill(sec, c, m, e);

	if (err)
		return err;
	if (policies)
		return value_fail(e, policies, -EINVAL,
				  "goes with `cygnet sa add` alone; write "
				  "manual = %s in each of these policies",
				  m->name);
	for (size_t i = 0; i < 2; i++)
		if (!tree_section(sec, dirs[i]))
			return conf_fail(
				e, &sec->place, -EINVAL,
				"manual.%s.%s is missing; it must be " FORM_SA,
				m->name, dirs[i]);
	return 0;
}

/* --- pairs */

static int fail_clash(const struct section *sec, const struct section *other,
		      const struct manual_clash *clash, struct error *e)
{
	const struct value *v =
		tree_value(tree_section(sec, clash->dir), clash->key);
	const struct value *first = tree_value(
		tree_section(other, clash->other_dir), clash->other_key);
	char path[TREE_PATH_MAX];

	value_path(first, path);
	return value_fail(e, v, -EINVAL, "is the same as %s at line %u; %s",
			  path, first->place.line, clash->why);
}

static int check_pairs(const struct section *list, const struct config *c,
		       struct error *e)
{
	const struct section *sec = list->sections;
	struct manual_clash clash;

	for (size_t i = 0; i < c->n_manual; i++, sec = sec->next) {
		const struct section *other = list->sections;

		for (size_t j = 0; j <= i; j++, other = other->next)
			if (manual_clash(&c->manual[i], &c->manual[j], &clash))
				return fail_clash(sec, other, &clash, e);
	}
	return 0;
}

int manual_fill(const struct section *list, struct config *c, struct error *e)
{
	size_t n = named_count(list);
	int err;

	if (n == 0)
		return 0;
	if (n > MANUAL_MAX)
		return named_fail_many(list, MANUAL_MAX, e);
	c->manual = calloc(n, sizeof(*c->manual));
	if (!c->manual)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s; s = s->next) {
		err = fill_files(s, c, &c->manual[c->n_manual++], e);
		if (err)
			return err;
	}
	return check_pairs(list, c, e);
}

int manual_find(const struct value *v, const struct config *c,
		const char *remedy, size_t *out, struct error *e)
{
	const char *best = NULL;

	for (size_t i = 0; i < c->n_manual; i++) {
		if (strcmp(c->manual[i].name, v->text) == 0) {
			*out = i;
			return 0;
		}
		near_try(v->text, c->manual[i].name, &best);
	}
	if (best)
		return value_fail(e, v, -EINVAL,
				  "names no section of manual; did you mean "
				  "'%s'?",
				  best);
	return value_fail(e, v, -EINVAL, "names no section of manual; %s",
			  remedy);
}

/* --- one that is added while the gateway runs */

static int take_policy(const struct item *item, const struct config *c,
		       struct manual_conf *m, struct error *e)
{
	const char *best = NULL;

	for (size_t i = 0; i < c->n_policies; i++) {
		const struct policy_conf *p = &c->policies[i];

		near_try(item->text, p->name, &best);
		if (strcmp(p->name, item->text) != 0)
			continue;
		if (i >= MANUAL_POLICIES_MAX)
			return item_fail(e, item, -E2BIG,
					 "names a policy behind the first %u; "
					 "put it before others",
					 MANUAL_POLICIES_MAX);
		m->policies |= 1ULL << i;
		if (p->action != SPD_PROTECT)
			return item_fail(e, item, -EINVAL,
					 "names a policy that does not "
					 "protect; it must be " FORM_POLICIES);
		if (!manual_suits(m, p))
			return item_fail(e, item, -EINVAL,
					 "names a policy with other addresses "
					 "than local_addrs and remote_addrs, "
					 "between which alone transport mode "
					 "carries anything; remove mode, or "
					 "name others");
		if (!manual_same_if_ids(m, p))
			return item_fail(e, item, -EINVAL,
					 "names a policy of other interfaces: "
					 "its if_id_in is %u and its if_id_out "
					 "%u; write the same, or name others",
					 p->if_id_in, p->if_id_out);
		return 0;
	}
	if (best)
		return item_fail(e, item, -EINVAL,
				 "names no policy; did you mean '%s'?", best);
	return item_fail(e, item, -EINVAL,
			 "names no policy; `cygnet policy` lists them");
}

static int take_policies(const struct section *sec, const struct config *c,
			 struct manual_conf *m, struct error *e)
{
	const struct value *v = tree_value(sec, "policies");
	struct item item;
	size_t at = 0;
	int found, err;

	if (!v)
		return conf_fail(
			e, &sec->place, -EINVAL,
			"manual.%s.policies is missing; it must be " FORM_POLICIES,
			m->name);
	while ((found = item_next(pair_policies_key(), v, &at, &item, e)) > 0) {
		err = take_policy(&item, c, m, e);
		if (err)
			return err;
	}
	return found;
}

static int check_new(const struct section *sec, const struct config *c,
		     const struct manual_conf *m, struct error *e)
{
	struct manual_clash clash;

	for (size_t i = 0; i < c->n_manual; i++) {
		const struct manual_conf *o = &c->manual[i];

		if (strcmp(o->name, m->name) == 0)
			return conf_fail(e, &sec->place, -EEXIST,
					 "manual.%s is there already; give "
					 "this one another name, or delete "
					 "that one first",
					 m->name);
		if (manual_clash(m, o, &clash))
			return value_fail(
				e,
				tree_value(tree_section(sec, clash.dir),
					   clash.key),
				-EEXIST, "is the same as manual.%s.%s.%s; %s",
				o->name, clash.other_dir, clash.other_key,
				clash.why);
	}
	return 0;
}

int manual_fill_added(const struct section *sec, const struct config *c,
		      struct manual_conf *m, struct error *e)
{
	const struct value *bundle = tree_value(sec, "bundle");
	struct manual_clash clash;
	int err;

	*m = (struct manual_conf){ .added = true };
	err = pair_fill(sec, c, m, e);
	if (!err && bundle)
		err = value_fail(e, bundle, -EINVAL,
				 "goes into a file alone, beside the pair that "
				 "it names; write both there, and reload");
	if (!err && !m->in.spi && !m->out.spi)
		err = conf_fail(e, &sec->place, -EINVAL,
				"manual.%s has neither in nor out; each must "
				"be " FORM_SA,
				m->name);
	if (!err)
		err = take_policies(sec, c, m, e);
	if (!err && c->n_manual == MANUAL_MAX)
		err = conf_fail(e, &sec->place, -E2BIG,
				"there are %u pairs of manual SAs, and no more "
				"may be; delete some",
				MANUAL_MAX);
	if (!err && manual_clash(m, m, &clash))
		err = value_fail(
			e, tree_value(tree_section(sec, clash.dir), clash.key),
			-EINVAL, "is the same as %s.%s; %s", clash.other_dir,
			clash.other_key, clash.why);
	return err ? err : check_new(sec, c, m, e);
}
