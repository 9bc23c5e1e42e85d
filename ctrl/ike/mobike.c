// SPDX-License-Identifier: BSD-2-Clause
/*
 * MOBIKE but its exchanges, which are in x_mobike.c: what both sides know of each
 * other's addresses, by which ways there is something to send, and the CHILD SAs that
 * go along. An IKE SA moves as soon as this host finds that it has to.
 *
 * Additional addresses are those of local_addrs besides the one in use: with %any the
 * host may have some that nobody shall know of.
 */
#include "ctrl/ike/mobike.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/view.h"

#define PROBE_FROM 2U /* the so many-th time other ways are tried, too */

/* --- addresses */

static bool is_same_way(const struct ike_path *a, const struct ike_path *b)
{
	return addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) &&
	       a->remote_port == b->remote_port && a->stream == b->stream;
}

bool mobike_is_ours(const struct conn_conf *c, const struct addr *a)
{
	bool found = !c->n_local_addrs;

	for (size_t i = 0; !found && i < c->n_local_addrs; i++)
		found = conn_addr_has(&c->local_addrs[i], a);
	return found;
}

/* By which this host would reach it; false: by none that may be used. */
bool mobike_way_to(const struct ike_sa *sa, const struct addr *remote,
		   struct ike_path *out)
{
	const struct engine *e = sa->e;

	*out = sa->path;
	if (!e->calls.source(e->calls.ctx, remote, &out->local) ||
	    !mobike_is_ours(&sa->conn->conf, &out->local))
		return false;
	if (addr_equal(remote, &sa->path.remote) &&
	    (!sa->path.stream || addr_equal(&out->local, &sa->path.local)))
		return true;
	out->remote = *remote;
	out->remote_port = IKE_NATT_PORT;
	if (sa->path.stream)
		out->local_port = IKE_NATT_PORT;
	stream_way(sa, out); /* section 7.1 of RFC 9329 */
	return true;
}

/* One way to each of the peer's addresses; where it is now comes first. */
static unsigned int ways(const struct ike_sa *sa,
			 struct ike_path out[MOBIKE_ADDRS_MAX + 1])
{
	unsigned int n = mobike_way_to(sa, &sa->path.remote, &out[0]);

	for (unsigned int i = 0; i < sa->n_peer_addrs; i++)
		if (!addr_equal(&sa->peer_addrs[i], &sa->path.remote) &&
		    mobike_way_to(sa, &sa->peer_addrs[i], &out[n]))
			n++;
	return n;
}

static void put_addr(struct ike_builder *m, const struct addr *a)
{
	const bool v4 = addr_is_v4(a);

	ike_notify_put(m, &(const struct ike_notify){
				  .type = v4 ? IKE_N_ADDITIONAL_IP4_ADDRESS
					     : IKE_N_ADDITIONAL_IP6_ADDRESS,
				  .data = v4 ? slice_of(a->octets + 12, 4)
					     : slice_of(a->octets, 16),
			  });
}

/* How many. */
unsigned int mobike_put_addrs(struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;
	unsigned int n = 0;

	for (size_t i = 0; i < c->n_local_addrs; i++) {
		const struct conn_addr *a = &c->local_addrs[i];

		if (!conn_addr_is_host(a) ||
		    addr_equal(&a->net.net, &sa->path.local))
			continue;
		put_addr(m, &a->net.net);
		n++;
	}
	return n;
}

static bool read_addr(const struct ike_notify *n, struct addr *out)
{
	uint32_t v4_be;

	if (n->type == IKE_N_ADDITIONAL_IP4_ADDRESS && n->data.len == 4) {
		memcpy(&v4_be, n->data.ptr, sizeof(v4_be));
		*out = addr_from_v4(v4_be);
	} else if (n->type == IKE_N_ADDITIONAL_IP6_ADDRESS &&
		   n->data.len == sizeof(out->octets)) {
		memcpy(out->octets, n->data.ptr, sizeof(out->octets));
	} else {
		return false;
	}
	return !addr_not_unicast(out);
}

