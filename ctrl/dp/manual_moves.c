// SPDX-License-Identifier: BSD-2-Clause
/*
 * Peers that move: a NAT before them gave them another address, or port. Where a pair
 * is told to follow, its outbound SA goes on there, under the same numbers. Who carries
 * packets on can have the latest one come from wherever he likes, and with it what is
 * sent; not read it, and not for longer than until the peer's next one.
 */
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/manual_state.h"

static bool same_place(const struct where *a, const struct where *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

/* May it take the other's place? It is for the same peer, and a policy of it. */
static bool is_of_its_kind(const struct manual_sa *out,
			   const struct manual_sa *in)
{
	return same_place(&in->home, &out->home) && in->serves & out->serves;
}

/* By which inbound one is told where it sends to? That of its pair; one that was added
 * alone has those of the pairs that it is to take the place of. */
static bool is_told_by(const struct manual_sa *out, const struct manual_sa *in)
{
	return in->phase == PHASE_LIVE && in->id.dir == SADB_IN &&
	       (out->alone ? is_of_its_kind(out, in) : in->pair == out->pair);
}

/* NULL: it is where it was. */
static const struct where *last_place(const struct manual *m,
				      const struct manual_sa *out)
{
	const struct manual_sa *last = NULL;

	for (const struct manual_sa *sa = m->first; sa; sa = sa->next)
		if (sa->peer.port && is_told_by(out, sa) &&
		    (!last || sa->moved > last->moved))
			last = sa;
	return last ? &last->peer : NULL;
}

/* An outbound one sends to where its pair's peer is. */
static void aim(struct manual *m, struct manual_sa *out)
{
	const struct where *to = out->follow ? last_place(m, out) : NULL;
	int err;

	if (!to)
		to = &out->home;
	if (same_place(to, &out->peer))
		return;
	err = sadb_move(m->sadb, &out->id, &to->addr, to->port);
	if (err)
		log_error("manual: the peer is not followed spi=0x%08x: %s",
			  out->id.spi, strerror(-err));
	else
		out->peer = *to;
}

static void aim_all(struct manual *m)
{
	for (struct manual_sa *sa = m->first; sa; sa = sa->next)
		if (sa->phase == PHASE_LIVE && sa->id.dir == SADB_OUT)
			aim(m, sa);
}

static void log_move(struct manual *m, const struct manual_sa *in)
{
	char from[END_STR_MAX];

	if (log_may(&m->moves, "manual", clock_ns()))
		log_warn("manual: the peer is elsewhere spi=0x%08x from=%s: %s",
			 in->id.spi,
			 end_str(&in->peer.addr, in->peer.port, from),
			 in->follow
				 ? "followed"
				 : "not followed, for that takes follow = yes");
}

/* Who carries packets on chooses where they seem to come from: it has to be at least
 * somebody's address. */
static bool may_be_there(const struct manual_sa *sa, const struct addr *peer)
{
	return !addr_not_unicast(peer) && !addr_equal(peer, &sa->id.daddr) &&
	       (!sa->transport || addr_equal(peer, &sa->home.addr));
}

void manual_on_mapping(void *ctx, const struct sadb_event *mapping)
{
	const struct where peer = { mapping->mapped_addr, mapping->mapped_port };
	struct manual *m = ctx;
	struct manual_sa *sa = m->first;

	while (sa && (sa->phase != PHASE_LIVE ||
		      !manual_same_id(&sa->id, &mapping->id)))
		sa = sa->next;
	if (!sa || !may_be_there(sa, &peer.addr))
		return;
	sa->peer = peer;
	sa->moved = ++m->moved;
	log_move(m, sa);
	aim_all(m);
}

/* A bit for each of those policies that an added pair may serve. */
static uint64_t policies_of(const struct config *config, size_t pair)
{
	uint64_t serves = 0;

	for (size_t i = 0; i < config->n_policies && i < MANUAL_POLICIES_MAX;
	     i++)
		if (manual_serves(config, pair, i))
			serves |= 1ULL << i;
	return serves;
}

static void take_pair(struct manual_sa *sa, const struct config *config)
{
	const struct manual_conf *pair = &config->manual[sa->wanted];

	sa->pair = sa->wanted;
	sa->follow = pair->follow;
	sa->alone = !pair->in.spi;
	sa->serves = policies_of(config, sa->pair);
	sa->transport = pair->mode == SADB_TRANSPORT;
	sa->home = (struct where){ pair->remote, pair->remote_port };
	if (sa->id.dir == SADB_OUT && !sa->peer.port)
		sa->peer = sa->home;
}

void manual_take_pairs(struct manual *m, const struct config *config)
{
	for (struct manual_sa *sa = m->first; sa; sa = sa->next)
		if (sa->phase == PHASE_LIVE && sa->wanted != MANUAL_NONE)
			take_pair(sa, config);
	aim_all(m);
}
