// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/updown.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/base/name_index.h"
#include "ctrl/daemon/own_addrs.h"
#include "ctrl/daemon/script.h"
#include "ctrl/daemon/updown_env.h"

#define RUNNING_MAX 8U
#define JOBS_MAX    16384U
#define MEMBERS_MAX 65536U
#define BUCKETS	    1024U
#define DRAIN_S	    5

/* A script that is to be run, or runs. */
struct job {
	struct updown *u;
	uint64_t of; /* whose turn it is: a hash of its names */
	char verb[24];
	char child[CONN_NAME_MAX];
	char command[UPDOWN_MAX];
	struct script *script; /* owned; NULL: it waits */
	TAILQ_ENTRY(job) next;
	size_t n_env, env_len;
	char env[];
};

TAILQ_HEAD(jobs, job);

/* What a child said when its SA came; of that SA, and of those that took its place
 * since: when the last of them goes, the tunnel is down. */
struct line {
	unsigned int n_members;
	bool hostaccess;
	uint32_t reqid;
	char command[UPDOWN_MAX];
};

struct member {
	uint32_t child_id;
	struct line *line;
	LIST_ENTRY(member) next;
};

LIST_HEAD(members, member);

struct updown {
	struct event_base *base;
	struct jobs waiting, running;
	unsigned int n_jobs, n_running, n_members;
	struct members buckets[BUCKETS];
	struct event *patience; /* of who drains */
	void (*drained)(void *ctx);
	void *ctx;
	struct log_limit full;
};

struct updown *updown_new(struct event_base *base)
{
	struct updown *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->base = base;
	TAILQ_INIT(&u->waiting);
	TAILQ_INIT(&u->running);
	return u;
}

/* --- what a child said */

static struct members *bucket_of(struct updown *u, uint32_t child_id)
{
	return &u->buckets[child_id % BUCKETS];
}

static struct member *find(struct updown *u, uint32_t child_id)
{
	struct member *m = LIST_FIRST(bucket_of(u, child_id));

	while (m && m->child_id != child_id)
		m = LIST_NEXT(m, next);
	return m;
}

/* Without memory it is what the configuration says when it goes. */
static void join(struct updown *u, struct line *line, uint32_t child_id)
{
	struct member *m = NULL;

	if (u->n_members < MEMBERS_MAX && !find(u, child_id))
		m = malloc(sizeof(*m));
	if (!m)
		return;
	*m = (struct member){ .child_id = child_id, .line = line };
	LIST_INSERT_HEAD(bucket_of(u, child_id), m, next);
	line->n_members++;
	u->n_members++;
}

/* The line, if that was the last one: free() it. NULL: others are there. */
static struct line *leave(struct updown *u, struct member *m)
{
	struct line *line = m->line;

	LIST_REMOVE(m, next);
	free(m);
	u->n_members--;
	return --line->n_members ? NULL : line;
}

static const struct child_conf *child_of(const struct config *c,
					 const char *conn, const char *child)
{
	for (size_t i = 0; i < c->n_conns; i++)
		if (strcmp(c->conns[i].name, conn) == 0)
			return conn_child(&c->conns[i], child);
	return NULL;
}

/* What is said now; false: nothing. */
static bool read_conf(const struct config *c, const char *conn,
		      const char *child, struct line *out)
{
	const struct child_conf *conf = child_of(c, conn, child);

	if (!conf || !conf->updown[0])
		return false;
	*out = (struct line){ .hostaccess = conf->hostaccess,
			      .reqid = conf->reqid };
	memcpy(out->command, conf->updown, sizeof(out->command));
	return true;
}

/* --- running */

static void run_more(struct updown *u);

static void job_free(struct job *j)
{
	script_free(j->script);
	j->u->n_jobs--;
	free(j);
}

static void be_drained(struct updown *u)
{
	void (*done)(void *ctx) = u->drained;

	if (!done)
		return;
	u->drained = NULL;
	done(u->ctx);
}

static void on_ended(void *ctx, const char *why)
{
	struct job *j = ctx;
	struct updown *u = j->u;

	if (why)
		log_warn("updown: %s for %s, %s: %s", j->command, j->child,
			 j->verb, why);
	else
		log_debug("updown: %s for %s, %s: done", j->command, j->child,
			  j->verb);
	TAILQ_REMOVE(&u->running, j, next);
	u->n_running--;
	job_free(j);
	run_more(u);
	if (!u->n_jobs)
		be_drained(u);
}

static bool is_running(const struct updown *u, uint64_t of)
{
	const struct job *j;

	TAILQ_FOREACH(j, &u->running, next)
	if (j->of == of)
		return true;
	return false;
}

static struct job *next_job(struct updown *u)
{
	struct job *j;

	TAILQ_FOREACH(j, &u->waiting, next)
	if (!is_running(u, j->of))
		return j;
	return NULL;
}

static void run(struct updown *u, struct job *j)
{
	const struct script_spec spec = { .base = u->base,
					  .command = j->command,
					  .env = j->env,
					  .n_env = j->n_env,
					  .limit_s = UPDOWN_LIMIT_S,
					  .ended = on_ended,
					  .ctx = j };
	struct error e;

	TAILQ_REMOVE(&u->waiting, j, next);
	if (!script_start(&spec, &j->script, &e)) {
		TAILQ_INSERT_TAIL(&u->running, j, next);
		u->n_running++;
		return;
	}
	log_error("updown: %s", e.text);
	job_free(j);
}

