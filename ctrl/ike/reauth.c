// SPDX-License-Identifier: BSD-2-Clause
/*
 * The old IKE SA remembers that it begins anew, and which of its children do; of
 * two that are there at once, the new one remembers the old one. An attempt that
 * fails while the old one is there is made again some times; then that stays until
 * its end.
 *
 * Where both sides begin at the same moment, make before break, two new ones are there
 * afterwards, in use by either side: whoever began the one with the lower SPIs lets it
 * go some seconds later, if the other one is still there.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/reauth.h"

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/child_for.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/unique.h"
#include "ctrl/ike/view.h"

#define OVER_MIN_S     10U /* from reauth_time to the end, at least */
#define LIFETIME_MIN_S 5U
#define TRIES_MAX      5U
#define LAST_NS	       (60 * NS_PER_S) /* of a child that is not rekeyed */
#define MEET_NS	       (10 * NS_PER_S) /* both began, one after the other */

/* No packet, and not for want of another one. */
static const struct cause anew;

static struct ike_sa *by_view(const struct engine *e, uint32_t view_id)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->view_id == view_id &&
		    e->slots[i]->state != IKE_ST_DEAD)
			return e->slots[i];
	return NULL;
}

struct ike_sa *reauth_elder(const struct ike_sa *sa)
{
	return sa->elder ? by_view(sa->e, sa->elder) : NULL;
}

bool reauth_has_younger(const struct ike_sa *sa)
{
	const struct engine *e = sa->e;

	for (uint32_t i = 1; e->has_young && i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i]->elder == sa->view_id &&
		    e->slots[i]->state != IKE_ST_DEAD)
			return true;
	return false;
}

/* As it is loaded now; NULL: it is no more, or there is no way to the peer. */
static struct conn *conn_to_peer(const struct ike_sa *sa)
{
	struct conn *c = conn_by_name(sa->e, sa->conn->conf.name);
	struct ike_path path;

	if (c && !conn_is_named(&c->conf) && !conn_path(sa->e, &c->conf, &path))
		return NULL;
	return c;
}

static bool is_to_be_made(const struct child_sa *c)
{
	return c->state == CHILD_ST_INSTALLED && !c->replaced_by;
}

/* --- make before break */

static const struct child_sa *first_wanted(const struct ike_sa *sa,
					   const struct conn *conn)
{
	const struct child_sa *c = sa->children;

	while (c && !(is_to_be_made(c) && conn_wanted(conn, c->conf->name)))
		c = c->next;
	return c;
}

static bool has_child(const struct ike_sa *sa, const struct child_conf *conf,
		      const struct ts_first *first)
{
	const struct child_sa *made = sa->ours.child;

	return (conf == sa->wanted &&
		child_conf_same(conf, &sa->wanted_first, first)) ||
	       wish_has(sa, conf->policy, first) ||
	       acquire_is_up(sa, conf->policy, first) ||
	       (made && child_is_for(made, conf->policy, first));
}

/* All children but the first, which comes with the IKE SA. */
static void want_others(struct ike_sa *young, struct conn *conn,
			const struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next) {
		const struct child_conf *conf =
			is_to_be_made(c) ? conn_wanted(conn, c->conf->name)
					 : NULL;
		struct ts_first room;
		const struct ts_first *first = child_values(c, &room);

		if (conf && !has_child(young, conf, first))
			wish_add(young, conn, conf, first, sa->e->now_ns);
	}
}

/* The new one has all children, and ends the old one then. */
static int begin_young(struct ike_sa *sa, struct conn *conn,
		       const struct child_conf *wanted,
		       const struct cause *cause)
{
	struct ike_sa *young;
	int err = sa_initiate_ike(sa->e, conn, wanted, cause);

	if (err)
		return err;
	young = by_view(sa->e, sa->e->initiated);
	if (!young)
		return 0;
	young->elder = sa->view_id;
	sa->e->has_young = true;
	young->is_remade = !cause->sent_on;
	want_others(young, conn, sa);
	wishes_move(young, sa);
	return 0;
}

bool reauth_elsewhere(struct ike_sa *sa, const struct gateway *gateway)
{
	struct conn *conn = conn_by_name(sa->e, sa->conn->conf.name);
	const struct child_sa *c = conn ? first_wanted(sa, conn) : NULL;
	const struct child_conf *wanted =
		c ? conn_wanted(conn, c->conf->name) : NULL;
	struct ts_first room;
	const struct cause cause = {
		.first = c ? child_values(c, &room) : NULL,
		.sent_on = sa,
		.gateway = gateway,
	};

	if (!conn || reauth_has_younger(sa))
		return conn;
	if (!wanted && sa->is_sent_on && sa->wanted)
		wanted = conn_wanted(conn, sa->wanted->name);
	return !begin_young(sa, conn, wanted, &cause);
}

