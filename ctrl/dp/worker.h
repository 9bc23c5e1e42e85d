/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker: one thread, its frames, its ports, and the walk of a batch
 *
 *     rx -> resolve -> esp_out (with path MTU), or reassemble and esp_in
 *        -> forward -> tx -> settle
 *
 * It takes no lock, allocates nothing after start, and makes no policy. This
 * header is for the stages and for whoever builds a worker (dp.c, tests,
 * benchmarks).
 */
#ifndef CYG_DP_WORKER_H
#define CYG_DP_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/bucket.h"
#include "ctrl/base/clock.h"
#include "ctrl/base/spsc.h"
#include "ctrl/crypto/random.h"
#include "ctrl/dp/audit.h"
#include "ctrl/dp/barrier.h"
#include "ctrl/dp/host_cut.h"
#include "ctrl/dp/host_join.h"
#include "ctrl/dp/nexthop.h"
#include "ctrl/dp/packet.h"
#include "ctrl/dp/port.h"
#include "ctrl/dp/reassemble.h"
#include "ctrl/dp/stream.h"
#include "ctrl/dp/tell.h"
#include "ctrl/sadb/sad.h"
#include "ctrl/sadb/several.h"
#include "ctrl/sadb/within.h"
#include "include/limits.h"
#include "include/pass.h"

struct handoff;
struct plug;
struct tap;

#define WORKER_PORTS_MAX (IFACE_MAX * QUEUE_MAX)

/* Packets wait for a next hop or an SA at most this long, and so many for each:
 * one that does not come leaves room for the others. */
#define HOLD_NS	     NS_PER_S
#define HOLD_PER_DST 64U
#define HOLD_PER_SA  64U

/* Of a policy that takes selectors from the packet, so many for each values. */
#define HOLD_PER_VALUES 8U

/* Values for which SAs of such policies are asked for: policies share a set where
 * they are more than there are sets. Each place asks once a second at most, whoever
 * scans. */
#define ASKING_SETS 16U
#define ASKING_WAYS 64U

/* Packets that a batch may make: four fragments more of each in it. */
#define MADE_MAX (4U * BATCH_MAX)

/* Frames that are not given to receive into: of what a batch makes, and of the
 * host's. Else a flood, which keeps receive and fill rings full, had them all. */
#define FRAMES_KEPT (MADE_MAX + BATCH_MAX)

/* Next hops are told apart by so many numbers, drawn anew at each start. */
#define HOLD_BUCKETS 1024U

/* What workers know of policies. The control thread writes, workers read. */
struct policy_view {
	_Atomic uint32_t gen;	  /* of the policy list in force */
	_Atomic uint32_t changed; /* bindings so far: held packets try again */
	_Atomic bool on_demand[SPD_MAX];
	/* The list since which the id means the policy that it means. */
	_Atomic uint32_t since[SPD_MAX];
	/* sa_ref of each policy as one word: of several, the newest. */
	_Atomic uint64_t binding[SPD_MAX];
	/* All of them, that one too, where a policy has more than one; NULL: it
	 * has not. Owned by the seam (sadb.h), replaced as a whole. */
	_Atomic(struct several *) several[SPD_MAX];
	/* enum pfp_flag; not 0: its SAs are in `within`, and none is bound. */
	_Atomic uint8_t pfp[SPD_MAX];
	_Atomic(struct within *) within; /* the seam's; NULL: no policy is so */
	/* See tfc.h. */
	_Atomic uint64_t dummies[DUMMIES_MAX]; /* sa_ref as one word; 0: free */
	_Atomic uint32_t n_dummies;	       /* places that were ever taken */
};

