// SPDX-License-Identifier: BSD-2-Clause
/*
 * SAs whose packets a NAT changes (RFC 3948): its mapping is kept alive, and those of
 * the configuration are sent to where it is. SAs of peers that move (RFC 4555).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/compiler.h>

#include "ctrl/dp/sadb_state.h"

/* Does it have one, now? */
static bool have_nat(struct entry *en)
{
	if (!en->nat)
		en->nat = calloc(1, sizeof(*en->nat));
	if (en->nat)
		en->nat->of = en;
	return en->nat;
}

void entry_nat_free(struct sadb *s, struct entry_nat *nat)
{
	if (!nat)
		return;
	heap_take(&s->keep_due, &nat->due);
	if (nat->moved)
		LIST_REMOVE(nat, of_moved);
	free(nat);
}

/* It is looked at the next time. */
static void look_soon(struct sadb *s, struct entry_nat *nat)
{
	heap_take(&s->keep_due, &nat->due);
	nat->due.at_ns = 0;
	heap_put(&s->keep_due, &nat->due);
}

void sadb_set_keepalive(struct sadb *s, uint32_t every_s)
{
	s->keepalive_ns = every_s * NS_PER_S;
	for (struct entry *en = s->entries; en; en = en->newer)
		if (en->nat && en->nat->kept_ns)
			look_soon(s, en->nat);
}

int entry_keep_alive(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
		     uint64_t now_ns)
{
	if (en->id.dir != SADB_OUT || !sa->encap_dport || !sa->keepalive)
		return 0;
	if (!have_nat(en))
		return -ENOMEM;
	en->nat->kept_ns = now_ns;
	look_soon(s, en->nat);
	return 0;
}

/* Whatever the SA sends does the same. Returns when to look again; UINT64_MAX:
 * never. */
static uint64_t keep_alive(const struct sadb *s, struct entry_nat *nat,
			   uint64_t now_ns)
{
	const struct entry *en = nat->of;
	const struct sa_rt *sa = NULL;
	uint64_t sent_ns;

	if (en->state == ENTRY_LIVE)
		sa = sad_get(s->sad, en->ref);
	if (!sa)
		return UINT64_MAX;
	sent_ns = atomic_load_explicit(&sa->count.last_ns, memory_order_relaxed);
	if (sent_ns < nat->kept_ns)
		sent_ns = nat->kept_ns;
	if (sent_ns + s->keepalive_ns > now_ns)
		return sent_ns + s->keepalive_ns;
	s->maps.keep_alive(s->maps.ctx, sa);
	nat->kept_ns = now_ns;
	return now_ns + s->keepalive_ns;
}

void entries_keep_alive(struct sadb *s, uint64_t now_ns)
{
	if (!s->keepalive_ns || !s->maps.keep_alive)
		return;
	while (heap_first_ns(&s->keep_due) <= now_ns) {
		struct heap_node *due = heap_first(&s->keep_due);

		heap_take(&s->keep_due, due);
		due->at_ns = keep_alive(
			s, caa_container_of(due, struct entry_nat, due), now_ns);
		if (due->at_ns != UINT64_MAX)
			heap_put(&s->keep_due, due);
	}
}

void sadb_watch(struct sadb *s,
		void (*moved)(void *ctx, const struct sadb_event *mapping),
		void *ctx)
{
	s->moved = moved;
	s->moved_ctx = ctx;
}

struct sad_key entry_key(const struct sadb *s, const struct entry *en)
{
	const struct sa_rt *sa = sad_get(s->sad, en->ref);
	struct sad_key key = sad_key_of(en);

	if (sa)
		memcpy(key.daddr.octets, sa_daddr(sa)->octets,
		       sizeof(key.daddr.octets));
	return key;
}

static bool has_row(const struct sadb *s, const struct entry *en,
		    const struct sad_key *row)
{
	const struct sad_key key = entry_key(s, en);

	return en->state == ENTRY_LIVE && en->id.dir == SADB_OUT &&
	       memcmp(&key, row, sizeof(key)) == 0;
}

/* Peers choose their SPIs, two of them perhaps the same, and one may have moved to
 * where the other is. Another one that has that row; NULL: none. */
