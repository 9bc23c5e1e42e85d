// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONN_REKEY_TIME	 (4U * 3600U)
#define CHILD_REKEY_TIME 3600U
#define REPLAY_WINDOW	 32U
#define PFP_LIMIT	 256U

void conn_fini(struct conn_conf *conn)
{
	free(conn->children);
	conn->children = NULL;
	conn->n_children = 0;
	free(conn->more_rounds);
	conn->more_rounds = NULL;
	conn->n_more_local = conn->n_more_remote = 0;
}

void psk_fini(struct psk_conf *psk)
{
	secret_wipe(&psk->key);
	free(psk->owners);
	psk->owners = NULL;
	psk->n_owners = 0;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void conn_times(struct conn_conf *conn)
{
	uint32_t first;

	if (conn->rekey_time == TIME_UNSET)
		conn->rekey_time =
			conn->reauth_time == TIME_UNSET ? CONN_REKEY_TIME : 0;
	if (conn->reauth_time == TIME_UNSET)
		conn->reauth_time = 0;
	first = conn->rekey_time && conn->reauth_time
			? smaller(conn->rekey_time, conn->reauth_time)
			: larger(conn->rekey_time, conn->reauth_time);
	if (conn->over_time == TIME_UNSET)
		conn->over_time =
			larger(conn->rekey_time, conn->reauth_time) / 10;
	if (conn->rand_time == TIME_UNSET)
		conn->rand_time = smaller(conn->over_time, first / 2);
}

static void volume_defaults(struct volume_conf *v)
{
	if (v->rekey == VOLUME_UNSET)
		v->rekey = 0;
	if (v->life == VOLUME_UNSET)
		v->life = v->rekey + v->rekey / 10;
	if (v->rand == VOLUME_UNSET)
		v->rand = v->life > v->rekey ? v->life - v->rekey : 0;
}

/* strongSwan's, but for a hard limit that would come before it: then the SA would
 * end before there are new keys, which nobody asks for who says nothing of them. */
static uint32_t rekey_default(uint32_t life_time)
{
	if (life_time == TIME_UNSET || !life_time ||
	    life_time > CHILD_REKEY_TIME)
		return CHILD_REKEY_TIME;
	return life_time * 10 / 11;
}

void child_times(struct child_conf *child)
{
	volume_defaults(&child->bytes);
	volume_defaults(&child->packets);
	if (child->rekey_time == TIME_UNSET)
		child->rekey_time = rekey_default(child->life_time);
	if (child->life_time == TIME_UNSET) {
		uint64_t life = child->rekey_time * 110ULL / 100;

		child->life_time =
			life < TIME_UNSET ? (uint32_t)life : TIME_UNSET - 1;
	}
	if (child->rand_time == TIME_UNSET)
		child->rand_time = child->life_time -
				   smaller(child->life_time, child->rekey_time);
}

void conn_init(struct conn_conf *conn)
{
	*conn = (struct conn_conf){
		.local_addrs[0].any = true,
		.remote_addrs[0].any = true,
		.n_local_addrs = 1,
		.n_remote_addrs = 1,
		.local_port = IKE_PORT,
		.remote_port = IKE_PORT,
		.rekey_time = TIME_UNSET,
		.reauth_time = TIME_UNSET,
		.over_time = TIME_UNSET,
		.rand_time = TIME_UNSET,
		.keyingtries = 1,
		.mobike = true,
		.send_certreq = true,
	};
	proposals_default(IKE_PROTO_IKE, &conn->proposals);
	conn_times(conn);
}

void child_init(struct child_conf *child)
{
	const struct ts_conf dynamic = { .dynamic = true,
					 .port_max = UINT16_MAX };

	*child = (struct child_conf){
		.local_ts[0] = dynamic,
		.remote_ts[0] = dynamic,
		.n_local_ts = 1,
		.n_remote_ts = 1,
		.policy = UINT32_MAX,
		.start_action = CHILD_NONE,
		.dpd_action = CHILD_NONE,
		.close_action = CHILD_NONE,
		.rekey_time = TIME_UNSET,
		.life_time = TIME_UNSET,
		.rand_time = TIME_UNSET,
		.replay_window = REPLAY_WINDOW,
		.pfp_limit = PFP_LIMIT,
	};
	memset(child->more_policies, 0xff, sizeof(child->more_policies));
	proposals_default(IKE_PROTO_ESP, &child->proposals);
	child_times(child);
}

bool conn_addr_is_host(const struct conn_addr *a)
{
	return !a->any && addr_is_none(&a->last) &&
	       a->net.bits == (addr_is_v4(&a->net.net) ? 32 : 128);
}

bool conn_addr_has(const struct conn_addr *a, const struct addr *addr)
{
	const struct range all = conn_addr_range(a);

	return a->any || range_has(&all, addr);
}

/* Which begins with net, and has that alone if last is of zeros. */
static struct range range_from(const struct prefix *net, const struct addr *last)
{
	return (struct range){ net->net,
			       addr_is_none(last) ? prefix_last(net) : *last };
}

struct range conn_addr_range(const struct conn_addr *a)
{
	return a->any ? (struct range){ .min = { .octets = { 0 } } }
		      : range_from(&a->net, &a->last);
}

struct range ts_conf_range(const struct ts_conf *ts)
{
	return range_from(&ts->net, &ts->last);
}

/* Of one family. */
static unsigned int common_bits(const struct addr *a, const struct addr *b)
{
	const struct addr_halves x = addr_halves(a), y = addr_halves(b);
	const uint64_t hi = x.hi ^ y.hi, lo = x.lo ^ y.lo;
	unsigned int bits = 128;

	if (hi)
		bits = (unsigned int)__builtin_clzll(hi);
	else if (lo)
		bits = 64 + (unsigned int)__builtin_clzll(lo);
	return addr_is_v4(a) ? bits - 96 : bits;
}

unsigned int conn_addr_bits(const struct conn_addr *a)
{
	if (a->any)
		return 0;
	return addr_is_none(&a->last) ? a->net.bits
				      : common_bits(&a->net.net, &a->last);
}

const char *conn_addr_str(const struct conn_addr *a, char *buf)
{
	const struct range all = conn_addr_range(a);

	if (a->any)
		return strcpy(buf, "%any");
	return conn_addr_is_host(a) ? addr_str(&a->net.net, buf)
				    : range_str(&all, buf);
}

bool conn_is_named(const struct conn_conf *c)
{
	return c->remote_host[0];
}

void conn_resolve(struct conn_conf *c, const struct addr *addrs, size_t n)
{
	c->n_remote_addrs = n < CONN_ADDRS_MAX ? n : CONN_ADDRS_MAX;
	for (size_t i = 0; i < c->n_remote_addrs; i++)
		c->remote_addrs[i] = (struct conn_addr){
			.net = { .net = addrs[i],
				 .bits = addr_is_v4(&addrs[i]) ? 32 : 128 },
		};
}

/* Can one packet be of both? Which family `dynamic` is of shows later. */
static bool have_common(const struct ts_conf *local,
			const struct ts_conf *remote)
{
	if (!local->dynamic && !remote->dynamic &&
	    addr_is_v4(&local->net.net) != addr_is_v4(&remote->net.net))
		return false;
	return !local->protocol || !remote->protocol ||
	       local->protocol == remote->protocol;
}

static size_t pools_of(const struct child_conf *child, const struct ts_conf *r)
{
	return r->dynamic && child->n_pools ? child->n_pools : 1;
}

/* How many there are, of which out is the one at that place. */
static size_t walk_pairs(const struct child_conf *child, size_t at,
			 struct child_pair *out)
{
	size_t n = 0;

	for (size_t i = 0; i < child->n_local_ts; i++) {
		for (size_t j = 0; j < child->n_remote_ts; j++) {
			const struct ts_conf *l = &child->local_ts[i];
			const struct ts_conf *r = &child->remote_ts[j];

			size_t pools =
				have_common(l, r) ? pools_of(child, r) : 0;

			if (at >= n && at - n < pools)
				*out = (struct child_pair){
					l, r,
					l->protocol ? l->protocol : r->protocol,
					(uint8_t)(at - n)
				};
			n += pools;
		}
	}
	return n;
}

size_t child_pairs(const struct child_conf *child)
{
	struct child_pair first;

	return walk_pairs(child, 0, &first);
}

bool child_pair_at(const struct child_conf *child, size_t at,
		   struct child_pair *out)
{
	return at < walk_pairs(child, at, out);
}

uint32_t child_policy(const struct child_conf *child, size_t at)
{
	return at ? child->more_policies[at - 1] : child->policy;
}

void child_set_policy(struct child_conf *child, size_t at, uint32_t id)
{
	if (at)
		child->more_policies[at - 1] = id;
	else
		child->policy = id;
}

bool child_has_policy(const struct child_conf *child, uint32_t id)
{
	size_t n = child_pairs(child);

	for (size_t i = 0; i < n && i < SADB_SELECTORS_MAX; i++)
		if (child_policy(child, i) == id)
			return true;
	return false;
}

enum ike_protocol child_ipsec_protocol(const struct child_conf *child)
{
	const struct proposals *p = &child->proposals;

	return p->n ? p->at[0].protocol : IKE_PROTO_ESP;
}

static size_t n_more(const struct conn_conf *c)
{
	return (size_t)c->n_more_local + c->n_more_remote;
}

size_t conn_rounds(const struct conn_conf *c, enum conn_side side)
{
	return 1U + (side == CONN_LOCAL ? c->n_more_local : c->n_more_remote);
}

static const struct auth_round *more_round(const struct conn_conf *c,
					   enum conn_side side, size_t round)
{
	return &c->more_rounds[round - 1 +
			       (side == CONN_LOCAL ? 0 : c->n_more_local)];
}

const struct identity *conn_id(const struct conn_conf *c, enum conn_side side,
			       size_t round)
{
	if (round)
		return &more_round(c, side, round)->id;
	return side == CONN_LOCAL ? &c->local_id : &c->remote_id;
}

const struct auth_conf *conn_auth(const struct conn_conf *c,
				  enum conn_side side, size_t round)
{
	if (round)
		return &more_round(c, side, round)->auth;
	return side == CONN_LOCAL ? &c->local_auth : &c->remote_auth;
}

int conn_copy(struct conn_conf *out, const struct conn_conf *from)
{
	const size_t n = from->n_children, rounds = n_more(from);

	*out = *from;
	out->children = calloc(n + 1, sizeof(*out->children));
	out->more_rounds =
		rounds ? calloc(rounds, sizeof(*out->more_rounds)) : NULL;
	if (!out->children || (rounds && !out->more_rounds)) {
		free(out->children);
		free(out->more_rounds);
		out->children = NULL;
		out->more_rounds = NULL;
		out->n_children = 0;
		out->n_more_local = out->n_more_remote = 0;
		return -ENOMEM;
	}
	if (n)
		memcpy(out->children, from->children,
		       n * sizeof(*out->children));
	if (rounds)
		memcpy(out->more_rounds, from->more_rounds,
		       rounds * sizeof(*out->more_rounds));
	return 0;
}

/* --- equal by value: structs have gaps, and lists what is behind their end */

static bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && addr_equal(&a->net, &b->net);
}

