// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH (RFC 7296 section 1.2):
 *
 *     HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, [CP,] SAi2, TSi, TSr}  -->
 *               <--  HDR, SK {IDr, [CERT,] AUTH, [CP,] SAr2, TSi, TSr}
 *
 * How AUTH comes about is in proof.c, with which certificate in own_cert.c; CP, for
 * virtual IPs, is in cp.c. A CHILD SA that can't be is no reason to refuse
 * the IKE SA (section 1.2): then a notification stands in place of SA and TS. And
 * the initiator may want none (RFC 6023): then nothing does, and CREATE_CHILD_SA
 * follows. Each side asks in turn:
 *
 *     initiator: GETSPI, our AUTH -> request; response -> the peer's AUTH,
 *                ADD in, ADD out, bind
 *     responder: request -> the peer's AUTH, GETSPI, ADD in, ADD out, our AUTH
 *                -> response, bind
 */
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
#include "ctrl/ike/proven.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/unique.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct identity identity_of_addr(const struct addr *a)
{
	struct identity id = { .type = IKE_ID_IPV6_ADDR, .len = 16 };

	if (addr_is_v4(a)) {
		id.type = IKE_ID_IPV4_ADDR;
		id.len = 4;
		memcpy(id.octets, a->octets + 12, 4);
	} else {
		memcpy(id.octets, a->octets, 16);
	}
	return id;
}

/* Is it one identity, and not a pattern for many? */
static bool is_one(const struct identity *id)
{
	return id->type && !identity_is_pattern(id);
}

/* As configured; else our certificate's; else the one that the peer asks for; else our
 * address. */
static struct identity our_id(const struct ike_sa *sa,
			      const struct identity *asked)
{
	struct identity id;

	if (sa->by_ticket)
		return sa->by_ticket->local_id;
	if (sa->conn && is_one(&sa->conn->conf.local_id))
		return sa->conn->conf.local_id;
	if (own_cert_id(sa, asked, &id))
		return id;
	return asked ? *asked : identity_of_addr(&sa->path.local);
}

static struct ike_id wire_id(const struct identity *id)
{
	return (struct ike_id){ .type = id->type,
				.data = slice_of(id->octets, id->len) };
}

static bool take_id(const struct ike_payloads *p, uint8_t type,
		    struct identity *out)
{
	const struct ike_payload *payload = ike_find(p, type);
	struct ike_id id;

	if (!payload || !ike_id_parse(payload->body, &id) || !id.type ||
	    id.data.len > sizeof(out->octets))
		return false;
	*out = (struct identity){ .type = id.type,
				  .len = (uint16_t)id.data.len };
	memcpy(out->octets, id.data.ptr, id.data.len);
	return true;
}

/* Its AUTH covers them, whatever they are: section 2.15. */
static void take_reserved(struct ike_sa *sa, const struct ike_payloads *p,
			  uint8_t type)
{
	struct slice body = ike_find(p, type)->body;

	memcpy(sa->peer_id_reserved, body.ptr + 1, sizeof(sa->peer_id_reserved));
}

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

