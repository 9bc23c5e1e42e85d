// SPDX-License-Identifier: BSD-2-Clause
/*
 * CREATE_CHILD_SA of the IKE SA itself (RFC 7296 sections 1.3.2, 2.8 and 2.18):
 *
 *     HDR, SK {SA, Ni, KEi}  -->
 *                       <--  HDR, SK {SA, Nr, KEr}
 *
 * The heir takes over the children as soon as both sides can know of it, and who
 * initiated deletes the old IKE SA. Where both rekey at once there are two
 * heirs: the one with the lowest of the four nonces goes, deleted by who made
 * it, and the children go to the other (section 2.8.1).
 */
#include <errno.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/collide.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/followup.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/view.h"

#define QUIET_NS     (4 * NS_PER_S) /* the peer asks again after that */
#define RESTARTS_MAX 3U

void rekey_heir(struct ike_sa *heir, const struct ike_sa *sa)
{
	heir->conn = conn_hold(sa->conn);
	heir->local_id = sa->local_id;
	heir->peer_id = sa->peer_id;
	heir->nat_local = sa->nat_local;
	heir->nat_remote = sa->nat_remote;
	heir->fragments = sa->fragments;
	heir->takes_redirect = sa->takes_redirect;
	mobike_inherit(heir, sa);
	heir->uses_ppk = sa->uses_ppk;
	ticket_inherit(heir, sa);
	heir->half_open_ns = 0; /* it ends with its exchange */
}

/* An IKE SA in the place of this one, without keys yet. */
static struct ike_sa *heir_new(struct ike_sa *sa, bool initiator)
{
	struct ike_sa *heir = sa_new(sa->e, initiator, &sa->path);

	if (!heir)
		return NULL;
	rekey_heir(heir, sa);
	return heir;
}

static struct slice spi_slice(uint8_t octets[IKE_SPI_BYTES], uint64_t spi)
{
	struct builder b = wr_init(octets, IKE_SPI_BYTES);

	wr_u64(&b, spi);
	return slice_of(octets, b.len);
}

static bool take_spi(struct slice s, uint64_t *out)
{
	return rd_u64(&s, out) && !s.len && *out;
}

static int make_keys(const struct ike_sa *sa, struct exchange *x)
{
	struct ike_sa *heir = x->heir;
	const struct keys_input in = {
		.chosen = &x->chosen,
		.shared = followup_first(x),
		.more = followup_more(x),
		.ni = nonce_slice(&x->ni),
		.nr = nonce_slice(&x->nr),
		.spi_i = heir->spi_i,
		.spi_r = heir->spi_r,
		.initiator = heir->initiator,
	};
	int err = keys_rekey(&sa->keys, &in, &heir->keys);

	heir->has_keys = !err;
	return err;
}

static void establish(struct ike_sa *heir, const struct ike_sa *sa)
{
	sa_set_state(heir, IKE_ST_ESTABLISHED);
	sa_start_life(heir);
	sa_count(sa->e, sa,
		 heir->initiator ? IKE_COUNT_IKE_REKEY_INIT
				 : IKE_COUNT_IKE_REKEY_RESP);
	sa_event_heir(heir, NULL, sa->view_id, 0);
}

/* Who waits for a rival to get children, waits for its heir from now on. */
static void pass_rivalry(struct ike_sa *heir, const struct ike_sa *sa)
{
	struct ike_sa *elder = NULL;

	while ((elder = sa_of_peer(sa, elder))) {
		if (elder->ours.rival_spi != sa_spi_local(sa))
			continue;
		elder->ours.rival_spi = sa_spi_local(heir);
		sa_touch(elder);
	}
}

/* Children, and what was still to be done with them. */
static void inherit(struct ike_sa *heir, struct ike_sa *sa)
{
	struct child_sa **end = &heir->children;

	while (*end)
		end = &(*end)->next;
	*end = sa->children;
	sa->children = NULL;
	for (struct child_sa *c = heir->children; c; c = c->next)
		c->sa = heir;
	wishes_move(heir, sa);
	cp_inherit(heir, sa);
	heir->path = sa->path; /* it may have moved meanwhile */
	heir->nat_local = sa->nat_local;
	heir->nat_remote = sa->nat_remote;
	mobike_inherit(heir, sa);
	redirect_pass(heir, sa);
	heir->delete_wanted = sa->delete_wanted;
	sa->delete_wanted = false;
	sa->rekey_ns = 0;
	sa->has_heir = true;
	view_changed(heir);
	pass_rivalry(heir, sa);
	reauth_inherit(heir, sa);
	proven_move(heir, sa);
	heir->replaced_ns = sa->replaced_ns;
	sa->replaced_ns = 0;
	for (struct child_sa *c = heir->children; c; c = c->next)
		child_bind_best(heir, c);
}

