// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs in the SAD: their keys made, armed inbound first, bound outbound
 * last (child_bind.c), and out again. What the SAD did not take from us is not ours to DELETE:
 * under that SPI it may have another peer's. An SA keeps the name under which it
 * went in, wherever the peer moves afterwards.
 */
#include <errno.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/idle.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/record.h"
#include "ctrl/ike/view.h"

/* A peer whose reply was lost has no other keys than the old ones until ours is
 * sent again: nothing is gained by haste. */
#define BIND_NS RESENDS_NS

#define DYNAMIC_PORT_MIN 49152U

struct child_sa *child_by_spi_in(const struct ike_sa *sa, uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && c->spi_in != spi)
		c = c->next;
	return spi ? c : NULL;
}

bool child_is_named(const struct child_sa *c, const struct sadb_id *id)
{
	const struct sadb_id *own = id->dir == SADB_IN ? &c->in : &c->out;

	return id->spi && own->spi == id->spi &&
	       addr_equal(&own->daddr, &id->daddr);
}

/* ESP and AH have SPIs of their own (RFC 4301 section 4.1). */
static struct child_sa *by_spi_out(const struct ike_sa *sa, uint8_t protocol,
				   uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && (c->spi_out != spi || c->protocol != protocol))
		c = c->next;
	return c;
}

static void link_child(struct ike_sa *sa, struct child_sa *c)
{
	c->next = sa->children;
	sa->children = c;
	child_listed(sa, c);
}

static void unlink_child(struct ike_sa *sa, struct child_sa *c)
{
	struct child_sa **at = &sa->children;

	child_unlisted(c);
	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
}

bool child_same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->conn && b->conn &&
	       strcmp(a->conn->conf.name, b->conn->conf.name) == 0 &&
	       identity_equal(&a->local_id, &b->local_id) &&
	       identity_equal(&a->peer_id, &b->peer_id);
}

struct child_sa *child_find(struct ike_sa *sa, uint32_t spi_in,
			    struct ike_sa **owner)
{
	struct child_sa *c = child_by_spi_in(sa, spi_in), *o = NULL;

	while (!c && (o = child_of_spi(sa->e, spi_in, o)))
		if (child_same_peer(o->sa, sa))
			c = o;
	*owner = c ? c->sa : sa;
	if (c)
		sa_touch(*owner);
	return c;
}

struct child_sa *child_claim(struct ike_sa *sa, uint8_t protocol,
			     uint32_t spi_out)
{
	struct child_sa *c = by_spi_out(sa, protocol, spi_out);
	struct ike_sa *other = NULL;

	while (!c && (other = sa_of_peer(sa, other))) {
		if (!child_same_peer(other, sa))
			continue;
		c = by_spi_out(other, protocol, spi_out);
		if (!c)
			continue;
		sa_touch(other);
		unlink_child(other, c);
		link_child(sa, c);
	}
	return c;
}

/* --- in */

