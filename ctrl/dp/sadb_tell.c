// SPDX-License-Identifier: BSD-2-Clause
/*
 * What workers tell becomes the seam's events; and the life of the seam
 * itself, with its workers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctrl/dp/sadb_state.h"
#include "ctrl/model/status.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define WANTED_NS (60 * NS_PER_S)

/* --- events --- */

struct entry *entry_of(const struct sadb *s, struct sa_ref ref)
{
	const struct sa_rt *sa = sad_get(s->sad, ref);
	struct entry *en = NULL;

	if (sa) {
		const struct sadb_id id = {
			.dir = sa->dir == DIR_IN ? SADB_IN : SADB_OUT,
			.spi = ntohl(sa->spi_be),
			.daddr = sa->daddr,
		};

		en = entry_find(s, &id);
	}
	return en && en->state == ENTRY_LIVE ? en : NULL;
}

bool sadb_serves(const struct sadb *s, struct sa_ref ref, uint32_t policy_id)
{
	const struct entry *en = entry_of(s, ref);

	return en && entry_serves(en, policy_id);
}

/* Of those of the configuration nobody but the operator makes another. */
static void hear_ending(struct sadb *s, const struct telling *t,
			struct entry *en)
{
	const struct sadb_event soft = {
		.verb = SADB_EXPIRE,
		.cause = t->cause,
		.id = en->id,
	};

	if (entry_is_installed(en))
		log_warn("sadb: manual SA %s spi=0x%08x cause=%s",
			 t->hard ? "ended, give it new keys"
				 : "is to end, give it new keys soon",
			 en->id.spi, sadb_cause_name(t->cause));
	else if (t->hard)
		entry_expire(s, en, t->cause);
	else
		sadb_tell_event(s, &soft);
}

static void hear_mapping(struct sadb *s, const struct telling *t,
			 const struct entry *en)
{
	const struct sadb_event e = {
		.verb = SADB_MAPPING,
		.id = en->id,
		.mapped_addr = t->saddr,
		.mapped_port = t->sport,
	};

	if (!entry_is_installed(en))
		sadb_tell_event(s, &e);
	else if (s->moved)
		s->moved(s->moved_ctx, &e);
}

static void hear_sa(struct sadb *s, const struct telling *t)
{
	struct entry *en = entry_of(s, t->sa);
	struct sadb_event e = { .verb = SADB_USED };

	if (!en)
		return;
	if (t->kind == TELL_ENDING)
		return hear_ending(s, t, en);
	if (t->kind == TELL_MAPPING)
		return hear_mapping(s, t, en);
	e.id = en->id;
	sadb_tell_event(s, &e);
}

/* What a selector says of a packet's port. Where it shows none: OPAQUE, if others of
 * its protocol show some (RFC 4301 section 4.4.1.2), else ANY. */
static void take_port(const struct telling *t, uint16_t port, uint16_t *min,
		      uint16_t *max)
{
	const bool opaque = ip_has_ports(t->protocol);

	*min = *max = port;
	if (t->has_ports)
		return;
	*min = opaque ? PORT_OPAQUE_MIN : 0;
	*max = opaque ? PORT_OPAQUE_MAX : UINT16_MAX;
}

static struct sadb_selector packet_of(const struct telling *t)
{
	struct sadb_selector s = {
		.local_min = t->saddr,
		.local_max = t->saddr,
		.remote_min = t->daddr,
		.remote_max = t->daddr,
		.protocol = t->protocol,
	};

	take_port(t, t->sport, &s.local_port_min, &s.local_port_max);
	take_port(t, t->dport, &s.remote_port_min, &s.remote_port_max);
	return s;
}

static bool has_what_it_asks(const struct sadb *s, const struct policy *p,
			     const struct sadb_event *e)
{
	return e->cpu ? policy_has_own(s, p, &e->packet, e->cpu)
		      : policy_has_sa(s, p, &e->packet);
}

/* The policy may have got an SA, or be another one, by now. */
static void hear_acquire(struct sadb *s, const struct telling *t,
			 uint64_t now_ns)
{
	const struct policy *p = policy_find(s, t->policy);
	const struct sadb_event e = {
		.verb = SADB_ACQUIRE,
		.policy = p ? policy_first(p)->id : t->policy,
		.packet = packet_of(t),
		.cpu = t->cpu,
	};

	if (!p || !p->on_demand || has_what_it_asks(s, p, &e))
		return;
	/* One that carries its packets is there: nobody waits for it. */
	if (t->cpu)
		return sadb_tell_event(s, &e);
	s->wanted[t->policy] = (struct wanted){ e, now_ns + WANTED_NS };
	sadb_tell_event(s, &e);
}

