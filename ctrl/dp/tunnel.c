// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool side(const struct ts_conf *ts, const struct conn_addr *outer,
		 size_t n_outer, struct range *out)
{
	if (ts->dynamic && (n_outer != 1 || !conn_addr_is_host(outer)))
		return false;
	*out = ts->dynamic ? conn_addr_range(outer) : ts_conf_range(ts);
	return true;
}

bool tunnel_remote(const struct conn_conf *conn, const struct ts_conf *ts,
		   struct range *out)
{
	return side(ts, conn->remote_addrs, conn->n_remote_addrs, out);
}

static bool is_vips(const struct conn_conf *conn, const struct ts_conf *ts)
{
	return ts->dynamic && conn->n_vips;
}

/* No packet has an address of zeros, whose family is that of the remote side. */
static struct range vip_of(const struct conn_conf *conn, bool v4)
{
	struct addr vip = { .octets = { 0 } };

	if (v4)
		vip = addr_from_v4(0);
	for (size_t i = conn->n_vips_now; i-- > 0;)
		if (addr_is_v4(&conn->vips_now[i]) == v4)
			vip = conn->vips_now[i];
	return (struct range){ vip, vip };
}

bool tunnel_local(const struct conn_conf *conn, const struct ts_conf *ts,
		  const struct range *remote, struct range *out)
{
	if (!is_vips(conn, ts))
		return side(ts, conn->local_addrs, conn->n_local_addrs, out);
	*out = vip_of(conn, addr_is_v4(&remote->min));
	return true;
}

bool tunnel_is_leased(const struct conn_conf *conn, const struct ts_conf *ts)
{
	return ts->dynamic && conn->n_pools;
}

static struct range nobody_of(bool v4)
{
	const struct addr none =
		v4 ? addr_from_v4(0) : (struct addr){ .octets = { 0 } };

	return (struct range){ none, none };
}

static bool is_there(const struct range *pool)
{
	return !addr_is_none(&pool->min);
}

/* For whichever reason: what meets no SA would only be dropped otherwise. */
static bool is_trapped(const struct child_conf *child)
{
	if (child->trap == TRAP_UNINSTALLED)
		return false;
	return child_is_trap(child) ||
	       ((child->dpd_action | child->close_action) & CHILD_TRAP);
}

/* None where the peer may be anybody. */
static uint32_t ends_of(const struct conn_addr *addrs, size_t n,
			struct range out[CONN_ADDRS_MAX])
{
	for (size_t i = 0; i < n; i++) {
		if (addrs[i].any)
			return 0;
		out[i] = conn_addr_range(&addrs[i]);
	}
	return (uint32_t)n;
}

void tunnel_ends(const struct conn_conf *conn, struct policy_ends *out)
{
	/* No packet goes there: a name without an address is nobody's. */
	static const struct range nobody;

	out->n_local =
		ends_of(conn->local_addrs, conn->n_local_addrs, out->local);
	out->n_remote =
		ends_of(conn->remote_addrs, conn->n_remote_addrs, out->remote);
	out->moves = conn_is_named(conn);
	out->roams = conn->mobike;
	if (out->moves && !out->n_remote)
		out->remote[out->n_remote++] = nobody;
}

/* Whose packets it is for, either way. Without its number it would be for all. */
static void take_if_ids(struct policy *p, const struct tunnel_ifs *ifs,
			uint32_t in, uint32_t out)
{
	p->if_id[DIR_IN] = in;
	p->if_id[DIR_OUT] = out;
	p->tunnel[DIR_IN] = tunnel_ifs_number(ifs, in);
	p->tunnel[DIR_OUT] = tunnel_ifs_number(ifs, out);
	assert(!in == !p->tunnel[DIR_IN] && !out == !p->tunnel[DIR_OUT]);
}

/* Which child's it is, at the place of the policy behind those of the file. */
struct owner {
	struct child_conf *child;
	size_t pair;
};

/* What is to be installed. */
struct policies {
	struct policy *list;
	struct owner *owners; /* at the same places; of the file's none */
	size_t n;
	uint32_t conn; /* whose are taken: its number, from 1 */
};

static int fail_dynamic(const struct conn_conf *conn,
			const struct child_conf *child, struct error *e)
{
	return error_set(
		e, -ENOTSUP,
		"connections.%s.children.%s: dynamic needs one address on that side",
		conn->name, child->name);
}

/* Of peers that have addresses of a pool. Pools come and go, and are of whichever
 * family they like: then it is nobody's address, and the policy stays. Nothing that a
 * packet waits for brings such a peer. */
