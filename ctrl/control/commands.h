/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that the control socket answers, as a table. No sockets in
 * here: a request in, a packet out. Control thread.
 */
#ifndef CYG_CONTROL_COMMANDS_H
#define CYG_CONTROL_COMMANDS_H

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/*
 * Answers one request, also if only by saying that it can't.
 *
 * request   a CMD_REQUEST whose body is valid; borrowed during the call
 * out       CMD_RESPONSE, or CMD_UNKNOWN; free with vici_builder_free(), in
 *           either case
 *
 * false: out of memory, there is nothing to send.
 */
MUST_CHECK bool command_answer(const struct vici_packet *request,
			       const struct control_callbacks *callbacks,
			       struct vici_builder *out);

#endif
