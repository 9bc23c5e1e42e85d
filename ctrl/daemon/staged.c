// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/staged.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/name_index.h"

#define ROOM_MIN 16U

struct staged {
	struct conn_list list;
	size_t room; /* of the list */
	struct name_index names;
	/* Of what is in force, as long as it stands there: */
	const struct conn_conf *conns;
	size_t n_conns;
	struct name_index in_force;
	struct loaded_room taken; /* by both */
};

_Static_assert(offsetof(struct conn_conf, name) == 0, "for name_index");

struct staged *staged_new(void)
{
	return calloc(1, sizeof(struct staged));
}

static void clear(struct staged *s)
{
	conn_list_free(&s->list);
	name_index_free(&s->names);
	name_index_free(&s->in_force);
	*s = (struct staged){ .room = 0 };
}

void staged_free(struct staged *s)
{
	if (!s)
		return;
	clear(s);
	free(s);
}

static int no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "out of memory for what is loaded");
}

static const struct conn_conf *find(const struct name_index *x,
				    const struct conn_conf *conns,
				    const char *name)
{
	size_t i = name_index_find(x, name);

	return i == NAME_NOWHERE ? NULL : &conns[i];
}

/* Something is staged for what is in force now: else it is the first. */
static int begin(struct staged *s, const struct config *c, struct error *e)
{
	if (s->list.n && s->conns == c->conns && s->n_conns == c->n_conns)
		return 0;
	name_index_free(&s->in_force);
	s->conns = c->conns;
	s->n_conns = c->n_conns;
	s->taken = loaded_room(c, c->conns, c->n_conns);
	for (size_t i = 0; i < s->list.n; i++)
		loaded_room_add(&s->taken, &s->list.at[i]);
	if (name_index_make(&s->in_force, c->conns, sizeof(*c->conns),
			    c->n_conns))
		return no_memory(e);
	if (!s->names.bytes &&
	    name_index_make(&s->names, NULL, sizeof(struct conn_conf), 0))
		return no_memory(e);
	return 0;
}

static int make_room(struct staged *s, struct error *e)
{
	size_t room = s->room ? 2 * s->room : ROOM_MIN;
	struct conn_conf *at;

	if (s->list.n < s->room)
		return 0;
	at = realloc(s->list.at, room * sizeof(*at));
	if (!at)
		return no_memory(e);
	s->list.at = at;
	s->names.first = (const char *)at;
	s->room = room;
	return 0;
}

static int append(struct staged *s, const struct conn_conf *conn,
		  struct error *e)
{
	int err = make_room(s, e);

	if (err)
		return err;
	if (conn_copy(&s->list.at[s->list.n], conn))
		return no_memory(e);
	if (name_index_add(&s->names, s->list.at)) {
		conn_fini(&s->list.at[s->list.n]);
		return no_memory(e);
	}
	s->list.n++;
	return 0;
}

static int replace(struct conn_conf *at, const struct conn_conf *conn,
		   struct error *e)
{
	struct conn_conf copy;

	if (conn_copy(&copy, conn))
		return no_memory(e);
	conn_fini(at);
	*at = copy;
	return 0;
}

int staged_put(struct staged *s, const struct config *c,
	       const struct conn_conf *conn, struct error *e)
{
	const struct conn_conf *old;
	struct loaded_room taken;
	size_t at;
	int err = begin(s, c, e);

	if (err)
		return err;
	at = name_index_find(&s->names, conn->name);
	old = at == NAME_NOWHERE ? find(&s->in_force, c->conns, conn->name)
				 : &s->list.at[at];
	taken = s->taken;
	if (old)
		loaded_room_drop(&taken, old);
	loaded_room_add(&taken, conn);
	err = loaded_check_conn(c, old, conn, e);
	if (!err)
		err = loaded_check_room(&taken, e);
	if (!err)
		err = at == NAME_NOWHERE ? append(s, conn, e)
					 : replace(&s->list.at[at], conn, e);
	if (!err)
		s->taken = taken;
	return err;
}

size_t staged_count(const struct staged *s)
{
	return s->list.n;
}

static void put_all(const struct staged *s, const struct conn_conf *conns,
		    size_t n, bool *seen, const struct conn_conf **out)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = name_index_find(&s->names, conns[i].name);

		*out++ = at == NAME_NOWHERE ? &conns[i] : &s->list.at[at];
		if (at != NAME_NOWHERE)
			seen[at] = true;
	}
	for (size_t i = 0; i < s->list.n; i++)
		if (!seen[i])
			*out++ = &s->list.at[i];
}

const struct conn_conf **staged_with(const struct staged *s,
				     const struct conn_conf *conns, size_t n,
				     size_t *n_out)
{
	const struct conn_conf **all = calloc(n + s->list.n + 1, sizeof(*all));
	bool *seen = calloc(s->list.n + 1, sizeof(*seen));

	*n_out = 0;
	if (all && seen) {
		put_all(s, conns, n, seen, all);
		while (all[*n_out])
			++*n_out;
	} else {
		free(all);
		all = NULL;
	}
	free(seen);
	return all;
}

/* Moved; its place is left without a name. */
static void move(struct conn_conf *to, struct conn_conf *from)
{
	*to = *from;
	*from = (struct conn_conf){ .n_children = 0 };
}

/* Each at its place, and the new ones behind them. */
static int fill(struct staged *s, const struct config *c, struct conn_list *out,
		struct error *e)
{
	for (size_t i = 0; i < c->n_conns; i++) {
		size_t at = name_index_find(&s->names, c->conns[i].name);

		if (at != NAME_NOWHERE)
			move(&out->at[out->n++], &s->list.at[at]);
		else if (conn_copy(&out->at[out->n++], &c->conns[i]))
			return no_memory(e);
	}
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.at[i].name[0])
			move(&out->at[out->n++], &s->list.at[i]);
	return 0;
}

int staged_take(struct staged *s, const struct config *c, struct conn_list *out,
		struct error *e)
{
	int err = -ENOMEM;

	*out = (struct conn_list){ 0 };
	out->at = calloc(c->n_conns + s->list.n + 1, sizeof(*out->at));
	if (out->at)
		err = fill(s, c, out, e);
	else
		no_memory(e);
	clear(s);
	return err;
}
