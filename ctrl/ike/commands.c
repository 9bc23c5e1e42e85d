// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an operator asks for: connections up, down and rekeyed. A command says
 * what is wanted; sa_next() does it when its turn comes.
 */
#include <errno.h>
#include <string.h>

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resolve.h"
#include "ctrl/ike/sa.h"

/* Whoever speaks with himself has the same address at both ends. */
bool addr_is_here(const struct engine *e, const struct addr *a)
{
	struct addr source;

	return e->calls.source(e->calls.ctx, a, &source) &&
	       addr_equal(a, &source);
}

/* The first one that this host has; if it has none of them, the first. */
static const struct conn_addr *local_of(const struct engine *e,
					const struct conn_conf *c)
{
	for (size_t i = 0; c->n_local_addrs > 1 && i < c->n_local_addrs; i++)
		if (conn_addr_is_host(&c->local_addrs[i]) &&
		    addr_is_here(e, &c->local_addrs[i].net.net))
			return &c->local_addrs[i];
	return c->local_addrs;
}

static bool path_to(const struct engine *e, const struct conn_conf *c,
		    const struct conn_addr *peer, struct ike_path *out)
{
	const struct conn_addr *ours = local_of(e, c);

	if (!conn_addr_is_host(peer))
		return false;
	out->remote = peer->net.net;
	if (!c->n_local_addrs || !conn_addr_is_host(ours))
		return e->calls.source(e->calls.ctx, &out->remote, &out->local);
	out->local = ours->net.net;
	return addr_is_v4(&out->local) == addr_is_v4(&out->remote);
}

bool conn_path(const struct engine *e, const struct conn_conf *c,
	       struct ike_path *out)
{
	const size_t n = conn_is_named(c) ? c->n_remote_addrs : 1;
	bool found = false;

	*out = (struct ike_path){
		.local_port = c->local_port,
		.remote_port = c->remote_port,
	};
	for (size_t i = 0; !found && i < n && i < c->n_remote_addrs; i++)
		found = path_to(e, c, &c->remote_addrs[i], out);
	return found;
}

bool conn_path_to(const struct engine *e, const struct conn_conf *c,
		  const struct addr *gateway, struct ike_path *out)
{
	const struct conn_addr peer = {
		.net = { .net = *gateway,
			 .bits = addr_is_v4(gateway) ? 32 : 128 },
	};

	*out = (struct ike_path){
		.local_port = c->local_port,
		.remote_port = c->remote_port,
	};
	return path_to(e, c, &peer, out);
}

static void tell_no_way(const struct engine *e, const struct conn *c,
			const struct child_conf *wanted)
{
	const struct ike_event event = {
		.kind = IKE_EV_FAILED,
		.conn = c->conf.name,
		.child = wanted ? wanted->name : "",
		.text = "no way to the peer: remote_addrs names no host, or there is no route to it",
	};

	e->calls.event(e->calls.ctx, &event);
}

static void begin(struct ike_sa *sa, const struct cause *cause)
{
	if (cause->sent_on)
		redirect_inherit(sa, cause->sent_on);
	if (cause->gateway && redirect_is_named(cause->gateway))
		redirect_wait(sa, cause->gateway);
	else if (!cause->gateway && conn_is_named(&sa->conn->conf))
		resolve_start(sa);
	else if (!init_start(sa))
		sa_close(sa, "out of memory");
}

int sa_initiate_ike(struct engine *e, struct conn *c,
		    const struct child_conf *wanted, const struct cause *cause)
{
	struct ike_path path = { .local_port = c->conf.local_port,
				 .remote_port = c->conf.remote_port };
	struct ike_sa *sa;

	if (cause->gateway) {
		if (!redirect_is_named(cause->gateway) &&
		    !redirect_path(e, &c->conf, cause->gateway, &path))
			return -EADDRNOTAVAIL;
	} else if (!conn_is_named(&c->conf) && !conn_path(e, &c->conf, &path)) {
		tell_no_way(e, c, wanted);
		if (wanted)
			later_no_way(e, c, wanted, cause->attempts);
		return -EADDRNOTAVAIL;
	}
	sa = sa_new(e, true, &path);
	if (!sa)
		return -ENOMEM;
	sa->conn = conn_hold(c);
	sa->wanted = wanted;
	sa->attempts = cause->attempts;
	if (cause->first)
		sa->wanted_first = *cause->first;
	e->initiated = sa->view_id;
	begin(sa, cause);
	return 0;
}

/* One that an exchange is making: it comes and goes with that. */
static bool is_unborn(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_INIT && sa->ours.kind == EX_NONE &&
	       sa->peers.kind == EX_NONE;
}

/* In use, and not one that waits to be deleted. */
static bool is_current(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED && !sa->has_heir && !sa->drop_ns;
}

/* Does it take another child: is it there to stay, or on its way by us? */
static bool takes_children(const struct ike_sa *sa, const struct conn *c)
{
	return sa->conn && !sa->delete_wanted && !is_unborn(sa) &&
	       (is_current(sa) ||
		(sa->initiator && sa->state < IKE_ST_ESTABLISHED)) &&
	       strcmp(sa->conn->conf.name, c->conf.name) == 0 &&
	       conn_keeps_ike(&sa->conn->conf, &c->conf) &&
	       !reauth_has_younger(sa);
}