static void begin_auth(struct ike_sa *sa, struct exchange *x)
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
	why = own_cert_choose(sa, NULL);
	if (why) {
		sa_close(sa, why);
		return;
	}
	sa->peer_id = sa->by_ticket ? sa->by_ticket->peer_id
				    : sa->conn->conf.remote_id;
	sa->local_id = our_id(sa, NULL);
	nat_move(sa);
	if (!cp_ask(sa)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (x->childless) {
		begin_auth(sa, x);
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

static void send_request(struct ike_sa *sa, struct exchange *x,
			 const struct keystore_answer *a)
{
	const struct identity *id_r = &sa->conn->conf.remote_id;
	uint8_t room[PROOF_MAX_BYTES];
	struct ike_auth auth = proof_auth(sa, a, room);
	const struct ike_notify contact = { .type = IKE_N_INITIAL_CONTACT };
	struct ike_id i = wire_id(&sa->local_id), r = wire_id(id_r);
	struct ike_builder m;

	if (sa->ppk)
		auth.data = ppk_auth(sa);
	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, false, sa->next_ours);
	ike_id_put(&m, IKE_PL_ID_I, &i);
	own_cert_put(sa, &m);
	if (is_one(id_r))
		ike_id_put(&m, IKE_PL_ID_R, &r);
	ike_auth_put(&m, &auth);
	ppk_request_put(sa, &m);
	if (is_one(id_r) && unique_is_first(sa))
		ike_notify_put(&m, &contact);
	cp_request_put(sa, &m);
	mobike_put(sa, &m);
	if (sa->peer_methods)
		methods_put(sa, &m);
	ticket_ask_put(sa, &m);
	if (x->child)
		child_offer_put(sa, x, &m);
	if (!request_send(sa, &m, false))
		sa_close(sa, "IKE_AUTH does not fit a message");
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

/* Section 2.21.2: the peer has its side up, and hears that ours is not. */
static void give_up(struct ike_sa *sa, const char *why)
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

/* The child's part first: what it says is in the message now. */
void auth_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);
	struct exchange *x = &sa->ours;
	struct ike_notify n = { .type = 0 }, contact;
	bool error = ike_find_error(p, &n);
	const char *why;
	struct identity id;
	struct ike_auth auth;

	if (!payload || !ike_auth_parse(payload->body, &auth) ||
	    (error && is_fatal(&n))) {
		if (error)
			refused(sa, &n);
		else
			give_up(sa, "the peer's IKE_AUTH has no AUTH payload");
		return;
	}
	why = proof_take(sa, p, &auth);
	if (why) {
		give_up(sa, why);
		return;
	}
	if (!take_id(p, IKE_PL_ID_R, &id) || !identity_match(&sa->peer_id, &id)) {
		give_up(sa,
			"the peer has another identity than the connection's remote id");
		return;
	}
	why = ppk_response(sa, p);
	if (why) {
		give_up(sa, why);
		return;
	}
	sa->peer_id = id;
	take_reserved(sa, p, IKE_PL_ID_R);
	x->initial_contact = ike_find_notify(p, IKE_N_INITIAL_CONTACT, &contact);
	reauth_take_lifetime(sa, p);
	why = cp_take_reply(sa, p);
	mobike_take(sa, p);
	ticket_take(sa, p);
	sa->is_sent_on = redirect_note(sa, p);
	if (x->child && sa->is_sent_on) {
		child_drop(sa, x);
	} else if (x->child && error) {
		child_is_refused(sa, x, &n);
	} else if (x->child && why) {
		child_undo(sa, x, why);
	} else if (x->child) {
		child_take_answer(sa, x, p, false);
	}
	proof_check(sa, x, auth.data);
}

static void established(struct ike_sa *sa)
{
	struct error unknown = { .text = "" };
	bool resumed = sa->by_ticket;

	if (sa->proof)
		unknown = sa->proof->unknown;
	if (sa->initiator && sa->ours.initial_contact)
		unique_contact(sa);
	sa_set_state(sa, IKE_ST_ESTABLISHED);
	if (resumed)
		resume_established(sa);
	sa_handshake_done(sa);
	sa_start_life(sa);
	if (sa->initiator)
		ticket_keep(sa);
	reauth_meet(sa);
	sa_event(sa, IKE_EV_IKE_UP, NULL,
		 resumed ? "resumed by a ticket" : unknown.text);
}

static void initiator_done(struct ike_sa *sa)
{
	exchange_end(sa, &sa->ours);
	unique_replace(sa);
	sa_next(sa);
}

/* It was made for a child that is not to be; another one may be on its way. */
static bool is_useless(const struct ike_sa *sa, const struct exchange *x)
{
	return sa->e->options.close_ike_on_child_failure && sa->wanted &&
	       !x->childless && !sa->wishes;
}

