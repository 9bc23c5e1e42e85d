/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SA as a worker uses it: everything that a packet needs, laid out by
 * use. Made by sad_add() on the control thread, gone by sad_remove(); once
 * published its constant part never changes. The rest belongs to the worker that
 * owns the SA, outbound; inbound to whichever has its lock, taken once a run. So
 * do its counters, which the control thread reads.
 *
 * Of outbound SAs for each CPU (RFC 9611) a worker uses its own. The one that is
 * nobody's, the fall-back, has an owner, but is not found to be anybody's at once: so
 * that looking for another one costs nothing where there is none.
 *
 * An outbound SA that is spread is every worker's at once: each takes the numbers
 * of a run in one step, so that none is ever taken twice, and adds to the counters
 * atomically.
 */
#ifndef CYG_SADB_SA_H
#define CYG_SADB_SA_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <urcu-qsbr.h>

#include "ctrl/base/addr.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/sadb/limit.h"
#include "ctrl/sadb/outer.h"
#include "ctrl/sadb/replay.h"
#include "ctrl/sadb/rules.h"
#include "include/drop.h"
#include "include/meta.h"
#include "include/proto.h"

/*
 * Most SAs lose nothing, and the others for few reasons. What an SA loses for more
 * than so many is counted for all SAs alone, as every drop is.
 */
#define SA_DROPS_MAX 10U

/* One writer at a time but for drops and where the SA is spread, any reader;
 * relaxed. */
struct sa_counters {
	_Atomic uint64_t pkts;	  /* inner packets that passed */
	_Atomic uint64_t bytes;	  /* inner bytes */
	_Atomic uint64_t last_ns; /* CLOCK_MONOTONIC of the last; 0: never */
	_Atomic uint64_t edge;	  /* DIR_IN: right edge of the window */
	/* Each for one reason, from the first on; see sa_drops(). */
	_Atomic uint64_t drops[SA_DROPS_MAX];
};

/*
 * How far the numbers of an SA are, for whoever keeps that where it outlives us
 * (ctrl/dp/durable.h), which owns it.
 */
struct seq_kept {
	_Atomic uint64_t *used; /* by workers: last sent, or right edge */
	_Atomic uint64_t limit; /* DIR_OUT, by the keeper: none above is sent */
	_Atomic uint64_t low;	/* DIR_OUT, by the keeper, and UINT64_MAX by
				   a worker as it wakes it: above that the limit
				   has to be raised soon */
	int wake_fd;		/* of the keeper, an eventfd */
};

/* Between which addresses an SA is that moved. */
struct sa_way {
	struct outer outer;
	struct addr saddr;
	struct addr daddr;
	struct rcu_head rcu; /* for its end */
};

/* Of which limits its maker was told. */
enum sa_told {
	SA_TOLD_SOFT = 1,
	SA_TOLD_HARD = 2,
};

#define SA_LINE_BYTES 64 /* of a cache */

struct sad;

/* There may be a hundred thousand: it has as few lines as it can. */
struct sa_rt {
	/* Constant. */
	struct sa_ref ref;
	enum dp_dir dir;
	uint32_t spi_be;
	struct addr saddr; /* outer */
	struct addr daddr; /* outer */
	struct outer outer;
	uint16_t tfc_bytes; /* DIR_OUT; of inner packets, SADB_TFC_MTU, or 0 */
	uint16_t dummies;   /* DIR_OUT: a second */
	bool udp;	    /* ESP in UDP, RFC 3948 */
	bool transport;	    /* the mode: without a header of its own */
	bool ah;	    /* AH, else ESP */
	uint8_t head_bytes; /* ESP's header and IV, or AH's with its ICV */
	uint8_t trailer_bytes; /* ESP's, behind its padding */
	uint8_t tail_bytes;    /* ESP's ICV */
	uint8_t iv_bytes;
	uint8_t icv_bytes;
	uint8_t align_bytes; /* a power of two: what is between head and tail is
				a multiple of it */
	uint8_t carrier_bytes; /* AH's with its ICV, where its packets are in AH
				  of another SA's: of a bundle */
	bool carried;	       /* DIR_IN: they are, and come no other way */
	bool counter_mode;     /* the IV is a counter, else unpredictable */
	bool esn;
	bool narrow; /* DIR_OUT: not all of its policies' packets are its own */
	bool spread; /* DIR_OUT: all workers use it, and it has no owner */
	bool fragment_after; /* DIR_OUT: IPv4 is cut after it is protected */
	bool of_cpus;	     /* DIR_OUT: there may be one for each worker */
	uint8_t cpu; /* of these, whose it is, its number and 1; 0: fall-back */
	bool limited; /* by its limits */
	union {
		/* DIR_OUT: index of its worker; with SA_FALL_BACK, see
		 * sa_owner(). */
		uint32_t owner;
		uint32_t if_id; /* DIR_IN: where what it opens comes in */
	};
	const struct crypto_backend *backend;
	struct crypto_key *key; /* owned; see sa_key() */
	/* Owned. Of an SA that is spread, a key for each worker where one is
	 * one thread's. The first is `key`. */
	struct crypto_key **keys;
	struct seq_kept *kept; /* borrowed; NULL: its numbers end with it */

