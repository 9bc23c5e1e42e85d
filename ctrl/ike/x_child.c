// SPDX-License-Identifier: BSD-2-Clause
/*
 * CREATE_CHILD_SA of a CHILD SA (RFC 7296 sections 1.3.1, 1.3.3 and 2.8):
 *
 *     HDR, SK {[N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr}  -->
 *                                  <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *
 *     initiator: [KE,] GETSPI -> request; response -> [KE,] ADD in, ADD out,
 *                bind, and then DELETE of the old one
 *     responder: request -> [KE,] GETSPI, ADD in, ADD out -> response; bound
 *                when the peer is seen to use it, or deletes the old one
 *
 * Where both rekey the same one at once, each side has two new pairs; of these
 * the one with the lowest of the four nonces goes, and who made it deletes it
 * (section 2.8.1).
 */
#include <stdio.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/sa.h"

#define RETRY_NS     (10ULL * 1000000000ULL)
#define RESTARTS_MAX 3U

/* Section 2.8.1: octet by octet, the shorter one first. */
static int nonce_order(const struct nonce *a, const struct nonce *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->octets, b->octets, len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

const struct nonce *nonce_lower(const struct nonce *a, const struct nonce *b)
{
	return nonce_order(a, b) < 0 ? a : b;
}

bool nonce_is_lower(const struct nonce *a, const struct nonce *b)
{
	return nonce_order(a, b) < 0;
}

/* --- initiator */

void child_x_start(struct ike_sa *sa, struct child_sa *old,
		   const struct child_conf *conf)
{
	const struct ke_alg *ke = proposals_first_ke(&conf->proposals);
	struct exchange *x = &sa->ours;

	x->kind = EX_CHILD;
	x->old_spi_in = old ? old->spi_in : 0;
	x->child = child_new(conf);
	if (!x->child || !nonce_make(sa, &x->ni) ||
	    (ke && !ask_ke(sa, x, ke, slice_of(NULL, 0)))) {
		sa_close(sa, "out of memory");
		return;
	}
	if (!ke)
		child_getspi(sa, x);
}

static void send_request(struct ike_sa *sa, struct exchange *x)
{
	uint32_t old_be = htonl(x->old_spi_in);
	const struct ike_notify rekey = {
		.protocol = IKE_PROTO_ESP,
		.spi = slice_of(&old_be, sizeof(old_be)),
		.type = IKE_N_REKEY_SA,
	};
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, false, sa->next_ours);
	if (x->old_spi_in)
		ike_notify_put(&m, &rekey);
	child_offer_put(sa, x, &m);
	if (!request_send(sa, &m, false))
		sa_close(sa, "CREATE_CHILD_SA does not fit a message");
}

/* The old one stays as it is, and is tried again. */
static void try_later(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *old = child_by_spi_in(sa, x->old_spi_in);

	if (old)
		old->rekey_ns = sa->e->now_ns + RETRY_NS;
	exchange_end(sa, x);
	sa_next(sa);
}

static void other_method(struct ike_sa *sa, struct exchange *x,
			 struct slice data)
{
	const struct ke_alg *ke = NULL;
	uint16_t id;

	if (rd_u16(&data, &id))
		ke = proposals_find_ke(&x->child->conf->proposals, id);
	if (!ke || ++x->restarts > RESTARTS_MAX) {
		try_later(sa, x);
		return;
	}
	ke_free(x->ke);
	x->ke = NULL;
	if (!ask_ke(sa, x, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
}

static void refused(struct ike_sa *sa, struct exchange *x,
		    const struct ike_notify *n)
{
	const struct child_conf *conf = x->child->conf;
	struct child_sa *old = child_by_spi_in(sa, x->old_spi_in);

	switch (n->type) {
	case IKE_N_INVALID_KE_PAYLOAD:
		other_method(sa, x, n->data);
		return;
	case IKE_N_CHILD_SA_NOT_FOUND: /* section 2.25.1: a new one then */
		exchange_end(sa, x);
		if (!old || old->replaced) { /* by the peer meanwhile */
			sa_next(sa);
			return;
		}
		child_remove(sa, old, "the peer does not know it");
		child_x_start(sa, NULL, conf);
		return;
	case IKE_N_TEMPORARY_FAILURE:
		try_later(sa, x);
		return;
	default:
		child_refused(sa, x, n);
		try_later(sa, x);
	}
}

/* The peer's public value; false: not of the method that was chosen. */
static bool take_ke(const struct ike_payloads *p, const struct ke_alg *ke,
		    struct slice *out)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_KE);
	struct ike_ke value;

