// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two tables, each in the order of ids: ike counts them upwards, so that a new
 * one comes last. Of views most is room for what they have not: an IKE SA is kept
 * with its identities as long as they are, a CHILD SA with the selectors that it has,
 * and without what is behind them, of which nobody here knows.
 */
#include "ctrl/daemon/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/ike_seam.h"

#define IKE_HEAD_BYTES offsetof(struct ike_sa_view, local_id)
#define ID_HEAD_BYTES  offsetof(struct identity, octets)

/* Elements begin with their id. */
struct table {
	const void **at; /* owned, and each of them */
	size_t n, room;
	size_t bytes; /* of a whole one */
};

/*
 * Ids of CHILD SAs by their inbound SPIs, each in the first free place from its SPI's
 * hash on. Those that are gone stay until there is no room for more.
 */
struct spi_index {
	uint32_t *ids;	 /* owned; 0: free, as no id is */
	size_t n_places; /* a power of two, or 0 */
	size_t n;
};

struct mirror {
	struct table ike;
	struct table child;
	struct spi_index by_spi;
};

_Static_assert(offsetof(struct ike_sa_view, id) == 0, "for id_at()");
_Static_assert(offsetof(struct child_sa_view, id) == 0, "for id_at()");

static uint32_t id_at(const struct table *t, size_t i)
{
	uint32_t id;

	memcpy(&id, t->at[i], sizeof(id));
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
	free((void *)t->at[i]);
	memmove(&t->at[i], &t->at[i + 1], (t->n - i - 1) * sizeof(t->at[0]));
	t->n--;
}

