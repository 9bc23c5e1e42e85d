/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TCP connection of streams.h: octets in, messages out, and back. For streams.c
 * alone. The thread of the event loop.
 */
#ifndef CYG_DAEMON_STREAM_CONN_H
#define CYG_DAEMON_STREAM_CONN_H

#include <stddef.h>

#include "ctrl/base/slice.h"
#include "ctrl/model/stream.h"

struct event_base;
struct stream_conn;

struct stream_conn_spec {
	struct event_base *base;
	int fd;
	bool opened;   /* by us: it connects yet */
	uint8_t *room; /* STREAM_ROOM_BYTES that all share; borrowed */
	/* It is connected. */
	void (*connected)(void *ctx);
	/* A message, borrowed; false: it waits, see stream_conn_resume(). May end the
	 * connection by stream_conn_free(). */
	bool (*item)(void *ctx, enum stream_item item, struct slice message);
	/* It is over; it is to be freed within the call, or, if the peer has ended it, to
	 * be finished. */
	void (*over)(void *ctx, enum stream_end end, int error);
	/* stream_conn_finish() has nothing more to do; it is to be freed likewise. */
	void (*finished)(void *ctx);
	void *ctx;
};

#define STREAM_ROOM_BYTES (2U * (STREAM_MESSAGE_MAX + 1))

/* 0 or -ENOMEM; fd is handed over if it works. */
int stream_conn_new(const struct stream_conn_spec *spec,
		    struct stream_conn **out);

/* NULL is fine. */
void stream_conn_free(struct stream_conn *c);

/* Octets that wait to be sent. */
size_t stream_conn_waiting(const struct stream_conn *c);

/* header and message behind what waits; 0 or -ENOMEM. */
int stream_conn_send(struct stream_conn *c, struct slice header,
		     struct slice message);

/* Does an item wait? Goes on with it. */
bool stream_conn_waits(const struct stream_conn *c);
void stream_conn_resume(struct stream_conn *c);

/*
 * What waits is sent, then its end, and what the peer says until its own end is read
 * for nothing: a socket that is closed before has the peer lose what was sent last.
 * finished() follows, from the event loop, when both know that it is over, or when
 * the peer says more than so many octets; when it does not, who waits has to know
 * for how long.
 */
void stream_conn_finish(struct stream_conn *c, size_t most_bytes);

#endif
