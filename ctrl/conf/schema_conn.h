/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section connections may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_CONN_H
#define CYG_CONF_SCHEMA_CONN_H

#include "ctrl/conf/keys.h"
#include "ctrl/conf/tree.h"

/* What one of them may hold, and its children, local* and remote*. */
extern const struct keys conn_table, conn_child_table, conn_local_table,
	conn_remote_table;

/*
 * One of them; whether the SPD has room for it is not looked at.
 *
 * out   to be given to conn_fini(), also after a failure
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int conn_fill(const struct section *sec, struct conn_conf *out, struct error *e);

/*
 * Fills conns of out, whose policies are filled: those of all children come
 * after them in the SPD.
 *
 * list   NULL, or it holds nothing but sections
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int conns_fill(const struct section *list, struct config *out, struct error *e);

#endif