static bool make_room(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 16;
	const void **at;

	if (t->n >= MIRROR_MAX)
		return false;
	if (t->n < t->room)
		return true;
	at = realloc((void *)t->at, room * sizeof(at[0]));
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

static void put_in(struct table *t, size_t i, void *element)
{
	if (!make_room(t)) {
		free(element);
		return;
	}
	memmove(&t->at[i + 1], &t->at[i], (t->n - i) * sizeof(t->at[0]));
	t->at[i] = element;
	t->n++;
}

/* Of the element its first octets; without memory it stays what it was. */
static void put(struct table *t, const void *element, size_t bytes)
{
	void *own = malloc(bytes);
	uint32_t id;
	size_t i;

	if (!own)
		return;
	memcpy(own, element, bytes);
	memcpy(&id, element, sizeof(id));
	i = place_of(t, id);
	if (is_at(t, i, id)) {
		free((void *)t->at[i]);
		t->at[i] = own;
	} else {
		put_in(t, i, own);
	}
}

static void gone(struct table *t, uint32_t id)
{
	size_t i = place_of(t, id);

	if (is_at(t, i, id))
		take_out(t, i);
}

static void clear(struct table *t)
{
	while (t->n)
		free((void *)t->at[--t->n]);
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
	mirror_clear(m);
	free((void *)m->ike.at);
	free((void *)m->child.at);
	free(m->by_spi.ids);
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

static size_t id_bytes(const struct identity *id)
{
	return ID_HEAD_BYTES + id->len;
}

/* Moved together, in its place: the other identity right behind the first. Of how
 * many octets. */
static size_t pack(struct ike_sa_view *v)
{
	uint8_t *at = (uint8_t *)&v->local_id + id_bytes(&v->local_id);
	size_t bytes = id_bytes(&v->remote_id);

	memmove(at, &v->remote_id, bytes);
	return (size_t)(at - (uint8_t *)v) + bytes;
}

static void unpack(const uint8_t *kept, struct ike_sa_view *out)
{
	const uint8_t *at = kept + IKE_HEAD_BYTES;

	*out = (struct ike_sa_view){ .id = 0 };
	memcpy(out, kept, IKE_HEAD_BYTES);
	memcpy(&out->local_id, at, ID_HEAD_BYTES);
	memcpy(&out->local_id, at, id_bytes(&out->local_id));
	at += id_bytes(&out->local_id);
	memcpy(&out->remote_id, at, ID_HEAD_BYTES);
	memcpy(&out->remote_id, at, id_bytes(&out->remote_id));
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
	if (own.state >= SA_VIEW_GONE)
		gone(&m->ike, own.id);
	else
		put(&m->ike, &own, pack(&own));
}

static size_t bytes_of(const struct child_sa_view *v)
{
	return offsetof(struct child_sa_view, selectors) +
	       v->n_selectors * sizeof(v->selectors[0]);
}

/* NULL: there is none of that id. */
static const struct child_sa_view *child_at(const struct mirror *m, uint32_t id)
{
	size_t i = place_of(&m->child, id);

	return is_at(&m->child, i, id) ? m->child.at[i] : NULL;
}

static size_t spi_hash(const struct spi_index *x, uint32_t spi)
{
	uint32_t h = spi * 0x9e3779b1U;

	return (h ^ h >> 15) & (x->n_places - 1);
}

static void put_spi(struct spi_index *x, uint32_t spi, uint32_t id)
{
	size_t i = spi_hash(x, spi);

	while (x->ids[i])
		i = (i + 1) & (x->n_places - 1);
	x->ids[i] = id;
	x->n++;
}

/* Of those that there are; a quarter of the places is taken then. Without memory it
 * stays as it was. */
static void renew_spis(struct mirror *m)
{
	struct spi_index x = { .n_places = 64 };

	while (x.n_places < 4 * m->child.n)
		x.n_places *= 2;
	x.ids = calloc(x.n_places, sizeof(*x.ids));
	if (!x.ids)
		return;
	for (size_t i = 0; i < m->child.n; i++) {
		const struct child_sa_view *c = m->child.at[i];

		if (c->spi_in)
			put_spi(&x, c->spi_in, c->id);
	}
	free(m->by_spi.ids);
	m->by_spi = x;
}

/* It is there; another one of that id may have had another SPI. */
static void index_child(struct mirror *m, const struct child_sa_view *v)
{
	if (!v->spi_in || !child_at(m, v->id))
		return;
	if (2 * (m->by_spi.n + 1) > m->by_spi.n_places)
		renew_spis(m);
	else
		put_spi(&m->by_spi, v->spi_in, v->id);
}

void mirror_put_child(struct mirror *m, const struct child_sa_view *v)
{
	const struct child_sa_view *was;
	struct child_sa_view own = *v;
	bool is_new;

	ike_seam_plain(own.name, sizeof(own.name));
	if (own.n_selectors > SADB_SELECTORS_MAX)
		own.n_selectors = SADB_SELECTORS_MAX;
	if (own.state >= SA_VIEW_GONE) {
		gone(&m->child, own.id);
		return;
	}
	was = child_at(m, own.id);
	is_new = !was || was->spi_in != own.spi_in;
	put(&m->child, &own, bytes_of(&own));
	if (is_new)
		index_child(m, &own);
}

bool mirror_ike(const struct mirror *m, uint32_t id, struct ike_sa_view *out)
{
	size_t i = place_of(&m->ike, id);

	if (!is_at(&m->ike, i, id))
		return false;
	unpack(m->ike.at[i], out);
	return true;
}

/* Of several the newest, in whatever order they came. */
static const struct child_sa_view *child_of_spi(const struct mirror *m,
						uint32_t spi_in)
{
	const struct child_sa_view *newest = NULL, *c;
	const struct spi_index *x = &m->by_spi;

	if (!x->n_places)
		return NULL;
	for (size_t i = spi_hash(x, spi_in); x->ids[i];
	     i = (i + 1) & (x->n_places - 1)) {
		c = child_at(m, x->ids[i]);
		if (c && c->spi_in == spi_in && (!newest || c->id > newest->id))
			newest = c;
	}
	return newest;
}

bool mirror_child(const struct mirror *m, uint32_t spi_in,
		  struct child_sa_view *out)
{
	const struct child_sa_view *c = spi_in ? child_of_spi(m, spi_in) : NULL;

	if (!c)
		return false;
	*out = (struct child_sa_view){ .id = 0 };
	memcpy(out, c, bytes_of(c));
	return true;
}

static bool is_wanted(const struct child_sa_view *c, uint32_t ike_id,
		      const char *child)
{
	return c->ike_id == ike_id && c->state < SA_VIEW_REKEYED &&
	       strcmp(c->name, child) == 0;
}

static bool has_child(const struct mirror *m, uint32_t ike_id, const char *child)
{
	for (size_t i = m->child.n; i--;)
		if (is_wanted(m->child.at[i], ike_id, child))
			return true;
	return false;
}

bool mirror_has(const struct mirror *m, const char *conn, const char *child)
{
	for (size_t i = 0; i < m->ike.n; i++) {
		const struct ike_sa_view *ike = m->ike.at[i]; /* its head */

		if (strcmp(ike->conn, conn) == 0 &&
		    (ike->state == SA_VIEW_CONNECTING ||
		     has_child(m, ike->id, child)))
			return true;
	}
	return false;
}

/* Who connects has not proved yet who it is. */
static bool gave_vips(const struct ike_sa_view *ike, const char *conn)
{
	return ike->n_local_vips && ike->state != SA_VIEW_CONNECTING &&
	       strcmp(ike->conn, conn) == 0;
}

uint32_t mirror_vips(const struct mirror *m, const char *conn,
		     struct addr out[CONN_VIPS_MAX])
{
	const struct ike_sa_view *ike = NULL; /* its head */
	uint32_t n = 0;

	for (size_t i = m->ike.n; i-- > 0 && !ike;)
		if (gave_vips(m->ike.at[i], conn))
			ike = m->ike.at[i];
	for (uint8_t i = 0; ike && i < ike->n_local_vips; i++)
		if (!addr_not_unicast(&ike->local_vips[i]))
			out[n++] = ike->local_vips[i];
	return n;
}

void mirror_count(const struct mirror *m, unsigned int *up,
		  unsigned int *connecting)
{
	*up = *connecting = 0;
	for (size_t i = 0; i < m->ike.n; i++) {
		const struct ike_sa_view *ike = m->ike.at[i];

		++*(ike->state == SA_VIEW_CONNECTING ? connecting : up);
	}
}

struct sa_heads mirror_heads(const struct mirror *m)
{
	return (struct sa_heads){
		.ike = (const struct ike_sa_view *const *)m->ike.at,
		.n_ike = m->ike.n,
		.child = (const struct child_sa_view *const *)m->child.at,
		.n_child = m->child.n,
	};
}

void mirror_clear(struct mirror *m)
{
	clear(&m->ike);
	clear(&m->child);
}

/* Is it in the other one, which may be NULL? */
static bool has_id(const struct table *other, uint32_t id)
{
	return other && is_at(other, place_of(other, id), id);
}

static void copy_ikes(const struct table *t, const struct table *except,
		      struct sas *out)
{
	for (size_t i = 0; i < t->n; i++)
		if (!has_id(except, id_at(t, i)))
			unpack(t->at[i], &out->ike[out->n_ike++]);
}

static void copy_children(const struct table *t, const struct table *except,
			  struct sas *out)
{
	for (size_t i = 0; i < t->n; i++)
		if (!has_id(except, id_at(t, i)))
			memcpy(&out->child[out->n_child++], t->at[i],
			       bytes_of(t->at[i]));
}

static struct sas *copy(const struct mirror *m, const struct mirror *except)
{
	struct sas *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ike = calloc(m->ike.n + 1, m->ike.bytes);
	s->child = calloc(m->child.n + 1, m->child.bytes);
	if (!s->ike || !s->child) {
		sas_free(s);
		return NULL;
	}
	copy_ikes(&m->ike, except ? &except->ike : NULL, s);
	copy_children(&m->child, except ? &except->child : NULL, s);
	return s;
}

struct sas *mirror_copy(const struct mirror *m)
{
	return copy(m, NULL);
}

struct sas *mirror_lost(const struct mirror *m, const struct mirror *other)
{
	return copy(m, other);
}
