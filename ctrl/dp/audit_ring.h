/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the BPF programs tell for the audit log, from their ring to the log. Control
 * thread.
 */
#ifndef CYG_DP_AUDIT_RING_H
#define CYG_DP_AUDIT_RING_H

#include <stdbool.h>

struct audit_ring;
struct event_base;

/* map_fd: of the map `audits`. 0 or a negative errno. */
int audit_ring_open(int map_fd, struct event_base *base,
		    struct audit_ring **out);

/* NULL is fine. */
void audit_ring_close(struct audit_ring *r);

/* Does the log want it? It does at first. */
void audit_ring_mute(struct audit_ring *r, bool muted);

#endif
