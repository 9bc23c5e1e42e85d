// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/vips.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/changes.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/state.h"

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
		const struct conn_conf *old = conn_of(was, c->name);

		if (!old || !c->n_vips)
			continue;
		memcpy(c->vips_now, old->vips_now, sizeof(c->vips_now));
		c->n_vips_now = old->n_vips_now;
	}
}

/* --- the interface --- */

static bool is_wanted(const struct config *c, const struct addr *a)
{
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_vips_now; k++)
			if (addr_equal(&c->conns[i].vips_now[k], a))
				return true;
	return false;
}

static void change(const struct dp *dp, const struct addr *a, bool add)
{
	char text[ADDR_STR_MAX];
	int err = add ? nl_addr_add(dp->nl, dp->host.ifindex, a)
		      : nl_addr_del(dp->nl, dp->host.ifindex, a);

	if (err == -EEXIST)
		return;
	if (err)
		log_error("dp: virtual IP %s %s: %s", addr_str(a, text),
			  add ? "not added" : "not removed", strerror(-err));
	else
		log_info("dp: virtual IP %s address=%s",
			 add ? "added" : "removed", addr_str(a, text));
}

static void take_others(const struct dp *dp)
{
	struct nl_addr *has;
	size_t n;

	if (nl_addrs(dp->nl, &has, &n) && !has)
		return;
	for (size_t i = 0; i < n; i++)
		if (has[i].is_ours && has[i].ifindex == dp->host.ifindex &&
		    !is_wanted(dp->config, &has[i].local))
			change(dp, &has[i].local, false);
	free(has);
}

void vips_settle(const struct dp *dp)
{
	const struct config *c = dp->config;

	take_others(dp);
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_vips_now; k++)
			change(dp, &c->conns[i].vips_now[k], true);
}

/* --- what is told --- */

static bool is_news(const struct conn_conf *c, const struct conn_vips *v)
{
	bool same = c->n_vips_now == v->n;

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
	c->n_vips_now = v->n;
	if (tunnels_follow_vips(dp->config, &to, &e)) {
		log_error("dp: virtual IPs of %s: %s", c->name, e.text);
		c->n_vips_now = 0;
		return;
	}
	vips_settle(dp);
	changes_route(dp);
}
