// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a datagram to an exchange: the header, the IKE SA, the windows (RFC 7296
 * sections 2.1 to 2.3), the protection, and whether these payloads may stand in
 * this message in this state. An exchange never sees a message that it does not
 * expect.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/receive.h"

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/cookie.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/fragment.h"
#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/record.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/trace.h"

#include <stdlib.h>

#define EARLY_MAX 20480U /* as long as a stream has messages for us */

#define BIT(type) (1ULL << ((type)-IKE_PL_SA))

/* What every message may have besides. */
#define ALWAYS (BIT(IKE_PL_NOTIFY) | BIT(IKE_PL_VENDOR))

/* Of which there may be several: section 3.6 and 3.7, and 3.10 to 3.12. */
#define SEVERAL \
	(ALWAYS | BIT(IKE_PL_CERT) | BIT(IKE_PL_CERTREQ) | BIT(IKE_PL_DELETE))

/* Which side of the IKE SA may send it. */
enum sender {
	BY_EITHER,
	BY_INITIATOR,
	BY_RESPONDER,
};

/*
 * Rows are disjoint. required: exactly one of each; optional: one at most, but of
 * those in SEVERAL. A response that is an error has notifications alone, hence no
 * response requires a payload: what is missing is its exchange's to judge.
 */
static const struct row {
	enum ike_exchange exchange;
	bool response;
	enum sender sender;
	enum ike_state state;
	uint64_t required;
	uint64_t optional;
} rows[] = {
	{ IKE_EXCH_IKE_SA_INIT, false, BY_INITIATOR, IKE_ST_INIT,
	  BIT(IKE_PL_SA) | BIT(IKE_PL_KE) | BIT(IKE_PL_NONCE),
	  BIT(IKE_PL_CERTREQ) },
	{ IKE_EXCH_IKE_SA_INIT, true, BY_RESPONDER, IKE_ST_INIT, 0,
	  BIT(IKE_PL_SA) | BIT(IKE_PL_KE) | BIT(IKE_PL_NONCE) |
		  BIT(IKE_PL_CERTREQ) },
	{ IKE_EXCH_IKE_SESSION_RESUME, false, BY_INITIATOR, IKE_ST_INIT,
	  BIT(IKE_PL_NONCE), 0 },
	{ IKE_EXCH_IKE_SESSION_RESUME, true, BY_RESPONDER, IKE_ST_INIT, 0,
	  BIT(IKE_PL_NONCE) },
	{ IKE_EXCH_IKE_INTERMEDIATE, false, BY_INITIATOR, IKE_ST_AUTH, 0,
	  BIT(IKE_PL_KE) },
	{ IKE_EXCH_IKE_INTERMEDIATE, true, BY_RESPONDER, IKE_ST_AUTH, 0,
	  BIT(IKE_PL_KE) },
	{ IKE_EXCH_IKE_AUTH, false, BY_INITIATOR, IKE_ST_AUTH,
	  0, /* without AUTH it wants EAP, and is told, or a round of ours alone */
	  BIT(IKE_PL_ID_I) | BIT(IKE_PL_AUTH) | BIT(IKE_PL_ID_R) |
		  BIT(IKE_PL_SA) | BIT(IKE_PL_TS_I) | BIT(IKE_PL_TS_R) |
		  BIT(IKE_PL_CERT) | BIT(IKE_PL_CERTREQ) | BIT(IKE_PL_CP) },
	{ IKE_EXCH_IKE_AUTH, true, BY_RESPONDER, IKE_ST_AUTH, 0,
	  BIT(IKE_PL_ID_R) | BIT(IKE_PL_AUTH) | BIT(IKE_PL_SA) |
		  BIT(IKE_PL_TS_I) | BIT(IKE_PL_TS_R) | BIT(IKE_PL_CERT) |
		  BIT(IKE_PL_CP) },
	{ IKE_EXCH_INFORMATIONAL, false, BY_INITIATOR, IKE_ST_AUTH, 0,
	  BIT(IKE_PL_DELETE) }, /* between two rounds */
	{ IKE_EXCH_CREATE_CHILD_SA, false, BY_EITHER, IKE_ST_ESTABLISHED,
	  BIT(IKE_PL_SA) | BIT(IKE_PL_NONCE),
	  BIT(IKE_PL_KE) | BIT(IKE_PL_TS_I) | BIT(IKE_PL_TS_R) },
	{ IKE_EXCH_CREATE_CHILD_SA, true, BY_EITHER, IKE_ST_ESTABLISHED, 0,
	  BIT(IKE_PL_SA) | BIT(IKE_PL_NONCE) | BIT(IKE_PL_KE) |
		  BIT(IKE_PL_TS_I) | BIT(IKE_PL_TS_R) },
	{ IKE_EXCH_INFORMATIONAL, false, BY_EITHER, IKE_ST_ESTABLISHED, 0,
	  BIT(IKE_PL_DELETE) | BIT(IKE_PL_CP) },
	{ IKE_EXCH_INFORMATIONAL, true, BY_EITHER, IKE_ST_ESTABLISHED, 0,
	  BIT(IKE_PL_DELETE) | BIT(IKE_PL_CP) },
	{ IKE_EXCH_IKE_FOLLOWUP_KE, false, BY_EITHER, IKE_ST_ESTABLISHED,
	  BIT(IKE_PL_KE), 0 },
	{ IKE_EXCH_IKE_FOLLOWUP_KE, true, BY_EITHER, IKE_ST_ESTABLISHED, 0,
	  BIT(IKE_PL_KE) },
	{ IKE_EXCH_IKE_FOLLOWUP_KE, false, BY_EITHER, IKE_ST_DELETING,
	  BIT(IKE_PL_KE), 0 },
	{ IKE_EXCH_CREATE_CHILD_SA, false, BY_EITHER, IKE_ST_DELETING,
	  BIT(IKE_PL_SA) | BIT(IKE_PL_NONCE),
	  BIT(IKE_PL_KE) | BIT(IKE_PL_TS_I) | BIT(IKE_PL_TS_R) },
	{ IKE_EXCH_INFORMATIONAL, false, BY_EITHER, IKE_ST_DELETING, 0,
	  BIT(IKE_PL_DELETE) | BIT(IKE_PL_CP) },
	{ IKE_EXCH_INFORMATIONAL, true, BY_EITHER, IKE_ST_DELETING, 0,
	  BIT(IKE_PL_DELETE) | BIT(IKE_PL_CP) },
};

