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
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"
#include "ctrl/ike/collide.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/later.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/sa.h"

/*
 * When the two sides are in each other's way: at random, and sooner than the
 * rekeying of an IKE SA is tried again.
 */
#define SOON_S	     5U
#define SOON_RAND_S  4U
#define RESTARTS_MAX 3U

static const char no_keys[] = "keys could not be made";
static const char no_public_value[] =
	"the peer's key exchange value is not valid";
static const char no_values[] =
	"selector mismatch: what asks for it is no packet of its selectors";

/* --- failures */

static void reply_error(struct ike_sa *sa, uint16_t type, struct slice data)
{
	reply_notify(sa, followup_exchange(&sa->peers), type, data);
}

/* Had it been rekeying one of ours, our own rekeying of that one has perhaps given way
 * to it. */
void child_x_peers_failed(struct ike_sa *sa, const struct exchange *x)
{
	struct ike_sa *owner;
	struct child_sa *old = child_find(sa, x->old_spi_in, &owner);
	bool ours_runs = sa->ours.kind == EX_CHILD &&
			 sa->ours.old_spi_in == x->old_spi_in;

	if (old && !old->rekey_ns && old->conf->rekey_time && !ours_runs)
		old->rekey_ns = sa_after(sa, CHILD_RETRY_S, CHILD_RETRY_RAND_S);
}

static void peers_failed(struct ike_sa *sa, const struct exchange *x,
			 uint16_t type, struct slice data)
{
	child_x_peers_failed(sa, x);
	reply_error(sa, type, data);
}

/* The old one stays as it is, and is tried again. */
static void try_again(struct ike_sa *sa, struct exchange *x, uint32_t s,
		      uint32_t rand_s)
{
	struct ike_sa *owner;
	struct child_sa *old = child_find(sa, x->old_spi_in, &owner);

	if (old)
		old->rekey_ns = sa_after(sa, s, rand_s);
	exchange_end(sa, x);
	sa_next(sa);
}

static void try_later(struct ike_sa *sa, struct exchange *x)
{
	try_again(sa, x, CHILD_RETRY_S, CHILD_RETRY_RAND_S);
}

/* The peer has installed its side of it. */
static void undo(struct ike_sa *sa, struct exchange *x, const char *why)
{
	child_undo(sa, x, why);
	try_later(sa, x);
}

static void initiator_done(struct ike_sa *sa, struct exchange *x);

/* What the data path has lost meanwhile the peer has: it is rekeyed at once. */
static void add(struct ike_sa *sa, struct exchange *x, enum sadb_dir dir)
{
	if (x == &sa->ours && !x->child->has_in) {
		initiator_done(sa, x);
		return;
	}
	if (child_add(sa, x, dir))
		return;
	if (x == &sa->ours)
		undo(sa, x, no_keys);
	else
		peers_failed(sa, x, IKE_N_NO_ADDITIONAL_SAS, slice_of(NULL, 0));
}

/* --- initiator */

/* Without its child and what that is offered for; false: out of memory. */
static bool begin(struct ike_sa *sa, struct conn *conn,
		  const struct child_conf *conf)
{
	struct exchange *x = &sa->ours;

	x->kind = EX_CHILD;
	x->child = child_new(conn, conf);
	return x->child;
}

static void start(struct ike_sa *sa)
{
	struct exchange *x = &sa->ours;
	const struct ke_alg *ke;

	/* A policy that takes selectors from packets has one pair at a time. */
	if (x->child && x->child->conf->pfp)
		x->single_pair = true;

	ke = x->child ? proposals_first_ke(&x->child->conf->proposals) : NULL;
	if (x->child && !child_has_selectors(sa, x->child->conf)) {
		child_fail(
			sa, x, IKE_N_TS_UNACCEPTABLE,
			"the peer has no virtual IP, for which 'dynamic' in the child's remote_ts would stand");
		try_later(sa, x);
		return;
	}
	if (!x->child || !nonce_make(sa, &x->ni) ||
	    (ke && !ask_ke(sa, x, ke, slice_of(NULL, 0)))) {
		sa_close(sa, "out of memory");
		return;
	}
	if (!ke)
		child_getspi(sa, x);
}

/* What it has is asked for before what the configuration has besides: the new one
 * shall not have less (section 2.9.2). */
