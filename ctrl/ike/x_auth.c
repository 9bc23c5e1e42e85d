// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH with pre-shared keys (RFC 7296 sections 1.2 and 2.15):
 *
 *     HDR, SK {IDi, [IDr,] AUTH, [CP,] SAi2, TSi, TSr}  -->
 *                       <--  HDR, SK {IDr, AUTH, [CP,] SAr2, TSi, TSr}
 *
 * CP, for virtual IPs, is in cp.c. A CHILD SA that can't be is no reason to refuse
 * the IKE SA (section 1.2): then a notification stands in place of SA and TS. Each
 * side asks in turn:
 *
 *     initiator: GETSPI, our AUTH -> request; response -> the peer's AUTH,
 *                ADD in, ADD out, bind
 *     responder: request -> the peer's AUTH, GETSPI, ADD in, ADD out, our AUTH
 *                -> response, bind
 */
#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/sa.h"

#include <errno.h>
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
	bool name = id->type == IKE_ID_FQDN || id->type == IKE_ID_RFC822_ADDR;

	return id->type && !(name && id->len && id->octets[0] == '*');
}

/* As configured; else the one that the peer asks for; else our address. */
static struct identity our_id(const struct ike_sa *sa,
			      const struct identity *asked)
{
	if (is_one(&sa->conn->conf.local_id))
		return sa->conn->conf.local_id;
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

/* --- the keystore */

static uint16_t put(uint8_t *out, size_t room, struct slice s)
{
	if (s.len > room)
		return 0; /* the parser's bounds are smaller */
	memcpy(out, s.ptr, s.len);
	return (uint16_t)s.len;
}

static uint16_t put_id_body(uint8_t *out, size_t room,
			    const struct identity *id, const uint8_t reserved[3])
{
	struct builder b = wr_init(out, room);

	wr_u8(&b, id->type);
	wr_bytes(&b, reserved, 3);
	wr_bytes(&b, id->octets, id->len);
	return wr_ok(&b) ? (uint16_t)b.len : 0;
}

/* Who signs is one side, what it signs is of both: section 2.15. */
static void put_signed(const struct ike_sa *sa, bool initiators,
		       struct keystore_request *q)
{
	const struct octets *first = initiators ? &sa->first_i : &sa->first_r;
	const struct nonce *n = initiators ? &sa->nr : &sa->ni;

	q->prf = (uint16_t)sa->keys.prf->id;
	q->message_len = put(q->message, sizeof(q->message),
			     slice_of(first->ptr, first->len));
	q->nonce_len = put(q->nonce, sizeof(q->nonce), nonce_slice(n));
	memcpy(q->sk_p, initiators ? sa->keys.sk_pi : sa->keys.sk_pr,
	       sa->keys.prf->out_bytes);
}

void ask_auth(struct ike_sa *sa, struct exchange *x, bool make,
	      const struct ike_auth *auth)
{
	static const uint8_t zeros[3];
	struct keystore_request q = {
		.token = token_new(sa, x,
				   make ? STEP_AUTH_MAKE : STEP_AUTH_CHECK),
		.op = make ? KEYSTORE_PSK_MAKE : KEYSTORE_PSK_CHECK,
		.local = sa->local_id,
		.remote = sa->peer_id,
	};

	put_signed(sa, make == sa->initiator, &q);
	q.id_len = put_id_body(q.id_body, sizeof(q.id_body),
			       make ? &q.local : &q.remote,
			       make ? zeros : sa->peer_id_reserved);
	if (!make)
		q.auth_len = put(q.auth, sizeof(q.auth), auth->data);
	sa->e->calls.keystore(sa->e->calls.ctx, &q);
	explicit_bzero(&q, sizeof(q));
}

/* --- initiator */

void auth_start(struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;

	x->kind = EX_AUTH;
	x->ni = sa->ni;
	x->nr = sa->nr;
	sa->peer_id = sa->conn->conf.remote_id;
	sa->local_id = our_id(sa, NULL);
	if (sa->conn->conf.encap)
		sa->nat_local = true; /* as the peer was made to see it */
	if (sa->nat_local || sa->nat_remote) {
		sa->path.local_port = IKE_NATT_PORT; /* section 2.23 */
		sa->path.remote_port = IKE_NATT_PORT;
	}
	x->child = child_new(sa->conn, sa->wanted);
	if (x->child && cp_ask(sa))
		child_getspi(sa, x);
	else
		sa_close(sa, "out of memory");
}

static void send_request(struct ike_sa *sa, struct exchange *x,
			 const struct keystore_answer *a)
{
	const struct identity *id_r = &sa->conn->conf.remote_id;
	const struct ike_auth auth = { .method = IKE_AUTH_PSK,
				       .data = slice_of(a->auth, a->auth_len) };
	struct ike_id i = wire_id(&sa->local_id), r = wire_id(id_r);
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, false, sa->next_ours);
	ike_id_put(&m, IKE_PL_ID_I, &i);
	if (is_one(id_r))
		ike_id_put(&m, IKE_PL_ID_R, &r);
	ike_auth_put(&m, &auth);
	cp_request_put(sa, &m);
	child_offer_put(sa, x, &m);
	if (!request_send(sa, &m, false))
		sa_close(sa, "IKE_AUTH does not fit a message");
}