/* What the peer's rekeying made, if it is there; NULL: it is not. */
static struct ike_sa *find_rival(const struct ike_sa *sa, uint64_t spi)
{
	struct ike_sa *rival = spi ? sa_by_spi(sa->e, spi) : NULL;

	if (!rival || rival->state != IKE_ST_ESTABLISHED)
		return NULL;
	sa_touch(rival); /* whoever asks gives it something to do */
	return rival;
}

void rekey_concede(struct ike_sa *sa)
{
	struct ike_sa *rival = find_rival(sa, sa->ours.rival_spi);

	if (sa->ours.kind == EX_REKEY_IKE && rival)
		inherit(rival, sa);
}

void rekey_confirm(struct ike_sa *sa)
{
	struct ike_sa *heir, *next;

	if (!sa->has_heir)
		return;
	for (heir = sa_of_peer(sa, NULL); heir; heir = next) {
		next = sa_of_peer(sa, heir);
		if (!heir->quiet_ns || !child_same_peer(heir, sa))
			continue;
		heir->quiet_ns = 0;
		sa_touch(heir);
		sa_next(heir);
	}
}

/* --- initiator */

void rekey_start(struct ike_sa *sa)
{
	const struct ke_alg *ke = proposals_first_ke(&sa->conn->conf.proposals);
	struct exchange *x = &sa->ours;

	x->kind = EX_REKEY_IKE;
	x->heir = heir_new(sa, true);
	if (!ke || !x->heir || !nonce_make(sa, &x->ni) ||
	    !ask_ke(sa, x, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
}

static void send_request(struct ike_sa *sa, struct exchange *x)
{
	uint8_t spi[IKE_SPI_BYTES];
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, false, sa->next_ours);
	proposals_put(&m, &sa->conn->conf.proposals,
		      spi_slice(spi, x->heir->spi_i), true);
	ike_nonce_put(&m, nonce_slice(&x->ni));
	ike_ke_put(&m, x->ke_method, ke_public(x->ke));
	if (!request_send(sa, &m, false))
		sa_close(sa, "CREATE_CHILD_SA does not fit a message");
}

/* Theirs is the only heir; or there is none, and we try again. */
static void give_up(struct ike_sa *sa, struct exchange *x)
{
	struct ike_sa *rival = find_rival(sa, x->rival_spi);

	exchange_end(sa, x);
	if (rival)
		inherit(rival, sa);
	else
		sa->rekey_ns = sa_after(sa, IKE_RETRY_S, IKE_RETRY_RAND_S);
	sa_next(sa);
}

static void other_method(struct ike_sa *sa, struct exchange *x,
			 struct slice data)
{
	const struct ke_alg *ke = NULL;
	uint16_t id;

	if (rd_u16(&data, &id))
		ke = proposals_find_ke(&sa->conn->conf.proposals, id);
	if (!ke || ++x->restarts > RESTARTS_MAX) {
		give_up(sa, x);
		return;
	}
	ke_free(x->ke);
	x->ke = NULL;
	if (!ask_ke(sa, x, ke, slice_of(NULL, 0)))
		sa_close(sa, "out of memory");
}

void rekey_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	const struct ike_payload *ke_body = ike_find(p, IKE_PL_KE);
	const struct ike_payload *nonce = ike_find(p, IKE_PL_NONCE);
	struct exchange *x = &sa->ours;
	struct ike_notify n;
	struct ike_ke ke;

	if (ike_find_notify(p, IKE_N_INVALID_KE_PAYLOAD, &n)) {
		other_method(sa, x, n.data);
		return;
	}
	if (ike_find_error(p, &n) || !body || !ke_body || !nonce ||
	    !ike_ke_parse(ke_body->body, &ke) ||
	    !proposals_check(&sa->conn->conf.proposals, body->body, true,
			     &x->chosen) ||
	    !x->chosen.ke || x->chosen.ke->id != ke.method ||
	    ke.method != x->ke_method ||
	    !take_spi(x->chosen.spi, &x->heir->spi_r)) {
		give_up(sa, x);
		return;
	}
	if (followup_take_link(x, p))
		give_up(sa, x);
	else if (!nonce_take(&x->nr, nonce->body) ||
		 !ask_ke(sa, x, x->chosen.ke, ke.data))
		sa_close(sa, "out of memory");
}

