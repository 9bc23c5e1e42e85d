// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clients and their packets. One at a time: a request is read, answered, and
 * the next one is read when the answer has left. What a client sent beyond it
 * stays in the kernel, so that no client costs more than one packet and one
 * answer of memory, or more than one answer a turn of the loop. Whoever breaks
 * the protocol, is not allowed here or takes too long is disconnected, with a
 * line in the log at most once a second. What the answers say stands in
 * commands.c.
 *
 * There are no events yet: every registration is answered with EVENT_UNKNOWN.
 * Everything runs in callbacks on the control thread's event loop.
 */
#include "ctrl/control/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/listen.h"
#include "ctrl/control/vici.h"

#define LENGTH_BYTES   4U
#define ACCEPT_PAUSE_S 1

struct client {
	struct control_server *server;
	struct bufferevent *bev; /* NULL: the place is free */
	struct event late;	 /* runs from a request's first octet until its
				    answer has left */
	uint64_t last_ns;	 /* of its last request, or when it came */
	pid_t pid;
};

struct control_server {
	struct listen_socket socket;
	struct event accept;
	struct event resume; /* after a failed accept() */
	struct event_base *base;
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
	event_del(&client->late);
	bufferevent_free(client->bev);
	client->bev = NULL;
}

static void client_drop(struct client *client, const char *why)
{
	warn(client->server, "client closed", client->pid, why);
	client_close(client);
}

/* The packet is copied. NULL, or why the client must go. */
static const char *client_send(struct client *client,
			       const struct vici_builder *packet)
{
	if (bufferevent_write(client->bev, packet->ptr, packet->len))
		return "out of memory for an answer";
	bufferevent_disable(client->bev, EV_READ); /* until it has left */
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

	client->last_ns = clock_ns();
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
	const uint8_t *packet;
	struct slice field;
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
	packet = evbuffer_pullup(input, -1);
	if (!packet)
		return "out of memory for a request";
	why = on_packet(client, slice_of(packet + LENGTH_BYTES, len));
	evbuffer_drain(input, LENGTH_BYTES + len);
	read_up_to(client, LENGTH_BYTES);
	return why;
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	const struct timeval wait = { .tv_sec = CONTROL_WAIT_S };
	struct client *client = arg;
	const char *why;

	(void)bev;
	if (event_pending(&client->late, EV_TIMEOUT, NULL) ||
	    event_add(&client->late, &wait) == 0)
		why = take_packet(client);
	else
		why = "out of memory for a time limit";
	if (why)
		client_drop(client, why);
}

/* The answer has left: on to the next request. */
static void on_drained(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;

	event_del(&client->late);
	bufferevent_enable(bev, EV_READ);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	if (evbuffer_get_length(bufferevent_get_output(client->bev)))
		client_drop(client, "does not read its answer");
	else
		client_drop(client, "does not complete its request");
}

/* It left, and no answer is on its way to it: there would be no reading. */
static void on_client_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	client_close(arg);
}

/* A free place, or that of the client that asked nothing for longest. */
static struct client *client_place(struct control_server *server)
{
	struct client *longest = &server->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (!client->bev)
			return client;
		if (client->last_ns < longest->last_ns)
			longest = client;
	}
	client_drop(longest, "longest idle, and another one needs its place");
	return longest;
}

/* NULL, or why this peer is not let in; its socket is the caller's then. */
static const char *client_open(struct control_server *server, int fd,
			       const struct ucred *peer)
{
	struct client *client;

	if (peer->uid != 0 && peer->uid != geteuid())
		return "not root";
	client = client_place(server);
	client->bev =
		bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev)
		return "out of memory for a client";
	client->server = server;
	client->last_ns = clock_ns();
	client->pid = peer->pid;
	evtimer_assign(&client->late, server->base, on_late, client);
	event_priority_set(&client->late, CONTROL_PRIORITY);
	bufferevent_priority_set(client->bev, CONTROL_PRIORITY);
	bufferevent_setcb(client->bev, on_readable, on_drained, on_client_event,
			  client);
	read_up_to(client, LENGTH_BYTES);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return NULL;
}

/* Out of descriptors, say: the socket stays readable, so rest first. */
static void accept_failed(struct control_server *server, const char *why)
{
	const struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };

	warn(server, "accept failed", 0, why);
	if (event_add(&server->resume, &pause) == 0)
		event_del(&server->accept);
}

static void on_connection(evutil_socket_t listener, short what, void *arg)
{
	struct control_server *server = arg;
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	const char *why;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0 && errno == EAGAIN)
		return;
	if (fd < 0) {
		accept_failed(server, strerror(errno));
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		why = strerror(errno);
	else
		why = client_open(server, fd, &peer);
	if (!why)
		return;
	warn(server, "client refused", peer.pid, why);
	close(fd);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct control_server *server = arg;

	(void)fd;
	(void)what;
	if (event_add(&server->accept, NULL))
		accept_failed(server, strerror(errno));
}

int control_server_new(struct event_base *base, const char *path,
		       const struct control_callbacks *callbacks,
		       struct control_server **out, struct error *e)
{
	struct control_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return error_set(e, -ENOMEM, "control: out of memory");
	server->base = base;
	server->callbacks = *callbacks;
	err = listen_open(path, &server->socket, e);
	if (err)
		goto free_server;
	event_assign(&server->accept, base, server->socket.fd,
		     EV_READ | EV_PERSIST, on_connection, server);
	evtimer_assign(&server->resume, base, on_resume, server);
	if (event_priority_set(&server->accept, CONTROL_PRIORITY) ||
	    event_add(&server->accept, NULL)) {
		err = error_set(e, -EINVAL, "control: cannot wait for clients");
		goto close_socket;
	}
	*out = server;
	return 0;

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
	event_del(&server->accept);
	event_del(&server->resume);
	listen_close(&server->socket);
	free(server);
}
