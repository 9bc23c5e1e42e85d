// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tunnel is what is configured: a manual one, or a child of a connection, be
 * it up or not. What of it is up comes from the state mirror, what it carried
 * from the data path, and why it is down from the failures.
 */
#include "ctrl/daemon/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/range.h"
#include "ctrl/daemon/conn_sas.h"
#include "ctrl/model/policy_name.h"
#include "include/proto.h"

/* Of this one SA, where it is not the gateway's own. */
static const char *other_backend(const struct dp_view *dp,
				 const struct encr_alg *encr,
				 const struct integ_alg *integ)
{
	const struct crypto_backend *own =
		crypto_backend_by_name(dp->status.crypto);
	const struct crypto_backend *of =
		own ? crypto_backend_for(own, encr, integ) : NULL;

	return of && of != own ? of->name : NULL;
}

/* "aes128-sha256-esn" or "AH sha256-esn", and what is unusual of it. */
static void put_algs(const struct dp_view *dp, const struct encr_alg *encr,
		     const struct integ_alg *integ, bool ah, bool esn,
		     struct tunnel_status *out)
{
	const bool alone = integ->id == INTEG_NONE;
	const char *backend = other_backend(dp, encr, integ);

	snprintf(out->algs, sizeof(out->algs), "%s%s%s%s%s%s%s",
		 ah ? "AH" : encr->name,
		 alone ? ""
		 : ah  ? " "
		       : "-",
		 alone ? "" : integ->name, esn ? "-esn" : "",
		 esp_pair_weakness(encr, integ) ? " weak" : "",
		 backend ? " by " : "", backend ? backend : "");
}

static void join(const char *conn, const char *child, char out[STATUS_NAME_MAX])
{
	snprintf(out, STATUS_NAME_MAX, "%s/%s", conn, child);
}

/* --- policies */

/* Of ICMP they are types with their codes, RFC 7296 section 3.13.1; of the
 * Mobility Header types. */
static void put_ports(uint8_t protocol, uint16_t min, uint16_t max,
		      char out[STATUS_END_MAX])
{
	size_t len = strlen(out);
	char *at = out + len;

	if (min == 0 && max == UINT16_MAX)
		return;
	if (min == PORT_OPAQUE_MIN && max == PORT_OPAQUE_MAX)
		snprintf(at, STATUS_END_MAX - len, "[opaque]");
	else if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6)
		snprintf(at, STATUS_END_MAX - len, "[%u/%u-%u/%u]", min >> 8,
			 min & 0xff, max >> 8, max & 0xff);
	else if (protocol == PROTO_MH)
		snprintf(at, STATUS_END_MAX - len, "[%u-%u]", min >> 8,
			 max >> 8);
	else if (min == max)
		snprintf(at, STATUS_END_MAX - len, "[%u]", min);
	else
		snprintf(at, STATUS_END_MAX - len, "[%u-%u]", min, max);
}

static void view_selector(const struct sadb_selector *s,
			  struct policy_status *out)
{
	const struct range local = { s->local_min, s->local_max };
	const struct range remote = { s->remote_min, s->remote_max };

	range_str(&local, out->local_ts);
	range_str(&remote, out->remote_ts);
	put_ports(s->protocol, s->local_port_min, s->local_port_max,
		  out->local_ts);
	put_ports(s->protocol, s->remote_port_min, s->remote_port_max,
		  out->remote_ts);
	out->protocol = s->protocol;
}

static void view_policy(const struct config *c, size_t policy,
			struct policy_status *out)
{
	const struct policy_conf *p = &c->policies[policy];
	size_t manual = manual_outbound(c, policy);

	snprintf(out->name, sizeof(out->name), "%s", p->name);
	out->id = p->id;
	view_selector(&p->selector, out);
	out->dirs = p->dirs;
	out->action = p->action;
	if (manual != MANUAL_NONE)
		snprintf(out->tunnel, sizeof(out->tunnel), "%s",
			 c->manual[manual].name);
}

/* `dynamic` is the outer address of that side, where that is known and no virtual
 * IP stands for it. */
static void view_ts(const struct ts_conf *ts, const struct conn_addr *outer,
		    size_t n_outer, char out[STATUS_END_MAX])
{
	const struct range own = ts_conf_range(ts);

	if (!ts->dynamic)
		range_str(&own, out);
	else if (n_outer == 1 && conn_addr_is_host(outer))
		prefix_str(&outer->net, out);
	else
		strcpy(out, "dynamic");
}

