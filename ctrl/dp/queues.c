// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/queues.h"

#include <errno.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/links.h"
#include "ctrl/dp/plug.h"
#include "ctrl/dp/state.h"

/* The kernel tears a socket down in the background, and a driver that receives
 * into our frames goes on so long: a multiple of what that takes. */
#define SHUT_NS (2 * NS_PER_S)

static bool is_served(const struct dp *dp, uint32_t device)
{
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp->ifaces[i].lower_ifindex == device)
			return true;
	return false;
}

/* --- a queue gets its socket --- */

static struct queue *find(struct dp *dp, uint32_t device, uint32_t queue)
{
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		const struct port *p = dp->queues[i].port;

		if (p && p->ifindex == device && p->queue == queue)
			return &dp->queues[i];
	}
	return NULL;
}

static uint32_t find_free(const struct dp *dp)
{
	uint32_t i = 0;

	while (i < WORKER_PORTS_MAX && dp->queues[i].port)
		i++;
	return i;
}

/* Of whichever interface on it. No others: there are drivers that have them in copy
 * mode alone. */
static bool needs_chains(const struct dp *dp, uint32_t device)
{
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp->ifaces[i].lower_ifindex == device &&
		    dp->ifaces[i].chains && dp->ifaces[i].mtu > FRAME_MTU)
			return true;
	return false;
}

static int open_one(struct dp *dp, size_t iface, uint32_t queue,
		    struct queue **out, struct error *e)
{
	const uint32_t worker = queue % dp->n_workers, at = find_free(dp);
	const struct xsk_port_spec spec = {
		.ifname = dp->ifaces[iface].lower_name,
		.ifindex = dp->ifaces[iface].lower_ifindex,
		.queue = queue,
		.tag = (uint16_t)(at + 1),
		.chains = needs_chains(dp, dp->ifaces[iface].lower_ifindex),
		.patient = !dp->running,
	};
	struct port *port;
	int err = -E2BIG;

	if (at == WORKER_PORTS_MAX)
		return error_set(e, err, "more than %u queues in all",
				 WORKER_PORTS_MAX);
	err = port_xsk_open(&dp->workers[worker].w.umem, &spec, &port, e);
	if (err)
		return err;
	dp->queues[at] = (struct queue){
		.state = QUEUE_SERVED,
		.port = port,
		.worker = worker,
		.slot = (uint32_t)iface,
	};
	*out = &dp->queues[at];
	return 0;
}

int queues_open(struct dp *dp, struct error *e)
{
	struct queue *q;
	int err = 0;

	for (size_t i = 0; i < dp->n_ifaces; i++) {
		const struct iface *iface = &dp->ifaces[i];

		for (uint32_t n = 0;
		     dp_first_on_device(dp, i) && !err && n < iface->queues;
		     n++) {
			err = open_one(dp, i, n, &q, e);
			if (!err)
				plug_first(&dp->workers[q->worker].w, q->port);
		}
	}
	return err;
}

/* With a worker behind it: it has filled its rings, or is about to. */
static int enter(struct dp *dp, const struct queue *q, struct error *e)
{
	const struct port *p = q->port;
	int err = programs_set_socket(dp->programs, q->slot, p->queue, p->fd);

	if (!err)
		return 0;
	return error_set(e, err,
			 "cannot enter queue %u of %s into the map xsks: %s",
			 p->queue, p->ifname, strerror(-err));
}

int queues_enter(struct dp *dp, struct error *e)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < WORKER_PORTS_MAX; i++)
		if (dp->queues[i].state == QUEUE_SERVED)
			err = enter(dp, &dp->queues[i], e);
	return err;
}

/* --- a queue loses its socket --- */

static void remove_one(struct dp *dp, struct queue *q)
{
	programs_clear_socket(dp->programs, q->slot, q->port->queue);
	q->state = QUEUE_LEAVING;
	plug_ask(&dp->workers[q->worker].w,
		 (struct plug){ .port = q->port, .what = PLUG_OUT });
	log_info("queues: no longer served iface=%s queue=%u", q->port->ifname,
		 q->port->queue);
}

static void shut(struct dp *dp, struct queue *q)
{
	q->port->ops->kernel_drops(q->port, dp->closed_drops);
	port_xsk_shut(q->port);
	q->state = QUEUE_SHUT;
	q->shut_ns = clock_ns();
}

static void forget(struct queue *q)
{
	q->port->ops->close(q->port);
	*q = (struct queue){ .state = QUEUE_NONE };
}

static void take_answers(struct dp *dp, struct worker *w)
{
	struct plug plug;

	while (plug_answer(w, &plug)) {
		struct queue *q = &dp->queues[plug.port->tag - 1];

		if (plug.what == PLUG_OUT)
			shut(dp, q);
		else
			forget(q);
	}
}

static void follow_leaving(struct dp *dp, struct queue *q, uint64_t now_ns)
{
	struct worker *w = &dp->workers[q->worker].w;

	if (q->state == QUEUE_LEAVING)
		worker_wake(w); /* is it empty by now? */
	if (q->state != QUEUE_SHUT || now_ns - q->shut_ns < SHUT_NS)
		return;
	q->state = QUEUE_ENDING;
	plug_ask(w, (struct plug){ .port = q->port, .what = PLUG_END });
}

