// SPDX-License-Identifier: BSD-2-Clause
/*
 * Everything goes by names, as it does when the file is read again: what has the
 * same name and another content changes. Of policies the order is content, too:
 * one that has come before another one changes what either covers.
 *
 * There may be ten thousands of each, so names are looked up in sorted lists.
 */
#include "ctrl/daemon/difference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/loaded.h"
#include "ctrl/daemon/loaded_manual.h"

/* --- names */

struct named {
	const char *name;
	const void *item;
};

/* Of one kind, sorted. */
struct index {
	struct named *at; /* owned */
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* name_at: of the name in an item. false: out of memory. */
static bool index_make(struct index *out, const void *items, size_t n,
		       size_t item_bytes, size_t name_at)
{
	const char *item = items;

	out->n = n;
	out->at = calloc(n + 1, sizeof(*out->at));
	if (!out->at)
		return false;
	for (size_t i = 0; i < n; i++, item += item_bytes)
		out->at[i] = (struct named){ item + name_at, item };
	qsort(out->at, n, sizeof(*out->at), compare);
	return true;
}

static const void *index_find(const struct index *x, const char *name)
{
	const struct named key = { name, NULL };
	const struct named *found =
		bsearch(&key, x->at, x->n, sizeof(*x->at), compare);

	return found ? found->item : NULL;
}

/* One configuration. */
struct side {
	const struct config *c;
	struct index policies, manual, conns, psks, pools;
};

static bool side_make(struct side *out, const struct config *c)
{
	*out = (struct side){ .c = c };
	return index_make(&out->policies, c->policies, c->n_policies,
			  sizeof(*c->policies),
			  offsetof(struct policy_conf, name)) &&
	       index_make(&out->manual, c->manual, c->n_manual,
			  sizeof(*c->manual),
			  offsetof(struct manual_conf, name)) &&
	       index_make(&out->conns, c->conns, c->n_conns, sizeof(*c->conns),
			  offsetof(struct conn_conf, name)) &&
	       index_make(&out->psks, c->psks, c->n_psks, sizeof(*c->psks),
			  offsetof(struct psk_conf, name)) &&
	       index_make(&out->pools, c->pools, c->n_pools, sizeof(*c->pools),
			  offsetof(struct pool_conf, name));
}

static void side_free(struct side *s)
{
	free(s->policies.at);
	free(s->manual.at);
	free(s->conns.at);
	free(s->psks.at);
	free(s->pools.at);
}

/* Both, and where it goes. */
struct finder {
	struct side was, is;
	struct difference *out;
};

/* As many rows as there can be. */
static size_t rows_max(const struct config *c)
{
	size_t n = 2 + c->n_policies + c->n_manual + c->n_conns + c->n_psks +
		   c->n_pools;

	for (size_t i = 0; i < c->n_conns; i++)
		n += c->conns[i].n_children;
	return n;
}

static struct difference_row *add(struct finder *f, enum difference_of of,
				  enum difference_kind kind, const char *name)
{
	struct difference_row *row = &f->out->at[f->out->n++];

