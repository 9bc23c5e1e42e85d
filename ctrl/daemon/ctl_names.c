// SPDX-License-Identifier: BSD-2-Clause
/*
 * Peers that have names: a lookup's sockets are made here, let out by dp, and used
 * by helper; what it says goes to dp first, which refuses SAs to elsewhere, and
 * then to ike.
 *
 *     names: begin -> sockets -> dp: LOOKUP, LET_OUT -> helper: LOOKUP, ANSWER
 *     -> names: resolved -> dp: PEER, ike: RESOLVED
 *
 * Of a gateway to which a peer redirects us, ike alone is told: what such a name says
 * opens nothing in dp.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/resolvers.h"

static struct ctl_lookup *lookup_of(struct ctl *c, uint64_t token)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		if (c->lookups[i].n && c->lookups[i].token == token)
			return &c->lookups[i];
	return NULL;
}

static void set_timer(struct ctl *c)
{
	uint64_t at_ns = names_deadline(c->names), now_ns = clock_ns();
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns + 999) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000),
				      (suseconds_t)(wait_us % 1000000) };

	if (at_ns == UINT64_MAX)
		evtimer_del(&c->on_names);
	else
		evtimer_add(&c->on_names, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	names_timeout(c->names, clock_ns());
	set_timer(c);
}

/* --- what names wants */

/* Past the policies, or as any other traffic of this host. */
static bool is_let_out(const struct ctl *c)
{
	return c->config->gateway.bootstrap == BOOTSTRAP_DNS;
}

static int hand_over(struct ctl *c, const struct ctl_lookup *l)
{
	return helper_link_lookup(c->helper, l->token, l->host, l->fds, l->n);
}

static int on_begin(void *ctx, uint32_t slot, uint64_t token, const char *host,
		    struct error *e)
{
	struct ctl *c = ctx;
	struct ctl_lookup *l = &c->lookups[slot];
	struct resolvers resolvers;
	int n, err;

	resolvers_read(&c->config->gateway, RESOLV_CONF, &resolvers);
	n = resolvers_connect(&resolvers, is_let_out(c), l->fds, e);
	if (n < 0)
		return n;
	l->n = (size_t)n;
	l->token = token;
	memcpy(l->host, host, sizeof(l->host));
	err = is_let_out(c) ? dp_link_lookup(c->dp, slot, token, l->fds, l->n)
			    : hand_over(c, l);
	return err ? error_set(e, err,
			       "a process of ours is gone; it is tried again")
		   : 0;
}

/* dp is told before the port is free: what the next one there hears is judged by
 * the policies again. */
static void on_over(void *ctx, uint32_t slot)
{
	struct ctl *c = ctx;
	struct ctl_lookup *l = &c->lookups[slot];

	if (l->n && c->dp_is_set)
		dp_link_lookup(c->dp, slot, 0, NULL, 0);
	while (l->n)
		close(l->fds[--l->n]);
}

static struct conn_conf *conn_of(const struct ctl *c, const char *name)
{
	for (size_t i = 0; i < c->config->n_conns; i++)
		if (strcmp(c->config->conns[i].name, name) == 0)
			return &c->config->conns[i];
	return NULL;
}

static void on_resolved(void *ctx, const struct conn_peer *peer, const char *why)
{
	struct ctl *c = ctx;
	struct conn_conf *conn = conn_of(c, peer->conn);
	const struct ike_event failed = { .kind = IKE_EV_FAILED,
					  .conn = peer->conn,
					  .child = "",
					  .text = why };

	if (conn && peer->n_now) {
		conn_resolve(conn, peer->now, peer->n_now);
		dp_link_peer(c->dp, peer);
	} else {
		failures_event(c->failures, &failed, clock_ns());
	}
	if (c->ike)
		ike_link_resolved(c->ike, peer, why);
}

static void on_gateway(void *ctx, const char *host, const struct addr *addrs,
		       uint32_t n, const char *why)
{
	const struct ctl *c = ctx;

	if (c->ike)
		ike_link_gateway_resolved(c->ike, host, addrs, n, why);
}

static const char *meaning_of(enum lookup_outcome outcome)
{
	switch (outcome) {
	case LOOKUP_NO_NAME:
		return "there is no such name; correct it, or DNS";
	case LOOKUP_NO_ADDRESS:
		return "the name has no address; give it one in DNS (A or AAAA)";
	case LOOKUP_UNUSABLE:
		return "its addresses are of no peer (loopback, multicast and the like); correct them in DNS";
	case LOOKUP_SILENT:
		return "no resolver answers; check the way to it, or name another one";
	case LOOKUP_REFUSED:
		return "the resolver refuses, or fails; ask whoever runs it, or name another one";
	case LOOKUP_MALFORMED:
		return "the resolver's answer can't be read; name another one";
	case LOOKUP_TRUNCATED:
		return "the answer is cut, for it has more than 512 octets; give the name fewer addresses";
	case LOOKUP_FORGED:
		return "too many answers that nobody asked for: somebody tries to forge one; see who sends them with: tcpdump udp port 53";
	case LOOKUP_FOUND:
	case LOOKUP_FAILED:
		break;
	}
	return "the process that asks DNS could not; cygnetd's log may say why";
}

