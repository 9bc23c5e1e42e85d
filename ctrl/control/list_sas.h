/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE SAs and their children as VICI's list-sa events have them. Control
 * thread.
 */
#ifndef CYG_CONTROL_LIST_SAS_H
#define CYG_CONTROL_LIST_SAS_H

#include "ctrl/control/events.h"
#include "ctrl/control/requests.h"

/* The fields of an IKE SA, without a section around them or children. */
void put_ike_sa(struct vici_builder *b, const struct ike_sa_view *ike,
		uint64_t now_ns);

/* The fields of a child, likewise. */
void put_child_fields(struct vici_builder *b, const struct child_sa_view *c,
		      const struct sa_drops *drops, uint64_t now_ns);

/* A section of its own, named after child and id. drops NULL: not known. */
void put_child_sa(struct vici_builder *b, const struct child_sa_view *c,
		  const struct sa_drops *drops, uint64_t now_ns);

/*
 * An event for each IKE SA that the arguments let pass; with one that filters
 * children, those IKE SAs that have such a child.
 *
 * sas   borrowed
 *
 * false: out of memory, or an SA does not fit a packet.
 */
MUST_CHECK bool list_sas(const struct sink *sink, const struct arguments *args,
			 const struct sas *sas, uint64_t now_ns);

#endif
