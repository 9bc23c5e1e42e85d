// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clients and their packets. What a client sent is taken apart when it is
 * complete and answered at once; whoever breaks the protocol, is not allowed
 * here or does not read is disconnected, with a line in the log at most once
 * a second. What the answers say stands in commands.c.
 *
 * There are no events yet: every registration is answered with EVENT_UNKNOWN.
 * Everything runs in callbacks on the control thread's event loop.
 */
#include "ctrl/control/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/listen.h"
#include "ctrl/control/vici.h"

#define LENGTH_BYTES	 4U
#define OUTPUT_MAX_BYTES (4U * 1024 * 1024)
#define ACCEPT_PAUSE_S	 1

struct client {
	struct control_server *server;
	struct bufferevent *bev; /* NULL: the place is free */
	pid_t pid;
};

struct control_server {
	struct listen_socket socket;
	struct evconnlistener *listener;
	struct event *resume; /* after a failed accept() */
	struct control_callbacks callbacks;
	struct client clients[CONTROL_CLIENTS_MAX];
	uint64_t warned_s;   /* when the last line was written */
	unsigned int unsaid; /* lines left out since */
};

static void warn(struct control_server *server, const char *event, pid_t pid,
		 const char *reason)
{
	uint64_t now_s = clock_ns() / NS_PER_S;

	if (server->warned_s && now_s == server->warned_s) {
		server->unsaid++;
		return;
	}
	log_warn("control: %s pid=%d reason=\"%s\" unsaid=%u", event, (int)pid,
		 reason, server->unsaid);
	server->warned_s = now_s;
	server->unsaid = 0;
}

static void client_close(struct client *client)
{
	bufferevent_free(client->bev);
	client->bev = NULL;
}

/* The packet is copied. NULL, or why the client must go. */
static const char *client_send(struct client *client,
			       const struct vici_builder *packet)
{
	struct evbuffer *output = bufferevent_get_output(client->bev);

	if (evbuffer_add(output, packet->ptr, packet->len))
		return "out of memory for an answer";
	if (evbuffer_get_length(output) > OUTPUT_MAX_BYTES)
		return "does not read its answers";
	return NULL;
}

static const char *on_request(struct client *client,
			      const struct vici_packet *packet)
{
	struct vici_builder answer;
	const char *why;

	if (!vici_valid(packet->body))
		return "malformed message";
	if (command_answer(packet, &client->server->callbacks, &answer))
		why = client_send(client, &answer);
	else
		why = "out of memory for an answer";
	vici_builder_free(&answer);
	return why;
}

static const char *on_registration(struct client *client)
{
	struct vici_builder answer;
	const char *why = "out of memory for an answer";

	vici_start(&answer, VICI_EVENT_UNKNOWN, NULL);
	if (vici_finish(&answer))
		why = client_send(client, &answer);
	vici_builder_free(&answer);
	return why;
}

static const char *on_packet(struct client *client, struct slice octets)
{
	struct vici_packet packet;

	if (!vici_packet_parse(octets, &packet))
		return "malformed packet";
	switch (packet.type) {
	case VICI_CMD_REQUEST:
		return on_request(client, &packet);
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
		return on_registration(client);
	case VICI_CMD_RESPONSE:
	case VICI_CMD_UNKNOWN:
	case VICI_EVENT_CONFIRM:
	case VICI_EVENT_UNKNOWN:
	case VICI_EVENT:
		return "a packet that only a server sends";
	}
	return "malformed packet";
}

/*
 * Handles the packet at the front of the input.
 *
 * more   whether one was there; only with NULL returned
 *
 * NULL, or why the client must go.
 */