static bool addrs_equal(const struct conn_addr *a, size_t n_a,
			const struct conn_addr *b, size_t n_b)
{
	bool equal = n_a == n_b;

	for (size_t i = 0; equal && i < n_a; i++)
		equal = a[i].any == b[i].any &&
			(a[i].any || (prefix_equal(&a[i].net, &b[i].net) &&
				      addr_equal(&a[i].last, &b[i].last)));
	return equal;
}

/* As it is written: DNS does not tell capitals. */
static bool peers_equal(const struct conn_conf *a, const struct conn_conf *b)
{
	if (conn_is_named(a) || conn_is_named(b))
		return strcasecmp(a->remote_host, b->remote_host) == 0;
	return addrs_equal(a->remote_addrs, a->n_remote_addrs, b->remote_addrs,
			   b->n_remote_addrs);
}

static bool ts_equal(const struct ts_conf *a, size_t n_a,
		     const struct ts_conf *b, size_t n_b)
{
	bool equal = n_a == n_b;

	for (size_t i = 0; equal && i < n_a; i++)
		equal = a[i].dynamic == b[i].dynamic &&
			(a[i].dynamic || (prefix_equal(&a[i].net, &b[i].net) &&
					  addr_equal(&a[i].last, &b[i].last))) &&
			a[i].protocol == b[i].protocol &&
			a[i].port_min == b[i].port_min &&
			a[i].port_max == b[i].port_max;
	return equal;
}

