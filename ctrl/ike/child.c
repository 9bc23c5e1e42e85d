// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs as the two sides speak of them: offered, chosen, narrowed, refused.
 * What becomes of them in the SAD is child_sad.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/cp.h"

struct child_sa *child_new(struct conn *conn, const struct child_conf *conf)
{
	struct child_sa *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->conn = conn_hold(conn);
	c->conf = conf;
	return c;
}

void child_free(struct child_sa *c)
{
	if (!c)
		return;
	conn_drop(c->conn);
	free(c);
}

void child_ts(const struct ike_sa *sa, const struct child_conf *conf,
	      struct ts_list *local, struct ts_list *remote)
{
	struct ts_dynamic mine, peers;

	cp_dynamic(sa, &mine, &peers);
	ts_from_conf(conf->local_ts, conf->n_local_ts, &mine, local);
	ts_from_conf(conf->remote_ts, conf->n_remote_ts, &peers, remote);
}

/* --- what both sides say about a child */

void child_fail(struct ike_sa *sa, struct exchange *x, uint16_t error,
		const char *text)
{
	struct child_sa *c = x->child;

	x->child_error = error;
	sa_event(sa, IKE_EV_FAILED, c, text);
	x->child = NULL;
	if (c)
		child_remove(sa, c, "");
}

/* Whose offer it is, says whether the other side has the pair already. */
static void mismatch(struct ike_sa *sa, struct exchange *x, uint16_t error,
		     const char *text)
{
	if (x == &sa->ours)
		child_undo(sa, x, text);
	else
		child_fail(sa, x, error, text);
}

static void fail_proposal(struct ike_sa *sa, struct exchange *x,
			  const struct proposals *ours, struct slice body)
{
	char our[MISMATCH_SIDE_MAX], peer[MISMATCH_SIDE_MAX],
		text[MISMATCH_STR_MAX];

	proposals_describe(ours, our);
	sa_body_describe(body, peer);
	mismatch(sa, x, IKE_N_NO_PROPOSAL_CHOSEN,
		 mismatch_str("proposal mismatch (ESP)", our, peer, text));
}

/* "10.1.0.0/24 === 10.2.0.0/24" */
static void ts_describe(const struct ts_list *local,
			const struct ts_list *remote,
			char out[MISMATCH_SIDE_MAX])
{
	char one[MISMATCH_SIDE_MAX];

	out[0] = '\0';
	mismatch_add(out, ts_str(local, one, sizeof(one)));
	mismatch_add(out, " === ");
	mismatch_add(out, ts_str(remote, one, sizeof(one)));
}

/* The peer's are turned round: what it has as remote stands below our local. */
static void fail_ts(struct ike_sa *sa, struct exchange *x,
		    const struct ts_list *local, const struct ts_list *remote,
		    const struct ts_list *peer_local,
		    const struct ts_list *peer_remote)
{
	char our[MISMATCH_SIDE_MAX], peer[MISMATCH_SIDE_MAX],
		text[MISMATCH_STR_MAX];

	ts_describe(local, remote, our);
	ts_describe(peer_remote, peer_local, peer);
	mismatch(sa, x, IKE_N_TS_UNACCEPTABLE,
		 mismatch_str("selector mismatch", our, peer, text));
}

/* The SAD takes pairs of a local and a remote selector, and only so many. */
static void check_pairs(struct ike_sa *sa, struct exchange *x)
{
	struct sadb_selector pairs[SADB_SELECTORS_MAX];
	int n = ts_to_selectors(&x->child->local_ts, &x->child->remote_ts,
				pairs);
	char text[128];

	if (n > 0)
		return;
	if (n)
		snprintf(text, sizeof(text),
			 "selector mismatch: more than %d pairs of a local and a remote selector; split the child",
			 SADB_SELECTORS_MAX);
	else
		snprintf(text, sizeof(text),
			 "selector mismatch: no local and remote selector have family and protocol in common");
	mismatch(sa, x, IKE_N_TS_UNACCEPTABLE, text);
}

static bool take_spi(struct exchange *x, struct slice spi)
{
	return rd_u32(&spi, &x->child->spi_out) && !spi.len &&
	       x->child->spi_out > 255; /* RFC 4303 section 2.1 */
}

/* A TS payload's selectors; none when there is no payload. */
static void read_ts(const struct ike_payloads *p, uint8_t type,
		    struct ts_list *out)
{
	const struct ike_payload *ts = ike_find(p, type);
	struct slice selectors;

	out->n = 0;
	if (ts && ike_ts_parse(ts->body, &selectors))
		ts_from_wire(selectors, out);
}

static bool fits(const struct ike_sa *sa, const struct child_conf *conf,
		 const struct ike_payloads *p, bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r, common;
	struct chosen chosen;

	if (!body ||
	    !proposals_choose(&conf->proposals, body->body, with_ke, &chosen))
		return false;
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	ts_narrow(&local, &ts_r, &common);
	if (!common.n)
		return false;
	ts_narrow(&remote, &ts_i, &common);
	return common.n > 0;
}

const struct child_conf *child_choose(const struct ike_sa *sa,
				      const struct ike_payloads *p, bool with_ke)
{
	const struct conn_conf *c = &sa->conn->conf;

	for (size_t i = 0; i < c->n_children; i++)
		if (fits(sa, &c->children[i], p, with_ke))
			return &c->children[i];
	return c->n_children ? &c->children[0] : NULL;
}

/* RFC 7296 section 1.3.1: what the peer says of the CHILD SA beside its
 * payloads. */