static void view_pair(const struct conn_conf *conn,
		      const struct child_conf *child, size_t at,
		      struct policy_status *out)
{
	struct child_pair pair;

	if (!child_pair_at(child, at, &pair))
		return;
	policy_name_of(conn, child, at, out->name);
	join(conn->name, child->name, out->tunnel);
	out->id = child_policy(child, at);
	view_ts(pair.local, conn->local_addrs,
		conn->n_vips ? 0 : conn->n_local_addrs, out->local_ts);
	view_ts(pair.remote, conn->remote_addrs,
		conn->n_pools ? 0 : conn->n_remote_addrs, out->remote_ts);
	put_ports(pair.protocol, pair.local->port_min, pair.local->port_max,
		  out->local_ts);
	put_ports(pair.protocol, pair.remote->port_min, pair.remote->port_max,
		  out->remote_ts);
	out->protocol = pair.protocol;
	out->pfp = child->pfp;
	out->dirs = SPD_BOTH;
	out->action = SPD_PROTECT;
}

static size_t count_pairs(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			n += child_pairs(&c->conns[i].children[k]);
	return n;
}

/* Behind the last one. */
static struct policy_status *view_pairs(const struct conn_conf *conn,
					const struct child_conf *child,
					struct policy_status *at)
{
	size_t n = child_pairs(child);

	for (size_t i = 0; i < n && i < SADB_SELECTORS_MAX; i++)
		view_pair(conn, child, i, at++);
	return at;
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
		view_policy(c, i, at++);
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			at = view_pairs(&c->conns[i], &c->conns[i].children[k],
					at);
	s->n_policies = (size_t)(at - s->policies);
}

/* --- what the data path counted */

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
	struct sa_status found;

	if (dp_view_sa(dp, &id, &found))
		return found;
	return (struct sa_status){ .spi = spi,
				   .idle_s = STATUS_NEVER_S,
				   .pkts_s = STATUS_NO_RATE,
				   .bits_s = STATUS_NO_RATE };
}

static struct sadb_counters counts_of(const struct sa_status *s)
{
	return (struct sadb_counters){ s->pkts, s->bytes, s->idle_s };
}

/* Without memory they are not shown. */
static void take_drops(struct sas *sas, size_t child,
		       const struct sa_status *in, const struct sa_status *out)
{
	struct sa_drops *to;

	if (!sas->drops)
		sas->drops = calloc(sas->n_child, sizeof(*sas->drops));
	if (!sas->drops)
		return;
	to = &sas->drops[child];
	memcpy(to->in, in->drops, sizeof(to->in));
	memcpy(to->out, out->drops, sizeof(to->out));
	to->lost_in = in->lost;
}

void view_count(struct sas *sas, const struct dp_view *dp)
{
	for (size_t i = 0; i < sas->n_child; i++) {
		struct child_sa_view *child = &sas->child[i];
		const struct ike_sa_view *ike = ike_of(sas, child->ike_id);
		struct sa_status in, out;

		if (!ike)
			continue;
		in = look_up(dp, &ike->local, child->spi_in, SADB_IN);
		out = look_up(dp, &ike->remote, child->spi_out, SADB_OUT);
		child->in = counts_of(&in);
		child->out = counts_of(&out);
		child->path_mtu = out.path_mtu;
		take_drops(sas, i, &in, &out);
	}
}

/* --- tunnels */

static void view_bundle(const struct config *c, const struct manual_conf *m,
			struct tunnel_status *out)
{
	const struct manual_conf *carrier = manual_carrier(c, m);
	const struct manual_conf *carried = manual_carried(c, m);

	if (carrier)
		memcpy(out->carrier, carrier->name, sizeof(out->carrier));
	if (carried)
		memcpy(out->carried, carried->name, sizeof(out->carried));
}

static void view_manual(const struct dp_view *dp, const struct manual_conf *m,
			struct tunnel_status *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", m->name);
	addr_str(&m->local, out->local);
	addr_str(&m->remote, out->remote);
	put_algs(dp, m->encr, m->integ, m->protocol == IKE_PROTO_AH, m->esn,
		 out);
	out->transport = m->mode == SADB_TRANSPORT;
	out->if_id_in = m->if_id_in;
	out->if_id_out = m->if_id_out;
	out->state = TUNNEL_UP;
	out->start_action = CHILD_START;
	out->n_sas = 1;
	out->up_s = out->rekey_s = STATUS_NEVER_S;
	out->failure.ago_s = STATUS_NEVER_S;
	out->in = look_up(dp, &m->local, m->in.spi, SADB_IN);
	out->out = look_up(dp, &m->remote, m->out.spi, SADB_OUT);
}

