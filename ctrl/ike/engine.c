// SPDX-License-Identifier: BSD-2-Clause
/*
 * The engine's doors: what comes in finds its IKE SA and its exchange, what is
 * due is done. No exchange is known here beyond its name.
 */
#include "ctrl/ike/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/receive.h"
#include "ctrl/ike/sa.h"

#define NS_OF_S(s) ((uint64_t)(s)*1000000000ULL)

struct engine *engine_new(const struct engine_calls *calls)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->calls = *calls;
	if (!calls->random(calls->ctx, &e->spi_mask, sizeof(e->spi_mask)) ||
	    !calls->random(calls->ctx, &e->tokens, sizeof(e->tokens))) {
		free(e);
		return NULL;
	}
	return e;
}

static void end(struct ike_sa *sa)
{
	if (sa && sa->state == IKE_ST_DEAD)
		sa_bury(sa);
	else if (sa)
		sa_close(sa, "the engine ends");
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->n_slots; i++)
		end(e->slots[i]);
	sa_reap(e);
	while (e->conns)
		engine_unload(e, e->conns->conf.name);
	free(e->slots);
	explicit_bzero(e, sizeof(*e));
	free(e);
}

/* --- connections */

static int conn_copy(struct conn_conf *out, const struct conn_conf *from)
{
	size_t n = from->n_children;

	*out = *from;
	out->children = calloc(n + 1, sizeof(*out->children));
	if (!out->children)
		return -ENOMEM;
	if (n)
		memcpy(out->children, from->children,
		       n * sizeof(*out->children));
	return 0;
}

int engine_load(struct engine *e, const struct conn_conf *conn)
{
	struct conn **at = &e->conns, *c = calloc(1, sizeof(*c));

	if (!c || conn_copy(&c->conf, conn)) {
		free(c);
		return -ENOMEM;
	}
	c->refs = 1;
	engine_unload(e, conn->name);
	while (*at)
		at = &(*at)->next;
	*at = c;
	return 0;
}

bool engine_unload(struct engine *e, const char *name)
{
	struct conn **at = &e->conns, *c;

	while (*at && strcmp((*at)->conf.name, name) != 0)
		at = &(*at)->next;
	c = *at;
	if (!c)
		return false;
	*at = c->next;
	conn_drop(c);
	return true;
}

static struct conn *conn_by_name(const struct engine *e, const char *name)
{
	struct conn *c = e->conns;

	while (c && strcmp(c->conf.name, name) != 0)
		c = c->next;
	return c;
}

static const struct child_conf *child_by_name(const struct conn *c,
					      const char *name)
{
	for (size_t i = 0; i < c->conf.n_children; i++)
		if (!name || strcmp(c->conf.children[i].name, name) == 0)
			return &c->conf.children[i];
	return NULL;
}

/* --- commands */

static bool is_host(const struct conn_addr *a)
{
	return !a->any && a->net.bits == (addr_is_v4(&a->net.net) ? 32 : 128);
}

/* local may be any: whoever sends fills it in. */
static bool path_of(const struct conn_conf *c, struct ike_path *out)
{
	if (!c->n_remote_addrs || !is_host(&c->remote_addrs[0]))
		return false;
	*out = (struct ike_path){
		.local = addr_from_v4(0),
		.remote = c->remote_addrs[0].net.net,
		.local_port = c->local_port,
		.remote_port = c->remote_port,
	};
	if (c->n_local_addrs && is_host(&c->local_addrs[0]))
		out->local = c->local_addrs[0].net.net;
	return true;
}

int engine_initiate(struct engine *e, const char *conn, const char *child,
		    uint64_t now_ns)
{
	struct conn *c = conn_by_name(e, conn);
	const struct child_conf *wanted = c ? child_by_name(c, child) : NULL;
	struct ike_path path;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	if (!wanted)
		return -ENOENT;
	if (!path_of(&c->conf, &path))
		return -EADDRNOTAVAIL;
	sa = sa_new(e, true, &path);
	if (!sa)
		return -ENOMEM;
	sa->conn = conn_hold(c);
	sa->wanted = wanted;
	if (!init_start(sa))
		sa_close(sa, "out of memory");
	sa_reap(e);
	return 0;
}

static unsigned int terminate_children(struct ike_sa *sa, const char *name)
{
	unsigned int n = 0;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (strcmp(c->conf->name, name) != 0)
			continue;
		c->state = CHILD_ST_DELETING;
		n++;
	}
	return n;
}

static unsigned int rekey_children(struct ike_sa *sa, const char *name)
{
	unsigned int n = 0;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (strcmp(c->conf->name, name) != 0)
			continue;
		c->rekey_ns = sa->e->now_ns;
		n++;
	}
	return n;
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

unsigned int engine_rekey(struct engine *e, const char *conn, const char *child,
			  uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !is_current(sa) ||
		    strcmp(sa->conn->conf.name, conn) != 0)
			continue;
		if (child) {
			n += rekey_children(sa, child);
		} else {
			sa->rekey_ns = now_ns;
			n++;
		}
		sa_next(sa);
	}
	sa_reap(e);
	return n;
}