/* What is wanted comes by CREATE_CHILD_SA. */
static void established_alone(struct ike_sa *sa, const struct exchange *x)
{
	bool wants = x->childless && sa->wanted;

	sa->delete_wanted |= is_useless(sa, x);
	established(sa);
	if (wants && !wish_add(sa, sa->conn, sa->wanted, &sa->wanted_first,
			       sa->e->now_ns))
		sa_close(sa, "out of memory");
	else
		initiator_done(sa);
}

/* --- responder */

/* Section 2.21.2: the initiator is told, and the SA is not. */
static void refuse(struct ike_sa *sa, uint16_t type, const char *why)
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

/*
 * Whom no connection is for is checked like everybody, and then refused whatever
 * comes of it: neither the answer nor the time until it comes tells who is known
 * here.
 */
void auth_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);
	struct exchange *x = &sa->peers;
	struct identity me = { .type = 0 };
	const char *why;
	struct ike_notify n;
	struct ike_auth auth;
	bool has_me = take_id(p, IKE_PL_ID_R, &me);

	x->kind = EX_AUTH;
	if (!take_nonces(sa, x)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (!intermediate_is_done(sa)) {
		refuse(sa, IKE_N_INVALID_SYNTAX,
		       "the peer leaves out additional key exchanges that it agreed to");
		return;
	}
	if (!take_id(p, IKE_PL_ID_I, &sa->peer_id)) {
		refuse(sa, IKE_N_INVALID_SYNTAX,
		       "the peer's IKE_AUTH has no identity that can be read");
		return;
	}
	if (!payload || !ike_auth_parse(payload->body, &auth)) {
		refuse(sa, IKE_N_AUTHENTICATION_FAILED,
		       "the peer wants EAP, which is not there: set its 'auth = psk'");
		return;
	}
	take_reserved(sa, p, IKE_PL_ID_I);
	methods_take(sa, p);
	conn_drop(sa->conn);
	sa->conn = conn_of(sa, has_me ? &me : NULL);
	if (sa->conn)
		conn_hold(sa->conn);
	why = proof_take(sa, p, &auth);
	if (why) {
		refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
		return;
	}
	if (sa->by_ticket && !resume_is_same(sa, has_me ? &me : NULL)) {
		refuse(sa, IKE_N_AUTHENTICATION_FAILED,
		       "the peer has other identities than its ticket");
		return;
	}
	x->initial_contact = ike_find_notify(p, IKE_N_INITIAL_CONTACT, &n);
	x->childless = !ike_find(p, IKE_PL_SA);
	mobike_take(sa, p);
	x->wants_ticket = ike_find_notify(p, IKE_N_TICKET_REQUEST, &n);
	if (!own_cert_take_asked(sa, p)) {
		sa_close(sa, "out of memory");
		return;
	}
	(void)own_cert_choose(sa, has_me ? &me : NULL); /* told in its turn */
	sa->local_id = our_id(sa, has_me ? &me : NULL);
	if (sa->conn && !cp_take_request(sa, p)) {
		sa_close(sa, "out of memory");
		return;
	}
	if (sa->conn && !x->childless)
		take_offer(sa, x, p);
	if (!ppk_ask_peers(sa, x, p, &auth))
		proof_check(sa, x, auth.data);
}

static void send_response(struct ike_sa *sa, struct exchange *x,
			  const struct keystore_answer *a)
{
	uint8_t room[PROOF_MAX_BYTES];
	const struct ike_auth auth = proof_auth(sa, a, room);
	const struct ike_notify n = { .type = x->child_error };
	struct child_sa *child = x->child;
	struct ike_id r = wire_id(&sa->local_id);
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, true, sa->next_peers);
	ike_id_put(&m, IKE_PL_ID_R, &r);
	own_cert_put(sa, &m);
	ike_auth_put(&m, &auth);
	ppk_response_put(sa, &m);
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
	established(sa);
	x->child = child;
	if (child)
		child_installed(sa, x, false);
	unique_replace(sa);
	sa_next(sa);
}

/* --- both: answers to what was asked */

/* The child can't be; the IKE SA can. The peer is told: by our reply that there
 * is none, or, where it has its own already, by a DELETE. */
