/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ike last said of each address of a pool: who has it, or had it. Bounded, for
 * who says it may be taken over. Control thread.
 */
#ifndef CYG_DAEMON_LEASES_H
#define CYG_DAEMON_LEASES_H

#include "ctrl/model/pool.h"

#define LEASES_MAX 65536U /* further ones are not kept */

struct leases;

/* NULL: out of memory. leases_free(NULL) is fine. */
struct leases *leases_new(void);
void leases_free(struct leases *l);

/* In place of what was said of that address before. Strings are ended. */
void leases_put(struct leases *l, const struct pool_lease *lease);

/* Nothing is known any more. */
void leases_clear(struct leases *l);

/* Only of these pools, and of addresses that they have. */
void leases_keep(struct leases *l, const struct pool_conf *pools, size_t n);

/* Of that pool: how many are online, and how many are not. */
void leases_count(const struct leases *l, const char *pool, size_t *online,
		  size_t *offline);

/* All of them, in the order of their addresses; handed over: free(). NULL: out of
 * memory. */
struct pool_lease *leases_copy(const struct leases *l, size_t *n);

#endif
