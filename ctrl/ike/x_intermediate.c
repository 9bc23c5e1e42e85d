// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_INTERMEDIATE (RFC 9242), between IKE_SA_INIT and IKE_AUTH, once for each
 * additional key exchange (RFC 9370 section 2.2.2):
 *
 *     HDR, SK {KEi(n)}  -->
 *                      <--  HDR, SK {KEr(n)}
 *
 * Both are protected by the keys that were there before, and the next exchange by
 * those that this one makes. A request without anything in it is answered in kind.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/intermediate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/nat.h"

/* Of one handshake; more than there are additional key exchanges. */
#define EXCHANGES_MAX 16U

struct intermediate {
	unsigned int n;	   /* exchanges so far */
	unsigned int next; /* of the suite's additional key exchanges */
	/* IntAuth of the initiator's messages so far, and of the responder's. */
	uint8_t auth[2][KEYSTORE_PRF_MAX];
	bool has_auth[2];
	struct keys before; /* by which the last request may come again */
	bool has_before;
};

/* --- IKE_SA_INIT */

bool intermediate_is_offered(const struct conn *c)
{
	for (size_t i = 0; i < c->conf.proposals.n; i++)
		if (addkes_any(&c->conf.proposals.at[i].addkes))
			return true;
	return false;
}

void intermediate_put(struct ike_builder *m)
{
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED,
			  });
}

const char *intermediate_agree(struct ike_sa *sa, const struct ike_payloads *p,
			       const struct chosen *chosen)
{
	bool ours = !sa->initiator || intermediate_is_offered(sa->conn);
	struct ike_notify n;

	if (ours &&
	    ike_find_notify(p, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, &n)) {
		sa->intermediate = calloc(1, sizeof(*sa->intermediate));
		return sa->intermediate ? NULL : "out of memory";
	}
	return chosen_has_addke(chosen)
		       ? "the peer chooses additional key exchanges (RFC 9370), and takes no IKE_INTERMEDIATE (RFC 9242)"
		       : NULL;
}

/* --- IntAuth */

/* IntAuth_*A, RFC 9242 section 3.3.2: as if it were not padded, and in one piece. */
static void put_covered(struct builder *b, const struct ike_header *h,
			uint8_t first, size_t payloads)
{
	wr_u64(b, h->spi_i);
	wr_u64(b, h->spi_r);
	wr_u8(b, IKE_PL_SK);
	wr_u8(b, h->version);
	wr_u8(b, h->exchange);
	wr_u8(b, h->flags);
	wr_u32(b, h->message_id);
	wr_u32(b, (uint32_t)(IKE_HEADER_BYTES + IKE_PL_HEADER_BYTES + payloads));
	wr_u8(b, first);
	wr_u8(b, 0);
	wr_u16(b, (uint16_t)(IKE_PL_HEADER_BYTES + payloads));
}

/* IntAuth_n = prf(SK_p, IntAuth_(n-1) | IntAuth_nA | IntAuth_nP). */
static bool cover(struct ike_sa *sa, const struct ike_header *h, uint8_t first,
		  struct slice payloads)
{
	struct intermediate *im = sa->intermediate;
	unsigned int side = h->flags & IKE_FLAG_I ? 0 : 1;
	const struct prf_alg *alg = sa->keys.prf;
	uint8_t a[IKE_HEADER_BYTES + IKE_PL_HEADER_BYTES], out[PRF_MAX_BYTES];
	struct builder b = wr_init(a, sizeof(a));
	const struct slice parts[] = {
		slice_of(im->auth[side], im->has_auth[side] ? alg->out_bytes : 0),
		slice_of(a, sizeof(a)),
		payloads,
	};

	put_covered(&b, h, first, payloads.len);
	if (!wr_ok(&b) || !prf(alg,
			       slice_of(side ? sa->keys.sk_pr : sa->keys.sk_pi,
					alg->out_bytes),
			       parts, 3, out))
		return false;
	memcpy(im->auth[side], out, alg->out_bytes);
	im->has_auth[side] = true;
	return true;
}

