/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * get-counters and reset-counters: how often what happened of IKE. No sockets in
 * here. Control thread.
 */
#ifndef CYG_CONTROL_COUNTERS_H
#define CYG_CONTROL_COUNTERS_H

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

/* Is it one of them? */
bool counters_are_asked(struct slice name);

/*
 * A response, also if only one that refuses, to be finished; it may be too large.
 *
 * request   one of them, with a valid body; borrowed
 */
void counters_answer(const struct vici_packet *request,
		     const struct control_callbacks *callbacks,
		     struct vici_builder *out);

#endif