static void refused(struct ike_sa *sa, const struct ike_notify *n)
{
	sa_close(sa,
		 n->type == IKE_N_AUTHENTICATION_FAILED
			 ? "the peer refuses our authentication: compare the pre-shared keys and the identities of both sides"
			 : "the peer refuses IKE_AUTH");
}

/* Section 2.21.2: the peer has its side up, and hears that ours is not. */
static void give_up(struct ike_sa *sa, const char *why)
{
	info_give_up(sa, IKE_N_AUTHENTICATION_FAILED, why);
}

/* The child's part first: what it says is in the message now. */
void auth_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);
	struct exchange *x = &sa->ours;
	struct ike_notify n = { .type = 0 };
	bool error = ike_find_error(p, &n);
	const char *why;
	struct identity id;
	struct ike_auth auth;

	if (!payload || !ike_auth_parse(payload->body, &auth)) {
		if (error)
			refused(sa, &n);
		else
			give_up(sa, "the peer's IKE_AUTH has no AUTH payload");
		return;
	}
	if (auth.method != IKE_AUTH_PSK) {
		give_up(sa,
			"the peer does not authenticate by a pre-shared key, as 'auth = psk' of its side wants");
		return;
	}
	if (!take_id(p, IKE_PL_ID_R, &id) || !identity_match(&sa->peer_id, &id)) {
		give_up(sa,
			"the peer has another identity than the connection's remote id");
		return;
	}
	sa->peer_id = id;
	take_reserved(sa, p, IKE_PL_ID_R);
	why = cp_take_reply(sa, p);
	if (error)
		child_refused(sa, x, &n);
	else if (why)
		child_undo(sa, x, why);
	else
		child_take_answer(sa, x, p, false);
	ask_auth(sa, x, false, &auth);
}

static void established(struct ike_sa *sa)
{
	sa_set_state(sa, IKE_ST_ESTABLISHED);
	sa_handshake_done(sa);
	sa_start_life(sa);
	sa_event(sa, IKE_EV_IKE_UP, NULL, "");
}

static void initiator_done(struct ike_sa *sa)
{
	exchange_end(sa, &sa->ours);
	sa_next(sa);
}

/* --- responder */

/* Section 2.21.2: the initiator is told, and the SA is not. */
static void refuse(struct ike_sa *sa, uint16_t type, const char *why)
{
	reply_notify(sa, IKE_EXCH_IKE_AUTH, type, slice_of(NULL, 0));
	sa_linger(sa, why);
}

void auth_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *payload = ike_find(p, IKE_PL_AUTH);
	struct exchange *x = &sa->peers;
	const struct child_conf *child;
	struct identity me = { .type = 0 };
	struct ike_notify n;
	struct ike_auth auth;
	bool has_me = take_id(p, IKE_PL_ID_R, &me);

	x->kind = EX_AUTH;
	x->ni = sa->ni;
	x->nr = sa->nr;
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
	conn_drop(sa->conn);
	sa->conn = conn_for_peer(sa, has_me ? &me : NULL);
	if (!sa->conn || auth.method != IKE_AUTH_PSK) {
		if (sa->conn)
			conn_hold(sa->conn);
		refuse(sa, IKE_N_AUTHENTICATION_FAILED,
		       sa->conn
			       ? "the peer does not authenticate by a pre-shared key"
			       : "no connection for the peer's address and identity");
		return;
	}
	conn_hold(sa->conn);
	sa->local_id = our_id(sa, has_me ? &me : NULL);
	x->initial_contact = ike_find_notify(p, IKE_N_INITIAL_CONTACT, &n);
	if (!cp_take_request(sa, p)) {
		sa_close(sa, "out of memory");
		return;
	}
	child = child_choose(sa, p, false);
	if (child && ike_find(p, IKE_PL_SA)) {
		x->child = child_new(sa->conn, child);
		child_accept(sa, x, p, false);
	}
	ask_auth(sa, x, false, &auth);
}

