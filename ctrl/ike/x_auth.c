// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH (RFC 7296 section 1.2):
 *
 *     HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, [CP,] SAi2, TSi, TSr}  -->
 *               <--  HDR, SK {IDr, [CERT,] AUTH, [CP,] SAr2, TSi, TSr}
 *
 * Where a side has several rounds (RFC 4739, rounds.c), as many exchanges follow:
 *
 *     HDR, SK {[IDi, [CERT,] [IDr,] AUTH]}  -->
 *               <--  HDR, SK {[IDr, [CERT,] AUTH]}
 *
 * and the last one answers what stands behind AUTH above.
 *
 * How AUTH comes about is in proof.c, with which certificate in own_cert.c; CP, for
 * virtual IPs, is in cp.c. A CHILD SA that can't be is no reason to refuse
 * the IKE SA (section 1.2): then a notification stands in place of SA and TS. And
 * the initiator may want none (RFC 6023): then nothing does, and CREATE_CHILD_SA
 * follows. Each side asks in turn, see auth_steps.c:
 *
 *     initiator: GETSPI, our AUTH -> request; response -> the peer's AUTH,
 *                ADD in, ADD out, bind
 *     responder: request -> the peer's AUTH, GETSPI, ADD in, ADD out, our AUTH
 *                -> response, bind
 */
#include "ctrl/ike/auth_id.h"
#include "ctrl/ike/auth_steps.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/methods.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/nat.h"
#include "ctrl/ike/own_cert.h"
#include "ctrl/ike/ppk.h"
#include "ctrl/ike/proof.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/unique.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The first CHILD SA has those of the IKE SA, section 2.17. */
static bool take_nonces(const struct ike_sa *sa, struct exchange *x)
{
	return nonce_take(&x->ni, nonce_slice(&sa->ni)) &&
	       nonce_take(&x->nr, nonce_slice(&sa->nr));
}

/* --- initiator */

static bool wants_childless(const struct ike_sa *sa)
{
	enum childless policy = sa->conn->conf.childless;

	return !sa->wanted || policy == CHILDLESS_FORCE ||
	       (policy == CHILDLESS_PREFER && sa->takes_childless);
}

void auth_begin(struct ike_sa *sa, struct exchange *x)
{
	if (!ppk_ask_ours(sa, x))
		proof_make(sa, x, STEP_AUTH_MAKE);
}

void auth_start(struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;
	const char *why;

	x->kind = EX_AUTH;
	x->childless = wants_childless(sa);
	if (x->childless && !sa->takes_childless) {
		sa_close(sa,
			 "the peer takes no IKE SA without a CHILD SA (RFC 6023)");
		return;
	}
	why = rounds_not_taken(sa);
	if (!why)
		why = own_cert_choose(sa, NULL);
	if (why) {
		sa_close(sa, why);
		return;
	}
	sa->peer_id = sa->by_ticket ? sa->by_ticket->peer_id
				    : sa->conn->conf.remote_id;
	sa->local_id = auth_id_ours(sa, NULL);
	nat_move(sa);
	if (!cp_ask(sa)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (x->childless) {
		auth_begin(sa, x);
		return;
	}
	x->child = child_new(sa->conn, sa->wanted);
	if (!x->child || !take_nonces(sa, x)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (child_set_first(sa, x->child, &sa->wanted_first))
		child_getspi(sa, x);
	else
		sa_close(sa,
			 "what asks for the child is no packet of its selectors");
}

/* Who we are in this round, whom we want, and our AUTH. */
static void put_proof(struct ike_sa *sa, struct ike_builder *m,
		      const struct keystore_answer *a)
{
	const struct identity *id_r = rounds_id(sa, CONN_REMOTE);
	uint8_t room[PROOF_MAX_BYTES];
	struct ike_auth auth = proof_auth(sa, a, room);
	struct ike_id i = auth_id_wire(&sa->local_id), r = auth_id_wire(id_r);

	if (sa->ppk)
		auth.data = ppk_auth(sa);
	ike_id_put(m, IKE_PL_ID_I, &i);
	own_cert_put(sa, m);
	if (auth_id_is_one(id_r) && rounds_has(sa, CONN_REMOTE))
		ike_id_put(m, IKE_PL_ID_R, &r);
	ike_auth_put(m, &auth);
}

/* What the IKE SA shall have, whenever it comes. */
static void put_wanted(struct ike_sa *sa, struct exchange *x,
		       struct ike_builder *m)
{
	const struct ike_notify contact = { .type = IKE_N_INITIAL_CONTACT };

	ppk_request_put(sa, m);
	if (auth_id_is_one(rounds_id(sa, CONN_REMOTE)) && unique_is_first(sa))
		ike_notify_put(m, &contact);
	cp_request_put(sa, m);
	mobike_put(sa, m);
	if (sa->peer_methods)
		methods_put(sa, m);
	ticket_ask_put(sa, m);
	if (x->child)
		child_offer_put(sa, x, m);
}

void auth_send_request(struct ike_sa *sa, struct exchange *x,
		       const struct keystore_answer *a)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, false, sa->next_ours);
	if (a)
		put_proof(sa, &m, a);
	rounds_put(sa, &m);
	if (!sa->round)
		put_wanted(sa, x, &m);
	if (!request_send(sa, &m, false))
		sa_close(sa, "IKE_AUTH does not fit a message");
}