void child_getspi(struct ike_sa *sa, struct exchange *x)
{
	const struct sadb_request q = {
		.token = token_new(sa, x, STEP_GETSPI),
		.verb = SADB_GETSPI,
		.id = { .daddr = sa->path.local, .dir = SADB_IN },
	};

	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

static void put_key(const struct secret *key, uint8_t *out, uint16_t *len)
{
	memcpy(out, key->octets, key->len);
	*len = (uint16_t)key->len;
}

/* The initiator of the exchange sends with the first half (section 2.17). */
static void put_keys(struct sadb_sa *out, const struct keymat *m, bool first)
{
	put_key(first ? &m->encr_i : &m->encr_r, out->encr_key,
		&out->encr_key_len);
	put_key(first ? &m->integ_i : &m->integ_r, out->integ_key,
		&out->integ_key_len);
}

static bool put_selectors(struct sadb_sa *out, const struct child_sa *c)
{
	int n = child_selectors(c, out->selectors);

	out->n_selectors = n > 0 ? (uint8_t)n : 0;
	return n > 0;
}

/* Less something at random, so that not all are rekeyed at once. */
static uint64_t soft_volume(const struct ike_sa *sa, const struct volume_conf *v)
{
	uint64_t less = 0;

	if (!v->rekey)
		return 0;
	if (v->rand && sa->e->calls.random(sa->e->calls.ctx, &less, sizeof(less)))
		less %= v->rand < v->rekey ? v->rand : v->rekey;
	return v->rekey - less;
}

/* When it is to be rekeyed by time, we know ourselves. */
static void put_life(const struct ike_sa *sa, const struct child_conf *conf,
		     struct sadb_sa *out)
{
	out->soft = (struct sadb_limit){
		.bytes = soft_volume(sa, &conf->bytes),
		.pkts = soft_volume(sa, &conf->packets),
	};
	out->hard = (struct sadb_limit){
		.bytes = conf->bytes.life,
		.pkts = conf->packets.life,
		.time_s = conf->life_time,
	};
}

/* RFC 6335 section 6: so that the peer's NIC tells SAs apart by it. */
static uint16_t any_port(const struct ike_sa *sa, uint16_t otherwise)
{
	uint16_t random;

	if (!sa->e->calls.random(sa->e->calls.ctx, &random, sizeof(random)))
		return otherwise;
	return DYNAMIC_PORT_MIN | random;
}

/* Both ends see the same of NAT detection: so they encapsulate both or none. */
static void describe(const struct ike_sa *sa, const struct exchange *x,
		     enum sadb_dir dir, struct sadb_sa *out)
{
	const struct ike_path *p = &sa->path;

	out->saddr = dir == SADB_IN ? p->remote : p->local;
	out->policy = x->child->conf->policy;
	out->ike_id = sa->id;
	out->encr = (uint16_t)x->chosen.encr->id;
	out->encr_key_bits = x->chosen.encr->key_bits;
	out->integ = (uint16_t)x->chosen.integ->id;
	out->protocol = (uint8_t)x->chosen.protocol;
	out->mode = x->child->mode;
	out->esn = x->chosen.esn;
	out->replay_window = x->child->conf->replay_window;
	out->spread = x->child->conf->spread;
	out->fragment_after = x->child->conf->fragment_after;
	out->if_id = dir == SADB_IN ? x->child->conf->if_id_in
				    : x->child->conf->if_id_out;
	out->of_cpus = dir == SADB_OUT && x->child->of_cpus;
	out->cpu = dir == SADB_OUT ? x->child->cpu : 0;
	put_life(sa, x->child->conf, out);
	out->outer = x->child->conf->outer;
	if (x->no_tfc)
		out->outer.tfc_bytes = 0;
	out->stream = p->stream;
	if (p->stream)
		return;
	if (!sa->nat_local && !sa->nat_remote)
		return;
	out->keepalive = sa->nat_local;
	out->encap_sport = dir == SADB_IN ? p->remote_port : p->local_port;
	out->encap_dport = dir == SADB_IN ? p->local_port : p->remote_port;
	if (out->cpu && x->child->conf->per_cpu == PER_CPU_ENCAP)
		out->encap_sport = any_port(sa, out->encap_sport);
}

/* What is to be seen of it later. */
static void put_algs(const struct exchange *x, const struct sadb_sa *described)
{
	struct child_sa *c = x->child;

	c->encr = (uint16_t)x->chosen.encr->id;
	c->encr_key_bits = x->chosen.encr->key_bits;
	c->integ = (uint16_t)x->chosen.integ->id;
	c->ke = followup_first(x).len && x->chosen.ke
			? (uint16_t)x->chosen.ke->id
			: 0;
	if (c->ke)
		memcpy(c->addke, x->chosen.addke, sizeof(c->addke));
	c->esn = x->chosen.esn;
	c->encap = described->encap_dport;
	if (!c->stream)
		c->stream = described->stream;
}

bool child_add(struct ike_sa *sa, struct exchange *x, enum sadb_dir dir)
{
	struct child_sa *c = x->child;
	struct sadb_request q = {
		.token = token_new(sa, x,
				   dir == SADB_IN ? STEP_ADD_IN : STEP_ADD_OUT),
		.verb = SADB_ADD,
	};
	bool ours = x == &sa->ours;
	struct keymat m;

	c->out = (struct sadb_id){ .daddr = sa->path.remote,
				   .spi = c->spi_out,
				   .dir = SADB_OUT };
	q.id = dir == SADB_IN ? c->in : c->out;
	describe(sa, x, dir, &q.sa);
	put_algs(x, &q.sa);
	if (!put_selectors(&q.sa, c) ||
	    keymat_make(&sa->keys, &x->chosen, followup_first(x),
			followup_more(x), nonce_slice(&x->ni),
			nonce_slice(&x->nr), &m)) {
		x->token = 0;
		return false;
	}
	put_keys(&q.sa, &m, ours == (dir == SADB_OUT));
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
	keymat_wipe(&m);
	explicit_bzero(&q, sizeof(q));
	return true;
}

/*
 * One is there that a process left, which had the same exchange. To our own
 * request the peer's response is the same, and so are the keys: that SA is ours,
 * with the numbers that it has used, and never a second one with its keys. To a
 * peer's request we respond anew: what is left has other keys, and makes room.
 */
static int replace_out(struct ike_sa *sa, struct exchange *x, uint8_t verb)
{
	const struct sadb_request claim = {
		.token = token_new(sa, x, STEP_ADD_OUT),
		.verb = SADB_CLAIM,
		.id = x->child->out,
	};

	/* From the claim on it is deleted if the child comes to nothing. */
	x->child->has_out = verb == SADB_ADD;
	if (verb == SADB_ADD)
		sa->e->calls.sadb(sa->e->calls.ctx, &claim);
	else if (verb == SADB_CLAIM)
		post_delete(sa, &x->child->out, claim.token);
	else if (!child_add(sa, x, SADB_OUT))
		return -EIO;
	return -EINPROGRESS;
}

/* Has a child that we know of put it there? */
static bool is_ours(const struct engine *e, const struct sadb_id *out)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		for (const struct child_sa *c =
			     e->slots[i] ? e->slots[i]->children : NULL;
		     c; c = c->next)
			if (c->has_out && child_is_named(c, out))
				return true;
	return false;
}