void rekey_followup_failed(struct ike_sa *sa, struct exchange *x)
{
	give_up(sa, x);
}

/* The lower nonce of the peer's rekeying, done or under way; NULL: none. */
static const struct nonce *rival_nonce(const struct ike_sa *sa,
				       const struct exchange *x)
{
	const struct exchange *p = followup_peers(sa);

	if (x->rival_nonce.len)
		return &x->rival_nonce;
	if (p->kind == EX_REKEY_IKE)
		return nonce_lower(&p->ni, &p->nr);
	return NULL;
}

/* The peer's heir stays: it has the children, now or when it is done. */
static void ours_goes(struct ike_sa *sa, struct ike_sa *heir, uint64_t rival_spi)
{
	struct ike_sa *rival = find_rival(sa, rival_spi);

	heir->delete_wanted = true;
	heir->is_spare = true;
	sa_next(heir);
	if (!rival)
		return;
	inherit(rival, sa);
	sa->drop_ns = sa->e->now_ns + RESENDS_NS;
}

static void ours_stays(struct ike_sa *sa, struct ike_sa *heir,
		       uint64_t rival_spi)
{
	struct ike_sa *rival = find_rival(sa, rival_spi);

	inherit(heir, sa);
	sa->delete_wanted = true;
	if (!rival)
		return;
	rival->is_spare = true;
	rival->drop_ns = sa->e->now_ns + RESENDS_NS;
}

unsigned int rekey_facts(const struct exchange *x, const struct nonce *rival)
{
	if (!rival)
		return 0;
	if (nonce_is_lower(nonce_lower(&x->ni, &x->nr), rival))
		return COLLIDE_HAS_RIVAL | COLLIDE_OURS_IS_LOWER;
	return COLLIDE_HAS_RIVAL;
}

static void initiator_done(struct ike_sa *sa, struct exchange *x)
{
	unsigned int facts = rekey_facts(x, rival_nonce(sa, x));
	uint64_t rival_spi = x->rival_spi;
	struct ike_sa *heir = x->heir;

	x->heir = NULL;
	establish(heir, sa);
	exchange_end(sa, x);
	if (collide(COLLIDE_MADE_IKE, facts) == COLLIDE_DELETE_NEW)
		ours_goes(sa, heir, rival_spi);
	else
		ours_stays(sa, heir, rival_spi);
	sa_next(sa);
}

/* --- responder */

static void reply_error(struct ike_sa *sa, uint16_t type, struct slice data)
{
	reply_notify(sa, followup_exchange(&sa->peers), type, data);
}

static void reply_bad(struct ike_sa *sa, const char *why)
{
	reply_syntax(sa, followup_exchange(&sa->peers), why);
}

void rekey_peers_failed(struct ike_sa *sa)
{
	if (!sa->has_heir && !sa->rekey_ns && sa->conn->conf.rekey_time &&
	    sa->ours.kind != EX_REKEY_IKE)
		sa->rekey_ns = sa_after(sa, IKE_RETRY_S, IKE_RETRY_RAND_S);
}

static void peers_failed(struct ike_sa *sa, int err)
{
	if (err == -EINVAL) {
		reply_bad(sa, "the peer's key exchange value is not valid");
		return;
	}
	reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
	rekey_peers_failed(sa);
}

void rekey_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct ike_payload *ke_body = ike_find(p, IKE_PL_KE);
	struct exchange *x = &sa->peers;
	struct slice body = ike_find(p, IKE_PL_SA)->body;
	struct ike_ke ke;

	if (collide(COLLIDE_ASKED_REKEY_IKE, collide_facts(sa)) !=
	    COLLIDE_ACCEPT) { /* section 2.25.2 */
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
		return;
	}
	if (!ke_body || !ike_ke_parse(ke_body->body, &ke)) {
		reply_bad(sa, "the peer rekeys the IKE SA without a KE payload");
		return;
	}
	if (!proposals_choose(&sa->conn->conf.proposals, body, true, &x->chosen) ||
	    !x->chosen.ke) {
		reply_error(sa, IKE_N_NO_PROPOSAL_CHOSEN, slice_of(NULL, 0));
		return;
	}
	if (x->chosen.ke->id != ke.method) {
		uint8_t id[2] = { (uint8_t)(x->chosen.ke->id >> 8),
				  (uint8_t)x->chosen.ke->id };

		reply_error(sa, IKE_N_INVALID_KE_PAYLOAD,
			    slice_of(id, sizeof(id)));
		return;
	}
	x->kind = EX_REKEY_IKE;
	x->heir = heir_new(sa, false);
	if (!x->heir)
		peers_failed(sa, -ENOMEM);
	else if (!take_spi(x->chosen.spi, &x->heir->spi_i))
		reply_bad(sa, "the peer rekeys the IKE SA without an SPI");
	else if (!nonce_take(&x->ni, ike_find(p, IKE_PL_NONCE)->body) ||
		 !nonce_make(sa, &x->nr) ||
		 !ask_ke(sa, x, x->chosen.ke, ke.data))
		sa_close(sa, "out of memory");
}

