/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The question of cygnet-explain, and its answer as VICI sections: README.md in this
 * folder lists the fields. Control thread.
 */
#ifndef CYG_CONTROL_EXPLAIN_H
#define CYG_CONTROL_EXPLAIN_H

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/* Is it that command? */
bool explain_is_asked(struct slice name);

/*
 * Asks by callbacks->explain(); what the words mean is its business.
 *
 * body   of the request, valid
 *
 * 0, and it is answered later, or negative with e filled.
 */
MUST_CHECK int explain_run(struct slice body,
			   const struct control_callbacks *callbacks,
			   uint64_t token, struct error *e);

void answer_explanation(struct vici_builder *b, const struct explanation *x);

#endif
