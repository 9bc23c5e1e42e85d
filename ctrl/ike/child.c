// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs as the two sides speak of them: offered, chosen, narrowed, refused.
 * What becomes of them in the SAD is child_sad.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"
#include "ctrl/ike/cp.h"

struct child_sa *child_new(struct conn *conn, const struct child_conf *conf)
{
	struct child_sa *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->conn = conn_hold(conn);
	c->conf = conf;
	c->protocol = (uint8_t)child_ipsec_protocol(conf);
	c->of_cpus = conf->per_cpu;
	return c;
}

void child_keep_ts(struct child_sa *c, const struct ts_sides *ts)
{
	ts_keep(&c->local_ts, &ts->local);
	ts_keep(&c->remote_ts, &ts->remote);
}

struct ts_sides child_kept_ts(const struct child_sa *c)
{
	return (struct ts_sides){ ts_kept_list(&c->local_ts),
				  ts_kept_list(&c->remote_ts) };
}

int child_selectors(const struct child_sa *c,
		    struct sadb_selector out[SADB_SELECTORS_MAX])
{
	const struct ts_sides ts = child_kept_ts(c);

	return ts_to_selectors(&ts.local, &ts.remote, out);
}

void child_first(const struct child_sa *c, struct ts_first *out)
{
	*out = (struct ts_first){ .is = c->local_ts.n && c->remote_ts.n,
				  .cpu = c->cpu };
	if (!out->is)
		return;
	out->local = c->local_ts.at[0];
	out->remote = c->remote_ts.at[0];
}

void child_free(struct child_sa *c)
{
	if (!c)
		return;
	child_clear_bound(c);
	child_unlisted(c);
	child_set_replaced(NULL, c, 0);
	conn_drop(c->conn);
	ts_kept_free(&c->local_ts);
	ts_kept_free(&c->remote_ts);
	free(c);
}

/* What the configuration has for this peer. */
static void child_ts(const struct ike_sa *sa, const struct child_conf *conf,
		     struct ts_sides *out)
{
	struct ts_dynamic mine, peers;

	cp_dynamic(sa, &mine, &peers);
	ts_from_conf(conf->local_ts, conf->n_local_ts, &mine, &out->local);
	ts_from_conf(conf->remote_ts, conf->n_remote_ts, &peers, &out->remote);
}

bool child_has_selectors(const struct ike_sa *sa, const struct child_conf *conf)
{
	struct ts_sides ts;

	child_ts(sa, conf, &ts);
	return ts.local.n && ts.remote.n;
}

/* A list with nothing in it, where it takes no single value. */
static void take_values(const struct ike_sa *sa, struct child_sa *c,
			const struct ts_first *first)
{
	struct ts_sides ours, both;

	child_ts(sa, c->conf, &ours);
	if (!ts_populate(&ours, c->conf->pfp, first, &both))
		return;
	child_keep_ts(c, &both);
}

bool child_set_first(const struct ike_sa *sa, struct child_sa *c,
		     const struct ts_first *first)
{
	struct ts_sides one = { .local.n = 1, .remote.n = 1 };

	if (!first || !first->is)
		return !c->conf->pfp;
	if (c->conf->pfp) {
		take_values(sa, c, first);
		return c->local_ts.n;
	}
	one.local.at[0] = first->local;
	one.remote.at[0] = first->remote;
	child_keep_ts(c, &one);
	return true;
}

/* --- what both sides say about a child */

static void alert(const struct ike_sa *sa, uint16_t error)
{
	if (error == IKE_N_NO_PROPOSAL_CHOSEN)
		sa_alert(sa, IKE_ALERT_PROPOSAL_MISMATCH_CHILD);
	else if (error == IKE_N_TS_UNACCEPTABLE)
		sa_alert(sa, IKE_ALERT_TS_MISMATCH);
}

void child_drop(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;

	x->child = NULL;
	if (c)
		child_remove(sa, c, "");
}

void child_fail(struct ike_sa *sa, struct exchange *x, uint16_t error,
		const char *text)
{
	alert(sa, error);
	x->child_error = error;
	sa_event(sa, IKE_EV_FAILED, x->child, text);
	child_drop(sa, x);
}