/* Of ours, whose payloads are all there. */
static bool cover_ours(struct ike_sa *sa, const struct ike_builder *m,
		       bool response, uint32_t id)
{
	const struct ike_header h = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = IKE_EXCH_IKE_INTERMEDIATE,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_I : 0) |
				   (response ? IKE_FLAG_R : 0)),
		.message_id = id,
	};

	return wr_ok(&m->b) &&
	       cover(sa, &h, m->b.ptr[m->sk_at], ike_sk_payloads(m));
}

bool intermediate_heard(struct ike_sa *sa, const struct ike_header *h,
			uint8_t first, struct slice payloads)
{
	return !sa->intermediate || cover(sa, h, first, payloads);
}

size_t intermediate_auth(const struct ike_sa *sa,
			 uint8_t out[KEYSTORE_INT_AUTH_MAX])
{
	const struct intermediate *im = sa->intermediate;
	struct builder b = wr_init(out, KEYSTORE_INT_AUTH_MAX);

	if (!im || !im->n)
		return 0;
	wr_bytes(&b, im->auth[0], sa->keys.prf->out_bytes);
	wr_bytes(&b, im->auth[1], sa->keys.prf->out_bytes);
	wr_u32(&b, im->n + 1); /* message id of IKE_AUTH */
	return b.len;
}

/* --- keys */

static const struct ke_alg *next_ke(const struct ike_sa *sa)
{
	struct intermediate *im = sa->intermediate;

	while (im && im->next < IKE_ADDKES &&
	       sa->suite.addke[im->next] == KE_NONE)
		im->next++;
	return im && im->next < IKE_ADDKES ? ke_by_id(sa->suite.addke[im->next])
					   : NULL;
}

bool intermediate_is_done(const struct ike_sa *sa)
{
	return !next_ke(sa);
}

/*
 * SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr), RFC 9370 section 2.2.2. Those that
 * follow count their IVs on.
 */
static bool make_keys(const struct ike_sa *sa, const struct exchange *x,
		      struct keys *out)
{
	const struct keys_input in = {
		.chosen = &sa->suite,
		.shared = ke_shared(x->ke),
		.ni = nonce_slice(&sa->ni),
		.nr = nonce_slice(&sa->nr),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.initiator = sa->initiator,
	};

	if (keys_rekey(&sa->keys, &in, out))
		return false;
	out->iv = sa->keys.iv;
	return true;
}

/* iv: our reply has been counted since they were made. */
static void use_keys(struct ike_sa *sa, struct keys *next)
{
	struct intermediate *im = sa->intermediate;

	next->iv = sa->keys.iv;
	im->before = sa->keys;
	im->has_before = true;
	sa->keys = *next;
	keys_fini(next);
	im->next++;
}

const struct keys *intermediate_keys_of(const struct ike_sa *sa)
{
	return sa->intermediate && sa->intermediate->has_before
		       ? &sa->intermediate->before
		       : &sa->keys;
}

void intermediate_free(struct ike_sa *sa)
{
	if (sa->intermediate)
		explicit_bzero(sa->intermediate, sizeof(*sa->intermediate));
	free(sa->intermediate);
	sa->intermediate = NULL;
}

/* --- initiator */

static const char out_of_memory[] = "out of memory";

void intermediate_next(struct ike_sa *sa)
{
	const struct ke_alg *ke = next_ke(sa);

	if (!ke) {
		auth_start(sa);
		return;
	}
	nat_move(sa);
	sa->ours.kind = EX_INTERMEDIATE;
	if (!ask_ke(sa, &sa->ours, ke, slice_of(NULL, 0)))
		sa_close(sa, out_of_memory);
}

