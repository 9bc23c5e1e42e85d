/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast SAs carry, from what the data path shows of them now and then: means
 * of the last RATES_S seconds, or of the time between two looks that lie further
 * apart. Control thread.
 */
#ifndef CYG_DAEMON_RATES_H
#define CYG_DAEMON_RATES_H

#include "ctrl/daemon/dp_sas.h"

#define RATES_S 5

struct rates;

/* NULL: out of memory. rates_free(NULL) is fine. */
struct rates *rates_new(void);
void rates_free(struct rates *r);

/* What a look showed; now_ns of clock_ns(), when it came. */
void rates_take(struct rates *r, const struct dp_sas *sas, uint64_t now_ns);

/* Fills the rates of that SA, as far as they are known. */
void rates_put(const struct rates *r, const struct sadb_id *id,
	       struct sa_status *out);

#endif
