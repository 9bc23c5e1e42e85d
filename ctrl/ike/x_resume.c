// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_SESSION_RESUME (RFC 5723 section 4.3): in place of IKE_SA_INIT, for who has a
 * ticket.
 *
 *     HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE)  -->
 *                                        <--  HDR, Nr
 *
 * or N(TICKET_NACK): then, and whatever else goes wrong, IKE_SA_INIT follows, for
 * nothing that is said here is authenticated. There is no key exchange: keys come
 * from SK_d of the old IKE SA and the nonces (section 5.1). IKE_AUTH follows (x_auth.c),
 * where SK_p stands in place of a pre-shared key.
 *
 *     initiator: request; response -> keys
 *     responder: request -> the ticket is opened -> response
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/nat.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/ticket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_keys(struct ike_sa *sa, struct slice skeyseed)
{
	const struct keys_input in = {
		.chosen = &sa->suite,
		.ni = nonce_slice(&sa->ni),
		.nr = nonce_slice(&sa->nr),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.initiator = sa->initiator,
	};
	int err = keys_resume(&in, skeyseed, &sa->keys);

	sa->has_keys = !err;
	return err;
}

/* --- initiator */

void resume_send(struct ike_sa *sa)
{
	const struct ike_notify cookie = {
		.type = IKE_N_COOKIE,
		.data = slice_of(sa->cookie.ptr, sa->cookie.len),
	};
	const struct octets *ticket = &sa->by_ticket->octets;
	const struct ike_notify opaque = {
		.type = IKE_N_TICKET_OPAQUE,
		.data = slice_of(ticket->ptr, ticket->len),
	};
	struct ike_builder m;

	sa->next_ours = 0;
	message_begin(sa, &m, IKE_EXCH_IKE_SESSION_RESUME, false, 0);
	if (sa->cookie.len)
		ike_notify_put(&m, &cookie);
	ike_nonce_put(&m, nonce_slice(&sa->ni));
	ike_notify_put(&m, &opaque);
	init_put_extras(sa, &m);
	if (!request_send(sa, &m, true))
		resume_in_full(sa);
}

bool resume_start(struct ike_sa *sa)
{
	sa->by_ticket = ticket_for(sa);
	if (!sa->by_ticket)
		return false;
	sa->ours.kind = EX_RESUME;
	if (nonce_make(sa, &sa->ni))
		resume_send(sa);
	else
		resume_in_full(sa);
	return true;
}

void resume_in_full(struct ike_sa *sa)
{
	ticket_free(sa->by_ticket);
	sa->by_ticket = NULL;
	proven_forget(sa);
	sa->uses_ppk = false;
	sa->resend_ns = 0;
	sa->spi_r = 0;
	octets_free(&sa->cookie);
	exchange_end(sa, &sa->ours);
	if (!init_start(sa))
		sa_close(sa, "out of memory");
}

static int keys_of_ticket(struct ike_sa *sa)
{
	const struct prf_alg *prf = sa->by_ticket->suite.prf;
	uint8_t skeyseed[PRF_MAX_BYTES];
	int err = -EIO;

	sa->suite = sa->by_ticket->suite;
	sa->uses_ppk = sa->by_ticket->uses_ppk;
	if (keys_resumption_seed(
		    prf, slice_of(sa->by_ticket->sk_d, prf->out_bytes),
		    nonce_slice(&sa->ni), nonce_slice(&sa->nr), skeyseed))
		err = make_keys(sa, slice_of(skeyseed, prf->out_bytes));
	explicit_bzero(skeyseed, sizeof(skeyseed));
	return err;
}

