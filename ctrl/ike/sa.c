// SPDX-License-Identifier: BSD-2-Clause
/*
 * Life of IKE SAs. They stand in a table of slots; the SPI that we choose has
 * its slot in it, hidden by a random mask, so that every datagram finds its SA
 * without a search.
 */
#include "ctrl/ike/sa.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"

#define SLOTS_MIN    16U
#define SLOTS_MAX    (1U << 20)
#define HALF_OPEN_NS (30ULL * 1000000000ULL)
#define LINGER_NS    (200ULL * 1000000000ULL) /* as a peer sends again */

bool octets_set(struct octets *o, struct slice s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);

	if (!copy)
		return false;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	octets_free(o);
	*o = (struct octets){ .ptr = copy, .len = s.len };
	return true;
}

void octets_free(struct octets *o)
{
	free(o->ptr);
	*o = (struct octets){ .ptr = NULL };
}

struct conn *conn_hold(struct conn *c)
{
	c->refs++;
	return c;
}

void conn_drop(struct conn *c)
{
	if (!c || --c->refs)
		return;
	conn_fini(&c->conf);
	free(c);
}

static bool addrs_match(const struct conn_addr *addrs, size_t n,
			const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addrs[i].any || prefix_contains(&addrs[i].net, a))
			return true;
	return n == 0;
}

static bool id_matches(const struct identity *wanted, const struct identity *id)
{
	return !id || identity_match(wanted, id);
}

struct conn *conn_find(struct engine *e, const struct ike_path *path,
		       const struct identity *peer, const struct identity *me)
{
	for (struct conn *c = e->conns; c; c = c->next) {
		const struct conn_conf *f = &c->conf;

		if (addrs_match(f->local_addrs, f->n_local_addrs, &path->local) &&
		    addrs_match(f->remote_addrs, f->n_remote_addrs,
				&path->remote) &&
		    id_matches(&f->remote_id, peer) &&
		    id_matches(&f->local_id, me))
			return c;
	}
	return NULL;
}

static bool grow(struct engine *e)
{
	uint32_t n = e->n_slots ? 2 * e->n_slots : SLOTS_MIN;
	struct ike_sa **slots;

	if (n > SLOTS_MAX)
		return false;
	slots = realloc(e->slots, n * sizeof(*slots));
	if (!slots)
		return false;
	memset(slots + e->n_slots, 0, (n - e->n_slots) * sizeof(*slots));
	e->slots = slots;
	e->n_slots = n;
	return true;
}

/* Slot 0 stays free: an id is never 0. */
static bool take_slot(struct engine *e, uint32_t *slot)
{
	if (e->n_sas + 1 >= e->n_slots && !grow(e))
		return false;
	for (*slot = 1; *slot < e->n_slots; (*slot)++)
		if (!e->slots[*slot])
			return true;
	return false;
}

static bool choose_spi(struct ike_sa *sa)
{
	uint32_t high;
	uint64_t spi;

	if (!sa->e->calls.random(sa->e->calls.ctx, &high, sizeof(high)))
		return false;
	spi = (uint64_t)(high | 1) << 32 | (sa->id ^ sa->e->spi_mask);
	if (sa->initiator)
		sa->spi_i = spi;
	else
		sa->spi_r = spi;
	return true;
}

struct ike_sa *sa_new(struct engine *e, bool initiator,
		      const struct ike_path *path)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));
	uint32_t slot;

	if (!sa || !take_slot(e, &slot)) {
		free(sa);
		return NULL;
	}
	sa->e = e;
	sa->id = slot;
	sa->state = IKE_ST_INIT;
	sa->initiator = initiator;
	sa->path = *path;
	if (!initiator)
		sa->half_open_ns = e->now_ns + HALF_OPEN_NS;
	if (!choose_spi(sa)) {
		free(sa);
		return NULL;
	}
	e->slots[slot] = sa;
	e->n_sas++;
	e->n_half_open++;
	return sa;
}

uint64_t sa_spi_local(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

struct ike_sa *sa_by_id(const struct engine *e, uint32_t id)
{
	return id < e->n_slots ? e->slots[id] : NULL;
}

struct ike_sa *sa_by_spi(const struct engine *e, uint64_t spi_local)
{
	struct ike_sa *sa = sa_by_id(e, (uint32_t)spi_local ^ e->spi_mask);

	return sa && sa_spi_local(sa) == spi_local ? sa : NULL;
}

struct ike_sa *sa_by_first(const struct engine *e, const struct ike_path *path,
			   struct slice message)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (sa && !sa->initiator && sa->first_i.len == message.len &&
		    addr_equal(&sa->path.remote, &path->remote) &&
		    memcmp(sa->first_i.ptr, message.ptr, message.len) == 0)
			return sa;
	}
	return NULL;
}