static bool may_send(enum sender sender, const struct ike_header *h)
{
	bool initiator = h->flags & IKE_FLAG_I;

	return sender == BY_EITHER || initiator == (sender == BY_INITIATOR);
}

static const struct row *find_row(const struct ike_header *h,
				  enum ike_state state)
{
	bool response = h->flags & IKE_FLAG_R;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].exchange == h->exchange &&
		    rows[i].response == response && rows[i].state == state &&
		    may_send(rows[i].sender, h))
			return &rows[i];
	return NULL;
}

/* Who has heard no proof of ours has none to refuse. */
static const struct row *row_of(const struct ike_sa *sa,
				const struct ike_header *h)
{
	bool too_soon = sa->state == IKE_ST_AUTH && !sa->round_asked;

	return too_soon && h->exchange == IKE_EXCH_INFORMATIONAL
		       ? NULL
		       : find_row(h, sa->state);
}

static bool fits_row(const struct row *row, const struct ike_payloads *p)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		uint64_t bit = BIT(p->at[i].type);

		if (!(bit & (row->required | row->optional | ALWAYS)))
			return false;
		if (bit & seen & ~SEVERAL)
			return false;
		seen |= bit;
	}
	return (seen & row->required) == row->required;
}

/* --- IKE_SA_INIT and IKE_SESSION_RESUME, not protected */

static bool begins(const struct ike_header *h)
{
	return h->exchange == IKE_EXCH_IKE_SA_INIT ||
	       h->exchange == IKE_EXCH_IKE_SESSION_RESUME;
}

/* Once: whoever saw a request can send it as often as he likes. */
static void note_again(struct ike_sa *sa)
{
	if (!sa->is_again)
		sa_alert(sa, IKE_ALERT_RETRANSMIT_RECEIVE);
	sa->is_again = true;
}

static void receive_first(struct engine *e, const struct ike_path *path,
			  const struct ike_header *h, struct slice message,
			  const struct ike_payloads *p)
{
	struct ike_sa *sa;

	if (!h->spi_i || h->spi_r)
		return;
	sa = sa_by_first(e, path, message);
	if (sa) { /* again: a cookie now would overtake the reply */
		trace_note(e, path, h, "again: the reply is sent again");
		note_again(sa);
		if (sa->reply.len && sa->state == IKE_ST_AUTH)
			post_again(sa, path, &sa->reply, sa->reply_after);
		return;
	}
	sa_count_message(e, NULL, h, false);
	/* Before anything is chosen or made: a flood costs one hash each. Who has
	 * opened a stream is where he says (RFC 9329 section 6.3). */
	if (!path->stream && cookie_wanted(e, &path->remote) &&
	    !cookie_ok(e, path, h, p))
		cookie_ask(e, path, h, p);
	else if (h->exchange == IKE_EXCH_IKE_SESSION_RESUME)
		resume_request(e, path, h, p, message);
	else
		init_request(e, path, h, p, message);
}

