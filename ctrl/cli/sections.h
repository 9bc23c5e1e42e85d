/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of one line a section: its name and some of its fields. */
#ifndef CYG_CLI_SECTIONS_H
#define CYG_CLI_SECTIONS_H

#include <stdio.h>

#include "ctrl/cli/table.h"
#include "ctrl/cli/tree.h"

struct columns {
	const char *align;
	const char *heads[TABLE_COLUMNS_MAX]; /* up to a NULL */
	const char *keys[TABLE_COLUMNS_MAX];  /* as many; "": the name */
};

/* Nothing at all where there is no section. */
void show_sections(const struct node *sections, const struct columns *columns,
		   FILE *out);

#endif
