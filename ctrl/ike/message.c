// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages of an IKE SA on their way out: header, and the two
 * windows (RFC 7296 sections 2.1 to 2.3): a request of ours is kept and sent
 * again until its response comes, a reply of ours is kept and sent again when
 * the request comes again.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/acquire.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/post.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/stream.h"
#include "ctrl/ike/trace.h"
#include "ctrl/ike/view.h"

#define NS_PER_MS	   1000000ULL
#define RETRANSMIT_MOST_MS 86400000U
#define RESUME_TRIES	   2U /* the peer may be another one than before */

static uint64_t at_random(const struct ike_sa *sa, uint64_t below)
{
	uint64_t n;

	if (!below || !sa->e->calls.random(sa->e->calls.ctx, &n, sizeof(n)))
		return 0;
	return n % below;
}

/* RFC 7296 section 2.1 leaves times to us. */
static uint64_t resend_after_ns(const struct ike_sa *sa)
{
	const struct ike_options *o = &sa->e->options;
	uint64_t limit_ms = o->retransmit_limit_ms ? o->retransmit_limit_ms
						   : RETRANSMIT_MOST_MS;
	uint64_t ms = o->retransmit_timeout_ms;

	for (unsigned int i = 0; i < sa->tries && ms < limit_ms; i++)
		ms = ms * o->retransmit_base_1000 / 1000;
	ms = ms < limit_ms ? ms : limit_ms;
	return ms * NS_PER_MS - at_random(sa, ms * o->retransmit_jitter_percent /
						      100 * NS_PER_MS);
}

void message_begin(struct ike_sa *sa, struct ike_builder *m,
		   enum ike_exchange exchange, bool response, uint32_t id)
{
	const struct ike_header h = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = (uint8_t)exchange,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_I : 0) |
				   (response ? IKE_FLAG_R : 0)),
		.message_id = id,
	};

	ike_begin(m, sa->e->room, sizeof(sa->e->room), &h);
	if (exchange != IKE_EXCH_IKE_SA_INIT &&
	    exchange != IKE_EXCH_IKE_SESSION_RESUME)
		ike_sk_begin(m, sa->keys.encr->iv_bytes);
}

/* Once, however many fragments it is in. */
static void count_out(const struct ike_sa *sa, struct slice message)
{
	struct slice first;
	struct ike_header h;

	if (ike_message_next(&message, &first) && ike_header_parse(first, &h))
		sa_count_message(sa->e, sa, &h, true);
}

bool request_send(struct ike_sa *sa, struct ike_builder *m, bool first)
{
	struct slice message;

	trace_out(sa->e, &sa->path, m);
	if (!message_seal(sa, &sa->path, m, &message) ||
	    (first && message.len > KEYSTORE_MESSAGE_MAX) ||
	    !octets_set(&sa->request, message))
		return false;
	if (first && !octets_set(&sa->first_i, message))
		return false;
	sa->ours.step = STEP_RESPONSE;
	sa->ours.message_id = sa->next_ours++;
	sa->tries = 0;
	sa->resend_ns = sa->e->now_ns + resend_after_ns(sa);
	view_changed(sa);
	count_out(sa, message);
	post_message(sa, &sa->path, message, &sa->request_after);
	return true;
}

void request_take_over(struct ike_sa *sa)
{
	sa->tries = 0;
	sa->resend_ns = sa->e->now_ns + resend_after_ns(sa);
	post_again(sa, &sa->path, &sa->request, sa->request_after);
}

void request_resend(struct ike_sa *sa)
{
	struct ike_path way;

	if (sa->ours.kind == EX_RESUME && sa->tries >= RESUME_TRIES) {
		resume_in_full(sa);
		return;
	}
	if (sa->tries >= sa->e->options.retransmit_tries) {
		sa_alert(sa, IKE_ALERT_RETRANSMIT_SEND_TIMEOUT);
		if (sa->state == IKE_ST_INIT)
			sa_alert(sa, IKE_ALERT_PEER_INIT_UNREACHABLE);
		again_dead(sa);
		reauth_begin_anew(sa);
		sa_close(sa, "the peer does not answer");
		return;
	}
	sa->tries++;
	sa->resend_ns = sa->e->now_ns + resend_after_ns(sa);
	stream_try(sa);
	way = mobike_way(sa, sa->tries);
	if (way.stream)
		return; /* that loses nothing; or it has been lost itself */
	sa_alert(sa, IKE_ALERT_RETRANSMIT_SEND);
	trace_again(sa->e, &way, &sa->request);
	post_again(sa, &way, &sa->request, sa->request_after);
}

bool reply_send(struct ike_sa *sa, struct ike_builder *m)
{
	struct slice message;

	trace_out(sa->e, &sa->asked_by, m);
	if (!message_seal(sa, &sa->asked_by, m, &message) ||
	    !octets_set(&sa->reply, message))
		return false;
	count_out(sa, message);
	exchange_end(sa, &sa->peers);
	sa->next_peers++;
	post_message(sa, &sa->asked_by, message, &sa->reply_after);
	return true;
}

void reply_notify(struct ike_sa *sa, enum ike_exchange exchange, uint16_t type,
		  struct slice data)
{
	const struct ike_notify n = { .type = type, .data = data };
	struct ike_builder m;

	message_begin(sa, &m, exchange, true, sa->next_peers);
	ike_notify_put(&m, &n);
	if (!reply_send(sa, &m))
		sa_close(sa, "out of memory");
}

void reply_syntax(struct ike_sa *sa, enum ike_exchange exchange, const char *why)
{
	again_broken(sa);
	reply_notify(sa, exchange, IKE_N_INVALID_SYNTAX, slice_of(NULL, 0));
	sa_linger(sa, why);
}

bool nonce_make(struct ike_sa *sa, struct nonce *n)
{
	uint8_t octets[NONCE_BYTES];

	return sa->e->calls.random(sa->e->calls.ctx, octets, sizeof(octets)) &&
	       nonce_take(n, slice_of(octets, sizeof(octets)));
}

bool nonce_take(struct nonce *n, struct slice body)
{
	uint8_t *copy = malloc(body.len);

	if (!copy)
		return false;
	memcpy(copy, body.ptr, body.len);
	nonce_free(n);
	*n = (struct nonce){ .octets = copy, .len = body.len };
	return true;
}

void nonce_free(struct nonce *n)
{
	free(n->octets);
	*n = (struct nonce){ .octets = NULL };
}

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

void nonce_take_lower(struct nonce *n, struct nonce *a, struct nonce *b)
{
	struct nonce *lower = nonce_order(a, b) < 0 ? a : b;

	nonce_free(n);
	*n = *lower;
	*lower = (struct nonce){ .octets = NULL };
}

bool nonce_is_lower(const struct nonce *a, const struct nonce *b)
{
	return nonce_order(a, b) < 0;
}

void notify_unprotected(struct engine *e, const struct ike_path *path,
			const struct ike_header *h, uint16_t type,
			struct slice data)
{
	const struct ike_header back = {
		.spi_i = h->spi_i,
		.spi_r = h->spi_r,
		.version = IKE_VERSION,
		.exchange = h->exchange,
		.flags = IKE_FLAG_R,
		.message_id = h->message_id,
	};
	const struct ike_notify n = { .type = type, .data = data };
	struct ike_builder m;
	struct slice message;

	ike_begin(&m, e->room, sizeof(e->room), &back);
	ike_notify_put(&m, &n);
	trace_out(e, path, &m);
	if (!ike_end(&m, &message))
		return;
	sa_count_message(e, NULL, &back, true);
	e->calls.send(e->calls.ctx, path, message);
}
