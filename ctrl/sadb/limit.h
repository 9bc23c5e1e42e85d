/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long an SA lives (RFC 4301 section 4.4.2.1): what it may carry, and until
 * when. At the soft limit another one is to be made, at the hard one it carries
 * nothing more. Pure; any thread.
 */
#ifndef CYG_SADB_LIMIT_H
#define CYG_SADB_LIMIT_H

#include <stdint.h>

#include "ctrl/model/sadb.h"

/* UINT64_MAX: no limit. */
struct sa_limit {
	uint64_t bytes; /* of inner packets, as the SA counts them */
	uint64_t pkts;
	uint64_t at_ns; /* CLOCK_MONOTONIC */
};

struct sa_limits {
	struct sa_limit soft, hard;
};

/*
 * Which of its limits has an SA reached that has carried that much? A packet
 * passes while none is: the last one may go beyond that of bytes.
 */
static inline enum sadb_cause limit_reached(const struct sa_limit *limit,
					    uint64_t pkts, uint64_t bytes,
					    uint64_t now_ns)
{
	if (pkts >= limit->pkts)
		return SADB_BY_PKTS;
	if (bytes >= limit->bytes)
		return SADB_BY_BYTES;
	return now_ns >= limit->at_ns ? SADB_BY_TIME : SADB_BY_NONE;
}

#endif
