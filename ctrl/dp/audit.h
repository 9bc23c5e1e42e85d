/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit log of RFC 4301 section 4.4.1 and RFC 4303: packets that say of
 * themselves that somebody tampers, or that two sides do not agree, each with SPI,
 * addresses and number. One line each in the log, `audit: REASON …`.
 *
 *     a worker drops one           -> its queue to the control thread (tell.h)
 *     a program drops one (BPF)    -> the map `audits` (include/audit.h)
 *     control thread               -> the log
 *
 * Whoever sends them decides how many there are: of each reason a worker, or a CPU,
 * tells of some in a second, and how many it left out. All are counted as drops.
 */
#ifndef CYG_DP_AUDIT_H
#define CYG_DP_AUDIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/bucket.h"
#include "include/audit.h"

struct packet;
struct sad;
struct telling;
struct worker;

#define AUDIT_REASONS 9U /* that a worker tells of, and none of them */

/* Of a worker, for each reason that it may tell of. */
struct audit {
	_Atomic bool off; /* gateway.audit = no; by the control thread */
	struct audit_reason {
		struct bucket bucket;
		uint64_t left_out;
	} reasons[AUDIT_REASONS];
};

/* A packet that is about to be dropped. Worker. */
void audit_drop(struct worker *w, const struct packet *p);

/* What a worker told: TELL_AUDIT. Control thread. */
void audit_told(const struct sad *sad, const struct telling *t);

/* What a program told. Control thread. */
void audit_recorded(const struct audit_record *r);

#endif
