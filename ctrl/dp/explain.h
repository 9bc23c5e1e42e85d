/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would become of a packet: the programs say so, dry, from where it would
 * start; the kernel of where it would send it; and of what comes after that, which
 * the workers do, this repeats what they look at. dp_explain() in dp.h is the way
 * in; in here is what its files share. Control thread.
 */
#ifndef CYG_DP_EXPLAIN_H
#define CYG_DP_EXPLAIN_H

#include "ctrl/dp/state.h"
#include "ctrl/model/explain.h"
#include "include/dry.h"

struct explaining {
	struct dp *dp;
	const struct explain_question *q;
	struct explanation *x;
	bool on_demand; /* of the policy */
	bool routed;	/* a worker forwards it: it comes from XDP */
	struct error *e;
};

/* More than there is room for cannot be. */
struct explain_step *explain_add(struct explaining *w, enum explain_place place,
				 const char *iface);

/* --- explain_worker.c --- */

/* By a policy that protects. told: the SA that the worker is told of; gen 0: of
 * none, and it takes what the policy has. */
void explain_out(struct explaining *w, struct sa_ref told);
void explain_in(struct explaining *w, struct sa_ref told);

#endif