static void make_before_break(struct ike_sa *sa, struct conn *conn)
{
	const struct child_sa *c = first_wanted(sa, conn);
	struct ts_first room;
	const struct cause cause = { .first = c ? child_values(c, &room)
						: NULL };

	if (sa->reauth_tries >= TRIES_MAX) {
		sa->reauth_ns = 0;
		sa->reauth_tries = 0;
		return;
	}
	sa->reauth_ns = sa_after(sa, IKE_RETRY_S, IKE_RETRY_RAND_S);
	view_changed(sa);
	if (reauth_has_younger(sa))
		return;
	sa->reauth_tries++;
	begin_young(sa, conn, c ? conn_wanted(conn, c->conf->name) : NULL,
		    &cause);
}

void reauth_resume(struct ike_sa *sa)
{
	const struct ike_sa *elder = reauth_elder(sa);
	struct conn *conn = conn_by_name(sa->e, sa->conn->conf.name);

	sa->is_remade = sa->elder;
	if (elder && conn)
		want_others(sa, conn, elder);
}

bool reauth_is_made(const struct ike_sa *sa)
{
	return sa->elder && !sa->wishes;
}

static bool is_at_once(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->begun_ns < b->begun_ns + MEET_NS &&
	       b->begun_ns < a->begun_ns + MEET_NS;
}

/* Ours, which is done, and the peer's. */
static void meet(struct ike_sa *ours, const struct ike_sa *theirs)
{
	if (ours->initiator && ours->is_remade && !ours->elder &&
	    !theirs->initiator && is_at_once(ours, theirs) &&
	    unique_is_rival(ours, theirs) && unique_is_lower(ours, theirs))
		unique_give_way(ours);
}

void reauth_meet(struct ike_sa *sa)
{
	struct ike_sa *other = NULL;

	while ((other = sa_of_peer(sa, other))) {
		meet(sa, other);
		meet(other, sa);
	}
}

void reauth_finish(struct ike_sa *sa)
{
	struct ike_sa *elder = reauth_elder(sa);

	sa->elder = 0;
	if (elder && elder->state == IKE_ST_ESTABLISHED) {
		elder->delete_wanted = true;
		sa_touch(elder);
		sa_next(elder);
	}
	reauth_meet(sa);
	sa_next(sa);
}

/* --- break before make */

static void break_before_make(struct ike_sa *sa)
{
	for (struct child_sa *c = sa->children; c; c = c->next)
		c->again = is_to_be_made(c);
	sa->begins_anew = true;
	info_delete_ike(sa);
}

static void begin_children(struct ike_sa *sa)
{
	struct ts_first room;

	for (const struct child_sa *c = sa->children; c; c = c->next) {
		const struct cause cause = { .not_by = sa,
					     .first = child_values(c, &room) };

		if (c->again)
			sa_initiate(sa->e, c->conn->conf.name, c->conf->name,
				    &cause);
	}
	wishes_pass(sa);
}

/*
 * Both sides delete it at the same moment, and the peer may begin anew, too: who was
 * first does so at once, or who made it, if each was; the other one when its children
 * are not up a moment later.
 */
static bool gives_way(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_DELETING && sa->ours.kind != EX_NONE &&
	       (sa->ours.step == STEP_DRAIN || !sa->initiator) && !sa->wishes;
}

static void begin_children_later(const struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (c->again)
			later_again(sa->e, c);
}

static bool has_children(const struct ike_sa *sa)
{
	const struct child_sa *c = sa->children;

	while (c && !c->again)
		c = c->next;
	return c || sa->wishes;
}

void reauth_begin_anew(struct ike_sa *sa)
{
	struct conn *conn = conn_to_peer(sa);

	if (!sa->begins_anew || sa->delete_wanted)
		return;
	sa->begins_anew = false;
	if (gives_way(sa) && has_children(sa))
		begin_children_later(sa);
	else if (has_children(sa))
		begin_children(sa);
	else if (conn)
		sa_initiate_ike(sa->e, conn, NULL, &anew);
}

/* --- both */

