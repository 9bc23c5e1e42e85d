// SPDX-License-Identifier: BSD-2-Clause
/*
 * The engine's doors: what comes in finds its IKE SA and its exchange. No exchange
 * is known here beyond its name. Commands and the time have files of their own.
 */
#include "ctrl/ike/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/cookie.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/fetching.h"
#include "ctrl/ike/staple.h"
#include "ctrl/ike/idle.h"
#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/pool.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/receive.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/takeover.h"
#include "ctrl/ike/ticket.h"

/* Twice as long as the data path keeps them. */
#define ORPHANS_NS (60 * NS_PER_S)

struct engine *engine_new(const struct engine_calls *calls)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->calls = *calls;
	e->options = ike_options_default();
	e->conns_end = &e->conns;
	TAILQ_INIT(&e->fetching);
	TAILQ_INIT(&e->unasked);
	if (!calls->random(calls->ctx, &e->spi_mask, sizeof(e->spi_mask)) ||
	    !calls->random(calls->ctx, &e->tokens, sizeof(e->tokens)) ||
	    !calls->random(calls->ctx, &e->stranger_key,
			   sizeof(e->stranger_key)) ||
	    !cookie_init(e) || statuses_new(&e->statuses) ||
	    cert_cache_new(&e->certs)) {
		statuses_unref(e->statuses);
		free(e);
		return NULL;
	}
	return e;
}

void engine_set_options(struct engine *e, const struct ike_options *options)
{
	e->options = *options;
}

void engine_set_creds(struct engine *e, struct creds *creds)
{
	struct creds *was = e->creds;

	e->creds = creds && !creds_is_empty(creds) ? creds_ref(creds) : NULL;
	creds_unref(was);
}

static void end(struct ike_sa *sa)
{
	if (sa && sa->state == IKE_ST_DEAD)
		sa_bury(sa);
	else if (sa)
		sa_close(sa, "the engine ends");
}

static void no_sadb(void *ctx, const struct sadb_request *q)
{
	(void)ctx;
	(void)q;
}

static void no_event(void *ctx, const struct ike_event *e)
{
	(void)ctx;
	(void)e;
}

/* Another engine goes on with its SAs: of their end nobody hears. */
static void fall_silent(struct engine *e)
{
	e->records_are_kept = false;
	e->calls.sadb = no_sadb;
	e->calls.event = no_event;
	e->calls.ike_view = NULL;
	e->calls.child_view = NULL;
	e->calls.lease = NULL;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	if (e->records_are_kept)
		fall_silent(e);
	for (uint32_t i = 0; i < e->n_slots; i++)
		end(e->slots[i]);
	departures_end(e, UINT64_MAX);
	later_forget_all(e);
	tickets_forget(e);
	sa_reap(e);
	post_drop(e);
	while (e->conns)
		engine_unload(e, e->conns->conf.name);
	pools_free(e);
	free(e->slots);
	free(e->free_slots);
	heap_fini(&e->due);
	creds_unref(e->creds);
	statuses_unref(e->statuses);
	cert_cache_unref(e->certs);
	staple_flush(e);
	explicit_bzero(e, sizeof(*e));
	free(e);
}

/* --- answers: a token has its IKE SA in its upper half */

uint64_t token_next(const struct ike_sa *sa)
{
	return (uint64_t)sa->id << 32 | ++sa->e->tokens;
}

uint64_t token_new(struct ike_sa *sa, struct exchange *x,
		   enum exchange_step step)
{
	x->step = step;
	x->token = token_next(sa);
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
	sa_touch(*sa);
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
	switch (x->kind) {
	case EX_INIT:
		init_resume(sa, x, job);
		break;
	case EX_INTERMEDIATE:
		intermediate_ke(sa, x, job);
		break;
	case EX_CHILD:
		child_x_ke(sa, x, job);
		break;
	case EX_REKEY_IKE:
		rekey_ke(sa, x, job);
		break;
	case EX_NONE:
	case EX_RESUME:
	case EX_AUTH:
	case EX_INFO:
	case EX_MOBIKE:
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

void engine_verified(struct engine *e, struct verify_job *job, uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, job->token, &sa);
	if (x && x->kind != EX_AUTH)
		x = NULL;
	if (x && fetching_begin(sa, x, job))
		job = NULL;
	else if (x)
		auth_verified(sa, x, job);
	verify_job_free(job);
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

void engine_ticket_answer(struct engine *e, const struct ticket_answer *a,
			  uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, a->token, &sa);
	if (x && x->step == STEP_TICKET)
		resume_opened(sa, a);
	else if (sa && !x)
		ticket_made(sa, a);
	sa_reap(e);
}

/* What was made for somebody who is gone meanwhile goes back. */
static void return_sa(struct engine *e, const struct sadb_answer *a)
{
	const struct sadb_request q = { .verb = SADB_DELETE, .id = a->id };
	bool made = a->verb == SADB_GETSPI ||
		    (a->verb == SADB_ADD && a->id.dir == SADB_OUT);

	if (made && !a->err)
		e->calls.sadb(e->calls.ctx, &q);
}

void engine_sadb_answer(struct engine *e, const struct sadb_answer *a,
			uint64_t now_ns)
{
	struct exchange *x;
	struct ike_sa *sa;

	e->now_ns = now_ns;
	x = waiting(e, a->token, &sa);
	if (!x && a->verb == SADB_CLAIM)
		takeover_claimed(e, a);
	else if (!x && a->verb == SADB_QUERY)
		idle_answered(e, a);
	else if (!x && a->verb == SADB_MOVE)
		mobike_moved(e, a);
	else if (!x)
		return_sa(e, a);
	else if (x->kind == EX_AUTH)
		auth_sadb(sa, x, a);
	else if (x->kind == EX_CHILD)
		child_x_sadb(sa, x, a);
	else if (x->kind == EX_INFO)
		info_sadb(sa);
	sa_reap(e);
}

/* The peer uses it: it has all that it needs to use the other one. */
static void used(struct engine *e, uint32_t spi_in)
{
	struct child_sa *c, *next;

	for (c = child_of_spi(e, spi_in, NULL); c; c = next) {
		struct ike_sa *sa = c->sa;

		next = child_of_spi(e, spi_in, c);
		sa_touch(sa);
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
	else if (event->verb == SADB_EXPIRE || event->verb == SADB_MAPPING)
		child_told(e, event);
	else if (event->verb == SADB_ACQUIRE)
		acquire(e, event);
	else if (event->verb == SADB_NEW_EPOCH)
		child_new_epoch(e);
	sa_reap(e);
}

void engine_input(struct engine *e, const struct ike_path *path,
		  uint8_t *datagram, size_t len, uint64_t now_ns)
{
	e->now_ns = now_ns;
	receive(e, path, datagram, len);
	sa_reap(e);
}

void engine_orphans(struct engine *e, uint64_t now_ns)
{
	e->now_ns = now_ns;
	e->orphans_ns = now_ns + ORPHANS_NS;
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
	const struct slice peer = slice_of(job->peer, job->peer_len);

	if (!peer.len)
		job->err = job->ke ? 0 : ke_new(job->alg, &job->ke);
	else if (job->ke)
		job->err = ke_agree(job->ke, peer);
	else
		job->err = ke_answer(job->alg, peer, &job->ke);
}

void ke_job_free(struct ke_job *job)
{
	if (!job)
		return;
	ke_free(job->ke);
	explicit_bzero(job, sizeof(*job));
	free(job);
}
