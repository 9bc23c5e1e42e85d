/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section connections may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_CONN_H
#define CYG_CONF_SCHEMA_CONN_H

#include "ctrl/conf/cert_files.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/tree.h"

/* What one of them may hold, and its children; local* and remote* are schema_auth's. */
extern const struct keys conn_table, conn_child_table;

/*
 * One of them; whether the SPD has room for it is not looked at.
 *
 * src   where its certificates are, and where they go
 * out   to be given to conn_fini(), also after a failure
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int conn_fill(const struct section *sec, const struct cert_source *src,
	      struct conn_conf *out, struct error *e);

/*
 * Fills conns of out, whose policies are filled: those of all children come
 * after them in the SPD.
 *
 * list   NULL, or it holds nothing but sections
 * src    as of conn_fill()
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int conns_fill(const struct section *list, const struct cert_source *src,
	       struct config *out, struct error *e);

#endif
