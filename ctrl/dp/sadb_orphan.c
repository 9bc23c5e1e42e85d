// SPDX-License-Identifier: BSD-2-Clause
/*
 * Entries that end by themselves. Larval ones are forgotten in time, live ones
 * have a last moment, for an ike that does not end them before.
 *
 * An SPI that was given to an ike that ended is free. Its SAs are orphans: they
 * carry on, without a limit, until a successor claims them, says that it claims
 * no others, or brings up another SA for the same policy that takes all that they do.
 */
#include <errno.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/sadb_state.h"

#define CHECK_NS NS_PER_S

/* Its questions are not the successor's: nobody waits for their answers. */
static void forget_askers(struct job_queue *q)
{
	for (struct job *job = q->first; job; job = job->next)
		job->answer.token = 0;
}

static void set_orphan(struct sadb *s, struct entry *en, bool is)
{
	s->n_orphans += is;
	s->n_orphans -= en->orphan;
	en->orphan = is;
}

void sadb_orphan(struct sadb *s)
{
	s->calls = (struct sadb_calls){ .ctx = NULL };
	forget_askers(&s->ready);
	forget_askers(&s->draining);
	for (struct entry *en = s->entries, *next; en; en = next) {
		next = en->newer;
		if (en->state == ENTRY_LARVAL)
			entry_free(s, en);
		else if (en->state == ENTRY_LIVE && !entry_is_installed(en))
			set_orphan(s, en, true);
	}
}

int entry_claim(struct sadb *s, const struct sadb_id *id,
		struct sadb_counters *counters, uint64_t now_ns)
{
	struct entry *en = entry_find(s, id);
	const struct sa_rt *sa;

	if (en && entry_is_installed(en))
		return -EPERM;
	if (!en || en->state != ENTRY_LIVE || !en->orphan)
		return -ENOENT;
	set_orphan(s, en, false);
	en->deadline_ns = 0;
	sa = sad_get(s->sad, en->ref);
	if (sa)
		*counters = entry_counters(sa, now_ns);
	return 0;
}

static bool share_a_policy(const struct entry *a, const struct entry *b)
{
	for (uint32_t i = 0; i < a->n_policies; i++)
		if (entry_serves(b, a->policies[i].id))
			return true;
	return false;
}

/* by: that has what they had; NULL: all. */
static void end_orphans(struct sadb *s, const struct entry *by, uint64_t now_ns)
{
	uint64_t at_ns = now_ns + SADB_ORPHAN_S * NS_PER_S;

	if (!s->n_orphans)
		return;
	for (struct entry *en = s->entries; en; en = en->newer)
		if (en->state == ENTRY_LIVE && en->orphan && !en->deadline_ns &&
		    (!by || (share_a_policy(en, by) && entry_supersedes(by, en))))
			en->deadline_ns = at_ns;
	entries_due(s, at_ns);
}

void entries_sweep(struct sadb *s, uint64_t now_ns)
{
	end_orphans(s, NULL, now_ns);
}

void entries_replaced(struct sadb *s, const struct entry *en, uint64_t now_ns)
{
	end_orphans(s, en, now_ns);
}

/* When it ends by itself; UINT64_MAX: never. */
static uint64_t end_of(const struct entry *en)
{
	uint64_t end = UINT64_MAX;

	if (en->state == ENTRY_DRAINING)
		return end;
	if (en->deadline_ns)
		end = en->deadline_ns;
	if (en->expire_ns && en->expire_ns < end)
		end = en->expire_ns;
	return end;
}

void entries_due(struct sadb *s, uint64_t at_ns)
{
	if (at_ns < s->due_ns)
		s->due_ns = at_ns;
}

void entry_expire(struct sadb *s, struct entry *en, enum sadb_cause cause)
{
	const struct sadb_event e = {
		.verb = SADB_EXPIRE,
		.hard = 1,
		.cause = (uint8_t)cause,
		.id = en->id,
	};

	sadb_tell_event(s, &e);
	if (entry_remove(s, en, NULL))
		log_error("sadb: no memory to remove an SA spi=0x%08x",
			  en->id.spi);
}

void entries_forget(struct sadb *s, uint64_t now_ns)
{
	if (now_ns < s->forget_due_ns || now_ns < s->due_ns)
		return;
	s->forget_due_ns = now_ns + CHECK_NS;
	s->due_ns = UINT64_MAX;
	for (struct entry *en = s->entries, *next; en; en = next) {
		next = en->newer;
		if (end_of(en) > now_ns)
			entries_due(s, end_of(en));
		else if (en->state == ENTRY_LARVAL)
			entry_free(s, en);
		else
			entry_expire(s, en, SADB_BY_TIME);
	}
}
