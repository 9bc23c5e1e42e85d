// SPDX-License-Identifier: BSD-2-Clause
/*
 * ADD: what was asked for is checked here and nowhere else, becomes an SA in a
 * slot and an entry in BPF's map of its direction.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/sadb_state.h"
#include "include/proto.h"

/* --- what is refused --- */

/* One family, as every packet has one. */
static bool selector_sound(const struct sadb_selector *s)
{
	bool v4 = addr_is_v4(&s->local_min);

	return addr_is_v4(&s->local_max) == v4 &&
	       addr_is_v4(&s->remote_min) == v4 &&
	       addr_is_v4(&s->remote_max) == v4 &&
	       memcmp(&s->local_min, &s->local_max, sizeof(s->local_min)) <= 0 &&
	       memcmp(&s->remote_min, &s->remote_max, sizeof(s->remote_min)) <=
		       0 &&
	       selector_ports_sound(s);
}

static bool is_among(const struct range *list, uint32_t n, const struct addr *a)
{
	bool found = !n;

	for (uint32_t i = 0; !found && i < n; i++)
		found = range_has(&list[i], a);
	return found;
}

/* It may be rekeyed, wherever the peer's name leads by now. */
static bool goes_there(const struct sadb *s, const struct policy *p,
		       const struct addr *peer)
{
	return p->ends.moves && policy_goes_to(s, p, peer);
}

/* Else who took ike over could have the traffic sent to where it listens; where peers
 * may move, it can. */
static bool between_ends(const struct sadb *s, const struct policy *p,
			 uint8_t dir, const struct addr *saddr,
			 const struct addr *daddr)
{
	const bool in = dir == SADB_IN;
	const struct addr *ours = in ? daddr : saddr;
	const struct addr *peer = in ? saddr : daddr;

	return is_among(p->ends.local, p->ends.n_local, ours) &&
	       (p->ends.roams ||
		is_among(p->ends.remote, p->ends.n_remote, peer) ||
		goes_there(s, p, peer));
}

/* A virtual IP comes to be known here after its SA: of a policy for one, an SA is for
 * one host of its own choice. */
bool policy_takes(const struct policy *p, const struct sadb_selector *s)
{
	struct sadb_selector of = p->selector;

	if (p->is_vips && addr_equal(&s->local_min, &s->local_max) &&
	    addr_is_v4(&s->local_min) == addr_is_v4(&of.local_min))
		of.local_min = of.local_max = s->local_min;
	return selector_within(s, &of);
}

int entry_may_be_between(const struct sadb *s, const struct entry *en,
			 const struct addr *saddr, const struct addr *daddr)
{
	if (addr_not_unicast(saddr) || addr_not_unicast(daddr) ||
	    addr_equal(saddr, daddr) || addr_is_v4(saddr) != addr_is_v4(daddr))
		return -EINVAL;
	for (uint32_t i = 0; i < en->n_policies; i++) {
		const struct policy *p = policy_find(s, en->policies[i].id);

		if (!p || !between_ends(s, p, en->id.dir, saddr, daddr))
			return -EPERM;
	}
	return 0;
}

static uint32_t most_within(const struct policy *p)
{
	return p->pfp_limit && p->pfp_limit < PFP_PER_POLICY ? p->pfp_limit
							     : PFP_PER_POLICY;
}

/* RFC 4301 section 4.4.2: each of its SAs has a packet's values. Else who took ike
 * over could have one SA serve all. */
static int check_values(const struct sadb *s, const struct policy *p,
			const struct sadb_id *id, const struct sadb_sa *sa,
			struct error *e)
{
	if (!p->pfp)
		return 0;
	if (!within_fits(s, p, sa))
		return error_set(e, -EPERM, "policy %u takes single values",
				 p->id);
	if (!p->leased_by && id->dir == SADB_OUT &&
	    s->n_within[p->id] >= most_within(p) &&
	    !policy_has_sa(s, p, sa->selectors))
		return error_set(e, -ENOSPC,
				 "policy %u has %u SAs, each of other values",
				 p->id, most_within(p));
	return 0;
}

static int check_policy(const struct sadb *s, const struct policy *p,
			const struct sadb_id *id, const struct sadb_sa *sa,
			struct error *e)
{
	if (p->action != SPD_PROTECT)
		return error_set(e, -EPERM, "policy %u is not PROTECT", p->id);
	if (!between_ends(s, p, id->dir, &sa->saddr, &id->daddr))
		return error_set(e, -EPERM,
				 "not between the addresses of policy %u",
				 p->id);
	if (sa->if_id != p->if_id[id->dir])
		return error_set(e, -EPERM,
				 "not of the tunnel interface of policy %u",
				 p->id);
	return check_values(s, p, id, sa, e);
}