unsigned int engine_terminate(struct engine *e, const char *conn,
			      const char *child, uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !sa->conn || sa->state == IKE_ST_DEAD ||
		    is_unborn(sa) || strcmp(sa->conn->conf.name, conn) != 0)
			continue;
		if (child) {
			n += terminate_children(sa, child);
		} else {
			sa->delete_wanted = true;
			n++;
		}
		sa_next(sa);
	}
	sa_reap(e);
	return n;
}

static bool is_due(const struct ike_sa *sa, uint64_t at_ns)
{
	return at_ns && sa->e->now_ns >= at_ns;
}

/* One that is to be deleted, by whoever's wish or because its time is up. */
static struct child_sa *child_to_delete(const struct ike_sa *sa)
{
	struct child_sa *c = sa->children;

	while (c && c->state != CHILD_ST_DELETING && !is_due(sa, c->expire_ns))
		c = c->next;
	return c;
}

/* When it is to be rekeyed; 0: not, or not yet. */
static uint64_t rekey_at_ns(const struct child_sa *c)
{
	if (!c->rekey_ns || c->replaced || c->state != CHILD_ST_INSTALLED)
		return 0;
	return c->rekey_ns > c->trust_ns ? c->rekey_ns : c->trust_ns;
}

static struct child_sa *child_to_rekey(const struct ike_sa *sa)
{
	struct child_sa *c = sa->children;

	while (c && !is_due(sa, rekey_at_ns(c)))
		c = c->next;
	return c;
}

static void bind_due(struct ike_sa *sa)
{
	for (struct child_sa *c = sa->children; c; c = c->next)
		if (is_due(sa, c->bind_ns))
			child_rebind(sa, c);
}

static bool is_silent(const struct ike_sa *sa)
{
	uint64_t delay_ns = NS_OF_S(sa->conn->conf.dpd_delay);

	return delay_ns && sa->e->now_ns >= sa->heard_ns + delay_ns;
}

/* What an established IKE SA does next, the most urgent first. */
static void next_of_established(struct ike_sa *sa)
{
	struct child_sa *gone = child_to_delete(sa), *old = child_to_rekey(sa);

	if (sa->delete_wanted || is_due(sa, sa->expire_ns))
		info_delete_ike(sa);
	else if (gone)
		info_delete_child(sa, gone);
	else if (is_due(sa, sa->rekey_ns)) {
		sa->rekey_ns = 0;
		rekey_start(sa);
	} else if (old) {
		old->rekey_ns = 0;
		child_x_start(sa, old, old->conf);
	} else if (is_silent(sa))
		info_liveness(sa);
}

void sa_next(struct ike_sa *sa)
{
	bind_due(sa);
	if (is_due(sa, sa->drop_ns)) {
		if (sa->state == IKE_ST_DEAD)
			sa_bury(sa);
		else
			sa_close(sa, "replaced");
		return;
	}
	if (sa->ours.kind != EX_NONE)
		return;
	if (sa->state == IKE_ST_ESTABLISHED)
		next_of_established(sa);
	else if (sa->delete_wanted && sa->state != IKE_ST_DELETING)
		sa_close(sa, "deleted before it was established");
}

/* --- time */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return b && b < a ? b : a;
}

/* When an established one that has nothing under way wants to be looked at. */
static uint64_t idle_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	if (sa->delete_wanted) /* of the one that it takes the place of */
		return sa->e->now_ns;
	at = sooner(at, sa->rekey_ns);
	at = sooner(at, sa->expire_ns);
	if (sa->conn->conf.dpd_delay)
		at = sooner(at,
			    sa->heard_ns + NS_OF_S(sa->conn->conf.dpd_delay));
	for (const struct child_sa *c = sa->children; c; c = c->next) {
		if (c->state == CHILD_ST_DELETING)
			return sa->e->now_ns;
		at = sooner(at, rekey_at_ns(c));
		at = sooner(at, c->expire_ns);
	}
	return at;
}

static uint64_t sa_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX, idle;

	at = sooner(at, sa->half_open_ns);
	at = sooner(at, sa->resend_ns);
	at = sooner(at, sa->drop_ns);
	for (const struct child_sa *c = sa->children; c; c = c->next)
		at = sooner(at, c->bind_ns);
	if (sa->state != IKE_ST_ESTABLISHED || sa->ours.kind != EX_NONE)
		return at;
	idle = idle_deadline(sa);
	return idle < at ? idle : at;
}

uint64_t engine_deadline(const struct engine *e)
{
	uint64_t at = UINT64_MAX;

	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i])
			at = sooner(at, sa_deadline(e->slots[i]));
	return at;
}

static void sa_timeout(struct ike_sa *sa)
{
	uint64_t now_ns = sa->e->now_ns;

	if (sa->half_open_ns && now_ns >= sa->half_open_ns && !sa->initiator)
		sa_close(sa, "the peer did not finish the handshake");
	else if (is_due(sa, sa->resend_ns))
		request_resend(sa);
	else
		sa_next(sa);
}

