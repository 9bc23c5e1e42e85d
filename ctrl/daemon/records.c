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
	size_t bytes; /* of the records */
};

struct records {
	struct list kept[KINDS]; /* in the order of ids */
	struct list moment;	 /* not whole yet, in the order of arrival */
	bool is_too_long;	 /* the moment; it is not kept */
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
	l->bytes = 0;
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
	l->bytes -= bytes_of(l->at[i]);
	wipe(l->at[i]);
	memmove(&l->at[i], &l->at[i + 1], (l->n - i - 1) * sizeof(l->at[0]));
	l->n--;
}

static void forget(struct records *r, const struct ike_record *record)
{
	struct list *l = &r->kept[record->kind];
	size_t i = place_of(l, record->id);

	if (i < l->n && l->at[i]->id == record->id)
		take_out(l, i);
}

static bool is_full(const struct records *r, const struct ike_record *record)
{
	size_t bytes = r->kept[RECORD_IKE].bytes + r->kept[RECORD_CHILD].bytes;

	return r->kept[record->kind].n == RECORDS_MAX ||
	       bytes + bytes_of(record) > RECORDS_BYTES_MAX;
}

/* Handed over. */
static int keep(struct records *r, struct ike_record *record)
{
	struct list *l = &r->kept[record->kind];
	size_t i = place_of(l, record->id);
	bool gone = !record->len;
	int err = is_full(r, record) ? -ENOSPC : -ENOMEM;

	if (gone || err == -ENOSPC || !make_room(l)) {
		wipe(record);
		return gone ? 0 : err;
	}
	memmove(&l->at[i + 1], &l->at[i], (l->n - i) * sizeof(l->at[0]));
	l->at[i] = record;
	l->n++;
	l->bytes += bytes_of(record);
	return 0;
}

static int end_moment(struct records *r)
{
	int err = 0;

	for (size_t i = 0; i < r->moment.n; i++) {
		struct ike_record *record = r->moment.at[i];
		int one;

		forget(r, record);
		one = keep(r, record);
		err = err ? err : one;
	}
	r->moment.n = 0;
	r->moment.bytes = 0;
	return err;
}

static int add_to_moment(struct records *r, const struct ike_record *record)
{
	struct list *l = &r->moment;
	struct ike_record *own;

	if (l->n == MOMENT_MAX ||
	    l->bytes + bytes_of(record) > RECORDS_BYTES_MAX)
		return -ENOSPC;
	own = make_room(l) ? malloc(bytes_of(record)) : NULL;
	if (!own)
		return -ENOMEM;
	memcpy(own, record, bytes_of(record));
	l->at[l->n++] = own;
	l->bytes += bytes_of(record);
	return 0;
}

/* What is older than a moment that was not kept is not true any more. */
static int drop_moment(struct records *r, const struct ike_record *record)
{
	for (size_t i = 0; i < r->moment.n; i++)
		forget(r, r->moment.at[i]);
	forget(r, record);
	list_clear(&r->moment);
	r->is_too_long = record->more;
	return -ENOSPC;
}

int records_put(struct records *r, const struct ike_record *record)
{
	if (record->kind >= KINDS || record->len > IKE_RECORD_MAX)
		return -EINVAL;
	if (r->is_too_long || add_to_moment(r, record))
		return drop_moment(r, record);
	return record->more ? 0 : end_moment(r);
}

void records_ended(struct records *r)
{
	list_clear(&r->moment);
	r->is_too_long = false;
}

void records_clear(struct records *r)
{
	records_ended(r);
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
