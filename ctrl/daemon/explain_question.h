/* SPDX-License-Identifier: BSD-2-Clause */
/* What the words of `cygnet explain` ask. Pure; any thread. */
#ifndef CYG_DAEMON_EXPLAIN_QUESTION_H
#define CYG_DAEMON_EXPLAIN_QUESTION_H

#include "ctrl/base/error.h"
#include "ctrl/model/explain.h"

/*
 * Protocols with ports want both of them, ICMP takes type and code (none: an echo
 * request), ESP and AH an SPI, and others nothing.
 *
 * 0, or negative with e filled: -EINVAL, -EAFNOSUPPORT (two families).
 */
int explain_question_read(const struct explain_words *words,
			  struct explain_question *out, struct error *e);

#endif
