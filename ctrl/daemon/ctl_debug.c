// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages with one peer, told to who looks. One peer at a time: who asks later
 * takes the place of who asked before, who is told. It ends by itself, here and
 * in ike, whatever becomes of the client.
 */
#include <errno.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/wire/ike.h"

static void on_trace_end(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	c->trace_until_ns = 0;
	control_server_traced_end(c->control, "time");
}

int ctl_debug(void *ctx, const struct addr *peer, uint32_t seconds,
	      struct error *e)
{
	const struct timeval wait = { .tv_sec = seconds };
	struct ctl *c = ctx;

	if (!c->ike)
		return error_set(e, -ENOTCONN, "IKE is not spoken here");
	if (c->trace_until_ns)
		control_server_traced_end(c->control, "another one");
	if (!event_initialized(&c->on_trace_end))
		evtimer_assign(&c->on_trace_end, c->base, on_trace_end, c);
	if (evtimer_add(&c->on_trace_end, &wait))
		return error_set(e, -ENOMEM, "out of memory for a timer");
	c->trace_peer = *peer;
	c->trace_until_ns = clock_ns() + seconds * NS_PER_S;
	ctl_debug_again(c);
	return 0;
}

void ctl_debug_again(struct ctl *c)
{
	if (c->trace_until_ns)
		ike_link_trace(c->ike, &c->trace_peer, c->trace_until_ns);
}

/* Nobody asked for others, whatever ike says. */
void ctl_traced(void *ctx, const struct ike_traced *t)
{
	const struct ctl *c = ctx;
	const struct control_traced told = {
		.out = t->out,
		.response = t->response,
		.local = t->path->local,
		.remote = t->path->remote,
		.local_port = t->path->local_port,
		.remote_port = t->path->remote_port,
		.spi_i = t->spi_i,
		.spi_r = t->spi_r,
		.exchange = ike_exchange_name(t->exchange),
		.message_id = t->message_id,
		.untold = t->untold,
		.text = t->text,
	};

	if (c->trace_until_ns && addr_equal(&told.remote, &c->trace_peer))
		control_server_traced(c->control, &told);
}