/* The outbound SA of a policy, read in one piece; gen 0: none. Any thread. */
static inline struct sa_ref policy_binding(const struct policy_view *v,
					   uint32_t policy_id)
{
	struct sa_ref ref = { 0 };
	uint64_t whole;

	if (policy_id >= SPD_MAX)
		return ref;
	whole = atomic_load_explicit(&v->binding[policy_id],
				     memory_order_acquire);
	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

/* Does it take selectors from the packet? Any thread. */
static inline bool policy_is_pfp(const struct policy_view *v, uint32_t policy_id)
{
	return policy_id < SPD_MAX &&
	       atomic_load_explicit(&v->pfp[policy_id], memory_order_acquire);
}

/*
 * Of such a policy, whose SAs a flow goes by. Flags first: they are written behind
 * the list since which the id means the policy. Any thread.
 */
static inline struct within_key policy_key(const struct policy_view *v,
					   uint32_t policy_id,
					   const struct flow *f)
{
	struct within_policy p = {
		.id = policy_id,
		.pfp = atomic_load_explicit(&v->pfp[policy_id],
					    memory_order_acquire),
	};

	p.since = atomic_load_explicit(&v->since[policy_id],
				       memory_order_acquire);
	return within_key_of_flow(&p, f);
}

/* One policy's packets that wait for an SA, and when to ask again. */
struct acquire {
	uint64_t next_ns;
	uint64_t last_ns; /* when the last one came */
	uint32_t wait_s;
	uint32_t held;
	uint32_t changed; /* as the policies were; of what SAs refuse */
	bool own; /* for the worker's own SA, beside one that carries them */
};

/* The same of one key within a policy. */
struct asking {
	struct within_key key;
	struct acquire acquire;
	uint64_t since_ns; /* when it got its place; 0: nobody has it */
};

/* Ports come and go while the worker runs; see plug.h. */
struct plugs {
	struct spsc asked;    /* owned; control thread to worker: struct plug */
	struct spsc answered; /* owned; back */
	uint32_t leaving;     /* ports that are not empty yet */
	uint32_t stranded;    /* frames of ports that are gone */
	/* Interfaces (ifindex) by which it sends, 0: none. It writes, the other
	 * workers read. */
	_Atomic uint32_t sends_by[IFACE_MAX];
};

/* How far the barrier of that number is; see drain.c. */
struct draining {
	uint64_t seq; /* 0: none */
	uint32_t port[WORKER_PORTS_MAX];
	uint32_t host;
};

/* When dummy packets are due; see tfc.h. */
struct tfc_clock {
	uint64_t last_ns; /* those up to then were sent */
	uint64_t due_ns;  /* UINT64_MAX: never */
	uint32_t changed; /* of the policies, as last seen */
};

/* Its end of the host interface. */
struct host {
	int fd; /* borrowed: a queue of its own; -1: none */
	uint8_t mac[6];
	uint8_t *scratch;    /* owned; HOST_FRAME_MAX */
	bool walked;	     /* in this round a large packet */
	struct host_cut cut; /* of what stands there */
};

/* Packets for the host, gathered while they join to one. */
struct host_run {
	struct host_join join;
	uint32_t n;
	struct packet *pkt[BATCH_MAX];
};

/* Everything is borrowed but what worker_init() makes. */
struct worker {
	struct umem umem; /* owned */
	struct port *ports[WORKER_PORTS_MAX];
	uint32_t n_ports;
	struct plugs plugs;
	struct host host;
	struct stream_pair stream;
	uint32_t magic;	     /* of this start's metadata and tags */
	uint64_t head_token; /* of its metadata that is part of the frame */
	uint32_t index;	     /* among the gateway's workers */
	uint32_t n_workers;  /* of the rings below; 0 where it is alone */
	struct handoff *to[WORKERS_MAX];   /* that take what it gives */
	struct handoff *from[WORKERS_MAX]; /* that give */
	const struct sad *sad;
	struct crypto_thread *crypto; /* the SAD's, of its index */
	struct policy_view *policies;
	struct counter *drops;	/* [DROP_MAX]; written by this worker alone */
	struct counter *passes; /* [PASS_MAX]; likewise, the WORKER_ ones */
	struct nexthop_cache nexthops;
	struct random_pool random;

	struct tell *tell; /* NULL: nobody listens */
	/* Written by the control thread; NULL: nobody captures. See tap.h. */
	_Atomic(struct tap *) tap;
	struct audit audit;
	struct drain drain; /* the barrier's end of it */
	struct draining draining;

	struct packet *hold; /* owned; packets that wait */
	uint32_t held;
	uint32_t held_more;   /* frames of them that are no packet's first */
	uint64_t hold_due_ns; /* the earliest deadline of what waits */
	uint32_t hold_max;    /* an eighth of the frames */
	uint32_t hold_room;   /* that much of it is not yet to be read */
	uint8_t held_for[HOLD_BUCKETS];
	struct acquire acquire[SPD_MAX];
	struct asking *asking; /* owned; ASKING_SETS sets of ASKING_WAYS places */
	bool has_asked;	       /* any place was ever given */
	/* In this batch packets go by another SA of their policy than the one that
	 * it names; and that has been tried. */
	bool turned, turned_before;
	uint32_t changed; /* of the policies, as last seen */
	struct tfc_clock tfc;

	struct reassembly reassembly; /* of what comes in fragments */
	uint8_t *scratch;	      /* owned; see large.h */

	struct packet *made; /* owned; they walk next */
	uint32_t n_made;
	struct bucket icmp_errors; /* that may still be made */
	bool forward_kernel;	   /* what was decrypted is the kernel's */
	/* Written by the control thread: gateway.mss_clamp, icmp_quote_check. */
	_Atomic bool mss_clamp, quote_check;

	uint64_t now_ns;     /* CLOCK_MONOTONIC, once a batch */
	_Atomic bool asleep; /* or about to; written by it, read by all */
	_Atomic bool stop; /* written by the control thread; see worker_stop */
};

/*
 * frames    of packet memory, FRAME_BYTES each
 *
 * 0 or -ENOMEM. The caller fills ports, host.fd and host.mac, magic, policies,
 * drops and passes, and says which SAD, before worker_run() or worker_step(); tell
 * and drain if SAs come and go; mss_clamp if it is wanted.
 */
int worker_init(struct worker *w, uint32_t frames, struct nexthop_link *link);
void worker_fini(struct worker *w);

/* It is that one of the SAD's workers. */
static inline void worker_serve(struct worker *w, const struct sad *sad,
				uint32_t index)
{
	w->index = index;
	w->sad = sad;
	w->crypto = sad_crypto(sad, index);
}

/* Runs until worker_stop(). The worker's own thread. */
void worker_run(struct worker *w);

/* Control thread; wakes the worker. Join its thread afterwards. */
void worker_stop(struct worker *w);

/* Any thread: it is to look at its queues. */
void worker_wake(const struct worker *w);

/*
 * What the workers still have walks, once all their threads are joined and
 * nothing new comes; at most for a bounded time. Control thread.
 */
void workers_finish(struct worker *const *w, uint32_t n);

/*
 * One round over all ports; false: nothing was there to do. What it found in the
 * SAD it holds no more when it returns.
 */
bool worker_step(struct worker *w);

/*
 * free + in the kernel + stranded + held + lent + of packets that are put together
 * = all: no frame is lost or in two places.
 * Between two rounds.
 */
bool worker_frames_balance(const struct worker *w);

/* --- the stages, each over one batch; in the order of the walk --- */

/* Frames with XDP's metadata, or one with the guard's tag, join the batch. */
void resolve_port(struct worker *w, struct batch *b,
		  const struct port_desc *desc, uint32_t n);
void resolve_host(struct worker *w, struct batch *b,
		  const struct port_desc *desc);

/* The same of one that stands anywhere; with a frame of its own. */
void resolve_at(struct worker *w, struct batch *b, uint64_t frame, uint8_t *at,
		uint32_t bytes);
void resolve_host_at(struct worker *w, struct batch *b, uint64_t frame,
		     uint8_t *at, uint32_t bytes);

/* Bare ESP that came in TCP joins the batch, with a header of IP in front, for which
 * there is room; with a frame of its own. */
void resolve_stream(struct worker *w, struct batch *b, uint64_t frame,
		    uint8_t *esp, uint32_t bytes);

/* Takes what the host sends; false: nothing was there. */
bool host_rx(struct worker *w);

/* PKT_CLEAR becomes PKT_SEALED or PKT_STREAM, PKT_CIPHER becomes PKT_OPENED. */
void esp_out(struct worker *w, struct batch *b);
void esp_in(struct worker *w, struct batch *b);

/*
 * Packets of one outbound SA of the worker's own, as large as they will be but for
 * TFC padding, become PKT_SEALED or PKT_STREAM. Of version 0: dummies.
 *
 * n     1 or more
 * mtu   the largest inner packet that fits
 */
void esp_seal(struct worker *w, struct packet **of, uint32_t n, uint32_t mtu);

/* Next hop, link header, and away: PKT_GONE. */
void forward(struct worker *w, struct batch *b);

/* Up to the host, at the latest with the flush. */
void host_tx(struct worker *w, struct host_run *run, struct packet *p);
void host_tx_flush(struct worker *w, struct host_run *run);

/* Counts what was dropped and frees its frames. */
void settle(struct worker *w, struct batch *b);

/* The walk of a batch, and of what is made in it. Every packet ends gone or
 * dropped, and the batch is empty. */
void worker_walk(struct worker *w, struct batch *b);

/*
 * For later, or for another worker, which may be longer than its SA lives: it
 * keeps the name of it alone; and again with an SA, or with none that is left.
 * What is to be protected takes whatever SA its policy has by then.
 */
void packet_put_down(struct packet *p);
void packet_pick_up(struct worker *w, struct packet *p);

/* Waits for the next hop of its destination; drops when there is no room. */
void hold_packet(struct worker *w, struct packet *p);

/* Waits for an SA of its policy, and asks for one; drops likewise. */
void hold_for_sa(struct worker *w, struct packet *p);

/* Has the policy of that number been another one since its verdict? */
static inline bool packet_is_stale(const struct worker *w,
				   const struct packet *p)
{
	return p->policy_gen <
	       atomic_load_explicit(&w->policies->since[p->policy_id],
				    memory_order_acquire);
}

/* --- of policies that take selectors from the packet; see asking.c --- */

/* Where its values are asked for; NULL: nowhere. */
struct asking *asking_find(const struct worker *w, const struct packet *p);

/* Likewise, with a place that was free, or was given long enough ago. */
struct asking *asking_take(struct worker *w, const struct packet *p);

/* Nothing is held any more. */
void asking_hold_none(struct worker *w);

/*
 * The outbound SA that p's policy has for it now, by policy_id; of several that all
 * refuse it, the one that is bound. NULL: there is none. Any thread that may use SAs.
 *
 * worker   whose own it is rather, where there is one for each; WORKERS_MAX: nobody's
 */
struct sa_rt *policy_sa(const struct sad *sad, const struct policy_view *v,
			uint32_t worker, const struct packet *p);

/* p->sa is the outbound SA that its policy has for it now; none: it stays NULL. */
void take_policy_sa(struct worker *w, struct packet *p);

/* p->sa is one of SAs for each CPU: it becomes the worker's own, if there is one, which
 * is asked for otherwise. */
void take_own_sa(struct worker *w, struct packet *p);

/*
 * Its SA refuses it: p->sa is another one of its policy, which does not, and has it
 * when the batch is through. false: there is none.
 */
bool turn_to_other_sa(struct worker *w, struct packet *p);

/* No SA of its policy takes it, and it is dropped: those that come after it may have
 * one. */
void ask_for_other_sa(struct worker *w, const struct packet *p);

/* It goes by an SA that others may use, too: those that come after it may have one of
 * this worker. */
void ask_for_own_sa(struct worker *w, const struct packet *p);

/* What waits tries again: next hops were learned, SAs bound, time is over. */
void hold_retry(struct worker *w, bool learned);

/* 0 or -ENOMEM. */
int host_init(struct host *h);
void host_fini(struct host *h);

/* --- the drain barrier; at a round's begin, while it goes on, at its end --- */

void drain_begin(struct worker *w);
void drain_port(struct worker *w, uint32_t port, uint32_t taken);
void drain_host(struct worker *w, uint32_t taken, bool empty);
void drain_end(struct worker *w);

/* What stood there at the round's begin is taken; the last port gets its
 * number. */
void drain_port_gone(struct worker *w, uint32_t port);

/* Its port on that interface; NULL: it has none. The worker itself. */
static inline struct port *worker_port(const struct worker *w, uint32_t ifindex)
{
	for (uint32_t i = 0; i < w->n_ports; i++)
		if (w->ports[i]->ifindex == ifindex && !w->ports[i]->leaving)
			return w->ports[i];
	return NULL;
}

/* Who wants copies of packets, NULL as a rule; for one round. The worker itself. */
static inline struct tap *worker_tap(const struct worker *w)
{
	return atomic_load_explicit(&w->tap, memory_order_acquire);
}

/* Packets of one SA that stand together, from pkt[from]; their end. */
uint32_t run_end(const struct batch *b, uint32_t from);

#endif
