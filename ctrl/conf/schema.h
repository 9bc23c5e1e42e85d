/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a configuration may hold: the tables of keys, and what must be true
 * between keys. Control thread.
 */
#ifndef CYG_CONF_SCHEMA_H
#define CYG_CONF_SCHEMA_H

#include "ctrl/conf/tree.h"

/*
 * Checks the tree and fills the model.
 *
 * reads_files   certificates, which lie in files
 * out   zeroed but for file; its arrays belong to the caller's config_free()
 *       also after a failure
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int schema_fill(const struct section *root, bool reads_files,
		struct config *out, struct error *e);

#endif
