// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs: chosen and narrowed, their keys made, armed in the SAD inbound
 * first, bound outbound last.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"

#define BIND_NS	 (5ULL * 1000000000ULL)
#define TRUST_NS (200ULL * 1000000000ULL) /* a peer sends again for so long */

struct child_sa *child_new(const struct child_conf *conf)
{
	struct child_sa *c = calloc(1, sizeof(*c));

	if (c)
		c->conf = conf;
	return c;
}

void child_free(struct child_sa *c)
{
	free(c);
}

void child_ts(const struct ike_sa *sa, const struct child_conf *conf,
	      struct ts_list *local, struct ts_list *remote)
{
	ts_from_conf(conf->local_ts, conf->n_local_ts, &sa->path.local, local);
	ts_from_conf(conf->remote_ts, conf->n_remote_ts, &sa->path.remote,
		     remote);
}

struct child_sa *child_by_spi_in(const struct ike_sa *sa, uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && c->spi_in != spi)
		c = c->next;
	return spi ? c : NULL;
}

static struct child_sa *by_spi_out(const struct ike_sa *sa, uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && c->spi_out != spi)
		c = c->next;
	return c;
}

static void unlink_child(struct ike_sa *sa, const struct child_sa *c)
{
	struct child_sa **at = &sa->children;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
}

static bool same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->conn == b->conn && identity_equal(&a->peer_id, &b->peer_id);
}

struct child_sa *child_claim(struct ike_sa *sa, uint32_t spi_out)
{
	struct child_sa *c = by_spi_out(sa, spi_out);

	for (uint32_t i = 1; !c && i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (!other || !same_peer(other, sa))
			continue;
		c = by_spi_out(other, spi_out);
		if (!c)
			continue;
		unlink_child(other, c);
		c->next = sa->children;
		sa->children = c;
	}
	return c;
}

static struct sadb_id id_of(const struct ike_sa *sa, const struct child_sa *c,
			    enum sadb_dir dir)
{
	return (struct sadb_id){
		.daddr = dir == SADB_IN ? sa->path.local : sa->path.remote,
		.spi = dir == SADB_IN ? c->spi_in : c->spi_out,
		.dir = (uint8_t)dir,
	};
}

