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
#include "ctrl/control/commands.h"
#include "ctrl/control/explain.h"
#include "ctrl/control/loads.h"

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

/* From now on until ms have passed. NULL, or why the client must go. */
static const char *set_late(struct client *client, uint32_t ms)
{
	const struct timeval wait = {
		.tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	if (event_add(&client->late, &wait))
		return "out of memory for a time limit";
	return NULL;
}

/* The packet is copied. NULL, or why the client must go. */
static const char *client_send(struct client *client,
			       const struct vici_builder *packet)
{
	if (bufferevent_write(client->bev, packet->ptr, packet->len))
		return "out of memory for an answer";
	client->answering = true;
	bufferevent_disable(client->bev, EV_READ); /* until it has left */
	return NULL;
}

/* --- requests */

/* Answers one that waited and need not any more. Likewise. */
static const char *answer_wait(struct client *client)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	wait_answer(&client->wait, &answer);
	client->wait.token = 0;
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why ? why : set_late(client, CONTROL_WAIT_S * 1000);
}

/* reason NULL: it was done. */
static const char *answer_done(struct client *client, const char *reason)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	if (reason ? command_refuse(&answer, reason) : command_accept(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why;
}

static const char *on_command(struct client *client, enum control_verb verb,
			      struct slice body)
{
	struct hub *hub = client->hub;
	struct control_command command;
	const char *why;
	struct error e;

	if (wait_begin(&client->wait, verb, body, &hub->callbacks,
		       hub->token + 1, &e))
		return answer_done(client, e.text);
	hub->token++;
	why = set_late(client, wait_limit_ms(&client->wait));
	if (why)
		return why;
	command = wait_command(&client->wait);
	client->in_command = true;
	hub->callbacks.command(hub->callbacks.ctx, &command);
	client->in_command = false;
	if (client->doom)
		return client->doom;
	return client->wait.over ? answer_wait(client) : NULL;
}

bool hub_refresh(struct hub *hub)
{
	hub->asked++;
	return hub->callbacks.refresh(hub->callbacks.ctx);
}

/*
 * Does the request have to wait for counters of this moment? Its packet stays
 * where it is meanwhile.
 */
static bool has_to_wait(struct client *client, struct slice command)
{
	struct hub *hub = client->hub;

	if (client->fresh || !hub->callbacks.refresh || !command_counts(command))
		return false;
	hub->wanted = hub->asked + 1;
	if (hub->asked == hub->refreshed && !hub_refresh(hub)) {
		hub->refreshed = hub->asked;
		return false;
	}
	client->stale = hub->wanted;
	bufferevent_disable(client->bev, EV_READ);
	return true;
}

static const char *on_load(struct client *client,
			   const struct loads_command *command,
			   struct slice body)
{
	struct hub *hub = client->hub;
	uint64_t token = ++hub->token;
	struct error e;
	int err;

	client->in_command = true;
	err = loads_run(command, body, &hub->callbacks.loads, token, &e);
	client->in_command = false;
	if (client->doom)
		return client->doom;
	if (err != CONTROL_LATER)
		return answer_done(client, err ? e.text : NULL);
	client->load = token;
	return set_late(client, CONTROL_WAIT_S * 1000);
}

/* Likewise, of what came of it. */
static const char *answer_load(struct client *client, const char *reason)
{
	const char *why = answer_done(client, reason);

	client->load = 0;
	return why ? why : set_late(client, CONTROL_WAIT_S * 1000);
}

static const char *on_explain(struct client *client, struct slice body)
{
	struct hub *hub = client->hub;
	uint64_t token = ++hub->token;
	struct error e;

	if (explain_run(body, &hub->callbacks, token, &e))
		return answer_done(client, e.text);
	client->load = token;
	return set_late(client, CONTROL_WAIT_S * 1000);
}

static const char *answer_explain(struct client *client,
				  const struct explanation *x)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	client->load = 0;
	vici_start(&answer, VICI_CMD_RESPONSE, NULL);
	answer_explanation(&answer, x);
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why ? why : set_late(client, CONTROL_WAIT_S * 1000);
}

