/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of addresses, both ends in and of one family: what prefixes they are,
 * and how they are written. Plain values, no ownership; any thread.
 */
#ifndef CYG_BASE_RANGE_H
#define CYG_BASE_RANGE_H

#include "ctrl/base/addr.h"

#define RANGE_STR_MAX (2 * ADDR_STR_MAX)

struct range {
	struct addr min, max;
};

/*
 * "10.1.0.5-10.1.0.9", or as prefix_parse(). 0, what that returns, -EINVAL: of
 * two families, or -EDOM: the first address is above the second.
 */
int range_parse(const char *text, struct range *out);

/*
 * Takes the largest prefix off that begins where the range does; again and
 * again that is the whole range in as few prefixes as there can be.
 *
 * false: that one was the last, and left is what it was.
 */
bool range_next(struct range *left, struct prefix *out);

/* How many addresses are in it; UINT32_MAX: so many, or more. */
uint32_t range_count(const struct range *r);

/* The one so many after the first, which is in it. */
struct addr range_at(const struct range *r, uint32_t offset);
bool range_has(const struct range *r, const struct addr *a);
bool range_overlaps(const struct range *a, const struct range *b);

/* As a prefix, if it is one; writes at most RANGE_STR_MAX octets, returns buf. */
const char *range_str(const struct range *r, char *buf);

#endif
