// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KINDS	   (RECORD_CHILD + 1)
#define MOMENT_MAX (2 * RECORDS_MAX)

/* Pointers to records of their own length, owned. */
struct list {
	struct ike_record **at;
	size_t n, room;
};

struct records {
	struct list kept[KINDS]; /* in the order of ids */
	struct list moment;	 /* not whole yet, in the order of arrival */
};

static size_t bytes_of(const struct ike_record *record)
{
	return offsetof(struct ike_record, octets) + record->len;
}

static void wipe(struct ike_record *record)
{
	explicit_bzero(record, bytes_of(record));
	free(record);
}

static bool make_room(struct list *l)
{
	size_t room = l->room ? 2 * l->room : 16;
	struct ike_record **at;

	if (l->n < l->room)
		return true;
	at = realloc(l->at, room * sizeof(struct ike_record *));
	if (!at)
		return false;
	l->at = at;
	l->room = room;
	return true;
}

static void list_clear(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		wipe(l->at[i]);
	l->n = 0;
}

/* Where that id is, or belongs. */
static size_t place_of(const struct list *l, uint32_t id)
{
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->at[middle]->id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void take_out(struct list *l, size_t i)
{
	wipe(l->at[i]);
	memmove(&l->at[i], &l->at[i + 1], (l->n - i - 1) * sizeof(l->at[0]));
	l->n--;
}

/* Handed over. */
static int keep(struct list *l, struct ike_record *record)
{
	size_t i = place_of(l, record->id);
	bool gone = !record->len;

	if (i < l->n && l->at[i]->id == record->id)
		take_out(l, i);
	if (gone || l->n == RECORDS_MAX || !make_room(l)) {
		int err = gone ? 0 : l->n == RECORDS_MAX ? -ENOSPC : -ENOMEM;

		wipe(record);
		return err;
	}
	memmove(&l->at[i + 1], &l->at[i], (l->n - i) * sizeof(l->at[0]));
	l->at[i] = record;
	l->n++;
	return 0;
}

static int end_moment(struct records *r)
{
	int err = 0;

	for (size_t i = 0; i < r->moment.n; i++) {
		struct ike_record *record = r->moment.at[i];
		int one = keep(&r->kept[record->kind], record);

		err = err ? err : one;
	}
	r->moment.n = 0;
	return err;
}

int records_put(struct records *r, const struct ike_record *record)
{
	struct ike_record *own;

	if (record->kind >= KINDS || record->len > IKE_RECORD_MAX ||
	    r->moment.n == MOMENT_MAX)
		return -EINVAL;
	own = make_room(&r->moment) ? malloc(bytes_of(record)) : NULL;
	if (!own)
		return -ENOMEM;
	memcpy(own, record, bytes_of(record));
	r->moment.at[r->moment.n++] = own;
	return record->more ? 0 : end_moment(r);
}

void records_ended(struct records *r)
{
	list_clear(&r->moment);
}

void records_clear(struct records *r)
{
	list_clear(&r->moment);
	for (size_t kind = 0; kind < KINDS; kind++)
		list_clear(&r->kept[kind]);
}

size_t records_count(const struct records *r)
{
	return r->kept[RECORD_IKE].n + r->kept[RECORD_CHILD].n;
}

int records_each(const struct records *r,
		 int (*each)(void *ctx, const struct ike_record *record),
		 void *ctx)
{
	int err = 0;

	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; !err && i < r->kept[kind].n; i++)
			err = each(ctx, r->kept[kind].at[i]);
	return err;
}

struct records *records_new(void)
{
	return calloc(1, sizeof(struct records));
}

void records_free(struct records *r)
{
	if (!r)
		return;
	records_clear(r);
	for (size_t kind = 0; kind < KINDS; kind++)
		free(r->kept[kind].at);
	free(r->moment.at);
	free(r);
}