static const struct entry *other_of(const struct sadb *s, const struct entry *en,
				    const struct sad_key *row)
{
	struct sadb_id home = { .spi = ntohl(row->spi), .dir = SADB_OUT };
	const struct entry *other;
	const struct entry_nat *nat;

	memcpy(home.daddr.octets, row->daddr.octets, sizeof(home.daddr.octets));
	other = entry_find(s, &home);
	if (other && other != en && has_row(s, other, row))
		return other;
	LIST_FOREACH(nat, &s->peers_moved, of_moved)
	if (nat->of != en && has_row(s, nat->of, row))
		return nat->of;
	return NULL;
}

void entry_leave_row(struct sadb *s, const struct entry *en,
		     const struct sad_key *row)
{
	const struct entry *other = other_of(s, en, row);

	if (!s->maps.add_outbound)
		return;
	if (other)
		s->maps.add_outbound(s->maps.ctx, row, other->ref);
	else
		s->maps.del_outbound(s->maps.ctx, row);
}

/* ICMP errors quote the address of now. */
static int enter_again(struct sadb *s, const struct entry *en,
		       const struct sad_key *was)
{
	const struct sad_key now = entry_key(s, en);

	if (!s->maps.add_outbound || memcmp(was, &now, sizeof(now)) == 0)
		return 0;
	entry_leave_row(s, en, was);
	return s->maps.add_outbound(s->maps.ctx, &now, en->ref);
}

/* have_nat() was asked before. */
static int note_move(struct sadb *s, struct entry *en, const struct sad_key *was)
{
	if (!en->nat->moved)
		LIST_INSERT_HEAD(&s->peers_moved, en->nat, of_moved);
	en->nat->moved = true;
	return enter_again(s, en, was);
}

/* Where it was nobody finds it any more. */
static int enter_inbound(struct sadb *s, const struct entry *en,
			 const struct sad_key *was)
{
	const struct sad_key now = entry_key(s, en);
	int err;

	if (memcmp(was, &now, sizeof(now)) == 0)
		return 0;
	err = s->maps.add_inbound(s->maps.ctx, &now, en->ref);
	if (!err)
		s->maps.del_inbound(s->maps.ctx, was);
	return err;
}

static void keep_alive_there(struct sadb *s, struct entry *en,
			     const struct sadb_sa *sa, uint64_t now_ns)
{
	heap_take(&s->keep_due, &en->nat->due);
	en->nat->kept_ns = 0;
	entry_keep_alive(s, en, sa, now_ns);
}

int entry_move(struct sadb *s, const struct sadb_request *q, uint64_t now_ns)
{
	struct entry *en = entry_find(s, &q->id);
	const struct sa_ends to = {
		.saddr = q->sa.saddr,
		.daddr = q->daddr,
		.sport = q->sa.encap_sport,
		.dport = q->sa.encap_dport,
		.stream = q->sa.stream,
	};
	struct sad_key was;
	int err;

	if (!en || en->state != ENTRY_LIVE)
		return -ENOENT;
	if (!to.sport != !to.dport || (to.stream && to.dport))
		return -EINVAL;
	if (to.stream && !s->allow_streams)
		return -EPERM;
	err = entry_may_be_between(s, en, &to.saddr, &to.daddr);
	if (err)
		return err;
	if (en->id.dir == SADB_OUT && !have_nat(en))
		return -ENOMEM;
	was = entry_key(s, en);
	err = sad_move_ends(s->sad, en->ref, &to);
	if (err)
		return err;
	if (en->id.dir == SADB_IN)
		return enter_inbound(s, en, &was);
	keep_alive_there(s, en, &q->sa, now_ns);
	for (uint32_t i = 0; s->maps.moved && i < en->n_policies; i++)
		s->maps.moved(s->maps.ctx, en->policies[i].id,
			      sad_get(s->sad, en->ref));
	within_moved(s, en);
	return note_move(s, en, &was);
}

int sadb_move(struct sadb *s, const struct sadb_id *id,
	      const struct addr *daddr, uint16_t dport)
{
	struct entry *en = entry_find(s, id);
	struct sad_key was;
	int err;

	if (!en || en->state != ENTRY_LIVE || !entry_is_installed(en))
		return -ENOENT;
	if (!have_nat(en))
		return -ENOMEM;
	was = entry_key(s, en);
	err = sad_move(s->sad, en->ref, daddr, dport);
	if (err)
		return err;
	return note_move(s, en, &was);
}
