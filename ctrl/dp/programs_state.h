/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs and their maps from inside, for the files programs*.c. */
#ifndef CYG_DP_PROGRAMS_STATE_H
#define CYG_DP_PROGRAMS_STATE_H

#include "ctrl/dp/programs.h"
#include "ctrl/dp/sad_map.h"

struct cygnet_bpf;

struct programs {
	struct cygnet_bpf *skel;
	struct sad_map sad;
	struct counter *worker_drops;  /* mapped */
	struct counter *worker_passes; /* mapped */
	struct counter *per_cpu;       /* room for one per-CPU value */
	int cpus;
	int grace_fd;	    /* map of maps, read by no program */
	int grace_inner_fd; /* its element */
};

/* --- programs_counters.c --- */

/* The worker's counters live in maps, so that they outlive the process. 0 or a
 * negative errno. */
int programs_map_counters(struct programs *p);

/* Those that are mapped. */
void programs_unmap_counters(struct programs *p);

#endif
