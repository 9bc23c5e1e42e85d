// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/cp.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ike_cp.h"

#define CFG_ATTRS_MAX 64 /* of a payload; what is behind them is not read */

static bool is_any(const struct addr *a)
{
	const struct addr v4 = addr_from_v4(0);

	return addr_is_none(a) || addr_equal(a, &v4);
}

/* All addresses of its family. */
static struct range family_of(const struct addr *a)
{
	struct prefix p = { .bits = 0 };

	if (addr_is_v4(a))
		p.net = addr_from_v4(0);
	return (struct range){ p.net, prefix_last(&p) };
}

static struct range host(const struct addr *a)
{
	return (struct range){ *a, *a };
}

static bool has_family(const struct addr *addrs, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_is_v4(&addrs[i]) == addr_is_v4(a))
			return true;
	return false;
}

static struct cp *cp_new(struct ike_sa *sa)
{
	if (!sa->cp)
		sa->cp = calloc(1, sizeof(*sa->cp));
	return sa->cp;
}

void cp_end(struct ike_sa *sa)
{
	struct cp *cp = sa->cp;

	sa->cp = NULL;
	for (unsigned int i = 0; cp && i < cp->n_given; i++)
		lease_drop(cp->given[i].lease);
	free(cp);
}

void cp_inherit(struct ike_sa *heir, struct ike_sa *sa)
{
	if (!sa->cp || heir->cp)
		return;
	heir->cp = sa->cp;
	sa->cp = NULL;
	sa_touch(heir);
	sa_touch(sa);
}

static void adopt(struct engine *e, const char *pool, const struct ike_sa *sa,
		  struct cp_given *g)
{
	struct lease *l;

	if (g->lease && !lease_is_of_none(g->lease))
		return;
	l = lease_take_again(e, pool, &sa->peer_id, &g->addr);
	if (!l)
		return;
	lease_drop(g->lease);
	g->lease = l;
}

void cp_adopt(struct engine *e, const char *pool)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		for (unsigned int k = 0; sa && sa->cp && k < sa->cp->n_given;
		     k++)
			adopt(e, pool, sa, &sa->cp->given[k]);
	}
}

/* --- selectors */

static void add(struct ts_dynamic *d, struct range r)
{
	if (d->n < TS_DYNAMIC_MAX)
		d->at[d->n++] = r;
}

/* Once a family: what the peer gives is one of them. */
static void add_wished(const struct conn_conf *c, struct ts_dynamic *out)
{
	for (size_t i = 0; i < c->n_vips; i++)
		if (!has_family(c->vips, i, &c->vips[i]))
			add(out, family_of(&c->vips[i]));
}

static void local_dynamic(const struct ike_sa *sa, struct ts_dynamic *out)
{
	const struct cp *cp = sa->cp;

	if (!cp || !cp->asks || (cp->done && !cp->n_local))
		add(out, host(&sa->path.local));
	else if (!cp->done)
		add_wished(&sa->conn->conf, out);
	else
		for (unsigned int i = 0; i < cp->n_local; i++)
			add(out, host(&cp->local[i]));
}

/* Whether a pool has one of them shows later, and is then said so. */
static void add_all(struct ts_dynamic *out)
{
	const struct addr v4 = addr_from_v4(0), v6 = { .octets = { 0 } };

	add(out, family_of(&v4));
	add(out, family_of(&v6));
}

static void remote_dynamic(const struct ike_sa *sa, struct ts_dynamic *out)
{
	const struct cp *cp = sa->cp;

	if (!cp || !cp->gives)
		add(out, host(&sa->path.remote));
	else if (!cp->done)
		add_all(out);
	else
		for (unsigned int i = 0; i < cp->n_given; i++)
			add(out, host(&cp->given[i].addr));
}

void cp_dynamic(const struct ike_sa *sa, struct ts_dynamic *local,
		struct ts_dynamic *remote)
{
	local->n = remote->n = 0;
	local_dynamic(sa, local);
	remote_dynamic(sa, remote);
}

void cp_show(const struct ike_sa *sa, struct ike_sa_view *out)
{
	const struct cp *cp = sa->cp;

	if (!cp)
		return;
	out->n_local_vips = (uint8_t)cp->n_local;
	out->n_remote_vips = (uint8_t)cp->n_given;
	out->n_dns = (uint8_t)cp->n_dns;
	memcpy(out->local_vips, cp->local, sizeof(out->local_vips));
	memcpy(out->dns, cp->dns, sizeof(out->dns));
	for (unsigned int i = 0; i < cp->n_given; i++)
		out->remote_vips[i] = cp->given[i].addr;
}