void auth_next_round(struct ike_sa *sa, struct exchange *x)
{
	const char *why;

	ppk_free(sa); /* it is settled, and in the keys if so */
	proof_next(sa);
	rounds_next(sa);
	if (rounds_has(sa, CONN_REMOTE))
		sa->peer_id = *rounds_id(sa, CONN_REMOTE);
	if (!rounds_has(sa, CONN_LOCAL)) {
		auth_send_request(sa, x, NULL);
		return;
	}
	why = own_cert_choose(sa, NULL);
	sa->local_id = auth_id_ours(sa, NULL);
	if (why)
		sa_close(sa, why);
	else
		proof_make(sa, x, STEP_AUTH_MAKE);
}

static void refused(struct ike_sa *sa, const struct ike_notify *n)
{
	char text[METHODS_STR_MAX];

	if (n->type == IKE_N_AUTHENTICATION_FAILED) {
		sa_alert(sa, IKE_ALERT_LOCAL_AUTH_FAILED);
		sa_close(sa, methods_refusal(sa, text));
		return;
	}
	snprintf(text, sizeof(text), "the peer refuses IKE_AUTH: %s",
		 ike_notify_name(n->type));
	sa_close(sa, text);
}

void auth_give_up(struct ike_sa *sa, const char *why)
{
	sa_alert(sa, IKE_ALERT_PEER_AUTH_FAILED);
	info_give_up(sa, IKE_N_AUTHENTICATION_FAILED, why);
}

/* Section 2.21.2: then there is no IKE SA, even beside an AUTH payload. */
static bool is_fatal(const struct ike_notify *n)
{
	return n->type == IKE_N_AUTHENTICATION_FAILED ||
	       n->type == IKE_N_INVALID_SYNTAX ||
	       n->type == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD;
}

/* Section 2.9: when the IKE SA is there, we ask for the packet's pair alone. */
static void child_is_refused(struct ike_sa *sa, struct exchange *x,
			     const struct ike_notify *n)
{
	struct ts_first first = sa->wanted_first;

	first.alone = true;
	if (n->type == IKE_N_SINGLE_PAIR_REQUIRED && first.is &&
	    wish_add(sa, x->child->conn, x->child->conf, &first, sa->e->now_ns)) {
		child_drop(sa, x);
		return;
	}
	later_child_refused(sa, x->child);
	child_refused(sa, x, n);
}

/* What the last response brings besides the proof. n: an error, or NULL */
static void take_given(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p, const struct ike_notify *n)
{
	struct ike_notify contact;
	const char *why;

	x->initial_contact = ike_find_notify(p, IKE_N_INITIAL_CONTACT, &contact);
	reauth_take_lifetime(sa, p);
	why = cp_take_reply(sa, p);
	mobike_take(sa, p);
	ticket_take(sa, p);
	sa->is_sent_on = redirect_note(sa, p);
	if (x->child && sa->is_sent_on) {
		child_drop(sa, x);
	} else if (x->child && n) {
		child_is_refused(sa, x, n);
	} else if (x->child && why) {
		child_undo(sa, x, why);
	} else if (x->child) {
		child_take_answer(sa, x, p, false);
	}
}

/* The peer's proof: NULL, or what is wrong before anybody has looked at it. */
static const char *take_proof(struct ike_sa *sa, const struct ike_payloads *p,
			      const struct ike_auth *auth)
{
	const char *why = proof_take(sa, p, auth);
	struct identity id;

	if (why)
		return why;
	if (!auth_id_take(p, IKE_PL_ID_R, &id) ||
	    !identity_match(&sa->peer_id, &id))
		return "the peer has another identity than the connection's remote id";
	why = sa->round ? NULL : ppk_response(sa, p);
	if (why)
		return why;
	sa->peer_id = id;
	auth_id_take_reserved(sa, p, IKE_PL_ID_R);
	return NULL;
}

