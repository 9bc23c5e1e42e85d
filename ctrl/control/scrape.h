/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where monitoring asks for metrics: HTTP on a Unix socket or on an address and
 * port, of which one question is answered, `GET /metrics`. Whoever reaches it
 * reads names and counts of tunnels, and can do nothing. It never blocks, and
 * clients are few, late ones gone: see scrape.c. Control thread, on its event loop.
 */
#ifndef CYG_CONTROL_SCRAPE_H
#define CYG_CONTROL_SCRAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"
#include "ctrl/model/status.h"

#define SCRAPE_CLIENTS_MAX 8	/* one more is not let in */
#define SCRAPE_REQUEST_MAX 4096 /* octets */
#define SCRAPE_WAIT_S	   10	/* from its first moment to its last */

struct event_base;
struct scrape;

struct scrape_calls {
	/* A fresh snapshot, handed over; NULL: out of memory. */
	struct status *(*status)(void *ctx);
	/* Asks for counters of this moment; scrape_refreshed() follows, later.
	 * false: there are no newer ones. */
	bool (*refresh)(void *ctx);
	void *ctx;
};

/*
 * base    outlives it; has CONTROL_PRIORITIES of server.h
 * conf    where to listen; copied
 * calls   copied
 *
 * 0, or negative with e filled. Free with scrape_free(); NULL is fine.
 */
int scrape_new(struct event_base *base, const struct metrics_conf *conf,
	       const struct scrape_calls *calls, struct scrape **out,
	       struct error *e);
void scrape_free(struct scrape *s);

/* The answer to refresh(). */
void scrape_refreshed(struct scrape *s);

#endif
