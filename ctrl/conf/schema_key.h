/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sections of private keys in secrets may hold. The keys themselves are
 * read by key_files.h. Control thread.
 */
#ifndef CYG_CONF_SCHEMA_KEY_H
#define CYG_CONF_SCHEMA_KEY_H

#include "ctrl/conf/keys.h"
#include "ctrl/conf/tree.h"

#define FORM_KEY_SECTION "a section with file and secret"

extern const struct keys key_table;

/* What the sections of that folder's keys begin with, and the folder's name. */
const char *key_folder_str(enum key_folder folder);

/* Is it the section of a private key? */
bool key_section_is(const struct section *sec);

/*
 * Fills keys of out. list: NULL, or checked against psk_names.
 *
 * 0, -EINVAL, -ENOMEM; e is filled.
 */
int key_sections_fill(const struct section *list, struct config *out,
		      struct error *e);

#endif