void child_getspi(struct ike_sa *sa, struct exchange *x)
{
	const struct sadb_request q = {
		.token = token_new(sa, x, STEP_GETSPI),
		.verb = SADB_GETSPI,
		.id = id_of(sa, x->child, SADB_IN),
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
	int n = ts_to_selectors(&c->local_ts, &c->remote_ts, out->selectors);

	out->n_selectors = n > 0 ? (uint8_t)n : 0;
	return n > 0;
}

static void describe(const struct ike_sa *sa, const struct exchange *x,
		     enum sadb_dir dir, struct sadb_sa *out)
{
	const struct ike_path *p = &sa->path;
	bool encap = sa->nat_local || sa->nat_remote || sa->conn->conf.encap;

	out->saddr = dir == SADB_IN ? p->remote : p->local;
	out->policy = x->child->conf->policy;
	out->ike_id = sa->id;
	out->encr = (uint16_t)x->chosen.encr->id;
	out->encr_key_bits = x->chosen.encr->key_bits;
	out->integ = (uint16_t)x->chosen.integ->id;
	out->esn = x->chosen.esn;
	out->replay_window = x->child->conf->replay_window;
	if (!encap)
		return;
	out->encap_sport = dir == SADB_IN ? p->remote_port : p->local_port;
	out->encap_dport = dir == SADB_IN ? p->local_port : p->remote_port;
}

bool child_add(struct ike_sa *sa, struct exchange *x, enum sadb_dir dir)
{
	struct sadb_request q = {
		.token = token_new(sa, x,
				   dir == SADB_IN ? STEP_ADD_IN : STEP_ADD_OUT),
		.verb = SADB_ADD,
		.id = id_of(sa, x->child, dir),
	};
	bool ours = x == &sa->ours;
	struct keymat m;

	describe(sa, x, dir, &q.sa);
	if (!put_selectors(&q.sa, x->child) ||
	    keymat_make(&sa->keys, &x->chosen, x->shared.len ? &x->shared : NULL,
			nonce_slice(&x->ni), nonce_slice(&x->nr), &m))
		return false;
	put_keys(&q.sa, &m, ours == (dir == SADB_OUT));
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
	keymat_wipe(&m);
	explicit_bzero(&q, sizeof(q));
	return true;
}

/* One policy has one outbound SA, whichever IKE SA it was made under. */
static void note_bound(struct ike_sa *sa, struct child_sa *c)
{
	for (uint32_t i = 1; i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (!other || !same_peer(other, sa))
			continue;
		for (struct child_sa *o = other->children; o; o = o->next)
			if (o->conf == c->conf)
				o->bound = false;
		if (other->ours.child && other->ours.child->conf == c->conf)
			other->ours.child->bound = false;
	}
	c->bound = true;
}

void child_bind(struct ike_sa *sa, struct exchange *x)
{
	const struct sadb_request q = {
		.token = token_new(sa, x, STEP_BIND),
		.verb = SADB_UPDATE,
		.id = id_of(sa, x->child, SADB_OUT),
	};

	note_bound(sa, x->child);
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

void child_rebind(struct ike_sa *sa, struct child_sa *c)
{
	const struct sadb_request q = {
		.verb = SADB_UPDATE,
		.id = id_of(sa, c, SADB_OUT),
	};

	c->bind_ns = 0;
	note_bound(sa, c);
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

void child_confirm(struct ike_sa *sa, struct child_sa *c)
{
	if (c->confirmed)
		return;
	c->confirmed = true;
	c->trust_ns = 0;
	if (c->state == CHILD_ST_INSTALLED)
		child_rebind(sa, c);
}

void child_installed(struct ike_sa *sa, struct exchange *x, bool confirmed)
{
	const struct child_conf *conf = x->child->conf;
	struct child_sa *c = x->child;

	x->child = NULL;
	c->state = CHILD_ST_INSTALLED;
	c->rekey_ns = sa_after(sa, conf->rekey_time, conf->rand_time);
	c->expire_ns = sa_after(sa, conf->life_time, 0);
	c->confirmed = confirmed;
	c->bind_ns = confirmed ? 0 : sa->e->now_ns + BIND_NS;
	c->trust_ns = confirmed ? 0 : sa->e->now_ns + TRUST_NS;
	c->next = sa->children;
	sa->children = c;
	sa_event(sa, IKE_EV_CHILD_UP, c, "");
}

/* Nobody waits for the answers. */
static void sadb_delete(const struct ike_sa *sa, const struct child_sa *c,
			enum sadb_dir dir)
{
	const struct sadb_request q = {
		.verb = SADB_DELETE,
		.id = id_of(sa, c, dir),
	};

	if (q.id.spi)
		sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

/* The newest of this IKE SA that may be bound; true in *bound: one is. */
static struct child_sa *best_of(const struct ike_sa *sa,
				const struct child_conf *conf, bool *bound)
{
	struct child_sa *best = NULL;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (c->conf != conf || c->state != CHILD_ST_INSTALLED)
			continue;
		*bound |= c->bound;
		if (!best && c->confirmed)
			best = c;
	}
	return best;
}

void child_bind_best(struct ike_sa *sa, const struct child_conf *conf)
{
	struct child_sa *best = NULL, *c;
	struct ike_sa *of = NULL;
	bool bound = false;

	for (uint32_t i = 1; i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (!other || !same_peer(other, sa))
			continue;
		c = best_of(other, conf, &bound);
		if (!c || (best && other != sa))
			continue;
		best = c;
		of = other;
	}
	if (best && !bound)
		child_rebind(of, best);
}

void child_retire(struct ike_sa *sa, struct child_sa *c)
{
	c->state = CHILD_ST_DELETING;
	c->bound = false;
	child_bind_best(sa, c->conf);
	if (!c->out_gone)
		sadb_delete(sa, c, SADB_OUT);
	c->out_gone = true;
}

void child_remove(struct ike_sa *sa, struct child_sa *c, const char *why)
{
	bool up = c->state != CHILD_ST_LARVAL;

	unlink_child(sa, c);
	child_retire(sa, c);
	sadb_delete(sa, c, SADB_IN);
	if (up)
		sa_event(sa, IKE_EV_CHILD_DOWN, c, why);
	child_free(c);
}

/* --- what both sides say about a child */

static void fail(struct ike_sa *sa, struct exchange *x, uint16_t error,
		 const char *text)
{
	x->child_error = error;
	sa_event(sa, IKE_EV_FAILED, x->child, text);
	if (x->child && x->child->spi_in) {
		struct child_sa *c = x->child;

		x->child = NULL;
		child_remove(sa, c, "");
		return;
	}
	child_free(x->child);
	x->child = NULL;
}

static void fail_proposal(struct ike_sa *sa, struct exchange *x,
			  const struct proposals *ours, struct slice body)
{
	char our[512], peer[512], text[1200];

	proposals_describe(ours, our, sizeof(our));
	sa_body_describe(body, peer, sizeof(peer));
	snprintf(text, sizeof(text),
		 "proposal mismatch (ESP): we have %s; the peer offers %s", our,
		 peer);
	fail(sa, x, IKE_N_NO_PROPOSAL_CHOSEN, text);
}

static void fail_ts(struct ike_sa *sa, struct exchange *x,
		    const struct ts_list *local, const struct ts_list *remote,
		    const struct ts_list *peer_local,
		    const struct ts_list *peer_remote)
{
	char a[256], b[256], c[256], d[256], text[1200];

	snprintf(text, sizeof(text),
		 "selector mismatch: we have %s === %s; the peer has %s === %s",
		 ts_str(local, a, sizeof(a)), ts_str(remote, b, sizeof(b)),
		 ts_str(peer_remote, c, sizeof(c)),
		 ts_str(peer_local, d, sizeof(d)));
	fail(sa, x, IKE_N_TS_UNACCEPTABLE, text);
}

static bool take_spi(struct exchange *x, struct slice spi)
{
	return rd_u32(&spi, &x->child->spi_out) && !spi.len &&
	       x->child->spi_out > 255; /* RFC 4303 section 2.1 */
}

/* A TS payload's selectors; none when there is no payload. */
static void read_ts(const struct ike_payloads *p, uint8_t type,
		    struct ts_list *out)
{
	const struct ike_payload *ts = ike_find(p, type);
	struct slice selectors;

	out->n = 0;
	if (ts && ike_ts_parse(ts->body, &selectors))
		ts_from_wire(selectors, out);
}

static bool fits(const struct ike_sa *sa, const struct child_conf *conf,
		 const struct ike_payloads *p, bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r, common;
	struct chosen chosen;

	if (!body || !proposals_choose(&conf->proposals, body->body, with_ke, 0,
				       &chosen))
		return false;
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	ts_narrow(&local, &ts_r, &common);
	if (!common.n)
		return false;
	ts_narrow(&remote, &ts_i, &common);
	return common.n > 0;
}

const struct child_conf *child_choose(const struct ike_sa *sa,
				      const struct ike_payloads *p, bool with_ke)
{
	const struct conn_conf *c = &sa->conn->conf;

	for (size_t i = 0; i < c->n_children; i++)
		if (fits(sa, &c->children[i], p, with_ke))
			return &c->children[i];
	return c->n_children ? &c->children[0] : NULL;
}

/* The method of a KE payload; 0: there is none. */
static uint16_t ke_method(const struct ike_payloads *p)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_KE);
	struct ike_ke ke;

	return body && ike_ke_parse(body->body, &ke) ? ke.method : 0;
}

void child_accept(struct ike_sa *sa, struct exchange *x,
		  const struct child_conf *conf, const struct ike_payloads *p,
		  bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r;

	x->child = child_new(conf);
	if (!x->child || !body) {
		x->child_error = IKE_N_NO_ADDITIONAL_SAS;
		return;
	}
	if (!proposals_choose(&conf->proposals, body->body, with_ke,
			      ke_method(p), &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, &conf->proposals, body->body);
		return;
	}
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	ts_narrow(&local, &ts_r, &x->child->local_ts);
	ts_narrow(&remote, &ts_i, &x->child->remote_ts);
	if (!x->child->local_ts.n || !x->child->remote_ts.n)
		fail_ts(sa, x, &local, &remote, &ts_i, &ts_r);
}

void child_take_answer(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p, bool with_ke)
{
	const struct child_conf *conf = x->child->conf;
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r;

	if (!body ||
	    !proposals_check(&conf->proposals, body->body, with_ke, &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, &conf->proposals,
			      body ? body->body : slice_of(NULL, 0));
		return;
	}
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	if (!ts_within(&ts_i, &local) || !ts_within(&ts_r, &remote)) {
		fail_ts(sa, x, &local, &remote, &ts_r, &ts_i);
		return;
	}
	x->child->local_ts = ts_i;
	x->child->remote_ts = ts_r;
}

/* SA, and in CREATE_CHILD_SA Ni or Nr and KE, then the selectors. */
static void put_around_sa(struct ike_builder *m, const struct exchange *x,
			  const struct nonce *n)
{
	if (x->kind != EX_CHILD)
		return;
	ike_nonce_put(m, nonce_slice(n));
	if (x->ke)
		ike_ke_put(m, x->ke_method, ke_public(x->ke));
}

void child_offer_put(struct ike_sa *sa, struct exchange *x,
		     struct ike_builder *m)
{
	uint32_t spi_be = htonl(x->child->spi_in);
	struct ts_list local, remote;

	child_ts(sa, x->child->conf, &local, &remote);
	proposals_put(m, &x->child->conf->proposals,
		      slice_of(&spi_be, sizeof(spi_be)), x->kind == EX_CHILD);
	put_around_sa(m, x, &x->ni);
	ike_ts_put(m, IKE_PL_TS_I, local.at, local.n);
	ike_ts_put(m, IKE_PL_TS_R, remote.at, remote.n);
}

void child_answer_put(const struct exchange *x, struct ike_builder *m)
{
	uint32_t spi_be = htonl(x->child->spi_in);

	chosen_put(m, &x->chosen, slice_of(&spi_be, sizeof(spi_be)));
	put_around_sa(m, x, &x->nr);
	ike_ts_put(m, IKE_PL_TS_I, x->child->remote_ts.at,
		   x->child->remote_ts.n);
	ike_ts_put(m, IKE_PL_TS_R, x->child->local_ts.at, x->child->local_ts.n);
}

/* The peer does not say what it has: ours is what there is to compare. */
void child_refused(struct ike_sa *sa, struct exchange *x,
		   const struct ike_notify *n)
{
	const struct child_conf *conf = x->child->conf;
	char a[512], b[512], text[1200];
	struct ts_list local, remote;

	child_ts(sa, conf, &local, &remote);
	if (n->type == IKE_N_NO_PROPOSAL_CHOSEN) {
		proposals_describe(&conf->proposals, a, sizeof(a));
		snprintf(text, sizeof(text),
			 "proposal mismatch (ESP): we have %s; the peer accepts none of it",
			 a);
	} else if (n->type == IKE_N_TS_UNACCEPTABLE) {
		snprintf(text, sizeof(text),
			 "selector mismatch: we have %s === %s; the peer accepts none of it",
			 ts_str(&local, a, sizeof(a)),
			 ts_str(&remote, b, sizeof(b)));
	} else {
		snprintf(text, sizeof(text), "the peer refuses the CHILD SA: %s",
			 ike_notify_name(n->type));
	}
	fail(sa, x, n->type, text);
}