	if (!body || !ike_ke_parse(body->body, &value) || value.method != ke->id)
		return false;
	*out = value.data;
	return true;
}

void child_x_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	struct exchange *x = &sa->ours;
	struct slice peer = slice_of(NULL, 0);
	struct ike_notify n;

	if (ike_find_error(p, &n)) {
		refused(sa, x, &n);
		return;
	}
	if (!nonce) {
		try_later(sa, x);
		return;
	}
	nonce_take(&x->nr, nonce->body);
	child_take_answer(sa, x, p, true);
	if (!x->child || (x->chosen.ke && !take_ke(p, x->chosen.ke, &peer))) {
		try_later(sa, x);
		return;
	}
	if (x->chosen.ke) {
		if (!ask_ke(sa, x, x->chosen.ke, peer))
			sa_close(sa, "out of memory");
	} else if (!child_add(sa, x, SADB_IN)) {
		sa_close(sa, "keys could not be made");
	}
}

/* The lower nonce of the peer's rekeying of the same one, done or under way;
 * NULL: there is none. */
static const struct nonce *rival_nonce(const struct ike_sa *sa,
				       const struct exchange *x)
{
	const struct exchange *p = &sa->peers;

	if (x->rival_nonce.len)
		return &x->rival_nonce;
	if (p->kind == EX_CHILD && p->old_spi_in &&
	    p->old_spi_in == x->old_spi_in)
		return nonce_lower(&p->ni, &p->nr);
	return NULL;
}

/* Two new pairs in place of one: which of them goes? */
static void settle(struct ike_sa *sa, const struct exchange *x, uint32_t ours)
{
	const struct nonce *rival = rival_nonce(sa, x);
	struct child_sa *old = child_by_spi_in(sa, x->old_spi_in);
	struct child_sa *made = child_by_spi_in(sa, ours);

	if (rival && nonce_is_lower(nonce_lower(&x->ni, &x->nr), rival))
		made->state = CHILD_ST_DELETING;
	else if (old)
		old->state = CHILD_ST_DELETING;
}

static void initiator_done(struct ike_sa *sa, struct exchange *x)
{
	uint32_t made = x->child->spi_in;

	child_installed(sa, x, true);
	settle(sa, x, made);
	exchange_end(sa, x);
	sa_next(sa);
}

/* --- responder */

static void reply_error(struct ike_sa *sa, uint16_t type, struct slice data)
{
	reply_notify(sa, IKE_EXCH_CREATE_CHILD_SA, type, data);
}

static void reply_not_found(struct ike_sa *sa, const struct ike_notify *rekey)
{
	const struct ike_notify n = {
		.protocol = rekey->protocol,
		.spi = rekey->spi,
		.type = IKE_N_CHILD_SA_NOT_FOUND,
	};
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, true, sa->next_peers);
	ike_notify_put(&m, &n);
	if (!reply_send(sa, &m))
		sa_close(sa, "out of memory");
}

static void want_method(struct ike_sa *sa, const struct ke_alg *ke)
{
	uint8_t id[2] = { (uint8_t)(ke->id >> 8), (uint8_t)ke->id };

	reply_error(sa, IKE_N_INVALID_KE_PAYLOAD, slice_of(id, sizeof(id)));
}

static void accept_offer(struct ike_sa *sa, const struct ike_payloads *p,
			 const struct child_conf *conf,
			 const struct child_sa *old)
{
	struct exchange *x = &sa->peers;
	struct slice peer;

	x->kind = EX_CHILD;
	x->old_spi_in = old ? old->spi_in : 0;
	nonce_take(&x->ni, ike_find(p, IKE_PL_NONCE)->body);
	child_accept(sa, x, conf, p, true);
	if (!x->child) {
		reply_error(sa, x->child_error, slice_of(NULL, 0));
		return;
	}
	if (x->chosen.ke && !take_ke(p, x->chosen.ke, &peer)) {
		want_method(sa, x->chosen.ke);
		return;
	}
	if (!nonce_make(sa, &x->nr) ||
	    (x->chosen.ke && !ask_ke(sa, x, x->chosen.ke, peer)))
		sa_close(sa, "out of memory");
	else if (!x->chosen.ke)
		child_getspi(sa, x);
}

