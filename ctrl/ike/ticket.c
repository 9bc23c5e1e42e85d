// SPDX-License-Identifier: BSD-2-Clause
/*
 * A limit: an initiator's tickets are in its engine alone, and go with it.
 */
#include "ctrl/ike/ticket.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/proven.h"

/* After TICKET_ACK: it was not ready for IKE_AUTH, or somebody does not make it. */
#define SOON_NS	      NS_PER_S
#define LATER_NS      (10 * NS_PER_S)
#define TICKET_LIFE_S (7U * 24U * 60U * 60U)

static void put_word(struct ike_builder *m, uint16_t type)
{
	ike_notify_put(m, &(const struct ike_notify){ .type = type });
}

void ticket_free(struct ticket *t)
{
	if (!t)
		return;
	conn_drop(t->conn);
	octets_free(&t->octets);
	explicit_bzero(t, sizeof(*t));
	free(t);
}

void ticketing_free(struct ticketing *t)
{
	if (t)
		octets_free(&t->octets);
	free(t);
}

/* NULL: no memory. */
static struct ticketing *ticketing_of(struct ike_sa *sa)
{
	if (!sa->ticketing)
		sa->ticketing = calloc(1, sizeof(*sa->ticketing));
	return sa->ticketing;
}

void ticket_inherit(struct ike_sa *heir, const struct ike_sa *sa)
{
	struct ticketing *t = sa->ticketing ? ticketing_of(heir) : NULL;

	if (!t)
		return;
	t->given = sa->ticketing->given;
	t->at_ns = sa->ticketing->at_ns;
}

/* --- who is given one */

uint64_t ticket_at_ns(const struct ike_sa *sa)
{
	return sa->ticketing ? sa->ticketing->at_ns : 0;
}

void ticket_ask_at(struct ike_sa *sa, uint64_t at_ns)
{
	struct ticketing *t =
		sa->conn->conf.resumption ? ticketing_of(sa) : NULL;

	if (t)
		t->at_ns = at_ns;
}

void ticket_ask_put(struct ike_sa *sa, struct ike_builder *m)
{
	if (sa->conn->conf.resumption)
		put_word(m, IKE_N_TICKET_REQUEST);
}

/* Section 7.1: seconds, and the ticket. Who gives one that lives for longer than
 * anybody would keep it is not believed. */
static void take_ticket(struct ike_sa *sa, struct slice data)
{
	struct ticketing *t = ticketing_of(sa);
	uint32_t s;

	if (!t || !rd_u32(&data, &s) || !s || !data.len ||
	    data.len > TICKET_MAX || !octets_set(&t->octets, data))
		return;
	if (s > TICKET_LIFE_S)
		s = TICKET_LIFE_S;
	t->end_ns = sa->e->now_ns + s * NS_PER_S;
	t->at_ns = sa->e->now_ns + s * NS_PER_S / 2;
}

void ticket_take(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (!sa->conn->conf.resumption)
		return;
	if (ike_find_notify(p, IKE_N_TICKET_LT_OPAQUE, &n))
		take_ticket(sa, n.data);
	else if (ike_find_notify(p, IKE_N_TICKET_ACK, &n))
		ticket_ask_at(sa, sa->e->now_ns + (sa->state == IKE_ST_AUTH
							   ? SOON_NS
							   : LATER_NS));
	else if (ike_find_notify(p, IKE_N_TICKET_NACK, &n))
		ticket_ask_at(sa, 0);
}

static struct ticket **place_of(struct engine *e, const char *conn)
{
	struct ticket **at = &e->tickets;

	while (*at && strcmp((*at)->conn->conf.name, conn) != 0)
		at = &(*at)->next;
	return at;
}

static struct ticket *take_out(struct engine *e, const char *conn)
{
	struct ticket **at = place_of(e, conn), *t = *at;

	if (t)
		*at = t->next;
	return t;
}

