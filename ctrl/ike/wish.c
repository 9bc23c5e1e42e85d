// SPDX-License-Identifier: BSD-2-Clause
/*
 * Children to be made under an IKE SA that is there, or will be: each by a
 * CREATE_CHILD_SA of its own, when its turn comes (RFC 7296 section 1.3.1).
 */
#include <stdlib.h>

#include "ctrl/ike/child_for.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/sa.h"

struct wish {
	struct conn *conn;	       /* held */
	const struct child_conf *conf; /* of conn */
	struct ts_first first;
	uint64_t at_ns;
	struct wish *next;
};

bool wish_add(struct ike_sa *sa, struct conn *conn,
	      const struct child_conf *conf, const struct ts_first *first,
	      uint64_t at_ns)
{
	struct wish **last = &sa->wishes;
	struct wish *w = malloc(sizeof(*w));

	if (!w)
		return false;
	*w = (struct wish){ .conn = conn_hold(conn),
			    .conf = conf,
			    .at_ns = at_ns };
	if (first)
		w->first = *first;
	while (*last)
		last = &(*last)->next;
	*last = w;
	sa_touch(sa);
	return true;
}

static void first_goes(struct ike_sa *sa)
{
	struct wish *w = sa->wishes;

	sa->wishes = w->next;
	conn_drop(w->conn);
	free(w);
}

uint64_t wish_at_ns(const struct ike_sa *sa)
{
	return sa->wishes ? sa->wishes->at_ns : 0;
}

void wish_begin(struct ike_sa *sa)
{
	struct conn *conn = conn_hold(sa->wishes->conn);
	const struct child_conf *conf = sa->wishes->conf;
	const struct ts_first first = sa->wishes->first;

	first_goes(sa);
	child_x_begin(sa, conn, conf, &first);
	conn_drop(conn);
}

bool wish_has(const struct ike_sa *sa, uint32_t policy,
	      const struct ts_first *first)
{
	const struct wish *w = sa->wishes;

	while (w && !(w->conf->policy == policy &&
		      child_conf_same(w->conf, &w->first, first)))
		w = w->next;
	return w;
}

unsigned int wishes_of(const struct engine *e, uint32_t policy)
{
	unsigned int n = 0;

	for (uint32_t i = 1; i < e->n_slots; i++)
		for (const struct wish *w = e->slots[i] ? e->slots[i]->wishes
							: NULL;
		     w; w = w->next)
			n += w->conf->policy == policy;
	return n;
}

void wishes_move(struct ike_sa *to, struct ike_sa *from)
{
	struct wish **last = &to->wishes;

	while (*last)
		last = &(*last)->next;
	*last = from->wishes;
	from->wishes = NULL;
}

void wishes_pass(struct ike_sa *sa)
{
	while (sa->wishes) {
		const struct wish *w = sa->wishes;
		const struct cause cause = { .not_by = sa, .first = &w->first };

		sa_initiate(sa->e, w->conn->conf.name, w->conf->name, &cause);
		first_goes(sa);
	}
}

/* Many packets may wait for SAs of one child: that it fails is one event. */
static bool is_last_of_child(const struct wish *w)
{
	const struct wish *o = w->next;

	while (o && o->conf != w->conf)
		o = o->next;
	return !o;
}

void wishes_fail(struct ike_sa *sa, const char *why)
{
	while (sa->wishes) {
		const struct ike_event event = {
			.kind = IKE_EV_FAILED,
			.conn = sa->wishes->conn->conf.name,
			.child = sa->wishes->conf->name,
			.ike_id = sa->view_id,
			.path = sa->path,
			.text = why,
		};

		if (*why && is_last_of_child(sa->wishes))
			sa->e->calls.event(sa->e->calls.ctx, &event);
		first_goes(sa);
	}
}
