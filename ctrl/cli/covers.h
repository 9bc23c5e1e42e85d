/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a configuration would protect of what must not wait for a tunnel: the
 * session of whoever brings it into force. Pure but for session_find().
 */
#ifndef CYG_CLI_COVERS_H
#define CYG_CLI_COVERS_H

#include <stdbool.h>

#include "ctrl/model/config.h"
#include "ctrl/model/status.h"
#include "include/flow.h"

/*
 * The PROTECT policy that is the first one to cover a packet from this host.
 *
 * name   filled in then: a policy's, or CONN/CHILD
 */
bool covers_find(const struct config *c, const struct flow *f,
		 char name[STATUS_NAME_MAX]);

/* What ssh says of a session, "CLIENT PORT SERVER PORT", as a packet to there. */
bool session_parse(const char *text, struct flow *out);

/* The session in which this process runs, also through sudo. false: it is none, or
 * nobody says. */
bool session_find(struct flow *out);

#endif