/* As it is written in the configuration, as far as there is room. */
static void view_end(const struct conn_addr *addrs, size_t n,
		     char out[STATUS_END_MAX])
{
	char one[RANGE_STR_MAX];
	size_t len = 0;

	strcpy(out, "%any");
	for (size_t i = 0; i < n && len < STATUS_END_MAX; i++)
		len += (size_t)snprintf(out + len, STATUS_END_MAX - len, "%s%s",
					i ? ", " : "",
					conn_addr_str(&addrs[i], one));
}

static void view_peer(const struct conn_conf *conn, char out[STATUS_END_MAX])
{
	if (conn_is_named(conn))
		snprintf(out, STATUS_END_MAX, "%s", conn->remote_host);
	else
		view_end(conn->remote_addrs, conn->n_remote_addrs, out);
}

/* What is known of some is of all. */
static void add_rate(uint64_t rate, uint64_t *sum)
{
	if (rate != STATUS_NO_RATE)
		*sum = *sum == STATUS_NO_RATE ? rate : *sum + rate;
}

static void add_sa(const struct dp_view *dp, const struct addr *daddr,
		   uint32_t spi, enum sadb_dir dir, struct sa_status *out)
{
	const struct sa_status n = look_up(dp, daddr, spi, dir);

	out->spi = spi;
	out->path_mtu = n.path_mtu;
	out->pkts += n.pkts;
	out->bytes += n.bytes;
	out->lost += n.lost;
	add_rate(n.pkts_s, &out->pkts_s);
	add_rate(n.bits_s, &out->bits_s);
	if (n.idle_s < out->idle_s)
		out->idle_s = n.idle_s;
}

/* The oldest one says since when, and the next one when it is renewed. */
static void add_times(const struct child_sa_view *child, uint64_t now_ns,
		      struct tunnel_status *out)
{
	const uint64_t up_s = (now_ns - child->installed_ns) / NS_PER_S;
	const uint64_t rekey_s = child->rekey_ns > now_ns
					 ? (child->rekey_ns - now_ns) / NS_PER_S
					 : 0;

	if (out->up_s == STATUS_NEVER_S || up_s > out->up_s)
		out->up_s = up_s;
	if (child->rekey_ns && rekey_s < out->rekey_s)
		out->rekey_s = rekey_s;
}

static void add_pair(const struct dp_view *dp, const struct ike_sa_view *ike,
		     const struct child_sa_view *child, uint64_t now_ns,
		     struct tunnel_status *out)
{
	out->n_sas++;
	add_sa(dp, &ike->local, child->spi_in, SADB_IN, &out->in);
	add_sa(dp, &ike->remote, child->spi_out, SADB_OUT, &out->out);
	add_times(child, now_ns, out);
}

static void view_names(const struct dp_view *dp, const struct ike_sa_view *ike,
		       const struct child_sa_view *child,
		       struct tunnel_status *out)
{
	const struct encr_alg *encr =
		encr_of_bits(child->encr, child->encr_key_bits);
	const struct integ_alg *integ = integ_by_id(child->integ);

	addr_str(&ike->local, out->local);
	addr_str(&ike->remote, out->remote);
	out->tcp = child->tcp;
	if (encr && integ)
		put_algs(dp, encr, integ, child->protocol == IKE_PROTO_AH,
			 child->esn, out);
}

/* Those whose packets come and go: not one that another has replaced. */
static bool is_up(const struct child_sa_view *child)
{
	return child->state == SA_VIEW_UP || child->state == SA_VIEW_REKEYING;
}

/* The last one gives the names; the counts are those of all. */
static void add_pairs(const struct dp_view *dp, const struct conn_sas *of,
		      size_t conn, const char *child, struct tunnel_status *out)
{
	const uint64_t now_ns = clock_ns();
	size_t last = CONN_SAS_NONE;

	for (size_t i = conn_sas_first(of, conn); i != CONN_SAS_NONE;
	     i = conn_sas_next(of, i)) {
		const struct child_sa_view *c = of->sas->child[i];

		if (!is_up(c) || strcmp(c->name, child) != 0)
			continue;
		add_pair(dp, of->sas->ike[of->ike[i]], c, now_ns, out);
		last = i;
	}
	if (last != CONN_SAS_NONE)
		view_names(dp, of->sas->ike[of->ike[last]],
			   of->sas->child[last], out);
}