static bool proposals_equal(const struct proposals *a, const struct proposals *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = proposal_equal(&a->at[i], &b->at[i]);
	return equal;
}

static bool volume_equal(const struct volume_conf *a,
			 const struct volume_conf *b)
{
	return a->rekey == b->rekey && a->life == b->life && a->rand == b->rand;
}

bool child_is_trap(const struct child_conf *child)
{
	switch (child->trap) {
	case TRAP_AS_LOADED:
		return child->start_action & CHILD_TRAP;
	case TRAP_INSTALLED:
		return true;
	case TRAP_UNINSTALLED:
		break;
	}
	return false;
}

bool child_equal(const struct child_conf *a, const struct child_conf *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       ts_equal(a->local_ts, a->n_local_ts, b->local_ts, b->n_local_ts) &&
	       ts_equal(a->remote_ts, a->n_remote_ts, b->remote_ts,
			b->n_remote_ts) &&
	       proposals_equal(&a->proposals, &b->proposals) &&
	       a->mode == b->mode && a->start_action == b->start_action &&
	       a->dpd_action == b->dpd_action &&
	       a->close_action == b->close_action &&
	       a->rekey_time == b->rekey_time && a->life_time == b->life_time &&
	       a->rand_time == b->rand_time && a->inactivity == b->inactivity &&
	       volume_equal(&a->bytes, &b->bytes) &&
	       volume_equal(&a->packets, &b->packets) &&
	       a->replay_window == b->replay_window && a->spread == b->spread &&
	       a->per_cpu == b->per_cpu && a->if_id_in == b->if_id_in &&
	       a->if_id_out == b->if_id_out &&
	       memcmp(&a->outer, &b->outer, sizeof(a->outer)) == 0 &&
	       a->fragment_after == b->fragment_after &&
	       strcmp(a->updown, b->updown) == 0 &&
	       a->hostaccess == b->hostaccess && a->n_pools == b->n_pools &&
	       a->reqid == b->reqid && a->pfp == b->pfp &&
	       a->pfp_limit == b->pfp_limit && a->policy == b->policy;
}

