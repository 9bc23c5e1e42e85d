// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_SA_INIT (RFC 7296 section 1.2):
 *
 *     HDR, SAi1, KEi, Ni  -->
 *                         <--  HDR, SAr1, KEr, Nr
 *
 * with N(COOKIE) or N(INVALID_KE_PAYLOAD) in between, and NAT detection both
 * ways. What comes is not authenticated: an error said here is believed only
 * as far as it lets the attempt start over, a bounded number of times.
 */
#include "ctrl/ike/cookie.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/methods.h"
#include "ctrl/ike/nat.h"
#include "ctrl/ike/own_cert.h"
#include "ctrl/ike/ppk.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/resolve.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/stream.h"

#include <stdio.h>
#include <string.h>

#define RESTARTS_MAX 5U

/* body: of the peer's answer; empty when it only says no. */
static void fail_no_proposal(struct ike_sa *sa, struct slice body)
{
	char ours[MISMATCH_SIDE_MAX], peers[MISMATCH_SIDE_MAX],
		text[MISMATCH_STR_MAX];

	proposals_describe(&sa->conn->conf.proposals, ours);
	sa_body_describe(body, peers);
	sa_alert(sa, IKE_ALERT_PROPOSAL_MISMATCH_IKE);
	sa_close(sa, mismatch_str("proposal mismatch (IKE)", ours, peers, text));
}

/* --- both: fragments, RFC 7383 section 2.3 */

static bool takes_fragments(const struct conn *c)
{
	return c->conf.fragmentation != FRAGMENTATION_NO;
}

static void put_takes_fragments(struct ike_builder *m)
{
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_IKEV2_FRAGMENTATION_SUPPORTED,
			  });
}

static bool agree_on_fragments(const struct conn *c,
			       const struct ike_payloads *p)
{
	struct ike_notify n;

	return takes_fragments(c) &&
	       ike_find_notify(p, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, &n);
}

/* --- IKE SAs without a CHILD SA, RFC 6023 section 3 */

static void put_takes_childless(struct ike_builder *m, const struct conn *c)
{
	if (c->conf.childless != CHILDLESS_NEVER)
		ike_notify_put(m,
			       &(const struct ike_notify){
				       .type = IKE_N_CHILDLESS_IKEV2_SUPPORTED,
			       });
}

/* --- both: of either exchange that begins an IKE SA */

void init_put_extras(struct ike_sa *sa, struct ike_builder *m)
{
	if (sa->initiator)
		redirect_put(sa, m);
	if (sa->initiator ? takes_fragments(sa->conn) : sa->fragments)
		put_takes_fragments(m);
	if (!sa->initiator)
		put_takes_childless(m, sa->conn);
	nat_put(m, sa, sa->conn->conf.encap);
	if (!sa->initiator && sa->conn->conf.encap)
		sa->nat_local = true; /* as the peer is made to see it */
}

void init_take_extras(struct ike_sa *sa, const struct ike_header *h,
		      const struct ike_payloads *p)
{
	struct ike_notify n;

	nat_detect(sa, h, p);
	sa->fragments = agree_on_fragments(sa->conn, p);
	sa->takes_childless =
		ike_find_notify(p, IKE_N_CHILDLESS_IKEV2_SUPPORTED, &n);
}

/* --- initiator */

bool init_start(struct ike_sa *sa)
{
	const struct ke_alg *ke = proposals_first_ke(&sa->conn->conf.proposals);

	stream_start(sa);
	if (resume_start(sa))
		return true;
	sa->ours.kind = EX_INIT;
	return ke && nonce_make(sa, &sa->ni) &&
	       ask_ke(sa, &sa->ours, ke, slice_of(NULL, 0));
}