static bool is_within_one(const struct sadb *s,
			  const struct sadb_selector *selector,
			  const struct sadb_policies *policies)
{
	for (uint32_t i = 0; i < policies->n; i++) {
		const struct policy *p = policy_find(s, policies->ids[i]);

		if (p && policy_takes(p, selector))
			return true;
	}
	return false;
}

/* Each within a policy of the child that they come from. */
static int check_policies(const struct sadb *s, const struct sadb_id *id,
			  const struct sadb_sa *sa,
			  const struct sadb_policies *policies, struct error *e)
{
	int err = 0;

	for (uint32_t i = 0; policies && !err && i < policies->n; i++)
		if (!policy_find(s, policies->ids[i]))
			err = error_set(e, -ENOENT, "no policy %u",
					policies->ids[i]);
	for (uint32_t i = 0; policies && !err && i < sa->n_selectors; i++)
		if (!is_within_one(s, &sa->selectors[i], policies))
			err = error_set(e, -EPERM,
					"selector outside of policy %u",
					sa->policy);
	for (uint32_t i = 0; policies && !err && i < policies->n; i++) {
		err = check_policy(s, policy_find(s, policies->ids[i]), id, sa,
				   e);
	}
	return err;
}

/* Of nobody but the two between whom the SA is. */
static bool is_between_ends(const struct sadb_id *id, const struct sadb_sa *sa,
			    const struct sadb_selector *s)
{
	const bool in = id->dir == SADB_IN;

	return selector_is_between(s, in ? &id->daddr : &sa->saddr,
				   in ? &sa->saddr : &id->daddr);
}

static int check_form(const struct sadb_id *id, const struct sadb_sa *sa,
		      struct error *e)
{
	if (id->spi <= SPI_RESERVED_MAX)
		return error_set(e, -EINVAL, "SPI 0 to 255 is reserved");
	if (id->dir > SADB_IN || addr_is_none(&id->daddr) ||
	    addr_is_none(&sa->saddr) ||
	    addr_is_v4(&id->daddr) != addr_is_v4(&sa->saddr))
		return error_set(e, -EINVAL,
				 "not an SA between addresses of one family");
	if (sa->n_selectors > SADB_SELECTORS_MAX ||
	    sa->encr_key_len > SADB_KEY_MAX || sa->integ_key_len > SADB_KEY_MAX)
		return error_set(e, -EINVAL, "more than a message holds");
	if (!sa->encap_sport != !sa->encap_dport)
		return error_set(e, -EINVAL, "one port of UDP, not two");
	if (sa->stream &&
	    (sa->encap_dport || sa->carrier || sa->mode != SADB_TUNNEL ||
	     sa->protocol == IKE_PROTO_AH))
		return error_set(e, -EINVAL,
				 "TCP carries ESP in tunnel mode alone");
	if (sa->outer.df > SADB_DF_SET || sa->outer.dscp > SADB_DSCP_MAX ||
	    sa->outer.dummies > SADB_DUMMIES_MAX)
		return error_set(e, -EINVAL, "no such outer header");
	if (sa->mode > SADB_TRANSPORT)
		return error_set(e, -EINVAL, "no mode");
	if (sa->cpu > WORKERS_MAX || (sa->cpu && !sa->of_cpus))
		return error_set(e, -EINVAL, "no such worker");
	if (sa->mode == SADB_TRANSPORT &&
	    (sa->outer.tfc_bytes || sa->outer.dummies))
		return error_set(e, -EINVAL, "TFC in transport mode");
	if (sa->protocol == IKE_PROTO_IKE || sa->protocol > IKE_PROTO_ESP)
		return error_set(e, -EINVAL, "neither ESP nor AH");
	if (sa->protocol == IKE_PROTO_AH &&
	    (sa->outer.tfc_bytes || sa->outer.dummies))
		return error_set(e, -EINVAL, "TFC in AH");
	for (uint32_t i = 0; i < sa->n_selectors; i++) {
		if (!selector_sound(&sa->selectors[i]))
			return error_set(e, -EINVAL, "a selector is no range");
		if (sa->mode == SADB_TRANSPORT &&
		    !is_between_ends(id, sa, &sa->selectors[i]))
			return error_set(
				e, -EINVAL,
				"transport mode carries what goes between the SA's own two addresses, and a selector has others");
	}
	return 0;
}

/* --- what is made --- */

static void take_key(struct secret *out, const uint8_t *octets, uint16_t len)
{
	memcpy(out->octets, octets, len);
	out->len = len;
}