void ticket_keep(struct ike_sa *sa)
{
	struct ticketing *new = sa->ticketing;
	struct engine *e = sa->e;
	struct ticket *t;

	if (!new || !new->octets.len)
		return;
	ticket_free(take_out(e, sa->conn->conf.name));
	t = sa->proven ? calloc(1, sizeof(*t)) : NULL;
	if (!t) {
		octets_free(&new->octets);
		return;
	}
	t->conn = conn_hold(sa->conn);
	t->octets = new->octets;
	new->octets = (struct octets){ .ptr = NULL };
	t->end_ns = new->end_ns;
	t->auth_ns = sa->reauth_ns;
	t->proven = *sa->proven;
	t->local_id = sa->local_id;
	t->peer_id = sa->peer_id;
	t->suite = (struct chosen){
		.protocol = IKE_PROTO_IKE,
		.encr = sa->keys.encr,
		.integ = sa->keys.integ,
		.prf = sa->keys.prf,
		.ke = sa->keys.ke,
	};
	memcpy(t->suite.addke, sa->keys.addke, sizeof(t->suite.addke));
	t->uses_ppk = sa->uses_ppk;
	memcpy(t->sk_d, sa->keys.sk_d, sa->keys.prf->out_bytes);
	t->next = e->tickets;
	e->tickets = t;
}

static bool has_other(const struct ike_sa *sa)
{
	const struct engine *e = sa->e;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *other = e->slots[i];

		if (other && other != sa && other->state == IKE_ST_ESTABLISHED &&
		    strcmp(other->conn->conf.name, sa->conn->conf.name) == 0)
			return true;
	}
	return false;
}

static void revoke(const struct ike_sa *sa, uint64_t id)
{
	const struct ticket_request q = { .op = TICKET_REVOKE, .id = id };

	if (id && sa->e->calls.ticket)
		sa->e->calls.ticket(sa->e->calls.ctx, &q);
}

/* Of two heirs one goes, and it was not given for that alone. */
static bool is_shared(const struct ike_sa *sa)
{
	const struct ike_sa *other = sa_of_peer(sa, NULL);

	while (other && (ticket_given(other) != ticket_given(sa) ||
			 other->state == IKE_ST_DEAD))
		other = sa_of_peer(sa, other);
	return other;
}

void ticket_drop(const struct ike_sa *sa)
{
	if (ticket_given(sa) && !is_shared(sa))
		revoke(sa, ticket_given(sa));
	if (sa->e->tickets && sa->conn->conf.resumption && !has_other(sa))
		ticket_free(take_out(sa->e, sa->conn->conf.name));
}

/* Reauthentication, too, is not put off by it. */
static bool is_over(const struct engine *e, const struct ticket *t)
{
	return e->now_ns >= t->end_ns || (t->auth_ns && e->now_ns >= t->auth_ns);
}

/* Not where there is another one, for that is what the peer would let go: nor is
 * reauthentication done by it. */
struct ticket *ticket_for(const struct ike_sa *sa)
{
	const struct conn_conf *c = &sa->conn->conf;
	struct ticket *t;

	if (!sa->e->tickets || !c->resumption || has_other(sa))
		return NULL;
	t = take_out(sa->e, c->name);
	if (t && !is_over(sa->e, t) && conn_equal_ike(&t->conn->conf, c) &&
	    proven_holds(sa->e, &t->proven, c) &&
	    (t->uses_ppk || !c->ppk_required))
		return t;
	ticket_free(t);
	return NULL;
}

void tickets_forget(struct engine *e)
{
	while (e->tickets) {
		struct ticket *t = e->tickets;

		e->tickets = t->next;
		ticket_free(t);
	}
}

/* --- who gives one */