static bool is_half_open(enum ike_state state)
{
	return state == IKE_ST_INIT || state == IKE_ST_AUTH;
}

void sa_set_state(struct ike_sa *sa, enum ike_state state)
{
	bool before = is_half_open(sa->state), after = is_half_open(state);

	if (before && !after)
		sa->e->n_half_open--;
	sa->state = state;
}

void sa_event(const struct ike_sa *sa, enum ike_event_kind kind,
	      const struct child_sa *child, const char *text)
{
	const struct ike_event event = {
		.kind = kind,
		.conn = sa->conn ? sa->conn->conf.name : "",
		.child = child ? child->conf->name : "",
		.ike_id = sa->id,
		.path = sa->path,
		.spi_in = child ? child->spi_in : 0,
		.spi_out = child ? child->spi_out : 0,
		.text = text,
	};

	sa->e->calls.event(sa->e->calls.ctx, &event);
}

uint64_t sa_after(struct ike_sa *sa, uint32_t s, uint32_t rand_s)
{
	uint32_t less = 0;

	if (!s)
		return 0;
	if (rand_s && sa->e->calls.random(sa->e->calls.ctx, &less, sizeof(less)))
		less %= rand_s < s ? rand_s : s;
	return sa->e->now_ns + (uint64_t)(s - less) * 1000000000ULL;
}

void sa_start_life(struct ike_sa *sa)
{
	const struct conn_conf *c = &sa->conn->conf;

	sa->heard_ns = sa->e->now_ns;
	sa->rekey_ns = sa_after(sa, c->rekey_time, c->rand_time);
	sa->expire_ns = c->rekey_time
				? sa_after(sa, c->rekey_time + c->over_time, 0)
				: 0;
}

void sa_handshake_done(struct ike_sa *sa)
{
	octets_free(&sa->first_i);
	octets_free(&sa->first_r);
	octets_free(&sa->cookie);
	sa->half_open_ns = 0;
}

void exchange_end(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;
	struct ike_sa *heir = x->heir;

	x->child = NULL;
	x->heir = NULL;
	if (c)
		child_remove(sa, c, "");
	if (heir)
		sa_close(heir, "");
	ke_free(x->ke);
	explicit_bzero(x, sizeof(*x)); /* EX_NONE */
}

static void sa_free(struct ike_sa *sa)
{
	sa_handshake_done(sa);
	octets_free(&sa->request);
	octets_free(&sa->reply);
	if (sa->has_keys)
		keys_fini(&sa->keys);
	conn_drop(sa->conn);
	explicit_bzero(sa, sizeof(*sa));
	free(sa);
}

/* Children leave the SAD, and an event says why. */
static void retire(struct ike_sa *sa, const char *why)
{
	bool up =
		sa->state == IKE_ST_ESTABLISHED || sa->state == IKE_ST_DELETING;

	rekey_concede(sa);
	exchange_end(sa, &sa->ours);
	exchange_end(sa, &sa->peers);
	while (sa->children)
		child_remove(sa, sa->children, why);
	sa_set_state(sa, IKE_ST_DEAD);
	if (*why)
		sa_event(sa, up ? IKE_EV_IKE_DOWN : IKE_EV_FAILED, NULL, why);
	sa->resend_ns = sa->half_open_ns = sa->drop_ns = 0;
	sa->e->n_sas--;
}

void sa_bury(struct ike_sa *sa)
{
	sa->e->slots[sa->id] = NULL;
	sa->next_dead = sa->e->dead;
	sa->e->dead = sa;
}

void sa_close(struct ike_sa *sa, const char *why)
{
	if (sa->state == IKE_ST_DEAD)
		return;
	retire(sa, why);
	sa_bury(sa);
}

void sa_linger(struct ike_sa *sa, const char *why)
{
	if (sa->state == IKE_ST_DEAD)
		return;
	retire(sa, why);
	sa->drop_ns = sa->e->now_ns + LINGER_NS;
}

void sa_reap(struct engine *e)
{
	while (e->dead) {
		struct ike_sa *sa = e->dead;

		e->dead = sa->next_dead;
		sa_free(sa);
	}
}
