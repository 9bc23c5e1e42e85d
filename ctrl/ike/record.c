// SPDX-License-Identifier: BSD-2-Clause
/*
 * When records are made, numbered and sent. All that one call into the engine makes
 * is of one moment: a record waits for the next one, to say that it is not the
 * last.
 */
#include "ctrl/ike/record.h"

#include <string.h>

#include "ctrl/ike/post.h"
#include "ctrl/model/proven.h"

/* A request and a reply, two identities, keys and an exchange. */
_Static_assert(2 * MESSAGE_MAX + 2 * sizeof(struct identity) +
			       sizeof(struct keys) + EXCHANGE_MAX +
			       IKE_NONCE_MAX_BYTES + PROVEN_MAX_BYTES + 1024 <=
		       IKE_RECORD_MAX,
	       "an IKE SA has room in a record");

/* It is over, and still answers what it has answered before. */
static bool is_lingering(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_DEAD && sa->lingers && sa->established_ns;
}

static bool has_record(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED ||
	       sa->state == IKE_ST_DELETING || is_lingering(sa);
}

bool record_is_wanted(const struct ike_sa *sa)
{
	return has_record(sa) || sa->recorded.is_kept;
}

/* --- one after the other */

static void send(struct engine *e, bool more)
{
	struct ike_record *r = &e->record[e->record_at];

	if (!e->record_waits)
		return;
	r->more = more;
	e->calls.record(e->calls.ctx, r);
	explicit_bzero(r, offsetof(struct ike_record, octets) + r->len);
	e->record_waits = false;
}

/* To be written: the other one may wait. */
static struct ike_record *room(struct engine *e)
{
	return &e->record[e->record_at ^ (e->record_waits ? 1U : 0U)];
}

static void make(struct engine *e, enum ike_record_kind kind, uint32_t id,
		 size_t len)
{
	struct ike_record *r = room(e);

	send(e, true);
	if (!(uint32_t)++e->records)
		e->records++;
	r->number = (uint32_t)e->records;
	r->kind = (uint8_t)kind;
	r->id = id;
	r->len = (uint32_t)len;
	e->record_at = r == &e->record[1];
	e->record_waits = true;
}

/* Written to room(): if it is news. What is in the tail is none. */
static void make_if_new(struct engine *e, enum ike_record_kind kind,
			uint32_t id, const struct builder *b, size_t tail,
			struct recorded *known)
{
	struct recorded now = { .is_kept = true };
	bool same = hash_sha1(slice_of(b->ptr, b->len - tail), now.digest) &&
		    known->is_kept &&
		    memcmp(known->digest, now.digest, sizeof(now.digest)) == 0;

	if (!wr_ok(b) || same) {
		explicit_bzero(b->ptr, b->len);
		return;
	}
	*known = now;
	make(e, kind, id, b->len);
}

static void gone(struct engine *e, enum ike_record_kind kind, uint32_t id)
{
	if (e->records_are_kept)
		make(e, kind, id, 0);
}

/* --- of what */

static void record_child(const struct ike_sa *sa, struct child_sa *c)
{
	struct builder b = wr_init(room(sa->e)->octets, IKE_RECORD_MAX);

	record_put_child(&b, sa, c);
	make_if_new(sa->e, RECORD_CHILD, c->view_id, &b, 0, &c->recorded);
}

/* In the SAD, but not bound yet: its exchange can't be begun anew. */
static struct child_sa *first_child(const struct ike_sa *sa)
{
	return sa->ours.kind == EX_AUTH && sa->state == IKE_ST_ESTABLISHED
		       ? sa->ours.child
		       : NULL;
}

static void record_ike(struct ike_sa *sa)
{
	struct builder b = wr_init(room(sa->e)->octets, IKE_RECORD_MAX);

	record_put_ike(&b, sa);
	make_if_new(sa->e, RECORD_IKE, sa->view_id, &b, RECORD_TAIL,
		    &sa->recorded);
	for (struct child_sa *c = sa->children; c; c = c->next)
		record_child(sa, c);
	if (first_child(sa))
		record_child(sa, first_child(sa));
}

void record_child_gone(struct engine *e, const struct child_sa *c)
{
	if (c->recorded.is_kept)
		gone(e, RECORD_CHILD, c->view_id);
}

void record_flush(struct engine *e)
{
	if (!e->records_are_kept)
		return;
	for (struct ike_sa *sa = e->touched; sa; sa = sa->next_touched)
		if (sa_by_id(e, sa->id) == sa && has_record(sa))
			record_ike(sa);
	for (const struct ike_sa *sa = e->dead; sa; sa = sa->next_dead)
		if (sa->recorded.is_kept)
			gone(e, RECORD_IKE, sa->view_id);
	send(e, false);
}

bool record_freeze(struct ike_sa *sa)
{
	uint8_t octets[EXCHANGE_MAX];
	struct builder b = wr_init(octets, sizeof(octets));
	bool ok;

	if ((sa->ours.kind != EX_CHILD && sa->ours.kind != EX_REKEY_IKE) ||
	    !sa->e->calls.record)
		return true;
	record_put_exchange(&b, sa);
	ok = wr_ok(&b) && octets_set(&sa->frozen, slice_of(octets, b.len));
	explicit_bzero(octets, sizeof(octets));
	return ok;
}

/* --- who keeps them */

/* As if there were none yet. */
static void forget(struct ike_sa *sa)
{
	sa->recorded.is_kept = false;
	for (struct child_sa *c = sa->children; c; c = c->next)
		c->recorded.is_kept = false;
	if (first_child(sa))
		first_child(sa)->recorded.is_kept = false;
}

void engine_kept(struct engine *e, bool kept)
{
	e->records_are_kept = kept && e->calls.record;
	if (!e->records_are_kept)
		e->recorded = e->records;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa)
			continue;
		forget(sa);
		if (e->records_are_kept && has_record(sa))
			record_ike(sa);
		send(e, false);
	}
	post_flush(e);
}

void engine_recorded(struct engine *e, uint32_t number, uint64_t now_ns)
{
	uint32_t more = number - (uint32_t)e->recorded;

	e->now_ns = now_ns;
	if (more <= e->records - e->recorded)
		e->recorded += more;
	sa_reap(e);
}
