// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH between its messages: the answers to what both roles ask on the way, and what
 * follows from them. The messages are in x_auth.c.
 */
#include "ctrl/ike/auth_steps.h"

#include <errno.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/own_cert.h"
#include "ctrl/ike/ppk.h"
#include "ctrl/ike/proof.h"
#include "ctrl/ike/proven.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/ike/ticket.h"
#include "ctrl/ike/unique.h"

void auth_established(struct ike_sa *sa)
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
	auth_established(sa);
	if (wants && !wish_add(sa, sa->conn, sa->wanted, &sa->wanted_first,
			       sa->e->now_ns))
		sa_close(sa, "out of memory");
	else
		initiator_done(sa);
}

/* The child can't be; the IKE SA can. The peer is told: by our reply that there
 * is none, or, where it has its own already, by a DELETE. */
static void no_child(struct ike_sa *sa, struct exchange *x, const char *why)
{
	if (!sa->initiator) {
		child_fail(sa, x, IKE_N_NO_ADDITIONAL_SAS, why);
		auth_answer(sa, x);
		return;
	}
	sa->delete_wanted |= is_useless(sa, x);
	if (sa->state == IKE_ST_AUTH)
		auth_established(sa);
	child_undo(sa, x, why);
	initiator_done(sa);
}

/* What the data path has lost meanwhile the peer has: it is rekeyed at once. */
static void installed_lost(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;

	if (sa->state == IKE_ST_AUTH)
		auth_established(sa);
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
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
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
	if (!rounds_is_last(sa))
		auth_next_round(sa, x);
	else if (x->child)
		add(sa, x, SADB_IN);
	else
		established_alone(sa, x);
}

static void responder_agrees(struct ike_sa *sa, struct exchange *x)
{
	if (!rounds_is_last(sa)) {
		auth_answer(sa, x);
		return;
	}
	give_vips(sa, x);
	if (x->child)
		child_getspi(sa, x);
	else
		auth_answer(sa, x);
}

/* The peer has proved who it is: NULL, or why it may not go on. */
static const char *not_agreed(struct ike_sa *sa)
{
	const char *why = NULL;

	if (rounds_has(sa, CONN_REMOTE))
		why = proof_not_so(sa);
	if (!why && rounds_has(sa, CONN_REMOTE))
		why = rounds_not_so(sa);
	return why || sa->initiator ? why : own_cert_choose(sa, NULL);
}

/* why   NULL: its proof is right */
void auth_after_check(struct ike_sa *sa, struct exchange *x, const char *why)
{
	const char *no = not_so(sa, x), *no_ppk = ppk_not_so(sa);

	if (no_ppk)
		why = no_ppk;
	else if (!why && sa->conn)
		why = not_agreed(sa);
	if (!why && !sa->initiator && sa->conn && x->wants_ticket)
		ticket_make(sa); /* sooner than our AUTH, as a rule */
	if (!sa->conn)
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED,
			    "no connection for the peer's address and identity");
	else if (why && sa->initiator)
		auth_give_up(sa, why);
	else if (why)
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
	else if (rounds_is_last(sa) && !unique_allows(sa, x->initial_contact))
		refuse_second(sa);
	else if (no)
		auth_refuse(sa, IKE_N_INVALID_SYNTAX, no);
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
	auth_after_check(sa, x, job->err ? job->why.text : NULL);
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
		auth_send_response(sa, x, a);
	else if (ppk_keep_auth(sa, x->step, auth.data))
		proof_make(sa, x, STEP_AUTH_PLAIN);
	else
		auth_send_request(sa, x, a);
}

/* The data path has lost what the message to be sent would say. */
static bool is_spi_lost(const struct ike_sa *sa, const struct exchange *x)
{
	bool says_spi = sa->initiator ? !sa->round : rounds_is_last(sa);

	return says_spi && x->child && !x->child->has_in;
}

void auth_keystore(struct ike_sa *sa, struct exchange *x,
		   const struct keystore_answer *a)
{
	bool check = x->step == STEP_AUTH_CHECK;
	const char *why = a->err ? proof_why_not(sa, !check, a->err) : NULL;

	if (check && !why && !sa->by_ticket)
		proven_note(sa, NULL);
	if (check)
		auth_after_check(sa, x, why);
	else if (x->step == STEP_PPK)
		mixed(sa, x, a);
	else if (is_spi_lost(sa, x))
		child_getspi(sa, x);
	else if (why && sa->initiator)
		sa_close(sa, why);
	else if (why)
		auth_refuse(sa, IKE_N_AUTHENTICATION_FAILED, why);
	else
		made(sa, x, a);
}

static void spi_taken(struct ike_sa *sa, struct exchange *x)
{
	if (sa->initiator)
		auth_begin(sa, x);
	else
		add(sa, x, SADB_IN);
}

static void installed(struct ike_sa *sa, struct exchange *x)
{
	if (!sa->initiator) {
		auth_answer(sa, x);
		return;
	}
	auth_established(sa);
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
