// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the data path shows of itself: SAs, interfaces, maps and the counters,
 * those of the kernel among them. Reads alone. Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/links.h"
#include "ctrl/dp/paths.h"
#include "ctrl/dp/state.h"

static uint64_t idle_s(const struct sa_rt *sa, uint64_t now_ns)
{
	uint64_t last =
		atomic_load_explicit(&sa->count.last_ns, memory_order_relaxed);

	if (!last)
		return STATUS_NEVER_S;
	return now_ns > last ? (now_ns - last) / NS_PER_S : 0;
}

static uint64_t path_mtu(const struct dp *dp, const struct sa_rt *sa)
{
	uint32_t mtu = PATH_OPEN;

	if (sa->dir == DIR_OUT)
		mtu = resolver_path_mtu(dp->resolver, sa_daddr(sa),
					sa_saddr(sa));
	return mtu == PATH_OPEN ? 0 : mtu;
}

static void sa_status(const struct sa_rt *sa, uint32_t spi, uint64_t now_ns,
		      struct sa_status *out)
{
	*out = (struct sa_status){ .spi = spi };
	out->pkts = atomic_load_explicit(&sa->count.pkts, memory_order_relaxed);
	out->bytes =
		atomic_load_explicit(&sa->count.bytes, memory_order_relaxed);
	out->seq = sa_seq(sa);
	out->lost = atomic_load_explicit(&sa->replay.lost, memory_order_relaxed);
	out->idle_s = idle_s(sa, now_ns);
	for (uint32_t i = 0; i < DROP_MAX; i++)
		out->drops[i] = sa_drops(&sa->count, (enum drop_reason)i);
}

static bool is_zero_copy(const struct dp *dp, uint32_t ifindex)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		const struct queue *q = &dp->queues[i];

		if (q->state != QUEUE_SERVED || q->port->ifindex != ifindex)
			continue;
		if (!q->port->zero_copy)
			return false;
		n++;
	}
	return n > 0;
}

static void iface_status(const struct dp *dp, size_t index,
			 struct iface_status *out)
{
	const struct served *s = &dp->served[index];
	const struct served *holder = links_attached_to(dp, s->at.xdp_ifindex);
	const struct attachment *xdp = holder ? &holder->xdp : &s->xdp;

	*out = (struct iface_status){
		.role = s->at.role,
		.native = xdp->native,
		.dispatcher = xdp->seat.slot_fd != 0,
		.zero_copy = is_zero_copy(dp, s->at.xdp_ifindex),
		.queues = dp->ifaces[index].queues,
		.mtu = dp->ifaces[index].mtu,
		.largest = iface_mtu(&dp->ifaces[index]),
	};
	memcpy(out->name, dp->ifaces[index].name, sizeof(out->name));
}

static void socket_drops(const struct dp *dp, uint64_t drops[DROP_MAX])
{
	for (uint32_t i = 0; i < DROP_MAX; i++)
		drops[i] += dp->closed_drops[i];
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		const struct queue *q = &dp->queues[i];

		if (q->state == QUEUE_SERVED || q->state == QUEUE_LEAVING)
			q->port->ops->kernel_drops(q->port, drops);
	}
}

void dp_keep_kernel_drops(struct dp *dp)
{
	uint64_t drops[DROP_MAX] = { 0 };

	socket_drops(dp, drops);
	for (uint32_t i = 0; i < DROP_MAX; i++)
		programs_worker_drops(dp->programs, 0)[i].pkts += drops[i];
}

/* What the kernel dropped after a program's or a worker's verdict. */
static void kernel_drops(struct dp *dp, struct counters *out)
{
	uint64_t drops[DROP_MAX] = { 0 }, n;

	socket_drops(dp, drops);
	nl_tx_dropped(dp->nl, dp->host.ifindex, &drops[DROP_HOST_QUEUE]);
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (!nl_tx_dropped(dp->nl, dp->ifaces[i].ifindex, &n))
			drops[DROP_LINK_TX] += n - dp->served[i].tx_dropped;
	for (uint32_t i = 0; i < DROP_MAX; i++)
		out->drops[i].pkts += drops[i];
}