/* What it waits for then is as if it were loaded. */
static const char *on_capture(struct client *client, struct slice body)
{
	const struct control_callbacks *callbacks = &client->hub->callbacks;
	struct capture_request request;
	struct vici_builder answer;
	struct control_capture q = {
		.token = ++client->hub->token,
		.request = &request,
		.fd = bufferevent_getfd(client->bev),
		.pid = client->pid,
	};
	struct error e;
	int err = capture_request_read(body, &request, &e);

	if (!err && !callbacks->capture)
		err = error_set(&e, -ENOTSUP, "nothing can be captured here");
	if (err)
		return answer_done(client, e.text);
	if (!command_accept(&answer))
		err = error_set(&e, -ENOMEM, "out of memory for an answer");
	q.answer = slice_of(answer.ptr, answer.len);
	if (!err)
		err = callbacks->capture(callbacks->ctx, &q, &e);
	vici_builder_free(&answer);
	if (err)
		return answer_done(client, e.text);
	client->load = q.token;
	return set_late(client, CONTROL_WAIT_S * 1000);
}

static bool is_capture(struct slice name)
{
	return name.len == strlen(CAPTURE_COMMAND) &&
	       memcmp(name.ptr, CAPTURE_COMMAND, name.len) == 0;
}

static const char *on_question(struct client *client,
			       const struct vici_packet *packet)
{
	struct sink items = { .topics = client->topics, .to = evbuffer_new() };
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	if (!items.to)
		return why;
	/* Items of a list that was refused are those that came until then. */
	if (command_answer(packet, &client->hub->callbacks, &items, &answer) &&
	    bufferevent_write_buffer(client->bev, items.to) == 0)
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	evbuffer_free(items.to);
	return why;
}

static const char *on_request(struct client *client,
			      const struct vici_packet *packet)
{
	const struct loads_command *load = loads_find(packet->name);
	enum control_verb verb;

	if (!vici_valid(packet->body))
		return "malformed message";
	if (wait_verb_find(packet->name, &verb))
		return on_command(client, verb, packet->body);
	if (load)
		return on_load(client, load, packet->body);
	if (explain_is_asked(packet->name))
		return on_explain(client, packet->body);
	if (is_capture(packet->name))
		return on_capture(client, packet->body);
	if (has_to_wait(client, packet->name))
		return NULL;
	return on_question(client, packet);
}

static const char *on_registration(struct client *client,
				   const struct vici_packet *packet)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;
	enum topic topic;
	bool known = topic_find(packet->name, &topic);

	if (known && packet->type == VICI_EVENT_REGISTER)
		client->topics |= 1U << topic;
	else if (known)
		client->topics &= ~(1U << topic);
	vici_start(&answer, known ? VICI_EVENT_CONFIRM : VICI_EVENT_UNKNOWN,
		   NULL);
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why;
}

static const char *on_packet(struct client *client, struct slice octets)
{
	struct vici_packet packet;

	client->last_ns = clock_ns();
	if (!vici_packet_parse(octets, &packet))
		return "malformed packet";
	switch (packet.type) {
	case VICI_CMD_REQUEST:
		return on_request(client, &packet);
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
		return on_registration(client, &packet);
	case VICI_CMD_RESPONSE:
	case VICI_CMD_UNKNOWN:
	case VICI_EVENT_CONFIRM:
	case VICI_EVENT_UNKNOWN:
	case VICI_EVENT:
		return "a packet that only a server sends";
	}
	return "malformed packet";
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
	why = on_packet(client,
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
		why = set_late(client, CONTROL_WAIT_S * 1000);
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
		why = answer_load(client, "no answer in time; what was to be "
					  "loaded may be later");
	} else if (has_command(client)) {
		wait_timed_out(&client->wait);
		why = answer_wait(client);
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
		why = answer_wait(client);
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
	const char *end = answer_load(client, why);

	if (end)
		client_drop(client, end);
}

void client_explained(struct client *client, const struct explanation *x)
{
	const char *end = answer_explain(client, x);

	if (end)
		client_drop(client, end);
}

/* NULL, or why the client must go. */
static const char *tell(struct client *client, const struct control_event *e)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	const struct sink sink = { .topics = client->topics, .to = out };
	size_t before = evbuffer_get_length(out);
	bool ok = event_tell(&sink, e, clock_ns());

	if (has_command(client) && client->wait.loglevel > 0 &&
	    wait_concerns(&client->wait, e))
		ok = event_log(&sink, TOPIC_CONTROL_LOG, e) && ok;
	client->events_bytes += evbuffer_get_length(out) - before;
	if (!ok)
		return "out of memory for an event";
	return client->events_bytes > EVENTS_MAX_BYTES
		       ? "does not read its events"
		       : NULL;
}

void client_event(struct client *client, const struct control_event *e)
{
	const char *why = client->doom ? client->doom : tell(client, e);

	if (has_command(client))
		wait_event(&client->wait, e);
	settle(client, why);
}
