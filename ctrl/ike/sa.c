// SPDX-License-Identifier: BSD-2-Clause
/*
 * Life of IKE SAs. They stand in a table of slots; the SPI that we choose has
 * its slot in it, hidden by a random mask, so that every datagram finds its SA
 * without a search.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/sa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/fetching.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/fragment.h"
#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/ppk.h"
#include "ctrl/ike/proof.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/record.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/view.h"

#define SLOTS_MIN  16U
#define SLOTS_MAX  (1U << 20)
#define LINGER_MAX 1024U

/* What may be there of those who have not said who they are. */
#define REFUSED_NS    (15 * NS_PER_S)
#define REFUSED_MAX   256U /* lingering; well below LINGER_MAX */
#define STRANGERS_MAX 4096U

/* In so many seconds so many events are told of. */
#define TROUBLE_NS  (10 * NS_PER_S)
#define TROUBLE_MAX 20U

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
	if (o->len)
		explicit_bzero(o->ptr, o->len);
	free(o->ptr);
	*o = (struct octets){ .ptr = NULL };
}

static bool grow(struct engine *e)
{
	uint32_t n = e->n_slots ? 2 * e->n_slots : SLOTS_MIN;
	struct ike_sa **slots;
	uint32_t *free_slots;

	if (n > SLOTS_MAX)
		return false;
	free_slots = realloc(e->free_slots, n * sizeof(*free_slots));
	if (!free_slots)
		return false;
	e->free_slots = free_slots;
	if (heap_reserve(&e->due, n))
		return false;
	slots = realloc(e->slots, n * sizeof(*slots));
	if (!slots)
		return false;
	memset(slots + e->n_slots, 0, (n - e->n_slots) * sizeof(*slots));
	e->slots = slots;
	/* Slot 0 is nobody's: an id is never 0. */
	for (uint32_t i = n - 1; i >= (e->n_slots ? e->n_slots : 1); i--)
		free_slots[e->n_free++] = i;
	e->n_slots = n;
	return true;
}

static bool take_slot(struct engine *e, uint32_t *slot)
{
	if (!e->n_free && !grow(e))
		return false;
	*slot = e->free_slots[--e->n_free];
	return true;
}

static void give_slot(struct engine *e, uint32_t slot)
{
	e->slots[slot] = NULL;
	e->free_slots[e->n_free++] = slot;
}

static bool is_half_open(enum ike_state state)
{
	return state == IKE_ST_INIT || state == IKE_ST_AUTH;
}

static uint32_t mask_of(const struct ike_sa *sa)
{
	return (uint32_t)sa_spi_local(sa) ^ sa->id;
}

int sa_may_be_placed(struct engine *e, const struct ike_sa *sa)
{
	if (!sa->id || sa->id >= SLOTS_MAX || sa_by_id(e, sa->id) ||
	    (e->took_over && mask_of(sa) != e->spi_mask))
		return -EINVAL;
	while (sa->id >= e->n_slots)
		if (!grow(e))
			return -ENOMEM;
	e->n_free = 0; /* which ones are, is not known before sa_placed() */
	return 0;
}

void sa_place(struct engine *e, struct ike_sa *sa)
{
	sa->e = e;
	e->slots[sa->id] = sa;
	e->spi_mask = mask_of(sa);
	e->took_over = true;
	if (sa->view_id > e->views)
		e->views = sa->view_id;
	e->n_sas += sa->state != IKE_ST_DEAD;
	e->n_half_open += is_half_open(sa->state);
	e->n_lingering += sa->lingers;
	sa_touch(sa);
	view_changed(sa);
}

