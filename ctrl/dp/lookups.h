/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that ask DNS, as the programs know them: the guard lets each out to the
 * resolver that it is connected to, and nowhere else. Control thread.
 */
#ifndef CYG_DP_LOOKUPS_H
#define CYG_DP_LOOKUPS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/dp/programs.h"
#include "include/limits.h"
#include "include/own.h"

struct lookup_sockets {
	uint64_t cookie[RESOLVERS_MAX];
	struct own_flow flow[RESOLVERS_MAX];
	size_t n;
};

struct lookups {
	struct lookup_sockets at[LOOKUPS_MAX];
};

/*
 * These are the sockets of that lookup from now on, in place of those that it had.
 *
 * slot   below LOOKUPS_MAX
 * fds    UDP, connected; the caller's
 * n      up to RESOLVERS_MAX; 0: it is over
 *
 * 0 or a negative errno, and it has none.
 */
int lookups_set(struct lookups *l, struct programs *p, uint32_t slot,
		const int *fds, size_t n);

#endif
