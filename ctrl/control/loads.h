/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that change what is loaded: connections and secrets over VICI, or
 * the file once more. No sockets in here. Control thread.
 */
#ifndef CYG_CONTROL_LOADS_H
#define CYG_CONTROL_LOADS_H

#include "ctrl/control/server.h"

struct loads_command;

/* NULL: none of these commands. */
const struct loads_command *loads_find(struct slice name);

/*
 * Reads the request and calls the callback that it is for.
 *
 * body    valid
 * token   for control_server_loaded()
 *
 * 0: done; CONTROL_LATER; or negative with e filled.
 */
MUST_CHECK int loads_run(const struct loads_command *command, struct slice body,
			 const struct control_loads *loads, uint64_t token,
			 struct error *e);

#endif
