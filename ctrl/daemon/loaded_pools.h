/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools as they are loaded: the file's, and behind them those that came over VICI;
 * see loaded.h. They change at once. Control thread.
 */
#ifndef CYG_DAEMON_LOADED_POOLS_H
#define CYG_DAEMON_LOADED_POOLS_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

#define LOADED_POOLS_MAX 256 /* that came over VICI */

/*
 * A pool more, or another one in the place of that of its name; c->pools may
 * move.
 *
 * pool     from_vici
 * online   so many peers have an address of the one that has its name
 *
 * 0, or negative with e filled: -EEXIST (the file has that name, or another pool
 * such addresses), -EBUSY (its addresses would change), -E2BIG, -ENOMEM.
 */
int loaded_put_pool(struct config *c, const struct pool_conf *pool,
		    size_t online, struct error *e);

/* -ENOENT with e filled: none of that name came over VICI; -EBUSY. */
int loaded_drop_pool(struct config *c, const char *name, size_t online,
		     struct error *e);

/* Those that came over VICI, behind a file's that is read again. 0, -EEXIST (both
 * have a name, or an address), -ENOMEM. */
int loaded_keep_pools(const struct config *c, struct config *file,
		      struct error *e);

#endif