static void start_rekeying(struct ike_sa *sa, const struct child_sa *old)
{
	const struct ts_sides ts = child_kept_ts(old);

	if (begin(sa, old->conn, old->conf)) {
		child_keep_ts(sa->ours.child, &ts);
		sa->ours.child->more_ts = old->more_ts;
		cpus_inherit(sa->ours.child, old);
	}
	sa->ours.old_spi_in = old->spi_in;
	start(sa);
}

void child_x_start(struct ike_sa *sa, struct child_sa *old)
{
	/* The peer is about to move the children to another IKE SA. */
	if (followup_peers(sa)->kind == EX_REKEY_IKE)
		old->rekey_ns = sa_after(sa, SOON_S, SOON_RAND_S);
	else
		start_rekeying(sa, old);
}

void child_x_begin(struct ike_sa *sa, struct conn *conn,
		   const struct child_conf *conf, const struct ts_first *first)
{
	if (begin(sa, conn, conf) &&
	    !child_set_first(sa, sa->ours.child, first)) {
		child_fail(sa, &sa->ours, IKE_N_TS_UNACCEPTABLE, no_values);
		try_later(sa, &sa->ours);
		return;
	}
	sa->ours.single_pair = first && first->alone;
	if (sa->ours.child && !cpus_begin(sa, sa->ours.child, first)) {
		child_drop(sa, &sa->ours);
		try_later(sa, &sa->ours);
		return;
	}
	start(sa);
}