static struct ike_sa *find_for(const struct engine *e, const struct conn *c,
			       const struct ike_sa *not_by)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && e->slots[i] != not_by &&
		    takes_children(e->slots[i], c))
			return e->slots[i];
	return NULL;
}

/* One that has no children is an IKE SA alone. */
static int initiate_alone(struct engine *e, struct conn *c,
			  const struct cause *cause)
{
	struct ike_sa *sa = find_for(e, c, cause->not_by);

	if (!sa)
		return sa_initiate_ike(e, c, NULL, cause);
	e->initiated = sa->view_id;
	return sa->state == IKE_ST_ESTABLISHED ? -EALREADY : 0;
}

int sa_initiate(struct engine *e, const char *conn, const char *child,
		const struct cause *cause)
{
	struct conn *c = conn_by_name(e, conn);
	const struct child_conf *wanted = c ? conn_wanted(c, child) : NULL;
	struct ike_sa *sa;

	if (c && !child && !c->conf.n_children)
		return initiate_alone(e, c, cause);
	if (!wanted)
		return -ENOENT;
	if (wanted->pfp && !(cause->first && cause->first->is))
		return -ENODATA;
	sa = acquire_owner(e, wanted->policy, cause->first, cause->not_by);
	if (sa) {
		e->initiated = sa->view_id;
		return acquire_is_up(sa, wanted->policy, cause->first)
			       ? -EALREADY
			       : 0;
	}
	if (e->options.reuse_ikesa)
		sa = find_for(e, c, cause->not_by);
	if (!sa)
		return sa_initiate_ike(e, c, wanted, cause);
	if (!wish_add(sa, c, wanted, cause->first, e->now_ns))
		return -ENOMEM;
	e->initiated = sa->view_id;
	sa_next(sa);
	return 0;
}

int engine_initiate(struct engine *e, const char *conn, const char *child,
		    uint64_t now_ns)
{
	const struct cause asked = { .attempts = 0 };
	int err;

	e->now_ns = now_ns;
	err = sa_initiate(e, conn, child, &asked);
	sa_reap(e);
	return err;
}

uint32_t engine_initiated(const struct engine *e)
{
	return e->initiated;
}

static bool is_meant(const struct ike_sa *sa, const struct ike_target *t)
{
	return strcmp(sa->conn->conf.name, t->conn) == 0 &&
	       (!t->ike_id || sa->view_id == t->ike_id);
}

static bool child_is_meant(const struct child_sa *c, const struct ike_target *t)
{
	return strcmp(c->conf->name, t->child) == 0 &&
	       (!t->child_id || c->view_id == t->child_id);
}

/* Before there are keys the peer has nothing that it would have to delete. */
static bool ends_at_once(const struct ike_sa *sa)
{
	return sa->initiator && sa->state == IKE_ST_INIT;
}

static unsigned int terminate_children(struct ike_sa *sa,
				       const struct ike_target *t)
{
	unsigned int n = 0;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (!child_is_meant(c, t))
			continue;
		c->state = CHILD_ST_DELETING;
		n++;
	}
	return n;
}

static unsigned int rekey_children(struct ike_sa *sa, const struct ike_target *t)
{
	unsigned int n = 0;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (!child_is_meant(c, t))
			continue;
		c->rekey_ns = sa->e->now_ns;
		n++;
	}
	return n;
}

unsigned int engine_rekey_some(struct engine *e, const struct ike_target *t,
			       uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !is_current(sa) || !is_meant(sa, t))
			continue;
		sa_touch(sa);
		if (t->child) {
			n += rekey_children(sa, t);
		} else {
			sa->rekey_ns = now_ns;
			n++;
		}
		sa_next(sa);
	}
	sa_reap(e);
	return n;
}

unsigned int engine_reauth_some(struct engine *e, const struct ike_target *t,
				uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !is_current(sa) || sa->elder || !is_meant(sa, t))
			continue;
		sa_touch(sa);
		sa->reauth_ns = now_ns;
		n++;
		sa_next(sa);
	}
	sa_reap(e);
	return n;
}

unsigned int engine_terminate_some(struct engine *e, const struct ike_target *t,
				   bool force, uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	if (!t->ike_id && !t->child_id)
		later_forget(e, t->conn, t->child);
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !sa->conn || sa->state == IKE_ST_DEAD ||
		    is_unborn(sa) || !is_meant(sa, t))
			continue;
		sa_touch(sa);
		if (t->child) {
			n += terminate_children(sa, t);
		} else {
			sa->delete_wanted = true;
			n += !sa->failed; /* else its end is told already */
		}
		if (!t->child && (force || ends_at_once(sa)))
			info_delete_at_once(sa, "deleted here");
		else
			sa_next(sa);
	}
	sa_reap(e);
	return n;
}

unsigned int engine_terminate(struct engine *e, const char *conn,
			      const char *child, uint64_t now_ns)
{
	const struct ike_target t = { .conn = conn, .child = child };

	return engine_terminate_some(e, &t, false, now_ns);
}

unsigned int engine_rekey(struct engine *e, const char *conn, const char *child,
			  uint64_t now_ns)
{
	const struct ike_target t = { .conn = conn, .child = child };

	return engine_rekey_some(e, &t, now_ns);
}

unsigned int engine_reauth(struct engine *e, const char *conn, uint64_t now_ns)
{
	const struct ike_target t = { .conn = conn };

	return engine_reauth_some(e, &t, now_ns);
}