	/* Owned. Replaced by the control thread when the policies change, read
	 * by the worker once a run. */
	_Atomic(const struct rules *) rules;

	/* Owned. Set by the control thread when either end is elsewhere, in place
	 * of outer, saddr and daddr; NULL: it is where these say. See sa_outer(). */
	_Atomic(const struct sa_way *) way;

	/* Of a bundle, as one word the SA that has the packet next; 0: none has.
	 * Outbound that is AH's, and constant; inbound it is ESP's, set by the
	 * control thread when that is there. See sa_then(). */
	_Atomic uint64_t then;

	struct sa_limits limits;
	struct rcu_head rcu; /* for its end */

	/* What is written as packets pass stands apart from what is only read,
	 * and together, for where several workers write it. */
	_Alignas(SA_LINE_BYTES) _Atomic uint64_t seq; /* DIR_OUT: last number
					taken, 0: none; by its workers */
	struct sa_counters count;
	_Atomic bool locked;  /* DIR_IN: by a worker, see sa_lock() */
	_Atomic uint8_t told; /* bits of enum sa_told, by its workers */

	/* The worker's that has the lock. DIR_IN. */
	bool used; /* the first packet was told of */
	uint16_t peer_port_be;
	struct addr peer;  /* ESP in UDP: whence it came, as told */
	uint64_t moved_ns; /* when that was told; 0: never */
	struct replay replay;

	const struct sad *sad; /* constant: here is room */
};

/* Worker: how often it asks before it lets others run. */
#define SA_LOCK_SPINS 1000U

static inline bool sa_try_lock(struct sa_rt *sa)
{
	return !atomic_load_explicit(&sa->locked, memory_order_relaxed) &&
	       !atomic_exchange_explicit(&sa->locked, true,
					 memory_order_acquire);
}

/*
 * Worker: the inbound SA is its own until sa_unlock(). Its packets come by one
 * queue as a rule: the lock is for when the peer, or the NIC, changes that.
 */
static inline void sa_lock(struct sa_rt *sa)
{
	for (uint32_t i = 0; !sa_try_lock(sa); i++)
		if (i % SA_LOCK_SPINS == SA_LOCK_SPINS - 1)
			sched_yield();
}

static inline void sa_unlock(struct sa_rt *sa)
{
	atomic_store_explicit(&sa->locked, false, memory_order_release);
}

#define SA_FALL_BACK (1U << 31)

/* Of an outbound SA that is not spread: who alone uses it. */
static inline uint32_t sa_owner(const struct sa_rt *sa)
{
	return sa->owner & ~SA_FALL_BACK;
}

/* Whose is an outbound SA's packet? That worker's own? No worker's is a fall-back's,
 * before it has looked for another one. */
static inline bool sa_is_of(const struct sa_rt *sa, uint32_t worker)
{
	return sa->spread || sa->owner == worker;
}

/* What a packet gets before it now; until the next quiescent state. */
static inline const struct outer *sa_outer(const struct sa_rt *sa)
{
	const struct sa_way *way =
		atomic_load_explicit(&sa->way, memory_order_acquire);

	return way ? &way->outer : &sa->outer;
}

/* Likewise, by which TCP connection it goes; STREAM_NONE: by none. */
static inline uint32_t sa_stream(const struct sa_rt *sa)
{
	return outer_stream(sa_outer(sa));
}

/* Likewise, where it goes: no two calls need to agree. */
static inline const struct addr *sa_daddr(const struct sa_rt *sa)
{
	const struct sa_way *way =
		atomic_load_explicit(&sa->way, memory_order_acquire);

	return way ? &way->daddr : &sa->daddr;
}

static inline const struct addr *sa_saddr(const struct sa_rt *sa)
{
	const struct sa_way *way =
		atomic_load_explicit(&sa->way, memory_order_acquire);

	return way ? &way->saddr : &sa->saddr;
}