/* In place of those that it had before (section 3.6); of too many the first ones. */
void mobike_take_addrs(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct addr *addrs = calloc(MOBIKE_ADDRS_MAX, sizeof(*addrs));
	unsigned int k = 0;
	struct ike_notify n;

	if (!addrs)
		return;
	for (unsigned int i = 0; i < p->n && k < MOBIKE_ADDRS_MAX; i++)
		if (p->at[i].type == IKE_PL_NOTIFY &&
		    ike_notify_parse(p->at[i].body, &n) &&
		    read_addr(&n, &addrs[k]))
			k++;
	free(sa->peer_addrs);
	sa->peer_addrs = k ? addrs : NULL;
	sa->n_peer_addrs = k;
	if (!k)
		free(addrs);
}

/* --- IKE_AUTH */

void mobike_put(struct ike_sa *sa, struct ike_builder *m)
{
	if (!sa->conn->conf.mobike || (!sa->initiator && !sa->mobike))
		return;
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_MOBIKE_SUPPORTED });
	mobike_put_addrs(sa, m);
}

void mobike_take(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	sa->began = sa->initiator;
	sa->mobike = sa->conn && sa->conn->conf.mobike &&
		     ike_find_notify(p, IKE_N_MOBIKE_SUPPORTED, &n);
	if (sa->mobike)
		mobike_take_addrs(sa, p);
}

void mobike_inherit(struct ike_sa *heir, const struct ike_sa *sa)
{
	const size_t bytes = sa->n_peer_addrs * sizeof(*sa->peer_addrs);

	heir->mobike = sa->mobike;
	heir->began = sa->began;
	stream_inherit(heir, sa);
	heir->tells_update =
		sa->tells_update ||
		(sa->ours.kind == EX_MOBIKE && sa->ours.mobike == MOBIKE_UPDATE);
	heir->tells_check =
		sa->tells_check ||
		(sa->ours.kind == EX_MOBIKE && sa->ours.mobike == MOBIKE_CHECK);
	heir->tells_addrs = sa->tells_addrs;
	free(heir->peer_addrs);
	heir->peer_addrs = bytes ? malloc(bytes) : NULL;
	heir->n_peer_addrs = heir->peer_addrs ? sa->n_peer_addrs : 0;
	if (heir->peer_addrs)
		memcpy(heir->peer_addrs, sa->peer_addrs, bytes);
}

/* --- CHILD SAs */

static void ask_move(const struct ike_sa *sa, const struct child_sa *c,
		     enum sadb_dir dir)
{
	const struct ike_path *p = &sa->path;
	const bool in = dir == SADB_IN;
	struct sadb_request q = {
		.token = token_next(sa),
		.verb = SADB_MOVE,
		.id = in ? c->in : c->out,
		.sa.saddr = in ? p->remote : p->local,
		.daddr = in ? p->local : p->remote,
	};

