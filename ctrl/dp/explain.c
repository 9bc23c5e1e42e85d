// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/explain.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/dp/dp.h"
#include "ctrl/dp/dry.h"
#include "ctrl/dp/explain_frame.h"
#include "ctrl/model/policy_name.h"

struct explain_step *explain_add(struct explaining *w, enum explain_place place,
				 const char *iface)
{
	struct explanation *x = w->x;
	struct explain_step *s = &x->step[EXPLAIN_STEPS_MAX - 1];

	if (x->n_steps < EXPLAIN_STEPS_MAX)
		s = &x->step[x->n_steps++];
	*s = (struct explain_step){ .place = (uint8_t)place };
	snprintf(s->iface, sizeof(s->iface), "%s", iface);
	return s;
}

static const struct iface *served(const struct dp *dp, uint32_t ifindex)
{
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp->ifaces[i].ifindex == ifindex)
			return &dp->ifaces[i];
	return NULL;
}

static bool is_tunnel(const struct dp *dp, uint32_t ifindex)
{
	for (uint32_t i = 0; i < dp->tunnels.n; i++)
		if (dp->tunnels.at[i].ifindex == ifindex)
			return true;
	return false;
}

/* --- what a program said --- */

static void name_child(const struct conn_conf *conn,
		       const struct child_conf *child, struct explain_policy *p)
{
	p->if_id = child->if_id_out;
	policy_name_of(conn, child, 0, p->tunnel);
}

static void name_policy(const struct config *c, struct explain_policy *p)
{
	policy_name(c, p->id, p->name);
	for (size_t i = 0; i < c->n_policies; i++) {
		size_t manual = manual_outbound(c, i);

		if (c->policies[i].id != p->id)
			continue;
		p->manual = c->policies[i].action == SPD_PROTECT;
		p->if_id = c->policies[i].if_id_out;
		if (manual != MANUAL_NONE)
			snprintf(p->tunnel, sizeof(p->tunnel), "%s",
				 c->manual[manual].name);
		return;
	}
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			if (child_has_policy(&c->conns[i].children[k], p->id))
				name_child(&c->conns[i],
					   &c->conns[i].children[k], p);
}

static void take_policy(struct explaining *w, const struct spd_verdict *v)
{
	struct explain_policy *p = &w->x->policy;

	if (!v->gen)
		return; /* the list was not asked */
	*p = (struct explain_policy){ .matched = v->matched };
	w->on_demand = v->on_demand;
	if (!v->matched)
		return;
	p->id = v->id;
	p->action = v->action;
	name_policy(w->dp->config, p);
}

static void take_note(struct explaining *w, enum explain_place place,
		      const char *iface, const struct dry_note *note)
{
	struct explain_step *s = explain_add(w, place, iface);

	s->drop = note->drop;
	s->pass = note->pass;
	take_policy(w, &note->spd);
	w->x->outcome =
		note->drop == DROP_NONE ? EXPLAIN_CLEAR : EXPLAIN_DROPPED;
}

static int fail_run(const struct explaining *w, int err, const char *iface)
{
	return error_set(
		w->e, err,
		"cannot run the program of interface '%s' for it: %s; cygnet status shows which interfaces are there",
		iface, strerror(-err));
}

/* --- the ways through this host --- */

/* Where it leaves an interface: the guard is there, or the program of tunnels. */
static int at_egress(struct explaining *w, enum explain_place place,
		     const char *iface, uint32_t from)
{
	uint8_t frame[EXPLAIN_FRAME_MAX];
	const struct dry_packet p = {
		.frame = frame,
		.bytes = explain_frame(w->q, NULL, frame),
		.ifindex = if_nametoindex(iface),
		.from = from,
	};
	struct dry_note note;
	int err = place == EXPLAIN_AT_TUNNEL ? dry_tunnel(w->dp->dry, &p, &note)
					     : dry_guard(w->dp->dry, &p, &note);

	if (err)
		return fail_run(w, err, iface);
	take_note(w, place, iface, &note);
	if (note.drop == DROP_NONE && note.pass == PASS_STEER_HOST)
		explain_out(w, note.sa);
	return 0;
}

/* Does it leave? What this host itself says to all of a link does, too. */
static bool leaves(const struct nl_route *route, uint32_t from)
{
	return route->type == RTN_UNICAST ||
	       (!from &&
		(route->type == RTN_BROADCAST || route->type == RTN_MULTICAST));
}

