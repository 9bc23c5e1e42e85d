// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a client's packets ask, and what it is answered; the packets themselves, and
 * its time limits, are client.c's.
 */
#include "ctrl/control/client_requests.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/explain.h"
#include "ctrl/control/load_key.h"
#include "ctrl/control/loads.h"
#include "ctrl/control/own.h"

const char *client_answer_wait(struct client *client)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	wait_answer(&client->wait, &answer);
	client->wait.token = 0;
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why ? why : client_late(client, CONTROL_WAIT_S * 1000);
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

static const char *give_command(struct client *client,
				const struct control_command *command)
{
	const struct control_callbacks *callbacks = &client->hub->callbacks;

	client->in_command = true;
	callbacks->command(callbacks->ctx, command);
	client->in_command = false;
	if (client->doom)
		return client->doom;
	return client->wait.over ? client_answer_wait(client) : NULL;
}

const char *client_force(struct client *client)
{
	const struct control_command command = wait_force(&client->wait);
	const char *why = client_late(client, CONTROL_WAIT_S * 1000);

	return why ? why : give_command(client, &command);
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
	why = client_late(client, wait_limit_ms(&client->wait));
	if (why)
		return why;
	command = wait_command(&client->wait);
	return give_command(client, &command);
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
	return client_late(client, CONTROL_WAIT_S * 1000);
}

const char *client_answer_load(struct client *client, const char *reason)
{
	const char *why = answer_done(client, reason);

	client->load = 0;
	return why ? why : client_late(client, CONTROL_WAIT_S * 1000);
}

const char *client_answer_token(struct client *client, const char *id)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	client->load = 0;
	vici_start(&answer, VICI_CMD_RESPONSE, NULL);
	vici_str(&answer, "success", "yes");
	vici_str(&answer, "id", id);
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why ? why : client_late(client, CONTROL_WAIT_S * 1000);
}

static const char *on_explain(struct client *client, struct slice body)
{
	struct hub *hub = client->hub;
	uint64_t token = ++hub->token;
	struct error e;

	if (explain_run(body, &hub->callbacks, token, &e))
		return answer_done(client, e.text);
	client->load = token;
	return client_late(client, CONTROL_WAIT_S * 1000);
}

const char *client_answer_explain(struct client *client,
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
	return why ? why : client_late(client, CONTROL_WAIT_S * 1000);
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
	return client_late(client, CONTROL_WAIT_S * 1000);
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

static const char *on_own(struct client *client,
			  const struct vici_packet *packet)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	if (own_answer(packet, &client->hub->callbacks, client->hub->history,
		       &answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why;
}

static const char *on_load_key(struct client *client, struct slice body)
{
	const char *why = "out of memory for an answer";
	struct vici_builder answer;

	if (load_key_answer(body, &client->hub->callbacks.loads.keys, &answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
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
	if (load_key_is_asked(packet->name))
		return on_load_key(client, packet->body);
	if (explain_is_asked(packet->name))
		return on_explain(client, packet->body);
	if (is_capture(packet->name))
		return on_capture(client, packet->body);
	if (own_is_asked(packet->name))
		return on_own(client, packet);
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

const char *client_packet(struct client *client, struct slice octets)
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
