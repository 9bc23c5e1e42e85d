/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client of the control socket, from its connection to its end: the
 * server's inner half. Control thread, on its event loop.
 */
#ifndef CYG_CONTROL_CLIENT_H
#define CYG_CONTROL_CLIENT_H

#include <event2/event_struct.h>
#include <sys/types.h>

#include "ctrl/control/history.h"
#include "ctrl/control/waits.h"

struct bufferevent;

/* What all clients of a server share. */
struct hub {
	struct event_base *base;
	struct control_callbacks callbacks;
	struct history *history; /* owned */
	uint64_t token;		 /* of the last command */
	uint64_t asked; /* refreshes so far: asked for, answered, and that */
	uint64_t refreshed; /* somebody waits for: one under way may show what */
	uint64_t wanted;    /* was before a later request */
	uint64_t warned_s;  /* when the last line was written */
	unsigned int unsaid; /* lines left out since */
};

struct client {
	struct hub *hub;
	struct bufferevent *bev; /* NULL: the place is free */
	struct event late;	 /* runs from a request's first octet until its
				    answer has left, or while it waits */
	uint64_t last_ns;	 /* of its last request, or when it came */
	pid_t pid;
	uint32_t topics;     /* see struct sink */
	size_t events_bytes; /* of events, since all had left */
	bool answering;	     /* an answer is on its way */
	bool in_command;     /* its command runs: don't answer or close */
	const char *doom;    /* why it must go after that; NULL: it may stay */
	uint64_t stale;	  /* its request waits for this refresh; 0: for none */
	bool fresh;	  /* that was answered */
	struct wait wait; /* token 0: it waits for no command */
	uint64_t load; /* token of what it waits to be loaded, or explained; or
			     0 */
};

/* A line in the log, at most one a second. */
void hub_warn(struct hub *hub, const char *event, pid_t pid, const char *reason);

/* NULL, or why not; fd is the caller's then. */
const char *client_open(struct client *client, struct hub *hub, int fd,
			pid_t pid);
void client_close(struct client *client);
void client_drop(struct client *client, const char *why);

/* From now on until ms have passed. NULL, or why the client must go. */
const char *client_late(struct client *client, uint32_t ms);

/* An answer; the packet is copied. Likewise. */
const char *client_send(struct client *client,
			const struct vici_builder *packet);

/* Does it wait for an answer? */
bool client_waits(const struct client *client);

/* What it waits for was begun, or not. */
void client_done(struct client *client, int err, unsigned int n);

/* Its request is answered with what is known now. */
void client_refreshed(struct client *client);

/* false: it is not to be had, as if it were answered. */
bool hub_refresh(struct hub *hub);

/* What it waits for was loaded; why: or not. */
void client_loaded(struct client *client, const char *why);

/* What it waits for is a private key of that id. */
void client_token_loaded(struct client *client, const char *id);

/* What it waits for was explained. */
void client_explained(struct client *client, const struct explanation *x);

/* A message that is told of, or NULL: why no more will be. */
void client_traced(struct client *client, const struct control_traced *t,
		   const char *end);

/* Tells it what it is registered for or waits for. */
void client_event(struct client *client, const struct control_event *e);

#endif
