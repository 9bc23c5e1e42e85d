// SPDX-License-Identifier: BSD-2-Clause
/*
 * In the order in which they are due. One that is tried again stays, as it is to be
 * known how often it was, until it is up.
 *
 * A limit: they are not in the records; an engine that takes over knows of none,
 * and whoever started them starts them again.
 */
#include "ctrl/ike/later.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/acquire.h"

#define FIRST_S 10U
#define MOST_S	300U

struct later {
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX];
	unsigned int attempts; /* so far */
	uint64_t at_ns;	       /* UINT64_MAX: it is being tried */
	struct later *next;
};

static bool is_named(const struct later *l, const char *conn, const char *child)
{
	return strcmp(l->conn, conn) == 0 &&
	       (!child || strcmp(l->child, child) == 0);
}

/* Where it stands, or the end. */
static struct later **find(struct engine *e, const char *conn, const char *child)
{
	struct later **at = &e->later;

	while (*at && !is_named(*at, conn, child))
		at = &(*at)->next;
	return at;
}

static struct later *take(struct later **at)
{
	struct later *l = *at;

	if (l)
		*at = l->next;
	return l;
}

static void put(struct engine *e, struct later *l)
{
	struct later **at = &e->later;

	while (*at && (*at)->at_ns <= l->at_ns)
		at = &(*at)->next;
	l->next = *at;
	*at = l;
}

static uint32_t pause_s(unsigned int attempts)
{
	uint32_t s = FIRST_S;

	while (--attempts && s < MOST_S)
		s *= 2;
	return s < MOST_S ? s : MOST_S;
}

/* Less something at random: those that failed together come back one by one. */
static uint64_t pause_ns(const struct engine *e, unsigned int attempts)
{
	const uint64_t all_ns = pause_s(attempts) * NS_PER_S;
	uint64_t less_ns = 0;

	if (e->calls.random(e->calls.ctx, &less_ns, sizeof(less_ns)))
		less_ns %= all_ns / 10;
	return all_ns - less_ns;
}

/* To be tried when the pause is over that belongs to so many attempts. */
static void put_later(struct engine *e, struct later *l, const struct conn *conn,
		      const char *child, unsigned int attempts)
{
	memcpy(l->conn, conn->conf.name, sizeof(l->conn));
	memcpy(l->child, child, sizeof(l->child));
	l->attempts = attempts;
	l->at_ns = e->now_ns + pause_ns(e, attempts ? attempts : 1);
	put(e, l);
}

/*
 * attempts   so far, by whoever knows; or more, if that is known here
 */
static void refused(struct engine *e, const struct conn *conn,
		    const char *child, unsigned int attempts)
{
	struct later *l = take(find(e, conn->conf.name, child));
	uint32_t most = conn->conf.keyingtries;

	if (l && l->attempts >= attempts)
		attempts = l->attempts + 1;
	if (!l)
		l = calloc(1, sizeof(*l));
	if (!l || (most && attempts >= most))
		free(l);
	else
		put_later(e, l, conn, child, attempts);
}

/* Somebody here wants it, and nobody else is making it. */
static bool is_wanted(const struct ike_sa *sa)
{
	return sa->state < IKE_ST_ESTABLISHED && sa->initiator && sa->conn &&
	       sa->wanted && sa->ours.kind != EX_NONE && !sa->delete_wanted &&
	       !sa->elder &&
	       !acquire_owner(sa->e, sa->wanted->policy, &sa->wanted_first, sa);
}

void later_refused(struct ike_sa *sa)
{
	if (is_wanted(sa))
		refused(sa->e, sa->conn, sa->wanted->name, sa->attempts + 1);
}

void later_child_refused(struct ike_sa *sa, const struct child_sa *c)
{
	if (!sa->elder)
		refused(sa->e, c->conn, c->conf->name, 1);
}

void later_again(struct engine *e, const struct child_sa *c)
{
	struct later *l;

	later_forget(e, c->conn->conf.name, c->conf->name);
	l = calloc(1, sizeof(*l));
	if (l)
		put_later(e, l, c->conn, c->conf->name, 0);
}

void later_no_way(struct engine *e, const struct conn *conn,
		  const struct child_conf *child, unsigned int attempts)
{
	refused(e, conn, child->name, attempts + 1);
}

uint64_t later_deadline(const struct engine *e)
{
	return e->later ? e->later->at_ns : UINT64_MAX;
}

/* Where there is no way, it is in the list again. */
static void begin(struct engine *e, struct later *l)
{
	char conn[CONN_NAME_MAX], child[CONN_NAME_MAX];
	const struct cause cause = { .attempts = l->attempts };
	int err;

	memcpy(conn, l->conn, sizeof(conn));
	memcpy(child, l->child, sizeof(child));
	err = sa_initiate(e, conn, child, &cause);
	if (err && err != -EADDRNOTAVAIL)
		later_forget(e, conn, child);
}

void later_begin(struct engine *e)
{
	while (later_deadline(e) <= e->now_ns) {
		struct later *l = take(&e->later);

		l->at_ns = UINT64_MAX;
		put(e, l);
		begin(e, l);
	}
}

void later_forget(struct engine *e, const char *conn, const char *child)
{
	struct later *l;

	while ((l = take(find(e, conn, child))) != NULL)
		free(l);
}

void later_forget_all(struct engine *e)
{
	while (e->later)
		free(take(&e->later));
}