/*
 * Section 2.5: a payload that must be understood, and is not, is named; whatever
 * else is wrong with a message that anybody may have sent is left alone.
 */
static void bad_init(struct engine *e, const struct ike_path *path,
		     const struct ike_header *h, const struct ike_payloads *p)
{
	invalid_message(e, NULL, path, IKE_ALERT_PARSE_ERROR_BODY);
	trace_note(e, path, h, "not well formed, or not expected");
	if (p->refused && !(h->flags & IKE_FLAG_R) && h->spi_i && !h->spi_r)
		notify_unprotected(e, path, h,
				   IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
				   slice_of(&p->refused, 1));
}

static enum ike_exchange exchange_of(const struct exchange *x)
{
	switch (x->kind) {
	case EX_RESUME:
		return IKE_EXCH_IKE_SESSION_RESUME;
	case EX_INTERMEDIATE:
		return IKE_EXCH_IKE_INTERMEDIATE;
	case EX_AUTH:
		return IKE_EXCH_IKE_AUTH;
	case EX_CHILD:
	case EX_REKEY_IKE:
		return followup_exchange(x);
	case EX_INFO:
	case EX_MOBIKE:
		return IKE_EXCH_INFORMATIONAL;
	case EX_NONE:
	case EX_INIT:
		break;
	}
	return IKE_EXCH_IKE_SA_INIT;
}

static void receive_init(struct engine *e, const struct ike_path *path,
			 const struct ike_header *h, struct slice message)
{
	const struct row *row = find_row(h, IKE_ST_INIT);
	struct slice rest = message, header;
	struct ike_payloads p = { .refused = IKE_PL_NONE };
	struct ike_sa *sa;

	if (!row || h->message_id != 0 ||
	    !rd_slice(&rest, IKE_HEADER_BYTES, &header) ||
	    ike_payloads_parse(rest, h->next_payload, IKE_PART_CLEAR, &p) !=
		    IKE_PARSE_OK ||
	    !fits_row(row, &p)) {
		bad_init(e, path, h, &p);
		return;
	}
	trace_in(e, path, h, &p);
	if (!row->response) {
		receive_first(e, path, h, message, &p);
		return;
	}
	sa = sa_by_spi(e, h->spi_i);
	if (!sa)
		invalid_message(e, NULL, path, IKE_ALERT_INVALID_IKE_SPI);
	if (!sa || !sa->initiator || sa->state != IKE_ST_INIT ||
	    path->stream != sa->path.stream || sa->ours.kind == EX_NONE ||
	    sa->ours.step != STEP_RESPONSE ||
	    exchange_of(&sa->ours) != h->exchange)
		return;
	sa_touch(sa);
	sa_count_message(e, sa, h, false);
	if (sa->ours.kind == EX_RESUME)
		resume_response(sa, h, &p, message);
	else
		init_response(sa, h, &p, message);
}

/* --- the windows */

/* Is it the response that our request waits for? */
static bool is_awaited(const struct ike_sa *sa, const struct ike_header *h)
{
	const struct exchange *x = &sa->ours;

	return (h->flags & IKE_FLAG_R) && x->kind != EX_NONE &&
	       x->step == STEP_RESPONSE && h->message_id == x->message_id &&
	       h->exchange == exchange_of(x);
}

/*
 * The peer knows of an SA that is not all there yet: what it asks of it has no
 * true answer now. It asks again.
 */
static bool is_unready(const struct ike_sa *sa)
{
	const struct exchange *x = &sa->ours;

	return x->kind == EX_AUTH || x->kind == EX_INTERMEDIATE ||
	       (x->kind == EX_CHILD && x->nr.len && x->step != STEP_RESPONSE);
}

/* By a stream it does not come again: it is kept (RFC 9329 section 6.2). */
static bool is_early(const struct ike_sa *sa, const struct ike_path *path,
		     const struct ike_header *h)
{
	return stream_is_up(path) && path->stream == sa->path.stream &&
	       !(h->flags & IKE_FLAG_R) && h->message_id == sa->next_peers &&
	       sa->peers.kind == EX_NONE && sa->state != IKE_ST_DEAD &&
	       is_unready(sa);
}

