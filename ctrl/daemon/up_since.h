/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Since when tunnels are up: CHILD SAs renew each other, a tunnel is up from its
 * first one for as long as one is there. Bounded, for ike may be taken over.
 * Control thread.
 */
#ifndef CYG_DAEMON_UP_SINCE_H
#define CYG_DAEMON_UP_SINCE_H

#include "ctrl/ike/engine.h"
#include "ctrl/model/sas.h"

struct up_since;

/* NULL: out of memory. up_since_free(NULL) is fine. */
struct up_since *up_since_new(void);
void up_since_free(struct up_since *u);

void up_since_event(struct up_since *u, const struct ike_event *e,
		    uint64_t now_ns);

/* These are all SAs that there are: what went without a word is down, and what was
 * up already is so since the oldest SA that is there. */
void up_since_shown(struct up_since *u, const struct sas *sas);

/* Of clock_ns(); 0: it is not up, or not known. */
uint64_t up_since_find(const struct up_since *u, const char *conn,
		       const char *child);

#endif
