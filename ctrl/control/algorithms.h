/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which algorithms there are, and who does each: for stock clients in strongSwan's
 * form, and with what an operator wants to know besides. Control thread.
 */
#ifndef CYG_CONTROL_ALGORITHMS_H
#define CYG_CONTROL_ALGORITHMS_H

#include "ctrl/control/vici.h"
#include "ctrl/model/status.h"

/* get-algorithms: { encryption { AES_CBC = PROVIDER } integrity { … } … }. */
void answer_algorithms(struct vici_builder *b, const struct status *s);

/* cygnet-algorithms: by the keywords of proposals. */
void answer_own_algorithms(struct vici_builder *b, const struct status *s);

#endif
