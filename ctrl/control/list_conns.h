/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections, and policies that wait for traffic, as VICI's list-conn and
 * list-policy events have them. Control thread.
 */
#ifndef CYG_CONTROL_LIST_CONNS_H
#define CYG_CONTROL_LIST_CONNS_H

#include "ctrl/control/events.h"
#include "ctrl/control/requests.h"

/*
 * An event for each connection, or for each child that brings itself up with
 * the first packet. There are no policies to drop or to pass here: those are
 * not IKE's, see cygnet-status.
 *
 * conns   n of them, borrowed
 *
 * false: out of memory, or one does not fit a packet.
 */
MUST_CHECK bool list_conns(const struct sink *sink, const struct arguments *args,
			   const struct conn_conf *conns, size_t n);
MUST_CHECK bool list_policies(const struct sink *sink,
			      const struct arguments *args,
			      const struct conn_conf *conns, size_t n);

/* The names of those that came over VICI, as a list in an answer. */
void put_conn_names(struct vici_builder *b, const struct conn_conf *conns,
		    size_t n);

#endif