static void no_child(struct ike_sa *sa, struct exchange *x, const char *why)
{
	if (!sa->initiator) {
		child_fail(sa, x, IKE_N_NO_ADDITIONAL_SAS, why);
		proof_make(sa, x, STEP_AUTH_MAKE);
		return;
	}
	sa->delete_wanted |= is_useless(sa, x);
	if (sa->state == IKE_ST_AUTH)
		established(sa);
	child_undo(sa, x, why);
	initiator_done(sa);
}

/* What the data path has lost meanwhile the peer has: it is rekeyed at once. */
static void installed_lost(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;

	if (sa->state == IKE_ST_AUTH)
		established(sa);
	child_installed(sa, x, true);
	child_lose(sa, c);
	initiator_done(sa);
}

static void add(struct ike_sa *sa, struct exchange *x, enum sadb_dir dir)
{
	if (sa->initiator && !x->child->has_in)
		installed_lost(sa, x);
	else if (!child_add(sa, x, dir))
		no_child(sa, x, "keys could not be made");
}

/* Now that it is known who asks: section 3 of RFC 6023. NULL: it may. */
static const char *not_so(const struct ike_sa *sa, const struct exchange *x)
{
	enum childless policy;

	if (sa->initiator || !sa->conn)
		return NULL;
	policy = sa->conn->conf.childless;
	if (x->childless && policy == CHILDLESS_NEVER)
		return "the peer wants an IKE SA without a CHILD SA, and 'childless = never' takes none";
	if (!x->childless && policy == CHILDLESS_FORCE)
		return "the peer wants a CHILD SA together with the IKE SA, and 'childless = force' takes none such";
	return NULL;
}

/* As strongSwan refuses it; our own is no fault of the peer's. */
static void refuse_second(struct ike_sa *sa)
{
	static const char why[] =
		"the peer has another IKE SA, and 'unique = keep' keeps that one";

	sa_alert(sa, IKE_ALERT_UNIQUE_KEEP);
	if (sa->initiator)
		info_give_up(sa, 0, why);
	else
		refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
}

/* The peer has proved who it is, and gets its addresses. */
static void give_vips(struct ike_sa *sa, struct exchange *x)
{
	const char *why = "";
	uint16_t error;

	if (sa->cp && x->initial_contact) /* what they had is given again */
		unique_contact(sa);
	error = cp_give(sa, &why);
	if (error && x->child)
		child_fail(sa, x, error, why);
	else if (error)
		x->child_error = error;
	else if (sa->cp && x->child)
		child_settle(sa, x);
}

static void initiator_agrees(struct ike_sa *sa, struct exchange *x)
{
	if (x->child)
		add(sa, x, SADB_IN);
	else
		established_alone(sa, x);
}

static void responder_agrees(struct ike_sa *sa, struct exchange *x)
{
	give_vips(sa, x);
	if (x->child)
		child_getspi(sa, x);
	else
		proof_make(sa, x, STEP_AUTH_MAKE);
}

/* The peer has proved who it is: NULL, or why it may not go on. */
static const char *not_agreed(struct ike_sa *sa)
{
	const char *why = proof_not_so(sa);

	return why || sa->initiator ? why : own_cert_choose(sa, NULL);
}

/* why   NULL: its proof is right */
static void after_check(struct ike_sa *sa, struct exchange *x, const char *why)
{
	const char *no = not_so(sa, x), *no_ppk = ppk_not_so(sa);

	if (no_ppk)
		why = no_ppk;
	else if (!why && sa->conn)
		why = not_agreed(sa);
	if (!why && !sa->initiator && sa->conn && x->wants_ticket)
		ticket_make(sa); /* sooner than our AUTH, as a rule */
	if (!sa->conn)
		refuse(sa, IKE_N_AUTHENTICATION_FAILED,
		       "no connection for the peer's address and identity");
	else if (why && sa->initiator)
		give_up(sa, why);
	else if (why)
		refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
	else if (!unique_allows(sa, x->initial_contact))
		refuse_second(sa);
	else if (no)
		refuse(sa, IKE_N_INVALID_SYNTAX, no);
	else if (sa->initiator)
		initiator_agrees(sa, x);
	else
		responder_agrees(sa, x);
}