static void on_explain(void *ctx, enum lookup_outcome outcome, struct error *out)
{
	const struct ctl *c = ctx;
	char text[RESOLVERS_STR_MAX];
	struct resolvers resolvers;

	resolvers_read(&c->config->gateway, RESOLV_CONF, &resolvers);
	error_set(out, -ENOENT, "%s (asked: %s)%s", meaning_of(outcome),
		  resolvers_str(&resolvers, text),
		  resolvers_are_local(&resolvers) && is_let_out(c)
			  ? "; what a resolver on this host asks is not let out: name the one behind it in gateway.resolvers"
			  : "");
}

/* --- what happens */

static void set_ready(struct ctl *c)
{
	names_set_ready(c->names, c->dp_is_set && c->helper_is_ready,
			clock_ns());
	set_timer(c);
}

static void fail_all(struct ctl *c, const char *why)
{
	names_fail_all(c->names, why, clock_ns());
	set_timer(c);
}

static void on_helper_ready(void *ctx)
{
	struct ctl *c = ctx;

	c->helper_is_ready = true;
	set_ready(c);
	ctl_fetches_ready(c, true);
}

static void on_helper_down(void *ctx)
{
	struct ctl *c = ctx;

	c->helper_is_ready = false;
	ctl_fetches_ready(c, false);
	fail_all(c, "the process that asks DNS ended; cygnetd's log says why");
}

static void on_answer(void *ctx, uint64_t token, const struct lookup_result *r)
{
	struct ctl *c = ctx;

	if (token & FETCHES_TOKEN) {
		ctl_fetches_found(c, token, r);
		return;
	}
	names_done(c->names, token, r, clock_ns());
	set_timer(c);
}

void ctl_let_out(void *ctx, uint64_t token, int err)
{
	struct ctl *c = ctx;
	const struct ctl_lookup *l = lookup_of(c, token);

	if (!l)
		return;
	if (!err)
		err = hand_over(c, l);
	if (err)
		names_fail(
			c->names, token,
			"its question can't be let out; cygnetd's log says why",
			clock_ns());
	set_timer(c);
}

void ctl_ask_name(void *ctx, const char *conn, bool urgent)
{
	struct ctl *c = ctx;

	names_ask(c->names, conn, urgent, clock_ns());
	set_timer(c);
}

void ctl_ask_gateway(void *ctx, const char *host)
{
	struct ctl *c = ctx;
	struct error e;

	if (!c->config->ike.follow_redirects || !dns_is_name(host))
		return;
	if (ctl_start_helper(c, &e))
		on_gateway(c, host, NULL, 0, e.text);
	else
		names_ask_gateway(c->names, host, clock_ns());
	set_timer(c);
}

void ctl_names_with_dp(struct ctl *c)
{
	names_tell_all(c->names);
	set_ready(c);
}

void ctl_names_without_dp(struct ctl *c)
{
	fail_all(c, "the data path is gone; it is tried again");
}

/* --- its life */

int ctl_start_helper(struct ctl *c, struct error *e)
{
	const struct helper_link_spec spec = { .base = c->base,
					       .folder = c->folder,
					       .debug = c->debug,
					       .ready = on_helper_ready,
					       .down = on_helper_down,
					       .answer = on_answer,
					       .piece = ctl_fetch_piece,
					       .fetched = ctl_fetch_done,
					       .ctx = c };

	if (c->helper)
		return 0;
	return helper_link_new(&spec, &c->helper, e);
}

/* helper is there only if there is a name, or something was to be fetched. */
int ctl_set_names(struct ctl *c, struct error *e)
{
	int err = names_set(c->names, c->config->conns, c->config->n_conns,
			    clock_ns());

	if (err)
		return error_set(e, err, "no memory for the names of peers");
	names_fill(c->names, c->config->conns, c->config->n_conns);
	if (!names_are_none(c->names))
		err = ctl_start_helper(c, e);
	set_timer(c);
	return err;
}

int ctl_new_names(struct ctl *c, struct error *e)
{
	const struct names_calls calls = { .begin = on_begin,
					   .over = on_over,
					   .resolved = on_resolved,
					   .gateway = on_gateway,
					   .explain = on_explain,
					   .ctx = c };

	c->names = names_new(&calls);
	if (!c->names)
		return error_set(e, -ENOMEM, "no memory for the names of peers");
	return evtimer_assign(&c->on_names, c->base, on_timer, c)
		       ? error_set(e, -ENOMEM, "no memory for a timer")
		       : 0;
}

void ctl_free_names(struct ctl *c)
{
	helper_link_free(c->helper);
	if (c->names)
		evtimer_del(&c->on_names);
	names_free(c->names);
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		while (c->lookups[i].n)
			close(c->lookups[i].fds[--c->lookups[i].n]);
}