static void take_notifies(struct exchange *x, const struct ike_payloads *p)
{
	struct ike_notify n;

	x->no_tfc = ike_find_notify(p, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED, &n);
}

void child_accept(struct ike_sa *sa, struct exchange *x,
		  const struct ike_payloads *p, bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r;
	const struct child_conf *conf;

	if (!x->child || !body) {
		child_free(x->child);
		x->child = NULL;
		x->child_error = IKE_N_NO_ADDITIONAL_SAS;
		return;
	}
	conf = x->child->conf;
	take_notifies(x, p);
	if (!proposals_choose(&conf->proposals, body->body, with_ke, &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, &conf->proposals, body->body);
		return;
	}
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	ts_narrow(&local, &ts_r, &x->child->local_ts);
	ts_narrow(&remote, &ts_i, &x->child->remote_ts);
	if (!x->child->local_ts.n || !x->child->remote_ts.n)
		fail_ts(sa, x, &local, &remote, &ts_i, &ts_r);
	else
		check_pairs(sa, x);
}

void child_settle(struct ike_sa *sa, struct exchange *x)
{
	const struct ts_list asked = x->child->remote_ts;
	struct ts_list local, remote;

	child_ts(sa, x->child->conf, &local, &remote);
	ts_narrow(&remote, &asked, &x->child->remote_ts);
	if (!x->child->remote_ts.n)
		fail_ts(sa, x, &local, &remote, &asked, &x->child->local_ts);
	else
		check_pairs(sa, x);
}

void child_take_answer(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p, bool with_ke)
{
	const struct child_conf *conf = x->child->conf;
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct ts_list local, remote, ts_i, ts_r;

	take_notifies(x, p);
	if (!body ||
	    !proposals_check(&conf->proposals, body->body, with_ke, &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, &conf->proposals,
			      body ? body->body : slice_of(NULL, 0));
		return;
	}
	child_ts(sa, conf, &local, &remote);
	read_ts(p, IKE_PL_TS_I, &ts_i);
	read_ts(p, IKE_PL_TS_R, &ts_r);
	if (!ts_within(&ts_i, &local) || !ts_within(&ts_r, &remote)) {
		fail_ts(sa, x, &local, &remote, &ts_r, &ts_i);
		return;
	}
	x->child->local_ts = ts_i;
	x->child->remote_ts = ts_r;
	check_pairs(sa, x);
}

/* SA, and in CREATE_CHILD_SA Ni or Nr and KE, then the selectors. */
static void put_around_sa(struct ike_builder *m, const struct exchange *x,
			  const struct nonce *n)
{
	if (x->kind != EX_CHILD)
		return;
	ike_nonce_put(m, nonce_slice(n));
	if (x->ke)
		ike_ke_put(m, x->ke_method, ke_public(x->ke));
}

void child_offer_put(struct ike_sa *sa, struct exchange *x,
		     struct ike_builder *m)
{
	uint32_t spi_be = htonl(x->child->spi_in);
	struct ts_list local, remote;

	child_ts(sa, x->child->conf, &local, &remote);
	proposals_put(m, &x->child->conf->proposals,
		      slice_of(&spi_be, sizeof(spi_be)), x->kind == EX_CHILD);
	put_around_sa(m, x, &x->ni);
	ike_ts_put(m, IKE_PL_TS_I, local.at, local.n);
	ike_ts_put(m, IKE_PL_TS_R, remote.at, remote.n);
}

void child_answer_put(const struct exchange *x, struct ike_builder *m)
{
	uint32_t spi_be = htonl(x->child->spi_in);

	chosen_put(m, &x->chosen, slice_of(&spi_be, sizeof(spi_be)));
	put_around_sa(m, x, &x->nr);
	ike_ts_put(m, IKE_PL_TS_I, x->child->remote_ts.at,
		   x->child->remote_ts.n);
	ike_ts_put(m, IKE_PL_TS_R, x->child->local_ts.at, x->child->local_ts.n);
}

/* The peer does not say what it has: ours is what there is to compare. */
void child_refused(struct ike_sa *sa, struct exchange *x,
		   const struct ike_notify *n)
{
	const struct child_conf *conf = x->child->conf;
	char ours[MISMATCH_SIDE_MAX], text[MISMATCH_STR_MAX];
	struct ts_list local, remote;

	child_ts(sa, conf, &local, &remote);
	if (n->type == IKE_N_NO_PROPOSAL_CHOSEN) {
		proposals_describe(&conf->proposals, ours);
		mismatch_str("proposal mismatch (ESP)", ours, "", text);
	} else if (n->type == IKE_N_TS_UNACCEPTABLE) {
		ts_describe(&local, &remote, ours);
		mismatch_str("selector mismatch", ours, "", text);
	} else if (n->type == IKE_N_INTERNAL_ADDRESS_FAILURE) {
		snprintf(text, sizeof(text),
			 "the peer has no virtual IP for us (INTERNAL_ADDRESS_FAILURE): its pools are empty, or of another family than our 'vips'");
	} else if (n->type == IKE_N_FAILED_CP_REQUIRED) {
		snprintf(text, sizeof(text),
			 "the peer wants us to ask for a virtual IP (FAILED_CP_REQUIRED): set 'vips = 0.0.0.0' or '::' in the connection");
	} else {
		snprintf(text, sizeof(text), "the peer refuses the CHILD SA: %s",
			 ike_notify_name(n->type));
	}
	child_fail(sa, x, n->type, text);
}
