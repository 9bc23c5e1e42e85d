// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of one client. One at a time: a request is read, answered, and the
 * next one is read when the answer has left. What a client sent beyond it stays
 * in the kernel, so that no client costs more than one packet and one answer of
 * memory, or more than one answer a turn of the loop. A packet is wiped after
 * its use: it may hold a secret. Whoever breaks the protocol, sends while it
 * waits, takes too long or does not read its events is disconnected, with a line
 * in the log at most once a second.
 *
 * While a client waits it is read from, or it would not be seen to leave; what
 * it is sent meanwhile are events. A command may be over, or tell of events,
 * before callbacks->command() returns; the client is answered or closed after
 * it, as the packet that it came with is still in use.
 */
#include "ctrl/control/client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/control/client_requests.h"
#include "ctrl/control/debug.h"

#define LENGTH_BYTES	 4U
#define EVENTS_MAX_BYTES (1024U * 1024U) /* that wait for one to read them */

void hub_warn(struct hub *hub, const char *event, pid_t pid, const char *reason)
{
	uint64_t now_s = clock_ns() / NS_PER_S;

	if (hub->warned_s && now_s == hub->warned_s) {
		hub->unsaid++;
		return;
	}
	log_warn("control: %s pid=%d reason=\"%s\" unsaid=%u", event, (int)pid,
		 reason, hub->unsaid);
	hub->warned_s = now_s;
	hub->unsaid = 0;
}

bool hub_refresh(struct hub *hub)
{
	hub->asked++;
	return hub->callbacks.refresh(hub->callbacks.ctx);
}

/* Nothing is left of the first len octets, which may be a secret. */
static void wipe(struct evbuffer *input, size_t len)
{
	struct evbuffer_iovec part;

	for (size_t n; len; len -= n) {
		evbuffer_peek(input, -1, NULL, &part, 1);
		n = part.iov_len < len ? part.iov_len : len;
		explicit_bzero(part.iov_base, n);
		evbuffer_drain(input, n);
	}
}

void client_close(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->bev);

	event_del(&client->late);
	wipe(input, evbuffer_get_length(input));
	bufferevent_free(client->bev);
	client->bev = NULL;
}

void client_drop(struct client *client, const char *why)
{
	hub_warn(client->hub, "client closed", client->pid, why);
	client_close(client);
}

bool client_waits(const struct client *client)
{
	return client->bev && (client->wait.token || client->load);
}

/* For what events tell of? */
static bool has_command(const struct client *client)
{
	return client->bev && client->wait.token;
}

const char *client_late(struct client *client, uint32_t ms)
{
	const struct timeval wait = {
		.tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	if (event_add(&client->late, &wait))
		return "out of memory for a time limit";
	return NULL;
}

const char *client_send(struct client *client, const struct vici_builder *packet)
{
	if (bufferevent_write(client->bev, packet->ptr, packet->len))
		return "out of memory for an answer";
	client->answering = true;
	bufferevent_disable(client->bev, EV_READ); /* until it has left */
	return NULL;
}

/* Reads until the input has so many octets, and no further. */
static void read_up_to(struct client *client, size_t octets)
{
	bufferevent_setwatermark(client->bev, EV_READ, 0, octets);
}

/*
 * Handles the packet that is in the input, or reads on for its rest. NULL, or
 * why the client must go.
 */
static const char *take_packet(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->bev);
	uint8_t head[LENGTH_BYTES];
	struct slice field;
	uint8_t *packet;
	const char *why;
	uint32_t len;

	if (evbuffer_copyout(input, head, sizeof(head)) != sizeof(head))
		return NULL;
	field = slice_of(head, sizeof(head));
	if (!rd_u32(&field, &len) || len > VICI_PACKET_MAX)
		return "packet too long";
	if (evbuffer_get_length(input) < LENGTH_BYTES + len) {
		read_up_to(client, LENGTH_BYTES + len);
		return NULL;
	}
	/* Put together elsewhere: the buffer would leave parts of it behind. */
	len += LENGTH_BYTES;
	packet = malloc(len);
	if (!packet)
		return "out of memory for a request";
	evbuffer_copyout(input, packet, len);
	why = client_packet(client,
			    slice_of(packet + LENGTH_BYTES, len - LENGTH_BYTES));
	explicit_bzero(packet, len);
	free(packet);
	if (client->stale)
		return why;
	wipe(input, len);
	read_up_to(client, LENGTH_BYTES);
	return why;
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;
	const char *why = NULL;

	(void)bev;
	if (client_waits(client))
		why = "sends while its request is under way";
	else if (!event_pending(&client->late, EV_TIMEOUT, NULL))
		why = client_late(client, CONTROL_WAIT_S * 1000);
	if (!why)
		why = take_packet(client);
	if (why)
		client_drop(client, why);
}