/* from: where it came in; 0: it is this host's own. */
static int by_kernel(struct explaining *w, uint32_t from)
{
	const struct nl_flow f = {
		.dst = w->q->destination,
		.src = w->q->source,
		.iif = from,
		.protocol = w->q->protocol,
		.sport = w->q->source_port,
		.dport = w->q->destination_port,
	};
	struct explain_step *s = explain_add(w, EXPLAIN_AT_KERNEL, "");
	const struct iface *out;
	struct nl_route route;

	s->err = nl_route_of(w->dp->nl, &f, &route);
	w->x->outcome = s->err ? EXPLAIN_DROPPED : EXPLAIN_CLEAR;
	if (s->err || !leaves(&route, from))
		return 0;
	if (!if_indextoname(route.ifindex, s->iface))
		snprintf(s->iface, sizeof(s->iface), "%u", route.ifindex);
	if (is_tunnel(w->dp, route.ifindex))
		return at_egress(w, EXPLAIN_AT_TUNNEL, s->iface, from);
	out = served(w->dp, route.ifindex);
	if (!out || out->role != IFACE_UNPROTECTED)
		return 0;
	return at_egress(w, EXPLAIN_AT_GUARD, out->name, from);
}

static int after_edge(struct explaining *w, const struct iface *iface,
		      const struct dry_note *note)
{
	switch ((enum pass_reason)note->pass) {
	case PASS_STEER_OUT:
		w->routed = true;
		explain_out(w, note->sa);
		return 0;
	case PASS_STEER_IN:
		explain_in(w, note->sa);
		return 0;
	case PASS_EGRESS:
	case PASS_FORWARD:
	case PASS_QUOTE:
	case PASS_BYPASS:
	case PASS_DEFAULT:
		return by_kernel(w, iface->ifindex);
	default:
		return 0; /* the kernel's, and nobody else's */
	}
}

static int at_edge(struct explaining *w, const struct iface *iface)
{
	uint8_t frame[EXPLAIN_FRAME_MAX];
	const struct dry_packet p = {
		.frame = frame,
		.bytes = explain_frame(w->q, iface, frame),
		.ifindex = iface->lower_ifindex,
	};
	struct dry_note note;
	int err = dry_edge(w->dp->dry, &p, &note);

	if (err)
		return fail_run(w, err, iface->name);
	take_note(w,
		  iface->role == IFACE_PROTECTED ? EXPLAIN_AT_PROTECTED
						 : EXPLAIN_AT_UNPROTECTED,
		  iface->name, &note);
	return note.drop == DROP_NONE ? after_edge(w, iface, &note) : 0;
}

/* --- where it starts --- */

static int begin_at(struct explaining *w, uint32_t ifindex)
{
	const struct iface *iface = served(w->dp, ifindex);

	return iface ? at_edge(w, iface) : by_kernel(w, ifindex);
}

static int begin_as_told(struct explaining *w)
{
	const uint32_t ifindex = if_nametoindex(w->q->in);

	if (!ifindex)
		return error_set(
			w->e, -ENODEV,
			"there is no interface '%s'; ip link lists those that exist",
			w->q->in);
	return begin_at(w, ifindex);
}

/* Where answers to it would go. */
static int begin_at_source(struct explaining *w)
{
	const struct nl_flow back = { .dst = w->q->source };
	char text[ADDR_STR_MAX];
	struct nl_route route;
	int err = nl_route_of(w->dp->nl, &back, &route);

	if (err)
		return error_set(
			w->e, err,
			"there is no route to %s (%s), so it cannot be told where it would come in: say so by --in INTERFACE",
			addr_str(&w->q->source, text), strerror(-err));
	if (route.type == RTN_LOCAL)
		return by_kernel(w, 0);
	return begin_at(w, route.ifindex);
}

int dp_explain(struct dp *dp, const struct explain_question *q,
	       struct explanation *out, struct error *e)
{
	struct explaining w = { .dp = dp, .q = q, .x = out, .e = e };
	int err = dp->dry ? 0 : dry_open(dp->programs, &dp->dry, e);

	*out = (struct explanation){ .question = *q };
	if (err)
		return err;
	return q->in[0] ? begin_as_told(&w) : begin_at_source(&w);
}