static void response_begin(struct ike_sa *sa, const struct exchange *x,
			   struct ike_builder *m)
{
	enum ike_exchange exchange = followup_exchange(x);
	uint8_t spi[IKE_SPI_BYTES];

	message_begin(sa, m, exchange, true, sa->next_peers);
	if (exchange == IKE_EXCH_CREATE_CHILD_SA) {
		chosen_put(m, &x->chosen, spi_slice(spi, x->heir->spi_r));
		ike_nonce_put(m, nonce_slice(&x->nr));
	}
	ike_ke_put(m, x->ke_method, ke_public(x->ke));
}

/* The peer goes on to a third: it has deleted the first one, or will not. */
static void end_elder(const struct ike_sa *sa)
{
	struct ike_sa *other, *next;

	if (!sa->heir_of)
		return;
	for (other = sa_of_peer(sa, NULL); other; other = next) {
		next = sa_of_peer(sa, other);
		if (other->view_id == sa->heir_of && other->drop_ns &&
		    other->state == IKE_ST_ESTABLISHED)
			sa_close(other, "replaced");
	}
}

static void send_response(struct ike_sa *sa, struct exchange *x)
{
	struct ike_sa *heir = x->heir;
	struct exchange *ours = &sa->ours;
	struct ike_builder m;

	response_begin(sa, x, &m);
	x->heir = NULL;
	establish(heir, sa);
	switch (collide(COLLIDE_ANSWERED_IKE, collide_facts(sa))) {
	case COLLIDE_REMEMBER:
		ours->rival_spi = sa_spi_local(heir);
		nonce_take_lower(&ours->rival_nonce, &x->ni, &x->nr);
		break;
	case COLLIDE_SPARE: /* ours was faster, and stays */
		heir->is_spare = true;
		heir->drop_ns = sa->e->now_ns + RESENDS_NS;
		break;
	default:
		heir->quiet_ns = sa->e->now_ns + QUIET_NS;
		inherit(heir, sa);
		sa->drop_ns = sa->e->now_ns + RESENDS_NS;
		heir->heir_of = sa->view_id;
		end_elder(sa);
		break;
	}
	if (!reply_send(sa, &m))
		sa_close(sa, "CREATE_CHILD_SA does not fit a message");
}

/* --- both: the key exchange is done */

static void reply_and_wait(struct ike_sa *sa, struct exchange *x)
{
	struct ike_builder m;

	response_begin(sa, x, &m);
	followup_reply(sa, x, &m);
}

/* True: it goes on. */
static bool follow_up(struct ike_sa *sa, struct exchange *x, bool ours, int *err)
{
	int more;

	*err = 0;
	if (ours)
		return followup_goes_on(sa, x);
	more = followup_begin_or_go_on(sa, x);
	if (more > 0)
		reply_and_wait(sa, x);
	*err = more < 0 ? more : 0;
	return more > 0;
}

void rekey_ke(struct ike_sa *sa, struct exchange *x, const struct ke_job *job)
{
	bool ours = x == &sa->ours;
	int err = job->err;

	if (ours && !err && !job->peer_len) {
		if (x->followup)
			followup_send_request(sa, x);
		else
			send_request(sa, x);
		return;
	}
	if (!err && follow_up(sa, x, ours, &err))
		return;
	if (err || make_keys(sa, x)) {
		if (ours)
			give_up(sa, x);
		else
			peers_failed(sa, job->err);
		return;
	}
	if (ours)
		initiator_done(sa, x);
	else if (collide(COLLIDE_ANSWERED_IKE, collide_facts(sa)) ==
		 COLLIDE_SAY_LATER)
		reply_error(sa, IKE_N_TEMPORARY_FAILURE, slice_of(NULL, 0));
	else
		send_response(sa, x);
}
