/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of policies, by their ids. A plain value of 12 KiB: hand its address. */
#ifndef CYG_MODEL_POLICY_SET_H
#define CYG_MODEL_POLICY_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "include/limits.h"

#define POLICY_SET_WORDS ((SPD_MAX + 63) / 64)

struct policy_set {
	uint64_t word[POLICY_SET_WORDS];
};

/* An id from SPD_MAX on is in no set. */
static inline void policy_set_add(struct policy_set *s, uint32_t id)
{
	if (id < SPD_MAX)
		s->word[id / 64] |= 1ULL << id % 64;
}

static inline bool policy_set_has(const struct policy_set *s, uint32_t id)
{
	return id < SPD_MAX && s->word[id / 64] >> id % 64 & 1;
}

#endif
