// SPDX-License-Identifier: BSD-2-Clause
/*
 * CRLs, OCSP responses and certificates: names are asked for, and connections are made here, by
 * helper the octets are read, and what it read is kept in the state folder. All of
 * that goes as other traffic of this host does: policies may cover it.
 *
 *     fetches: lookup -> helper: LOOKUP, ANSWER -> fetches: fetch -> socket
 *     -> helper: FETCH, PIECE, FETCHED -> fetches: keep, fetched
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/connect.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/own_addrs.h"
#include "ctrl/daemon/resolvers.h"
#include "ctrl/dp/durable_file.h"

#define STORE "fetched"

struct fetches_now ctl_fetches_now(void)
{
	return (struct fetches_now){ clock_ns(), time(NULL) };
}

void ctl_fetches_wake(struct ctl *c)
{
	uint64_t at_ns = fetches_deadline(c->fetches), now_ns = clock_ns();
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns + 999) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000),
				      (suseconds_t)(wait_us % 1000000) };

	if (at_ns == UINT64_MAX)
		evtimer_del(&c->on_fetches);
	else
		evtimer_add(&c->on_fetches, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	fetches_timeout(c->fetches, ctl_fetches_now());
	ctl_fetches_wake(c);
}

/* --- what fetches wants */

static int on_lookup(void *ctx, uint64_t token, const char *host,
		     struct error *e)
{
	struct ctl *c = ctx;
	struct resolvers resolvers;
	int fds[RESOLVERS_MAX], n, err;

	resolvers_read(&c->config->gateway, RESOLV_CONF, &resolvers);
	n = resolvers_connect(&resolvers, false, fds, e);
	if (n < 0)
		return n;
	err = helper_link_lookup(c->helper, token, host, fds, (size_t)n);
	while (n)
		close(fds[--n]);
	return err ? error_set(e, err, "a process of ours is gone") : 0;
}

static int on_fetch(void *ctx, const struct helper_msg_fetch *m,
		    const struct addr *addr, struct error *e)
{
	struct ctl *c = ctx;
	int fd = connect_to(SOCK_STREAM, addr, m->url.port, false);
	char text[END_STR_MAX];
	int err;

	if (fd < 0)
		return error_set(e, fd, "no way to %s: %s; check the routes",
				 end_str(addr, m->url.port, text),
				 strerror(-fd));
	err = helper_link_fetch(c->helper, m, fd);
	close(fd);
	return err ? error_set(e, err, "a process of ours is gone") : 0;
}

static bool is_own(void *ctx, const struct addr *addr)
{
	(void)ctx;
	return own_addrs_have(addr, NULL);
}

/* Without it what was fetched is fetched again. */
static struct fetch_store *store(struct ctl *c)
{
	const char *above = c->config->gateway.state_dir;
	char path[CONF_PATH_MAX + sizeof(STORE) + 1];
	struct error e;
	int fd;

	if (c->fetch_store || c->fetch_store_failed)
		return c->fetch_store;
	snprintf(path, sizeof(path), "%s/" STORE, above);
	c->fetch_store_failed = durable_folder_open(above, &fd, &e) != 0;
	if (!c->fetch_store_failed) {
		close(fd);
		c->fetch_store_failed =
			fetch_store_open(path, &c->fetch_store, &e) != 0;
	}
	if (c->fetch_store_failed)
		log_warn("fetches: nothing is kept: %s", e.text);
	return c->fetch_store;
}

static void on_keep(void *ctx, const uint8_t id[FETCHES_ID], int64_t until_s,
		    struct slice octets)
{
	struct fetch_store *s = store(ctx);
	int err = s ? fetch_store_put(s, id, until_s, octets) : 0;

	if (err)
		log_warn("fetches: not kept: %s; make room in the state folder",
			 strerror(-err));
}

static bool on_recall(void *ctx, const uint8_t id[FETCHES_ID], int64_t now_s,
		      uint8_t **octets, size_t *len)
{
	struct fetch_store *s = store(ctx);

	return s && fetch_store_get(s, id, now_s, octets, len);
}

void ctl_flush_fetched(void *ctx)
{
	struct ctl *c = ctx;
	struct fetch_store *s = store(c);

	if (s)
		fetch_store_flush(s);
	fetches_flush(c->fetches);
	if (c->ike)
		ike_link_fetch_anew(c->ike);
	log_info("fetches: flushed");
}

/* --- what happens */

void ctl_fetches_ready(struct ctl *c, bool ready)
{
	fetches_set_ready(c->fetches, ready, ctl_fetches_now());
	ctl_fetches_wake(c);
}

void ctl_fetches_found(struct ctl *c, uint64_t token,
		       const struct lookup_result *r)
{
	fetches_found(c->fetches, token, r, ctl_fetches_now());
	ctl_fetches_wake(c);
}

void ctl_fetch_piece(void *ctx, uint64_t token, struct slice octets)
{
	struct ctl *c = ctx;

	fetches_piece(c->fetches, token, octets, ctl_fetches_now());
	ctl_fetches_wake(c);
}

void ctl_fetch_done(void *ctx, const struct helper_msg_fetched *m)
{
	struct ctl *c = ctx;

	fetches_done(c->fetches, m, ctl_fetches_now());
	ctl_fetches_wake(c);
}

/* --- its life */

int ctl_new_fetches(struct ctl *c, struct error *e)
{
	const struct fetches_calls calls = { .lookup = on_lookup,
					     .fetch = on_fetch,
					     .is_own = is_own,
					     .fetched = ctl_fetched,
					     .keep = on_keep,
					     .recall = on_recall,
					     .ctx = c };

	c->fetches = fetches_new(&calls);
	if (ctl_new_wants(c) || !c->fetches ||
	    evtimer_assign(&c->on_fetches, c->base, on_timer, c))
		return error_set(e, -ENOMEM, "no memory for what is fetched");
	return 0;
}

void ctl_free_fetches(struct ctl *c)
{
	if (c->fetches)
		evtimer_del(&c->on_fetches);
	fetches_free(c->fetches);
	ctl_free_wants(c);
	fetch_store_close(c->fetch_store);
}
