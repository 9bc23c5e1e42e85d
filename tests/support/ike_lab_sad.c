// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SADs of the lab's two sides: what is asked of them, and whether they agree.
 */
#include "tests/support/ike_lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/sadb/rules.h"
#include "tests/support/ike_lab_queue.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_lab: %s\n", what);
	abort();
}

static struct lab_sa *sa_find(struct lab_side *s, const struct sadb_id *id)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && memcmp(&s->sas[i].id, id, sizeof(*id)) == 0)
			return &s->sas[i];
	return NULL;
}

static struct lab_sa *sa_take(struct lab_side *s, const struct sadb_id *id)
{
	struct lab_sa *sa = s->sas;

	while (sa < s->sas + LAB_SAS_MAX && sa->used)
		sa++;
	must(sa < s->sas + LAB_SAS_MAX, "too many SAs");
	*sa = (struct lab_sa){ .used = true, .id = *id };
	return sa;
}

/* It was not there to be claimed. */
static bool may_be_gone(const struct lab_side *s, const struct sadb_id *id)
{
	for (unsigned int i = 0; i < s->n_gone; i++)
		if (memcmp(&s->gone[i], id, sizeof(*id)) == 0)
			return true;
	return false;
}

static int claim(struct lab_side *s, struct lab_sa *sa, const struct sadb_id *id)
{
	if (!sa || !sa->orphan) {
		must(s->n_gone < LAB_SAS_MAX, "too many SAs are gone");
		s->gone[s->n_gone++] = *id;
		return -ENOENT;
	}
	sa->orphan = sa->doomed = false;
	return 0;
}

static int doom(struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		s->sas[i].doomed = s->sas[i].orphan;
	lab_push(s->lab, ITEM_SWEEP, s->index, s->lab->orphan_ns);
	return 0;
}

void lab_sweep(struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].doomed)
			s->sas[i] = (struct lab_sa){ .used = false };
}

/* As the data path's: no key protects under two SAs. One that was never bound has
 * not encrypted. */
static uint64_t key_hash(const struct sadb_sa *sa)
{
	uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a */

	for (uint16_t i = 0; i < sa->encr_key_len; i++)
		hash = (hash ^ sa->encr_key[i]) * 0x100000001b3U;
	for (uint16_t i = 0; i < sa->integ_key_len; i++)
		hash = (hash ^ sa->integ_key[i]) * 0x100000001b3U;
	return hash;
}

static bool key_is_used(const struct lab_side *s, const struct sadb_sa *sa)
{
	for (unsigned int i = 0; i < s->n_keys && i < LAB_KEYS_MAX; i++)
		if (s->keys[i] == key_hash(sa))
			return true;
	return false;
}

static void use_key(struct lab_side *s, const struct sadb_sa *sa)
{
	if (!key_is_used(s, sa))
		s->keys[s->n_keys++ % LAB_KEYS_MAX] = key_hash(sa);
}

/* All that the other one takes, as the data path judges. */
static bool supersedes(const struct sadb_sa *sa, const struct sadb_sa *other)
{
	if (sa->of_cpus && sa->cpu != other->cpu)
		return false;
	for (unsigned int i = 0; i < other->n_selectors; i++) {
		unsigned int j = 0;

		while (j < sa->n_selectors &&
		       !selector_within(&other->selectors[i], &sa->selectors[j]))
			j++;
		if (j == sa->n_selectors)
			return false;
	}
	return sa->policy == other->policy;
}

static int bind_sa(struct lab_side *s, struct lab_sa *sa)
{
	if (!sa)
		return -ENOENT;
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (supersedes(&sa->sa, &s->sas[i].sa))
			s->sas[i].bound = false;
	sa->bound = true;
	use_key(s, &sa->sa);
	return 0;
}

static int move(struct lab_sa *sa, const struct sadb_request *q)
{
	if (!sa || sa->larval)
		return -ENOENT;
	if (sa->sa.mode == SADB_TRANSPORT && !addr_equal(&sa->daddr, &q->daddr))
		return -EOPNOTSUPP;
	sa->sa.saddr = q->sa.saddr;
	sa->sa.encap_sport = q->sa.encap_sport;
	sa->sa.encap_dport = q->sa.encap_dport;
	sa->sa.keepalive = q->sa.keepalive;
	sa->sa.stream = q->sa.stream;
	sa->daddr = q->daddr;
	return 0;
}