static int take_leased(const struct conn_conf *conn,
		       const struct child_conf *child,
		       const struct child_pair *pair, struct policy *out,
		       struct error *e)
{
	const struct range *pool = &conn->pool_addrs[pair->pool];
	const bool v4 = !is_there(pool) || addr_is_v4(&pool->min);
	const struct range of = { .min = v4 ? addr_from_v4(0) : pool->min };
	struct range local, far;

	if (!tunnel_local(conn, pair->local, &of, &local))
		return fail_dynamic(conn, child, e);
	far = is_there(pool) && v4 == addr_is_v4(&local.min)
		      ? *pool
		      : nobody_of(addr_is_v4(&local.min));
	out->selector = selector_of_ranges(&local, &far, pair->protocol);
	out->pfp = PFP_REMOTE;
	out->on_demand = false;
	return 0;
}

/* -EAFNOSUPPORT: no packet has both, as an address stands for `dynamic`. */
static int take_addresses(const struct conn_conf *conn,
			  const struct child_conf *child,
			  const struct child_pair *pair, struct policy *out,
			  struct error *e)
{
	struct range local, remote;

	if (tunnel_is_leased(conn, pair->remote))
		return take_leased(conn, child, pair, out, e);
	if (!tunnel_remote(conn, pair->remote, &remote) ||
	    !tunnel_local(conn, pair->local, &remote, &local))
		return fail_dynamic(conn, child, e);
	if (addr_is_v4(&local.min) != addr_is_v4(&remote.min))
		return error_set(
			e, -EAFNOSUPPORT,
			"connections.%s.children.%s: local_ts and remote_ts are of two families; dynamic is of that of the address on its side",
			conn->name, child->name);
	out->selector = selector_of_ranges(&local, &remote, pair->protocol);
	return 0;
}

static int take_pair(const struct conn_conf *conn,
		     const struct child_conf *child, size_t at,
		     struct policy *out, struct error *e)
{
	const struct ts_conf *mine, *far;
	struct child_pair pair;
	int err;

	if (!child_pair_at(child, at, &pair))
		return error_set(e, -EINVAL, "no pair of selectors");
	mine = pair.local;
	far = pair.remote;
	*out = (struct policy){
		.action = SPD_PROTECT,
		.id = child_policy(child, at),
		.dirs = SPD_BOTH,
		.on_demand = is_trapped(child),
		.is_vips = is_vips(conn, mine),
		.pfp = child->pfp,
		.pfp_limit = child->pfp_limit,
		.suites = child->suites,
	};
	tunnel_ends(conn, &out->ends);
	err = take_addresses(conn, child, &pair, out, e);
	if (err)
		return err;
	out->selector.local_port_min = mine->port_min;
	out->selector.local_port_max = mine->port_max;
	out->selector.remote_port_min = far->port_min;
	out->selector.remote_port_max = far->port_max;
	if (!selector_ports_sound(&out->selector))
		return error_set(
			e, -EINVAL,
			"connections.%s.children.%s: opaque ports on one side and others on the other match no packet; write opaque on both",
			conn->name, child->name);
	return 0;
}

/* Of ours each family has one. */
static int check_vips(const struct conn_conf *conn, struct error *e)
{
	size_t n[2] = { 0, 0 };

	for (size_t i = 0; i < conn->n_vips; i++)
		n[addr_is_v4(&conn->vips[i])]++;
	if (n[0] > 1 || n[1] > 1)
		return error_set(
			e, -ENOTSUP,
			"connections.%s.vips: the data path takes one of each family; remove the others",
			conn->name);
	return 0;
}

/* One for each pair that a packet may have; at least one. */
static int take_child(const struct conn_conf *conn, struct child_conf *child,
		      struct policies *to, struct error *e)
{
	const size_t pairs = child_pairs(child);
	uint32_t nth = 0;
	int err = check_vips(conn, e);

	if (err)
		return err;
	if (pairs > SADB_SELECTORS_MAX)
		return error_set(
			e, -E2BIG,
			"connections.%s.children.%s: more than %d pairs of selectors",
			conn->name, child->name, SADB_SELECTORS_MAX);
	for (size_t i = 0; i < pairs; i++) {
		struct policy *p = &to->list[to->n];

		err = take_pair(conn, child, i, p, e);
		if (err == -EAFNOSUPPORT)
			continue;
		if (err)
			return err;
		if (conn->n_pools && p->pfp) /* these have no other SAs so */
			p->leased_by = to->conn;
		p->nth = nth++;
		to->owners[to->n++] = (struct owner){ child, i };
	}
	return nth ? 0 : err;
}