static void keep_early(struct ike_sa *sa, struct slice message)
{
	struct early *early = NULL;

	if (message.len <= EARLY_MAX)
		early = malloc(sizeof(*early) + message.len);
	if (!early)
		return;
	early->len = message.len;
	memcpy(early->octets, message.ptr, message.len);
	free(sa->early);
	sa->early = early;
	sa_touch(sa);
}

bool early_is_due(const struct ike_sa *sa)
{
	return sa->early && !is_unready(sa);
}

/* Its stream is lost, and it comes again while the reply is being made. */
static bool is_in_work(const struct ike_sa *sa, const struct ike_header *h)
{
	return !(h->flags & IKE_FLAG_R) && sa->peers.kind != EX_NONE &&
	       h->message_id == sa->next_peers && sa->path.stream == STREAM_LOST;
}

/* Is it the request that the window has room for? */
static bool is_next(const struct ike_sa *sa, const struct ike_header *h)
{
	return !(h->flags & IKE_FLAG_R) && h->message_id == sa->next_peers &&
	       sa->peers.kind == EX_NONE && sa->state != IKE_ST_DEAD &&
	       !is_unready(sa);
}

/* Is it the one that we have answered last? */
static bool is_answered(const struct ike_sa *sa, const struct ike_header *h)
{
	return !(h->flags & IKE_FLAG_R) && sa->reply.len &&
	       h->message_id + 1 == sa->next_peers;
}

/* --- everything else, protected */

struct opened {
	struct ike_fragment fragment; /* total 0: it is the whole message */
	struct slice payloads;
	uint8_t first;
};

/* What is encrypted; false: nothing, or a fragment of which there is no use. */
static bool find_body(const struct ike_sa *sa, const struct ike_header *h,
		      const struct ike_payloads *clear, struct opened *o,
		      struct slice *body)
{
	const struct ike_payload *p = &clear->at[0];

	if (clear->n != 1)
		return false;
	*body = p->body;
	if (p->type != IKE_PL_SKF || !sa->fragments)
		return p->type == IKE_PL_SK;
	if (!ike_fragment_parse(p->body, &o->fragment))
		return false;
	*body = o->fragment.body;
	return is_answered(sa, h) ? o->fragment.number == 1
				  : fragment_is_wanted(sa, h, &o->fragment);
}

/* Who decrypts is who may believe it. */
static bool open(struct ike_sa *sa, const struct ike_header *h,
		 uint8_t *datagram, struct opened *o)
{
	const struct keys *keys =
		is_answered(sa, h) ? intermediate_keys_of(sa) : &sa->keys;
	struct slice rest = slice_of(datagram, h->length), header, body;
	struct ike_payloads clear;
	struct ike_sk sk;

	if (!rd_slice(&rest, IKE_HEADER_BYTES, &header) ||
	    ike_payloads_parse(rest, h->next_payload, IKE_PART_CLEAR, &clear) !=
		    IKE_PARSE_OK)
		return false;
	o->first = clear.sk_first;
	return find_body(sa, h, &clear, o, &body) &&
	       ike_sk_split(datagram, body, sa->keys.encr->iv_bytes,
			    sa->keys.encr->block_bytes,
			    keys_icv_bytes(&sa->keys), &sk) &&
	       keys_open(keys,
			 &(const struct sk_text){ .message = sk.message,
						  .aad_bytes = sk.aad_bytes,
						  .text_bytes = sk.text_bytes }) &&
	       ike_sk_inner(&sk, &o->payloads);
}

/* With a window of 1, a new request says that our last reply was received. */
static void confirm_children(struct ike_sa *sa)
{
	for (struct child_sa *c = sa->children; c; c = c->next)
		child_confirm(sa, c);
}

static void dispatch_request(struct ike_sa *sa, const struct ike_header *h,
			     const struct ike_payloads *p)
{
	confirm_children(sa);
	switch (h->exchange) {
	case IKE_EXCH_IKE_INTERMEDIATE:
		intermediate_request(sa, p);
		break;
	case IKE_EXCH_IKE_AUTH:
		auth_request(sa, p);
		break;
	case IKE_EXCH_CREATE_CHILD_SA:
		create_request(sa, p);
		break;
	case IKE_EXCH_IKE_FOLLOWUP_KE:
		followup_request(sa, p);
		break;
	case IKE_EXCH_INFORMATIONAL:
		if (sa->state == IKE_ST_AUTH)
			auth_given_up(sa, p);
		else
			info_request(sa, p);
		break;
	}
}