/* Until its authentication is too old; 0: never. */
static uint32_t auth_s(const struct ike_sa *sa)
{
	uint64_t now_ns = sa->e->now_ns, at_ns = sa->reauth_ns;
	uint32_t reauth_s = sa->conn->conf.reauth_time;

	if (!at_ns && reauth_s)
		at_ns = sa->proven->at_ns + reauth_s * NS_PER_S;
	if (!at_ns)
		return 0;
	return at_ns > now_ns + NS_PER_S
		       ? (uint32_t)((at_ns - now_ns) / NS_PER_S)
		       : 1;
}

uint64_t ticket_given(const struct ike_sa *sa)
{
	return sa->ticketing ? sa->ticketing->given : 0;
}

void ticket_set_given(struct ike_sa *sa, uint64_t id)
{
	struct ticketing *t = id ? ticketing_of(sa) : sa->ticketing;

	if (t)
		t->given = id;
}

static bool gives(const struct ike_sa *sa)
{
	return sa->conn->conf.resumption && sa->proven && sa->e->calls.ticket;
}

void ticket_make(struct ike_sa *sa)
{
	struct ticketing *t = gives(sa) ? ticketing_of(sa) : NULL;
	const struct keys *k = &sa->keys;
	struct ticket_request q = {
		.token = token_next(sa),
		.op = TICKET_SEAL,
		.sk_d_len = k->prf->out_bytes,
		.state = { .prf = (uint16_t)k->prf->id,
			   .encr = (uint16_t)k->encr->id,
			   .encr_bits = encr_attr_bits(k->encr),
			   .integ = (uint16_t)k->integ->id,
			   .ke = k->ke ? (uint16_t)k->ke->id : KE_NONE,
			   .uses_ppk = sa->uses_ppk,
			   .local = sa->local_id,
			   .remote = sa->peer_id },
	};

	if (!t)
		return;
	t->token = q.token;
	q.state.auth_s = auth_s(sa);
	q.state.proven = *sa->proven;
	memcpy(q.state.addke, k->addke, sizeof(q.state.addke));
	memcpy(q.sk_d, k->sk_d, k->prf->out_bytes);
	sa->e->calls.ticket(sa->e->calls.ctx, &q);
	explicit_bzero(&q, sizeof(q));
}

void ticket_made(struct ike_sa *sa, const struct ticket_answer *a)
{
	struct ticketing *t = sa->ticketing;

	if (!t || !t->token || t->token != a->token)
		return;
	t->token = 0;
	if (a->err || !a->ticket_len || a->ticket_len > sizeof(a->ticket) ||
	    !octets_set(&t->octets, slice_of(a->ticket, a->ticket_len)))
		return;
	t->end_ns = sa->e->now_ns + a->lifetime_s * NS_PER_S;
	t->made = a->id;
}

/* false: it is too old, or does not fit. */
static bool put_ticket(const struct ticketing *t, uint64_t now_ns,
		       struct ike_builder *m)
{
	uint8_t octets[sizeof(uint32_t) + TICKET_MAX];
	struct builder b = wr_init(octets, sizeof(octets));

	if (!t->octets.len || t->end_ns < now_ns + NS_PER_S)
		return false;
	wr_u32(&b, (uint32_t)((t->end_ns - now_ns) / NS_PER_S));
	wr_bytes(&b, t->octets.ptr, t->octets.len);
	if (wr_ok(&b))
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_TICKET_LT_OPAQUE,
					  .data = slice_of(octets, b.len),
				  });
	return wr_ok(&b);
}

/* Each is given to one peer once. */
void ticket_put(struct ike_sa *sa, struct ike_builder *m)
{
	struct ticketing *t = gives(sa) ? ticketing_of(sa) : NULL;

	if (!t) {
		put_word(m, IKE_N_TICKET_NACK);
		return;
	}
	if (put_ticket(t, sa->e->now_ns, m)) {
		revoke(sa, t->given);
		t->given = t->made;
	} else {
		put_word(m, IKE_N_TICKET_ACK);
		if (!t->token || sa->state == IKE_ST_ESTABLISHED)
			ticket_make(sa);
	}
	octets_free(&t->octets);
}
