/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sections local* and remote* of a connection may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_AUTH_H
#define CYG_CONF_SCHEMA_AUTH_H

#include "ctrl/conf/cert_files.h"
#include "ctrl/conf/keys.h"

/* Their offsets count in struct conn_conf. */
extern const struct keys conn_local_table, conn_remote_table;

/* And those of the sections cert* and cacert* in them. */
extern const struct keys conn_cert_table;

/* Before a connection is read: how each side proves who it is where nothing is said. */
void auth_init(struct conn_conf *c);

/*
 * What no single key can tell: certificates and keys, of a connection that its tables
 * have read.
 *
 * 0, or negative with e filled.
 */
int auth_fill(const struct section *conn, const struct cert_source *src,
	      struct conn_conf *out, struct error *e);

#endif
