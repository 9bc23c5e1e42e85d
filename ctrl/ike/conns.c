// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections: loaded, and chosen for a peer that comes. Of those that match, the
 * one that says most exactly whom it means is taken; the order in which they
 * were loaded decides only between equals, and loading one again keeps its place.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/name_index.h"
#include "ctrl/ike/sa.h"

/* Where in its bucket the one of that name stands, or the end. */
static struct conn **place_of(struct engine *e, const char *name)
{
	struct conn **at = &e->named[name_hash(name) % CONN_BUCKETS];

	while (*at && strcmp((*at)->conf.name, name) != 0)
		at = &(*at)->next_named;
	return at;
}

/* Between what points there and what stands behind it, which may be nothing. */
static void link_conn(struct engine *e, struct conn *c, struct conn **at,
		      struct conn *next)
{
	c->at = at;
	c->next = next;
	*at = c;
	if (next)
		next->at = &c->next;
	else
		e->conns_end = &c->next;
}

static void unlink_conn(struct engine *e, const struct conn *c)
{
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	else
		e->conns_end = c->at;
}

/* --- by the addresses of their peers */

static struct conn_host_list *hosts_at(const struct engine *e,
				       const struct addr *a)
{
	return (struct conn_host_list *)&e
		->hosts[addr_hash(a) >> (32 - HOST_BITS)];
}

/* Of hosts that cannot become others: a name is resolved again. */
static bool is_of_hosts(const struct conn_conf *c)
{
	bool all = c->n_remote_addrs && !conn_is_named(c);

	for (size_t i = 0; all && i < c->n_remote_addrs; i++)
		all = conn_addr_is_host(&c->remote_addrs[i]);
	return all;
}

static void place_conn(struct engine *e, struct conn *c)
{
	const struct conn_conf *conf = &c->conf;

	if (!is_of_hosts(conf)) {
		LIST_INSERT_HEAD(&e->others, c, of_others);
		return;
	}
	for (; c->n_hosts < conf->n_remote_addrs; c->n_hosts++) {
		struct conn_host *h = &c->hosts[c->n_hosts];

		h->conn = c;
		LIST_INSERT_HEAD(
			hosts_at(e, &conf->remote_addrs[c->n_hosts].net.net), h,
			of_host);
	}
}

static void displace_conn(struct conn *c)
{
	if (!c->n_hosts)
		LIST_REMOVE(c, of_others);
	while (c->n_hosts) {
		c->n_hosts--;
		LIST_REMOVE(&c->hosts[c->n_hosts], of_host);
	}
}

/* Those that a peer at an address may be of, first of its host's, then the others. */
struct candidates {
	struct conn_host *host;
	struct conn *other;
};

static struct candidates candidates_for(const struct engine *e,
					const struct addr *remote)
{
	return (struct candidates){ LIST_FIRST(hosts_at(e, remote)),
				    LIST_FIRST(&e->others) };
}

static struct conn *next_candidate(struct candidates *of)
{
	struct conn_host *h = of->host;
	struct conn *c = of->other;

	if (h) {
		of->host = LIST_NEXT(h, of_host);
		return h->conn;
	}
	if (c)
		of->other = LIST_NEXT(c, of_others);
	return c;
}

/* --- loaded, and not any more */

int engine_load(struct engine *e, const struct conn_conf *conn)
{
	struct conn **place = place_of(e, conn->name), *old = *place;
	struct conn *c;

	if (old && conn_equal(&old->conf, conn))
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c || conn_copy(&c->conf, conn)) {
		free(c);
		return -ENOMEM;
	}
	c->refs = 1;
	c->next_named = old ? old->next_named : NULL;
	*place = c;
	c->order = old ? old->order : ++e->conn_orders;
	if (old) {
		displace_conn(old);
		link_conn(e, c, old->at, old->next);
	} else {
		link_conn(e, c, e->conns_end, NULL);
	}
	place_conn(e, c);
	conn_drop(old);
	return 0;
}

bool engine_unload(struct engine *e, const char *name)
{
	struct conn **place = place_of(e, name), *c = *place;

	if (!c)
		return false;
	*place = c->next_named;
	unlink_conn(e, c);
	displace_conn(c);
	conn_drop(c);
	return true;
}

struct conn *conn_by_name(const struct engine *e, const char *name)
{
	struct conn *c = e->named[name_hash(name) % CONN_BUCKETS];

	while (c && strcmp(c->conf.name, name) != 0)
		c = c->next_named;
	return c;
}

const struct child_conf *conn_wanted(const struct conn *c, const char *name)
{
	for (size_t i = 0; i < c->conf.n_children; i++)
		if (!name || strcmp(c->conf.children[i].name, name) == 0)
			return &c->conf.children[i];
	return NULL;
}

