// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/ike_lab_queue.h"

#define LARVAL_NS (200 * LAB_S)

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_keep: %s\n", what);
	abort();
}

/* --- records */

/* Later than whatever came before. */
static uint64_t delay_ns(struct lab_side *s)
{
	uint64_t at_ns =
		s->lab->now_ns + 1 + lab_roll(s->lab, s->lab->answer_max_ns);

	if (at_ns <= s->record_at_ns)
		at_ns = s->record_at_ns + 1;
	s->record_at_ns = at_ns;
	return at_ns - s->lab->now_ns;
}

void keep_record(void *ctx, const struct ike_record *r)
{
	size_t bytes = offsetof(struct ike_record, octets) + r->len;
	struct lab_side *s = ctx;
	struct ike_record *copy;

	if (s->muted)
		return;
	copy = malloc(bytes);
	must(copy, "out of memory");
	memcpy(copy, r, bytes);
	lab_push(s->lab, ITEM_RECORD, s->index, delay_ns(s))->record = copy;
}

static void keep(struct lab_side *s, struct ike_record *r)
{
	unsigned int i = 0;

	while (i < s->n_kept &&
	       (s->kept[i]->kind != r->kind || s->kept[i]->id != r->id))
		i++;
	if (i < s->n_kept) {
		free(s->kept[i]);
		s->kept[i] = s->kept[--s->n_kept];
	}
	if (!r->len) {
		free(r);
		return;
	}
	must(s->n_kept < LAB_RECORDS_MAX, "too many records");
	s->kept[s->n_kept++] = r;
}

static void drop_group(struct lab_side *s)
{
	while (s->n_group)
		free(s->group[--s->n_group]);
}

void keep_arrived(struct lab_side *s, struct ike_record *r)
{
	uint32_t number = r->number;

	must(s->n_group < LAB_RECORDS_MAX, "too many records at once");
	s->group[s->n_group++] = r;
	if (r->more)
		return;
	for (unsigned int i = 0; i < s->n_group; i++)
		keep(s, s->group[i]);
	s->n_group = 0;
	if (!s->keeper_sleeps)
		lab_push(s->lab, ITEM_RECORDED, s->index, delay_ns(s))->number =
			number;
}

unsigned int lab_kept(const struct lab_side *s, enum ike_record_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_kept; i++)
		n += s->kept[i]->kind == kind;
	return n;
}

void lab_keep(struct ike_lab *lab, unsigned int side, bool keeps)
{
	engine_kept(lab->side[side].engine, keeps);
}

/* --- connections */

void keep_conn(struct lab_side *s, const struct conn_conf *conn)
{
	struct conn_conf *at = s->loaded;

	while (at < s->loaded + s->n_loaded && strcmp(at->name, conn->name) != 0)
		at++;
	if (at < s->loaded + s->n_loaded)
		conn_fini(at);
	else
		s->n_loaded++;
	must(s->n_loaded <= LAB_CONNS_MAX, "too many connections");
	must(!conn_copy(at, conn), "out of memory");
}

void lab_forget_conns(struct ike_lab *lab, unsigned int side)
{
	struct lab_side *s = &lab->side[side];

	while (s->n_loaded)
		conn_fini(&s->loaded[--s->n_loaded]);
}

void keep_free(struct lab_side *s)
{
	drop_group(s);
	while (s->n_kept)
		free(s->kept[--s->n_kept]);
	lab_forget_conns(s->lab, s->index);
}

/* --- life and death */

static unsigned int first_record(const struct lab_side *s)
{
	const struct ike_lab *lab = s->lab;
	unsigned int first = lab->n_queue;

	for (unsigned int i = 0; i < lab->n_queue; i++)
		if (lab->queue[i]->side == s->index &&
		    lab->queue[i]->kind == ITEM_RECORD &&
		    (first == lab->n_queue ||
		     lab->queue[i]->at_ns < lab->queue[first]->at_ns))
			first = i;
	return first;
}

static void take_out(struct ike_lab *lab, unsigned int i)
{
	lab_item_free(lab->queue[i]);
	lab->queue[i] = lab->queue[--lab->n_queue];
}

/* Some of what was on its way comes, but nothing behind what does not. */
static void last_words(struct lab_side *s)
{
	unsigned int i, come = s->lab->last_words_are_lost
				       ? 0
				       : (unsigned int)lab_roll(s->lab, 4);

	for (; come; come--) {
		struct lab_item *item;

		i = first_record(s);
		if (i == s->lab->n_queue)
			break;
		item = s->lab->queue[i];
		s->lab->queue[i] = s->lab->queue[--s->lab->n_queue];
		keep_arrived(s, item->record);
		item->record = NULL;
		lab_item_free(item);
	}
	drop_group(s);
}

static bool is_of_engine(const struct lab_item *i)
{
	return i->kind != ITEM_DATAGRAM && i->kind != ITEM_SWEEP;
}

/* Answers, and what is told, to whom there is no more. */
static void drop_items(struct lab_side *s)
{
	for (unsigned int i = s->lab->n_queue; i-- > 0;)
		if (s->lab->queue[i]->side == s->index &&
		    is_of_engine(s->lab->queue[i]))
			take_out(s->lab, i);
}

/* Those that are larval end by themselves, and can't be claimed. */
static void forsake(struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		struct lab_sa *sa = &s->sas[i];

		sa->orphan = sa->used && !sa->larval;
		if (sa->larval && !sa->end_ns)
			sa->end_ns = s->lab->now_ns + LARVAL_NS;
	}
}

void lab_kill(struct ike_lab *lab, unsigned int side)
{
	struct lab_side *s = &lab->side[side];

	last_words(s);
	s->muted = true;
	engine_free(s->engine);
	s->muted = false;
	s->engine = NULL;
	drop_items(s);
	lab_drop_streams(s);
	forsake(s);
}

static void restore(struct lab_side *s, enum ike_record_kind kind)
{
	for (unsigned int i = 0; i < s->n_kept; i++)
		if (s->kept[i]->kind == kind)
			must(!engine_restore(s->engine, s->kept[i]),
			     "a record is refused");
}

void lab_take_over(struct ike_lab *lab, unsigned int side)
{
	struct lab_side *s = &lab->side[side];
	bool first = lab_roll(lab, 2);

	lab_drop_streams(s); /* that came when nobody was there */
	s->generation++;
	s->record_at_ns = 0;
	lab_engine_new(s);
	for (unsigned int i = 0; i < s->n_loaded; i++)
		must(!engine_load(s->engine, &s->loaded[i]), "engine_load");
	for (unsigned int i = 0; i < s->n_pools; i++)
		must(!engine_load_pool(s->engine, &s->pools[i]), "pools");
	if (first)
		engine_kept(s->engine, true);
	restore(s, RECORD_IKE);
	restore(s, RECORD_CHILD);
	if (!first)
		engine_kept(s->engine, true);
	engine_restored(s->engine, lab->now_ns);
	if (!s->n_kept) /* then the shell decides */
		memset(s->sas, 0, sizeof(s->sas));
}

void lab_new_epoch(struct ike_lab *lab, unsigned int side)
{
	const struct sadb_event event = { .verb = SADB_NEW_EPOCH };
	struct lab_side *s = &lab->side[side];

	memset(s->sas, 0, sizeof(s->sas));
	for (unsigned int i = lab->n_queue; i-- > 0;)
		if (lab->queue[i]->side == side &&
		    (lab->queue[i]->kind == ITEM_SADB ||
		     lab->queue[i]->kind == ITEM_USED))
			take_out(lab, i);
	if (s->engine)
		engine_sadb_event(s->engine, &event, lab->now_ns);
}
