// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/unique.h"

#include "ctrl/ike/auth_id.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/rounds.h"

/* What is replaced may carry the peer's packets until it uses the new one. */
#define REPLACED_NS	  (10 * NS_PER_S)
#define REPLACED_LATER_NS (15 * NS_PER_S)

static bool is_of(const struct ike_sa *sa, const struct identity *local,
		  const struct identity *peer)
{
	return sa->peer_id.type && peer->type &&
	       identity_equal(&sa->local_id, local) &&
	       identity_equal(&sa->peer_id, peer);
}

static bool is_same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return is_of(a, &b->local_id, &b->peer_id);
}

/* In use, and not one that goes anyway. */
static bool is_current(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED && !sa->has_heir &&
	       !sa->drop_ns && !sa->delete_wanted;
}

/*
 * The peer may have forgotten it. One that came up after the peer had begun this
 * one has crossed it: the peer has both.
 */
static bool is_stale(const struct ike_sa *sa, const struct ike_sa *other)
{
	return other != sa &&
	       (other->state == IKE_ST_ESTABLISHED ||
		other->state == IKE_ST_DELETING) &&
	       other->established_ns <= sa->begun_ns && is_same_peer(other, sa);
}

/* May the peer have it? Of who only says that he is the peer, nothing follows. */
static bool is_known(const struct ike_sa *sa)
{
	bool is_unsaid = !sa->round && (sa->ours.step == STEP_GETSPI ||
					sa->ours.step == STEP_AUTH_MAKE);

	if (sa->state == IKE_ST_AUTH)
		return sa->initiator && !is_unsaid;
	return sa->state == IKE_ST_ESTABLISHED || sa->state == IKE_ST_DELETING;
}

bool unique_is_first(const struct ike_sa *sa)
{
	const struct identity *local = &sa->local_id, *peer = &sa->peer_id;
	const struct ike_sa *other = NULL;
	const struct engine *e = sa->e;

	/* An IKE SA is of those of its last round, which we may not know yet. */
	if (!rounds_is_last(sa)) {
		local = rounds_last_id(sa, CONN_LOCAL);
		peer = rounds_last_id(sa, CONN_REMOTE);
		if (!auth_id_is_one(local) || !auth_id_is_one(peer))
			return false;
	}
	if (sa->conn->conf.unique == UNIQUE_NEVER || e->now_ns < e->orphans_ns)
		return false;
	while ((other = sa_of_peer(sa, other)))
		if (is_known(other) && is_of(other, local, peer))
			return false;
	return true;
}

bool unique_is_rival(const struct ike_sa *sa, const struct ike_sa *other)
{
	return other != sa && is_current(other) &&
	       other->view_id != sa->elder && child_same_peer(other, sa);
}

bool unique_allows(const struct ike_sa *sa, bool contact)
{
	const struct ike_sa *other = NULL;

	if (sa->conn->conf.unique != UNIQUE_KEEP)
		return true;
	while ((other = sa_of_peer(sa, other)))
		if (unique_is_rival(sa, other) &&
		    !(contact && is_stale(sa, other)))
			return false;
	return true;
}

void unique_contact(struct ike_sa *sa)
{
	struct ike_sa *other, *next;

	if (sa->conn->conf.unique == UNIQUE_NEVER)
		return;
	for (other = sa_of_peer(sa, NULL); other; other = next) {
		next = sa_of_peer(sa, other);
		if (is_stale(sa, other))
			sa_close(other,
				 "the peer begins anew (INITIAL_CONTACT)");
	}
}

bool unique_is_lower(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->spi_i != b->spi_i ? a->spi_i < b->spi_i : a->spi_r < b->spi_r;
}

static bool is_same_place(const struct ike_sa *a, const struct ike_sa *b)
{
	return addr_equal(&a->path.remote, &b->path.remote) &&
	       a->path.remote_port == b->path.remote_port;
}

/*
 * At the same place it may be one that the peer began while we began the other,
 * and the peer may take ours for the one that replaces its own: so that not both
 * go, they go at different times, and the second does not if it is alone by then.
 */
static void replace(struct ike_sa *sa, struct ike_sa *other)
{
	sa_alert(other, IKE_ALERT_UNIQUE_REPLACE);
	sa_touch(other);
	if (is_same_place(sa, other))
		other->replaced_ns =
			sa->e->now_ns + (unique_is_lower(other, sa)
						 ? REPLACED_NS
						 : REPLACED_LATER_NS);
	else
		other->delete_wanted = true;
	sa_next(other);
}

void unique_give_way(struct ike_sa *sa)
{
	if (!sa->replaced_ns)
		sa->replaced_ns = sa->e->now_ns + REPLACED_NS;
	sa_touch(sa);
}

void unique_replace(struct ike_sa *sa)
{
	struct ike_sa *other, *next;

	if (sa->conn->conf.unique != UNIQUE_REPLACE)
		return;
	for (other = sa_of_peer(sa, NULL); other; other = next) {
		next = sa_of_peer(sa, other);
		if (unique_is_rival(sa, other))
			replace(sa, other);
	}
}

void unique_settle(struct ike_sa *sa)
{
	const struct ike_sa *other = sa_of_peer(sa, NULL);

	sa->replaced_ns = 0;
	while (other && !unique_is_rival(sa, other))
		other = sa_of_peer(sa, other);
	if (other)
		info_delete_ike(sa);
	else
		sa_next(sa);
}
