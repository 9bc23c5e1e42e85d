/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SA as a worker uses it: everything that a packet needs, laid out by
 * use. Made by sad_add() on the control thread, gone by sad_remove(); once
 * published its constant part never changes. The rest belongs to the worker that
 * owns the SA, outbound; inbound to whichever has its lock, taken once a run. So
 * do its counters, which the control thread reads.
 */
#ifndef CYG_SADB_SA_H
#define CYG_SADB_SA_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/sadb/outer.h"
#include "ctrl/sadb/replay.h"
#include "ctrl/sadb/rules.h"
#include "include/drop.h"
#include "include/meta.h"

/* One writer at a time but for drops, any reader; relaxed. */
struct sa_counters {
	_Atomic uint64_t pkts;	  /* inner packets that passed */
	_Atomic uint64_t bytes;	  /* inner bytes */
	_Atomic uint64_t last_ns; /* CLOCK_MONOTONIC of the last; 0: never */
	_Atomic uint64_t seq;	  /* last sent, or right edge of the window */
	_Atomic uint64_t drops[DROP_MAX];
};

/*
 * How far the numbers of an SA are, for whoever keeps that where it outlives us
 * (ctrl/dp/durable.h), which owns it.
 */
struct seq_kept {
	_Atomic uint64_t *used; /* by the worker: last sent, or right edge */
	_Atomic uint64_t limit; /* DIR_OUT, by the keeper: none above is sent */
	_Atomic uint64_t low;	/* DIR_OUT, by the keeper, and UINT64_MAX by the
				   worker as it wakes it: above that the limit
				   has to be raised soon */
	int wake_fd;		/* of the keeper, an eventfd */
};

struct sa_rt {
	/* Constant. */
	struct sa_ref ref;
	enum dp_dir dir;
	uint32_t spi_be;
	struct addr saddr; /* outer */
	struct addr daddr; /* outer */
	struct outer outer;
	bool udp; /* ESP in UDP, RFC 3948 */
	uint8_t iv_bytes;
	uint8_t icv_bytes;
	uint8_t align_bytes; /* the encrypted part is a multiple of this */
	bool counter_mode;   /* the IV is a counter, else unpredictable */
	bool esn;
	bool narrow; /* DIR_OUT: not all of its policies' packets are its own */
	const struct crypto_backend *backend;
	struct crypto_key *key; /* owned; used by one worker at a time */
	uint32_t owner;		/* DIR_OUT: index of its worker */
	struct seq_kept *kept;	/* borrowed; NULL: its numbers end with it */

	/* Owned. Replaced by the control thread when the policies change, read
	 * by the worker once a run. */
	_Atomic(const struct rules *) rules;

	_Atomic bool locked; /* DIR_IN: by a worker, see sa_lock() */

	/* The worker's. */
	uint64_t seq;	    /* DIR_OUT: last number used, 0 before the first */
	uint64_t seq_limit; /* DIR_OUT: kept->limit as last read */
	struct replay replay; /* DIR_IN */
	bool used;	      /* DIR_IN: the first packet was told of */
	bool ending;	      /* DIR_OUT: that it runs out of numbers, too */
	struct addr peer;     /* DIR_IN, ESP in UDP: whence it came, as told */
	uint16_t peer_port_be;
	uint64_t moved_ns; /* when that was told; 0: never */

	struct sa_counters count;
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

/* Any worker: packets of an SA are dropped in many places. */
static inline void sa_count_drop(struct sa_counters *count,
				 enum drop_reason reason)
{
	atomic_fetch_add_explicit(&count->drops[reason], 1,
				  memory_order_relaxed);
}

/* Worker: adds to a counter that it alone writes. */
static inline void sa_count(_Atomic uint64_t *counter, uint64_t add)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + add, memory_order_relaxed);
}

/* Worker: the sums of a run; seq is the highest number now. */
static inline void sa_count_run(struct sa_counters *count, uint64_t pkts,
				uint64_t bytes, uint64_t seq, uint64_t now_ns)
{
	if (!pkts)
		return;
	sa_count(&count->pkts, pkts);
	sa_count(&count->bytes, bytes);
	atomic_store_explicit(&count->seq, seq, memory_order_relaxed);
	atomic_store_explicit(&count->last_ns, now_ns, memory_order_relaxed);
}

#endif
