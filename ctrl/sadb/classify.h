/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiler from an ordered list of policies to the decision tree that BPF
 * reads (include/spd.h), and the walk through it in user space. It says what
 * policy_lookup() says, of every flow; the tests hold them equal.
 *
 * The tree is built once for a list, and a CHILD SA that comes or goes changes
 * nothing in it: a verdict is a policy, and the SA is found behind that. Control
 * thread; a finished image may be read by any.
 */
#ifndef CYG_SADB_CLASSIFY_H
#define CYG_SADB_CLASSIFY_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/sadb/policy.h"
#include "include/flow.h"
#include "include/meta.h"
#include "include/spd.h"

/* The blocks of the map; block 0 is the head. */
struct spd_image {
	struct spd_block *block; /* owned; image_free() */
	uint32_t n;
};

/*
 * gen   of the new list; not 0
 *
 * 0, -E2BIG (more than SPD_MAX), -EINVAL (an id or a tunnel out of range, or
 * selectors of two families or none), -EOVERFLOW (too many overlap in one place, or the tree
 * had too many copies), -ENOMEM.
 */
int classify_compile(const struct policy *list, size_t n, uint32_t gen,
		     struct spd_image *out);

/* An empty one is fine. */
void image_free(struct spd_image *image);

struct spd_verdict classify_lookup(const struct spd_image *image,
				   const struct flow *f, enum dp_dir dir);

/*
 * Policies that have flows of that direction in common with one, which may be among
 * them.
 *
 * places   room for max of them; places in the list, upwards
 * n        how many there are, also where these are more than max
 *
 * What is never asked, since an earlier one takes all of it, may be left out. 0
 * or -ENOMEM.
 */
int classify_overlaps(const struct spd_image *image, const struct policy *p,
		      enum dp_dir dir, uint32_t *places, size_t max, size_t *n);

#endif
