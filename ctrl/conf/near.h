/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which name did the operator mean? For errors about a name that nobody knows.
 * Pure; any thread.
 */
#ifndef CYG_CONF_NEAR_H
#define CYG_CONF_NEAR_H

#include <stdbool.h>

/*
 * How many characters must be inserted, removed or replaced to make b of a
 * (Levenshtein's distance). Names of CONF_NAME_MAX at most.
 */
unsigned int near_distance(const char *a, const char *b);

/*
 * Takes candidate into *best when it is nearer to name than *best (NULL:
 * nothing yet), and near enough to be a slip of the pen: one character in
 * three, at least one. A name of CONF_NAME_MAX octets or more, such as a quoted
 * value, is nobody's slip and near to nothing.
 */
void near_try(const char *name, const char *candidate, const char **best);

#endif