static void send_request(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_INTERMEDIATE, false, sa->next_ours);
	ike_ke_put(&m, x->ke_method, ke_public(x->ke));
	if (!cover_ours(sa, &m, false, sa->next_ours) ||
	    !request_send(sa, &m, false))
		sa_close(sa, "IKE_INTERMEDIATE does not fit a message");
}

/* Of this method; false: it is another one, or none. */
static bool take_ke(const struct ike_payloads *p, uint16_t method,
		    struct slice *out)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_KE);
	struct ike_ke ke;

	if (!body || !ike_ke_parse(body->body, &ke) || ke.method != method)
		return false;
	*out = ke.data;
	return true;
}

void intermediate_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct exchange *x = &sa->ours;
	struct slice theirs;
	struct ike_notify n;
	char text[128];

	sa->intermediate->n++;
	if (ike_find_error(p, &n)) {
		snprintf(text, sizeof(text),
			 "the peer refuses IKE_INTERMEDIATE: %s",
			 ike_notify_name(n.type));
		sa_close(sa, text);
	} else if (!take_ke(p, x->ke_method, &theirs)) {
		sa_close(sa,
			 "the peer's IKE_INTERMEDIATE has no key exchange of the method that it chose");
	} else if (!ask_ke(sa, x, ke_by_id(x->ke_method), theirs)) {
		sa_close(sa, out_of_memory);
	}
}

static void initiator_done(struct ike_sa *sa, struct exchange *x)
{
	struct keys next;

	if (!make_keys(sa, x, &next)) {
		sa_close(sa, "keys could not be made");
		return;
	}
	use_keys(sa, &next);
	exchange_end(sa, x);
	intermediate_next(sa);
}

/* --- responder */

static void refuse(struct ike_sa *sa, const char *why)
{
	reply_notify(sa, IKE_EXCH_IKE_INTERMEDIATE, IKE_N_INVALID_SYNTAX,
		     slice_of(NULL, 0));
	sa_linger(sa, why);
}

static bool send_response(struct ike_sa *sa, const struct exchange *x)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_INTERMEDIATE, true, sa->next_peers);
	if (x->ke)
		ike_ke_put(&m, x->ke_method, ke_public(x->ke));
	sa->intermediate->n++;
	if (cover_ours(sa, &m, true, sa->next_peers) && reply_send(sa, &m))
		return true;
	sa_close(sa, "IKE_INTERMEDIATE does not fit a message");
	return false;
}

void intermediate_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ke_alg *ke = next_ke(sa);
	struct exchange *x = &sa->peers;
	struct slice theirs;

	if (!sa->intermediate || sa->round_asked ||
	    sa->intermediate->n == EXCHANGES_MAX) {
		refuse(sa, "the peer's IKE_INTERMEDIATE was not agreed on");
		return;
	}
	if (ke ? !take_ke(p, (uint16_t)ke->id, &theirs)
	       : ike_find(p, IKE_PL_KE) != NULL) {
		refuse(sa,
		       "the peer's IKE_INTERMEDIATE has another key exchange than was agreed on");
		return;
	}
	x->kind = EX_INTERMEDIATE;
	if (!ke)
		send_response(sa, x);
	else if (!ask_ke(sa, x, ke, theirs))
		sa_close(sa, out_of_memory);
}

static void responder_done(struct ike_sa *sa, struct exchange *x)
{
	struct keys next;

	if (!make_keys(sa, x, &next))
		sa_close(sa, "keys could not be made");
	else if (send_response(sa, x))
		use_keys(sa, &next);
	keys_fini(&next);
}

/* --- both: the key exchange is done */

void intermediate_ke(struct ike_sa *sa, struct exchange *x,
		     const struct ke_job *job)
{
	static const char why[] = "the peer's key exchange value is not valid";

	if (job->err && sa->initiator)
		sa_close(sa, why);
	else if (job->err)
		refuse(sa, why);
	else if (!sa->initiator)
		responder_done(sa, x);
	else if (job->peer_len)
		initiator_done(sa, x);
	else
		send_request(sa, x);
}