static int sad_do(struct lab_side *s, const struct sadb_request *q,
		  struct sadb_id *id)
{
	struct lab_sa *sa = sa_find(s, id);

	switch (q->verb) {
	case SADB_GETSPI:
		id->spi = ++s->next_spi;
		sa_take(s, id)->larval = true;
		return 0;
	case SADB_ADD:
		if (id->dir == SADB_IN && !sa)
			return -ENOENT;
		if (sa && !sa->larval)
			return -EEXIST;
		if (id->dir == SADB_OUT && key_is_used(s, &q->sa)) {
			s->n_refused_keys++;
			return -EKEYREVOKED;
		}
		if (!sa)
			sa = sa_take(s, id);
		sa->larval = false;
		sa->end_ns = 0;
		sa->sa = q->sa;
		sa->daddr = id->daddr;
		return 0;
	case SADB_MOVE:
		return move(sa, q);
	case SADB_UPDATE:
		must((sa || may_be_gone(s, id)) && id->dir == SADB_OUT,
		     "UPDATE of what is not there");
		return bind_sa(s, sa);
	case SADB_DELETE:
		must(sa || may_be_gone(s, id), "DELETE of what is not there");
		if (sa)
			*sa = (struct lab_sa){ .used = false };
		return sa ? 0 : -ENOENT;
	case SADB_CLAIM:
		return claim(s, sa, id);
	case SADB_QUERY:
		return sa && !sa->larval ? 0 : -ENOENT;
	case SADB_SWEEP:
		return doom(s);
	}
	return -EINVAL;
}

static bool is_refused(struct lab_side *s, const struct sadb_request *q)
{
	if (!q->token || q->verb == SADB_DELETE || q->verb == SADB_CLAIM ||
	    q->verb == SADB_QUERY)
		return false;
	if (lab_question_is_refused(s->lab))
		return true;
	if (s->refuses && q->verb == s->refused_verb &&
	    q->id.dir == s->refused_dir) {
		s->refuses = false;
		return true;
	}
	return s->lab->refused_of_100 &&
	       lab_roll(s->lab, 100) < s->lab->refused_of_100;
}

/* There is always traffic: what is bound at one side and armed at the other
 * is used. */
static void traffic(struct ike_lab *lab, unsigned int from)
{
	struct lab_side *s = &lab->side[from], *to = &lab->side[!from];

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		struct lab_sa *out = &s->sas[i];

		for (unsigned int j = 0;
		     out->used && out->bound && j < LAB_SAS_MAX; j++) {
			struct lab_sa *in = &to->sas[j];

			if (!in->used || in->larval || in->seen ||
			    in->id.dir != SADB_IN || in->id.spi != out->id.spi)
				continue;
			in->seen = true;
			lab_push_answer(to, ITEM_USED)->event =
				(struct sadb_event){
					.verb = SADB_USED,
					.id = in->id,
				};
		}
	}
}

/* There is always traffic: what is seen has come. */
static uint64_t claimed_pkts(struct lab_side *s, const struct sadb_request *q)
{
	const struct lab_sa *sa = sa_find(s, &q->id);

	return q->verb == SADB_CLAIM && sa && sa->seen;
}

void lab_on_sadb(void *ctx, const struct sadb_request *q)
{
	struct lab_side *s = ctx;
	struct sadb_id id = q->id;
	struct lab_item *item;
	int err;

	if (s->muted)
		return;
	err = is_refused(s, q) ? -ENOMEM : sad_do(s, q, &id);
	traffic(s->lab, 0);
	traffic(s->lab, 1);
	if (!q->token)
		return;
	item = lab_push_answer(s, ITEM_SADB);
	item->sadb = (struct sadb_answer){
		.token = q->token,
		.verb = q->verb,
		.err = err,
		.id = id,
		.workers = s->workers,
		.counters.pkts = claimed_pkts(s, q),
		.counters.idle_s = s->idle_s[id.dir],
	};
}

