/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator does about a tunnel that is not up. It follows from the words
 * of the last failure, of which tools/lint-remedies knows that the engine has
 * them. Pure.
 */
#ifndef CYG_MODEL_REMEDY_H
#define CYG_MODEL_REMEDY_H

#include "ctrl/model/status.h"

/* One sentence, without a stop. "": nothing has to be done, or nobody knows. */
const char *remedy_of(const struct tunnel_status *t);

/* The same of what is said of a failure alone. */
const char *remedy_of_failure(const char *text);

#endif
