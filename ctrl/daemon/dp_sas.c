// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/dp_sas.h"

#include <errno.h>
#include <stdlib.h>

#include "include/limits.h"

#define ROOM_MIN  4096U
#define TABLE_MIN 64U

/* Those that are there, and some that came and went meanwhile. */
#define SAS_MAX (2 * SAD_MAX)

/* One of them, and behind it n_drops of these. */
struct packed {
	struct sadb_id id;
	uint32_t policy;
	uint32_t spi;
	uint64_t pkts, bytes, seq, idle_s, lost, path_mtu;
	uint32_t orphan;
	uint32_t n_drops;
};

struct packed_drop {
	uint64_t reason;
	uint64_t n;
};

_Static_assert(sizeof(struct sa_status) == (9 + DROP_MAX) * sizeof(uint64_t),
	       "every field of it is packed, but for the rates");
_Static_assert(sizeof(struct packed) + DROP_MAX * sizeof(struct packed_drop) <=
		       DP_SAS_OCTETS,
	       "any SA has room in an empty message");

static size_t packed_bytes(size_t n_drops)
{
	return sizeof(struct packed) + n_drops * sizeof(struct packed_drop);
}

static struct packed pack(const struct dp_sa *sa)
{
	const struct sa_status *s = &sa->status;
	struct packed p = {
		.id = sa->id,
		.policy = sa->policy,
		.spi = s->spi,
		.pkts = s->pkts,
		.bytes = s->bytes,
		.seq = s->seq,
		.idle_s = s->idle_s,
		.lost = s->lost,
		.path_mtu = s->path_mtu,
		.orphan = sa->orphan,
	};

	for (size_t i = 0; i < DROP_MAX; i++)
		p.n_drops += s->drops[i] != 0;
	return p;
}

bool dp_sas_put(struct dp_msg_sas *m, const struct dp_sa *sa)
{
	const struct packed p = pack(sa);
	uint8_t *at = m->octets + m->len;

	if (sizeof(m->octets) - m->len < packed_bytes(p.n_drops))
		return false;
	memcpy(at, &p, sizeof(p));
	at += sizeof(p);
	for (size_t i = 0; i < DROP_MAX; i++) {
		const struct packed_drop d = { i, sa->status.drops[i] };

		if (!d.n)
			continue;
		memcpy(at, &d, sizeof(d));
		at += sizeof(d);
	}
	m->len = (uint32_t)(at - m->octets);
	return true;
}

size_t dp_sas_bytes(const struct dp_msg_sas *m)
{
	return offsetof(struct dp_msg_sas, octets) + m->len;
}

/* --- read again */

/* The first of what is left. false: there is none. */
static bool read_head(struct slice *s, struct packed *out, struct slice *drops)
{
	return rd_bytes(s, out, sizeof(*out)) && out->n_drops <= DROP_MAX &&
	       rd_slice(s, out->n_drops * sizeof(struct packed_drop), drops);
}

static void unpack(const struct packed *p, struct slice drops, struct dp_sa *out)
{
	struct packed_drop d;

	*out = (struct dp_sa){
		.id = p->id,
		.policy = p->policy,
		.orphan = p->orphan,
		.status = {
			.spi = p->spi,
			.pkts = p->pkts,
			.bytes = p->bytes,
			.seq = p->seq,
			.idle_s = p->idle_s,
			.lost = p->lost,
			.path_mtu = p->path_mtu,
		},
	};
	while (rd_bytes(&drops, &d, sizeof(d)))
		if (d.reason < DROP_MAX)
			out->status.drops[d.reason] = d.n;
}

static struct slice from(const struct dp_sas *s, size_t at)
{
	return slice_of(s->octets + at, s->len - at);
}

bool dp_sas_next(const struct dp_sas *s, size_t *at, struct dp_sa *out)
{
	struct slice rest = from(s, *at), drops;
	struct packed p;

	if (!read_head(&rest, &p, &drops))
		return false;
	unpack(&p, drops, out);
	*at = s->len - rest.len;
	return true;
}

/* --- by their names */

/* Peers give the same SPIs, each from the first one on. */
static size_t hash(const struct sadb_id *id)
{
	uint32_t h = (id->spi ^ addr_hash(&id->daddr) ^ id->dir) * 0x9e3779b1U;

	return h ^ h >> 15;
}

/* Where it is, or would be. */
static uint32_t *place_of(const struct dp_sas *s, const struct sadb_id *id)
{
	size_t i = hash(id) & (s->n_table - 1);

	while (s->table[i] &&
	       memcmp(s->octets + s->table[i] - 1, id, sizeof(*id)) != 0)
		i = (i + 1) & (s->n_table - 1);
	return &s->table[i];
}

_Static_assert(offsetof(struct packed, id) == 0, "for place_of()");

/* They all find their places anew; at most half of these are taken. */
static int widen(struct dp_sas *s)
{
	size_t n_table = s->n_table ? 2 * s->n_table : TABLE_MIN;
	uint32_t *table = calloc(n_table, sizeof(*table)), *was = s->table;
	size_t n_was = s->n_table;

	if (!table)
		return -ENOMEM;
	s->table = table;
	s->n_table = n_table;
	for (size_t i = 0; i < n_was; i++) {
		struct sadb_id id;

		if (!was[i])
			continue;
		memcpy(&id, s->octets + was[i] - 1, sizeof(id));
		*place_of(s, &id) = was[i];
	}
	free(was);
	return 0;
}

static int make_room(struct dp_sas *s, size_t bytes)
{
	size_t room = s->room ? s->room : ROOM_MIN;
	uint8_t *octets;

	while (room - s->len < bytes)
		room *= 2;
	if (room == s->room)
		return 0;
	octets = realloc(s->octets, room);
	if (!octets)
		return -ENOMEM;
	s->octets = octets;
	s->room = room;
	return 0;
}

/* The last one of a name is found. */
static int add(struct dp_sas *s, const struct sadb_id *id, struct slice octets)
{
	int err = s->n == SAS_MAX ? -E2BIG : make_room(s, octets.len);

	if (!err && 2 * (s->n + 1) > s->n_table)
		err = widen(s);
	if (err)
		return err;
	memcpy(s->octets + s->len, octets.ptr, octets.len);
	*place_of(s, id) = (uint32_t)s->len + 1;
	s->len += octets.len;
	s->n++;
	return 0;
}

int dp_sas_add(struct dp_sas *s, const struct dp_msg_sas *m)
{
	struct slice rest = slice_of(m->octets, m->len), drops;
	int err = m->len > sizeof(m->octets) ? -EINVAL : 0;

	while (!err && rest.len) {
		const struct slice one = rest;
		struct packed p;

		if (!read_head(&rest, &p, &drops))
			return -EINVAL;
		err = add(s, &p.id, slice_of(one.ptr, one.len - rest.len));
	}
	return err;
}

bool dp_sas_find(const struct dp_sas *s, const struct sadb_id *id,
		 struct dp_sa *out)
{
	size_t at = s->n_table ? *place_of(s, id) : 0;

	return at && dp_sas_next(s, &(size_t){ at - 1 }, out);
}

void dp_sas_free(struct dp_sas *s)
{
	free(s->octets);
	free(s->table);
	*s = (struct dp_sas){ .octets = NULL };
}
