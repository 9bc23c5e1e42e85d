// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is due, and when. SAs stand in a heap by the time at which they want to be
 * looked at, computed anew for those that a call into the engine touched: a
 * call costs what it changes, however many SAs there are.
 */
#include <urcu/compiler.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/fetching.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/idle.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/receive.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resolve.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/unique.h"

#define ABANDONED_S 180U /* longer than a DELETE is sent again */

static bool is_due(const struct ike_sa *sa, uint64_t at_ns)
{
	return at_ns && sa->e->now_ns >= at_ns;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return b && b < a ? b : a;
}

/*
 * When nobody deletes it any more; 0: that is not so. What the peer's rekeying has
 * replaced is the peer's to delete, but libreswan 4.10 has no words for one of AH.
 */
static uint64_t abandoned_at_ns(const struct ike_sa *sa,
				const struct child_sa *c)
{
	const struct child_sa *heir = child_of_spi(sa->e, c->replaced_by, NULL);

	return heir ? heir->installed_ns + ABANDONED_S * NS_PER_S : 0;
}

/* When it is to be deleted, by whoever's wish or because its time is up; 0:
 * never. A peer that does not have it yet could not, and would keep it. */
static uint64_t delete_at_ns(const struct ike_sa *sa, const struct child_sa *c)
{
	uint64_t at_ns = abandoned_at_ns(sa, c);

	if (c->state != CHILD_ST_DELETING)
		return at_ns ? sooner(at_ns, c->expire_ns) : c->expire_ns;
	return c->trust_ns > sa->e->now_ns ? c->trust_ns : sa->e->now_ns;
}

static struct child_sa *child_to_delete(const struct ike_sa *sa)
{
	struct child_sa *c = sa->children;

	while (c && !is_due(sa, delete_at_ns(sa, c)))
		c = c->next;
	return c;
}

/* When it is to be rekeyed; 0: not, or not yet. */
static uint64_t rekey_at_ns(const struct child_sa *c)
{
	if (!c->rekey_ns || c->replaced_by || c->state != CHILD_ST_INSTALLED)
		return 0;
	return c->lost || c->rekey_ns > c->trust_ns ? c->rekey_ns : c->trust_ns;
}

static struct child_sa *child_to_rekey(const struct ike_sa *sa)
{
	struct child_sa *c = sa->children;

	while (c && !is_due(sa, rekey_at_ns(c)))
		c = c->next;
	return c;
}

static void children_due(struct ike_sa *sa)
{
	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (is_due(sa, c->bind_ns))
			child_rebind(sa, c);
		if (is_due(sa, c->idle_at_ns))
			idle_ask(sa, c);
	}
}

static bool is_silent(const struct ike_sa *sa)
{
	uint64_t delay_ns = sa->conn->conf.dpd_delay * NS_PER_S;

	return delay_ns && sa->e->now_ns >= sa->heard_ns + delay_ns;
}

/* What an established IKE SA does next, the most urgent first. */
static void next_of_established(struct ike_sa *sa)
{
	struct child_sa *gone = child_to_delete(sa), *old = child_to_rekey(sa);

	if (sa->quiet_ns > sa->e->now_ns)
		return;
	if (sa->delete_wanted)
		info_delete_ike(sa);
	else if (mobike_is_due(sa))
		mobike_start(sa);
	else if (sa->tells_stream)
		stream_tell(sa);
	else if (sa->redirect_to)
		redirect_begin(sa);
	else if (is_due(sa, sa->expire_ns))
		reauth_expire(sa);
	else if (is_due(sa, sa->replaced_ns))
		unique_settle(sa);
	else if (gone)
		info_delete_child(sa, gone);
	else if (is_due(sa, sa->reauth_ns))
		reauth_start(sa);
	else if (is_due(sa, sa->rekey_ns)) {
		sa->rekey_ns = 0;
		rekey_start(sa);
	} else if (old) {
		old->rekey_ns = 0;
		child_x_start(sa, old);
	} else if (is_due(sa, wish_at_ns(sa)) &&
		   followup_peers(sa)->kind != EX_REKEY_IKE)
		wish_begin(sa);
	else if (reauth_is_made(sa))
		reauth_finish(sa);
	else if (is_due(sa, ticket_at_ns(sa)))
		info_ticket(sa);
	else if (is_silent(sa))
		info_liveness(sa);
}

void sa_next(struct ike_sa *sa)
{
	children_due(sa);
	if (is_due(sa, sa->drop_ns)) {
		if (sa->state == IKE_ST_DEAD)
			sa_bury(sa);
		else
			sa_close(sa, "replaced");
		return;
	}
	if (sa->ours.kind != EX_NONE &&
	    !(sa->delete_wanted && resolve_is_waited_for(sa)))
		return;
	if (sa->state == IKE_ST_ESTABLISHED)
		next_of_established(sa);
	else if (sa->delete_wanted && sa->state != IKE_ST_DELETING)
		sa_close(sa, "deleted before it was established");
}

