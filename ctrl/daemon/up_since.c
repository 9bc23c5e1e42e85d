// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/up_since.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/name_index.h"

#define ROOM_FIRST 16

struct row {
	char name[2 * CONN_NAME_MAX]; /* CONN/CHILD */
	uint64_t since_ns;
	unsigned int n; /* SAs that are up */
};

/* Rows stay for a while when what they are of is down: it comes again. */
struct up_since {
	struct row *at; /* owned */
	size_t n, room;
	struct name_index names;
};

struct up_since *up_since_new(void)
{
	return calloc(1, sizeof(struct up_since));
}

void up_since_free(struct up_since *u)
{
	if (!u)
		return;
	name_index_free(&u->names);
	free(u->at);
	free(u);
}

static void join(const char *conn, const char *child, char *out)
{
	snprintf(out, sizeof(((struct row *)NULL)->name), "%.63s/%.63s", conn,
		 child);
}

static bool make_room(struct up_since *u)
{
	size_t room = u->room ? 2 * u->room : ROOM_FIRST;
	struct row *at;

	if (u->n < u->room)
		return true;
	at = u->n < IKE_SAS_MAX ? realloc(u->at, room * sizeof(*at)) : NULL;
	if (!at)
		return false;
	u->at = at;
	u->room = room;
	u->names.first = at->name;
	u->names.bytes = sizeof(*at);
	return true;
}

/* NULL: there is no room for it. */
static struct row *row_of(struct up_since *u, const char *conn,
			  const char *child)
{
	char name[sizeof(u->at->name)];
	size_t i;

	join(conn, child, name);
	i = name_index_find(&u->names, name);
	if (i != NAME_NOWHERE)
		return &u->at[i];
	if (!make_room(u))
		return NULL;
	u->at[u->n] = (struct row){ .n = 0 };
	memcpy(u->at[u->n].name, name, sizeof(name));
	if (name_index_add(&u->names, u->at))
		return NULL;
	return &u->at[u->n++];
}

void up_since_event(struct up_since *u, const struct ike_event *e,
		    uint64_t now_ns)
{
	struct row *row;

	if (e->kind != IKE_EV_CHILD_UP && e->kind != IKE_EV_CHILD_DOWN)
		return;
	row = row_of(u, e->conn, e->child);
	if (!row)
		return;
	if (e->kind == IKE_EV_CHILD_DOWN)
		row->n -= row->n > 0;
	else if (!row->n++)
		row->since_ns = now_ns;
}

static bool is_up(const struct child_sa_view *c)
{
	return c->state >= SA_VIEW_UP && c->state <= SA_VIEW_REKEYED;
}

static int by_id(const void *a, const void *b)
{
	const uint32_t x = ((const struct ike_sa_view *)a)->id;
	const uint32_t y = ((const struct ike_sa_view *)b)->id;

	return x < y ? -1 : x > y;
}

static void take(struct up_since *u, const struct sas *sas,
		 const struct child_sa_view *c)
{
	const struct ike_sa_view key = { .id = c->ike_id };
	const struct ike_sa_view *ike =
		bsearch(&key, sas->ike, sas->n_ike, sizeof(key), by_id);
	struct row *row = ike ? row_of(u, ike->conn, c->name) : NULL;

	if (!row)
		return;
	row->n++;
	if (!row->since_ns || c->installed_ns < row->since_ns)
		row->since_ns = c->installed_ns;
}

/* Without memory nothing is known of any. */
static void forget_down(struct up_since *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		if (u->at[i].n)
			u->at[n++] = u->at[i];
	u->n = n;
	name_index_free(&u->names);
	if (name_index_make(&u->names, u->at, sizeof(*u->at), n)) {
		name_index_free(&u->names);
		u->n = 0;
	}
}

void up_since_shown(struct up_since *u, const struct sas *sas)
{
	forget_down(u);
	for (size_t i = 0; i < u->n; i++)
		u->at[i].n = 0;
	for (size_t i = 0; sas->n_ike && i < sas->n_child; i++)
		if (is_up(&sas->child[i]))
			take(u, sas, &sas->child[i]);
	forget_down(u);
}

uint64_t up_since_find(const struct up_since *u, const char *conn,
		       const char *child)
{
	char name[sizeof(u->at->name)];
	size_t i;

	join(conn, child, name);
	i = name_index_find(&u->names, name);
	return i != NAME_NOWHERE && u->at[i].n ? u->at[i].since_ns : 0;
}
