/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section authorities may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_AUTHORITY_H
#define CYG_CONF_SCHEMA_AUTHORITY_H

#include "ctrl/conf/cert_files.h"
#include "ctrl/conf/keys.h"

#define AUTHORITIES_MAX 256

extern const struct keys authority_table;

/* One of them; 0, or negative with e filled. */
int authority_fill(const struct section *sec, const struct cert_source *src,
		   struct authority *out, struct error *e);

/*
 * Fills authorities of out. list: NULL, or it holds nothing but sections.
 *
 * 0, or negative with e filled.
 */
int authorities_fill(const struct section *list, const struct cert_source *src,
		     struct config *out, struct error *e);

#endif
