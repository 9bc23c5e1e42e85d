/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of ours for `cygnet why` and `cygnet reload --dry-run`, answered at
 * once: README.md in this folder lists the fields. No sockets in here. Control
 * thread.
 */
#ifndef CYG_CONTROL_OWN_H
#define CYG_CONTROL_OWN_H

#include "ctrl/control/history.h"
#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/* Is it one of them? */
bool own_is_asked(struct slice name);

/*
 * request   one that own_is_asked() knows, with a valid body
 * out       CMD_RESPONSE; free with vici_builder_free(), in either case
 *
 * false: out of memory, there is nothing to send.
 */
MUST_CHECK bool own_answer(const struct vici_packet *request,
			   const struct control_callbacks *callbacks,
			   const struct history *history,
			   struct vici_builder *out);

#endif
