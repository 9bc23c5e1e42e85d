/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outbound SAs of a policy that has more than one in use: of narrower ones each
 * carries what its own selectors take, and of those for each CPU (RFC 9611) what its
 * worker has. A list that workers read while the control thread puts another one in
 * its place; within it an SA can only leave.
 */
#ifndef CYG_SADB_SEVERAL_H
#define CYG_SADB_SEVERAL_H

#include <stdint.h>

#include "include/meta.h"

/* Of one policy, at once: a worker asks them in turn. Each of all workers may have one
 * of its own, and narrower ones are beside them. */
#define SEVERAL_MAX 96U

struct several;

/*
 * refs   the newest first, SEVERAL_MAX at most; copied
 * cpus   for each whose it is, a worker's number and 1; 0: nobody's alone
 *
 * NULL: out of memory.
 */
struct several *several_new(const struct sa_ref *refs, const uint8_t *cpus,
			    uint32_t n);

/* Freed when no worker can read it any more. Control thread; NULL is fine. */
void several_retire(struct several *of);

/* That one is none of them from now on. Control thread. */
void several_take(struct several *of, struct sa_ref ref);

/* How many there were at first, and the one of that number; gen 0: it left. Any
 * thread, until its next quiescent state. */
uint32_t several_count(const struct several *of);
struct sa_ref several_at(const struct several *of, uint32_t i);
uint8_t several_cpu(const struct several *of, uint32_t i);

#endif
