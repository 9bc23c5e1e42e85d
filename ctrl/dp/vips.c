// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/vips.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/changes.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/state.h"

_Static_assert(IFACE_NAME_MAX == IF_NAMESIZE, "names fit");

static struct conn_conf *conn_of(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_conns; i++)
		if (strcmp(c->conns[i].name, name) == 0)
			return &c->conns[i];
	return NULL;
}

void vips_keep(const struct config *was, struct config *now)
{
	for (size_t i = 0; i < now->n_conns; i++) {
		struct conn_conf *c = &now->conns[i];
		const struct conn_conf *old =
			c->n_vips ? conn_of(was, c->name) : NULL;

		if (!old)
			continue;
		memcpy(c->vips_now, old->vips_now, sizeof(c->vips_now));
		memcpy(c->vips_on, old->vips_on, sizeof(c->vips_on));
		c->n_vips_now = old->n_vips_now;
	}
}

/* --- interfaces --- */

static bool is_on(const struct conn_conf *c, const struct nl_addr *a)
{
	if (!c->vips_on[0] || if_nametoindex(c->vips_on) != a->ifindex)
		return false;
	for (size_t i = 0; i < c->n_vips_now; i++)
		if (addr_equal(&c->vips_now[i], &a->local))
			return true;
	return false;
}

static bool is_wanted(const struct config *c, const struct nl_addr *a)
{
	for (size_t i = 0; i < c->n_conns; i++)
		if (is_on(&c->conns[i], a))
			return true;
	return false;
}

static void change(const struct dp *dp, uint32_t ifindex, const struct addr *a,
		   bool add)
{
	char text[ADDR_STR_MAX], name[IF_NAMESIZE] = "none";
	int err = add ? nl_addr_add(dp->nl, ifindex, a)
		      : nl_addr_del(dp->nl, ifindex, a);

	if (err == -EEXIST)
		return;
	if_indextoname(ifindex, name);
	if (err)
		log_error("dp: virtual IP %s %s interface=%s: %s",
			  addr_str(a, text), add ? "not added" : "not removed",
			  name, strerror(-err));
	else
		log_info("dp: virtual IP %s address=%s interface=%s",
			 add ? "added" : "removed", addr_str(a, text), name);
}

static void take_others(const struct dp *dp)
{
	struct nl_addr *has;
	size_t n;

	if (nl_addrs(dp->nl, &has, &n) && !has)
		return;
	for (size_t i = 0; i < n; i++)
		if (has[i].is_ours && !is_wanted(dp->config, &has[i]))
			change(dp, has[i].ifindex, &has[i].local, false);
	free(has);
}

static void give(const struct dp *dp, const struct conn_conf *c)
{
	uint32_t ifindex = c->vips_on[0] ? if_nametoindex(c->vips_on) : 0;

	if (c->n_vips_now && c->vips_on[0] && !ifindex)
		log_error("dp: virtual IPs of %s: there is no interface %s",
			  c->name, c->vips_on);
	for (size_t i = 0; ifindex && i < c->n_vips_now; i++)
		change(dp, ifindex, &c->vips_now[i], true);
}

void vips_settle(const struct dp *dp)
{
	take_others(dp);
	for (size_t i = 0; i < dp->config->n_conns; i++)
		give(dp, &dp->config->conns[i]);
}

/* --- what is told --- */

static bool is_news(const struct conn_conf *c, const struct conn_vips *v)
{
	bool same = c->n_vips_now == v->n &&
		    strncmp(c->vips_on, v->on, sizeof(v->on)) == 0;

	for (uint32_t i = 0; same && i < v->n; i++)
		same = addr_equal(&c->vips_now[i], &v->at[i]);
	return !same;
}

/* Before they go from the policies they go from the interface. */
static void take_now(struct dp *dp, struct conn_conf *c)
{
	c->n_vips_now = 0;
	vips_settle(dp);
}

void dp_set_vips(struct dp *dp, const struct conn_vips *v)
{
	const struct tunnel_books to = { dp->sadb, dp->manual, &dp->tunnels };
	struct conn_conf *c = conn_of(dp->config, v->conn);
	struct error e;

	if (!c || !c->n_vips || v->n > CONN_VIPS_MAX || !is_news(c, v))
		return;
	take_now(dp, c);
	memcpy(c->vips_now, v->at, sizeof(c->vips_now));
	memcpy(c->vips_on, v->on, sizeof(c->vips_on) - 1);
	c->n_vips_now = v->n;
	if (tunnels_follow(dp->config, &to, &e)) {
		log_error("dp: virtual IPs of %s: %s", c->name, e.text);
		c->n_vips_now = 0;
		return;
	}
	vips_settle(dp);
	changes_route(dp);
}

/* --- what we give */

/* What cannot be protected no peer gets an SA for. */
void dp_set_pool(struct dp *dp, const struct pool_addrs *pool)
{
	const struct tunnel_books to = { dp->sadb, dp->manual, &dp->tunnels };
	bool changed = false;
	struct error e;

	for (size_t i = 0; i < dp->config->n_conns; i++)
		changed |= pool_lend(pool, &dp->config->conns[i]);
	if (!changed)
		return;
	if (tunnels_follow(dp->config, &to, &e))
		log_error("dp: pool %s: %s", pool->name, e.text);
	changes_route(dp);
}