/* Section 2.4: what the peer no longer knows of, is gone here too. */
static void forget_others(struct ike_sa *sa)
{
	for (uint32_t i = 1; i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (other && other != sa && other->state != IKE_ST_INIT &&
		    other->state != IKE_ST_AUTH &&
		    other->state != IKE_ST_DEAD && child_same_peer(other, sa))
			sa_close(other,
				 "the peer begins anew (INITIAL_CONTACT)");
	}
}

static void send_response(struct ike_sa *sa, struct exchange *x,
			  const struct keystore_answer *a)
{
	const struct ike_auth auth = { .method = IKE_AUTH_PSK,
				       .data = slice_of(a->auth, a->auth_len) };
	const struct ike_notify n = { .type = x->child_error };
	struct child_sa *child = x->child;
	struct ike_id r = wire_id(&sa->local_id);
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_AUTH, true, sa->next_peers);
	ike_id_put(&m, IKE_PL_ID_R, &r);
	ike_auth_put(&m, &auth);
	cp_reply_put(sa, &m);
	if (child)
		child_answer_put(x, &m);
	else if (x->child_error)
		ike_notify_put(&m, &n);
	if (x->initial_contact)
		forget_others(sa);
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
	sa_next(sa);
}

/* --- both: answers to what was asked */

/* The child can't be; the IKE SA can. The peer is told: by our reply that there
 * is none, or, where it has its own already, by a DELETE. */
static void no_child(struct ike_sa *sa, struct exchange *x, const char *why)
{
	if (!sa->initiator) {
		child_fail(sa, x, IKE_N_NO_ADDITIONAL_SAS, why);
		ask_auth(sa, x, true, NULL);
		return;
	}
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

static const char *why_not(int err)
{
	if (err == -ENOKEY)
		return "no pre-shared key for the identities of both sides";
	if (err == -EKEYREJECTED)
		return "the peer's authentication is wrong: compare the pre-shared keys of both sides";
	return "the keystore fails to compute an authentication";
}

/* The responder's part: the peer has proved who it is, and gets its addresses. */
static void give_vips(struct ike_sa *sa, struct exchange *x)
{
	const char *why = "";
	uint16_t error;

	if (sa->cp && x->initial_contact) /* what they had is given again */
		forget_others(sa);
	error = cp_give(sa, &why);
	if (error && x->child)
		child_fail(sa, x, error, why);
	else if (error)
		x->child_error = error;
	else if (sa->cp && x->child)
		child_settle(sa, x);
}

static void after_check(struct ike_sa *sa, struct exchange *x, int err)
{
	const char *why = why_not(err);

	if (!err && !sa->initiator)
		give_vips(sa, x);
	if (err && sa->initiator)
		give_up(sa, why);
	else if (err)
		refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
	else if (!x->child && sa->initiator) {
		established(sa);
		initiator_done(sa);
	} else if (!x->child)
		ask_auth(sa, x, true, NULL);
	else if (!sa->initiator)
		child_getspi(sa, x);
	else
		add(sa, x, SADB_IN);
}

void auth_keystore(struct ike_sa *sa, struct exchange *x,
		   const struct keystore_answer *a)
{
	if (x->step == STEP_AUTH_CHECK) {
		after_check(sa, x, a->err);
		return;
	}
	if (x->child && !x->child->has_in)
		child_getspi(sa, x); /* the data path has lost it */
	else if (a->err && sa->initiator)
		sa_close(sa, why_not(a->err));
	else if (a->err)
		refuse(sa, IKE_N_AUTHENTICATION_FAILED,
		       "no pre-shared key for the identities of both sides");
	else if (sa->initiator)
		send_request(sa, x, a);
	else
		send_response(sa, x, a);
}

static void spi_taken(struct ike_sa *sa, struct exchange *x)
{
	if (sa->initiator)
		ask_auth(sa, x, true, NULL);
	else
		add(sa, x, SADB_IN);
}

static void installed(struct ike_sa *sa, struct exchange *x)
{
	if (!sa->initiator) {
		ask_auth(sa, x, true, NULL);
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
	case STEP_AUTH_MAKE:
	case STEP_AUTH_CHECK:
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