static void set_name(char out[CONN_NAME_MAX], const char *name)
{
	snprintf(out, CONN_NAME_MAX, "%s", name);
}

static struct conn *conn_missing(const char *name, const char *child)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	c->is_missing = true;
	set_name(c->conf.name, name);
	proposals_default(IKE_PROTO_IKE, &c->conf.proposals);
	c->conf.children = calloc(1, sizeof(*c->conf.children));
	if (!c->conf.children) {
		conn_drop(c);
		return NULL;
	}
	set_name(c->conf.children->name, child ? child : "");
	c->conf.children->policy = UINT32_MAX; /* nobody's */
	c->conf.n_children = 1;
	return c;
}

struct conn *conn_take(const struct engine *e, const char *name,
		       const char *child, const struct child_conf **conf)
{
	struct conn *c = conn_by_name(e, name);

	if (c && (!child || conn_wanted(c, child)))
		conn_hold(c);
	else
		c = conn_missing(name, child);
	*conf = c ? conn_wanted(c, child) : NULL;
	return c;
}

struct conn *conn_hold(struct conn *c)
{
	c->refs++;
	return c;
}

void conn_drop(struct conn *c)
{
	if (!c || --c->refs)
		return;
	conn_fini(&c->conf);
	free(c);
}

/* --- how exactly it matches: 0 not at all, then the more the better */

#define RANK_ANY   1U
#define RANK_NET   2U /* and as many more as there are bits in common */
#define RANK_EXACT 255U
#define RANK_BITS  8U

static unsigned int rank_addr(const struct conn_addr *addrs, size_t n,
			      const struct addr *a)
{
	unsigned int best = n ? 0 : RANK_ANY;

	for (size_t i = 0; i < n; i++) {
		unsigned int rank =
			addrs[i].any ? RANK_ANY
				     : RANK_NET + conn_addr_bits(&addrs[i]);

		if (rank > best && conn_addr_has(&addrs[i], a))
			best = rank;
	}
	return best;
}

/* A name that nobody has resolved yet is nobody's. */
static unsigned int rank_peer(const struct conn_conf *c, const struct addr *a)
{
	if (conn_is_named(c) && !c->n_remote_addrs)
		return 0;
	return rank_addr(c->remote_addrs, c->n_remote_addrs, a);
}

/* id NULL: not said, hence any. */
static unsigned int rank_id(const struct identity *conf,
			    const struct identity *id)
{
	if (!id || !conf->type)
		return RANK_ANY;
	if (identity_equal(conf, id))
		return RANK_EXACT;
	return identity_match(conf, id) ? RANK_NET : 0;
}

/* Whom it is for counts more than what for, and that more than from where. */
static uint32_t rank(const struct conn_conf *c, const struct ike_path *path,
		     const struct identity *peer, const struct identity *me)
{
	const unsigned int ranks[] = {
		rank_id(&c->remote_id, peer),
		rank_id(&c->local_id, me),
		rank_peer(c, &path->remote),
		rank_addr(c->local_addrs, c->n_local_addrs, &path->local),
	};
	uint32_t all = 0;

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		if (!ranks[i])
			return 0;
		all = all << RANK_BITS | ranks[i];
	}
	return all;
}

/* Of equals the one that was loaded first. */
static bool comes_before(uint32_t r, const struct conn *c, uint32_t best,
			 const struct conn *found)
{
	return r > best || (r && r == best && c->order < found->order);
}

bool conn_for_offer(struct engine *e, const struct ike_path *path,
		    struct slice offer, struct conn **out, struct chosen *chosen)
{
	struct candidates of = candidates_for(e, &path->remote);
	uint32_t best = 0, best_address = 0;
	struct conn *c;

	*out = NULL;
	while ((c = next_candidate(&of))) {
		uint32_t r = rank(&c->conf, path, NULL, NULL);
		struct chosen choice;

		if (comes_before(r, c, best, *out) &&
		    proposals_choose(&c->conf.proposals, offer, true, &choice) &&
		    choice.ke) {
			best = r;
			*out = c;
			*chosen = choice;
		} else if (!best && comes_before(r, c, best_address, *out)) {
			best_address = r;
			*out = c;
		}
	}
	return best > 0;
}

struct conn *conn_for_peer(const struct ike_sa *sa, const struct identity *me)
{
	struct candidates of = candidates_for(sa->e, &sa->path.remote);
	struct conn *found = NULL, *c;
	uint32_t best = 0;

	while ((c = next_candidate(&of))) {
		uint32_t r = rank(&c->conf, &sa->path, &sa->peer_id, me);

		if (!comes_before(r, c, best, found) ||
		    !proposals_allow(&c->conf.proposals, &sa->suite))
			continue;
		best = r;
		found = c;
	}
	return found;
}