/* Whose offer it is, says whether the other side has the pair already. */
static void mismatch(struct ike_sa *sa, struct exchange *x, uint16_t error,
		     const char *text)
{
	if (x != &sa->ours) {
		child_fail(sa, x, error, text);
		return;
	}
	alert(sa, error);
	child_undo(sa, x, text);
}

/* RFC 4302 section 3.1.1: AH covers the addresses that a NAT changes. */
static bool is_ah_by_nat(const struct ike_sa *sa, const struct child_conf *conf)
{
	return child_ipsec_protocol(conf) == IKE_PROTO_AH &&
	       (sa->nat_local || sa->nat_remote);
}

static const char no_ah[] =
	"AH does not come through the NAT between the two, nor in UDP: write esp_proposals";

static void describe_proposals(const struct child_conf *conf, const char *peer,
			       char text[MISMATCH_STR_MAX])
{
	const bool ah = child_ipsec_protocol(conf) == IKE_PROTO_AH;
	char our[MISMATCH_SIDE_MAX];

	proposals_describe(&conf->proposals, our);
	mismatch_str(ah ? "proposal mismatch (AH)" : "proposal mismatch (ESP)",
		     our, peer, text);
}

static void fail_proposal(struct ike_sa *sa, struct exchange *x,
			  struct slice body)
{
	const struct child_conf *conf = x->child->conf;
	char peer[MISMATCH_SIDE_MAX], text[MISMATCH_STR_MAX];

	sa_body_describe(body, peer);
	describe_proposals(conf, peer, text);
	mismatch(sa, x, IKE_N_NO_PROPOSAL_CHOSEN,
		 is_ah_by_nat(sa, conf) ? no_ah : text);
}

static void fail_mode(struct ike_sa *sa, struct exchange *x)
{
	const bool transport = x->child->conf->mode == SADB_TRANSPORT;

	mismatch(sa, x, IKE_N_NO_PROPOSAL_CHOSEN,
		 transport
			 ? "mode mismatch: we have transport; the peer wants tunnel"
			 : "mode mismatch: we have tunnel; the peer wants transport");
}

/* "10.1.0.0/24 === 10.2.0.0/24" */
static void ts_describe(const struct ts_sides *ts, char out[MISMATCH_SIDE_MAX])
{
	char one[MISMATCH_SIDE_MAX];

	out[0] = '\0';
	mismatch_add(out, ts_str(&ts->local, one, sizeof(one)));
	mismatch_add(out, " === ");
	mismatch_add(out, ts_str(&ts->remote, one, sizeof(one)));
}

/* Both as we see them: what the peer has as remote stands below our local. */
static void fail_ts(struct ike_sa *sa, struct exchange *x,
		    const struct ts_sides *ours, const struct ts_sides *peers)
{
	char our[MISMATCH_SIDE_MAX], peer[MISMATCH_SIDE_MAX],
		text[MISMATCH_STR_MAX];

	ts_describe(ours, our);
	ts_describe(peers, peer);
	mismatch(sa, x, IKE_N_TS_UNACCEPTABLE,
		 mismatch_str("selector mismatch", our, peer, text));
}