static int added_out(struct ike_sa *sa, struct exchange *x,
		     const struct sadb_answer *a)
{
	bool is_left = a->err == -EEXIST && sa->e->took_over &&
		       !is_ours(sa->e, &x->child->out);

	if (a->verb == SADB_ADD && !is_left) {
		x->child->has_out = !a->err;
		return a->err;
	}
	if (a->verb == SADB_CLAIM && (a->err || x == &sa->ours)) {
		x->child->has_out = !a->err;
		return a->err;
	}
	return replace_out(sa, x, a->verb);
}

int child_answered(struct ike_sa *sa, struct exchange *x,
		   const struct sadb_answer *a)
{
	struct child_sa *c = x->child;

	if (!c)
		return a->err;
	if (x->step == STEP_ADD_OUT)
		return added_out(sa, x, a);
	/* Claimed; armed by whom we took over from, with the same keys. */
	if (x->step == STEP_ADD_IN && a->err == -EEXIST && sa->e->took_over)
		return 0;
	if (x->step == STEP_GETSPI && !a->err) {
		c->in = a->id;
		c->spi_in = a->id.spi;
		c->has_in = true;
		if (c->of_cpus && x != &sa->ours && !x->old_spi_in)
			cpus_assign(sa, c, a->workers);
	}
	return a->err;
}

/* --- installed */

void child_begin(struct ike_sa *sa, struct child_sa *c, uint32_t elder_spi_in,
		 bool confirmed)
{
	const struct child_conf *conf = c->conf;

	c->state = CHILD_ST_INSTALLED;
	c->up = true;
	if (!c->view_id)
		c->view_id = ++sa->e->views;
	c->installed_ns = sa->e->now_ns;
	view_changed(sa);
	c->rekey_ns = sa_after(sa, conf->rekey_time, conf->rand_time);
	c->expire_ns = sa_after(sa, conf->life_time, 0);
	idle_begin(sa, c);
	later_forget(sa->e, c->conn->conf.name, c->conf->name);
	c->confirmed = confirmed;
	c->bind_ns = confirmed ? 0 : sa->e->now_ns + BIND_NS;
	c->trust_ns = confirmed ? 0 : sa->e->now_ns + RESENDS_NS;
	sa_event_heir(sa, c, 0, elder_spi_in);
}

/* The one in whose place another one is now; it may have gone meanwhile. */
static uint32_t succeed(struct ike_sa *sa, uint32_t spi_in)
{
	struct ike_sa *owner;
	struct child_sa *elder = spi_in ? child_find(sa, spi_in, &owner) : NULL;

	if (!elder)
		return 0;
	elder->succeeded = true;
	sa_count(sa->e, sa, IKE_COUNT_CHILD_REKEY);
	return spi_in;
}

void child_installed(struct ike_sa *sa, struct exchange *x, bool confirmed)
{
	struct child_sa *c = x->child;

	x->child = NULL;
	link_child(sa, c);
	mobike_child_made(sa, c);
	child_begin(sa, c, succeed(sa, x->old_spi_in), confirmed);
	if (!confirmed && !child_other_is_bound(sa->e, c))
		child_rebind(sa, c);
}

/* --- what the data path tells */

