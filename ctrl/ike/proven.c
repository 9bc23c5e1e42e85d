// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/proven.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/verify.h"

_Static_assert(PROVEN_CERTS_MAX == TRUST_CHAIN_MAX - 1, "a path fits");

bool proven_by_path(const struct trust_answer *a, struct proven *out,
		    int64_t *end_s)
{
	const struct certificate *anchor = a->chain[a->n_chain - 1];

	*out = (struct proven){ .by = a->n_chain > 1 ? PROVEN_BY_CA
						     : PROVEN_BY_PEER };
	*end_s = anchor->not_after_s;
	memcpy(out->anchor.octets, anchor->sha256, sizeof(out->anchor.octets));
	for (; out->n + 1U < a->n_chain; out->n++) {
		const struct certificate *c = a->chain[out->n];

		if (!listed_serial(c, &out->certs[out->n]))
			return false;
		if (c->not_after_s < *end_s)
			*end_s = c->not_after_s;
	}
	return true;
}

bool proven_set(struct ike_sa *sa, const struct proven *p)
{
	if (!sa->proven)
		sa->proven = malloc(sizeof(*sa->proven));
	if (sa->proven)
		*sa->proven = *p;
	return sa->proven;
}

void proven_forget(struct ike_sa *sa)
{
	free(sa->proven);
	sa->proven = NULL;
}

/* Without memory there is no ticket, either. */
void proven_note(struct ike_sa *sa, const struct verify_job *job)
{
	struct proven p = { .by = PROVEN_BY_SECRET };

	proven_forget(sa);
	if (!sa->conn || !sa->conn->conf.resumption ||
	    conn_rounds(&sa->conn->conf, CONN_REMOTE) > 1 ||
	    (job && !job->has_proven))
		return;
	if (job)
		p = job->proven;
	if (job && job->good_for_s)
		p.until_ns = sa->e->now_ns + job->good_for_s * NS_PER_S;
	p.at_ns = sa->e->now_ns;
	if (!auth_digest(&sa->conn->conf.remote_auth, &p.demands) ||
	    !proven_set(sa, &p))
		proven_forget(sa);
}

void proven_move(struct ike_sa *heir, struct ike_sa *sa)
{
	proven_forget(heir);
	heir->proven = sa->proven;
	sa->proven = NULL;
}

uint64_t proven_age_ns(const struct ike_sa *sa)
{
	const struct proven *p = sa->proven;

	return p && p->at_ns < sa->e->now_ns ? sa->e->now_ns - p->at_ns : 0;
}

/* --- does it hold? */

static bool is_revoked(const struct engine *e, const struct proven *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (creds_lists(e->creds, &p->certs[i]) ||
		    statuses_list(e->statuses, &p->certs[i]))
			return true;
	return false;
}

static bool is_trusted(const struct engine *e, const struct proven *p)
{
	switch ((enum proven_by)p->by) {
	case PROVEN_BY_SECRET:
		return true;
	case PROVEN_BY_CA:
		return e->creds && creds_by_id(e->creds, CRED_CA, &p->anchor) &&
		       !is_revoked(e, p);
	case PROVEN_BY_PEER:
		return e->creds && creds_by_id(e->creds, CRED_PEER, &p->anchor);
	}
	return false;
}

static bool is_too_old(const struct engine *e, const struct proven *p,
		       const struct conn_conf *c)
{
	return (p->until_ns && e->now_ns >= p->until_ns) ||
	       (c->reauth_time &&
		e->now_ns >= p->at_ns + c->reauth_time * NS_PER_S);
}

bool proven_holds(const struct engine *e, const struct proven *p,
		  const struct conn_conf *c)
{
	struct fingerprint demands;

	return conn_rounds(c, CONN_REMOTE) == 1 && !is_too_old(e, p, c) &&
	       auth_digest(&c->remote_auth, &demands) &&
	       fingerprint_equal(&demands, &p->demands) && is_trusted(e, p);
}