/* The SAD takes pairs of a local and a remote selector, and only so many. */
static void check_pairs(struct ike_sa *sa, struct exchange *x)
{
	struct sadb_selector pairs[SADB_SELECTORS_MAX];
	int n = child_selectors(x->child, pairs);
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

/*
 * Both sides' selectors of the peer's message. In transport mode through a NAT each
 * of the two has the addresses that it sees itself (section 2.23.1).
 */
static void read_sides(const struct ike_sa *sa, const struct ike_payloads *p,
		       bool answer, enum sadb_mode mode, struct ts_sides *out)
{
	read_ts(p, answer ? IKE_PL_TS_I : IKE_PL_TS_R, &out->local);
	read_ts(p, answer ? IKE_PL_TS_R : IKE_PL_TS_I, &out->remote);
	if (mode != SADB_TRANSPORT)
		return;
	if (sa->nat_local)
		ts_set_host(&out->local, &sa->path.local);
	if (sa->nat_remote)
		ts_set_host(&out->remote, &sa->path.remote);
}

static bool lies_within(const struct ts_sides *these,
			const struct ts_sides *those)
{
	return ts_within(&these->local, &those->local) &&
	       ts_within(&these->remote, &those->remote);
}

static bool first_lies_within(const struct ts_sides *these,
			      const struct ts_sides *those)
{
	return ts_first_within(&these->local, &those->local) &&
	       ts_first_within(&these->remote, &those->remote);
}

static bool choose(const struct ike_sa *sa, const struct child_conf *conf,
		   const struct ike_payloads *p, bool with_ke,
		   struct chosen *out)
{
	return !is_ah_by_nat(sa, conf) &&
	       proposals_choose(&conf->proposals, ike_find(p, IKE_PL_SA)->body,
				with_ke, out);
}

/* Of a policy that takes selectors from packets no more than what it has for those
 * pairs, of which the first counts. false: that has no single values. */
static bool populate(const struct child_conf *conf,
		     const struct ts_sides *pairs, struct ts_sides *ours)
{
	struct ts_first first = { .is = pairs->local.n && pairs->remote.n };
	struct ts_sides one;

	if (!conf->pfp)
		return true;
	if (!first.is)
		return false;
	first.local = pairs->local.at[0];
	first.remote = pairs->remote.at[0];
	if (!ts_populate(ours, conf->pfp, &first, &one))
		return false;
	*ours = one;
	return true;
}

/* How much of the peer's offer a child takes; 0: nothing. */
static unsigned int fits(const struct ike_sa *sa, const struct child_conf *conf,
			 const struct ike_payloads *p, bool with_ke)
{
	const bool transport = conf->mode == SADB_TRANSPORT;
	struct ts_sides ours, peers, common;
	struct chosen chosen;
	struct ike_notify n;
	unsigned int much = 1;
	bool has_values;

	if (!ike_find(p, IKE_PL_SA) || !choose(sa, conf, p, with_ke, &chosen) ||
	    (transport && !ike_find_notify(p, IKE_N_USE_TRANSPORT_MODE, &n)))
		return 0;
	child_ts(sa, conf, &ours);
	read_sides(sa, p, false, conf->mode, &peers);
	has_values = populate(conf, &peers, &ours);
	ts_narrow(&ours.local, &peers.local, &common.local);
	ts_narrow(&ours.remote, &peers.remote, &common.remote);
	if (!common.local.n || !common.remote.n)
		return 0;
	if (has_values && lies_within(&peers, &common))
		much = 3;
	else if (has_values && first_lies_within(&peers, &common))
		much = 2;
	return 2 * much + transport; /* rather in the mode that it wants */
}

const struct child_conf *child_choose(const struct ike_sa *sa,
				      const struct ike_payloads *p, bool with_ke)
{
	const struct conn_conf *c = &sa->conn->conf;
	const struct child_conf *best = c->n_children ? c->children : NULL;
	unsigned int most = 0;

	for (size_t i = 0; i < c->n_children; i++) {
		unsigned int much = fits(sa, &c->children[i], p, with_ke);

		if (much <= most)
			continue;
		most = much;
		best = &c->children[i];
	}
	return best;
}

/* RFC 7296 section 1.3.1: what the peer says of the CHILD SA beside its
 * payloads. */
static void take_notifies(struct exchange *x, const struct ike_payloads *p)
{
	struct ike_notify n;

	x->no_tfc = ike_find_notify(p, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED, &n);
	x->transport = ike_find_notify(p, IKE_N_USE_TRANSPORT_MODE, &n);
	x->child->more_ts |=
		ike_find_notify(p, IKE_N_ADDITIONAL_TS_POSSIBLE, &n);
}

/* Would another child take some of what this one leaves? Section 2.9. */
static bool leaves_more(const struct ike_sa *sa, const struct exchange *x,
			const struct ike_payloads *p, bool with_ke)
{
	const struct conn_conf *c = &sa->conn->conf;

	for (size_t i = 0; i < c->n_children; i++)
		if (&c->children[i] != x->child->conf &&
		    fits(sa, &c->children[i], p, with_ke))
			return true;
	return false;
}

static const char no_values[] =
	"selector mismatch: the child takes selectors from packets ('populate'), and the peer asks for more than one value: bring it up by packets on the peer's side, too";

/* Is there more to be had of what the peer offers, by another CHILD SA? */
static bool may_have_more(const struct ike_sa *sa, const struct exchange *x,
			  const struct ike_payloads *p, bool with_ke)
{
	return x->child->conf->pfp || leaves_more(sa, x, p, with_ke);
}

static void note_narrowed(const struct ike_sa *sa,
			  const struct ts_sides *offered,
			  const struct ts_sides *agreed)
{
	if (!lies_within(offered, agreed))
		sa_alert(sa, IKE_ALERT_TS_NARROWED);
}

/* Section 2.9: all that both have, or else what the peer wants first; of values rather
 * those of the one that is rekeyed. */
static void narrow(struct ike_sa *sa, struct exchange *x,
		   const struct ike_payloads *p, bool with_ke)
{
	struct child_sa *c = x->child;
	const struct ts_sides was = child_kept_ts(c);
	struct ts_sides ours, peers, both;
	bool has_values;

	child_ts(sa, c->conf, &ours);
	read_sides(sa, p, false, (enum sadb_mode)c->mode, &peers);
	has_values = populate(c->conf,
			      lies_within(&was, &peers) ? &was : &peers, &ours);
	ts_narrow(&ours.local, &peers.local, &both.local);
	ts_narrow(&ours.remote, &peers.remote, &both.remote);
	if (!both.local.n || !both.remote.n) {
		fail_ts(sa, x, &ours, &peers);
		return;
	}
	if (!has_values) {
		mismatch(sa, x, IKE_N_SINGLE_PAIR_REQUIRED, no_values);
		return;
	}
	if (c->conf->pfp)
		both.local.n = both.remote.n = 1; /* the first are in these */
	x->more_ts = ts_cut(&both.local, &both.remote);
	if (!x->more_ts && !x->old_spi_in && !lies_within(&peers, &both))
		x->more_ts = may_have_more(sa, x, p, with_ke);
	note_narrowed(sa, &peers, &both);
	child_keep_ts(c, &both);
	check_pairs(sa, x);
}

void child_accept(struct ike_sa *sa, struct exchange *x,
		  const struct ike_payloads *p, bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct child_sa *c = x->child;

	if (!c || !body) {
		child_free(c);
		x->child = NULL;
		x->child_error = IKE_N_NO_ADDITIONAL_SAS;
		return;
	}
	take_notifies(x, p);
	if (!choose(sa, c->conf, p, with_ke, &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, body->body);
		return;
	}
	if (c->conf->mode == SADB_TRANSPORT && !x->transport) {
		fail_mode(sa, x);
		return;
	}
	c->mode = (uint8_t)c->conf->mode;
	narrow(sa, x, p, with_ke);
	if (x->child && !cpus_offered(sa, x, p)) {
		x->child_error = IKE_N_TS_MAX_QUEUE;
		child_drop(sa, x);
	}
}

void child_settle(struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *c = x->child;
	const struct ts_sides asked = child_kept_ts(c);
	struct ts_sides ours;
	struct ts_list remote;

	child_ts(sa, c->conf, &ours);
	ts_narrow(&ours.remote, &asked.remote, &remote);
	ts_keep(&c->remote_ts, &remote);
	if (!remote.n)
		fail_ts(sa, x, &ours, &asked);
	else
		check_pairs(sa, x);
}

void child_take_answer(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p, bool with_ke)
{
	const struct ike_payload *body = ike_find(p, IKE_PL_SA);
	struct child_sa *c = x->child;
	struct ts_sides ours, peers;

	take_notifies(x, p);
	cpus_answered(x, p);
	if (!body || is_ah_by_nat(sa, c->conf) ||
	    !proposals_check(&c->conf->proposals, body->body, with_ke,
			     &x->chosen) ||
	    !take_spi(x, x->chosen.spi)) {
		fail_proposal(sa, x, body ? body->body : slice_of(NULL, 0));
		return;
	}
	if ((c->conf->mode == SADB_TRANSPORT) != x->transport) {
		fail_mode(sa, x);
		return;
	}
	c->mode = (uint8_t)c->conf->mode;
	if (c->conf->pfp)
		ours = child_kept_ts(c);
	else
		child_ts(sa, c->conf, &ours);
	read_sides(sa, p, true, c->conf->mode, &peers);
	if (!lies_within(&peers, &ours) ||
	    (c->conf->pfp && (peers.local.n > 1 || peers.remote.n > 1))) {
		fail_ts(sa, x, &ours, &peers);
		return;
	}
	note_narrowed(sa, &ours, &peers);
	child_keep_ts(c, &peers);
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

static void put_mode(struct ike_builder *m, uint8_t mode)
{
	const struct ike_notify n = { .type = IKE_N_USE_TRANSPORT_MODE };

	if (mode == SADB_TRANSPORT)
		ike_notify_put(m, &n);
}

/* What is ours, or one pair alone: where the peer insists on it, or our policy takes
 * selectors from packets. */
static void offer_ts(const struct ike_sa *sa, const struct exchange *x,
		     struct ts_sides *out)
{
	const struct child_sa *c = x->child;
	struct ts_sides first = child_kept_ts(c), ours;

	child_ts(sa, c->conf, &ours);
	if (!c->conf->pfp && !lies_within(&first, &ours))
		first.local.n = first.remote.n = 0;
	if ((x->single_pair || c->conf->pfp) && first.local.n) {
		*out = first;
		return;
	}
	ts_offer(&first.local, &ours.local, &out->local);
	ts_offer(&first.remote, &ours.remote, &out->remote);
}

void child_offer_put(struct ike_sa *sa, struct exchange *x,
		     struct ike_builder *m)
{
	uint32_t spi_be = htonl(x->child->spi_in);
	struct ts_sides offer;

	offer_ts(sa, x, &offer);
	put_mode(m, (uint8_t)x->child->conf->mode);
	cpus_put(x->child, m);
	proposals_put(m, &x->child->conf->proposals,
		      slice_of(&spi_be, sizeof(spi_be)), x->kind == EX_CHILD);
	put_around_sa(m, x, &x->ni);
	ike_ts_put(m, IKE_PL_TS_I, offer.local.at, offer.local.n);
	ike_ts_put(m, IKE_PL_TS_R, offer.remote.at, offer.remote.n);
}

void child_answer_put(const struct exchange *x, struct ike_builder *m)
{
	const struct ike_notify more = { .type = IKE_N_ADDITIONAL_TS_POSSIBLE };
	uint32_t spi_be = htonl(x->child->spi_in);

	put_mode(m, x->child->mode);
	cpus_put(x->child, m);
	chosen_put(m, &x->chosen, slice_of(&spi_be, sizeof(spi_be)));
	put_around_sa(m, x, &x->nr);
	ike_ts_put(m, IKE_PL_TS_I, x->child->remote_ts.at,
		   x->child->remote_ts.n);
	ike_ts_put(m, IKE_PL_TS_R, x->child->local_ts.at, x->child->local_ts.n);
	if (x->more_ts)
		ike_notify_put(m, &more);
}

/* The peer does not say what it has: ours is what there is to compare. */
void child_refused(struct ike_sa *sa, struct exchange *x,
		   const struct ike_notify *n)
{
	const struct child_conf *conf = x->child->conf;
	char ours[MISMATCH_SIDE_MAX], text[MISMATCH_STR_MAX];
	struct ts_sides ts;

	child_ts(sa, conf, &ts);
	if (n->type == IKE_N_NO_PROPOSAL_CHOSEN) {
		describe_proposals(conf, "", text);
	} else if (n->type == IKE_N_TS_UNACCEPTABLE) {
		ts_describe(&ts, ours);
		mismatch_str("selector mismatch", ours, "", text);
	} else if (n->type == IKE_N_SINGLE_PAIR_REQUIRED) {
		snprintf(text, sizeof(text),
			 "selector mismatch: the peer takes one pair of addresses alone: write %s, so that a packet says which",
			 conf->pfp ? "both addresses into 'populate'"
				   : "start_action = trap");
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
	child_fail(sa, x, n->type,
		   n->type == IKE_N_NO_PROPOSAL_CHOSEN && is_ah_by_nat(sa, conf)
			   ? no_ah
			   : text);
}