static void send_request(struct ike_sa *sa, struct exchange *x)
{
	struct ike_sa *owner;
	const struct child_sa *old = child_find(sa, x->old_spi_in, &owner);
	uint32_t old_be = htonl(x->old_spi_in);
	const struct ike_notify rekey = {
		.protocol = old ? old->protocol : x->child->protocol,
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

/*
 * A new one in place of the old one, unless the peer has replaced that meanwhile.
 *
 * why   the peer does not have it; NULL: it does
 */
static void start_anew(struct ike_sa *sa, struct exchange *x, const char *why)
{
	struct ike_sa *owner;
	struct child_sa *old = child_find(sa, x->old_spi_in, &owner);
	const struct child_conf *conf;
	struct ts_sides ts;
	struct conn *conn;
	uint8_t cpu;

	exchange_end(sa, x);
	if (!old || old->replaced_by) {
		sa_next(sa);
		return;
	}
	conn = conn_hold(old->conn);
	conf = old->conf;
	ts = child_kept_ts(old);
	cpu = old->cpu;
	if (why && old->confirmed)
		child_remove(owner, old, why);
	else /* the peer has it, or may have it yet */
		old->state = CHILD_ST_DELETING;
	if (begin(sa, conn, conf)) {
		child_keep_ts(sa->ours.child, &ts);
		sa->ours.child->cpu = cpu;
	}
	start(sa);
	conn_drop(conn);
}

/* Is the old one of no use, as the data path has lost it? */
static bool is_lost(struct ike_sa *sa, const struct exchange *x)
{
	struct ike_sa *owner;
	const struct child_sa *old = child_find(sa, x->old_spi_in, &owner);

	return old && old->lost;
}

/* It is to be made after all, a moment later. */
static void wish_again(struct ike_sa *sa, const struct child_sa *c)
{
	struct ts_first first;

	child_first(c, &first);
	wish_add(sa, c->conn, c->conf, &first,
		 sa_after(sa, SOON_S, SOON_RAND_S));
}

/* Section 2.9: we ask for the packet's pair alone, or the one that it had. */
static bool may_ask_for_pair(const struct exchange *x)
{
	return !x->single_pair && x->child->local_ts.n;
}

static unsigned int facts_of_refusal(const struct ike_notify *n)
{
	if (n->type == IKE_N_CHILD_SA_NOT_FOUND)
		return COLLIDE_SAYS_UNKNOWN;
	return n->type == IKE_N_TEMPORARY_FAILURE ? COLLIDE_SAYS_LATER : 0;
}

static void refused(struct ike_sa *sa, struct exchange *x,
		    const struct ike_notify *n)
{
	if (n->type == IKE_N_INVALID_KE_PAYLOAD) {
		other_method(sa, x, n->data);
		return;
	}
	if (n->type == IKE_N_SINGLE_PAIR_REQUIRED && may_ask_for_pair(x)) {
		x->single_pair = true;
		send_request(sa, x);
		return;
	}
	switch (collide(COLLIDE_REFUSED_CHILD, facts_of_refusal(n))) {
	case COLLIDE_ANEW: /* section 2.25.1 */
		start_anew(sa, x, "the peer does not know it");
		return;
	case COLLIDE_AGAIN_SOON:
		if (!x->old_spi_in)
			wish_again(sa, x->child);
		try_again(sa, x, SOON_S, SOON_RAND_S);
		return;
	default:
		break;
	}
	if (x->child->cpu && !x->old_spi_in)
		cpus_refused(sa, x->child);
	else if (!x->old_spi_in)
		later_child_refused(sa, x->child);
	else if (n->type == IKE_N_NO_ADDITIONAL_SAS)
		reauth_instead(sa, x->old_spi_in);
	if (n->type == IKE_N_TS_MAX_QUEUE && x->child->cpu && !x->old_spi_in)
		child_drop(sa, x); /* that is no failure */
	else
		child_refused(sa, x, n);
	if (is_lost(sa, x))
		start_anew(sa, x, NULL);
	else
		try_later(sa, x);
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
	const char *why = NULL;
	struct ike_notify n;

	if (ike_find_error(p, &n)) {
		refused(sa, x, &n);
		return;
	}
	if (!nonce) {
		undo(sa, x, "the peer's CREATE_CHILD_SA has no nonce");
		return;
	}
	if (!nonce_take(&x->nr, nonce->body)) {
		undo(sa, x, no_keys);
		return;
	}
	child_take_answer(sa, x, p, true);
	if (x->child)
		why = followup_take_link(x, p);
	if (!x->child) {
		try_later(sa, x);
	} else if (why) {
		undo(sa, x, why);
	} else if (!x->chosen.ke) {
		add(sa, x, SADB_IN);
	} else if (x->chosen.ke->id != x->ke_method ||
		   !take_ke(p, x->chosen.ke, &peer)) {
		undo(sa, x,
		     "the peer's key exchange is not of the method that it chose");
	} else if (!ask_ke(sa, x, x->chosen.ke, peer)) {
		sa_close(sa, "out of memory");
	}
}

/*
 * The lower nonce of the peer's rekeying of the same one, done or under way;
 * NULL: there is none, or it failed at the peer after all, which then deletes
 * what that made, but not the old one.
 */
static const struct nonce *rival_nonce(struct ike_sa *sa,
				       const struct exchange *x)
{
	const struct exchange *p = followup_peers(sa);
	struct ike_sa *owner;

	if (x->rival_nonce.len && (child_find(sa, x->rival_spi_in, &owner) ||
				   !child_find(sa, x->old_spi_in, &owner)))
		return &x->rival_nonce;
	if (p->kind == EX_CHILD && p->old_spi_in &&
	    p->old_spi_in == x->old_spi_in)
		return nonce_lower(&p->ni, &p->nr);
	return NULL;
}

/* Two new pairs in place of one: which of them goes? */
static void settle(struct ike_sa *sa, const struct exchange *x,
		   struct child_sa *made)
{
	unsigned int facts = rekey_facts(x, rival_nonce(sa, x));
	struct ike_sa *owner;
	struct child_sa *old = child_find(sa, x->old_spi_in, &owner);

	if (collide(COLLIDE_MADE_CHILD, facts) == COLLIDE_DELETE_NEW) {
		made->state = CHILD_ST_DELETING;
		made->succeeded = true;
	} else if (old) {
		old->state = CHILD_ST_DELETING;
	}
}

static void initiator_done(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *made = x->child;

	child_installed(sa, x, true);
	if (!made->has_in || !made->has_out)
		child_lose(sa, made);
	settle(sa, x, made);
	exchange_end(sa, x);
	sa_next(sa);
}

/* --- responder */

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
	struct ts_sides ts;
	struct slice peer;

	x->kind = EX_CHILD;
	x->old_spi_in = old ? old->spi_in : 0;
	x->child = child_new(old ? old->conn : sa->conn, conf);
	if (x->child && old) {
		ts = child_kept_ts(old);
		child_keep_ts(x->child, &ts);
		cpus_inherit(x->child, old);
	}
	child_accept(sa, x, p, true);
	if (!x->child) {
		peers_failed(sa, x, x->child_error, slice_of(NULL, 0));
		return;
	}
	if (x->chosen.ke && !take_ke(p, x->chosen.ke, &peer)) {
		want_method(sa, x->chosen.ke);
		return;
	}
	if (!nonce_take(&x->ni, ike_find(p, IKE_PL_NONCE)->body) ||
	    !nonce_make(sa, &x->nr) ||
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

/* Is it one that our exchange has not yet put into the SAD, or may it be? The
 * response may be on its way, or the one who had it has ended. */
static bool makes(const struct exchange *ours, uint32_t spi_out)
{
	return ours->kind == EX_CHILD && ours->child &&
	       (!ours->child->spi_out || ours->child->spi_out == spi_out);
}

static bool has_room(const struct ike_sa *sa, bool in_place)
{
	unsigned int n = 0;

	for (const struct child_sa *c = sa->children; c; c = c->next)
		n++;
	return n < (in_place ? 2 * CHILDREN_MAX : CHILDREN_MAX);
}

unsigned int collide_facts(const struct ike_sa *sa)
{
	unsigned int facts = 0;

	if (sa->ours.kind == EX_REKEY_IKE)
		facts |= COLLIDE_WE_REKEY_IKE;
	if (sa->ours.kind == EX_CHILD)
		facts |= COLLIDE_WE_MAKE_CHILD;
	if (sa->has_heir)
		facts |= COLLIDE_HAS_HEIR;
	if (sa->delete_wanted || sa->state == IKE_ST_DELETING)
		facts |= COLLIDE_IKE_IS_DELETED;
	return facts;
}

/* The child that the peer rekeys, if it may; else it is told why not. */
static bool may_be_rekeyed(struct ike_sa *sa, const struct ike_notify *rekey,
			   struct child_sa **old)
{
	struct slice s = rekey->spi;
	unsigned int facts = 0;
	uint32_t spi = 0;

	*old = rd_u32(&s, &spi) ? child_claim(sa, rekey->protocol, spi) : NULL;
	if (!*old)
		facts |= COLLIDE_CHILD_IS_UNKNOWN;
	else if ((*old)->state == CHILD_ST_DELETING)
		facts |= COLLIDE_CHILD_IS_DELETED;
	if (makes(&sa->ours, spi))
		facts |= COLLIDE_WE_MAKE_IT;
	switch (collide(COLLIDE_ASKED_REKEY_CHILD, facts)) {
	case COLLIDE_ACCEPT:
		return true;
	case COLLIDE_SAY_UNKNOWN:
		reply_not_found(sa, rekey);
		return false;
	default:
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return false;
	}
}

void create_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct child_conf *conf;
	struct child_sa *old = NULL;
	struct ike_notify rekey;

	if (sa->aside) { /* one at a time */
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return;
	}
	if (offers_ike(p)) {
		rekey_request(sa, p);
		return;
	}
	if (collide(COLLIDE_ASKED_CHILD, collide_facts(sa)) ==
	    COLLIDE_SAY_LATER) {
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return;
	}
	if (ike_find_notify(p, IKE_N_REKEY_SA, &rekey) &&
	    !may_be_rekeyed(sa, &rekey, &old))
		return;
	conf = old ? old->conf : child_choose(sa, p, true);
	if (conf && has_room(sa, old))
		accept_offer(sa, p, conf, old);
	else
		reply_error(sa, IKE_N_NO_ADDITIONAL_SAS, slice_of(NULL, 0));
}

/* Ours for the same one is under way: remember theirs for settle(). */
static void note_rival(struct ike_sa *sa, struct exchange *peers)
{
	struct ike_sa *owner;
	struct child_sa *old = child_find(sa, peers->old_spi_in, &owner);
	struct exchange *ours = &sa->ours;
	unsigned int facts = 0;

	if (old)
		child_set_replaced(sa->e, old, peers->child->spi_in);
	if (ours->kind == EX_CHILD && ours->old_spi_in &&
	    ours->old_spi_in == peers->old_spi_in)
		facts |= COLLIDE_WE_REKEY_IT;
	if (collide(COLLIDE_ANSWERED_CHILD, facts) != COLLIDE_REMEMBER)
		return;
	nonce_take_lower(&ours->rival_nonce, &peers->ni, &peers->nr);
	ours->rival_spi_in = peers->child->spi_in;
}

static void response_begin(struct ike_sa *sa, const struct exchange *x,
			   struct ike_builder *m)
{
	enum ike_exchange exchange = followup_exchange(x);

	message_begin(sa, m, exchange, true, sa->next_peers);
	if (exchange == IKE_EXCH_CREATE_CHILD_SA)
		child_answer_put(x, m);
	else
		ike_ke_put(m, x->ke_method, ke_public(x->ke));
}

static void reply_and_wait(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	response_begin(sa, x, &m);
	followup_reply(sa, x, &m);
}

static void send_response(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	response_begin(sa, x, &m);
	note_rival(sa, x);
	child_installed(sa, x, false);
	if (!reply_send(sa, &m))
		sa_close(sa, "CREATE_CHILD_SA does not fit a message");
}

/* --- both: answers to what was asked */

static void initiator_agreed(struct ike_sa *sa, struct exchange *x)
{
	if (!followup_goes_on(sa, x))
		add(sa, x, SADB_IN);
}

static void responder_agreed(struct ike_sa *sa, struct exchange *x)
{
	int more = followup_begin_or_go_on(sa, x);

	if (more < 0)
		peers_failed(sa, x, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
	else if (!x->followup || followup_is_begun(x))
		child_getspi(sa, x);
	else if (more)
		reply_and_wait(sa, x);
	else
		add(sa, x, SADB_IN);
}

/* Of nothing that the peer has; else it is asked to delete what it may have. */
void child_x_followup_failed(struct ike_sa *sa, struct exchange *x,
			     bool peer_has_none, const char *why)
{
	if (!peer_has_none) {
		undo(sa, x, why);
		return;
	}
	sa_event(sa, IKE_EV_FAILED, x->child, why);
	try_later(sa, x);
}

void child_x_ke(struct ike_sa *sa, struct exchange *x, const struct ke_job *job)
{
	bool ours = x == &sa->ours;

	if (job->err && ours && job->peer_len)
		undo(sa, x, no_keys);
	else if (job->err && ours)
		try_later(sa, x);
	else if (job->err == -EINVAL)
		reply_syntax(sa, followup_exchange(&sa->peers), no_public_value);
	else if (job->err)
		peers_failed(sa, x, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
	else if (!ours)
		responder_agreed(sa, x);
	else if (job->peer_len)
		initiator_agreed(sa, x);
	else if (x->followup)
		followup_send_request(sa, x);
	else if (x->child->has_in)
		send_request(sa, x); /* again, with another method */
	else
		child_getspi(sa, x);
}

static void no_sadb(struct ike_sa *sa, struct exchange *x)
{
	static const char why[] = "the data path refuses the CHILD SA";

	sa_alert(sa, IKE_ALERT_INSTALL_CHILD_SA_FAILED);
	if (x != &sa->ours) {
		sa_event(sa, IKE_EV_FAILED, x->child, why);
		peers_failed(sa, x, IKE_N_NO_ADDITIONAL_SAS, slice_of(NULL, 0));
	} else if (x->step == STEP_GETSPI) {
		sa_event(sa, IKE_EV_FAILED, x->child, why);
		try_later(sa, x);
	} else {
		undo(sa, x, why);
	}
}

void child_x_sadb(struct ike_sa *sa, struct exchange *x,
		  const struct sadb_answer *a)
{
	bool ours = x == &sa->ours;
	int err = child_answered(sa, x, a);

	if (err == -EINPROGRESS)
		return;
	if (err) {
		no_sadb(sa, x);
		return;
	}
	switch (x->step) {
	case STEP_GETSPI:
		if (ours)
			send_request(sa, x);
		else if (followup_is_begun(x))
			reply_and_wait(sa, x);
		else
			add(sa, x, SADB_IN);
		break;
	case STEP_ADD_IN:
		add(sa, x, SADB_OUT);
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

void child_x_new_epoch(struct ike_sa *sa, struct exchange *x)
{
	if (x == &sa->ours && x->step != STEP_GETSPI)
		initiator_done(sa, x);
	else
		child_getspi(sa, x);
}