	q.sa.stream = p->stream;
	if (c->encap) {
		q.sa.keepalive = sa->nat_local;
		q.sa.encap_sport = in ? p->remote_port : p->local_port;
		q.sa.encap_dport = in ? p->local_port : p->remote_port;
	}
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

static void move_child(struct ike_sa *sa, struct child_sa *c, bool in_alone)
{
	c->stream = sa->path.stream;
	c->encap = !sa->path.stream && (sa->nat_local || sa->nat_remote);
	if (c->has_in)
		ask_move(sa, c, SADB_IN);
	if (c->has_out && !in_alone)
		ask_move(sa, c, SADB_OUT);
	view_changed(sa);
}

void mobike_move_children(struct ike_sa *sa, bool in_alone)
{
	for (struct child_sa *c = sa->children; c; c = c->next)
		move_child(sa, c, in_alone);
}

void mobike_child_made(struct ike_sa *sa, struct child_sa *c)
{
	if (!addr_equal(&c->in.daddr, &sa->path.local) ||
	    !addr_equal(&c->out.daddr, &sa->path.remote) ||
	    c->stream != sa->path.stream)
		move_child(sa, c, false);
}

/* What can't be moved, as in AH or in transport mode, is made anew. */
void mobike_moved(struct engine *e, const struct sadb_answer *a)
{
	struct child_sa *c = NULL;

	if (!a->err)
		return;
	for (uint32_t i = 1; !c && i < e->n_slots; i++) {
		c = e->slots[i] ? e->slots[i]->children : NULL;
		while (c && !child_is_named(c, &a->id))
			c = c->next;
	}
	if (!c || c->state != CHILD_ST_INSTALLED)
		return;
	c->rekey_ns = e->now_ns;
	sa_touch(c->sa);
	sa_next(c->sa);
}

void mobike_mapped(struct ike_sa *sa, const struct sadb_event *event)
{
	struct ike_path path = sa->path;

	if (sa->path.stream || !sa->nat_remote || sa->nat_local ||
	    sa->tells_check || sa->ours.kind == EX_MOBIKE)
		return;
	path.remote = event->mapped_addr;
	path.remote_port = event->mapped_port;
	if (is_same_way(&path, &sa->path))
		return;
	sa_move(sa, &path);
	mobike_move_children(sa, false);
}

void mobike_move_again(struct ike_sa *sa)
{
	if (sa->mobike && !mobike_is_due(sa) && sa->ours.kind != EX_MOBIKE)
		mobike_move_children(sa, false);
}

/* --- ways that are tried */

struct ike_path mobike_way(const struct ike_sa *sa, unsigned int tries)
{
	struct ike_path way[MOBIKE_ADDRS_MAX + 1];
	unsigned int n;

	if (!sa->mobike || !sa->began || sa->state != IKE_ST_ESTABLISHED ||
	    tries < PROBE_FROM)
		return sa->path;
	n = ways(sa, way);
	return n ? way[(tries - PROBE_FROM + 1) % n] : sa->path;
}

/* Whoever carries packets on can have it come from anywhere: it is somewhere where the
 * peer says that it is. */
void mobike_heard(struct ike_sa *sa, const struct ike_path *path)
{
	struct ike_path way[MOBIKE_ADDRS_MAX + 1];
	unsigned int n = 0;

	if (sa->mobike && sa->began && sa->state == IKE_ST_ESTABLISHED &&
	    !is_same_way(path, &sa->path))
		n = ways(sa, way);
	for (unsigned int i = 0; i < n; i++) {
		if (!is_same_way(path, &way[i]))
			continue;
		sa_move(sa, path);
		sa->tells_update = true;
		return;
	}
}

/* --- addresses of this host that change */

/* What was asked by the old way, is asked by the new one. */
static void move(struct ike_sa *sa, const struct ike_path *path)
{
	const bool waits = sa->ours.kind != EX_NONE &&
			   sa->ours.step == STEP_RESPONSE && sa->request.len;

	sa_move(sa, path);
	if (sa->began)
		sa->tells_update = true;
	else
		sa->tells_addrs = true;
	stream_move(sa);
	if (waits)
		request_take_over(sa);
	sa_next(sa);
}

/* The initiator takes the better way of two; others stay while they can be heard. */
static void look(struct ike_sa *sa)
{
	struct ike_path way[MOBIKE_ADDRS_MAX + 1];

	if (!(sa->mobike && sa->began) && addr_is_here(sa->e, &sa->path.local))
		return;
	if (!ways(sa, way) || is_same_way(&way[0], &sa->path))
		return;
	sa_touch(sa);
	if (sa->mobike) {
		move(sa, &way[0]);
	} else if (sa->began && !sa->delete_wanted) {
		sa_move(sa, &way[0]);
		reauth_at_once(sa, "our address is another one");
	}
}

void engine_addresses_changed(struct engine *e, uint64_t now_ns)
{
	const uint32_t n = e->n_slots; /* new ones have the new addresses */

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < n; i++)
		if (e->slots[i] && e->slots[i]->state == IKE_ST_ESTABLISHED &&
		    !e->slots[i]->has_heir && !e->slots[i]->drop_ns)
			look(e->slots[i]);
	sa_reap(e);
}