/* The answer has left: on to the next request. Or only events have. */
static void on_drained(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;

	client->events_bytes = 0;
	if (!client->answering)
		return;
	client->answering = false;
	event_del(&client->late);
	bufferevent_enable(bev, EV_READ);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	const char *why;

	(void)fd;
	(void)what;
	if (client->stale) {
		client_refreshed(client);
		return;
	}
	if (client->load) {
		why = client_answer_load(client,
					 "no answer in time; what was to be "
					 "loaded may be later");
	} else if (has_command(client) && wait_can_force(&client->wait)) {
		why = client_force(client);
	} else if (has_command(client)) {
		wait_timed_out(&client->wait);
		why = client_answer_wait(client);
	} else if (client->answering) {
		why = "does not read its answer";
	} else {
		why = "does not complete its request";
	}
	if (why)
		client_drop(client, why);
}

/* It left, and no answer is on its way to it: there would be no reading. */
static void on_client_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	client_close(arg);
}

const char *client_open(struct client *client, struct hub *hub, int fd,
			pid_t pid)
{
	struct bufferevent *bev =
		bufferevent_socket_new(hub->base, fd, BEV_OPT_CLOSE_ON_FREE);

	if (!bev)
		return "out of memory for a client";
	*client = (struct client){ .hub = hub, .bev = bev };
	client->last_ns = clock_ns();
	client->pid = pid;
	evtimer_assign(&client->late, hub->base, on_late, client);
	event_priority_set(&client->late, CONTROL_PRIORITY);
	bufferevent_priority_set(client->bev, CONTROL_PRIORITY);
	bufferevent_setcb(client->bev, on_readable, on_drained, on_client_event,
			  client);
	read_up_to(client, LENGTH_BYTES);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return NULL;
}

/* --- what happens meanwhile */

void client_refreshed(struct client *client)
{
	const char *why;

	client->stale = 0;
	client->fresh = true;
	why = take_packet(client);
	client->fresh = false;
	if (why)
		client_drop(client, why);
}

/* Goes on, or ends what can be ended now. */
static void settle(struct client *client, const char *why)
{
	if (client->in_command) {
		client->doom = why;
		return;
	}
	if (!why && has_command(client) && client->wait.over)
		why = client_answer_wait(client);
	if (why)
		client_drop(client, why);
}

void client_done(struct client *client, int err, unsigned int n)
{
	wait_done(&client->wait, err, n);
	settle(client, NULL);
}

void client_loaded(struct client *client, const char *why)
{
	const char *end = client_answer_load(client, why);

	if (end)
		client_drop(client, end);
}

void client_token_loaded(struct client *client, const char *id)
{
	const char *end = client_answer_token(client, id);

	if (end)
		client_drop(client, end);
}

void client_explained(struct client *client, const struct explanation *x)
{
	const char *end = client_answer_explain(client, x);

	if (end)
		client_drop(client, end);
}

/* So many octets went out before: NULL, or why the client must go. */
static const char *count_events(struct client *client, size_t before, bool ok)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	client->events_bytes += evbuffer_get_length(out) - before;
	if (!ok)
		return "out of memory for an event";
	return client->events_bytes > EVENTS_MAX_BYTES
		       ? "does not read its events"
		       : NULL;
}

/* Likewise. */
static const char *tell(struct client *client, const struct control_event *e)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	const struct sink sink = { .topics = client->topics, .to = out };
	size_t before = evbuffer_get_length(out);
	bool ok = event_tell(&sink, e, clock_ns());

	if (has_command(client) && client->wait.loglevel > 0 &&
	    wait_concerns(&client->wait, e))
		ok = event_log(&sink, TOPIC_CONTROL_LOG, e) && ok;
	return count_events(client, before, ok);
}

void client_event(struct client *client, const struct control_event *e)
{
	const char *why = client->doom ? client->doom : tell(client, e);

	if (has_command(client))
		wait_event(&client->wait, e);
	settle(client, why);
}

void client_traced(struct client *client, const struct control_traced *t,
		   const char *end)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	const struct sink sink = { .topics = client->topics, .to = out };
	const size_t before = evbuffer_get_length(out);
	const char *why = client->doom;
	bool ok;

	if (!why) {
		ok = t ? debug_tell(&sink, t) : debug_tell_end(&sink, end);
		why = count_events(client, before, ok);
	}
	settle(client, why);
}