/* --- when */

/* When an established one that has nothing under way wants to be looked at. */
static uint64_t idle_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	if (sa->quiet_ns > sa->e->now_ns)
		return sa->quiet_ns;
	/* Of the one that it takes the place of. */
	if (sa->delete_wanted || mobike_is_due(sa) || sa->tells_stream ||
	    sa->redirect_to)
		return sa->e->now_ns;
	at = sooner(at, sa->rekey_ns);
	at = sooner(at, sa->expire_ns);
	at = sooner(at, sa->reauth_ns);
	at = sooner(at, sa->replaced_ns);
	at = sooner(at, ticket_at_ns(sa));
	if (followup_peers(sa)->kind != EX_REKEY_IKE)
		at = sooner(at, wish_at_ns(sa));
	if (sa->conn->conf.dpd_delay)
		at = sooner(at,
			    sa->heard_ns + sa->conn->conf.dpd_delay * NS_PER_S);
	for (const struct child_sa *c = sa->children; c; c = c->next) {
		at = sooner(at, rekey_at_ns(c));
		at = sooner(at, delete_at_ns(sa, c));
	}
	return at;
}

uint64_t sa_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX, idle;

	if (early_is_due(sa))
		return sa->e->now_ns;
	at = sooner(at, sa->half_open_ns);
	at = sooner(at, sa->resend_ns);
	at = sooner(at, sa->drop_ns);
	at = sooner(at, stream_at_ns(sa));
	at = sooner(at, fetching_at_ns(sa));
	if (sa->aside)
		at = sooner(at, sa->aside->followup->until_ns);
	for (const struct child_sa *c = sa->children; c; c = c->next) {
		at = sooner(at, c->bind_ns);
		at = sooner(at, c->idle_at_ns);
	}
	if (sa->state != IKE_ST_ESTABLISHED || sa->ours.kind != EX_NONE)
		return at;
	idle = idle_deadline(sa);
	return idle < at ? idle : at;
}

static void sa_timeout(struct ike_sa *sa)
{
	if (is_due(sa, sa->half_open_ns)) {
		if (resolve_is_waited_for(sa)) {
			resolve_give_up(sa);
			return;
		}
		sa_alert(sa, IKE_ALERT_HALF_OPEN_TIMEOUT);
		sa_close(sa, "the peer did not finish the handshake");
		return;
	}
	if (sa->aside && is_due(sa, sa->aside->followup->until_ns))
		followup_expire(sa);
	if (early_is_due(sa))
		receive_early(sa);
	if (is_due(sa, stream_at_ns(sa)))
		stream_try(sa);
	if (is_due(sa, fetching_at_ns(sa)))
		fetching_expire(sa);
	if (is_due(sa, sa->resend_ns))
		request_resend(sa);
	sa_next(sa);
}

/* --- the heap */

void sa_untime(struct ike_sa *sa)
{
	heap_take(&sa->e->due, &sa->due);
}

static void retime(struct ike_sa *sa)
{
	sa_untime(sa);
	sa->due.at_ns = sa_deadline(sa);
	heap_put(&sa->e->due, &sa->due);
}

void sa_touch(struct ike_sa *sa)
{
	if (sa->touched)
		return;
	sa->touched = true;
	sa->next_touched = sa->e->touched;
	sa->e->touched = sa;
}

void sa_retime_touched(struct engine *e)
{
	while (e->touched) {
		struct ike_sa *sa = e->touched;

		e->touched = sa->next_touched;
		sa->touched = false;
		if (sa_by_id(e, sa->id) != sa)
			continue; /* buried */
		retime(sa);
		sa_list_peer(sa);
		stream_list(sa);
	}
}

/* --- the doors */

uint64_t engine_deadline(const struct engine *e)
{
	return sooner(sooner(heap_first_ns(&e->due), departures_deadline(e)),
		      later_deadline(e));
}

/* Each at most once: it is out of the heap until the call ends. */
void engine_timeout(struct engine *e, uint64_t now_ns)
{
	e->now_ns = now_ns;
	departures_end(e, now_ns);
	later_begin(e);
	while (heap_first_ns(&e->due) <= now_ns) {
		struct ike_sa *sa = caa_container_of(heap_first(&e->due),
						     struct ike_sa, due);

		sa_untime(sa);
		sa_touch(sa);
		sa_timeout(sa);
	}
	sa_reap(e);
}