static void hear_mtu(const struct sadb *s, const struct telling *t)
{
	const struct sa_rt *sa = sad_get(s->sad, t->sa);

	if (sa && s->maps.path_mtu)
		s->maps.path_mtu(s->maps.ctx, sa, t->mtu);
}

/* What the one before was asked for, and did not bring. */
static void ask_again(struct sadb *s, uint64_t now_ns)
{
	for (size_t i = 0; i < s->n_policies; i++) {
		const struct policy *p = &s->policies[i];
		uint32_t id = p->id;

		if (p->on_demand && now_ns < s->wanted[id].until_ns &&
		    !policy_has_sa(s, p, &s->wanted[id].acquire.packet))
			sadb_tell_event(s, &s->wanted[id].acquire);
	}
}

void sadb_hear(struct sadb *s, uint64_t now_ns)
{
	struct telling t;

	for (uint32_t i = 0; i < s->n_tells; i++) {
		while (tell_take(s->tells[i], &t)) {
			if (t.kind == TELL_ACQUIRE)
				hear_acquire(s, &t, now_ns);
			else if (t.kind == TELL_AUDIT)
				audit_told(s->sad, &t);
			else if (t.kind == TELL_PMTU)
				hear_mtu(s, &t);
			else
				hear_sa(s, &t);
		}
	}
}

/* --- workers --- */

int sadb_add_worker(struct sadb *s, struct worker *w)
{
	struct tell *t;
	int err;

	if (s->n_tells == WORKERS_MAX)
		return -E2BIG;
	t = calloc(1, sizeof(*t));
	err = t ? tell_init(t, s->fd) : -ENOMEM;
	if (err) {
		free(t);
		return err;
	}
	s->tells[s->n_tells++] = t;
	w->tell = t;
	barrier_add(s->barrier, &w->drain, w->nexthops.link->answer_fd);
	return 0;
}

void sadb_remove_worker(struct sadb *s, struct worker *w)
{
	if (!w->tell)
		return;
	barrier_remove(s->barrier, &w->drain);
	sadb_hear(s, 0); /* nobody waits for a packet that is gone */
	for (uint32_t i = 0; i < s->n_tells; i++)
		if (s->tells[i] == w->tell)
			s->tells[i] = s->tells[--s->n_tells];
	tell_fini(w->tell);
	free(w->tell);
	w->tell = NULL;
}

/* --- its life --- */

int sadb_new(const struct sadb_spec *spec, struct sadb **out, struct error *e)
{
	const struct barrier_spec barrier = { spec->maps->grace,
					      spec->maps->ctx };
	struct sadb *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return error_set(e, -ENOMEM, "no memory for the SAD's seam");
	s->sad = spec->sad;
	s->view = spec->view;
	s->maps = *spec->maps;
	s->due_ns = UINT64_MAX;
	s->ready.end = &s->ready.first;
	s->draining.end = &s->draining.first;
	random_init(&s->random);
	s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->fd < 0)
		err = error_set(e, -errno, "no eventfd: %s", strerror(errno));
	else if ((err = entries_init(s, spec->max_sas)))
		error_set(e, err, "cannot keep SAs: %s", strerror(-err));
	else if (!used_keys_init(&s->keys))
		err = error_set(e, -EIO, "no random numbers");
	else
		err = barrier_new(&barrier, &s->barrier, e);
	if (err) {
		sadb_free(s);
		return err;
	}
	*out = s;
	return 0;
}

static void free_jobs(struct job *job)
{
	while (job) {
		struct job *next = job->next;

		free(job);
		job = next;
	}
}

void sadb_free(struct sadb *s)
{
	if (!s)
		return;
	barrier_free(s->barrier);
	free_jobs(s->ready.first);
	free_jobs(s->draining.first);
	entries_fini(s);
	used_keys_fini(&s->keys);
	bindings_fini(s);
	free(s->policies);
	if (s->fd >= 0)
		close(s->fd);
	image_free(&s->image);
	explicit_bzero(&s->random, sizeof(s->random));
	free(s);
}

void sadb_serve(struct sadb *s, const struct sadb_calls *calls, uint64_t now_ns)
{
	s->calls = *calls;
	ask_again(s, now_ns);
}

int sadb_fd(const struct sadb *s)
{
	return s->fd;
}
