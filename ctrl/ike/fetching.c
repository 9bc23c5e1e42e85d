// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/fetching.h"

#include <string.h>

#include "ctrl/ike/proof.h"
#include "ctrl/ike/staple.h"

/* Longer than all addresses of a certificate take, one after the other. */
#define WANTED_NS (100 * NS_PER_S)

#define WANTED_CERTS_MAX (WANTED_MAX / 4)

/* Handshakes of one address that wait for certificates. */
#define OF_ADDRESS_MAX 8U

/* --- who waits for what */

static struct fetch_wait_list *bucket_of(struct engine *e, const uint8_t *key)
{
	return &e->waits[key[0] % WAIT_BUCKETS];
}

static void queue(struct engine *e, struct fetch_wait *w)
{
	w->is_queued = true;
	TAILQ_INSERT_TAIL(&e->unasked, w, of_unasked);
}

static void unqueue(struct engine *e, struct fetch_wait *w)
{
	TAILQ_REMOVE(&e->unasked, w, of_unasked);
	w->is_queued = false;
}

static void list(struct engine *e, struct proof *p)
{
	const struct status_wants *wants = &p->waits->wants;

	for (size_t i = 0; i < wants->n; i++) {
		struct fetch_wait *w = &p->wait[i];

		if (wants->asked[i].is_answered)
			continue;
		*w = (struct fetch_wait){ .proof = p,
					  .asked = &wants->asked[i] };
		LIST_INSERT_HEAD(bucket_of(e, w->asked->key), w, of_key);
		queue(e, w);
	}
	TAILQ_INSERT_TAIL(&e->fetching, p, of_fetching);
}

static void end_wait(struct engine *e, struct fetch_wait *w)
{
	if (!w->proof)
		return;
	if (w->is_queued)
		unqueue(e, w);
	LIST_REMOVE(w, of_key);
	*w = (struct fetch_wait){ .proof = NULL };
}

static void unlist(struct engine *e, struct proof *p)
{
	for (size_t i = 0; i < STATUS_WANTS_MAX; i++)
		end_wait(e, &p->wait[i]);
	TAILQ_REMOVE(&e->fetching, p, of_fetching);
	p->waits = NULL;
}

/* --- what is wanted: of however many once */

static bool is_wanted(const struct engine *e, const struct status_asked *asked)
{
	for (unsigned int i = 0; i < WANTED_MAX; i++) {
		const struct wanted_status *w = &e->wanted[i];

		if (w->until_ns > e->now_ns && w->kind == asked->kind &&
		    memcmp(w->key, asked->key, sizeof(w->key)) == 0)
			return true;
	}
	return false;
}

/* NULL: as many as may be are wanted. */
static struct wanted_status *free_wanted(struct engine *e)
{
	for (unsigned int i = 0; i < WANTED_MAX; i++)
		if (e->wanted[i].until_ns <= e->now_ns)
			return &e->wanted[i];
	return NULL;
}

static void ask(struct engine *e, struct wanted_status *w,
		const struct status_asked *asked)
{
	struct status_want want = {
		.kind = asked->kind,
		.n_path = asked->n_path,
		.request = owned_slice(&asked->request),
	};

	for (size_t i = 0; i < asked->n_path; i++)
		want.path[i] = owned_slice(&asked->path[i]);
	w->kind = asked->kind;
	memcpy(w->sha256, asked->sha256, sizeof(w->sha256));
	memcpy(w->key, asked->key, sizeof(w->key));
	w->until_ns = e->now_ns + WANTED_NS;
	e->calls.want(e->calls.ctx, &want);
}

static bool certs_have_room(const struct engine *e)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WANTED_MAX; i++)
		n += e->wanted[i].kind == STATUS_CERT &&
		     e->wanted[i].until_ns > e->now_ns;
	return n < WANTED_CERTS_MAX;
}

/* Those that came first are the first, but for certificates, which are for strangers. */
static struct fetch_wait *next_unasked(struct engine *e)
{
	bool certs = certs_have_room(e);
	struct fetch_wait *w;

	TAILQ_FOREACH(w, &e->unasked, of_unasked)
	if (certs || w->asked->kind != STATUS_CERT)
		return w;
	return NULL;
}

/* As many as may be. */
static void ask_next(struct engine *e)
{
	struct fetch_wait *next;
	struct wanted_status *w;

	while ((next = next_unasked(e)) && (w = free_wanted(e))) {
		unqueue(e, next);
		if (!is_wanted(e, next->asked))
			ask(e, w, next->asked);
	}
}

void engine_fetch_anew(struct engine *e)
{
	statuses_flush(e->statuses);
	staple_flush(e);
}

