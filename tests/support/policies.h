/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy lists by chance, and flows that meet them: the same ones for the same
 * seed. Their borders lie close together, so that most flows are near some.
 */
#ifndef CYG_TESTS_POLICIES_H
#define CYG_TESTS_POLICIES_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/sadb/policy.h"
#include "include/flow.h"

/* Of a seed; never 0. */
struct chance {
	uint64_t state;
};

uint32_t chance_number(struct chance *c, uint32_t below);

/* All kinds: of both families, prefixes and ranges, ports, directions and
 * actions, and in every other list tunnels. Ids are the places. */
void policies_any(struct chance *c, struct policy *list, size_t n);

/* At a corner of a policy or one off it, or anywhere. */
struct flow policies_flow(struct chance *c, const struct policy *list, size_t n);

/*
 * A hub's list: so many sites that are protected, each of a network of its own
 * behind one of 16 of ours; what is between them bypassed or discarded; ranges
 * and ports among them. The mix of masks is the same for every n.
 */
void policies_hub(struct policy *list, size_t n);

/* A flow that one of a hub's n policies matches, another one for each number.
 * Reads no list, which would push what is measured out of the caches. */
struct flow policies_hub_flow(size_t n, uint32_t i);

#endif