/* The child's part first: what it says is in the message now. */
void auth_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);
	bool proves = rounds_has(sa, CONN_REMOTE);
	struct exchange *x = &sa->ours;
	struct ike_notify n = { .type = 0 };
	bool error = ike_find_error(p, &n);
	struct ike_auth auth = { .method = 0 };
	const char *why = NULL;

	if ((error && is_fatal(&n)) ||
	    (proves && (!payload || !ike_auth_parse(payload->body, &auth)))) {
		if (error)
			refused(sa, &n);
		else
			auth_give_up(sa,
				     "the peer's IKE_AUTH has no AUTH payload");
		return;
	}
	rounds_take(sa, p);
	if (proves)
		why = take_proof(sa, p, &auth);
	else if (payload || sa->round_follows)
		why = rounds_one_too_many();
	if (why) {
		auth_give_up(sa, why);
		return;
	}
	if (rounds_is_last(sa))
		take_given(sa, x, p, error ? &n : NULL);
	if (proves)
		proof_check(sa, x, auth.data);
	else
		auth_after_check(sa, x, NULL);
}

/* --- responder */

void auth_refuse(struct ike_sa *sa, uint16_t type, const char *why)
{
	if (type == IKE_N_AUTHENTICATION_FAILED)
		sa_alert(sa, IKE_ALERT_PEER_AUTH_FAILED);
	reply_notify(sa, IKE_EXCH_IKE_AUTH, type, slice_of(NULL, 0));
	sa_linger(sa, why);
}

static void take_offer(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p)
{
	const struct child_conf *child = child_choose(sa, p, false);

	x->child = child ? child_new(sa->conn, child) : NULL;
	child_accept(sa, x, p, false);
}

/* The one that took the ticket, whomever the peer asks for now. */
static struct conn *conn_of(const struct ike_sa *sa, const struct identity *me)
{
	return conn_for_peer(sa, sa->by_ticket ? &sa->by_ticket->local_id : me);
}

/* What it asks for, whoever it turns out to be. false: no memory */
static bool take_wanted(struct ike_sa *sa, struct exchange *x,
			const struct ike_payloads *p)
{
	struct ike_notify n;

	x->initial_contact = ike_find_notify(p, IKE_N_INITIAL_CONTACT, &n);
	x->childless = !ike_find(p, IKE_PL_SA);
	mobike_take(sa, p);
	x->wants_ticket = ike_find_notify(p, IKE_N_TICKET_REQUEST, &n);
	return own_cert_take_asked(sa, p);
}

/* Who the peer is, by a message that proves it. false: it is refused */
static bool take_peer(struct ike_sa *sa, const struct ike_payloads *p,
		      struct ike_auth *auth)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);

	if (!auth_id_take(p, IKE_PL_ID_I, &sa->peer_id)) {
		auth_refuse(
			sa, IKE_N_INVALID_SYNTAX,
			"the peer's IKE_AUTH has no identity that can be read");
		return false;
	}
	if (!payload || !ike_auth_parse(payload->body, auth)) {
		auth_refuse(
			sa, IKE_N_AUTHENTICATION_FAILED,
			"the peer wants EAP, which is not there: set its 'auth = psk'");
		return false;
	}
	auth_id_take_reserved(sa, p, IKE_PL_ID_I);
	return true;
}

/* A further round: what the first request asked for is still to be given. */
static void further_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct exchange *x = &sa->peers;
	bool proves = rounds_has(sa, CONN_REMOTE);
	struct identity me = { .type = 0 };
	bool has_me = auth_id_take(p, IKE_PL_ID_R, &me);
	struct ike_auth auth;
	const char *why = NULL;

	rounds_take_up(sa, x);
	if (proves && !take_peer(sa, p, &auth))
		return;
	if (proves)
		why = proof_take(sa, p, &auth);
	else if (ike_find(p, IKE_PL_AUTH) || sa->round_follows)
		why = rounds_one_too_many();
	if (why) {
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
		return;
	}
	if (rounds_has(sa, CONN_LOCAL)) {
		(void)own_cert_choose(sa, has_me ? &me : NULL);
		sa->local_id = auth_id_ours(sa, has_me ? &me : NULL);
	}
	if (proves)
		proof_check(sa, x, auth.data);
	else
		auth_after_check(sa, x, NULL);
}

/*
 * Whom no connection is for is checked like everybody, and then refused whatever
 * comes of it: neither the answer nor the time until it comes tells who is known
 * here.
 */