/* May a packet that was steered to a worker end under this reason? */
static bool ends_steered(enum drop_reason reason)
{
	return reason == DROP_XSK_RX || reason == DROP_XSK_RX_FULL ||
	       reason == DROP_XSK_TX_INVALID || reason == DROP_HOST_QUEUE;
}

/*
 * Steered or made, and not yet seen to end. The counts are read one after the other
 * while packets move, hence only about right.
 */
static uint64_t in_flight(const struct dp *dp, const struct counters *n)
{
	struct counters worker = { .in_flight = 0 };
	uint64_t begun = n->passes[PASS_STEER_OUT].pkts +
			 n->passes[PASS_STEER_IN].pkts +
			 n->passes[PASS_STEER_HOST].pkts +
			 n->passes[PASS_STEER_ICMP].pkts +
			 n->passes[PASS_STREAM_IN].pkts +
			 n->passes[PASS_WORKER_ICMP].pkts +
			 n->passes[PASS_WORKER_FRAGMENT].pkts +
			 n->passes[PASS_WORKER_SEGMENT].pkts +
			 n->passes[PASS_WORKER_DUMMY].pkts;
	uint64_t ended = n->passes[PASS_WORKER_TX].pkts +
			 n->passes[PASS_WORKER_STREAM].pkts +
			 n->passes[PASS_WORKER_HOST].pkts +
			 n->passes[PASS_WORKER_PMTU].pkts +
			 n->passes[PASS_WORKER_WHOLE].pkts;

	programs_worker_counters(dp->programs, &worker);
	for (uint32_t i = 0; i < DROP_MAX; i++)
		ended += ends_steered(i) ? n->drops[i].pkts
					 : worker.drops[i].pkts;
	ended -= worker.drops[DROP_HOST_UNTAGGED].pkts; /* never steered */
	return begun > ended ? begun - ended : 0;
}

static void read_counters(struct dp *dp, struct counters *out)
{
	programs_counters(dp->programs, out);
	kernel_drops(dp, out);
	out->in_flight = in_flight(dp, out);
}

void dp_count_died(struct dp *dp)
{
	struct counters n = { .in_flight = 0 };

	hostif_drain(&dp->host);
	read_counters(dp, &n);
	programs_worker_drops(dp->programs, 0)[DROP_WORKER_DIED].pkts +=
		n.in_flight;
}

void dp_status(struct dp *dp, struct status *out)
{
	memset(out, 0, sizeof(*out));
	out->uptime_s = (clock_ns() - dp->since_ns) / NS_PER_S;
	out->crypto = dp->crypto->name;
	out->workers = dp->n_workers;
	out->n_ifaces = dp->n_ifaces;
	for (size_t i = 0; i < dp->n_ifaces; i++)
		iface_status(dp, i, &out->ifaces[i]);
	out->n_maps = programs_maps(dp->programs, out->maps, STATUS_MAPS_MAX);
	read_counters(dp, &out->counters);
}

struct sa_walk {
	const struct dp *dp;
	void (*each)(void *ctx, const struct sadb_id *id, uint32_t policy,
		     bool orphan, const struct sa_status *s);
	void *ctx;
	uint64_t now_ns;
};

static void on_sa(void *ctx, const struct sadb_id *id, uint32_t policy,
		  bool orphan, const struct sa_rt *sa)
{
	const struct sa_walk *walk = ctx;
	struct sa_status s;

	sa_status(sa, id->spi, walk->now_ns, &s);
	s.path_mtu = path_mtu(walk->dp, sa);
	walk->each(walk->ctx, id, policy, orphan, &s);
}

void dp_each_sa(struct dp *dp,
		void (*each)(void *ctx, const struct sadb_id *id, uint32_t policy,
			     bool orphan, const struct sa_status *s),
		void *ctx)
{
	struct sa_walk walk = { dp, each, ctx, clock_ns() };

	sadb_each(dp->sadb, on_sa, &walk);
}