/* Section 2.23: of a peer behind a NAT alone is it believed. */
static void follow(struct ike_sa *sa, const struct sadb_event *event)
{
	struct ike_path path = sa->path;

	if (sa->path.stream || !sa->nat_remote || sa->nat_local)
		return;
	path.remote = event->mapped_addr;
	path.remote_port = event->mapped_port;
	sa_move(sa, &path);
}

static struct child_sa *inbound(const struct engine *e, const struct sadb_id *id)
{
	struct child_sa *c = child_of_spi(e, id->spi, NULL);

	while (c && !child_is_named(c, id))
		c = child_of_spi(e, id->spi, c);
	return c;
}

static struct child_sa *outbound(const struct engine *e,
				 const struct sadb_id *id)
{
	struct child_sa *c = NULL;

	for (uint32_t i = 1; !c && i < e->n_slots; i++) {
		c = e->slots[i] ? e->slots[i]->children : NULL;
		while (c && !child_is_named(c, id))
			c = c->next;
	}
	return c;
}

/* What a peer sends for one CPU it may send from another port of its own, as
 * strongSwan does (`per_cpu_sas = encap`). */
static bool is_port_alone(const struct ike_sa *sa, const struct child_sa *c,
			  const struct sadb_event *event)
{
	return c->of_cpus && addr_equal(&event->mapped_addr, &sa->path.remote);
}

void child_told(struct engine *e, const struct sadb_event *event)
{
	struct child_sa *c = event->id.dir == SADB_IN ? inbound(e, &event->id)
						      : outbound(e, &event->id);
	struct ike_sa *sa;

	if (!c || c->state != CHILD_ST_INSTALLED)
		return;
	sa = c->sa;
	sa_touch(sa);
	if (event->verb == SADB_MAPPING && is_port_alone(sa, c, event))
		return;
	if (event->verb == SADB_MAPPING && sa->mobike) {
		mobike_mapped(sa, event);
		return;
	}
	if (event->verb == SADB_MAPPING)
		follow(sa, event);
	if (event->hard && event->cause != SADB_BY_NONE)
		c->expire_ns = e->now_ns;
	else
		c->rekey_ns = e->now_ns;
	sa_next(sa);
}

/* --- out */

/* Before the DELETE, so that the policy is never without an SA. */
static void switch_away(struct ike_sa *sa, struct child_sa *c)
{
	c->state = CHILD_ST_DELETING;
	child_clear_bound(c);
	child_bind_best(sa, c);
}

void child_retire(struct ike_sa *sa, struct child_sa *c)
{
	switch_away(sa, c);
	if (c->has_out)
		post_delete(sa, &c->out, 0);
	c->has_out = false;
}

bool child_drain(struct ike_sa *sa, struct exchange *x, struct child_sa *c)
{
	switch_away(sa, c);
	if (!c->has_out)
		return false;
	c->has_out = false;
	c->draining = true;
	post_delete(sa, &c->out, token_new(sa, x, STEP_DRAIN));
	return true;
}

/* What it has replaced is ours again to rekey: perhaps it had to go, of two that
 * were made at once, and the other was never there. */
static void bring_back(struct child_sa *c)
{
	struct ike_sa *sa = c->sa;

	child_set_replaced(sa->e, c, 0);
	c->succeeded = false;
	if (!c->rekey_ns && (c->conf->rekey_time || c->lost))
		c->rekey_ns = sa_after(sa, CHILD_RETRY_S, CHILD_RETRY_RAND_S);
	sa_touch(sa);
	view_changed(sa);
}

static void bring_back_all(const struct engine *e, uint32_t replaced_by)
{
	struct child_sa *c, *next;

	for (c = LIST_FIRST(&e->replaced); replaced_by && c; c = next) {
		next = LIST_NEXT(c, of_replaced);
		if (c->replaced_by == replaced_by)
			bring_back(c);
	}
}

void child_remove(struct ike_sa *sa, struct child_sa *c, const char *why)
{
	unlink_child(sa, c);
	cpus_gone(sa, c);
	bring_back_all(sa->e, c->spi_in);
	child_retire(sa, c);
	if (c->has_in)
		post_delete(sa, &c->in, 0);
	if (c->up)
		sa_event(sa, IKE_EV_CHILD_DOWN, c, why);
	if (c->view_id)
		view_child_gone(sa, c);
	record_child_gone(sa->e, c);
	child_free(c);
}

void child_undo(struct ike_sa *sa, struct exchange *x, const char *text)
{
	struct child_sa *c = x->child;

	sa_event(sa, IKE_EV_FAILED, c, text);
	x->child = NULL;
	if (!c->view_id)
		c->view_id = ++sa->e->views;
	child_retire(sa, c);
	link_child(sa, c);
}
