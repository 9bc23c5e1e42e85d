/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of SAs that go together: ESP carried by AH. Control thread. */
#ifndef CYG_CONF_SCHEMA_BUNDLE_H
#define CYG_CONF_SCHEMA_BUNDLE_H

#include "ctrl/conf/tree.h"

/*
 * Fills bundle of the pairs of out, which has manual and policies already.
 *
 * root   of the file, from which these were filled
 *
 * 0 or -EINVAL; e is filled.
 */
int bundles_fill(const struct section *root, struct config *out,
		 struct error *e);

#endif
