// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/tally.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16

struct tally {
	struct tally_row *at; /* owned */
	size_t n, room;
};

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	free(t->at);
	free(t);
}

/* Where it is, or belongs. */
static size_t place_of(const struct tally *t, const char *conn)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(t->at[middle].conn, conn) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_at(const struct tally *t, size_t i, const char *conn)
{
	return i < t->n && strcmp(t->at[i].conn, conn) == 0;
}

static bool make_room(struct tally *t)
{
	size_t room = t->room ? 2 * t->room : ROOM_FIRST;
	struct tally_row *at;

	if (t->n < t->room)
		return true;
	at = realloc(t->at, room * sizeof(*at));
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

struct ike_counts *tally_of(struct tally *t, const char *conn)
{
	size_t i = place_of(t, conn);
	struct tally_row *row;

	if (is_at(t, i, conn))
		return &t->at[i].counts;
	if (!make_room(t))
		return NULL;
	row = &t->at[i];
	memmove(row + 1, row, (t->n - i) * sizeof(*row));
	t->n++;
	memset(row, 0, sizeof(*row));
	memcpy(row->conn, conn, strnlen(conn, sizeof(row->conn) - 1));
	return &row->counts;
}

void tally_add(struct tally *t, const char *conn, const struct ike_counts *more)
{
	struct ike_counts *counts = tally_of(t, conn);

	for (unsigned int i = 0; counts && i < IKE_COUNT_N; i++)
		counts->n[i] += more->n[i];
}

const struct tally_row *tally_find(const struct tally *t, const char *conn)
{
	size_t i = place_of(t, conn);

	return is_at(t, i, conn) ? &t->at[i] : NULL;
}

const struct tally_row *tally_at(const struct tally *t, size_t i)
{
	return i < t->n ? &t->at[i] : NULL;
}

void tally_forget(struct tally *t, const char *conn)
{
	size_t i = place_of(t, conn);

	if (!is_at(t, i, conn))
		return;
	t->n--;
	memmove(&t->at[i], &t->at[i + 1], (t->n - i) * sizeof(*t->at));
}

void tally_clear(struct tally *t)
{
	t->n = 0;
}