static enum tunnel_state state_of(const struct tunnel_status *t,
				  const struct child_conf *child,
				  bool connecting)
{
	if (t->n_sas)
		return TUNNEL_UP;
	if (connecting)
		return TUNNEL_CONNECTING;
	return child_is_trap(child) ? TUNNEL_TRAP : TUNNEL_DOWN;
}

/* Rekeyed SAs are not the first ones. */
static void view_since(const struct up_since *since, const char *child,
		       uint64_t now_ns, struct tunnel_status *out)
{
	const uint64_t then_ns = up_since_find(since, out->conn, child);

	if (out->n_sas && then_ns && (now_ns - then_ns) / NS_PER_S > out->up_s)
		out->up_s = (now_ns - then_ns) / NS_PER_S;
}

static void view_failure(const struct failure *failure, uint64_t now_ns,
			 struct failure_status *out)
{
	static const struct addr nobody;

	out->ago_s = STATUS_NEVER_S;
	if (!failure)
		return;
	if (!addr_equal(&failure->peer, &nobody))
		addr_str(&failure->peer, out->peer);
	out->ago_s = (now_ns - failure->at_ns) / NS_PER_S;
	out->ended = failure->ended;
	memcpy(out->text, failure->text, sizeof(out->text));
}

/* at: the connection's place. */
static void view_child(const struct view *v, const struct conn_sas *of,
		       size_t at, const struct child_conf *child,
		       struct tunnel_status *out)
{
	static const struct sa_status nothing = { .idle_s = STATUS_NEVER_S,
						  .pkts_s = STATUS_NO_RATE,
						  .bits_s = STATUS_NO_RATE };
	const struct conn_conf *conn = &v->config->conns[at];
	const struct failure *why = NULL;

	*out = (struct tunnel_status){
		.start_action = child->start_action,
		.transport = child->mode == SADB_TRANSPORT,
		.if_id_in = child->if_id_in,
		.if_id_out = child->if_id_out,
		.up_s = STATUS_NEVER_S,
		.rekey_s = STATUS_NEVER_S,
		.in = nothing,
		.out = nothing,
	};
	join(conn->name, child->name, out->name);
	memcpy(out->conn, conn->name, sizeof(out->conn));
	view_end(conn->local_addrs, conn->n_local_addrs, out->local);
	view_peer(conn, out->remote);
	add_pairs(v->dp, of, at, child->name, out);
	view_since(v->since, child->name, clock_ns(), out);
	out->state = state_of(out, child, of->connecting[at]);
	if (out->state != TUNNEL_UP)
		why = failures_find(v->failures, conn->name, child->name);
	view_failure(why, clock_ns(), &out->failure);
}

/* The manual ones first. */
static int view_tunnels(const struct view *v, struct status *s)
{
	const struct config *c = v->config;
	size_t room = c->n_manual + count_children(c) + 1;
	struct tunnel_status *at = calloc(room, sizeof(*at));
	struct conn_sas of;
	int err = conn_sas_make(&of, c, v->sas);

	s->tunnels = at;
	if (err || !at) {
		conn_sas_free(&of);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_manual; i++) {
		view_manual(v->dp, &c->manual[i], at);
		view_bundle(c, &c->manual[i], at++);
	}
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			view_child(v, &of, i, &c->conns[i].children[k], at++);
	conn_sas_free(&of);
	s->n_tunnels = (size_t)(at - s->tunnels);
	return 0;
}

static void count_sas(const struct sa_heads *sas, struct status *s)
{
	for (size_t i = 0; sas && i < sas->n_ike; i++)
		if (sas->ike[i]->state == SA_VIEW_CONNECTING)
			s->n_connecting++;
		else
			s->n_ike++;
	for (size_t i = 0; sas && i < sas->n_child; i++)
		s->n_child += is_up(sas->child[i]);
}

struct status *view_status(const struct view *v)
{
	const struct config *c = v->config;
	struct status *s = malloc(sizeof(*s));
	size_t n = c->n_policies + count_pairs(c);

	if (!s)
		return NULL;
	*s = v->dp->status;
	s->policies = calloc(n + 1, sizeof(*s->policies));
	if (!s->policies || view_tunnels(v, s)) {
		status_free(s);
		return NULL;
	}
	s->pid = getpid();
	s->default_action = c->gateway.default_action;
	view_failure(failures_find(v->failures, "", ""), clock_ns(),
		     &s->stranger);
	count_sas(v->sas, s);
	if (v->streams)
		s->streams = *v->streams;
	view_policies(c, s);
	return s;
}