void auth_verified(struct ike_sa *sa, struct exchange *x,
		   const struct verify_job *job)
{
	proof_note(sa, job);
	if (!job->err)
		proven_note(sa, job);
	after_check(sa, x, job->err ? job->why.text : NULL);
}

static void mixed(struct ike_sa *sa, struct exchange *x,
		  const struct keystore_answer *a)
{
	const char *why;

	if (!sa->initiator) {
		proof_check(sa, x, ppk_answered_peers(sa, a));
		return;
	}
	why = ppk_answered_ours(sa, a);
	if (why)
		sa_close(sa, why);
	else
		proof_make(sa, x, STEP_AUTH_MAKE);
}

/* Our AUTH; with a PPK there are two. */
static void made(struct ike_sa *sa, struct exchange *x,
		 const struct keystore_answer *a)
{
	uint8_t room[PROOF_MAX_BYTES];
	const struct ike_auth auth = proof_auth(sa, a, room);

	if (!sa->initiator)
		send_response(sa, x, a);
	else if (ppk_keep_auth(sa, x->step, auth.data))
		proof_make(sa, x, STEP_AUTH_PLAIN);
	else
		send_request(sa, x, a);
}

void auth_keystore(struct ike_sa *sa, struct exchange *x,
		   const struct keystore_answer *a)
{
	bool check = x->step == STEP_AUTH_CHECK;
	const char *why = a->err ? proof_why_not(sa, !check, a->err) : NULL;

	if (check && !why && !sa->by_ticket)
		proven_note(sa, NULL);
	if (check)
		after_check(sa, x, why);
	else if (x->step == STEP_PPK)
		mixed(sa, x, a);
	else if (x->child && !x->child->has_in)
		child_getspi(sa, x); /* the data path has lost it */
	else if (why && sa->initiator)
		sa_close(sa, why);
	else if (why)
		refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
	else
		made(sa, x, a);
}

static void spi_taken(struct ike_sa *sa, struct exchange *x)
{
	if (sa->initiator)
		begin_auth(sa, x);
	else
		add(sa, x, SADB_IN);
}

static void installed(struct ike_sa *sa, struct exchange *x)
{
	if (!sa->initiator) {
		proof_make(sa, x, STEP_AUTH_MAKE);
		return;
	}
	established(sa);
	x->child->view_id = ++sa->e->views;
	child_bind(sa, x);
}

void auth_sadb(struct ike_sa *sa, struct exchange *x,
	       const struct sadb_answer *a)
{
	int err = child_answered(sa, x, a);

	if (err == -EINPROGRESS)
		return;
	if (err)
		sa_alert(sa, IKE_ALERT_INSTALL_CHILD_SA_FAILED);
	if (err && sa->initiator && x->step == STEP_GETSPI) {
		sa_close(sa, "the data path refuses the CHILD SA");
		return;
	}
	if (err) {
		no_child(sa, x, "the data path refuses the CHILD SA");
		return;
	}
	switch (x->step) {
	case STEP_GETSPI:
		spi_taken(sa, x);
		break;
	case STEP_ADD_IN:
		add(sa, x, SADB_OUT);
		break;
	case STEP_ADD_OUT:
		installed(sa, x);
		break;
	case STEP_BIND:
		child_installed(sa, x, true);
		initiator_done(sa);
		break;
	case STEP_RESPONSE:
	case STEP_RESOLVE:
	case STEP_RESOLVED:
	case STEP_KE:
	case STEP_TICKET:
	case STEP_AUTH_MAKE:
	case STEP_AUTH_PLAIN:
	case STEP_AUTH_CHECK:
	case STEP_PPK:
	case STEP_DRAIN:
		break;
	}
}

void auth_new_epoch(struct ike_sa *sa, struct exchange *x)
{
	if (sa->initiator && x->step != STEP_GETSPI)
		installed_lost(sa, x);
	else
		child_getspi(sa, x);
}
