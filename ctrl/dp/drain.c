// SPDX-License-Identifier: BSD-2-Clause
/*
 * A worker's part in the drain barrier (barrier.h): when it sees a new number
 * it notes how much stands in each of its receive rings, takes that much, reads
 * the host interface until that has nothing more, and says the number. All
 * that it took by then has walked, or is held; what is held looks its SA up
 * again. Worker.
 */
#include "ctrl/dp/worker.h"

/* What the host interface can hold at most; more is not from before. */
#define HOST_QUEUE_MAX 4096U

void drain_begin(struct worker *w)
{
	struct draining *d = &w->draining;
	uint64_t graced;

	if (d->seq || !w->drain.graced)
		return;
	graced = atomic_load_explicit(w->drain.graced, memory_order_acquire);
	if (graced == atomic_load_explicit(&w->drain.acked, memory_order_relaxed))
		return;
	d->seq = graced;
	for (uint32_t i = 0; i < w->n_ports; i++)
		d->port[i] = w->ports[i]->ops->waiting(w->ports[i]);
	d->host = w->host.fd >= 0 ? HOST_QUEUE_MAX : 0;
}

void drain_port(struct worker *w, uint32_t port, uint32_t taken)
{
	uint32_t *left = &w->draining.port[port];

	*left -= taken < *left ? taken : *left;
}

void drain_host(struct worker *w, uint32_t taken, bool empty)
{
	uint32_t *left = &w->draining.host;

	*left -= taken < *left && !empty ? taken : *left;
}

void drain_end(struct worker *w)
{
	struct draining *d = &w->draining;
	uint32_t left = d->host;

	if (!d->seq)
		return;
	for (uint32_t i = 0; i < w->n_ports; i++)
		left |= d->port[i];
	if (left)
		return;
	atomic_store_explicit(&w->drain.acked, d->seq, memory_order_release);
	d->seq = 0;
	tell_wake(w->tell);
}

void drain_port_gone(struct worker *w, uint32_t port)
{
	w->draining.port[port] = w->draining.port[w->n_ports - 1];
	w->draining.port[w->n_ports - 1] = 0;
}