void init_send(struct ike_sa *sa)
{
	const struct ike_notify cookie = {
		.type = IKE_N_COOKIE,
		.data = slice_of(sa->cookie.ptr, sa->cookie.len),
	};
	struct ike_builder m;

	sa->next_ours = 0;
	message_begin(sa, &m, IKE_EXCH_IKE_SA_INIT, false, 0);
	if (sa->cookie.len)
		ike_notify_put(&m, &cookie);
	proposals_put(&m, &sa->conn->conf.proposals, slice_of(NULL, 0), true);
	ike_ke_put(&m, sa->ours.ke_method, ke_public(sa->ours.ke));
	ike_nonce_put(&m, nonce_slice(&sa->ni));
	if (ppk_is_offered(sa->conn))
		ppk_put_use(&m);
	if (intermediate_is_offered(sa->conn))
		intermediate_put(&m);
	own_cert_put_init(sa, &m);
	init_put_extras(sa, &m);
	if (!request_send(sa, &m, true))
		sa_close(sa, "IKE_SA_INIT does not fit a message");
}

static bool may_restart(struct ike_sa *sa)
{
	if (++sa->restarts <= RESTARTS_MAX)
		return true;
	sa_close(sa, "the peer asks to start over again and again");
	return false;
}

/* Section 1.3: the method that the peer wants, if it is one of ours. */
static void other_method(struct ike_sa *sa, struct slice data)
{
	const struct ke_alg *ke = NULL;
	uint16_t id;

	if (rd_u16(&data, &id))
		ke = proposals_find_ke(&sa->conn->conf.proposals, id);
	if (!ke || id == sa->ours.ke_method)
		return; /* nonsense: the true answer may still come */
	if (!may_restart(sa))
		return;
	ke_free(sa->ours.ke);
	sa->ours.ke = NULL;
	sa->resend_ns = 0;
	if (!ask_ke(sa, &sa->ours, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
}

void init_with_cookie(struct ike_sa *sa, struct slice data)
{
	if (!data.len || data.len > IKE_COOKIE_MAX_BYTES ||
	    (data.len == sa->cookie.len &&
	     memcmp(data.ptr, sa->cookie.ptr, data.len) == 0))
		return; /* a copy of what was answered already */
	if (!may_restart(sa))
		return;
	if (!octets_set(&sa->cookie, data))
		sa_close(sa, "out of memory");
	else if (sa->ours.kind == EX_RESUME)
		resume_send(sa);
	else
		init_send(sa);
}

/* Said without authentication, and there is nothing better to do. */
static void refused(struct ike_sa *sa, const struct ike_notify *n)
{
	char text[128];

	if (n->type == IKE_N_NO_PROPOSAL_CHOSEN) {
		fail_no_proposal(sa, slice_of(NULL, 0));
		return;
	}
	snprintf(text, sizeof(text), "the peer refuses IKE_SA_INIT: %s",
		 ike_notify_name(n->type));
	sa_close(sa, text);
}

/* What both sides can do. NULL, or why there can be no IKE SA. */
static const char *take_extensions(struct ike_sa *sa,
				   const struct ike_payloads *p,
				   const struct chosen *chosen)
{
	const char *why = ppk_agree(sa, p);

	rounds_take(sa, p);
	if (!why && !own_cert_take_init(sa, p))
		why = "out of memory";
	return why ? why : intermediate_agree(sa, p, chosen);
}

static void accept_response(struct ike_sa *sa, const struct ike_header *h,
			    const struct ike_payloads *p, struct slice message)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	const struct ike_payload *ke_body = ike_find(p, IKE_PL_KE);
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	const char *why;
	struct ike_ke ke;

	if (!h->spi_r || !body || !ke_body || !nonce ||
	    !ike_ke_parse(ke_body->body, &ke))
		return; /* no answer at all */
	if (!proposals_check(&sa->conn->conf.proposals, body->body, true,
			     &sa->ours.chosen) ||
	    !sa->ours.chosen.ke || sa->ours.chosen.ke->id != ke.method ||
	    ke.method != sa->ours.ke_method) {
		fail_no_proposal(sa, body->body);
		return;
	}
	if (message.len > KEYSTORE_MESSAGE_MAX) {
		sa_close(sa, "the peer's IKE_SA_INIT is too long");
		return;
	}
	sa->spi_r = h->spi_r;
	init_take_extras(sa, h, p);
	methods_take(sa, p);
	sa->resend_ns = 0;
	why = take_extensions(sa, p, &sa->ours.chosen);
	if (why) {
		sa_close(sa, why);
		return;
	}
	if (!nonce_take(&sa->nr, nonce->body) ||
	    !octets_set(&sa->first_r, message) ||
	    !ask_ke(sa, &sa->ours, sa->ours.chosen.ke, ke.data))
		sa_close(sa, "out of memory");
}

void init_elsewhere(struct ike_sa *sa, const struct ike_path *path)
{
	const struct ke_alg *ke = ke_by_id(sa->ours.ke_method);

	sa->redirected_from = sa->path.remote;
	sa_move(sa, path);
	sa->stream_token = 0;
	stream_start(sa);
	if (sa->ours.kind == EX_RESUME) {
		resume_in_full(sa);
		return;
	}
	octets_free(&sa->cookie);
	ke_free(sa->ours.ke);
	sa->ours.ke = NULL;
	sa->resend_ns = 0;
	if (!ke || !nonce_make(sa, &sa->ni) ||
	    !ask_ke(sa, &sa->ours, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
}

void init_response(struct ike_sa *sa, const struct ike_header *h,
		   const struct ike_payloads *p, struct slice message)
{
	struct ike_notify n;

	if (redirect_init(sa, p))
		return;
	if (ike_find_notify(p, IKE_N_COOKIE, &n))
		init_with_cookie(sa, n.data);
	else if (ike_find_notify(p, IKE_N_INVALID_KE_PAYLOAD, &n))
		other_method(sa, n.data);
	else if (ike_find_error(p, &n))
		refused(sa, &n);
	else
		accept_response(sa, h, p, message);
}

/* --- responder */

static void want_method(struct engine *e, const struct ike_path *path,
			const struct ike_header *h, const struct ke_alg *ke)
{
	uint8_t id[2] = { (uint8_t)(ke->id >> 8), (uint8_t)ke->id };

	notify_unprotected(e, path, h, IKE_N_INVALID_KE_PAYLOAD,
			   slice_of(id, sizeof(id)));
}

static void no_proposal(struct engine *e, const struct ike_path *path,
			const struct ike_header *h, const struct conn *c,
			struct slice body)
{
	char ours[MISMATCH_SIDE_MAX] = "no connection for these addresses";
	char peers[MISMATCH_SIDE_MAX], text[MISMATCH_STR_MAX];
	const struct ike_event event = {
		.kind = IKE_EV_FAILED,
		.conn = c ? c->conf.name : "",
		.child = "",
		.path = *path,
		.text = text,
	};
	const struct ike_event alert = {
		.kind = IKE_EV_ALERT,
		.conn = event.conn,
		.child = "",
		.path = *path,
		.text = "",
		.alert = IKE_ALERT_PROPOSAL_MISMATCH_IKE,
	};

	notify_unprotected(e, path, h, IKE_N_NO_PROPOSAL_CHOSEN,
			   slice_of(NULL, 0));
	if (!engine_note_trouble(e))
		return;
	if (c)
		proposals_describe(&c->conf.proposals, ours);
	sa_body_describe(body, peers);
	mismatch_str("proposal mismatch (IKE)", ours, peers, text);
	e->calls.event(e->calls.ctx, &alert);
	e->calls.event(e->calls.ctx, &event);
}

static void accept_request(struct engine *e, const struct ike_path *path,
			   const struct ike_header *h,
			   const struct ike_payloads *p, struct slice message,
			   const struct chosen *chosen, struct conn *c)
{
	const struct ike_payload *ke_body = ike_find(p, IKE_PL_KE);
	struct ike_sa *sa = sa_new(e, false, path);
	const char *why;
	struct ike_ke ke;

	if (!sa)
		return;
	sa->conn = conn_hold(c); /* until the peer says who it is */
	sa->spi_i = h->spi_i;
	sa_set_stranger(sa);
	sa->peers.kind = EX_INIT;
	sa->peers.chosen = *chosen;
	init_take_extras(sa, h, p);
	redirect_take(sa, p);
	why = take_extensions(sa, p, chosen);
	if (why) {
		sa_close(sa, why);
		return;
	}
	if (!ike_ke_parse(ke_body->body, &ke) ||
	    !nonce_take(&sa->ni, ike_find(p, IKE_PL_NONCE)->body) ||
	    !nonce_make(sa, &sa->nr) || !octets_set(&sa->first_i, message) ||
	    !ask_ke(sa, &sa->peers, chosen->ke, ke.data))
		sa_close(sa, "out of memory");
}

/* It can't be authenticated: the keystore takes no longer one. */
static void too_long(struct engine *e, const struct ike_path *path,
		     struct slice message)
{
	char text[128];
	const struct ike_event event = {
		.kind = IKE_EV_FAILED,
		.conn = "",
		.child = "",
		.path = *path,
		.text = text,
	};

	if (!engine_note_trouble(e))
		return;
	snprintf(text, sizeof(text),
		 "the peer's IKE_SA_INIT has %zu octets; at most %u are accepted",
		 message.len, KEYSTORE_MESSAGE_MAX);
	e->calls.event(e->calls.ctx, &event);
}

/* RFC 9370 section 2.2.1: they have an exchange of their own. */
static bool may_have_addkes(const struct ike_payloads *p,
			    const struct chosen *chosen)
{
	struct ike_notify n;

	return !chosen_has_addke(chosen) ||
	       ike_find_notify(p, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, &n);
}

void init_request(struct engine *e, const struct ike_path *path,
		  const struct ike_header *h, const struct ike_payloads *p,
		  struct slice message)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	const struct ike_payload *ke_body = ike_find(p, IKE_PL_KE);
	struct chosen chosen;
	struct ike_ke ke;
	struct conn *c;

	if (!body || !ke_body || !ike_find(p, IKE_PL_NONCE) ||
	    !ike_ke_parse(ke_body->body, &ke))
		return;
	if (message.len > KEYSTORE_MESSAGE_MAX) {
		too_long(e, path, message);
		return;
	}
	if (!conn_for_offer(e, path, body->body, &c, &chosen) ||
	    !may_have_addkes(p, &chosen)) {
		if (!c && resolve_for_stranger(e))
			return;
		no_proposal(e, path, h, c, body->body);
		return;
	}
	if (chosen.ke->id != ke.method)
		want_method(e, path, h, chosen.ke);
	else if (sa_may_come(e, &path->remote))
		accept_request(e, path, h, p, message, &chosen, c);
}

static void send_response(struct ike_sa *sa)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_SA_INIT, true, 0);
	chosen_put(&m, &sa->peers.chosen, slice_of(NULL, 0));
	ike_ke_put(&m, sa->peers.ke_method, ke_public(sa->peers.ke));
	ike_nonce_put(&m, nonce_slice(&sa->nr));
	if (sa->ppk)
		ppk_put_use(&m);
	if (sa->intermediate)
		intermediate_put(&m);
	rounds_put_support(&m);
	methods_put(sa, &m);
	own_cert_put_init(sa, &m);
	init_put_extras(sa, &m);
	if (reply_send(sa, &m) &&
	    octets_set(&sa->first_r, slice_of(sa->reply.ptr, sa->reply.len)))
		sa_set_state(sa, IKE_ST_AUTH);
	else
		sa_close(sa, "out of memory");
}

/* --- both: the key exchange is done */

static int make_keys(struct ike_sa *sa, const struct exchange *x)
{
	const struct keys_input in = {
		.chosen = &x->chosen,
		.shared = ke_shared(x->ke),
		.ni = nonce_slice(&sa->ni),
		.nr = nonce_slice(&sa->nr),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.initiator = sa->initiator,
	};
	int err = keys_init(&in, &sa->keys);

	sa->has_keys = !err;
	sa->suite = x->chosen;
	sa->suite.spi = slice_of(NULL, 0); /* of a message that is gone */
	return err;
}

void init_resume(struct ike_sa *sa, struct exchange *x, const struct ke_job *job)
{
	if (job->err) {
		sa_close(sa, "the peer's key exchange value is not valid");
		return;
	}
	if (!job->peer_len) {
		init_send(sa);
		return;
	}
	if (make_keys(sa, x)) {
		sa_close(sa, "keys could not be made");
		return;
	}
	if (!sa->initiator) {
		send_response(sa);
		return;
	}
	sa_set_state(sa, IKE_ST_AUTH);
	exchange_end(sa, x);
	intermediate_next(sa);
}
