// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lets clients in, gives each a place, and passes on to all of them what
 * happens. What one client says and hears is in client.c, what the answers say
 * in commands.c and waits.c. Everything runs in callbacks on the control
 * thread's event loop.
 */
#include "ctrl/control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/client.h"
#include "ctrl/control/listen.h"

#define ACCEPT_PAUSE_S 1

struct control_server {
	struct hub hub;
	struct listen_socket socket;
	struct event accept;
	struct event resume; /* after a failed accept() */
	struct client clients[CONTROL_CLIENTS_MAX];
};

/* One that waits for an answer is not idle: it goes after all others. */
static bool is_idler(const struct client *a, const struct client *b)
{
	if (client_waits(a) != client_waits(b))
		return client_waits(b);
	return a->last_ns < b->last_ns;
}

/* A free place, or that of the client that asked nothing for longest. */
static struct client *client_place(struct control_server *server)
{
	struct client *longest = &server->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (!client->bev)
			return client;
		if (is_idler(client, longest))
			longest = client;
	}
	client_drop(longest, "longest idle, and another one needs its place");
	return longest;
}

/* NULL, or why this peer is not let in; its socket is the caller's then. */
static const char *let_in(struct control_server *server, int fd,
			  const struct ucred *peer)
{
	if (peer->uid != 0 && peer->uid != geteuid())
		return "not root";
	return client_open(client_place(server), &server->hub, fd, peer->pid);
}

/* Out of descriptors, say: the socket stays readable, so rest first. */
static void accept_failed(struct control_server *server, const char *why)
{
	const struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };

	hub_warn(&server->hub, "accept failed", 0, why);
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
		why = let_in(server, fd, &peer);
	if (!why)
		return;
	hub_warn(&server->hub, "client refused", peer.pid, why);
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
	server->hub.base = base;
	server->hub.callbacks = *callbacks;
	server->hub.history = history_new();
	if (!server->hub.history) {
		err = error_set(e, -ENOMEM, "control: out of memory");
		goto free_server;
	}
	err = listen_open(path, &server->socket, e);
	if (err)
		goto free_history;
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
free_history:
	history_free(server->hub.history);
free_server:
	free(server);
	return err;
}

void control_server_refreshed(struct control_server *server)
{
	struct hub *hub = &server->hub;

	if (hub->refreshed == hub->asked)
		return; /* the data path ended while nobody asked it */
	hub->refreshed++;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client->bev && client->stale == hub->refreshed)
			client_refreshed(client);
	}
	if (hub->wanted > hub->refreshed && !hub_refresh(hub))
		control_server_refreshed(server);
}

void control_server_done(struct control_server *server, uint64_t token, int err,
			 unsigned int n)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client_waits(client) && client->wait.token == token)
			client_done(client, err, n);
	}
}

void control_server_loaded(struct control_server *server, uint64_t token,
			   int err, const struct error *e)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client_waits(client) && token && client->load == token)
			client_loaded(client, err ? e->text : NULL);
	}
}

void control_server_token_loaded(struct control_server *server, uint64_t token,
				 const char *id)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client_waits(client) && token && client->load == token)
			client_token_loaded(client, id);
	}
}

void control_server_explained(struct control_server *server, uint64_t token,
			      const struct explanation *x)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client_waits(client) && token && client->load == token)
			client_explained(client, x);
	}
}

void control_server_capturing(struct control_server *server, uint64_t token,
			      int err, const struct error *e)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (!client_waits(client) || client->load != token)
			continue;
		if (err)
			client_loaded(client, e->text);
		else
			client_close(client); /* its socket lives on elsewhere */
	}
}

void control_server_event(struct control_server *server,
			  const struct control_event *e)
{
	history_add(server->hub.history, e, clock_ns());
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].bev)
			client_event(&server->clients[i], e);
}

void control_server_traced(struct control_server *server,
			   const struct control_traced *t)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].bev)
			client_traced(&server->clients[i], t, NULL);
}

void control_server_traced_end(struct control_server *server, const char *why)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].bev)
			client_traced(&server->clients[i], NULL, why);
}

static const struct ike_sa_view *find_ike(const struct sas *sas, uint32_t id)
{
	for (size_t i = 0; i < sas->n_ike; i++)
		if (sas->ike[i].id == id)
			return &sas->ike[i];
	return NULL;
}

static void tell_down(struct control_server *server,
		      const struct ike_sa_view *ike,
		      const struct child_sa_view *child)
{
	const struct control_event e = {
		.kind = child ? CONTROL_CHILD_DOWN : CONTROL_IKE_DOWN,
		.conn = ike->conn,
		.child = child ? child->name : "",
		.ike_id = ike->id,
		.ike = ike,
		.child_sa = child,
		.text = "the IKE process ended",
	};

	control_server_event(server, &e);
}

void control_server_ike_gone(struct control_server *server,
			     const struct sas *lost)
{
	const struct control_event gone = { .kind = CONTROL_IKE_GONE };

	control_server_event(server, &gone);
	for (size_t i = 0; lost && i < lost->n_child; i++) {
		const struct ike_sa_view *ike =
			find_ike(lost, lost->child[i].ike_id);

		if (ike)
			tell_down(server, ike, &lost->child[i]);
	}
	for (size_t i = 0; lost && i < lost->n_ike; i++)
		tell_down(server, &lost->ike[i], NULL);
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
	history_free(server->hub.history);
	free(server);
}
