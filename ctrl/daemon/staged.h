/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that came over VICI and were accepted, but are not in force yet: where
 * many come one after the other, the data path gets them together. Control thread.
 */
#ifndef CYG_DAEMON_STAGED_H
#define CYG_DAEMON_STAGED_H

#include "ctrl/daemon/loaded.h"

struct staged;

/* NULL: out of memory. staged_free(NULL) is fine. */
struct staged *staged_new(void);
void staged_free(struct staged *s);

/*
 * One more, or another one in the place of the one that has its name.
 *
 * c      in force
 * conn   from_vici; copied
 *
 * 0, or negative with e filled, as loaded_put_conn().
 */
int staged_put(struct staged *s, const struct config *c,
	       const struct conn_conf *conn, struct error *e);

size_t staged_count(const struct staged *s);

/*
 * Those that are there, with what is staged in the place of those that have its names
 * or behind them: n_out pointers, handed over, to what is borrowed until either
 * changes. NULL: out of memory.
 */
const struct conn_conf **staged_with(const struct staged *s,
				     const struct conn_conf *conns, size_t n,
				     size_t *n_out);

/*
 * What shall be in force: all connections of c with those that are staged, which are
 * not any more then, whatever comes of it.
 *
 * out   to be freed, also after a failure
 *
 * 0, or -ENOMEM with e filled.
 */
int staged_take(struct staged *s, const struct config *c, struct conn_list *out,
		struct error *e);

#endif