	*row = (struct difference_row){ .kind = kind, .of = of };
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

/* What has no item of its name on the other side; "" is no name. */
static void add_missing(struct finder *f, enum difference_of of,
			const struct index *was, const struct index *is)
{
	for (size_t i = 0; i < was->n; i++)
		if (was->at[i].name[0] && !index_find(is, was->at[i].name))
			add(f, of, DIFFERENCE_GONE, was->at[i].name);
}

/* --- sections that hold for all */

static bool same_gateway(const struct gateway_conf *a,
			 const struct gateway_conf *b)
{
	return a->mss_clamp == b->mss_clamp &&
	       a->keepalive_s == b->keepalive_s && a->audit == b->audit &&
	       a->icmp_quote_check == b->icmp_quote_check &&
	       a->allow_manual_counter_mode == b->allow_manual_counter_mode &&
	       a->allow_weak_algorithms == b->allow_weak_algorithms &&
	       a->bootstrap == b->bootstrap &&
	       a->n_resolvers == b->n_resolvers &&
	       memcmp(a->resolvers, b->resolvers,
		      a->n_resolvers * sizeof(a->resolvers[0])) == 0;
}

static void find_sections(struct finder *f)
{
	const struct config *was = f->was.c, *is = f->is.c;

	if (!same_gateway(&was->gateway, &is->gateway))
		add(f, DIFFERENCE_GATEWAY, DIFFERENCE_CHANGED, "gateway");
	if (!ike_options_equal(&was->ike, &is->ike))
		add(f, DIFFERENCE_GATEWAY, DIFFERENCE_CHANGED, "charon");
}

/* --- policies */

static const char *manual_name(const struct config *c,
			       const struct policy_conf *p)
{
	return p->action == SPD_PROTECT && p->manual != MANUAL_NONE
		       ? c->manual[p->manual].name
		       : "";
}

static bool same_policy(const struct finder *f, const struct policy_conf *a,
			const struct policy_conf *b)
{
	return memcmp(&a->selector, &b->selector, sizeof(a->selector)) == 0 &&
	       a->dirs == b->dirs && a->action == b->action &&
	       a->if_id_in == b->if_id_in && a->if_id_out == b->if_id_out &&
	       strcmp(manual_name(f->was.c, a), manual_name(f->is.c, b)) == 0;
}

/*
 * Which of the new policies come behind others than before; of those that were
 * there and are there, that is.
 *
 * rank   room for a number each
 */
static void find_moved(const struct finder *f, size_t *rank, bool *moved)
{
	const struct config *was = f->was.c, *is = f->is.c;
	size_t n = 0, end = 0; /* behind the highest rank so far */

	for (size_t i = 0; i < is->n_policies; i++)
		if (index_find(&f->was.policies, is->policies[i].name))
			rank[i] = n++;
	n = 0;
	for (size_t i = 0; i < was->n_policies; i++) {
		const struct policy_conf *p =
			index_find(&f->is.policies, was->policies[i].name);
		size_t k = p ? (size_t)(p - is->policies) : 0;

		if (!p)
			continue;
		moved[k] = rank[k] != n || end != n;
		if (rank[k] >= end)
			end = rank[k] + 1;
		n++;
	}
}

static void add_policies(struct finder *f, const bool *moved)
{
	const struct config *is = f->is.c;

	add_missing(f, DIFFERENCE_POLICY, &f->was.policies, &f->is.policies);
	for (size_t i = 0; i < is->n_policies; i++) {
		const struct policy_conf *p = &is->policies[i];
		const struct policy_conf *was =
			index_find(&f->was.policies, p->name);

		if (!was)
			add(f, DIFFERENCE_POLICY, DIFFERENCE_NEW, p->name);
		else if (moved[i] || !same_policy(f, was, p))
			add(f, DIFFERENCE_POLICY, DIFFERENCE_CHANGED, p->name);
	}
}

static bool find_policies(struct finder *f)
{
	const size_t n = f->is.c->n_policies + 1;
	size_t *rank = calloc(n, sizeof(*rank));
	bool *moved = calloc(n, sizeof(*moved));
	const bool ok = rank && moved;

	if (ok) {
		find_moved(f, rank, moved);
		add_policies(f, moved);
	}
	free(rank);
	free(moved);
	return ok;
}

/* --- pairs of manual SAs */

static void find_manual(struct finder *f)
{
	const struct config *is = f->is.c;

	add_missing(f, DIFFERENCE_MANUAL, &f->was.manual, &f->is.manual);
	for (size_t i = 0; i < is->n_manual; i++) {
		const struct manual_conf *m = &is->manual[i];
		const struct manual_conf *was =
			index_find(&f->was.manual, m->name);

		if (!was)
			add(f, DIFFERENCE_MANUAL, DIFFERENCE_NEW, m->name);
		else if (!loaded_same_pair(was, m))
			add(f, DIFFERENCE_MANUAL, DIFFERENCE_CHANGED, m->name);
	}
}

/* --- connections and their children */

static const struct child_conf *child_of(const struct conn_conf *c,
					 const char *name)
{
	for (size_t i = 0; i < c->n_children; i++)
		if (strcmp(c->children[i].name, name) == 0)
			return &c->children[i];
	return NULL;
}

/* A policy is its child's own: the number says nothing of what has changed. */
static void take_policies(const struct finder *f, struct config *next)
{
	for (size_t i = 0; i < next->n_conns; i++) {
		const struct conn_conf *was =
			index_find(&f->was.conns, next->conns[i].name);

		for (size_t k = 0; was && k < next->conns[i].n_children; k++) {
			struct child_conf *child = &next->conns[i].children[k];
			const struct child_conf *old =
				child_of(was, child->name);

			if (old)
				child->policy = old->policy;
		}
	}
}

static void add_child(struct finder *f, enum difference_kind kind,
		      const char *conn, const struct child_conf *child)
{
	char name[STATUS_NAME_MAX];

	snprintf(name, sizeof(name), "%s/%s", conn, child->name);
	add(f, DIFFERENCE_CHILD, kind, name)->starts =
		kind != DIFFERENCE_GONE && child->start_action == CHILD_START;
}

static void find_children(struct finder *f, const struct conn_conf *was,
			  const struct conn_conf *conn)
{
	for (size_t i = 0; i < was->n_children; i++)
		if (!child_of(conn, was->children[i].name))
			add_child(f, DIFFERENCE_GONE, conn->name,
				  &was->children[i]);
	for (size_t i = 0; i < conn->n_children; i++) {
		const struct child_conf *child = &conn->children[i];
		const struct child_conf *old = child_of(was, child->name);

		if (!old)
			add_child(f, DIFFERENCE_NEW, conn->name, child);
		else if (!child_equal(old, child))
			add_child(f, DIFFERENCE_CHANGED, conn->name, child);
	}
}

static void find_conn(struct finder *f, const struct conn_conf *was,
		      const struct conn_conf *conn)
{
	if (was && conn_equal(was, conn)) {
		f->out->n_same++;
		return;
	}
	if (!was) {
		add(f, DIFFERENCE_CONN, DIFFERENCE_NEW, conn->name);
		for (size_t i = 0; i < conn->n_children; i++)
			add_child(f, DIFFERENCE_NEW, conn->name,
				  &conn->children[i]);
		return;
	}
	add(f, DIFFERENCE_CONN, DIFFERENCE_CHANGED, conn->name)->keeps =
		conn_keeps_ike(was, conn);
	find_children(f, was, conn);
}

static void find_conns(struct finder *f)
{
	const struct config *is = f->is.c;

	add_missing(f, DIFFERENCE_CONN, &f->was.conns, &f->is.conns);
	for (size_t i = 0; i < is->n_conns; i++)
		find_conn(f, index_find(&f->was.conns, is->conns[i].name),
			  &is->conns[i]);
}

/* --- secrets */

/* Those without a name came over VICI, which a file does not change. */
static void find_secrets(struct finder *f)
{
	const struct config *is = f->is.c;

	add_missing(f, DIFFERENCE_SECRET, &f->was.psks, &f->is.psks);
	for (size_t i = 0; i < is->n_psks; i++) {
		const struct psk_conf *psk = &is->psks[i];
		const struct psk_conf *was = index_find(&f->was.psks, psk->name);

		if (!psk->name[0])
			continue;
		if (!was)
			add(f, DIFFERENCE_SECRET, DIFFERENCE_NEW, psk->name);
		else if (!loaded_same_secret(was, psk))
			add(f, DIFFERENCE_SECRET, DIFFERENCE_CHANGED, psk->name);
	}
}

/* --- pools */

static void find_pools(struct finder *f)
{
	const struct config *is = f->is.c;

	add_missing(f, DIFFERENCE_POOL, &f->was.pools, &f->is.pools);
	for (size_t i = 0; i < is->n_pools; i++) {
		const struct pool_conf *pool = &is->pools[i];
		const struct pool_conf *was =
			index_find(&f->was.pools, pool->name);

		if (!was)
			add(f, DIFFERENCE_POOL, DIFFERENCE_NEW, pool->name);
		else if (!pool_equal(was, pool))
			add(f, DIFFERENCE_POOL, DIFFERENCE_CHANGED, pool->name);
	}
}

/* --- all of it */

static bool find_all(struct finder *f)
{
	find_sections(f);
	if (!find_policies(f))
		return false;
	find_manual(f);
	find_conns(f);
	find_secrets(f);
	find_pools(f);
	return true;
}

int difference_find(const struct config *now, struct config *next,
		    struct difference *out, struct error *e)
{
	struct finder f = { .out = out };
	bool ok;

	*out = (struct difference){ 0 };
	out->at = calloc(rows_max(now) + rows_max(next), sizeof(*out->at));
	ok = side_make(&f.was, now);
	ok = side_make(&f.is, next) && ok && out->at;
	if (ok) {
		take_policies(&f, next);
		ok = find_all(&f);
	}
	side_free(&f.was);
	side_free(&f.is);
	return ok ? 0 : error_set(e, -ENOMEM, "out of memory");
}