/* To the octet: what matches a name in capitals is not what is sent. */
static bool id_equal(const struct identity *a, const struct identity *b)
{
	return a->type == b->type && a->len == b->len &&
	       memcmp(a->octets, b->octets, a->len) == 0;
}

/* Of ours; renewed: certificates may be others. */
static bool locals_equal(const struct auth_conf *a, const struct auth_conf *b,
			 bool renewed)
{
	struct auth_conf same = *a;

	if (renewed && a->n_certs == b->n_certs)
		memcpy(same.certs, b->certs, sizeof(same.certs));
	return auth_equal(&same, b);
}

static bool more_rounds_equal(const struct conn_conf *a,
			      const struct conn_conf *b, bool renewed)
{
	bool equal = a->n_more_local == b->n_more_local &&
		     a->n_more_remote == b->n_more_remote;

	for (size_t i = 0; equal && i < n_more(a); i++)
		equal = id_equal(&a->more_rounds[i].id, &b->more_rounds[i].id) &&
			locals_equal(&a->more_rounds[i].auth,
				     &b->more_rounds[i].auth,
				     renewed && i < (size_t)a->n_more_local);
	return equal;
}

static bool vips_equal(const struct conn_conf *a, const struct conn_conf *b)
{
	bool equal = a->n_vips == b->n_vips && a->n_pools == b->n_pools;

	for (size_t i = 0; equal && i < a->n_vips; i++)
		equal = addr_equal(&a->vips[i], &b->vips[i]);
	for (size_t i = 0; equal && i < a->n_pools; i++)
		equal = strcmp(a->pools[i], b->pools[i]) == 0;
	return equal;
}