/* --- initiator */

bool cp_ask(struct ike_sa *sa)
{
	if (!sa->conn->conf.n_vips)
		return true;
	if (!cp_new(sa))
		return false;
	sa->cp->asks = true;
	return true;
}

static void put_wish(struct ike_builder *m, const struct addr *a)
{
	enum ike_cfg_attr type =
		addr_is_v4(a) ? IKE_ATTR_IP4_ADDRESS : IKE_ATTR_IP6_ADDRESS;

	if (is_any(a))
		ike_cfg_ask(m, type);
	else
		ike_cfg_put_addr(m, type, a);
}

void cp_request_put(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;

	if (!sa->cp || !sa->cp->asks)
		return;
	ike_cp_begin(m, IKE_CFG_REQUEST);
	for (size_t i = 0; i < c->n_vips; i++)
		put_wish(m, &c->vips[i]);
	for (size_t i = 0; i < c->n_vips; i++)
		if (!has_family(c->vips, i, &c->vips[i]))
			ike_cfg_ask(m, addr_is_v4(&c->vips[i])
					       ? IKE_ATTR_IP4_DNS
					       : IKE_ATTR_IP6_DNS);
	ike_payload_end(m);
}

static bool is_among(const struct addr *addrs, unsigned int n,
		     const struct addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (addr_equal(&addrs[i], a))
			return true;
	return false;
}

/* Once, if it can be one of a host, and there is room. */
static void keep(struct addr *addrs, unsigned int *n, unsigned int max,
		 const struct addr *a)
{
	if (*n < max && !addr_not_unicast(a) && !is_among(addrs, *n, a))
		addrs[(*n)++] = *a;
}

static void take_attr(struct ike_sa *sa, const struct ike_cfg *attr)
{
	const struct conn_conf *c = &sa->conn->conf;
	struct cp *cp = sa->cp;
	struct addr a;

	if (ike_cfg_addr(attr, &a))
		return;
	switch (attr->type) {
	case IKE_ATTR_IP4_ADDRESS:
	case IKE_ATTR_IP6_ADDRESS:
		if (has_family(c->vips, c->n_vips, &a))
			keep(cp->local, &cp->n_local, CONN_VIPS_MAX, &a);
		break;
	case IKE_ATTR_IP4_DNS:
	case IKE_ATTR_IP6_DNS:
		keep(cp->dns, &cp->n_dns, CONN_DNS_MAX, &a);
		break;
	default:
		break;
	}
}

/* The attributes of the first CP payload, if it is of that type. */
static bool find_attrs(const struct ike_payloads *p, enum ike_cfg_type type,
		       struct slice *out)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_CP);
	struct ike_cp cp;

	if (!payload || !ike_cp_parse(payload->body, &cp) || cp.type != type)
		return false;
	*out = cp.attrs;
	return true;
}

const char *cp_take_reply(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct slice attrs;
	struct ike_cfg attr;
	unsigned int n = 0;

	if (!sa->cp || !sa->cp->asks)
		return NULL;
	sa->cp->done = true;
	if (find_attrs(p, IKE_CFG_REPLY, &attrs))
		while (n++ < CFG_ATTRS_MAX && ike_cfg_next(&attrs, &attr))
			take_attr(sa, &attr);
	return sa->cp->n_local
		       ? NULL
		       : "the peer gives us no virtual IP, for which 'vips' asks: its connection needs pools";
}

/* --- responder */

static void take_wish(struct cp *cp, const struct ike_cfg *attr)
{
	struct addr a;
	int err;

	if (attr->type != IKE_ATTR_IP4_ADDRESS &&
	    attr->type != IKE_ATTR_IP6_ADDRESS)
		return;
	err = ike_cfg_addr(attr, &a);
	/* Section 3.15.1: without a value, or of zeros, it is any. */
	if (err)
		a = attr->type == IKE_ATTR_IP4_ADDRESS
			    ? addr_from_v4(0)
			    : (struct addr){ .octets = { 0 } };
	if (cp->n_wishes < CONN_VIPS_MAX)
		cp->wishes[cp->n_wishes++] = a;
}

