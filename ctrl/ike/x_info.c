// SPDX-License-Identifier: BSD-2-Clause
/*
 * INFORMATIONAL (RFC 7296 sections 1.4 and 2.4): DELETE of an IKE SA or of CHILD
 * SAs, and the empty message that asks whether the peer is alive. A CHILD SA
 * leaves the SAD as a pair: the answer to a DELETE of one direction is a DELETE
 * of the other.
 *
 *     initiator: outbound SAs drained -> request; response -> inbound ones go
 *
 * A limit: without another pair in its place, the inbound SA goes at once, and
 * what was still under way by it is lost.
 */
#include "ctrl/ike/acquire.h"
#include "ctrl/ike/child.h"
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/methods.h"
#include "ctrl/ike/mobike.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/redirect.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/ticket.h"

#define DELETES_MAX 64U /* SPIs of one answer */

static void send_request(struct ike_sa *sa, const struct ike_notify *n,
			 const struct ike_delete *d)
{
	struct ike_builder m;

	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, false, sa->next_ours);
	if (n)
		ike_notify_put(&m, n);
	if (d)
		ike_delete_put(&m, d);
	if (!request_send(sa, &m, false))
		sa_close(sa, "out of memory");
}

/* One child after the other, then the IKE SA. */
static void delete_ike(struct ike_sa *sa)
{
	const struct ike_delete d = { .protocol = IKE_PROTO_IKE };

	for (struct child_sa *c = sa->children; c; c = c->next)
		if (child_drain(sa, &sa->ours, c))
			return;
	send_request(sa, NULL, &d);
}

void info_delete_ike(struct ike_sa *sa)
{
	sa->ours.kind = EX_INFO;
	sa->ours.deletes_ike = true;
	ticket_drop(sa);
	sa_set_state(sa, IKE_ST_DELETING);
	delete_ike(sa);
}

void info_delete_at_once(struct ike_sa *sa, const char *why)
{
	const struct ike_delete d = { .protocol = IKE_PROTO_IKE };

	ticket_drop(sa);
	if (sa->state == IKE_ST_ESTABLISHED && sa->ours.kind == EX_NONE) {
		sa->ours.kind = EX_INFO;
		sa->ours.deletes_ike = true;
		send_request(sa, NULL, &d);
	}
	sa_close(sa, why);
}

void info_give_up(struct ike_sa *sa, uint16_t notify, const char *why)
{
	const struct ike_delete d = { .protocol = IKE_PROTO_IKE };
	const struct ike_notify n = { .type = notify };

	exchange_end(sa, &sa->ours);
	sa_event(sa, IKE_EV_FAILED, NULL, why);
	sa->failed = true;
	sa->ours.kind = EX_INFO;
	sa->ours.deletes_ike = true;
	sa_set_state(sa, IKE_ST_DELETING);
	sa_handshake_done(sa);
	send_request(sa, notify ? &n : NULL, &d);
}

static void delete_child(struct ike_sa *sa, struct child_sa *c)
{
	uint32_t spi_be = htonl(c->spi_in);
	const struct ike_delete d = {
		.protocol = c->protocol,
		.spi_bytes = sizeof(spi_be),
		.n = 1,
		.spis = slice_of(&spi_be, sizeof(spi_be)),
	};

	c->asked = true;
	send_request(sa, NULL, &d);
}

/* Our traffic is switched away before the peer hears of it; it stays until the
 * peer has answered, whichever IKE SA it then belongs to. */
void info_delete_child(struct ike_sa *sa, struct child_sa *c)
{
	sa->ours.kind = EX_INFO;
	sa->ours.old_spi_in = c->spi_in;
	if (!child_drain(sa, &sa->ours, c))
		delete_child(sa, c);
}

/* Drained. Meanwhile the child may have gone, by the peer's wish or to another
 * IKE SA, which deletes it then. */
void info_sadb(struct ike_sa *sa)
{
	struct child_sa *c = child_by_spi_in(sa, sa->ours.old_spi_in);

	if (sa->ours.deletes_ike) {
		delete_ike(sa);
	} else if (c) {
		delete_child(sa, c);
	} else {
		exchange_end(sa, &sa->ours);
		sa_next(sa);
	}
}

void info_notify(struct ike_sa *sa, const struct ike_notify *n)
{
	sa->ours.kind = EX_INFO;
	send_request(sa, n, NULL);
}

