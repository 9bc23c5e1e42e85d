// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs that the SAD no longer has. The peer has them still, and what is made
 * in their place is made as by a rekeying, at once. An exchange that asked the SAD
 * for something asks again, or, where the peer has its side already, ends with a
 * pair that is lost like the others.
 */
#include "ctrl/ike/child.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/view.h"

void child_lose(struct ike_sa *sa, struct child_sa *c)
{
	if (!c->has_out)
		child_clear_bound(c);
	if (c->state != CHILD_ST_INSTALLED)
		return;
	c->lost = true;
	c->bind_ns = 0;
	c->rekey_ns = sa->e->now_ns;
	sa_touch(sa);
	view_changed(sa);
}

static void lose_all(struct child_sa *c)
{
	c->has_in = c->has_out = false;
	c->draining = false;
	child_clear_bound(c);
}

static void go_on(struct ike_sa *sa, struct exchange *x)
{
	if (!x->token)
		return;
	switch (x->step) {
	case STEP_GETSPI:
	case STEP_ADD_IN:
	case STEP_ADD_OUT:
	case STEP_BIND:
		if (x->kind == EX_AUTH)
			auth_new_epoch(sa, x);
		else
			child_x_new_epoch(sa, x);
		break;
	case STEP_DRAIN:
		x->token = 0;
		info_sadb(sa);
		break;
	case STEP_RESPONSE:
	case STEP_RESOLVE:
	case STEP_RESOLVED:
	case STEP_KE:
	case STEP_TICKET:
	case STEP_AUTH_MAKE:
	case STEP_AUTH_PLAIN:
	case STEP_AUTH_CHECK:
	case STEP_PPK:
		break;
	}
}

static void lose_of(struct ike_sa *sa)
{
	for (struct child_sa *c = sa->children; c; c = c->next) {
		lose_all(c);
		child_lose(sa, c);
	}
	if (sa->ours.child)
		lose_all(sa->ours.child);
	if (sa->peers.child)
		lose_all(sa->peers.child);
	if (sa->aside && sa->aside->child)
		lose_all(sa->aside->child);
	if (sa->aside && sa->aside->child)
		followup_expire(sa);
	sa_touch(sa);
}

static void go_on_all(struct ike_sa *sa)
{
	go_on(sa, &sa->ours);
	go_on(sa, &sa->peers);
	sa_next(sa);
}

/* All are lost before one goes on: it may look for another to bind. */
void child_new_epoch(struct engine *e)
{
	post_forget_deletes(e);
	departures_forget(e);
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i])
			lose_of(e->slots[i]);
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i])
			go_on_all(e->slots[i]);
}