/* Section 2.21.3: then there is no IKE SA any more, and no DELETE. */
static bool is_fatal(const struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	return sa->state == IKE_ST_ESTABLISHED &&
	       ike_find_notify(p, IKE_N_INVALID_SYNTAX, &n);
}

static void dispatch_response(struct ike_sa *sa, const struct ike_header *h,
			      const struct ike_payloads *p)
{
	if (!record_freeze(sa))
		return; /* it comes again */
	if (sa->tries)
		sa_alert(sa, IKE_ALERT_RETRANSMIT_SEND_CLEARED);
	sa->resend_ns = 0;
	if (is_fatal(sa, p)) {
		again_broken(sa);
		sa_close(sa,
			 "the peer says that our request is not well formed (INVALID_SYNTAX)");
		return;
	}
	switch (h->exchange) {
	case IKE_EXCH_IKE_INTERMEDIATE:
		intermediate_response(sa, p);
		break;
	case IKE_EXCH_IKE_AUTH:
		auth_response(sa, p);
		break;
	case IKE_EXCH_CREATE_CHILD_SA:
		if (sa->ours.kind == EX_CHILD)
			child_x_response(sa, p);
		else if (sa->ours.kind == EX_REKEY_IKE)
			rekey_response(sa, p);
		break;
	case IKE_EXCH_IKE_FOLLOWUP_KE:
		followup_response(sa, p);
		break;
	case IKE_EXCH_INFORMATIONAL:
		if (sa->ours.kind == EX_MOBIKE)
			mobike_response(sa, p);
		else
			info_response(sa, p);
		break;
	}
}

/* Section 2.23: a peer behind a NAT is where its last message came from, unless it says
 * where it is (RFC 4555 section 3.8). */
static void follow(struct ike_sa *sa, const struct ike_path *path)
{
	if (sa->state == IKE_ST_AUTH && !sa->initiator)
		sa_move(sa, path); /* it may have moved to port 4500 */
	else if (!path->stream && !sa->path.stream && sa->nat_remote &&
		 !sa->nat_local && !sa->mobike)
		sa_move(sa, path);
	stream_heard(sa, path);
}

/*
 * A request that is not well formed is answered so, and is the end of the IKE SA
 * (section 2.21.3); a critical payload that is not known is that of a handshake
 * (section 2.21.2). A response can only be left alone: the request is sent again
 * until it times out.
 */
static void bad_payloads(struct ike_sa *sa, const struct ike_header *h,
			 enum ike_parse result, uint8_t type)
{
	if (h->flags & IKE_FLAG_R)
		return;
	if (result != IKE_PARSE_CRITICAL) {
		reply_syntax(sa, h->exchange,
			     "the peer's request is not well formed");
		return;
	}
	reply_notify(sa, h->exchange, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
		     slice_of(&type, 1));
	if (sa->state == IKE_ST_AUTH)
		sa_linger(
			sa,
			"the peer's IKE_AUTH has a critical payload that is not known here");
}

static const struct ike_path *came_by(const struct ike_sa *sa,
				      const struct ike_header *h)
{
	return h->flags & IKE_FLAG_R ? &sa->path : &sa->asked_by;
}

static void receive_opened(struct ike_sa *sa, const struct ike_header *h,
			   struct slice inner, uint8_t first)
{
	const struct row *row = row_of(sa, h);
	struct ike_payloads p;
	enum ike_parse result =
		ike_payloads_parse(inner, first, IKE_PART_PROTECTED, &p);

	if (result == IKE_PARSE_OK && (!row || !fits_row(row, &p)))
		result = IKE_PARSE_SYNTAX;
	if (result == IKE_PARSE_OK && h->exchange == IKE_EXCH_IKE_INTERMEDIATE &&
	    !intermediate_heard(sa, h, first, inner))
		return;
	if (result == IKE_PARSE_OK) {
		sa_count_message(sa->e, sa, h, false);
		trace_in(sa->e, came_by(sa, h), h, &p);
	} else {
		invalid_message(sa->e, sa, came_by(sa, h),
				IKE_ALERT_PARSE_ERROR_BODY);
		trace_note(sa->e, came_by(sa, h), h,
			   "not well formed, or not expected");
	}
	if (result != IKE_PARSE_OK)
		bad_payloads(sa, h, result, p.refused);
	else if (h->flags & IKE_FLAG_R)
		dispatch_response(sa, h, &p);
	else
		dispatch_request(sa, h, &p);
}

