// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/sadb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/sadb_state.h"
#include "include/proto.h"

/* Longer than a peer is asked again (RFC 7296 section 2.4); after that nobody
 * will add it. */
#define LARVAL_NS (165 * NS_PER_S)

struct sad_key sad_key_of(const struct entry *en)
{
	struct sad_key key = {
		.spi = htonl(en->id.spi),
		.protocol = en->protocol == IKE_PROTO_AH ? PROTO_AH : PROTO_ESP,
	};

	memcpy(key.daddr.octets, en->id.daddr.octets, sizeof(key.daddr.octets));
	return key;
}

/* --- answers and events --- */

static void queue_init(struct job_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void queue_push(struct job_queue *q, struct job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct job *queue_pop(struct job_queue *q)
{
	struct job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	return job;
}

static void wake(const struct sadb *s)
{
	const uint64_t one = 1;

	if (write(s->fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: it is awake */
}

static void answer_with(struct sadb *s, struct job *job, int err)
{
	job->answer.err = err;
	queue_push(&s->ready, job);
	wake(s);
}

/* Nobody waits for one without a token. */
static void give_answer(struct sadb *s, const struct sadb_answer *a)
{
	if (a->token && s->calls.answer)
		s->calls.answer(s->calls.ctx, a);
}

void sadb_tell_event(struct sadb *s, const struct sadb_event *e)
{
	if (s->calls.event)
		s->calls.event(s->calls.ctx, e);
}

/* --- removal --- */

static struct job *job_new(void)
{
	return calloc(1, sizeof(struct job));
}

int entry_remove(struct sadb *s, struct entry *en, struct job *job)
{
	const struct sad_key key = entry_key(s, en);

	if (!job)
		job = job_new();
	if (!job)
		return -ENOMEM;
	if (en->id.dir == SADB_IN) {
		s->maps.del_inbound(s->maps.ctx, &key);
	} else {
		entry_unbind(s, en);
		entry_leave_row(s, en, &key);
	}
	en->state = ENTRY_DRAINING;
	job->removed = en;
	job->seq = barrier_ask(s->barrier);
	queue_push(&s->draining, job);
	wake(s);
	return 0;
}

struct sadb_counters entry_counters(const struct sa_rt *sa, uint64_t now_ns)
{
	uint64_t last = atomic_load(&sa->count.last_ns);
	struct sadb_counters c = {
		.pkts = atomic_load(&sa->count.pkts),
		.bytes = atomic_load(&sa->count.bytes),
		.idle_s = last ? 0 : UINT64_MAX,
	};

	if (last && now_ns > last)
		c.idle_s = (now_ns - last) / NS_PER_S;
	return c;
}

/* No packet comes by it any more. */
static void entry_drained(struct sadb *s, struct entry *en,
			  struct sadb_answer *a, uint64_t now_ns)
{
	const struct sa_rt *sa = sad_get(s->sad, en->ref);

	if (sa)
		a->counters = entry_counters(sa, now_ns);
	sad_remove(s->sad, en->ref);
	entry_free(s, en);
}

/* --- the verbs --- */

static int getspi(struct sadb *s, struct sadb_id *id, uint64_t now_ns)
{
	struct entry *en;

	if (id->dir != SADB_IN || addr_is_none(&id->daddr))
		return -EINVAL;
	if (s->n_larval >= LARVAL_MAX)
		return -ENOSPC;
	if (!spi_choose(s, id))
		return -EIO;
	en = entry_new(s, id);
	if (!en)
		return -ENOSPC;
	en->deadline_ns = now_ns + LARVAL_NS;
	entries_due(s, en->deadline_ns);
	return 0;
}

int entry_add(struct sadb *s, const struct sadb_id *id,
	      const struct sadb_sa *sa, const struct sadb_policies *policies,
	      const struct sadb_start *start, uint64_t now_ns, struct error *e)
{
	struct entry *en = entry_find(s, id);
	bool larval = en;
	int err;

	if (en && en->state != ENTRY_LARVAL)
		return error_set(e, -EEXIST, "SPI 0x%08x is in use", id->spi);
	if (!en)
		en = entry_new(s, id);
	if (!en)
		return error_set(e, -ENOSPC, "more than %u SAs", s->max_entries);
	err = sadb_add(s, en, sa, policies, start, now_ns, e);
	if (!err)
		return 0;
	if (!larval) {
		entry_free(s, en);
		return err;
	}
	free(en->selectors);
	free(en->policies);
	used_key_free(&s->keys, en->key);
	en->selectors = NULL;
	en->policies = NULL;
	en->key = NULL;
	en->n_selectors = en->n_policies = 0;
	return err;
}

/* IKE asks for nothing of what the configuration says: who took its process over
 * would have the manual tunnels too. */
static bool is_manual(const struct sadb *s, uint32_t policy_id)
{
	const struct policy *p = policy_find(s, policy_id);

	return p && p->manual;
}

/* What ADD for IKE makes has selectors of its own. */
bool entry_is_installed(const struct entry *en)
{
	return en->state != ENTRY_LARVAL && !en->n_selectors;
}

static void log_refused(struct sadb *s, const char *verb, uint32_t spi,
			const char *why, uint64_t now_ns)
{
	if (log_may(&s->refused, "sadb", now_ns))
		log_warn("sadb: %s refused spi=0x%08x: %s", verb, spi, why);
}

/* Of the configuration's SAs nothing is ike's. */
static int refuse_installed(struct sadb *s, const char *verb, uint32_t spi,
			    uint64_t now_ns)
{
	log_refused(s, verb, spi, "it is a manual SA", now_ns);
	return -EPERM;
}

static void set_life(struct sadb *s, const struct sadb_id *id, uint64_t at_ns)
{
	entry_find(s, id)->expire_ns = at_ns;
	entries_due(s, at_ns);
}

static bool covers_some(const struct policy *p, const struct sadb_sa *sa)
{
	for (uint32_t i = 0; i < sa->n_selectors; i++)
		if (policy_takes(p, &sa->selectors[i]))
			return true;
	return false;
}

/* Of the child's policies those of which the SA has something: all, but where the peer
 * has taken less. The one that ike names, if there are none. */
static uint32_t policies_of(const struct sadb *s, const struct sadb_sa *sa,
			    uint32_t ids[SADB_SELECTORS_MAX])
{
	const struct policy *p = policy_find(s, sa->policy);
	uint32_t n = 0;

	for (p = p ? policy_first(p) : NULL; p && n < SADB_SELECTORS_MAX;
	     p = policy_next(s, p))
		if (covers_some(p, sa) && !(n && p->pfp && !p->leased_by))
			ids[n++] = p->id;
	if (!n)
		ids[n++] = sa->policy;
	return n;
}

/* RFC 4301 section 4.4.1: an SA without selectors would carry nothing. */
static int check_asked(const struct sadb *s, const struct sadb_sa *sa,
		       struct error *e)
{
	if (sa->policy >= SPD_MAX)
		return error_set(e, -ENOENT, "no policy %u", sa->policy);
	if (is_manual(s, sa->policy))
		return error_set(e, -EPERM, "policy %u has manual SAs",
				 sa->policy);
	if (!sa->n_selectors || sa->n_selectors > SADB_SELECTORS_MAX)
		return error_set(e, -EINVAL, "no selectors, or too many");
	if (sa->carrier)
		return error_set(e, -EPERM,
				 "bundles are the configuration's alone");
	return 0;
}

static int add_for_ike(struct sadb *s, const struct sadb_request *q,
		       uint64_t now_ns)
{
	uint32_t ids[SADB_SELECTORS_MAX];
	struct sadb_policies policies = { ids, 0 };
	struct error e = { .text = "" };
	int err = check_asked(s, &q->sa, &e);

	if (!err) {
		policies.n = policies_of(s, &q->sa, ids);
		err = entry_add(s, &q->id, &q->sa, &policies, NULL, now_ns, &e);
	}
	if (!err && q->sa.hard.time_s)
		set_life(s, &q->id, sadb_limit_ns(now_ns, q->sa.hard.time_s));
	if (err)
		log_refused(s, "ADD", q->id.spi, e.text, now_ns);
	return err;
}

/* When it was added, neither had encrypted. */
static bool key_is_anothers(const struct sadb *s, const struct entry *en)
{
	return en->key && !en->has_encrypted &&
	       used_keys_has(&s->keys, en->key->tag);
}

static int bind_all(struct sadb *s, struct entry *en)
{
	int err = key_is_anothers(s, en) ? -EKEYREVOKED : 0;

	for (uint32_t i = 0; !err && i < en->n_policies; i++)
		err = policy_bind(s, en->policies[i].id, en);
	barrier_wake(s->barrier);
	return err;
}

/* Packets that wait for it go at once; the answer says that none uses the SA
 * that was bound before. */
static void update(struct sadb *s, const struct sadb_id *id, struct job *job,
		   uint64_t now_ns)
{
	struct entry *en = entry_find(s, id);
	int err = -ENOENT;

	if (en && entry_is_installed(en))
		err = refuse_installed(s, "UPDATE", id->spi, now_ns);
	else if (en && en->state == ENTRY_LIVE)
		err = id->dir == SADB_OUT ? bind_all(s, en) : -EINVAL;
	if (err)
		return answer_with(s, job, err);
	entries_replaced(s, en, now_ns);
	job->seq = barrier_ask(s->barrier);
	queue_push(&s->draining, job);
	wake(s);
}

static void remove_sa(struct sadb *s, const struct sadb_id *id, struct job *job,
		      uint64_t now_ns)
{
	struct entry *en = entry_find(s, id);

	if (!en || en->state == ENTRY_DRAINING)
		return answer_with(s, job, -ENOENT);
	if (entry_is_installed(en))
		return answer_with(
			s, job, refuse_installed(s, "DELETE", id->spi, now_ns));
	if (en->state == ENTRY_LIVE) {
		entry_remove(s, en, job);
		return;
	}
	entry_free(s, en);
	answer_with(s, job, 0);
}

static int claim(struct sadb *s, const struct sadb_id *id,
		 struct sadb_counters *counters, uint64_t now_ns)
{
	int err = entry_claim(s, id, counters, now_ns);

	return err == -EPERM ? refuse_installed(s, "CLAIM", id->spi, now_ns)
			     : err;
}

static int query(struct sadb *s, const struct sadb_id *id,
		 struct sadb_counters *counters, uint64_t now_ns)
{
	const struct entry *en = entry_find(s, id);
	const struct sa_rt *sa;

	if (en && entry_is_installed(en))
		return refuse_installed(s, "QUERY", id->spi, now_ns);
	if (!en || en->state != ENTRY_LIVE || en->orphan)
		return -ENOENT;
	sa = sad_get(s->sad, en->ref);
	if (!sa)
		return -ENOENT;
	*counters = entry_counters(sa, now_ns);
	return 0;
}

static int move(struct sadb *s, const struct sadb_request *q, uint64_t now_ns)
{
	const struct entry *en = entry_find(s, &q->id);
	int err;

	if (en && entry_is_installed(en))
		return refuse_installed(s, "MOVE", q->id.spi, now_ns);
	err = entry_move(s, q, now_ns);
	if (err == -EPERM)
		log_refused(s, "MOVE", q->id.spi,
			    "not between the addresses of its policy", now_ns);
	return err;
}

static void no_memory(struct sadb *s, const struct sadb_request *q)
{
	const struct sadb_answer a = {
		.token = q->token,
		.verb = q->verb,
		.err = -ENOMEM,
		.id = q->id,
	};

	give_answer(s, &a);
}

void sadb_request(struct sadb *s, const struct sadb_request *q, uint64_t now_ns)
{
	struct job *job = job_new();

	if (!job) /* the only answer that comes at once */
		return no_memory(s, q);
	job->answer.token = q->token;
	job->answer.verb = q->verb;
	job->answer.id = q->id;
	switch (q->verb) {
	case SADB_GETSPI:
		job->answer.workers = (uint8_t)s->n_tells;
		return answer_with(s, job, getspi(s, &job->answer.id, now_ns));
	case SADB_ADD:
		return answer_with(s, job, add_for_ike(s, q, now_ns));
	case SADB_UPDATE:
		return update(s, &q->id, job, now_ns);
	case SADB_DELETE:
		return remove_sa(s, &q->id, job, now_ns);
	case SADB_CLAIM:
		return answer_with(
			s, job, claim(s, &q->id, &job->answer.counters, now_ns));
	case SADB_QUERY:
		return answer_with(
			s, job, query(s, &q->id, &job->answer.counters, now_ns));
	case SADB_MOVE:
		return answer_with(s, job, move(s, q, now_ns));
	case SADB_SWEEP:
		entries_sweep(s, now_ns);
		return answer_with(s, job, 0);
	}
	answer_with(s, job, -EINVAL);
}

/* By which ike knows what it serves. */
static uint32_t first_policy(const struct sadb *s, const struct entry *en)
{
	const struct policy *p =
		en->n_policies ? policy_find(s, en->policies[0].id) : NULL;

	return p ? policy_first(p)->id : POLICY_ID_ANY;
}

void sadb_each(const struct sadb *s,
	       void (*each)(void *ctx, const struct sadb_id *id, uint32_t policy,
			    bool orphan, const struct sa_rt *sa),
	       void *ctx)
{
	for (const struct entry *en = s->entries; en; en = en->newer) {
		const struct sa_rt *sa = NULL;

		if (en->state == ENTRY_LIVE || en->state == ENTRY_DRAINING)
			sa = sad_get(s->sad, en->ref);
		if (sa)
			each(ctx, &en->id, first_policy(s, en), en->orphan, sa);
	}
}

/* --- what comes back --- */

static void drained(struct sadb *s, uint64_t now_ns)
{
	uint64_t reached = barrier_reached(s->barrier);
	struct job *job;

	while (s->draining.first && s->draining.first->seq <= reached) {
		job = queue_pop(&s->draining);
		if (job->removed)
			entry_drained(s, job->removed, &job->answer, now_ns);
		queue_push(&s->ready, job);
	}
}

/* Those that the answers bring forth wait for the next time. */
static void answer_ready(struct sadb *s)
{
	struct job_queue now = s->ready;
	struct job *job;

	if (!now.first)
		return;
	queue_init(&s->ready);
	while ((job = now.first)) {
		now.first = job->next;
		give_answer(s, &job->answer);
		free(job);
	}
}

void sadb_poll(struct sadb *s, uint64_t now_ns)
{
	uint64_t count;

	if (read(s->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("sadb: eventfd: %s", strerror(errno));
	sadb_hear(s, now_ns);
	drained(s, now_ns);
	answer_ready(s);
	entries_forget(s, now_ns);
	entries_keep_alive(s, now_ns);
}