static bool equal_ike(const struct conn_conf *a, const struct conn_conf *b,
		      bool renewed)
{
	return strcmp(a->name, b->name) == 0 &&
	       addrs_equal(a->local_addrs, a->n_local_addrs, b->local_addrs,
			   b->n_local_addrs) &&
	       peers_equal(a, b) && a->local_port == b->local_port &&
	       a->remote_port == b->remote_port &&
	       proposals_equal(&a->proposals, &b->proposals) &&
	       id_equal(&a->local_id, &b->local_id) &&
	       id_equal(&a->remote_id, &b->remote_id) &&
	       locals_equal(&a->local_auth, &b->local_auth, renewed) &&
	       auth_equal(&a->remote_auth, &b->remote_auth) &&
	       more_rounds_equal(a, b, renewed) &&
	       a->send_cert == b->send_cert &&
	       a->send_certreq == b->send_certreq && a->ocsp == b->ocsp &&
	       a->fragmentation == b->fragmentation && a->unique == b->unique &&
	       a->childless == b->childless && a->tcp_encap == b->tcp_encap &&
	       a->resumption == b->resumption && a->encap == b->encap &&
	       id_equal(&a->ppk_id, &b->ppk_id) &&
	       a->ppk_required == b->ppk_required && a->mobike == b->mobike &&
	       a->dscp == b->dscp && a->dpd_delay == b->dpd_delay &&
	       a->rekey_time == b->rekey_time &&
	       a->reauth_time == b->reauth_time &&
	       a->over_time == b->over_time && a->rand_time == b->rand_time &&
	       a->keyingtries == b->keyingtries && a->if_id_in == b->if_id_in &&
	       a->if_id_out == b->if_id_out && vips_equal(a, b) &&
	       a->from_vici == b->from_vici;
}

bool conn_equal_ike(const struct conn_conf *a, const struct conn_conf *b)
{
	return equal_ike(a, b, false);
}

bool conn_keeps_ike(const struct conn_conf *a, const struct conn_conf *b)
{
	return equal_ike(a, b, true);
}

bool conn_equal(const struct conn_conf *a, const struct conn_conf *b)
{
	bool equal = conn_equal_ike(a, b) && a->n_children == b->n_children;

	for (size_t i = 0; equal && i < a->n_children; i++)
		equal = child_equal(&a->children[i], &b->children[i]);
	return equal;
}

bool conn_weakness(const struct conn_conf *c, struct weakness *out)
{
	out->child = NULL;
	out->why = proposals_weakness(&c->proposals, &out->name);
	for (size_t i = 0; !out->why && i < c->n_children; i++) {
		out->child = &c->children[i];
		out->why =
			proposals_weakness(&out->child->proposals, &out->name);
	}
	return out->why != NULL;
}

const struct child_conf *conn_child(const struct conn_conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_children; i++)
		if (strcmp(c->children[i].name, name) == 0)
			return &c->children[i];
	return NULL;
}