void info_liveness(struct ike_sa *sa)
{
	if (mobike_liveness(sa))
		return;
	sa->ours.kind = EX_INFO;
	send_request(sa, NULL, NULL);
}

void info_ticket(struct ike_sa *sa)
{
	const struct ike_notify n = { .type = IKE_N_TICKET_REQUEST };

	sa->ours.kind = EX_INFO;
	ticket_ask_at(sa, sa->e->now_ns + TICKET_AGAIN_NS);
	send_request(sa, &n, NULL);
}

void info_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct child_sa *c = child_by_spi_in(sa, sa->ours.old_spi_in);
	bool over = sa->ours.deletes_ike;

	if (c)
		child_depart(sa, c, "deleted here");
	if (!over) {
		ticket_take(sa, p);
		ticket_keep(sa);
	}
	exchange_end(sa, &sa->ours);
	if (over) {
		reauth_begin_anew(sa);
		sa_close(sa, "deleted here");
	} else {
		sa_next(sa);
	}
}

/* SPIs of one protocol: those of our answer. */
struct spis {
	uint8_t protocol;
	uint8_t octets[4 * DELETES_MAX];
	struct builder b;
};

static void spis_init(struct spis *s, uint8_t protocol)
{
	s->protocol = protocol;
	s->b = wr_init(s->octets, sizeof(s->octets));
}

static void spis_put(struct ike_builder *m, const struct spis *s)
{
	const struct ike_delete d = {
		.protocol = s->protocol,
		.spi_bytes = 4,
		.n = (uint16_t)(s->b.len / 4),
		.spis = slice_of(s->octets, s->b.len),
	};

	if (d.n)
		ike_delete_put(m, &d);
}

/*
 * The inbound SPIs of the children that the peer deletes by their outbound ones.
 * Left out are those that nobody knows, and those that we asked the peer to
 * delete, which go with its response (section 1.4.1).
 */
static void delete_children(struct ike_sa *sa, struct slice spis,
			    struct spis *ours)
{
	uint32_t spi;

	while (rd_u32(&spis, &spi)) {
		struct child_sa *c = child_claim(sa, ours->protocol, spi);

		if (!c || c->asked || ours->b.room - ours->b.len < sizeof(spi))
			continue;
		wr_u32(&ours->b, c->spi_in);
		child_give_up(sa, c);
		again_child_closed(sa, c);
		child_depart(sa, c, "deleted by the peer");
	}
}

/* Section 1.4.1; false: the IKE SA itself is deleted. */
static bool take_deletes(struct ike_sa *sa, const struct ike_payloads *p,
			 struct spis *esp, struct spis *ah)
{
	for (unsigned int i = 0; i < p->n; i++) {
		struct ike_delete d;

		if (p->at[i].type != IKE_PL_DELETE ||
		    !ike_delete_parse(p->at[i].body, &d))
			continue;
		if (d.protocol == IKE_PROTO_IKE)
			return false;
		if (d.spi_bytes == 4)
			delete_children(sa, d.spis,
					d.protocol == IKE_PROTO_AH ? ah : esp);
	}
	return true;
}

void info_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_builder m;
	struct spis esp, ah;
	struct ike_notify n;
	bool refused = ike_find_notify(p, IKE_N_AUTHENTICATION_FAILED, &n);
	char why[METHODS_STR_MAX];
	bool lives;

	spis_init(&esp, IKE_PROTO_ESP);
	spis_init(&ah, IKE_PROTO_AH);
	lives = take_deletes(sa, p, &esp, &ah) && !refused;
	if (refused)
		sa_alert(sa, IKE_ALERT_LOCAL_AUTH_FAILED);
	if (!lives)
		ticket_drop(sa);
	if (!lives && !refused) {
		again_closed(sa);
		reauth_begin_anew(sa);
	}
	reauth_take_lifetime(sa, p);
	if (lives) {
		redirect_note(sa, p);
		mobike_request(sa, p);
	}
	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, true, sa->next_peers);
	if (lives) {
		mobike_reply(sa, p, &m);
		spis_put(&m, &esp);
		spis_put(&m, &ah);
		if (ike_find_notify(p, IKE_N_TICKET_REQUEST, &n))
			ticket_put(sa, &m);
	}
	if (!reply_send(sa, &m)) {
		sa_close(sa, "out of memory");
	} else if (!lives) {
		rekey_confirm(sa);
		sa_linger(sa, refused ? methods_refusal(sa, why)
				      : "deleted by the peer");
	}
}
