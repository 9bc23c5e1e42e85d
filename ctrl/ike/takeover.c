// SPDX-License-Identifier: BSD-2-Clause
/*
 * Takeover. Records are SAs again, at their slots; then their SAs in the SAD are
 * claimed, policies are bound as they were recorded, and what nobody claimed goes.
 * What waited for the peer asks again; what was given up half-way begins anew. An
 * SA of a connection that is loaded no more is deleted in order.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/takeover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/idle.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/record.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/view.h"

void engine_set_generation(struct engine *e, uint16_t generation)
{
	e->generation = generation;
}

/* --- records as SAs */

/* Of one that nobody has seen. */
static void forget(struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;

	cp_end(sa);
	conn_drop(sa->conn);
	if (sa->has_keys)
		keys_fini(&sa->keys);
	octets_free(&sa->reply);
	octets_free(&sa->request);
	free(sa->peer_addrs);
	ticketing_free(sa->ticketing);
	proven_forget(sa);
	ke_free(x->ke);
	followup_free(x->followup);
	nonce_free(&x->ni);
	nonce_free(&x->nr);
	nonce_free(&x->rival_nonce);
	child_free(x->child);
	free(x->heir);
	explicit_bzero(sa, sizeof(*sa));
	free(sa);
}

static int may_be_placed(struct engine *e, const struct ike_sa *sa)
{
	const struct ike_sa *heir = sa->ours.heir;
	int err = sa_may_be_placed(e, sa);

	if (sa->state == IKE_ST_DEAD && sa->ours.kind != EX_NONE)
		return -EINVAL;
	if (err || !heir)
		return err;
	if (heir->id == sa->id || ((uint32_t)heir->spi_i ^ heir->id) !=
					  ((uint32_t)sa_spi_local(sa) ^ sa->id))
		return -EINVAL;
	return sa_may_be_placed(e, heir);
}

static void place(struct engine *e, struct ike_sa *sa)
{
	struct ike_sa *heir = sa->ours.heir;

	sa->lingers = sa->state == IKE_ST_DEAD;
	sa->is_told = sa->recorded.is_kept = true;
	e->has_young = e->has_young || sa->elder;
	sa_place(e, sa);
	if (!heir)
		return;
	heir->path = heir->asked_by = sa->path;
	rekey_heir(heir, sa);
	sa_place(e, heir);
}

static int restore_ike(struct engine *e, const struct ike_record *r)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));
	int err = -EINVAL;

	if (!sa)
		return -ENOMEM;
	if (record_get_ike(e, slice_of(r->octets, r->len), sa) &&
	    sa->view_id == r->id)
		err = may_be_placed(e, sa);
	if (err)
		forget(sa);
	else
		place(e, sa);
	return err;
}

/* As its record says. */
static void list_again(struct ike_sa *sa, struct child_sa *c)
{
	child_listed(sa, c);
	if (c->bound)
		child_set_bound(sa, c);
	child_set_replaced(sa->e, c, c->replaced_by);
}

/* The newest first. */
static void link_child(struct ike_sa *sa, struct child_sa *c)
{
	struct child_sa **at = &sa->children;

	while (*at && (*at)->view_id > c->view_id)
		at = &(*at)->next;
	c->next = *at;
	*at = c;
	list_again(sa, c);
}

static bool has_child(const struct ike_sa *sa, uint32_t view_id)
{
	const struct child_sa *c = sa->children;

	while (c && c->view_id != view_id)
		c = c->next;
	return c;
}

static int restore_child(struct engine *e, const struct ike_record *r)
{
	struct child_sa *c = calloc(1, sizeof(*c));
	struct ike_sa *sa = NULL;
	struct record_owner owner;

	if (!c)
		return -ENOMEM;
	if (record_get_child(e, slice_of(r->octets, r->len), c, &owner) &&
	    c->view_id == r->id)
		sa = sa_by_id(e, owner.id);
	if (!sa || sa->view_id != owner.view_id || has_child(sa, r->id) ||
	    (sa->state != IKE_ST_ESTABLISHED && sa->state != IKE_ST_DELETING)) {
		child_free(c);
		return -EINVAL;
	}
	c->recorded.is_kept = true;
	link_child(sa, c);
	if (c->view_id > e->views)
		e->views = c->view_id;
	return 0;
}

int engine_restore(struct engine *e, const struct ike_record *r)
{
	if (r->len > IKE_RECORD_MAX)
		return -EINVAL;
	switch ((enum ike_record_kind)r->kind) {
	case RECORD_IKE:
		return restore_ike(e, r);
	case RECORD_CHILD:
		return restore_child(e, r);
	}
	return -EINVAL;
}

/* --- the SAD */