/* Did the peer take less than one of its policies asks for? */
static bool is_narrow(const struct sadb *s, const struct entry *en)
{
	for (uint32_t i = 0; en->n_selectors && i < en->n_policies; i++) {
		const struct policy *p = policy_find(s, en->policies[i].id);
		uint32_t j = 0;

		if (!p)
			continue;
		while (j < en->n_selectors &&
		       !selector_within(&p->selector, &en->selectors[j]))
			j++;
		if (j == en->n_selectors)
			return true;
	}
	return false;
}

void sadb_allow_streams(struct sadb *s, bool allow)
{
	s->allow_streams = allow;
}

void sadb_allow_weak(struct sadb *s, bool allow)
{
	s->allow_weak = allow;
}

/* What was negotiated; what an operator has written was judged with the file. */
static int check_algs(const struct sadb *s, const struct sadb_sa *sa,
		      const struct sa_spec *spec, struct error *e)
{
	const char *weakness;

	if (!spec->encr || !spec->integ)
		return error_set(
			e, -ENOTSUP,
			"unknown algorithm: encryption %u of %u bits, integrity %u",
			sa->encr, sa->encr_key_bits, sa->integ);
	weakness = esp_pair_weakness(spec->encr, spec->integ);
	if (weakness && sa->n_selectors && !s->allow_weak)
		return error_set(e, -EINVAL, "weak algorithms: %s", weakness);
	return 0;
}

/* Else who took ike over could have packets go out that anybody reads. */
static int check_suites(const struct sadb *s, const struct entry *en,
			const struct sadb_sa *sa, struct error *e)
{
	for (uint32_t i = 0; i < en->n_policies; i++) {
		const struct policy *p = policy_find(s, en->policies[i].id);

		if (!p || !suites_have(&p->suites, sa))
			return error_set(e, -EPERM,
					 "not of a suite and mode of policy %u",
					 en->policies[i].id);
	}
	return 0;
}

static uint64_t limit_of(uint64_t most)
{
	return most ? most : UINT64_MAX;
}

uint64_t sadb_limit_ns(uint64_t now_ns, uint32_t time_s)
{
	return time_s ? now_ns + time_s * NS_PER_S : UINT64_MAX;
}

static struct sa_limit take_limit(const struct sadb_limit *limit,
				  uint64_t now_ns)
{
	return (struct sa_limit){
		.bytes = limit_of(limit->bytes),
		.pkts = limit_of(limit->pkts),
		.at_ns = sadb_limit_ns(now_ns, limit->time_s),
	};
}

static bool is_limited(const struct sadb_limit *limit)
{
	return limit->bytes || limit->pkts || limit->time_s;
}

/* AH's SA of that SPI, which has to be there already. */
static int find_carrier(const struct sadb *s, const struct entry *en,
			const struct sadb_sa *sa, struct sa_ref *out,
			struct error *e)
{
	const struct sadb_id id = { .daddr = en->id.daddr,
				    .spi = sa->carrier,
				    .dir = en->id.dir };
	const struct entry *ah = sa->carrier ? entry_find(s, &id) : NULL;

	*out = (struct sa_ref){ 0 };
	if (!sa->carrier)
		return 0;
	if (!ah || ah->state != ENTRY_LIVE || !entry_is_installed(ah))
		return error_set(e, -ENOENT,
				 "no AH of SPI 0x%08x that it could be in",
				 sa->carrier);
	*out = ah->ref;
	return 0;
}

static int make(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
		const struct sadb_start *start, uint64_t now_ns, struct error *e)
{
	const struct sa_limits limits = {
		.soft = take_limit(&sa->soft, now_ns),
		.hard = take_limit(&sa->hard, now_ns),
	};
	struct secret encr_key = { .len = 0 }, integ_key = { .len = 0 };
	struct rule_list rules;
	struct sa_spec spec = {
		.dir = en->id.dir == SADB_IN ? DIR_IN : DIR_OUT,
		.spi = en->id.spi,
		.saddr = sa->saddr,
		.daddr = en->id.daddr,
		.encap_sport = sa->encap_sport,
		.encap_dport = sa->encap_dport,
		.stream = sa->stream,
		.outer = sa->outer,
		.encr = encr_of_bits(sa->encr, sa->encr_key_bits),
		.integ = integ_by_id(sa->integ),
		.encr_key = &encr_key,
		.integ_key = &integ_key,
		.replay_window = sa->replay_window,
		.esn = sa->esn,
		.mode = (enum sadb_mode)sa->mode,
		.protocol = (enum ike_protocol)sa->protocol,
		.seq = start ? start->seq : 0,
		.kept = start ? start->kept : NULL,
		.limits = is_limited(&sa->soft) || is_limited(&sa->hard) ? &limits
									 : NULL,
		.narrow = is_narrow(s, en),
		.spread = sa->spread,
		.fragment_after = sa->fragment_after,
		.of_cpus = sa->of_cpus,
		.cpu = sa->cpu,
		.if_id = sa->if_id,
	};
	int err = check_algs(s, sa, &spec, e);

	if (!err)
		err = check_suites(s, en, sa, e);
	if (!err)
		err = find_carrier(s, en, sa, &spec.carrier, e);
	if (err)
		return err;
	err = rules_of(s, en, &rules);
	if (err)
		return error_set(e, err, "no memory for rules");
	spec.rules = rules.at;
	spec.n_rules = rules.n;
	take_key(&encr_key, sa->encr_key, sa->encr_key_len);
	take_key(&integ_key, sa->integ_key, sa->integ_key_len);
	err = sad_add(s->sad, &spec, &en->ref, e);
	secret_wipe(&encr_key);
	secret_wipe(&integ_key);
	free(rules.at);
	return err;
}