void engine_fetch_again(struct engine *e, uint64_t now_ns)
{
	struct proof *p;

	e->now_ns = now_ns;
	memset(e->wanted, 0, sizeof(e->wanted));
	TAILQ_FOREACH(p, &e->fetching, of_fetching)
	for (size_t i = 0; i < STATUS_WANTS_MAX; i++)
		if (p->wait[i].proof && !p->wait[i].is_queued)
			queue(e, &p->wait[i]);
	ask_next(e);
	sa_reap(e);
}

static struct wanted_status *wanted_for(struct engine *e, const uint8_t *sha256,
					enum status_kind kind)
{
	for (unsigned int i = 0; i < WANTED_MAX; i++) {
		struct wanted_status *w = &e->wanted[i];

		if (w->until_ns && w->kind == kind &&
		    memcmp(w->sha256, sha256, sizeof(w->sha256)) == 0)
			return w;
	}
	return NULL;
}

/* --- it waits */

static bool waits_for_certs(const struct verify_job *job)
{
	const struct status_wants *w = &job->wants;

	for (size_t i = 0; i < w->n; i++)
		if (w->asked[i].kind == STATUS_CERT && !w->asked[i].is_answered)
			return true;
	return false;
}

/* Who it is nobody knows before they have come: at one address are so many at most. */
static bool is_crowded(const struct ike_sa *sa, const struct verify_job *job)
{
	const struct proof *p;
	unsigned int n = 0;

	if (!waits_for_certs(job))
		return false;
	TAILQ_FOREACH(p, &sa->e->fetching, of_fetching)
	n += addr_equal(&p->sa->path.remote, &sa->path.remote) &&
	     waits_for_certs(p->waits);
	return n >= OF_ADDRESS_MAX;
}

/* The token is that of the job's next turn. */
bool fetching_begin(struct ike_sa *sa, struct exchange *x,
		    struct verify_job *job)
{
	struct engine *e = sa->e;
	struct proof *p = sa->proof;

	if (!p || !status_is_open(&job->wants) || is_crowded(sa, job))
		return false;
	if (!p->fetch_until_ns)
		p->fetch_until_ns = e->now_ns + FETCHING_NS;
	if (e->now_ns >= p->fetch_until_ns)
		return false;
	job->token = token_new(sa, x, STEP_AUTH_CHECK);
	p->waits = job;
	p->sa = sa;
	list(e, p);
	ask_next(e);
	return true;
}

uint64_t fetching_at_ns(const struct ike_sa *sa)
{
	return sa->proof && sa->proof->waits ? sa->proof->fetch_until_ns : 0;
}

static void go_on(struct ike_sa *sa)
{
	struct verify_job *job = sa->proof->waits;

	unlist(sa->e, sa->proof);
	sa->e->calls.verify(sa->e->calls.ctx, job);
}

void fetching_expire(struct ike_sa *sa)
{
	status_give_up(&sa->proof->waits->wants);
	go_on(sa);
}

void fetching_end(struct ike_sa *sa)
{
	struct proof *p = sa->proof;
	struct verify_job *job = p ? p->waits : NULL;

	if (!job)
		return;
	unlist(sa->e, p);
	verify_job_free(job);
}

static struct fetch_wait *wait_for(struct engine *e,
				   const struct wanted_status *wanted)
{
	struct fetch_wait *w;

	LIST_FOREACH(w, bucket_of(e, wanted->key), of_key)
	if (w->asked->kind == wanted->kind &&
	    memcmp(w->asked->key, wanted->key, sizeof(wanted->key)) == 0)
		return w;
	return NULL;
}

static void answer(struct engine *e, const struct wanted_status *wanted,
		   struct status *s)
{
	struct fetch_wait *w;

	while ((w = wait_for(e, wanted))) {
		struct proof *p = w->proof;

		status_answer(&p->waits->wants, wanted->key, wanted->kind, s);
		end_wait(e, w);
		if (status_is_open(&p->waits->wants))
			continue;
		sa_touch(p->sa);
		go_on(p->sa);
	}
}

void engine_fetched(struct engine *e, const uint8_t sha256[CERTIFICATE_SHA256],
		    enum status_kind kind, struct slice octets, uint64_t now_ns)
{
	struct wanted_status *w = wanted_for(e, sha256, kind);
	struct status *s = w && octets.len ? status_new(kind, octets) : NULL;

	e->now_ns = now_ns;
	if (kind == STATUS_OCSP)
		staple_take(e, sha256, octets);
	if (w) {
		answer(e, w, s);
		w->until_ns = 0;
		ask_next(e);
	}
	status_unref(s);
	sa_reap(e);
}
