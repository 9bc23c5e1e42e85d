/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `cygnet-debug`: messages with one peer, in words, for a while. What the request
 * says is read here, and what is told of a message written. Pure functions.
 */
#ifndef CYG_CONTROL_DEBUG_H
#define CYG_CONTROL_DEBUG_H

#include "ctrl/control/events.h"

#define DEBUG_COMMAND "cygnet-debug"
#define DEBUG_S	      60U /* unless something else is asked for */
#define DEBUG_MAX_S   3600U

/* 0, or -EINVAL with e naming the argument. */
int debug_request_read(struct slice body, struct addr *peer, uint32_t *seconds,
		       struct error *e);

/* An event for who is registered; false: as of sink_put(). */
MUST_CHECK bool debug_tell(const struct sink *sink,
			   const struct control_traced *t);
MUST_CHECK bool debug_tell_end(const struct sink *sink, const char *why);

#endif
