// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool side(const struct ts_conf *ts, const struct conn_addr *outer,
		 size_t n_outer, struct prefix *out)
{
	if (ts->dynamic && (n_outer != 1 || !conn_addr_is_host(outer)))
		return false;
	*out = ts->dynamic ? outer->net : ts->net;
	return true;
}

bool tunnel_remote(const struct conn_conf *conn, const struct ts_conf *ts,
		   struct prefix *out)
{
	return side(ts, conn->remote_addrs, conn->n_remote_addrs, out);
}

static bool is_vips(const struct conn_conf *conn, const struct ts_conf *ts)
{
	return ts->dynamic && conn->n_vips;
}

/* No packet has an address of zeros, whose family is that of the remote side. */
static struct prefix vip_of(const struct conn_conf *conn, bool v4)
{
	struct prefix p = { .bits = v4 ? 32 : 128 };

	if (v4)
		p.net = addr_from_v4(0);
	for (size_t i = conn->n_vips_now; i-- > 0;)
		if (addr_is_v4(&conn->vips_now[i]) == v4)
			p.net = conn->vips_now[i];
	return p;
}

bool tunnel_local(const struct conn_conf *conn, const struct ts_conf *ts,
		  const struct prefix *remote, struct prefix *out)
{
	if (!is_vips(conn, ts))
		return side(ts, conn->local_addrs, conn->n_local_addrs, out);
	*out = vip_of(conn, addr_is_v4(&remote->net));
	return true;
}

/* For whichever reason: what meets no SA would only be dropped otherwise. */
static bool is_trapped(const struct child_conf *child)
{
	return child->start_action == CHILD_TRAP ||
	       child->dpd_action == CHILD_TRAP ||
	       child->close_action == CHILD_TRAP;
}

/* None where the peer may be anybody. */
static uint32_t ends_of(const struct conn_addr *addrs, size_t n,
			struct prefix out[CONN_ADDRS_MAX])
{
	for (size_t i = 0; i < n; i++) {
		if (addrs[i].any)
			return 0;
		out[i] = addrs[i].net;
	}
	return (uint32_t)n;
}

void tunnel_ends(const struct conn_conf *conn, struct policy_ends *out)
{
	/* No packet goes there: a name without an address is nobody's. */
	static const struct prefix nobody = { .bits = 128 };

	out->n_local =
		ends_of(conn->local_addrs, conn->n_local_addrs, out->local);
	out->n_remote =
		ends_of(conn->remote_addrs, conn->n_remote_addrs, out->remote);
	out->moves = conn_is_named(conn);
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

static int take_child(const struct conn_conf *conn, struct child_conf *child,
		      struct policy *out, struct error *e)
{
	const struct ts_conf *mine = child->local_ts, *far = child->remote_ts;
	struct prefix local, remote;

	*out = (struct policy){
		.action = SPD_PROTECT,
		.id = child->policy,
		.dirs = SPD_BOTH,
		.on_demand = is_trapped(child),
		.is_vips = is_vips(conn, &child->local_ts[0]),
		.suites = child->suites,
	};
	tunnel_ends(conn, &out->ends);
	if (child->n_local_ts != 1 || child->n_remote_ts != 1 ||
	    !tunnel_remote(conn, far, &remote) ||
	    !tunnel_local(conn, mine, &remote, &local))
		return error_set(
			e, -ENOTSUP,
			"connections.%s.children.%s: the data path takes one local_ts and one remote_ts; dynamic needs one address on that side",
			conn->name, child->name);
	if (addr_is_v4(&local.net) != addr_is_v4(&remote.net))
		return error_set(
			e, -EAFNOSUPPORT,
			"connections.%s.children.%s: local_ts and remote_ts are of two families; dynamic is of that of the address on its side",
			conn->name, child->name);
	out->selector = selector_between(&local, &remote, child_protocol(child));
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

/* What peers are given is not known here, and so not protected; and one SA of a
 * child's would not do for several of them. Of ours each family has one. */
static int check_vips(const struct conn_conf *conn, struct error *e)
{
	size_t n[2] = { 0, 0 };

	for (size_t i = 0; i < conn->n_vips; i++)
		n[addr_is_v4(&conn->vips[i])]++;
	if (conn->n_pools)
		return error_set(
			e, -ENOTSUP,
			"connections.%s.pools: the data path does not give virtual IPs yet; remove it",
			conn->name);
	if (n[0] > 1 || n[1] > 1)
		return error_set(
			e, -ENOTSUP,
			"connections.%s.vips: the data path takes one of each family; remove the others",
			conn->name);
	return 0;
}

/* Behind the policies, each child in the order of the file; so is its id. */
static int take_children(struct config *c, const struct tunnel_ifs *ifs,
			 struct policy *list, size_t *n, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < c->n_conns; i++) {
		struct conn_conf *conn = &c->conns[i];

		if (!err)
			err = check_vips(conn, e);
		for (size_t k = 0; !err && k < conn->n_children; k++) {
			struct child_conf *child = &conn->children[k];
			struct policy *p = &list[(*n)++];

			err = take_child(conn, child, p, e);
			take_if_ids(p, ifs, child->if_id_in, child->if_id_out);
		}
	}
	return err;
}

static void tell_ids(struct config *c, const struct policy *list)
{
	for (size_t i = 0; i < c->n_policies; i++)
		c->policies[i].id = (list++)->id;
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			c->conns[i].children[k].policy = (list++)->id;
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
		n += c->conns[i].n_children;
	return n;
}

static int set_policies(struct config *config, const struct tunnel_books *to,
			struct error *e)
{
	struct policy *list = calloc(count_policies(config) + 1, sizeof(*list));
	size_t n = config->n_policies;
	int err;

	if (!list)
		return error_set(e, -ENOMEM, "no memory for the policies");
	take_policies(config, to->ifs, list);
	err = take_children(config, to->ifs, list, &n, e);
	if (!err) {
		err = sadb_set_policies(to->sadb, list, n);
		if (err)
			error_set(e, err, "cannot install the policies: %s",
				  policies_failure(err));
	}
	if (!err)
		tell_ids(config, list);
	free(list);
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

int tunnels_follow_vips(struct config *config, const struct tunnel_books *to,
			struct error *e)
{
	return set_policies(config, to, e);
}