int entry_take_policies(struct entry *en, const struct sadb_policies *policies)
{
	uint32_t n = policies ? policies->n : 0;
	struct entry_policy *own = n ? calloc(n, sizeof(*own)) : NULL;

	if (n && !own)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		own[i].id = policies->ids[i];
	en->policies = own;
	en->n_policies = n;
	return 0;
}

static int keep_selectors(struct entry *en, const struct sadb_sa *sa,
			  struct error *e)
{
	if (!sa->n_selectors)
		return 0;
	en->selectors = calloc(sa->n_selectors, sizeof(*en->selectors));
	if (!en->selectors)
		return error_set(e, -ENOMEM, "no memory for selectors");
	memcpy(en->selectors, sa->selectors,
	       sa->n_selectors * sizeof(*en->selectors));
	en->n_selectors = sa->n_selectors;
	return 0;
}

/* Slot first, then the map entry: BPF never names an SA that isn't there. */
static int arm(struct sadb *s, const struct entry *en, struct error *e)
{
	const struct sad_key key = sad_key_of(en);
	const bool in = en->id.dir == SADB_IN;
	int err = 0;

	if (in)
		err = s->maps.add_inbound(s->maps.ctx, &key, en->ref);
	else if (s->maps.add_outbound)
		err = s->maps.add_outbound(s->maps.ctx, &key, en->ref);
	if (!err)
		return 0;
	sad_remove(s->sad, en->ref);
	return error_set(e, err, "cannot enter SPI 0x%08x into the map %s: %s",
			 en->id.spi, in ? "sad" : "sad_out", strerror(-err));
}

/* What an operator has written twice is the operator's. */
static int check_key(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
		     struct error *e)
{
	if (en->id.dir != SADB_OUT || !sa->n_selectors)
		return 0;
	en->key = used_key_new(&s->keys, sa);
	if (!en->key)
		return error_set(e, -ENOMEM, "no memory for an SA");
	if (!used_keys_has(&s->keys, en->key->tag))
		return 0;
	return error_set(e, -EKEYREVOKED,
			 "the key has encrypted under another SA");
}

static void count_within(struct sadb *s, struct entry *en)
{
	const struct policy *p = en->n_policies && en->id.dir == SADB_OUT
					 ? policy_find(s, en->policies[0].id)
					 : NULL;

	if (!p || !p->pfp || p->leased_by)
		return;
	en->counts_for = p->id;
	s->n_within[p->id]++;
}

int sadb_add(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
	     const struct sadb_policies *policies,
	     const struct sadb_start *start, uint64_t now_ns, struct error *e)
{
	int err = check_form(&en->id, sa, e);

	if (!err && sa->stream && !s->allow_streams)
		err = error_set(e, -EPERM, "nothing is to be in TCP");
	if (!err)
		err = check_key(s, en, sa, e);
	if (!err)
		err = check_policies(s, &en->id, sa, policies, e);
	if (!err && entry_take_policies(en, policies))
		err = error_set(e, -ENOMEM, "no memory for an SA");
	if (!err)
		err = keep_selectors(en, sa, e);
	if (!err && entry_keep_alive(s, en, sa, now_ns))
		err = error_set(e, -ENOMEM, "no memory for an SA");
	if (!err)
		err = make(s, en, sa, start, now_ns, e);
	en->protocol = sa->protocol;
	en->of_cpus = sa->of_cpus;
	en->cpu = sa->cpu;
	if (!err)
		err = arm(s, en, e);
	if (err)
		return err;
	entry_live(s, en);
	count_within(s, en);
	return 0;
}
