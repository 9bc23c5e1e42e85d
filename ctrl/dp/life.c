// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/life.h"

#define SEQ_SOFT_32 (UINT32_MAX / 4 * 3) /* time to make another SA */

uint32_t life_admit(const struct worker *w, struct packet **p, uint32_t n)
{
	const struct sa_rt *sa = n ? p[0]->sa : NULL;
	uint64_t pkts, bytes;
	uint32_t i = 0;

	if (!sa || !sa->limited)
		return n;
	pkts = atomic_load_explicit(&sa->count.pkts, memory_order_relaxed);
	bytes = atomic_load_explicit(&sa->count.bytes, memory_order_relaxed);
	while (i < n &&
	       !limit_reached(&sa->limits.hard, pkts, bytes, w->now_ns)) {
		pkts++;
		bytes += p[i++]->bytes;
	}
	for (uint32_t k = i; k < n; k++)
		packet_drop(p[k], DROP_LIFETIME);
	return i;
}

/* Of several workers one says so; where there was no room, with another run. */
static void tell_end(struct worker *w, struct sa_rt *sa, enum sa_told which,
		     enum sadb_cause cause)
{
	const struct telling what = {
		.kind = TELL_ENDING,
		.sa = sa->ref,
		.hard = which == SA_TOLD_HARD,
		.cause = (uint8_t)cause,
	};

	if (atomic_load_explicit(&sa->told, memory_order_relaxed) & which ||
	    atomic_fetch_or(&sa->told, (uint8_t)which) & which)
		return;
	if (!tell_put(w->tell, &what))
		atomic_fetch_and(&sa->told, (uint8_t)~which);
}

static void note_limits(struct worker *w, struct sa_rt *sa)
{
	const uint64_t pkts =
		atomic_load_explicit(&sa->count.pkts, memory_order_relaxed);
	const uint64_t bytes =
		atomic_load_explicit(&sa->count.bytes, memory_order_relaxed);
	enum sadb_cause hard =
		limit_reached(&sa->limits.hard, pkts, bytes, w->now_ns);
	enum sadb_cause soft =
		limit_reached(&sa->limits.soft, pkts, bytes, w->now_ns);

	if (hard)
		tell_end(w, sa, SA_TOLD_HARD, hard);
	else if (soft)
		tell_end(w, sa, SA_TOLD_SOFT, soft);
}

void life_note(struct worker *w, struct sa_rt *sa)
{
	if (sa->dir == DIR_OUT && !sa->esn && sa_seq(sa) > SEQ_SOFT_32)
		tell_end(w, sa, SA_TOLD_SOFT, SADB_BY_NUMBERS);
	if (sa->limited)
		note_limits(w, sa);
}