static struct ike_sa *find_sa(const struct engine *e, const struct ike_header *h)
{
	bool from_initiator = h->flags & IKE_FLAG_I;
	struct ike_sa *sa = sa_by_spi(e, from_initiator ? h->spi_r : h->spi_i);

	if (!sa || sa->initiator == from_initiator || !sa->has_keys ||
	    sa->spi_i != h->spi_i || sa->spi_r != h->spi_r)
		return NULL;
	return sa;
}

/* A fragment that others wait for is the whole message, too. */
static void receive_piece(struct ike_sa *sa, const struct ike_header *h,
			  struct opened *o)
{
	struct octets whole;

	if (!o->fragment.total) {
		receive_opened(sa, h, o->payloads, o->first);
		return;
	}
	if (!fragment_take(sa, h, &o->fragment, o->payloads, &o->first, &whole))
		return;
	receive_opened(sa, h, slice_of(whole.ptr, whole.len), o->first);
	octets_free(&whole);
}

/*
 * A reply is given again only to who can have asked: a header alone must not
 * draw it, to wherever it says. A request in fragments draws it once.
 */
static void receive_protected(struct engine *e, const struct ike_path *path,
			      const struct ike_header *h, uint8_t *datagram)
{
	struct ike_sa *sa = find_sa(e, h);
	struct opened o = { .first = IKE_PL_NONE };

	if (!sa)
		invalid_message(e, NULL, path, IKE_ALERT_INVALID_IKE_SPI);
	if (sa && is_early(sa, path, h)) {
		keep_early(sa, slice_of(datagram, h->length));
		return;
	}
	if (!sa || !(is_awaited(sa, h) || is_next(sa, h) ||
		     is_answered(sa, h) || is_in_work(sa, h))) {
		trace_note(e, path, h,
			   sa ? "not expected now" : "of no IKE SA of ours");
		return;
	}
	if (!open(sa, h, datagram, &o)) {
		if (!o.fragment.total) { /* else it may only come again */
			invalid_message(e, sa, path, IKE_ALERT_PARSE_ERROR_BODY);
			trace_note(e, path, h, "its protection is wrong");
		}
		return;
	}
	if (is_answered(sa, h)) {
		trace_note(e, path, h, "again: the reply is sent again");
		note_again(sa);
		stream_heard_again(sa, path);
		if (path->stream)
			post_other_way(sa, path, &sa->reply, &sa->reply_after);
		else
			post_again(sa, path, &sa->reply, sa->reply_after);
		return;
	}
	if (is_in_work(sa, h)) {
		stream_heard_again(sa, path);
		return;
	}
	sa_touch(sa);
	sa->heard_ns = e->now_ns;
	sa->quiet_ns = 0;
	if (h->flags & IKE_FLAG_R) {
		mobike_heard(sa, path);
	} else {
		sa->asked_by = *path;
		sa->is_again = false;
	}
	follow(sa, path);
	receive_piece(sa, h, &o);
}

/* By the way that the IKE SA has by now: the stream that it came by may be lost. */
void receive_early(struct ike_sa *sa)
{
	const struct ike_path path = sa->path;
	struct early *early = sa->early;

	sa->early = NULL;
	receive(sa->e, &path, early->octets, early->len);
	free(early);
}

void receive(struct engine *e, const struct ike_path *path, uint8_t *datagram,
	     size_t len)
{
	struct slice message = slice_of(datagram, len);
	struct ike_header h;

	if (!ike_header_parse(message, &h)) {
		invalid_message(e, NULL, path, IKE_ALERT_PARSE_ERROR_HEADER);
		return;
	}
	if ((h.version & IKE_MAJOR_MASK) > (IKE_VERSION & IKE_MAJOR_MASK)) {
		if (!(h.flags & IKE_FLAG_R)) /* section 2.5 */
			notify_unprotected(e, path, &h,
					   IKE_N_INVALID_MAJOR_VERSION,
					   slice_of(NULL, 0));
		return;
	}
	if ((h.version & IKE_MAJOR_MASK) != (IKE_VERSION & IKE_MAJOR_MASK))
		return;
	if (begins(&h))
		receive_init(e, path, &h, message);
	else
		receive_protected(e, path, &h, datagram);
}
