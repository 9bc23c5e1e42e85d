// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/rounds.h"

#include <stdlib.h>
#include <string.h>

/* Who comes with a ticket has done them all before. */
static size_t rounds_of(const struct ike_sa *sa, enum conn_side side)
{
	if (!sa->conn || sa->by_ticket)
		return 1;
	return conn_rounds(&sa->conn->conf, side);
}

static size_t round_at(const struct ike_sa *sa, enum conn_side side)
{
	size_t n = rounds_of(sa, side);

	return sa->round < n ? sa->round : n - 1;
}

static bool has_several(const struct ike_sa *sa)
{
	return rounds_of(sa, CONN_LOCAL) > 1 || rounds_of(sa, CONN_REMOTE) > 1;
}

bool rounds_has(const struct ike_sa *sa, enum conn_side side)
{
	return sa->round < rounds_of(sa, side);
}

static bool has_next(const struct ike_sa *sa, enum conn_side side)
{
	return sa->round + 1U < rounds_of(sa, side);
}

bool rounds_is_last(const struct ike_sa *sa)
{
	return !has_next(sa, CONN_LOCAL) && !has_next(sa, CONN_REMOTE);
}

const struct auth_conf *rounds_auth(const struct ike_sa *sa, enum conn_side side)
{
	return conn_auth(&sa->conn->conf, side, round_at(sa, side));
}

const struct identity *rounds_id(const struct ike_sa *sa, enum conn_side side)
{
	return conn_id(&sa->conn->conf, side, round_at(sa, side));
}

const struct identity *rounds_last_id(const struct ike_sa *sa,
				      enum conn_side side)
{
	return conn_id(&sa->conn->conf, side, rounds_of(sa, side) - 1);
}

void rounds_next(struct ike_sa *sa)
{
	sa->round++;
	sa->round_follows = false;
}

/* --- messages */

void rounds_put_support(struct ike_builder *m)
{
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_MULTIPLE_AUTH_SUPPORTED });
}

void rounds_take(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	sa->takes_rounds |=
		ike_find_notify(p, IKE_N_MULTIPLE_AUTH_SUPPORTED, &n);
	sa->round_follows = ike_find_notify(p, IKE_N_ANOTHER_AUTH_FOLLOWS, &n);
}

/* Who has one round needs no others, and need not say so. */
void rounds_put(const struct ike_sa *sa, struct ike_builder *m)
{
	if (sa->initiator && !sa->round && has_several(sa))
		rounds_put_support(m);
	if (has_next(sa, CONN_LOCAL))
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_ANOTHER_AUTH_FOLLOWS });
}

/* --- judged */

const char *rounds_not_taken(const struct ike_sa *sa)
{
	if (!has_several(sa) || sa->takes_rounds)
		return NULL;
	return "the peer takes no several rounds of authentication (RFC 4739), which the connection's sections local and remote are: leave one of each";
}

const char *rounds_one_too_many(void)
{
	return "the peer wants another round of authentication, for which the connection has no section remote";
}

const char *rounds_not_so(const struct ike_sa *sa)
{
	if (!identity_match(rounds_id(sa, CONN_REMOTE), &sa->peer_id))
		return "the peer has another identity in a further round of authentication than 'id' of that section remote";
	if (sa->round_follows && !has_next(sa, CONN_REMOTE))
		return rounds_one_too_many();
	if (!sa->round_follows && has_next(sa, CONN_REMOTE))
		return "the peer leaves out a round of authentication, for which the connection has a section remote";
	return rounds_not_taken(sa);
}

/* --- responder */

bool rounds_put_aside(struct ike_sa *sa, struct exchange *x)
{
	sa->round_asked = malloc(sizeof(*sa->round_asked));
	if (!sa->round_asked)
		return false;
	*sa->round_asked = *x;
	memset(x, 0, sizeof(*x));
	return true;
}

void rounds_take_up(struct ike_sa *sa, struct exchange *x)
{
	*x = *sa->round_asked;
	explicit_bzero(sa->round_asked, sizeof(*sa->round_asked));
	free(sa->round_asked);
	sa->round_asked = NULL;
}

void rounds_free(struct ike_sa *sa)
{
	if (!sa->round_asked)
		return;
	exchange_end(sa, sa->round_asked);
	free(sa->round_asked);
	sa->round_asked = NULL;
}
