/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Updown scripts of children: run by ctl, which is root, when a CHILD SA comes and
 * when it goes, once for each pair of its selectors; not when one is rekeyed. What
 * was said when it came is what is run when it goes, whatever the configuration says
 * by then. No shell runs them: the words of the line are the program's.
 *
 * They wait in a queue, and some run at once, those of one child one after the
 * other; nothing here waits for one. Who takes longer than UPDOWN_LIMIT_S is
 * killed, with what he started. Control thread.
 */
#ifndef CYG_DAEMON_UPDOWN_H
#define CYG_DAEMON_UPDOWN_H

#include "ctrl/daemon/ike_link.h"
#include "ctrl/model/config.h"

#define UPDOWN_LIMIT_S 10

struct event_base;
struct updown;

/* NULL: out of memory. Runs nothing more when it is freed; NULL is fine. */
struct updown *updown_new(struct event_base *base);
void updown_free(struct updown *u);

/* An SA comes or goes. */
void updown_event(struct updown *u, const struct config *c,
		  const struct ike_event *e,
		  const struct ike_event_views *views);

/* These went without an event, with their IKE SAs. */
void updown_lost(struct updown *u, const struct config *c,
		 const struct sas *lost);

/* Calls done() once all that waits has run, or after some seconds: now, or from the
 * event loop. */
void updown_drain(struct updown *u, void (*done)(void *ctx), void *ctx);

#endif