static const char *take_packet(struct client *client, bool *more)
{
	struct evbuffer *input = bufferevent_get_input(client->bev);
	uint8_t head[LENGTH_BYTES];
	const uint8_t *packet;
	struct slice field;
	const char *why;
	uint32_t len;

	*more = false;
	if (evbuffer_copyout(input, head, sizeof(head)) != sizeof(head))
		return NULL;
	field = slice_of(head, sizeof(head));
	if (!rd_u32(&field, &len) || len > VICI_PACKET_MAX)
		return "packet too long";
	if (evbuffer_get_length(input) < LENGTH_BYTES + len)
		return NULL;
	packet = evbuffer_pullup(input, LENGTH_BYTES + (ev_ssize_t)len);
	if (!packet)
		return "out of memory for a request";
	why = on_packet(client, slice_of(packet + LENGTH_BYTES, len));
	evbuffer_drain(input, LENGTH_BYTES + len);
	*more = true;
	return why;
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;
	const char *why;
	bool more = true;

	(void)bev;
	while (more) {
		why = take_packet(client, &more);
		if (!why)
			continue;
		warn(client->server, "client closed", client->pid, why);
		client_close(client);
		return;
	}
}

static void on_drained(struct bufferevent *bev, void *arg)
{
	(void)bev;
	client_close(arg);
}

static void on_client_event(struct bufferevent *bev, short what, void *arg)
{
	struct evbuffer *output = bufferevent_get_output(bev);

	/* A client that only said it has no more requests gets its answers. */
	if (what & BEV_EVENT_EOF && evbuffer_get_length(output))
		bufferevent_setcb(bev, NULL, on_drained, on_client_event, arg);
	else
		client_close(arg);
}

static struct client *client_place(struct control_server *server)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (!server->clients[i].bev)
			return &server->clients[i];
	return NULL;
}

/* NULL, or why this peer is not let in. */
static const char *client_open(struct control_server *server, int fd,
			       const struct ucred *peer)
{
	struct event_base *base = evconnlistener_get_base(server->listener);
	struct client *client = client_place(server);

	if (peer->uid != 0 && peer->uid != geteuid())
		return "not root";
	if (!client)
		return "too many clients";
	client->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev)
		return "out of memory for a client";
	client->server = server;
	client->pid = peer->pid;
	bufferevent_setcb(client->bev, on_readable, NULL, on_client_event,
			  client);
	/* Input beyond one packet stays in the kernel. */
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 LENGTH_BYTES + VICI_PACKET_MAX);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return NULL;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int addr_len, void *arg)
{
	struct control_server *server = arg;
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	const char *why;

	(void)listener;
	(void)addr;
	(void)addr_len;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		why = strerror(errno);
	else
		why = client_open(server, fd, &peer);
	if (!why)
		return;
	warn(server, "client refused", peer.pid, why);
	close(fd);
}

/* Out of descriptors: the listener stays readable, so rest before retrying. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	const struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };
	struct control_server *server = arg;

	warn(server, "accept failed", 0, strerror(errno));
	evconnlistener_disable(listener);
	evtimer_add(server->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct control_server *server = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(server->listener);
}

int control_server_new(struct event_base *base, const char *path,
		       const struct control_callbacks *callbacks,
		       struct control_server **out, struct error *e)
{
	struct control_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return error_set(e, -ENOMEM, "control: out of memory");
	server->callbacks = *callbacks;
	err = listen_open(path, &server->socket, e);
	if (err)
		goto free_server;
	err = error_set(e, -ENOMEM, "control: out of memory");
	server->resume = evtimer_new(base, on_resume, server);
	if (!server->resume)
		goto close_socket;
	/* Backlog 0: it listens already. */
	server->listener =
		evconnlistener_new(base, on_accept, server,
				   LEV_OPT_CLOSE_ON_EXEC, 0, server->socket.fd);
	if (!server->listener)
		goto free_resume;
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	*out = server;
	return 0;

free_resume:
	event_free(server->resume);
close_socket:
	listen_close(&server->socket);
free_server:
	free(server);
	return err;
}

void control_server_free(struct control_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].bev)
			client_close(&server->clients[i]);
	evconnlistener_free(server->listener);
	event_free(server->resume);
	listen_close(&server->socket);
	free(server);
}
