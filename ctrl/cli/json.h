/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An answer as JSON: sections as objects in their order, lists as arrays,
 * decimal numbers as integers.
 */
#ifndef CYG_CLI_JSON_H
#define CYG_CLI_JSON_H

#include <stdio.h>

#include "ctrl/cli/tree.h"

void json_print(const struct node *answer, FILE *out);

#endif