int tunnels_check(const struct config *config, struct error *e)
{
	struct policy list[SADB_SELECTORS_MAX];
	struct owner owners[SADB_SELECTORS_MAX];
	int err = 0;

	for (size_t i = 0; i < config->n_conns; i++) {
		const struct conn_conf *conn = &config->conns[i];

		for (size_t k = 0; !err && k < conn->n_children; k++) {
			struct policies to = { list, owners, 0, 1 };

			err = take_child(conn, &conn->children[k], &to, e);
		}
	}
	return err;
}

static int take_routed_child(const struct conn_conf *conn,
			     struct child_conf *child,
			     const struct tunnel_ifs *ifs, struct policies *to,
			     struct error *e)
{
	size_t first = to->n;
	int err = take_child(conn, child, to, e);

	for (size_t i = first; !err && i < to->n; i++)
		take_if_ids(&to->list[i], ifs, child->if_id_in,
			    child->if_id_out);
	return err;
}

/* Behind the policies, each child in the order of the file; so is its id. */
static int take_children(struct config *c, const struct tunnel_ifs *ifs,
			 struct policies *to, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < c->n_conns; i++) {
		struct conn_conf *conn = &c->conns[i];

		to->conn = (uint32_t)i + 1;
		for (size_t k = 0; !err && k < conn->n_children; k++)
			err = take_routed_child(conn, &conn->children[k], ifs,
						to, e);
	}
	return err;
}

static void forget_ids(struct child_conf *child)
{
	for (size_t i = 0; i < SADB_SELECTORS_MAX; i++)
		child_set_policy(child, i, POLICY_ID_ANY);
}

/* The first one is by which ike knows the child: where its pair has none, the next. */
static void tell_child(struct child_conf *child, size_t pair, uint32_t id)
{
	child_set_policy(child, pair, id);
	if (child->policy == POLICY_ID_ANY)
		child->policy = id;
}

static void tell_ids(struct config *c, const struct policies *of)
{
	for (size_t i = 0; i < c->n_policies; i++)
		c->policies[i].id = of->list[i].id;
	for (size_t i = c->n_policies; i < of->n; i++)
		if (!of->list[i].nth)
			forget_ids(of->owners[i].child);
	for (size_t i = c->n_policies; i < of->n; i++)
		tell_child(of->owners[i].child, of->owners[i].pair,
			   of->list[i].id);
}

static void take_policies(const struct config *c, const struct tunnel_ifs *ifs,
			  struct policy *list)
{
	for (size_t i = 0; i < c->n_policies; i++) {
		const struct policy_conf *p = &c->policies[i];

		list[i] = (struct policy){
			.id = POLICY_ID_ANY,
			.selector = p->selector,
			.dirs = (uint8_t)p->dirs,
			.action = p->action,
			.manual = p->action == SPD_PROTECT,
		};
		take_if_ids(&list[i], ifs, p->if_id_in, p->if_id_out);
	}
}

static const char *policies_failure(int err)
{
	if (err == -EOVERFLOW)
		return "too many of them overlap in one place; put some together, or order them so that the wider ones come last";
	return strerror(-err);
}

static size_t count_policies(const struct config *c)
{
	size_t n = c->n_policies;

	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			n += child_pairs(&c->conns[i].children[k]);
	return n;
}

static int install(struct config *config, const struct tunnel_books *to,
		   struct policies *of, struct error *e)
{
	int err;

	take_policies(config, to->ifs, of->list);
	err = take_children(config, to->ifs, of, e);
	if (err)
		return err;
	err = sadb_set_policies(to->sadb, of->list, of->n);
	if (err)
		return error_set(e, err, "cannot install the policies: %s",
				 policies_failure(err));
	tell_ids(config, of);
	return 0;
}

static int set_policies(struct config *config, const struct tunnel_books *to,
			struct error *e)
{
	size_t room = count_policies(config) + 1;
	struct policies of = {
		.list = calloc(room, sizeof(*of.list)),
		.owners = calloc(room, sizeof(*of.owners)),
		.n = config->n_policies,
	};
	int err;

	if (of.list && of.owners)
		err = install(config, to, &of, e);
	else
		err = error_set(e, -ENOMEM, "no memory for the policies");
	free(of.list);
	free(of.owners);
	return err;
}

int tunnels_replace(struct config *config, const struct tunnel_books *to,
		    uint64_t now_ns, struct error *e)
{
	int err = manual_prepare(to->manual, config, now_ns, e);

	if (err)
		return err;
	err = set_policies(config, to, e);
	if (err)
		manual_undo(to->manual);
	else
		manual_serve(to->manual, config);
	return err;
}

int tunnels_follow(struct config *config, const struct tunnel_books *to,
		   struct error *e)
{
	return set_policies(config, to, e);
}
