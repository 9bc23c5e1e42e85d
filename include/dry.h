/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a dry run of the programs says of one packet, in place of counting it:
 * the value of the map `dry_note`, which only a dry instance has.
 */
#ifndef CYG_INCLUDE_DRY_H
#define CYG_INCLUDE_DRY_H

#include <linux/types.h>

#include "include/meta.h"
#include "include/spd.h"

struct dry_note {
	__u32 drop;		/* enum drop_reason; DROP_NONE: see pass */
	__u32 pass;		/* enum pass_reason */
	struct spd_verdict spd; /* what the list said last; gen 0: not asked */
	struct sa_ref sa;	/* that a worker is told of; gen 0: none */
	__u32 exits;		/* how many there were: one */
	__u32 pad;
};

_Static_assert(sizeof(struct dry_note) == 32, "map value without holes");

#endif