static void first_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct exchange *x = &sa->peers;
	struct identity me = { .type = 0 };
	const char *why;
	struct ike_auth auth;
	bool has_me = auth_id_take(p, IKE_PL_ID_R, &me);

	if (!intermediate_is_done(sa)) {
		auth_refuse(
			sa, IKE_N_INVALID_SYNTAX,
			"the peer leaves out additional key exchanges that it agreed to");
		return;
	}
	if (!take_peer(sa, p, &auth))
		return;
	methods_take(sa, p);
	conn_drop(sa->conn);
	sa->conn = conn_of(sa, has_me ? &me : NULL);
	if (sa->conn)
		conn_hold(sa->conn);
	why = proof_take(sa, p, &auth);
	if (why) {
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
		return;
	}
	if (sa->by_ticket && !resume_is_same(sa, has_me ? &me : NULL)) {
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED,
			    "the peer has other identities than its ticket");
		return;
	}
	if (!take_wanted(sa, x, p)) {
		sa_close(sa, "out of memory");
		return;
	}
	(void)own_cert_choose(sa, has_me ? &me : NULL); /* told in its turn */
	sa->local_id = auth_id_ours(sa, has_me ? &me : NULL);
	if (sa->conn && !cp_take_request(sa, p)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (sa->conn && !x->childless)
		take_offer(sa, x, p);
	if (!ppk_ask_peers(sa, x, p, &auth))
		proof_check(sa, x, auth.data);
}

void auth_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	sa->peers.kind = EX_AUTH;
	rounds_take(sa, p);
	if (sa->round_asked)
		further_request(sa, p);
	else if (take_nonces(sa, &sa->peers))
		first_request(sa, p);
	else
		sa_close(sa, "out of memory");
}

/* Section 2.21.2: the initiator does not believe us, and says so. */
void auth_given_up(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;
	bool refused = ike_find_notify(p, IKE_N_AUTHENTICATION_FAILED, &n);
	char why[METHODS_STR_MAX];
	struct ike_builder m;

	if (!refused && !ike_find(p, IKE_PL_DELETE)) {
		reply_syntax(sa, IKE_EXCH_INFORMATIONAL,
			     "the peer leaves out a round of authentication");
		return;
	}
	if (refused)
		sa_alert(sa, IKE_ALERT_LOCAL_AUTH_FAILED);
	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, true, sa->next_peers);
	if (!reply_send(sa, &m))
		sa_close(sa, "out of memory");
	else
		sa_linger(sa, refused ? methods_refusal(sa, why)
				      : "deleted by the peer");
}

static void put_our_proof(const struct ike_sa *sa, struct ike_builder *m,
			  const struct keystore_answer *a)
{
	uint8_t room[PROOF_MAX_BYTES];
	const struct ike_auth auth = proof_auth(sa, a, room);
	const struct ike_id r = auth_id_wire(&sa->local_id);

	ike_id_put(m, IKE_PL_ID_R, &r);
	own_cert_put(sa, m);
	ike_auth_put(m, &auth);
}

/* Another one follows, of either side: nothing is given yet. */
static void send_part(struct ike_sa *sa, struct exchange *x,
		      struct ike_builder *m)
{
	if (!rounds_put_aside(sa, x) || !reply_send(sa, m)) {
		sa_close(sa, "IKE_AUTH does not fit a message");
		return;
	}
	proof_next(sa);
	rounds_next(sa);
}

void auth_send_response(struct ike_sa *sa, struct exchange *x,
			const struct keystore_answer *a)
{
	const struct ike_notify n = { .type = x->child_error };
	struct child_sa *child = x->child;
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, true, sa->next_peers);
	if (a)
		put_our_proof(sa, &m, a);
	rounds_put(sa, &m);
	if (!sa->round)
		ppk_response_put(sa, &m);
	if (!rounds_is_last(sa)) {
		send_part(sa, x, &m);
		return;
	}
	cp_reply_put(sa, &m);
	if (child)
		child_answer_put(x, &m);
	else if (x->child_error)
		ike_notify_put(&m, &n);
	mobike_put(sa, &m);
	reauth_put_lifetime(sa, &m);
	if (x->wants_ticket)
		ticket_put(sa, &m);
	if (x->initial_contact)
		unique_contact(sa);
	x->child = NULL; /* else it ended with the exchange */
	if (!reply_send(sa, &m)) {
		x->child = child;
		sa_close(sa, "IKE_AUTH does not fit a message");
		return;
	}
	auth_established(sa);
	x->child = child;
	if (child)
		child_installed(sa, x, false);
	unique_replace(sa);
	sa_next(sa);
}

void auth_answer(struct ike_sa *sa, struct exchange *x)
{
	if (rounds_has(sa, CONN_LOCAL))
		proof_make(sa, x, STEP_AUTH_MAKE);
	else
		auth_send_response(sa, x, NULL);
}
