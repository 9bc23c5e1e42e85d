/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An answer as JSON: sections as objects in their order, lists as arrays,
 * decimal numbers as integers.
 */
#ifndef CYG_CLI_JSON_H
#define CYG_CLI_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "ctrl/cli/tree.h"

/* Handed over. */
json_t *json_of(const struct node *node);

void json_print(const struct node *answer, FILE *out);

#endif
