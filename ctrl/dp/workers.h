/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gateway's workers from the start of the data path to its end: how many,
 * whose queue is whose, their memory, their threads. Control thread.
 *
 * Queue q of every interface is worker q % n's, so that every queue has an owner
 * and a packet crosses the gateway in one worker's memory where an interface
 * has as many queues as there are workers. Where it has fewer, those without
 * one hand their packets to one that has (handoff.h).
 */
#ifndef CYG_DP_WORKERS_H
#define CYG_DP_WORKERS_H

#include "ctrl/base/error.h"

struct dp;

/*
 * How many: gateway.workers, or as many as the interface with the fewest queues
 * has, and CPUs; interfaces that have fewer queues get more of them if they
 * can. With their links to the resolver. 0, or negative with e filled.
 */
int workers_count(struct dp *dp, struct error *e);

/*
 * Their memory, rings and ports; dp's SADB and programs are there. 0, or
 * negative with e filled.
 */
int workers_make(struct dp *dp, struct error *e);

/* Their threads, and then the queues into BPF's map: packets come. Likewise. */
int workers_start(struct dp *dp, struct error *e);

/* No packet comes any more, and what is left has walked. */
void workers_stop(struct dp *dp);

/* After workers_stop(). */
void workers_free(struct dp *dp);

#endif
