// SPDX-License-Identifier: BSD-2-Clause
/*
 * Peers that have names: which address one has is asked anew for every IKE SA
 * that we begin, which waits for the answer before IKE_SA_INIT. Who asks DNS,
 * and how often, is not the engine's to know. As a responder, a peer comes from
 * what its name resolved to last (strongSwan blocks for DNS here); one that comes
 * from elsewhere is not answered while it is asked for, and sends again.
 *
 * So waits an IKE SA whose peer redirects it to a gateway that has a name.
 */
#include "ctrl/ike/resolve.h"

#include <string.h>
#include <strings.h>

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/view.h"

#define WAIT_NS	    (60 * NS_PER_S)
#define STRANGER_NS (10 * NS_PER_S) /* a name is not asked for sooner again */

static void ask(struct engine *e, struct conn *c, bool urgent)
{
	c->asked_ns = e->now_ns;
	if (e->calls.resolve)
		e->calls.resolve(e->calls.ctx, c->conf.name, urgent);
}

static void wait(struct ike_sa *sa)
{
	if (sa->ours.kind == EX_NONE)
		sa->ours.kind = EX_INIT;
	sa->ours.step = STEP_RESOLVE;
	sa->half_open_ns = sa->e->now_ns + WAIT_NS;
	view_changed(sa);
}

void resolve_start(struct ike_sa *sa)
{
	wait(sa);
	ask(sa->e, sa->conn, true);
}

void resolve_gateway(struct ike_sa *sa, const char *host)
{
	wait(sa);
	sa->e->calls.resolve_gateway(sa->e->calls.ctx, host);
}

bool resolve_is_waited_for(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_INIT && sa->ours.kind != EX_NONE &&
	       (sa->ours.step == STEP_RESOLVE || sa->ours.step == STEP_RESOLVED);
}

static void fail(struct ike_sa *sa, const char *why)
{
	sa_alert(sa, IKE_ALERT_PEER_ADDR_FAILED);
	again_unresolved(sa);
	sa_close(sa, why);
}

void resolve_give_up(struct ike_sa *sa)
{
	if (sa->redirect_to)
		sa_close(sa,
			 "nobody said which address the name has to which the peer redirects us");
	else
		fail(sa, "nobody said which address the peer's name has");
}

bool resolve_for_stranger(struct engine *e)
{
	bool asked = false;

	for (struct conn *c = e->conns; c; c = c->next) {
		if (!conn_is_named(&c->conf) ||
		    (c->asked_ns && e->now_ns - c->asked_ns < STRANGER_NS))
			continue;
		ask(e, c, false);
		asked = true;
	}
	return asked;
}

static void begin(struct ike_sa *sa)
{
	sa->half_open_ns = 0;
	if (!conn_path(sa->e, &sa->conn->conf, &sa->path)) {
		fail(sa, "no way to any address that the peer's name has");
		return;
	}
	sa->asked_by = sa->path;
	if (!init_start(sa))
		sa_close(sa, "out of memory");
}

static void resume(struct ike_sa *sa, const struct conn *loaded, const char *why)
{
	struct conn_conf *conf = &sa->conn->conf;

	sa_touch(sa);
	if (*why) {
		fail(sa, why);
		return;
	}
	if (strcasecmp(conf->remote_host, loaded->conf.remote_host) != 0) {
		sa_close(sa, "the peer has another name now");
		return;
	}
	memcpy(conf->remote_addrs, loaded->conf.remote_addrs,
	       sizeof(conf->remote_addrs));
	conf->n_remote_addrs = loaded->conf.n_remote_addrs;
	begin(sa);
}

/* host: of a gateway; NULL: the name of that connection's peer. */
static bool waits_for(const struct ike_sa *sa, const char *conn,
		      const char *host)
{
	if (!sa || !resolve_is_waited_for(sa) || !sa->redirect_to != !host)
		return false;
	return host ? redirect_is_to(sa, host)
		    : strcmp(sa->conn->conf.name, conn) == 0;
}

/* Who begins meanwhile, because one of them failed, asks anew. */
static void mark(struct engine *e, const char *conn, const char *host)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (waits_for(e->slots[i], conn, host))
			e->slots[i]->ours.step = STEP_RESOLVED;
}

/* The next one that is marked, from there on; NULL: none. */
static struct ike_sa *marked(const struct engine *e, uint32_t *i)
{
	for (; *i < e->n_slots; (*i)++)
		if (e->slots[*i] && resolve_is_waited_for(e->slots[*i]) &&
		    e->slots[*i]->ours.step == STEP_RESOLVED)
			return e->slots[*i];
	return NULL;
}

void engine_resolved(struct engine *e, const char *conn,
		     const struct addr *addrs, size_t n, const char *why,
		     uint64_t now_ns)
{
	struct conn *c = conn_by_name(e, conn);
	struct ike_sa *sa;

	e->now_ns = now_ns;
	if (!c || !conn_is_named(&c->conf))
		return;
	if (n)
		conn_resolve(&c->conf, addrs, n);
	mark(e, conn, NULL);
	for (uint32_t i = 1; (sa = marked(e, &i)); i++)
		resume(sa, c, n ? "" : why);
	sa_reap(e);
}

void engine_gateway_resolved(struct engine *e, const char *host,
			     const struct addr *addrs, size_t n,
			     const char *why, uint64_t now_ns)
{
	struct ike_sa *sa;

	e->now_ns = now_ns;
	mark(e, NULL, host);
	for (uint32_t i = 1; (sa = marked(e, &i)); i++) {
		sa_touch(sa);
		sa->half_open_ns = 0;
		redirect_resolved(sa, addrs, n, why);
	}
	sa_reap(e);
}
