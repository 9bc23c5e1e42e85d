/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dummy packets (RFC 4303 section 2.6), which hide when an SA carries traffic and
 * how much: so many a second for as long as the SA is bound to a policy, whether
 * there is traffic or not. They take sequence numbers, but are none of the packets and
 * octets that the SA counts. What hides the size of packets, TFC padding, is in
 * esp_out.c.
 *
 * SAs in use that send some stand in a table (struct policy_view) that the
 * control thread writes. A worker without one pays a comparison a round.
 */
#ifndef CYG_DP_TFC_H
#define CYG_DP_TFC_H

#include "ctrl/dp/worker.h"

/*
 * That SA is in use from now on, or no longer. The workers look at the table when
 * view->changed says so.
 *
 * false: DUMMIES_MAX of them are. Control thread.
 */
bool tfc_put(struct policy_view *view, struct sa_ref sa);
void tfc_take(struct policy_view *view, struct sa_ref sa);

/* Sends what is due, of SAs that are the worker's own; once a round. Worker. */
void tfc_step(struct worker *w);

/* How long it may sleep for their sake; -1: for ever. Worker. */
int tfc_poll_ms(const struct worker *w);

#endif
