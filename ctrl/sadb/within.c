// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/within.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-qsbr.h>

#include "ctrl/sadb/quiescent.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

/* --- keys --- */

static struct within_key key_of(const struct within_policy *p)
{
	return (struct within_key){ .policy = p->id, .since = p->since };
}

struct within_key within_key_of_flow(const struct within_policy *p,
				     const struct flow *f)
{
	struct within_key key = key_of(p);

	if (p->pfp & PFP_LOCAL)
		key.local = f->local;
	if (p->pfp & PFP_REMOTE)
		key.remote = f->remote;
	if (p->pfp & PFP_PROTOCOL)
		key.protocol = f->protocol;
	if (!(p->pfp & PFP_PORTS) || !f->has_ports)
		return key;
	key.ports = 1;
	if (p->pfp & PFP_LOCAL_PORT)
		key.local_port = f->local_port;
	if (p->pfp & PFP_REMOTE_PORT)
		key.remote_port = f->remote_port;
	return key;
}

/* What one port of a selector says; see within_key_of_selector(). */
enum port_value {
	PORT_SEVERAL,
	PORT_ONE,
	PORT_UNSEEN,
};

static enum port_value port_value(uint16_t min, uint16_t max, uint8_t protocol)
{
	if (min == max)
		return PORT_ONE;
	if (min == PORT_OPAQUE_MIN && max == PORT_OPAQUE_MAX)
		return PORT_UNSEEN;
	if (min == 0 && max == UINT16_MAX && protocol != PROTO_ANY &&
	    !ip_has_ports(protocol))
		return PORT_UNSEEN;
	return PORT_SEVERAL;
}

/* A packet shows both of its ports or none. */
static bool take_ports(const struct within_policy *p,
		       const struct sadb_selector *s, struct within_key *key)
{
	const enum port_value local =
		port_value(s->local_port_min, s->local_port_max, s->protocol);
	const enum port_value remote =
		port_value(s->remote_port_min, s->remote_port_max, s->protocol);

	if (p->pfp & PFP_LOCAL_PORT) {
		if (local == PORT_SEVERAL)
			return false;
		key->ports = local == PORT_ONE;
		key->local_port = local == PORT_ONE ? s->local_port_min : 0;
	}
	if (p->pfp & PFP_REMOTE_PORT) {
		if (remote == PORT_SEVERAL ||
		    (p->pfp & PFP_LOCAL_PORT && remote != local))
			return false;
		key->ports = remote == PORT_ONE;
		key->remote_port = remote == PORT_ONE ? s->remote_port_min : 0;
	}
	return true;
}

bool within_key_of_selector(const struct within_policy *p,
			    const struct sadb_selector *s,
			    struct within_key *out)
{
	*out = key_of(p);
	if (p->pfp & PFP_LOCAL) {
		if (!addr_equal(&s->local_min, &s->local_max))
			return false;
		out->local = s->local_min;
	}
	if (p->pfp & PFP_REMOTE) {
		if (!addr_equal(&s->remote_min, &s->remote_max))
			return false;
		out->remote = s->remote_min;
	}
	if (p->pfp & PFP_PROTOCOL) {
		if (s->protocol == PROTO_ANY)
			return false;
		out->protocol = s->protocol;
	}
	return take_ports(p, s, out);
}

bool within_key_equal(const struct within_key *a, const struct within_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint32_t within_key_hash(const struct within_key *key)
{
	uint64_t word[sizeof(*key) / sizeof(uint64_t)], hash = 0;

	memcpy(word, key, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		hash = (hash ^ word[i]) * 0x9e3779b97f4a7c15U;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

/* --- the table --- */

#define BUCKETS (1U << 16)

/* Its key and its SA never change; next does, as others go. */
struct node {
	struct rcu_head rcu;
	struct within_key key;
	struct sa_ref ref;
	_Atomic(struct node *) next;
};

struct within {
	/* Written by the control thread, read by workers. */
	_Atomic(struct node *) bucket[BUCKETS];
};

struct within *within_new(void)
{
	return calloc(1, sizeof(struct within));
}

void within_free(struct within *t)
{
	for (uint32_t i = 0; t && i < BUCKETS; i++) {
		struct node *at = atomic_load(&t->bucket[i]), *next;

		for (; at; at = next) {
			next = atomic_load(&at->next);
			free(at);
		}
	}
	free(t);
}

static void release(struct rcu_head *head)
{
	quiescent_acquire();
	free(caa_container_of(head, struct node, rcu));
}

static _Atomic(struct node *) *bucket_of(struct within *t,
					 const struct within_key *key)
{
	return &t->bucket[within_key_hash(key) % BUCKETS];
}

/* What points at the first one of that key from there on; NULL: there is none. */
static _Atomic(struct node *) *find(_Atomic(struct node *) *from,
				    const struct within_key *key)
{
	struct node *at;

	while ((at = atomic_load_explicit(from, memory_order_relaxed))) {
		if (within_key_equal(&at->key, key))
			return from;
		from = &at->next;
	}
	return NULL;
}

/* Who reads it goes on behind it. */
static void unlink_at(_Atomic(struct node *) *from)
{
	struct node *gone = atomic_load(from);

	atomic_store_explicit(from, atomic_load(&gone->next),
			      memory_order_release);
	quiescent_defer(&gone->rcu, release);
}

/* In front of the one before, so that there is always one to be found. */
int within_put(struct within *t, const struct within_key *key, struct sa_ref ref)
{
	_Atomic(struct node *) *bucket = bucket_of(t, key), *before;
	struct node *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->key = *key;
	new->ref = ref;
	atomic_init(&new->next, atomic_load(bucket));
	atomic_store_explicit(bucket, new, memory_order_release);
	before = find(&new->next, key);
	if (before)
		unlink_at(before);
	return 0;
}

void within_take(struct within *t, const struct within_key *key,
		 struct sa_ref ref)
{
	_Atomic(struct node *) *at = find(bucket_of(t, key), key);
	const struct node *node = at ? atomic_load(at) : NULL;

	if (node && node->ref.id == ref.id && node->ref.gen == ref.gen)
		unlink_at(at);
}

struct sa_ref within_get(const struct within *t, const struct within_key *key)
{
	const struct node *at =
		atomic_load_explicit(&t->bucket[within_key_hash(key) % BUCKETS],
				     memory_order_acquire);

	while (at && !within_key_equal(&at->key, key))
		at = atomic_load_explicit(&at->next, memory_order_acquire);
	return at ? at->ref : (struct sa_ref){ 0 };
}