void resume_response(struct ike_sa *sa, const struct ike_header *h,
		     const struct ike_payloads *p, struct slice message)
{
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	struct ike_notify n;

	if (redirect_init(sa, p))
		return;
	if (ike_find_notify(p, IKE_N_COOKIE, &n)) {
		init_with_cookie(sa, n.data);
		return;
	}
	if (ike_find_notify(p, IKE_N_TICKET_NACK, &n) || ike_find_error(p, &n)) {
		resume_in_full(sa);
		return;
	}
	if (!h->spi_r || !nonce || message.len > KEYSTORE_MESSAGE_MAX)
		return; /* no answer at all */
	sa->spi_r = h->spi_r;
	init_take_extras(sa, h, p);
	sa->resend_ns = 0;
	if (!nonce_take(&sa->nr, nonce->body) ||
	    !octets_set(&sa->first_r, message) || keys_of_ticket(sa)) {
		resume_in_full(sa);
		return;
	}
	if (!proven_set(sa, &sa->by_ticket->proven)) {
		resume_in_full(sa);
		return;
	}
	reauth_by(sa, sa->by_ticket->auth_ns);
	sa_set_state(sa, IKE_ST_AUTH);
	exchange_end(sa, &sa->ours);
	auth_start(sa);
}

/* --- responder */

/* Nothing stays of it: who is refused begins with IKE_SA_INIT. */
static void refuse(struct engine *e, const struct ike_path *path, uint64_t spi_i)
{
	const struct ike_header h = {
		.spi_i = spi_i,
		.exchange = IKE_EXCH_IKE_SESSION_RESUME,
	};

	notify_unprotected(e, path, &h, IKE_N_TICKET_NACK, slice_of(NULL, 0));
}

static void refuse_sa(struct ike_sa *sa)
{
	refuse(sa->e, &sa->path, sa->spi_i);
	sa_close(sa, "");
}

static void ask_open(struct ike_sa *sa, struct exchange *x, struct slice ticket)
{
	struct ticket_request q = {
		.token = token_new(sa, x, STEP_TICKET),
		.op = TICKET_OPEN,
		.ticket_len = (uint16_t)ticket.len,
		.ni_len = (uint16_t)sa->ni.len,
		.nr_len = (uint16_t)sa->nr.len,
	};

	memcpy(q.ticket, ticket.ptr, ticket.len);
	memcpy(q.ni, sa->ni.octets, sa->ni.len);
	memcpy(q.nr, sa->nr.octets, sa->nr.len);
	sa->e->calls.ticket(sa->e->calls.ctx, &q);
}

void resume_request(struct engine *e, const struct ike_path *path,
		    const struct ike_header *h, const struct ike_payloads *p,
		    struct slice message)
{
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	struct ike_notify n;
	struct ike_sa *sa;

	if (!ike_find_notify(p, IKE_N_TICKET_OPAQUE, &n))
		return;
	if (!e->calls.ticket || n.data.len > TICKET_MAX ||
	    message.len > KEYSTORE_MESSAGE_MAX) {
		refuse(e, path, h->spi_i);
		return;
	}
	sa = sa_may_come(e, &path->remote) ? sa_new(e, false, path) : NULL;
	if (!sa)
		return;
	sa->spi_i = h->spi_i;
	sa_set_stranger(sa);
	sa->peers.kind = EX_RESUME;
	nat_detect(sa, h, p);
	redirect_take(sa, p);
	sa->fragments = ike_find_notify(p, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED,
					&(struct ike_notify){ .type = 0 });
	if (!nonce_take(&sa->ni, nonce->body) || !nonce_make(sa, &sa->nr) ||
	    !octets_set(&sa->first_i, message))
		sa_close(sa, "out of memory");
	else
		ask_open(sa, &sa->peers, n.data);
}

static bool suite_of(const struct ticket_state *s, struct chosen *out)
{
	*out = (struct chosen){
		.protocol = IKE_PROTO_IKE,
		.encr = encr_by_id(s->encr, s->encr_bits),
		.integ = integ_by_id(s->integ),
		.prf = prf_by_id(s->prf),
		.ke = ke_by_id(s->ke),
	};
	memcpy(out->addke, s->addke, sizeof(out->addke));
	return out->encr && out->integ && out->prf && out->ke;
}

/* Whom it is for must still be known here, by a connection that would agree to it
 * all; else it is settled in full. */