static bool asks_for_address(struct slice attrs)
{
	struct ike_cfg attr;

	while (ike_cfg_next(&attrs, &attr))
		if (attr.type == IKE_ATTR_IP4_ADDRESS ||
		    attr.type == IKE_ATTR_IP6_ADDRESS)
			return true;
	return false;
}

bool cp_take_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct slice attrs = slice_of(NULL, 0);
	struct ike_cfg attr;
	unsigned int n = 0;
	bool asks = find_attrs(p, IKE_CFG_REQUEST, &attrs) &&
		    asks_for_address(attrs);

	if (!sa->conn->conf.n_pools && !asks)
		return true;
	if (!cp_new(sa))
		return false;
	sa->cp->gives = true;
	while (asks && n++ < CFG_ATTRS_MAX && ike_cfg_next(&attrs, &attr))
		take_wish(sa->cp, &attr);
	return true;
}

/* Of the first pool that has one of the family. */
static struct lease *find_lease(const struct ike_sa *sa, const struct addr *wish)
{
	const struct conn_conf *c = &sa->conn->conf;
	struct lease *l = NULL;

	for (size_t i = 0; !l && i < c->n_pools; i++) {
		struct pool *p = pool_by_name(sa->e, c->pools[i]);

		if (p && addr_is_v4(&pool_conf_of(p)->base) == addr_is_v4(wish))
			l = lease_take(p, &sa->peer_id,
				       is_any(wish) ? NULL : wish);
	}
	return l;
}

static bool is_given(const struct cp *cp, const struct lease *l)
{
	for (unsigned int i = 0; i < cp->n_given; i++)
		if (cp->given[i].lease == l)
			return true;
	return false;
}

static void give(struct ike_sa *sa, const struct addr *wish)
{
	struct cp *cp = sa->cp;
	struct lease *l = find_lease(sa, wish);

	if (!l)
		return;
	if (is_given(cp, l))
		lease_drop(l);
	else
		cp->given[cp->n_given++] =
			(struct cp_given){ *lease_addr(l), l };
}

static uint16_t none_given(const struct ike_sa *sa, const char **why)
{
	if (!sa->cp->n_wishes) {
		*why = "the peer asks for no virtual IP, as 'pools' of the connection wants: give its connection 'vips'";
		return IKE_N_FAILED_CP_REQUIRED;
	}
	*why = sa->conn->conf.n_pools
		       ? "no pool of the connection has a virtual IP left for the peer, of the family that it asks for"
		       : "the peer asks for a virtual IP, and the connection has no 'pools'";
	return IKE_N_INTERNAL_ADDRESS_FAILURE;
}

uint16_t cp_give(struct ike_sa *sa, const char **why)
{
	struct cp *cp = sa->cp;

	if (!cp || !cp->gives || cp->done)
		return 0;
	cp->done = true;
	for (unsigned int i = 0; i < cp->n_wishes; i++)
		give(sa, &cp->wishes[i]);
	return cp->n_given ? 0 : none_given(sa, why);
}

static void put_attrs(struct ike_builder *m, const struct pool_conf *c)
{
	for (uint32_t i = 0; i < c->n_attrs; i++) {
		const struct pool_attr *a = &c->attrs[i];

		if (a->type == IKE_ATTR_IP4_SUBNET ||
		    a->type == IKE_ATTR_IP6_SUBNET)
			ike_cfg_put_net(m, &a->value);
		else
			ike_cfg_put_addr(m, (enum ike_cfg_attr)a->type,
					 &a->value.net);
	}
}

/* Has one before it the same pool, whose attributes are there already? */
static bool pool_is_told(const struct cp *cp, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (lease_pool(cp->given[i].lease) ==
		    lease_pool(cp->given[at].lease))
			return true;
	return false;
}

void cp_reply_put(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct cp *cp = sa->cp;

	if (!cp || !cp->n_given)
		return;
	ike_cp_begin(m, IKE_CFG_REPLY);
	for (unsigned int i = 0; i < cp->n_given; i++)
		ike_cfg_put_addr(m,
				 addr_is_v4(&cp->given[i].addr)
					 ? IKE_ATTR_IP4_ADDRESS
					 : IKE_ATTR_IP6_ADDRESS,
				 &cp->given[i].addr);
	for (unsigned int i = 0; i < cp->n_given; i++)
		if (!pool_is_told(cp, i))
			put_attrs(m, lease_pool(cp->given[i].lease));
	ike_payload_end(m);
}
