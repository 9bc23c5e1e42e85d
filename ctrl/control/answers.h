/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot as VICI sections: the bodies of cygnet-status and its like.
 * README.md in this folder lists the fields. Control thread.
 */
#ifndef CYG_CONTROL_ANSWERS_H
#define CYG_CONTROL_ANSWERS_H

#include "ctrl/control/events.h"
#include "ctrl/control/vici.h"
#include "ctrl/model/status.h"

void answer_status(struct vici_builder *b, const struct status *s);

/* In the order in which they match. */
void answer_policies(struct vici_builder *b, const struct status *s);

/* Whatever is counted, by name. */
void answer_counters(struct vici_builder *b, const struct status *s);

/*
 * The tunnels or policies of these answers, an event each: its sections are the
 * answer's, with one row in them. false: as of sink_put().
 */
MUST_CHECK bool answer_status_parts(const struct sink *sink,
				    const struct status *s);
MUST_CHECK bool answer_policies_parts(const struct sink *sink,
				      const struct status *s);
MUST_CHECK bool answer_counters_parts(const struct sink *sink,
				      const struct status *s);

/* Every reason is there, also those that never happened. */
void answer_drops(struct vici_builder *b, const struct status *s);

/* A section of that name; nothing where nothing failed. */
void answer_failure(struct vici_builder *b, const char *section,
		    const struct failure_status *f);

#endif