static void run_more(struct updown *u)
{
	struct job *j;

	while (u->n_running < RUNNING_MAX && (j = next_job(u)))
		run(u, j);
}

static void add_job(struct updown *u, const struct line *said,
		    const struct updown_what *what)
{
	struct updown_env env;
	struct job *j = NULL;

	updown_env(what, &env);
	if (u->n_jobs < JOBS_MAX)
		j = calloc(1, sizeof(*j) + env.len);
	if (!j) {
		if (log_may(&u->full, "updown", clock_ns()))
			log_error("updown: too many scripts wait; %s is not run for %s",
				  said->command, what->child->name);
		return;
	}
	j->u = u;
	j->of = name_hash(what->ike->conn) * 31 + name_hash(what->child->name);
	memcpy(j->command, said->command, sizeof(j->command));
	memcpy(j->child, what->child->name, sizeof(j->child));
	updown_verb(what, j->verb);
	memcpy(j->env, env.octets, env.len);
	j->n_env = env.n;
	TAILQ_INSERT_TAIL(&u->waiting, j, next);
	u->n_jobs++;
}

static void tell(struct updown *u, const struct line *said, bool up,
		 const struct ike_sa_view *ike,
		 const struct child_sa_view *child)
{
	struct updown_what what = { .up = up,
				    .hostaccess = said->hostaccess,
				    .reqid = said->reqid,
				    .ike = ike,
				    .child = child };
	char interface[OWN_ADDRS_NAME];

	if (own_addrs_have(&ike->local, interface))
		what.interface = interface;
	for (size_t i = 0; i < child->n_selectors && i < SADB_SELECTORS_MAX;
	     i++) {
		what.pair = &child->selectors[i];
		add_job(u, said, &what);
	}
	run_more(u);
}

/* --- events */

static void on_up(struct updown *u, const struct config *c,
		  const struct ike_event *e, const struct ike_event_views *views)
{
	const struct child_sa_view *elder = views->elder_child;
	const struct member *before = elder ? find(u, elder->id) : NULL;
	struct line said, *line;

	if (before) {
		join(u, before->line, views->child->id);
		return;
	}
	if (!read_conf(c, e->conn, e->child, &said))
		return;
	if (!e->elder_spi_in)
		tell(u, &said, true, views->ike, views->child);
	line = malloc(sizeof(*line));
	if (!line)
		return;
	*line = said;
	join(u, line, views->child->id);
	if (elder) /* of an earlier ctl */
		join(u, line, elder->id);
	if (!line->n_members)
		free(line);
}

/*
 * succeeded   another one is there in its place, for whom it is not known here
 */
static void on_down(struct updown *u, const struct config *c, const char *conn,
		    const struct ike_sa_view *ike,
		    const struct child_sa_view *child, bool succeeded)
{
	struct member *m = find(u, child->id);
	struct line said, *line;

	if (m) {
		line = leave(u, m);
		if (line)
			tell(u, line, false, ike, child);
		free(line);
	} else if (!succeeded && read_conf(c, conn, child->name, &said)) {
		tell(u, &said, false, ike, child);
	}
}

void updown_event(struct updown *u, const struct config *c,
		  const struct ike_event *e, const struct ike_event_views *views)
{
	if (!views->ike || !views->child)
		return;
	if (e->kind == IKE_EV_CHILD_UP)
		on_up(u, c, e, views);
	else if (e->kind == IKE_EV_CHILD_DOWN)
		on_down(u, c, e->conn, views->ike, views->child, e->succeeded);
}

static int by_id(const void *key, const void *elem)
{
	const uint32_t *id = key;
	const struct ike_sa_view *ike = elem;

	return *id < ike->id ? -1 : *id > ike->id;
}

void updown_lost(struct updown *u, const struct config *c,
		 const struct sas *lost)
{
	for (size_t i = 0; i < lost->n_child; i++) {
		const struct child_sa_view *child = &lost->child[i];
		const struct ike_sa_view *ike =
			bsearch(&child->ike_id, lost->ike, lost->n_ike,
				sizeof(*lost->ike), by_id);

		if (ike)
			on_down(u, c, ike->conn, ike, child,
				child->state != SA_VIEW_UP &&
					child->state != SA_VIEW_REKEYING);
	}
}

/* --- the end */

static void on_impatient(evutil_socket_t fd, short what, void *ctx)
{
	struct updown *u = ctx;

	(void)fd;
	(void)what;
	log_warn("updown: %u scripts are left, and not waited for", u->n_jobs);
	be_drained(u);
}

void updown_drain(struct updown *u, void (*done)(void *ctx), void *ctx)
{
	const struct timeval wait = { .tv_sec = DRAIN_S };

	if (u->n_jobs && !u->patience)
		u->patience = evtimer_new(u->base, on_impatient, u);
	if (!u->n_jobs || !u->patience || evtimer_add(u->patience, &wait)) {
		done(ctx);
		return;
	}
	u->drained = done;
	u->ctx = ctx;
}

static void jobs_free(struct jobs *jobs)
{
	struct job *j;

	while ((j = TAILQ_FIRST(jobs))) {
		TAILQ_REMOVE(jobs, j, next);
		job_free(j);
	}
}

void updown_free(struct updown *u)
{
	if (!u)
		return;
	jobs_free(&u->waiting);
	jobs_free(&u->running);
	for (size_t i = 0; i < BUCKETS; i++)
		while (!LIST_EMPTY(&u->buckets[i]))
			free(leave(u, LIST_FIRST(&u->buckets[i])));
	if (u->patience)
		event_free(u->patience);
	free(u);
}
