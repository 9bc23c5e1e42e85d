// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_FOLLOWUP_KE (RFC 9370 section 2.2.4), behind a CREATE_CHILD_SA that agrees on
 * additional key exchanges, once for each:
 *
 *     HDR, SK {SA, Ni, KEi ...}  -->
 *                           <--  HDR, SK {SA, Nr, KEr ..., N(ADDITIONAL_KEY_EXCHANGE)}
 *     HDR, SK {KEi(1), N(ADDITIONAL_KEY_EXCHANGE)}  -->
 *                           <--  HDR, SK {KEr(1) [, N(ADDITIONAL_KEY_EXCHANGE)]}
 *
 * What is made of it is made with the last one, of all their secrets. Other
 * exchanges may come between.
 */
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/followup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINK_BYTES 8U /* of ours */
#define ASIDE_NS   (60 * NS_PER_S)

static struct slice link_slice(const struct followup *f)
{
	return slice_of(f->link, f->link_len);
}

void followup_free(struct followup *f)
{
	if (!f)
		return;
	if (f->secrets)
		explicit_bzero(f->secrets, FOLLOWUP_SECRETS_MAX);
	free(f->secrets);
	explicit_bzero(f, sizeof(*f));
	free(f);
}

struct followup *followup_new(void)
{
	struct followup *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->secrets = malloc(FOLLOWUP_SECRETS_MAX);
	if (!f->secrets) {
		free(f);
		return NULL;
	}
	return f;
}

struct slice followup_first(const struct exchange *x)
{
	return x->followup
		       ? slice_of(x->followup->secrets, x->followup->first_len)
		       : ke_shared(x->ke);
}

struct slice followup_more(const struct exchange *x)
{
	const struct followup *f = x->followup;

	return f ? slice_of(f->secrets + f->first_len, f->len - f->first_len)
		 : slice_of(NULL, 0);
}

enum ike_exchange followup_exchange(const struct exchange *x)
{
	return x->followup && x->followup->is_said ? IKE_EXCH_IKE_FOLLOWUP_KE
						   : IKE_EXCH_CREATE_CHILD_SA;
}

bool followup_is_begun(const struct exchange *x)
{
	return x->followup && !x->followup->is_said;
}

const struct exchange *followup_peers(const struct ike_sa *sa)
{
	return sa->aside ? sa->aside : &sa->peers;
}

/* The secret of the exchange that is done. */
static bool collect(struct exchange *x)
{
	struct followup *f = x->followup;
	struct slice shared = ke_shared(x->ke);

	if (!shared.len || shared.len > FOLLOWUP_SECRETS_MAX - f->len)
		return false;
	memcpy(f->secrets + f->len, shared.ptr, shared.len);
	f->len += shared.len;
	if (!f->first_len)
		f->first_len = shared.len;
	else
		f->next++;
	return true;
}

/* Of the one that comes next; NULL: there is none. */
static const struct ke_alg *next_ke(const struct exchange *x)
{
	struct followup *f = x->followup;

	while (f->next < IKE_ADDKES && x->chosen.addke[f->next] == KE_NONE)
		f->next++;
	return f->next < IKE_ADDKES ? ke_by_id(x->chosen.addke[f->next]) : NULL;
}

static bool take_ke(const struct ike_payloads *p, const struct ke_alg *ke,
		    struct slice *out)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_KE);
	struct ike_ke value;

	if (!ke || !body || !ike_ke_parse(body->body, &value) ||
	    value.method != ke->id)
		return false;
	*out = value.data;
	return true;
}

static void put_link(struct ike_builder *m, const struct followup *f)
{
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_ADDITIONAL_KEY_EXCHANGE,
				  .data = link_slice(f),
			  });
}

/* --- initiator */

static bool take_link(struct followup *f, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (!ike_find_notify(p, IKE_N_ADDITIONAL_KEY_EXCHANGE, &n) ||
	    !n.data.len || n.data.len > sizeof(f->link))
		return false;
	memcpy(f->link, n.data.ptr, n.data.len);
	f->link_len = n.data.len;
	return true;
}

const char *followup_take_link(struct exchange *x, const struct ike_payloads *p)
{
	if (!chosen_has_addke(&x->chosen))
		return NULL;
	x->followup = followup_new();
	if (!x->followup)
		return "out of memory";
	return take_link(x->followup, p)
		       ? NULL
		       : "the peer does not say how additional key exchanges follow (ADDITIONAL_KEY_EXCHANGE)";
}

/* The peer has it, has it not, or has it perhaps. */
static void fail(struct ike_sa *sa, struct exchange *x, bool peer_has_none,
		 const char *why)
{
	if (x->kind == EX_CHILD)
		child_x_followup_failed(sa, x, peer_has_none, why);
	else
		rekey_followup_failed(sa, x);
}