void engine_timeout(struct engine *e, uint64_t now_ns)
{
	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (e->slots[i] && sa_deadline(e->slots[i]) <= now_ns)
			sa_timeout(e->slots[i]);
	sa_reap(e);
}

/* --- answers: a token has its IKE SA in its upper half */

uint64_t token_new(struct ike_sa *sa, struct exchange *x,
		   enum exchange_step step)
{
	x->step = step;
	x->token = (uint64_t)sa->id << 32 | ++sa->e->tokens;
	return x->token;
}

/* The exchange that waits for it; NULL: nobody does any more. */
static struct exchange *waiting(const struct engine *e, uint64_t token,
				struct ike_sa **sa)
{
	struct exchange *x;

	*sa = sa_by_id(e, (uint32_t)(token >> 32));
	if (!*sa || !token)
		return NULL;
	x = (*sa)->ours.token == token ? &(*sa)->ours : &(*sa)->peers;
	if (x->token != token)
		return NULL;
	x->token = 0;
	return x;
}

bool ask_ke(struct ike_sa *sa, struct exchange *x, const struct ke_alg *alg,
	    struct slice peer)
{
	struct ke_job *job = calloc(1, sizeof(*job));

	if (!job || peer.len > sizeof(job->peer)) {
		free(job);
		return false;
	}
	job->token = token_new(sa, x, STEP_KE);
	job->alg = alg;
	job->ke = x->ke;
	x->ke = NULL;
	job->peer_len = peer.len;
	if (peer.len)
		memcpy(job->peer, peer.ptr, peer.len);
	sa->e->calls.ke(sa->e->calls.ctx, job);
	return true;
}

static void ke_arrived(struct ike_sa *sa, struct exchange *x,
		       const struct ke_job *job)
{
	x->shared = job->shared;
	switch (x->kind) {
	case EX_INIT:
		init_resume(sa, x, job);
		break;
	case EX_CHILD:
		child_x_ke(sa, x, job);
		break;
	case EX_REKEY_IKE:
		rekey_ke(sa, x, job);
		break;
	case EX_NONE:
	case EX_AUTH:
	case EX_INFO:
		break;
	}
}

void engine_ke_done(struct engine *e, struct ke_job *job, uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, job->token, &sa);
	if (x) {
		x->ke = job->ke;
		x->ke_method = (uint16_t)job->alg->id;
		job->ke = NULL;
		ke_arrived(sa, x, job);
	}
	ke_job_free(job);
	sa_reap(e);
}

void engine_keystore_answer(struct engine *e, const struct keystore_answer *a,
			    uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, a->token, &sa);
	if (x && x->kind == EX_AUTH)
		auth_keystore(sa, x, a);
	sa_reap(e);
}

/* An SPI for somebody who is gone goes back. */
static void return_spi(struct engine *e, const struct sadb_answer *a)
{
	const struct sadb_request q = { .verb = SADB_DELETE, .id = a->id };

	if (a->verb == SADB_GETSPI && !a->err)
		e->calls.sadb(e->calls.ctx, &q);
}

void engine_sadb_answer(struct engine *e, const struct sadb_answer *a,
			uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, a->token, &sa);
	if (!x)
		return_spi(e, a);
	else if (x->kind == EX_AUTH)
		auth_sadb(sa, x, a);
	else if (x->kind == EX_CHILD)
		child_x_sadb(sa, x, a);
	sa_reap(e);
}

/* The peer uses it: it has all that it needs to use the other one. */
static void used(struct engine *e, uint32_t spi_in)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];
		struct child_sa *c = sa ? child_by_spi_in(sa, spi_in) : NULL;

		if (!c)
			continue;
		child_confirm(sa, c);
		sa_next(sa);
	}
}

void engine_sadb_event(struct engine *e, const struct sadb_event *event,
		       uint64_t now_ns)
{
	e->now_ns = now_ns;
	if (event->verb == SADB_USED)
		used(e, event->id.spi);
	sa_reap(e);
}

void engine_input(struct engine *e, const struct ike_path *path,
		  uint8_t *datagram, size_t len, uint64_t now_ns)
{
	e->now_ns = now_ns;
	receive(e, path, datagram, len);
	sa_reap(e);
}

unsigned int engine_count(const struct engine *e, unsigned int *half_open)
{
	*half_open = e->n_half_open;
	return e->n_sas;
}

/* --- for a thread of its own */

void ke_job_run(struct ke_job *job)
{
	job->err = job->ke ? 0 : ke_new(job->alg, &job->ke);
	if (!job->err && job->peer_len)
		job->err = ke_shared(job->ke, slice_of(job->peer, job->peer_len),
				     &job->shared);
}

void ke_job_free(struct ke_job *job)
{
	if (!job)
		return;
	ke_free(job->ke);
	explicit_bzero(job, sizeof(*job));
	free(job);
}