/* Whose the packet is when this SA is done with it; gen 0: nobody's. */
static inline struct sa_ref sa_then(const struct sa_rt *sa)
{
	uint64_t whole = atomic_load_explicit(&sa->then, memory_order_acquire);
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

/* What follows its outer header. */
static inline uint8_t sa_protocol(const struct sa_rt *sa)
{
	if (sa->ah)
		return PROTO_AH;
	return sa->udp ? PROTO_UDP : PROTO_ESP;
}

/* Of an inbound SA, under its lock; of an outbound one, that worker's. */
static inline struct crypto_key *sa_key(const struct sa_rt *sa, uint32_t worker)
{
	return sa->keys ? sa->keys[worker] : sa->key;
}

/* false: another worker did meanwhile, and *from is where the SA is. */
static inline bool sa_advance(struct sa_rt *sa, uint64_t *from, uint64_t to)
{
	if (sa->spread)
		return atomic_compare_exchange_weak_explicit(
			&sa->seq, from, to, memory_order_relaxed,
			memory_order_relaxed);
	atomic_store_explicit(&sa->seq, to, memory_order_relaxed);
	return true;
}

/*
 * Worker: the next n numbers are its own, *after + 1 and on; or as many as there
 * are up to `last`. How many.
 */
static inline uint32_t sa_take_numbers(struct sa_rt *sa, uint32_t n,
				       uint64_t last, uint64_t *after)
{
	uint64_t seq = atomic_load_explicit(&sa->seq, memory_order_relaxed);
	uint64_t take;

	do {
		take = seq < last ? last - seq : 0;
		if (take > n)
			take = n;
	} while (!sa_advance(sa, &seq, seq + take));
	*after = seq;
	return (uint32_t)take;
}

/* Last number taken, or right edge of the window. Any thread. */
static inline uint64_t sa_seq(const struct sa_rt *sa)
{
	return atomic_load_explicit(sa->dir == DIR_OUT ? &sa->seq
						       : &sa->count.edge,
				    memory_order_relaxed);
}

static inline bool sa_counts_drop(enum drop_reason reason)
{
	return reason >= DROP_SA_FIRST && reason <= DROP_SA_LAST;
}

/* Such a counter: the reason above, how many below. */
#define SA_DROP_SHIFT 48U
#define SA_DROP_COUNT ((1ULL << SA_DROP_SHIFT) - 1)

static inline bool sa_drop_is_of(uint64_t counter, enum drop_reason reason)
{
	return counter >> SA_DROP_SHIFT == (uint64_t)reason;
}

/* Whose it is, or becomes if it is nobody's. */
static inline bool sa_drop_claim(_Atomic uint64_t *counter,
				 enum drop_reason reason)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	if (!now && atomic_compare_exchange_strong_explicit(
			    counter, &now, (uint64_t)reason << SA_DROP_SHIFT,
			    memory_order_relaxed, memory_order_relaxed))
		return true;
	return sa_drop_is_of(now, reason);
}

/* Any worker: packets of an SA are dropped in many places. */
static inline void sa_count_drop(struct sa_counters *count,
				 enum drop_reason reason)
{
	uint32_t i = 0;

	if (!sa_counts_drop(reason))
		return;
	while (i < SA_DROPS_MAX && !sa_drop_claim(&count->drops[i], reason))
		i++;
	if (i < SA_DROPS_MAX)
		atomic_fetch_add_explicit(&count->drops[i], 1,
					  memory_order_relaxed);
}

/* How many. Any thread. */
static inline uint64_t sa_drops(const struct sa_counters *count,
				enum drop_reason reason)
{
	uint64_t now = 1;

	for (uint32_t i = 0; now && i < SA_DROPS_MAX; i++) {
		now = atomic_load_explicit(&count->drops[i],
					   memory_order_relaxed);
		if (sa_drop_is_of(now, reason))
			return now & SA_DROP_COUNT;
	}
	return 0;
}

/* Worker: adds to a counter, which it alone writes if the SA is not spread. */
static inline void sa_count(const struct sa_rt *sa, _Atomic uint64_t *counter,
			    uint64_t add)
{
	uint64_t now;

	if (sa->spread) {
		atomic_fetch_add_explicit(counter, add, memory_order_relaxed);
		return;
	}
	now = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, now + add, memory_order_relaxed);
}

/* Worker: the sums of a run. */
static inline void sa_count_run(struct sa_rt *sa, uint64_t pkts, uint64_t bytes,
				uint64_t now_ns)
{
	struct sa_counters *count = &sa->count;

	if (!pkts)
		return;
	sa_count(sa, &count->pkts, pkts);
	sa_count(sa, &count->bytes, bytes);
	atomic_store_explicit(&count->last_ns, now_ns, memory_order_relaxed);
}

#endif