static bool offers_ike(const struct ike_payloads *p)
{
	struct slice body = ike_find(p, IKE_PL_SA)->body;
	struct ike_proposal first;

	return ike_proposal_next(&body, &first) &&
	       first.protocol == IKE_PROTO_IKE;
}

/* Is it one that our exchange has not yet put into the SAD? */
static bool makes(const struct exchange *ours, uint32_t spi_out)
{
	return ours->kind == EX_CHILD && ours->child &&
	       ours->child->spi_out == spi_out;
}

void create_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct child_conf *conf;
	struct child_sa *old = NULL;
	struct ike_notify rekey;
	bool rekeys = ike_find_notify(p, IKE_N_REKEY_SA, &rekey);
	uint32_t spi = 0;

	if (offers_ike(p)) {
		rekey_request(sa, p);
		return;
	}
	if (sa->ours.kind == EX_REKEY_IKE || sa->has_heir) {
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return;
	}
	if (rekeys) {
		struct slice s = rekey.spi;

		if (rd_u32(&s, &spi))
			old = child_claim(sa, spi);
		if (!old && makes(&sa->ours, spi)) {
			reply_error(sa, IKE_N_TEMPORARY_FAILURE,
				    slice_of(NULL, 0));
			return;
		}
		if (!old) {
			reply_not_found(sa, &rekey);
			return;
		}
	}
	if (old && old->state == CHILD_ST_DELETING) {
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return;
	}
	conf = old ? old->conf : child_choose(sa, p, true);
	if (conf)
		accept_offer(sa, p, conf, old);
	else
		reply_error(sa, IKE_N_NO_ADDITIONAL_SAS, slice_of(NULL, 0));
}

/* Ours for the same one is under way: remember theirs for settle(). */
static void note_rival(struct ike_sa *sa, const struct exchange *peers)
{
	struct child_sa *old = child_by_spi_in(sa, peers->old_spi_in);
	struct exchange *ours = &sa->ours;

	if (old)
		old->replaced = true;
	if (ours->kind != EX_CHILD || !ours->old_spi_in ||
	    ours->old_spi_in != peers->old_spi_in)
		return;
	ours->rival_nonce = *nonce_lower(&peers->ni, &peers->nr);
}

static void send_response(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, true, sa->next_peers);
	child_answer_put(x, &m);
	note_rival(sa, x);
	child_installed(sa, x, false);
	if (!reply_send(sa, &m))
		sa_close(sa, "CREATE_CHILD_SA does not fit a message");
}

/* --- both: answers to what was asked */

void child_x_ke(struct ike_sa *sa, struct exchange *x, const struct ke_job *job)
{
	bool ours = x == &sa->ours;

	if (job->err && ours)
		try_later(sa, x);
	else if (job->err)
		reply_error(sa, IKE_N_INVALID_SYNTAX, slice_of(NULL, 0));
	else if (ours && job->peer_len && !child_add(sa, x, SADB_IN))
		sa_close(sa, "keys could not be made");
	else if (ours && !job->peer_len && x->child->spi_in)
		send_request(sa, x); /* again, with another method */
	else if (!ours || !job->peer_len)
		child_getspi(sa, x);
}

static void no_sadb(struct ike_sa *sa, struct exchange *x)
{
	if (x == &sa->ours)
		try_later(sa, x);
	else
		reply_error(sa, IKE_N_NO_ADDITIONAL_SAS, slice_of(NULL, 0));
}

void child_x_sadb(struct ike_sa *sa, struct exchange *x,
		  const struct sadb_answer *a)
{
	bool ours = x == &sa->ours;
	bool ok = true;

	if (a->err) {
		no_sadb(sa, x);
		return;
	}
	switch (x->step) {
	case STEP_GETSPI:
		x->child->spi_in = a->id.spi;
		if (ours)
			send_request(sa, x);
		else
			ok = child_add(sa, x, SADB_IN);
		break;
	case STEP_ADD_IN:
		ok = child_add(sa, x, SADB_OUT);
		break;
	case STEP_ADD_OUT:
		if (ours)
			child_bind(sa, x);
		else
			send_response(sa, x);
		break;
	case STEP_BIND:
		initiator_done(sa, x);
		break;
	case STEP_RESPONSE:
	case STEP_KE:
	case STEP_AUTH_MAKE:
	case STEP_AUTH_CHECK:
		break;
	}
	if (!ok)
		sa_close(sa, "keys could not be made");
}
