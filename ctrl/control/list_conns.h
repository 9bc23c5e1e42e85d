/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections, and policies that wait for traffic, as VICI's list-conn and
 * list-policy events have them. Control thread.
 */
#ifndef CYG_CONTROL_LIST_CONNS_H
#define CYG_CONTROL_LIST_CONNS_H

#include "ctrl/control/events.h"
#include "ctrl/control/requests.h"
#include "ctrl/model/config.h"

/*
 * An event for each connection; for each child whose first packet brings it up;
 * for each policy to drop or to pass, which here is no connection's.
 *
 * conns, policies   n of them, borrowed
 * certs             where the subjects of those that they name are found
 *
 * false: out of memory, or one does not fit a packet.
 */
MUST_CHECK bool list_conns(const struct sink *sink, const struct arguments *args,
			   const struct conn_conf *const *conns, size_t n,
			   const struct control_certs *certs);
MUST_CHECK bool list_traps(const struct sink *sink, const struct arguments *args,
			   const struct conn_conf *const *conns, size_t n);
MUST_CHECK bool list_shunts(const struct sink *sink,
			    const struct arguments *args,
			    const struct policy_conf *policies, size_t n);

/* The names of those that came over VICI, as a list in an answer. */
void put_conn_names(struct vici_builder *b,
		    const struct conn_conf *const *conns, size_t n);

#endif
