// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/refer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"

struct referrer {
	struct section *root;
	size_t copied;
	unsigned int depth; /* of references that lead to others */
	struct error *e;
};

static int resolve(struct referrer *r, struct section *sec);
static int resolve_below(struct referrer *r, struct section *sec);

/* --- copies */

static unsigned int depth_of(const struct section *sec)
{
	unsigned int depth = 0;

	for (; sec->parent; sec = sec->parent)
		depth++;
	return depth;
}

static int count(struct referrer *r, struct section *to,
		 const struct place *place)
{
	if (++to->n_entries <= TREE_ENTRIES_MAX &&
	    ++r->copied <= REFER_ENTRIES_MAX)
		return 0;
	return conf_fail(r->e, place, -E2BIG,
			 "more than %u entries in a section, or %u by "
			 "references in all; refer to less",
			 TREE_ENTRIES_MAX, REFER_ENTRIES_MAX);
}

static bool copy_parts(struct value *to, const struct value *from)
{
	struct part **tail = &to->parts;

	for (const struct part *p = from->parts; p; p = p->next) {
		*tail = malloc(sizeof(**tail));
		if (!*tail)
			return false;
		**tail = (struct part){ .offset = p->offset, .place = p->place };
		tail = &(*tail)->next;
	}
	return true;
}

static int copy_value(struct referrer *r, struct section *to,
		      const struct value *from, struct value **at)
{
	int err = count(r, to, &from->place);

	if (err)
		return err;
	*at = malloc(sizeof(**at));
	if (!*at)
		return conf_no_memory(r->e);
	**at = *from;
	(*at)->next = NULL;
	(*at)->parts = NULL;
	(*at)->section = to;
	(*at)->is_cleared = !from->text[0];
	return copy_parts(*at, from) ? 0 : conf_no_memory(r->e);
}

/* An empty one of its own takes away what it would inherit. */
static int inherit_values(struct referrer *r, struct section *to,
			  const struct section *from)
{
	int err = 0;

	for (const struct value *v = from->values; v && !err; v = v->next) {
		struct value **at = &to->values;

		while (*at && strcmp((*at)->key, v->key) != 0)
			at = &(*at)->next;
		if (!*at)
			err = copy_value(r, to, v, at);
		else if (!(*at)->text[0])
			(*at)->is_cleared = true;
	}
	return err;
}

static int add_section(struct referrer *r, struct section *to,
		       const struct section *from, struct section **at)
{
	int err = count(r, to, &from->place);

	if (err)
		return err;
	if (depth_of(to) == TREE_DEPTH_MAX)
		return conf_fail(r->e, &from->place, -E2BIG,
				 "sections nested deeper than %u by "
				 "references; flatten them",
				 TREE_DEPTH_MAX);
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return conf_no_memory(r->e);
	(*at)->name = from->name;
	(*at)->place = from->place;
	(*at)->opened = from->opened;
	(*at)->again = from->again;
	(*at)->parent = to;
	(*at)->refer = REFER_DONE;
	return 0;
}

/* As deep as the tree: TREE_DEPTH_MAX. */
static int inherit(struct referrer *r, struct section *to,
		   const struct section *from)
{
	int err = inherit_values(r, to, from);

	for (const struct section *s = from->sections; s && !err; s = s->next) {
		struct section **at = &to->sections;

		while (*at && strcmp((*at)->name, s->name) != 0)
			at = &(*at)->next;
		err = *at ? resolve(r, *at) : add_section(r, to, s, at);
		if (!err)
			err = inherit(r, *at, s);
	}
	return err;
}

/* --- who is meant */

static int fail_unknown(struct referrer *r, const struct reference *ref)
{
	char shown[CONF_SHOWN_BYTES];

	return conf_fail(r->e, &ref->place, -EINVAL,
			 "there is no section %s to refer to; write its name "
			 "from the outermost section on, such as "
			 "connections.moon",
			 conf_shown(ref->name, shown));
}

/* Whatever it refers to, what is in that leads back to what is being done. */
static int fail_circle(struct referrer *r, const struct section *sec)
{
	return conf_fail(r->e, &sec->place, -EINVAL,
			 "the section refers to itself, perhaps by way of "
			 "others; remove a reference");
}

static struct section *child_of(const struct section *sec, const char *name,
				size_t len)
{
	struct section *s = sec->sections;

	while (s && (strlen(s->name) != len || memcmp(s->name, name, len) != 0))
		s = s->next;
	return s;
}

/* What its name leads through may itself be inherited. */
static int find(struct referrer *r, const struct reference *ref,
		struct section **out)
{
	struct section *at = r->root;
	const char *name = ref->name;
	int err = 0;

	for (;;) {
		size_t len = strcspn(name, ".");

		at = child_of(at, name, len);
		if (!at)
			return fail_unknown(r, ref);
		at->is_referred_to = true;
		if (!name[len])
			break;
		name += len + 1;
		err = resolve(r, at);
		if (err)
			return err;
	}
	*out = at;
	return 0;
}

/* --- all of it */

static int inherit_from(struct referrer *r, struct section *sec,
			const struct reference *ref)
{
	struct section *from = NULL;
	int err = find(r, ref, &from);

	if (!err && r->depth == REFER_DEPTH_MAX)
		err = conf_fail(r->e, &ref->place, -E2BIG,
				"references that lead to others, more than %u "
				"in a row; refer to the last one",
				REFER_DEPTH_MAX);
	if (err)
		return err;
	r->depth++;
	err = resolve_below(r, from);
	r->depth--;
	return err ? err : inherit(r, sec, from);
}

/* What the section itself refers to, and not what is in it does. */
static int resolve(struct referrer *r, struct section *sec)
{
	int err = 0;

	if (sec->refer == REFER_DONE)
		return 0;
	if (sec->refer == REFER_BUSY)
		return fail_circle(r, sec);
	sec->refer = REFER_BUSY;
	for (const struct reference *ref = sec->references; ref && !err;
	     ref = ref->next)
		err = inherit_from(r, sec, ref);
	sec->refer = REFER_DONE;
	return err;
}

/* As deep as the tree, and as references lead from one to the next. */
static int resolve_below(struct referrer *r, struct section *sec)
{
	int err;

	if (sec->is_resolved)
		return 0;
	err = resolve(r, sec);
	for (struct section *s = sec->sections; s && !err; s = s->next)
		err = resolve_below(r, s);
	sec->is_resolved = !err;
	return err;
}

static void drop_cleared(struct section *sec)
{
	struct value **at = &sec->values;

	while (*at) {
		struct value *v = *at;

		if (!v->is_cleared) {
			at = &v->next;
			continue;
		}
		*at = v->next;
		value_clear(v);
		free(v);
		sec->n_entries--;
	}
	for (struct section *s = sec->sections; s; s = s->next)
		drop_cleared(s);
}

int refer_all(struct section *root, struct error *e)
{
	struct referrer r = { .root = root, .e = e };
	int err = resolve_below(&r, root);

	if (!err)
		drop_cleared(root);
	return err;
}
