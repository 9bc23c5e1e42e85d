/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sections local* and remote* of a connection may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_AUTH_H
#define CYG_CONF_SCHEMA_AUTH_H

#include "ctrl/conf/cert_files.h"
#include "ctrl/conf/keys.h"

extern const struct keys conn_local_table, conn_remote_table;

/* And those of the sections cert* and cacert* in them. */
extern const struct keys conn_cert_table;

/*
 * All sections of either side, in the order of their rounds: those of a connection whose
 * own keys are read.
 *
 * 0, or negative with e filled.
 */
int auth_fill(const struct section *conn, const struct cert_source *src,
	      struct conn_conf *out, struct error *e);

#endif
