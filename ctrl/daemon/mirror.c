// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two arrays, each in the order of ids: ike counts them upwards, so that a new
 * one comes last.
 */
#include "ctrl/daemon/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/ike_seam.h"

/* Elements begin with their id. */
struct table {
	uint8_t *at; /* owned */
	size_t n, room;
	size_t bytes; /* of one */
};

struct mirror {
	struct table ike;
	struct table child;
};

_Static_assert(offsetof(struct ike_sa_view, id) == 0, "for id_at()");
_Static_assert(offsetof(struct child_sa_view, id) == 0, "for id_at()");

static uint32_t id_at(const struct table *t, size_t i)
{
	uint32_t id;

	memcpy(&id, t->at + i * t->bytes, sizeof(id));
	return id;
}

/* Where it is, or belongs. */
static size_t place_of(const struct table *t, uint32_t id)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_at(t, middle) < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_at(const struct table *t, size_t i, uint32_t id)
{
	return i < t->n && id_at(t, i) == id;
}

static void take_out(struct table *t, size_t i)
{
	uint8_t *at = t->at + i * t->bytes;

	memmove(at, at + t->bytes, (t->n - i - 1) * t->bytes);
	t->n--;
}

static bool make_room(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 16;
	uint8_t *at;

	if (t->n < t->room)
		return true;
	if (t->n >= MIRROR_MAX)
		return false;
	at = realloc(t->at, room * t->bytes);
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

static void put_in(struct table *t, size_t i, const void *element)
{
	uint8_t *at;

	if (!make_room(t))
		return;
	at = t->at + i * t->bytes;
	memmove(at + t->bytes, at, (t->n - i) * t->bytes);
	memcpy(at, element, t->bytes);
	t->n++;
}

static void put(struct table *t, uint32_t id, bool gone, const void *element)
{
	size_t i = place_of(t, id);

	if (is_at(t, i, id) && gone)
		take_out(t, i);
	else if (is_at(t, i, id))
		memcpy(t->at + i * t->bytes, element, t->bytes);
	else if (!gone)
		put_in(t, i, element);
}

struct mirror *mirror_new(void)
{
	struct mirror *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->ike.bytes = sizeof(struct ike_sa_view);
	m->child.bytes = sizeof(struct child_sa_view);
	return m;
}

void mirror_free(struct mirror *m)
{
	if (!m)
		return;
	free(m->ike.at);
	free(m->child.at);
	free(m);
}

static void bound_identity(struct identity *id)
{
	if (id->len > sizeof(id->octets))
		id->len = sizeof(id->octets);
}

static void bound(uint8_t *n, uint8_t max)
{
	if (*n > max)
		*n = max;
}

void mirror_put_ike(struct mirror *m, const struct ike_sa_view *v)
{
	struct ike_sa_view own = *v;

	ike_seam_plain(own.conn, sizeof(own.conn));
	bound_identity(&own.local_id);
	bound_identity(&own.remote_id);
	bound(&own.n_local_vips, CONN_VIPS_MAX);
	bound(&own.n_remote_vips, CONN_VIPS_MAX);
	bound(&own.n_dns, CONN_DNS_MAX);
	put(&m->ike, own.id, own.state >= SA_VIEW_GONE, &own);
}

void mirror_put_child(struct mirror *m, const struct child_sa_view *v)
{
	struct child_sa_view own = *v;

	ike_seam_plain(own.name, sizeof(own.name));
	if (own.n_selectors > SADB_SELECTORS_MAX)
		own.n_selectors = SADB_SELECTORS_MAX;
	put(&m->child, own.id, own.state >= SA_VIEW_GONE, &own);
}

const struct ike_sa_view *mirror_ike(const struct mirror *m, uint32_t id)
{
	size_t i = place_of(&m->ike, id);

	return is_at(&m->ike, i, id)
		       ? (const void *)(m->ike.at + i * m->ike.bytes)
		       : NULL;
}

/* Newer ones are asked for more. */
const struct child_sa_view *mirror_child(const struct mirror *m, uint32_t spi_in)
{
	const struct child_sa_view *at = (const void *)m->child.at;

	for (size_t i = m->child.n; spi_in && i--;)
		if (at[i].spi_in == spi_in)
			return &at[i];
	return NULL;
}

static bool is_wanted(const struct child_sa_view *c, uint32_t ike_id,
		      const char *child)
{
	return c->ike_id == ike_id && c->state < SA_VIEW_REKEYED &&
	       strcmp(c->name, child) == 0;
}

bool mirror_has(const struct mirror *m, const char *conn, const char *child)
{
	const struct ike_sa_view *ike = (const void *)m->ike.at;
	const struct child_sa_view *c = (const void *)m->child.at;

	for (size_t i = 0; i < m->ike.n; i++) {
		if (strcmp(ike[i].conn, conn) != 0)
			continue;
		if (ike[i].state == SA_VIEW_CONNECTING)
			return true;
		for (size_t k = 0; k < m->child.n; k++)
			if (is_wanted(&c[k], ike[i].id, child))
				return true;
	}
	return false;
}

void mirror_clear(struct mirror *m)
{
	m->ike.n = 0;
	m->child.n = 0;
}

static bool copy(const struct table *t, void **out, size_t *n)
{
	*out = malloc(t->n * t->bytes + 1);
	if (!*out)
		return false;
	if (t->n)
		memcpy(*out, t->at, t->n * t->bytes);
	*n = t->n;
	return true;
}

/* The first n of an array; how many of them are not in the other table. */
static size_t without(void *at, size_t n, const struct table *other)
{
	struct table own = { .at = at, .n = n, .bytes = other->bytes };

	for (size_t i = own.n; i--;) {
		uint32_t id = id_at(&own, i);

		if (is_at(other, place_of(other, id), id))
			take_out(&own, i);
	}
	return own.n;
}

struct sas *mirror_lost(const struct mirror *m, const struct mirror *other)
{
	struct sas *s = mirror_copy(m);

	if (!s)
		return NULL;
	s->n_ike = without(s->ike, s->n_ike, &other->ike);
	s->n_child = without(s->child, s->n_child, &other->child);
	return s;
}

struct sas *mirror_copy(const struct mirror *m)
{
	struct sas *s = calloc(1, sizeof(*s));
	void *ike = NULL, *child = NULL;
	bool ok = s && copy(&m->ike, &ike, &s->n_ike) &&
		  copy(&m->child, &child, &s->n_child);

	if (!ok) {
		free(ike);
		free(child);
		free(s);
		return NULL;
	}
	s->ike = ike;
	s->child = child;
	return s;
}
