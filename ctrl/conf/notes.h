/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in a section and changes nothing (SUB_IDLE): an operator is told,
 * and may leave it there. Control thread.
 */
#ifndef CYG_CONF_NOTES_H
#define CYG_CONF_NOTES_H

#include "ctrl/conf/keys.h"

/*
 * Appends to the notes of out what of the section is such a row of the table, which
 * it was read by.
 *
 * in   the section's name, a literal; "" for the root
 *
 * 0 or -ENOMEM, e is filled.
 */
int notes_take(const struct keys *table, const char *in,
	       const struct section *sec, struct config *out, struct error *e);

#endif