bool followup_goes_on(struct ike_sa *sa, struct exchange *x)
{
	const struct ke_alg *ke;

	if (!x->followup)
		return false;
	if (!collect(x)) {
		fail(sa, x, false, "the secrets of key exchanges are too long");
		return true;
	}
	ke = next_ke(x);
	if (!ke)
		return false;
	ke_free(x->ke);
	x->ke = NULL;
	if (!ask_ke(sa, x, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
	return true;
}

void followup_send_request(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_IKE_FOLLOWUP_KE, false, sa->next_ours);
	ike_ke_put(&m, x->ke_method, ke_public(x->ke));
	put_link(&m, x->followup);
	x->followup->is_said = true;
	if (!request_send(sa, &m, false))
		sa_close(sa, "IKE_FOLLOWUP_KE does not fit a message");
}

/* Does another one come behind this? */
static bool is_last(const struct exchange *x)
{
	for (unsigned int i = x->followup->next + 1; i < IKE_ADDKES; i++)
		if (x->chosen.addke[i] != KE_NONE)
			return false;
	return true;
}

void followup_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct exchange *x = &sa->ours;
	const struct ke_alg *ke = next_ke(x);
	struct ike_notify n;
	struct slice theirs;

	if (ike_find_error(p, &n))
		fail(sa, x, true, ike_notify_name(n.type));
	else if (!take_ke(p, ke, &theirs) ||
		 (!is_last(x) && !take_link(x->followup, p)))
		fail(sa, x, false,
		     "the peer's IKE_FOLLOWUP_KE is not what was agreed on");
	else if (!ask_ke(sa, x, ke, theirs))
		sa_close(sa, "out of memory");
}

/* --- responder */

int followup_begin_or_go_on(struct ike_sa *sa, struct exchange *x)
{
	if (!x->followup && !chosen_has_addke(&x->chosen))
		return 0;
	if (!x->followup)
		x->followup = followup_new();
	if (!x->followup)
		return -ENOMEM;
	if (!collect(x))
		return -EINVAL;
	if (!next_ke(x))
		return 0;
	x->followup->link_len = LINK_BYTES;
	return sa->e->calls.random(sa->e->calls.ctx, x->followup->link,
				   LINK_BYTES)
		       ? 1
		       : -EIO;
}

/* The peer's exchange waits for the peer; the reply ends what is left of it. */
static bool put_aside(struct ike_sa *sa, struct exchange *x)
{
	followup_forget(sa);
	sa->aside = malloc(sizeof(*sa->aside));
	if (!sa->aside)
		return false;
	ke_free(x->ke);
	x->ke = NULL;
	x->chosen.spi = slice_of(NULL, 0); /* of a message that is gone */
	x->token = 0;
	x->followup->is_said = true;
	x->followup->until_ns = sa->e->now_ns + ASIDE_NS;
	*sa->aside = *x;
	explicit_bzero(x, sizeof(*x));
	sa_touch(sa);
	return true;
}

void followup_reply(struct ike_sa *sa, struct exchange *x, struct ike_builder *m)
{
	put_link(m, x->followup);
	if (!put_aside(sa, x) || !reply_send(sa, m))
		sa_close(sa, "a reply does not fit a message");
}

static struct exchange *find(const struct ike_sa *sa,
			     const struct ike_payloads *p)
{
	struct ike_notify n;

	if (!sa->aside || sa->state != IKE_ST_ESTABLISHED ||
	    !ike_find_notify(p, IKE_N_ADDITIONAL_KEY_EXCHANGE, &n) ||
	    n.data.len != sa->aside->followup->link_len ||
	    memcmp(n.data.ptr, sa->aside->followup->link, n.data.len) != 0)
		return NULL;
	return sa->aside;
}

void followup_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct exchange *aside = find(sa, p);
	const struct ke_alg *ke = aside ? next_ke(aside) : NULL;
	struct slice theirs;

	if (!aside) {
		reply_notify(sa, IKE_EXCH_IKE_FOLLOWUP_KE,
			     IKE_N_STATE_NOT_FOUND, slice_of(NULL, 0));
		return;
	}
	if (!take_ke(p, ke, &theirs)) {
		followup_expire(sa);
		reply_notify(sa, IKE_EXCH_IKE_FOLLOWUP_KE, IKE_N_INVALID_SYNTAX,
			     slice_of(NULL, 0));
		return;
	}
	sa->aside = NULL;
	sa->peers = *aside;
	explicit_bzero(aside, sizeof(*aside));
	free(aside);
	if (!ask_ke(sa, &sa->peers, ke, theirs))
		sa_close(sa, "out of memory");
}

void followup_forget(struct ike_sa *sa)
{
	struct exchange *aside = sa->aside;

	sa->aside = NULL;
	if (!aside)
		return;
	exchange_end(sa, aside);
	free(aside);
}

void followup_expire(struct ike_sa *sa)
{
	if (sa->aside && sa->aside->kind == EX_CHILD)
		child_x_peers_failed(sa, sa->aside);
	else if (sa->aside)
		rekey_peers_failed(sa);
	followup_forget(sa);
}