static void ask(const struct ike_sa *sa, enum sadb_verb verb,
		const struct sadb_id *id, uint64_t token)
{
	const struct sadb_request q = {
		.token = token,
		.verb = (uint8_t)verb,
		.id = *id,
	};

	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

static void claim(const struct ike_sa *sa, const struct child_sa *c)
{
	if (c->has_in)
		ask(sa, SADB_CLAIM, &c->in, token_next(sa));
	if (c->has_out)
		ask(sa, SADB_CLAIM, &c->out, token_next(sa));
}

/*
 * The one that ended may have armed what the response is still to agree to. If it
 * had not, there may be nothing to claim.
 */
static void claim_larval(const struct ike_sa *sa)
{
	const struct child_sa *c = sa->ours.child;

	if (c && c->has_in)
		ask(sa, SADB_CLAIM, &c->in, 0);
}

/* The one that ended may have bound another. */
static void rebind(const struct ike_sa *sa, const struct child_sa *c)
{
	if (c->state == CHILD_ST_INSTALLED && c->bound && c->has_out)
		ask(sa, SADB_UPDATE, &c->out, 0);
}

static void claim_all(const struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next) {
		claim(sa, c);
		rebind(sa, c);
	}
	claim_larval(sa);
}

static void sweep(struct engine *e)
{
	const struct sadb_request q = { .verb = SADB_SWEEP };

	e->calls.sadb(e->calls.ctx, &q);
}

static struct child_sa *find(const struct ike_sa *sa, const struct sadb_id *id)
{
	struct child_sa *c = sa->children;

	while (c && !child_is_named(c, id))
		c = c->next;
	return c;
}

/* The peer may have used it when USED could be told to nobody. */
static void take(struct ike_sa *sa, struct child_sa *c,
		 const struct sadb_answer *a)
{
	bool in = a->id.dir == SADB_IN;

	sa_touch(sa);
	if (a->err && in)
		c->has_in = false;
	else if (a->err)
		c->has_out = false;
	if (a->err)
		child_lose(sa, c);
	else if (in && a->counters.pkts)
		child_confirm(sa, c);
	sa_next(sa);
}

/* It may have moved to another IKE SA meanwhile. */
void takeover_claimed(struct engine *e, const struct sadb_answer *a)
{
	struct ike_sa *sa = sa_by_id(e, (uint32_t)(a->token >> 32));
	struct child_sa *c = sa ? find(sa, &a->id) : NULL;

	for (uint32_t i = 1; !c && i < e->n_slots; i++) {
		sa = e->slots[i];
		c = sa ? find(sa, &a->id) : NULL;
	}
	if (c)
		take(sa, c, a);
}

/* --- and on */

/* No rekeying, though there is to be one: it was under way. */
static void retime_child(struct ike_sa *sa, struct child_sa *c)
{
	const struct exchange *x = &sa->ours;

	if (c->rekey_ns || (x->kind == EX_CHILD && x->old_spi_in == c->spi_in))
		return;
	if (c->lost)
		c->rekey_ns = sa->e->now_ns;
	else if (!c->replaced_by)
		c->rekey_ns =
			sa_after(sa, c->conf->rekey_time ? CHILD_RETRY_S : 0,
				 CHILD_RETRY_RAND_S);
}

static void resume_child(struct ike_sa *sa, struct child_sa *c)
{
	if (c->state != CHILD_ST_INSTALLED)
		return;
	if (!c->up)
		child_begin(sa, c, 0, true);
	idle_begin(sa, c);
	if (c->conn->is_missing)
		c->state = CHILD_ST_DELETING;
	else
		retime_child(sa, c);
}

static void retime_ike(struct ike_sa *sa)
{
	if (!sa->rekey_ns && !sa->has_heir && !sa->drop_ns &&
	    sa->ours.kind != EX_REKEY_IKE && sa->conn->conf.rekey_time)
		sa->rekey_ns = sa_after(sa, IKE_RETRY_S, IKE_RETRY_RAND_S);
	if (sa->began)
		ticket_ask_at(sa, sa->e->now_ns); /* the one before is gone */
}

static void resume(struct ike_sa *sa)
{
	if (sa->state != IKE_ST_ESTABLISHED && sa->state != IKE_ST_DELETING)
		return;
	for (struct child_sa *c = sa->children; c; c = c->next)
		resume_child(sa, c);
	retime_ike(sa);
	reauth_resume(sa);
	if (sa->conn->is_missing)
		sa->delete_wanted = true;
	mobike_move_again(sa);
	stream_resume(sa);
	if (sa->ours.kind != EX_NONE)
		request_take_over(sa);
	else if (sa->state == IKE_ST_DELETING)
		info_delete_ike(sa);
	else
		sa_next(sa);
}

void engine_restored(struct engine *e, uint64_t now_ns)
{
	e->now_ns = now_ns;
	sa_placed(e);
	if (!e->took_over)
		return;
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i])
			claim_all(e->slots[i]);
	sweep(e);
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i])
			resume(e->slots[i]);
	sa_reap(e);
}