static bool take_state(struct ike_sa *sa, const struct ticket_answer *a)
{
	const struct ticket_state *s = &a->state;
	struct ticket *t = calloc(1, sizeof(*t));

	if (!t)
		return false;
	sa->by_ticket = t;
	t->local_id = s->local;
	t->peer_id = s->remote;
	t->id = a->id;
	t->auth_ns = s->auth_s ? sa->e->now_ns + s->auth_s * NS_PER_S : 0;
	sa->peer_id = t->peer_id;
	sa->uses_ppk = s->uses_ppk;
	if (!suite_of(s, &sa->suite))
		return false;
	sa->conn = conn_for_peer(sa, &t->local_id);
	if (!sa->conn)
		return false;
	conn_hold(sa->conn);
	reauth_by(sa, t->auth_ns);
	return sa->conn->conf.resumption && proven_set(sa, &s->proven) &&
	       proven_holds(sa->e, sa->proven, &sa->conn->conf) &&
	       (sa->uses_ppk || !sa->conn->conf.ppk_required);
}

static void send_response(struct ike_sa *sa)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_SESSION_RESUME, true, 0);
	ike_nonce_put(&m, nonce_slice(&sa->nr));
	init_put_extras(sa, &m);
	if (reply_send(sa, &m) &&
	    octets_set(&sa->first_r, slice_of(sa->reply.ptr, sa->reply.len)))
		sa_set_state(sa, IKE_ST_AUTH);
	else
		sa_close(sa, "out of memory");
}

void resume_opened(struct ike_sa *sa, const struct ticket_answer *a)
{
	if (a->err || !take_state(sa, a) ||
	    a->skeyseed_len != sa->suite.prf->out_bytes ||
	    make_keys(sa, slice_of(a->skeyseed, a->skeyseed_len)))
		refuse_sa(sa);
	else
		send_response(sa);
}

bool resume_is_same(const struct ike_sa *sa, const struct identity *me)
{
	const struct ticket *t = sa->by_ticket;

	return (!sa->conn ||
		(sa->conn->conf.resumption &&
		 proven_holds(sa->e, sa->proven, &sa->conn->conf))) &&
	       identity_equal(&t->peer_id, &sa->peer_id) &&
	       (!me || identity_equal(&t->local_id, me));
}

/* --- both: IKE_AUTH */

/* AUTH = prf(SK_p, message | nonce | prf(SK_p, ID')), section 5.1. */
static bool sign(const struct keystore_request *q, uint8_t *out)
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	const struct slice sk_p = slice_of(q->sk_p, alg->out_bytes);
	const struct slice id = slice_of(q->id_body, q->id_len);
	uint8_t maced_id[PRF_MAX_BYTES];
	const struct slice parts[] = {
		slice_of(q->message, q->message_len),
		slice_of(q->nonce, q->nonce_len),
		slice_of(maced_id, alg->out_bytes),
	};

	return prf(alg, sk_p, &id, 1, maced_id) && prf(alg, sk_p, parts, 3, out);
}

void resume_auth(struct ike_sa *sa, struct exchange *x,
		 const struct keystore_request *q)
{
	struct keystore_answer a = { .token = q->token, .err = -EIO };
	uint8_t auth[PRF_MAX_BYTES];

	x->token = 0; /* nobody else answers */
	if (sign(q, auth)) {
		a.auth_len = prf_by_id(q->prf)->out_bytes;
		a.err = 0;
		if (x->step == STEP_AUTH_MAKE)
			memcpy(a.auth, auth, a.auth_len);
		else if (q->auth_len != a.auth_len ||
			 !octets_equal(auth, q->auth, a.auth_len))
			a.err = -EKEYREJECTED;
	}
	explicit_bzero(auth, sizeof(auth));
	auth_keystore(sa, x, &a);
}

/* Section 5: the old one goes without a word. */
void resume_established(struct ike_sa *sa)
{
	struct ike_sa *old, *next;

	if (sa->initiator)
		return;
	for (old = sa_of_peer(sa, NULL); old; old = next) {
		next = sa_of_peer(sa, old);
		if (ticket_given(old) == sa->by_ticket->id &&
		    old->state != IKE_ST_DEAD)
			sa_close(old, "the peer has resumed it by a ticket");
	}
}
