// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/plug.h"

#include <assert.h>
#include <stdatomic.h>

#include "ctrl/dp/large.h"
#include "ctrl/dp/worker.h"

/* A port is in one of them at most once: they are never full. */
#define PLUGS_ROOM (2U * WORKER_PORTS_MAX)

int plugs_init(struct worker *w)
{
	int err = spsc_init(&w->plugs.asked, PLUGS_ROOM, sizeof(struct plug));

	return err ? err
		   : spsc_init(&w->plugs.answered, PLUGS_ROOM,
			       sizeof(struct plug));
}

void plugs_fini(struct worker *w)
{
	spsc_free(&w->plugs.asked);
	spsc_free(&w->plugs.answered);
}

/* Each interface once, whatever its queues. */
static void publish(struct worker *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_ports && n < IFACE_MAX; i++) {
		const struct port *p = w->ports[i];

		if (worker_port(w, p->ifindex) == p)
			atomic_store_explicit(&w->plugs.sends_by[n++],
					      p->ifindex, memory_order_relaxed);
	}
	for (; n < IFACE_MAX; n++)
		atomic_store_explicit(&w->plugs.sends_by[n], 0,
				      memory_order_relaxed);
}

bool plug_sends_by(const struct worker *w, uint32_t ifindex)
{
	for (uint32_t i = 0; i < IFACE_MAX; i++) {
		uint32_t by = atomic_load_explicit(&w->plugs.sends_by[i],
						   memory_order_relaxed);

		if (!by)
			return false;
		if (by == ifindex)
			return true;
	}
	return false;
}

void plug_first(struct worker *w, struct port *port)
{
	w->ports[w->n_ports++] = port;
	publish(w);
}

void plug_ask(struct worker *w, struct plug plug)
{
	spsc_push(&w->plugs.asked, &plug);
	worker_wake(w);
}

bool plug_answer(struct worker *w, struct plug *out)
{
	return spsc_pop(&w->plugs.answered, out);
}

static void answer(struct worker *w, struct port *port, enum plug_what what)
{
	const struct plug plug = { port, what };

	spsc_push(&w->plugs.answered, &plug);
}

/* What the kernel did not begin to send, it never sends: nobody asks it to. */
static void pull_out(struct worker *w, uint32_t index)
{
	struct port *port = w->ports[index];

	large_forget(w, port);
	w->drops[DROP_LINK_TX].pkts += large_sent(port, port->ops->unsent(port));
	w->plugs.stranded += port->in_kernel;
	w->plugs.leaving--;
	drain_port_gone(w, index);
	w->ports[index] = w->ports[--w->n_ports];
	answer(w, port, PLUG_OUT);
}

/* Nothing to be received, and what the kernel began to send is sent. */
static bool is_empty(struct port *port)
{
	return !port->ops->waiting(port) &&
	       port->in_tx <= port->ops->unsent(port);
}

static void begin_to_leave(struct worker *w, struct port *port)
{
	port->leaving = true;
	w->plugs.leaving++;
	publish(w);
}

static void end(struct worker *w, struct port *port)
{
	uint32_t n = frames_put_all(&w->umem, port->tag);

	assert(n == port->in_kernel);
	w->plugs.stranded -= n;
	answer(w, port, PLUG_END);
}

static void take(struct worker *w, const struct plug *plug)
{
	switch (plug->what) {
	case PLUG_IN:
		return plug_first(w, plug->port);
	case PLUG_OUT:
		return begin_to_leave(w, plug->port);
	case PLUG_END:
		return end(w, plug->port);
	}
}

void plugs_begin(struct worker *w)
{
	struct plug plug;

	while (spsc_pop(&w->plugs.asked, &plug))
		take(w, &plug);
	for (uint32_t i = w->n_ports; w->plugs.leaving && i-- > 0;)
		if (w->ports[i]->leaving && is_empty(w->ports[i]))
			pull_out(w, i);
}