/* --- a queue comes while workers run --- */

static int add(struct dp *dp, size_t iface, uint32_t queue, struct error *e)
{
	struct queue *q;
	int err = open_one(dp, iface, queue, &q, e);

	if (err)
		return err;
	plug_ask(&dp->workers[q->worker].w,
		 (struct plug){ .port = q->port, .what = PLUG_IN });
	err = enter(dp, q, e);
	if (err)
		remove_one(dp, q);
	else
		log_info("queues: served iface=%s queue=%u worker=%u",
			 q->port->ifname, queue, q->worker);
	return err;
}

/* Told once, tried again each time. */
static void add_all(struct dp *dp, size_t iface, uint32_t n)
{
	struct served *s = &dp->served[iface];
	struct error e;
	int err = 0;

	for (uint32_t queue = 0; !err && queue < n; queue++)
		if (!find(dp, dp->ifaces[iface].lower_ifindex, queue))
			err = add(dp, iface, queue, &e);
	if (err && !s->unserved)
		log_error("queues: %s; what policies protect is dropped there until that succeeds",
			  e.text);
	s->unserved = err != 0;
}

/* --- what should be --- */

static uint32_t fit(const struct iface *now)
{
	if (now->queues <= QUEUE_MAX)
		return now->queues;
	return QUEUE_MAX;
}

static void tell(struct served *s, bool gone)
{
	if (gone && !s->gone)
		log_error("queues: interface is gone iface=%s: what policies protect is dropped until it is back",
			  s->at.name);
	s->gone = gone;
}

/* Those that came may run without XDP: plaintext would go by. */
static void close_new(const struct dp *dp, uint32_t device)
{
	const struct served *s = links_attached_to(dp, device);
	int err = s ? attach_xdp_again(&s->at, programs_closed_fd(dp->programs),
				       &s->xdp)
		    : 0;

	if (err)
		log_error("queues: XDP cannot be attached again iface=%s: %s; its new queues may NOT be guarded, restart cygnetd",
			  s->at.name, strerror(-err));
}

/* One that is down gets no new socket: a driver may refuse, or refuse zero-copy
 * alone. A larger MTU may need others than there are. */
static void follow_device(struct dp *dp, size_t iface)
{
	const uint32_t device = dp->ifaces[iface].lower_ifindex;
	const bool chains = needs_chains(dp, device);
	struct iface now;
	bool gone = iface_read(dp->ifaces[iface].lower_name, &now) ||
		    now.ifindex != device;
	uint32_t n = gone ? 0 : fit(&now);

	tell(&dp->served[iface], gone);
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		struct queue *q = &dp->queues[i];

		if (q->state == QUEUE_SERVED && q->port->ifindex == device &&
		    (q->port->queue >= n || (chains && !q->port->chains)))
			remove_one(dp, q);
	}
	if (!gone && n > dp->ifaces[iface].queues)
		close_new(dp, device);
	for (size_t i = 0; !gone && i < dp->n_ifaces; i++)
		if (dp->ifaces[i].lower_ifindex == device)
			dp->ifaces[i].queues = n;
	if (!gone && now.up)
		add_all(dp, iface, n);
}

static bool is_moved(const struct dp *dp, const struct queue *q)
{
	return q->state == QUEUE_SERVED &&
	       q->slot != dp_slot_of(dp, q->port->ifindex);
}

/* A device's row is that of its first interface, which may be another now.
 * Devices may have changed places: all rows are left before any is taken. */
static void follow_slots(struct dp *dp)
{
	struct error e;

	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++)
		if (is_moved(dp, &dp->queues[i]))
			programs_clear_socket(dp->programs, dp->queues[i].slot,
					      dp->queues[i].port->queue);
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		struct queue *q = &dp->queues[i];

		if (!is_moved(dp, q))
			continue;
		q->slot = dp_slot_of(dp, q->port->ifindex);
		if (enter(dp, q, &e)) {
			log_error("queues: %s; it is tried again", e.text);
			remove_one(dp, q);
		}
	}
}

void queues_follow(struct dp *dp)
{
	const uint64_t now_ns = clock_ns();

	for (uint32_t i = 0; i < dp->n_workers; i++)
		take_answers(dp, &dp->workers[i].w);
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++) {
		struct queue *q = &dp->queues[i];

		follow_leaving(dp, q, now_ns);
		if (q->state == QUEUE_SERVED && !is_served(dp, q->port->ifindex))
			remove_one(dp, q);
	}
	follow_slots(dp);
	for (size_t i = 0; i < dp->n_ifaces; i++)
		if (dp_first_on_device(dp, i))
			follow_device(dp, i);
}

/* --- the end --- */

void queues_leave(struct dp *dp)
{
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++)
		if (dp->queues[i].state == QUEUE_SERVED)
			programs_clear_socket(dp->programs, dp->queues[i].slot,
					      dp->queues[i].port->queue);
}

void queues_close(struct dp *dp)
{
	for (uint32_t i = 0; i < WORKER_PORTS_MAX; i++)
		if (dp->queues[i].port)
			forget(&dp->queues[i]);
}