void reauth_start(struct ike_sa *sa)
{
	struct conn *conn = conn_to_peer(sa);

	if (conn && !sa->e->options.make_before_break) {
		break_before_make(sa);
		return;
	}
	if (conn)
		make_before_break(sa, conn);
	else
		sa->reauth_ns = 0;
	sa_next(sa);
}

void reauth_at_once(struct ike_sa *sa, const char *why)
{
	for (struct child_sa *c = sa->children; c; c = c->next)
		c->again = is_to_be_made(c);
	exchange_end(sa, &sa->ours);
	sa->begins_anew = true;
	reauth_begin_anew(sa);
	info_delete_at_once(sa, why);
}

void reauth_instead(struct ike_sa *sa, uint32_t spi_in)
{
	const struct child_sa *c = child_by_spi_in(sa, spi_in);

	if (c && c->expire_ns && c->expire_ns < sa->e->now_ns + LAST_NS)
		sa->reauth_ns = sa->e->now_ns;
}

void reauth_expire(struct ike_sa *sa)
{
	sa_alert(sa, IKE_ALERT_IKE_SA_EXPIRED);
	for (struct child_sa *c = sa->children; c; c = c->next) {
		c->again = is_to_be_made(c) &&
			   (c->conf->start_action & CHILD_START);
		sa->begins_anew |= c->again;
	}
	info_delete_ike(sa);
}

void reauth_by(struct ike_sa *sa, uint64_t at_ns)
{
	uint32_t over_s = sa->conn->conf.over_time;
	uint64_t end_ns;

	if (!at_ns)
		return;
	if (!sa->reauth_ns || at_ns < sa->reauth_ns)
		sa->reauth_ns = at_ns;
	if (over_s < OVER_MIN_S)
		over_s = OVER_MIN_S;
	end_ns = sa->reauth_ns + over_s * NS_PER_S;
	if (!sa->expire_ns || end_ns < sa->expire_ns)
		sa->expire_ns = end_ns;
	sa_touch(sa);
	view_changed(sa);
}

void reauth_as_configured(struct ike_sa *sa)
{
	const struct conn_conf *c = &sa->conn->conf;
	uint64_t age_ns = proven_age_ns(sa), soon_ns = sa->e->now_ns + NS_PER_S;
	uint64_t at_ns = sa_after(sa, c->reauth_time, c->rand_time);

	if (at_ns && at_ns < soon_ns + age_ns)
		reauth_by(sa, soon_ns);
	else
		reauth_by(sa, at_ns ? at_ns - age_ns : 0);
}

void reauth_inherit(struct ike_sa *heir, struct ike_sa *sa)
{
	struct engine *e = sa->e;

	reauth_by(heir, sa->reauth_ns);
	sa->reauth_ns = 0;
	heir->elder = sa->elder;
	sa->elder = 0;
	if (!e->has_young)
		return;
	e->has_young = heir->elder;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *young = e->slots[i];

		e->has_young = e->has_young || (young && young->elder);
		if (!young || young->elder != sa->view_id)
			continue;
		young->elder = heir->view_id;
		sa_touch(young);
	}
}

/* --- AUTH_LIFETIME: RFC 4478 section 3 */

void reauth_put_lifetime(struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;
	uint32_t lifetime_be;

	if (!c->reauth_time)
		return;
	reauth_as_configured(sa);
	lifetime_be =
		htonl((uint32_t)((sa->reauth_ns - sa->e->now_ns) / NS_PER_S));
	ike_notify_put(
		m, &(const struct ike_notify){
			   .type = IKE_N_AUTH_LIFETIME,
			   .data = slice_of(&lifetime_be, sizeof(lifetime_be)),
		   });
}

/* Sooner than the peer says, so that it does not end the IKE SA before. */
static uint32_t soft_lifetime(const struct ike_sa *sa, uint32_t lifetime_s)
{
	uint32_t over_s = sa->conn->conf.over_time;
	uint32_t soft_s = lifetime_s / 2;

	if (over_s < soft_s)
		soft_s = lifetime_s - over_s;
	return soft_s < LIFETIME_MIN_S ? LIFETIME_MIN_S : soft_s;
}

void reauth_take_lifetime(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;
	uint32_t lifetime_s;

	if (ike_find_notify(p, IKE_N_AUTH_LIFETIME, &n) &&
	    rd_u32(&n.data, &lifetime_s) && !n.data.len)
		reauth_by(sa, sa->e->now_ns +
				      soft_lifetime(sa, lifetime_s) * NS_PER_S);
}
