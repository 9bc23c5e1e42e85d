// SPDX-License-Identifier: BSD-2-Clause
/*
 * Virtual IPs that peers gave us: dp is told which each connection has. An IKE SA
 * that is rekeyed hands them to its heir, and what is seen of the two comes one
 * after the other: so all is looked at a moment later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/dp/hostif.h"

#define MOMENT_US 2000

_Static_assert(CONN_DNS_MAX <= CONN_VIPS_MAX, "a line has room for them");

static void put_interface(const struct ike_options *o, struct conn_vips *out)
{
	const char *on = o->install_virtual_ip_on;

	if (o->install_virtual_ip)
		snprintf(out->on, sizeof(out->on), "%s", *on ? on : HOSTIF_NAME);
}

static void tell_of(const struct ctl *c, const struct conn_conf *conn)
{
	struct conn_vips v = { .n = 0 };

	if (!conn->n_vips)
		return;
	memcpy(v.conn, conn->name, sizeof(v.conn));
	v.n = ike_link_vips(c->ike, conn->name, v.at);
	put_interface(&c->config->ike, &v);
	if (dp_link_vips(c->dp, &v))
		log_error("daemon: dp is not told of virtual IPs");
}

static void add_once(const struct addr *a, struct addr at[NAMESERVERS_MAX],
		     size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (addr_equal(&at[i], a))
			return;
	if (*n < NAMESERVERS_MAX && !addr_not_unicast(a))
		at[(*n)++] = *a;
}

/* Of its IKE SAs that are up: of a rekeyed one as of its heir. */
static void add_servers_of(const struct sa_heads *heads, const char *conn,
			   struct addr at[NAMESERVERS_MAX], size_t *n)
{
	for (size_t i = 0; i < heads->n_ike; i++) {
		const struct ike_sa_view *ike = heads->ike[i];

		if (ike->state == SA_VIEW_CONNECTING ||
		    strcmp(ike->conn, conn) != 0)
			continue;
		for (uint8_t k = 0; k < ike->n_dns; k++)
			add_once(&ike->dns[k], at, n);
	}
}

/* Of connections that ask for virtual IPs; ike has no say in others. */
static void set_nameservers(const struct ctl *c)
{
	const struct sa_heads heads = ike_link_heads(c->ike);
	struct addr at[NAMESERVERS_MAX];
	size_t n = 0;

	for (size_t i = 0; c->config->ike.install_dns && i < c->config->n_conns;
	     i++)
		if (c->config->conns[i].n_vips)
			add_servers_of(&heads, c->config->conns[i].name, at, &n);
	nameservers_set(c->nameservers, c->config->ike.resolvconf, at, n);
}

static void tell_all(evutil_socket_t fd, short what, void *ctx)
{
	const struct ctl *c = ctx;

	(void)fd;
	(void)what;
	if (c->ike)
		set_nameservers(c);
	for (size_t i = 0; c->ike && c->dp_is_set && i < c->config->n_conns; i++)
		tell_of(c, &c->config->conns[i]);
}

#define TEXT_MAX (CONN_VIPS_MAX * (ADDR_STR_MAX + 1))

static const char *join(const struct addr *addrs, uint8_t n, char text[TEXT_MAX])
{
	char one[ADDR_STR_MAX];
	size_t len = 0;

	text[0] = '\0';
	for (uint8_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s",
					i ? "," : "", addr_str(&addrs[i], one));
	return text;
}

void ctl_log_vips(const struct ike_sa_view *v)
{
	char vips[TEXT_MAX], dns[TEXT_MAX];

	if (v->n_local_vips || v->n_dns)
		log_info("ike: the peer gave conn=%s ike_id=%u virtual_ips=%s dns=%s",
			 v->conn, v->id,
			 join(v->local_vips, v->n_local_vips, vips),
			 join(v->dns, v->n_dns, dns));
	if (v->n_remote_vips)
		log_info("ike: the peer has conn=%s ike_id=%u virtual_ips=%s",
			 v->conn, v->id,
			 join(v->remote_vips, v->n_remote_vips, vips));
}

void ctl_look_at_vips(struct ctl *c)
{
	const struct timeval moment = { .tv_usec = MOMENT_US };

	if (!event_initialized(&c->on_vips))
		evtimer_assign(&c->on_vips, c->base, tell_all, c);
	if (!evtimer_pending(&c->on_vips, NULL))
		evtimer_add(&c->on_vips, &moment);
}

void ctl_free_vips(struct ctl *c)
{
	if (event_initialized(&c->on_vips))
		event_del(&c->on_vips);
}
