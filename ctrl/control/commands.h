/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that the control socket answers at once, as a table. No sockets
 * in here: a request in, a packet out. Those answered later are in waits.h.
 * Control thread.
 */
#ifndef CYG_CONTROL_COMMANDS_H
#define CYG_CONTROL_COMMANDS_H

#include "ctrl/control/events.h"
#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/*
 * Answers one request, also if only by saying that it can't.
 *
 * request   a CMD_REQUEST whose body is valid; borrowed during the call
 * sink      where the items of a list go, as events; NULL: nobody wants them.
 *           A list that is refused half-way has put some items there
 * out       CMD_RESPONSE, or CMD_UNKNOWN; free with vici_builder_free(), in
 *           either case
 *
 * false: out of memory, there is nothing to send.
 */
MUST_CHECK bool command_answer(const struct vici_packet *request,
			       const struct control_callbacks *callbacks,
			       const struct sink *sink,
			       struct vici_builder *out);

/* Does its answer say how much was counted until now? */
bool command_counts(struct slice name);

/* CMD_RESPONSE that says that it was done, or why not. Likewise. */
MUST_CHECK bool command_accept(struct vici_builder *out);
MUST_CHECK bool command_refuse(struct vici_builder *out, const char *why);

#endif
