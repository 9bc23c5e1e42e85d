/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is loaded of manual SAs: the file's pairs, and behind them those that
 * were added while the gateway runs. A pair serves policies by their index, and
 * a policy its pair: both change together. Keys are copied only to where they are
 * wiped. Control thread.
 */
#ifndef CYG_DAEMON_LOADED_MANUAL_H
#define CYG_DAEMON_LOADED_MANUAL_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

struct manual_list {
	struct manual_conf *at; /* owned; NULL: no list */
	size_t n;
	struct policy_conf *policies; /* owned; as many as the configuration's */
};

/* Wipes it; there is no list then. */
void manual_list_free(struct manual_list *list);

/*
 * All pairs, and one more: it takes the policies that it serves over.
 *
 * out   to be freed, also after a failure
 *
 * 0, or -ENOMEM with e filled.
 */
int loaded_add_manual(const struct config *c, const struct manual_conf *m,
		      struct manual_list *out, struct error *e);

/* Without one of that name, the file's or not. -ENOENT, -ENOMEM; likewise. */
int loaded_drop_manual(const struct config *c, const char *name,
		       struct manual_list *out, struct error *e);

/* Puts the list in force; it holds what was, then. */
void loaded_swap_manual(struct config *c, struct manual_list *list);

/* Keys, addresses and all else, but for the name? */
bool loaded_same_pair(const struct manual_conf *a, const struct manual_conf *b);

/*
 * A file that was read again takes what was added, unless it has the same
 * itself.
 *
 * file   unchanged after a failure
 *
 * 0, or negative with e filled: -EEXIST (the file has another pair of that name,
 * or with its SPI or key), -ENOENT (a policy that it serves is gone), -ENOMEM.
 */
int loaded_keep_manual(const struct config *c, struct config *file,
		       struct error *e);

#endif