/* --- pairs of SAs */

static bool mirrored(const struct sadb_selector *a,
		     const struct sadb_selector *b)
{
	return addr_equal(&a->local_min, &b->remote_min) &&
	       addr_equal(&a->local_max, &b->remote_max) &&
	       addr_equal(&a->remote_min, &b->local_min) &&
	       addr_equal(&a->remote_max, &b->local_max) &&
	       a->local_port_min == b->remote_port_min &&
	       a->local_port_max == b->remote_port_max &&
	       a->remote_port_min == b->local_port_min &&
	       a->remote_port_max == b->local_port_max &&
	       a->protocol == b->protocol;
}

/* In whichever order: a pair has its place by the order of each side's local ones. */
static bool all_mirrored(const struct sadb_sa *a, const struct sadb_sa *b)
{
	for (unsigned int i = 0; i < a->n_selectors; i++) {
		unsigned int j = 0;

		while (j < b->n_selectors &&
		       !mirrored(&a->selectors[i], &b->selectors[j]))
			j++;
		if (j == b->n_selectors)
			return false;
	}
	return a->n_selectors == b->n_selectors && a->n_selectors;
}

/* Through a NAT the hosts of transport mode know each other by other addresses. */
static bool same_selectors(const struct sadb_sa *a, const struct sadb_sa *b,
			   bool nat)
{
	if (nat && a->mode == SADB_TRANSPORT)
		return a->n_selectors == b->n_selectors;
	return all_mirrored(a, b);
}

/* A NAT changes ports, but not whether there are any. */
static bool same_encap(const struct sadb_sa *out, const struct sadb_sa *in,
		       bool nat)
{
	if (nat)
		return !out->encap_dport == !in->encap_dport &&
		       !out->encap_sport == !in->encap_sport;
	return out->encap_dport == in->encap_dport &&
	       out->encap_sport == in->encap_sport;
}

/* Does what this one seals open at that one? */
static bool same_sa(const struct lab_sa *out, const struct lab_sa *in, bool nat)
{
	const struct sadb_sa *a = &out->sa, *b = &in->sa;

	return a->protocol == b->protocol && a->mode == b->mode &&
	       a->encr == b->encr && a->encr_key_len == b->encr_key_len &&
	       a->encr_key_len + a->integ_key_len > 0 &&
	       memcmp(a->encr_key, b->encr_key, a->encr_key_len) == 0 &&
	       a->integ == b->integ && a->integ_key_len == b->integ_key_len &&
	       memcmp(a->integ_key, b->integ_key, a->integ_key_len) == 0 &&
	       a->esn == b->esn && same_encap(a, b, nat) &&
	       same_selectors(a, b, nat);
}

unsigned int lab_matched(const struct lab_side *from, const struct lab_side *to)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		const struct lab_sa *out = &from->sas[i];

		if (!out->used || out->id.dir != SADB_OUT || !out->bound)
			continue;
		for (unsigned int j = 0; j < LAB_SAS_MAX; j++)
			n += to->sas[j].used && !to->sas[j].larval &&
			     to->sas[j].id.dir == SADB_IN &&
			     to->sas[j].id.spi == out->id.spi &&
			     same_sa(out, &to->sas[j], from->lab->nat);
	}
	return n;
}

unsigned int lab_sas(const struct lab_side *s, bool larval)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		n += s->sas[i].used && s->sas[i].larval == larval &&
		     !(s->sas[i].end_ns && s->lab->now_ns > s->sas[i].end_ns);
	return n;
}

bool lab_agree(const struct ike_lab *lab, unsigned int pairs)
{
	const struct lab_side *a = &lab->side[0], *b = &lab->side[1];

	return lab_matched(a, b) == pairs && lab_matched(b, a) == pairs &&
	       lab_sas(a, false) == 2 * pairs &&
	       lab_sas(b, false) == 2 * pairs && lab_sas(a, true) == 0 &&
	       lab_sas(b, true) == 0;
}
