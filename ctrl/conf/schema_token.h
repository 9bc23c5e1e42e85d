/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys in PKCS#11 tokens: what the sections token* of secrets may hold, and
 * charon.plugins.pkcs11, of which the modules count. Control thread.
 */
#ifndef CYG_CONF_SCHEMA_TOKEN_H
#define CYG_CONF_SCHEMA_TOKEN_H

#include "ctrl/conf/keys.h"
#include "ctrl/conf/tree.h"

#define TOKEN_SECTION	   "token"
#define FORM_TOKEN_SECTION "a section with handle, slot, module and pin"

extern const struct keys token_table, pkcs11_table, pkcs11_module_table;

/* Is it the section of a key in a token? */
bool token_section_is(const struct section *sec);

/*
 * Fills modules and tokens of out.
 *
 * root   was read by its table
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int tokens_fill(const struct section *root, struct config *out, struct error *e);

#endif