void sa_placed(struct engine *e)
{
	e->n_free = 0;
	for (uint32_t i = e->n_slots; i-- > 1;)
		if (!e->slots[i])
			e->free_slots[e->n_free++] = i;
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
	sa->view_id = ++e->views;
	sa->initiator = initiator;
	sa->path = sa->asked_by = *path;
	sa->begun_ns = e->now_ns;
	if (!initiator)
		sa->half_open_ns =
			e->now_ns + e->options.half_open_timeout * NS_PER_S;
	if (!choose_spi(sa)) {
		give_slot(e, slot);
		free(sa);
		return NULL;
	}
	e->slots[slot] = sa;
	sa_touch(sa);
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

/* --- peers that have said who they are */

static struct ike_list *peers_of(const struct engine *e, uint64_t hash)
{
	return (struct ike_list *)&e->by_peer[hash % PEER_BUCKETS];
}

void sa_unlist_peer(struct ike_sa *sa)
{
	if (sa->of_peer.le_prev)
		LIST_REMOVE(sa, of_peer);
	sa->of_peer.le_prev = NULL;
}

void sa_list_peer(struct ike_sa *sa)
{
	bool is_listed = sa->of_peer.le_prev;
	uint64_t hash = identity_hash(&sa->peer_id);

	if (is_listed && sa->peer_hash == hash)
		return;
	sa_unlist_peer(sa);
	if (!sa->peer_id.type)
		return;
	sa->peer_hash = hash;
	LIST_INSERT_HEAD(peers_of(sa->e, hash), sa, of_peer);
}

struct ike_sa *sa_of_peer(const struct ike_sa *sa, const struct ike_sa *after)
{
	uint64_t hash = identity_hash(&sa->peer_id);
	struct ike_sa *other = after ? LIST_NEXT(after, of_peer)
				     : LIST_FIRST(peers_of(sa->e, hash));

	while (other && (other == sa || other->peer_hash != hash))
		other = LIST_NEXT(other, of_peer);
	return other;
}

/* --- strangers */

static uint32_t bucket_of(const struct engine *e, const struct addr *remote)
{
	struct slice rest = slice_of(remote->octets, sizeof(remote->octets));
	uint64_t part, h = e->stranger_key;

	while (rd_u64(&rest, &part)) {
		h = (h ^ part) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return (uint32_t)(h % STRANGER_BUCKETS);
}

struct ike_sa *sa_by_first(const struct engine *e, const struct ike_path *path,
			   struct slice message)
{
	struct ike_sa *sa = e->strangers[bucket_of(e, &path->remote)];

	while (sa && (sa->first_i.len != message.len ||
		      !addr_equal(&sa->stranger_addr, &path->remote) ||
		      memcmp(sa->first_i.ptr, message.ptr, message.len) != 0))
		sa = sa->next_stranger;
	return sa;
}

unsigned int sa_strangers_at(const struct engine *e, const struct addr *remote)
{
	const struct ike_sa *sa = e->strangers[bucket_of(e, remote)];
	unsigned int n = 0;

	for (; sa; sa = sa->next_stranger)
		n += addr_equal(&sa->stranger_addr, remote);
	return n;
}

static bool is_below(unsigned int n, uint32_t limit)
{
	return !limit || n < limit;
}

bool sa_may_come(const struct engine *e, const struct addr *remote)
{
	const struct ike_options *o = &e->options;

	return !o->initiator_only &&
	       is_below(sa_strangers_at(e, remote), o->block_threshold) &&
	       is_below(e->n_strangers, o->init_limit_half_open) &&
	       is_below(e->n_sas, o->ikesa_limit) &&
	       e->n_strangers < STRANGERS_MAX && e->n_sas < IKE_SAS_MAX;
}

void sa_set_stranger(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	struct ike_sa **first = &e->strangers[bucket_of(e, &sa->path.remote)];

	sa->is_stranger = true;
	sa->stranger_addr = sa->path.remote;
	sa->next_stranger = *first;
	*first = sa;
	e->n_strangers++;
}

static void forget_stranger(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	struct ike_sa **at = &e->strangers[bucket_of(e, &sa->stranger_addr)];

	if (!sa->is_stranger)
		return;
	while (*at != sa)
		at = &(*at)->next_stranger;
	*at = sa->next_stranger;
	sa->is_stranger = false;
	e->n_strangers--;
}

static bool trouble_is_recent(const struct engine *e)
{
	return e->now_ns - e->trouble_since_ns < TROUBLE_NS;
}

bool engine_note_trouble(struct engine *e)
{
	if (!trouble_is_recent(e)) {
		e->trouble_since_ns = e->now_ns;
		e->n_trouble = 0;
	}
	return e->n_trouble++ < TROUBLE_MAX;
}

bool engine_is_in_trouble(const struct engine *e)
{
	return trouble_is_recent(e) && e->n_trouble >= TROUBLE_MAX;
}

/* --- states */

void sa_set_state(struct ike_sa *sa, enum ike_state state)
{
	bool before = is_half_open(sa->state), after = is_half_open(state);

	if (before && !after) {
		sa->e->n_half_open--;
		forget_stranger(sa);
	}
	sa->state = state;
	if (state == IKE_ST_ESTABLISHED)
		sa->established_ns = sa->e->now_ns;
	sa_touch(sa);
	view_changed(sa);
}

uint64_t sa_after(struct ike_sa *sa, uint32_t s, uint32_t rand_s)
{
	uint32_t less = 0;

	if (!s)
		return 0;
	if (rand_s && sa->e->calls.random(sa->e->calls.ctx, &less, sizeof(less)))
		less %= rand_s < s ? rand_s : s;
	return sa->e->now_ns + (s - less) * NS_PER_S;
}

void sa_start_life(struct ike_sa *sa)
{
	const struct conn_conf *c = &sa->conn->conf;

	sa->heard_ns = sa->e->now_ns;
	sa->rekey_ns = sa_after(sa, c->rekey_time, c->rand_time);
	sa->expire_ns = c->rekey_time
				? sa_after(sa, c->rekey_time + c->over_time, 0)
				: 0;
	reauth_by(sa, sa->reauth_ns); /* as the peer said */
	reauth_as_configured(sa);
}

void sa_handshake_done(struct ike_sa *sa)
{
	octets_free(&sa->first_i);
	octets_free(&sa->first_r);
	octets_free(&sa->cookie);
	ppk_free(sa);
	proof_free(sa);
	intermediate_free(sa);
	nonce_free(&sa->ni);
	nonce_free(&sa->nr);
	ticket_free(sa->by_ticket);
	sa->by_ticket = NULL;
	sa->half_open_ns = 0;
}

void exchange_end(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;
	struct ike_sa *heir = x->heir;

	view_changed(sa);
	x->child = NULL;
	x->heir = NULL;
	if (c)
		child_remove(sa, c, "");
	if (heir)
		sa_close(heir, "");
	if (x == &sa->ours) {
		octets_free(&sa->request);
		octets_free(&sa->frozen);
	}
	ke_free(x->ke);
	followup_free(x->followup);
	nonce_free(&x->ni);
	nonce_free(&x->nr);
	nonce_free(&x->rival_nonce);
	explicit_bzero(x, sizeof(*x)); /* EX_NONE */
}

static void sa_free(struct ike_sa *sa)
{
	sa_handshake_done(sa);
	octets_free(&sa->reply);
	free(sa->peer_addrs);
	free(sa->redirect_to);
	ticketing_free(sa->ticketing);
	proven_forget(sa);
	fragments_drop(sa);
	free(sa->early);
	if (sa->has_keys)
		keys_fini(&sa->keys);
	conn_drop(sa->conn);
	explicit_bzero(sa, sizeof(*sa));
	free(sa);
}

static bool is_up(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED || sa->state == IKE_ST_DELETING;
}

/* Children leave the SAD, and an event says why. */
static void retire(struct ike_sa *sa, const char *why)
{
	bool up = is_up(sa), stranger = sa->is_stranger;

	fetching_end(sa);
	later_refused(sa);
	redirect_failed(sa);
	rekey_concede(sa);
	exchange_end(sa, &sa->ours);
	exchange_end(sa, &sa->peers);
	followup_forget(sa);
	rounds_free(sa);
	while (sa->children)
		child_remove(sa, sa->children, why);
	wishes_fail(sa, why);
	cp_end(sa);
	sa_set_state(sa, IKE_ST_DEAD);
	if (*why && !sa->failed && (!stranger || engine_note_trouble(sa->e)))
		sa_event(sa, up ? IKE_EV_IKE_DOWN : IKE_EV_FAILED, NULL, why);
	sa->resend_ns = sa->half_open_ns = sa->drop_ns = 0;
	sa->e->n_sas--;
}

void sa_bury(struct ike_sa *sa)
{
	if (sa->lingers)
		sa->e->n_lingering--;
	sa->lingers = false;
	sa_untime(sa);
	sa_unlist_peer(sa);
	give_slot(sa->e, sa->id);
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
	struct engine *e = sa->e;
	bool up = is_up(sa);

	if (sa->state == IKE_ST_DEAD)
		return;
	if (e->n_lingering >= (up ? LINGER_MAX : REFUSED_MAX)) {
		sa_close(sa, why);
		return;
	}
	retire(sa, why);
	sa->lingers = true;
	e->n_lingering++;
	sa->drop_ns = e->now_ns + (up ? RESENDS_NS : REFUSED_NS);
}

void sa_reap(struct engine *e)
{
	view_flush(e);
	record_flush(e);
	post_flush(e);
	sa_retime_touched(e);
	while (e->dead) {
		struct ike_sa *sa = e->dead;

		e->dead = sa->next_dead;
		stream_unlist(sa);
		sa_free(sa);
	}
}
