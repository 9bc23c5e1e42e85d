// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_algs(const struct encr_alg *encr, const struct integ_alg *integ,
		     struct tunnel_status *out)
{
	bool aead = encr_is_aead(encr);

	snprintf(out->algs, sizeof(out->algs), "%s%s%s", encr->name,
		 aead ? "" : "-", aead ? "" : integ->name);
}

static void view_policy(const struct config *c, const struct policy_conf *p,
			struct policy_status *out)
{
	memcpy(out->name, p->name, sizeof(out->name));
	out->local_ts = p->local_ts;
	out->remote_ts = p->remote_ts;
	out->protocol = p->protocol;
	out->action = p->action;
	if (p->action == SPD_PROTECT)
		memcpy(out->tunnel, c->manual[p->manual].name,
		       sizeof(out->tunnel));
}

static void view_child_policy(const struct child_conf *child,
			      struct policy_status *out)
{
	memcpy(out->name, child->name, sizeof(out->name));
	memcpy(out->tunnel, child->name, sizeof(out->tunnel));
	out->local_ts = child->local_ts[0].net;
	out->remote_ts = child->remote_ts[0].net;
	out->protocol = child->local_ts[0].protocol;
	out->action = SPD_PROTECT;
}

static size_t count_children(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_conns; i++)
		n += c->conns[i].n_children;
	return n;
}

static void view_policies(const struct config *c, struct status *s)
{
	struct policy_status *at = s->policies;

	for (size_t i = 0; i < c->n_policies; i++)
		view_policy(c, &c->policies[i], at++);
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			view_child_policy(&c->conns[i].children[k], at++);
	s->n_policies = (size_t)(at - s->policies);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct ike_sa_view *)a)->id;
	uint32_t y = ((const struct ike_sa_view *)b)->id;

	return x < y ? -1 : x > y;
}

/* They stand in the order of their ids. */
static const struct ike_sa_view *ike_of(const struct sas *sas, uint32_t id)
{
	const struct ike_sa_view key = { .id = id };

	return sas->n_ike
		       ? bsearch(&key, sas->ike, sas->n_ike, sizeof(key), by_id)
		       : NULL;
}

/* Of one that just went it is nothing. */
static struct sa_status look_up(const struct dp_view *dp,
				const struct addr *daddr, uint32_t spi,
				enum sadb_dir dir)
{
	const struct sadb_id id = { .daddr = *daddr,
				    .spi = spi,
				    .dir = (uint8_t)dir };
	const struct sa_status *found = dp_view_sa(dp, &id);

	return found ? *found
		     : (struct sa_status){ .spi = spi,
					   .idle_s = STATUS_NEVER_S };
}

static struct sadb_counters count(const struct dp_view *dp,
				  const struct addr *daddr, uint32_t spi,
				  enum sadb_dir dir)
{
	const struct sa_status s = look_up(dp, daddr, spi, dir);

	return (struct sadb_counters){ s.pkts, s.bytes, s.idle_s };
}

void view_count(struct sas *sas, const struct dp_view *dp)
{
	for (size_t i = 0; i < sas->n_child; i++) {
		struct child_sa_view *child = &sas->child[i];
		const struct ike_sa_view *ike = ike_of(sas, child->ike_id);

		if (!ike)
			continue;
		child->in = count(dp, &ike->local, child->spi_in, SADB_IN);
		child->out = count(dp, &ike->remote, child->spi_out, SADB_OUT);
	}
}

static void view_tunnel(const struct dp_view *dp, const struct manual_conf *m,
			struct tunnel_status *out)
{
	memcpy(out->name, m->name, sizeof(out->name));
	out->local = m->local;
	out->remote = m->remote;
	put_algs(m->encr, m->integ, out);
	out->in = look_up(dp, &m->local, m->in.spi, SADB_IN);
	out->out = look_up(dp, &m->remote, m->out.spi, SADB_OUT);
}

static void view_child(const struct dp_view *dp, const struct ike_sa_view *ike,
		       const struct child_sa_view *child,
		       struct tunnel_status *out)
{
	const struct encr_alg *encr =
		encr_by_id(child->encr, child->encr_key_bits);
	const struct integ_alg *integ = integ_by_id(child->integ);

	memcpy(out->name, child->name, sizeof(out->name));
	out->local = ike->local;
	out->remote = ike->remote;
	if (encr && integ)
		put_algs(encr, integ, out);
	out->in = look_up(dp, &ike->local, child->spi_in, SADB_IN);
	out->out = look_up(dp, &ike->remote, child->spi_out, SADB_OUT);
}

/* Those whose packets come and go: not one that another has replaced. */
static bool is_up(const struct child_sa_view *child)
{
	return child->state == SA_VIEW_UP || child->state == SA_VIEW_REKEYING;
}

static int view_children(const struct dp_view *dp, const struct sas *sas,
			 struct status *s)
{
	size_t room = s->n_tunnels + (sas ? sas->n_child : 0) + 1;
	struct tunnel_status *at =
		realloc(s->tunnels, room * sizeof(*s->tunnels));

	if (!at)
		return -ENOMEM;
	s->tunnels = at;
	for (size_t i = 0; sas && i < sas->n_child; i++) {
		const struct child_sa_view *child = &sas->child[i];
		const struct ike_sa_view *ike = ike_of(sas, child->ike_id);

		if (!ike || !is_up(child))
			continue;
		at = &s->tunnels[s->n_tunnels++];
		memset(at, 0, sizeof(*at));
		view_child(dp, ike, child, at);
	}
	return 0;
}

struct status *view_status(const struct config *config,
			   const struct dp_view *dp, const struct sas *sas)
{
	struct status *s = malloc(sizeof(*s));
	size_t n = config->n_policies + count_children(config);

	if (!s)
		return NULL;
	*s = dp->status;
	s->policies = calloc(n + 1, sizeof(*s->policies));
	s->tunnels = calloc(config->n_manual + 1, sizeof(*s->tunnels));
	s->n_tunnels = config->n_manual;
	if (!s->policies || !s->tunnels || view_children(dp, sas, s)) {
		status_free(s);
		return NULL;
	}
	s->pid = getpid();
	s->default_action = config->gateway.default_action;
	for (size_t i = 0; i < config->n_manual; i++)
		view_tunnel(dp, &config->manual[i], &s->tunnels[i]);
	view_policies(config, s);
	return s;
}
