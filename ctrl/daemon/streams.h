/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP connections that carry IKE and ESP (RFC 9329), for the role `stream`: reads
 * messages from them and writes some to them. Of those that peers opened, what ike
 * has not yet said to be in use has little time, and there are few of them, of each
 * address fewer still. Everything is non-blocking; the thread of the event loop.
 */
#ifndef CYG_DAEMON_STREAMS_H
#define CYG_DAEMON_STREAMS_H

#include "ctrl/base/slice.h"
#include "ctrl/base/addr.h"
#include "ctrl/model/stream.h"

struct event_base;
struct streams;

struct streams_limits {
	uint32_t strangers;	     /* at once, of all addresses */
	uint32_t strangers_per_addr; /* of one IPv4 address or IPv6 /64 */
	uint32_t first_ms;    /* until the first message is whole, or until
					it is connected */
	uint32_t keep_ms;     /* from then on until streams_keep() */
	uint32_t close_ms;    /* for what is to be sent before it is closed, and
				until the peer's end of it */
	uint32_t close_bytes; /* that the peer may say in it */
	uint32_t esp_bytes;   /* that wait in one; more ESP is dropped */
	uint32_t all_bytes;   /* IKE among them; more ends it */
};

extern const struct streams_limits streams_limits;

struct streams_calls {
	/* ike has as much as it can do: no IKE messages are read for a while. Kept ones
	 * (streams_keep(), and those that were opened) shall have more room than
	 * strangers. */
	bool (*busy)(void *ctx, bool kept);
	/* token 0: a peer opened it, and a message follows. */
	void (*up)(void *ctx, uint32_t stream, uint64_t token,
		   const struct stream_ends *ends);
	/* Borrowed for the call, as the next one. */
	void (*message)(void *ctx, uint32_t stream, struct slice message);
	void (*esp)(void *ctx, uint32_t stream, struct slice packet);
	/* Of one that is up, or was opened; error is an errno or 0. */
	void (*down)(void *ctx, uint32_t stream, uint64_t token,
		     enum stream_end end, int error);
	/* Of those that were opened, of any way that it ends: but once both ends know of
	 * it, where the peer says so in time. */
	void (*gone)(void *ctx, uint32_t number, const struct stream_ends *ends);
	void *ctx;
};

struct streams_spec {
	struct event_base *base;
	const struct streams_limits *limits; /* borrowed */
	struct streams_calls calls;
	uint32_t seed; /* at random: so that numbers are not those of an earlier one */
};

/* 0 or -ENOMEM. */
int streams_new(const struct streams_spec *spec, struct streams **out);

/* Closes all, and says nothing of it. NULL is fine. */
void streams_free(struct streams *s);

/* A peer's, just accepted; fd is handed over in any case. */
void streams_accept(struct streams *s, int fd, const struct stream_ends *ends);

/*
 * One that connects; fd is handed over in any case. up() or down() follows, with
 * this token, and gone() with this number, once, perhaps within the call.
 */
void streams_open(struct streams *s, int fd, uint32_t number, uint64_t token,
		  const struct stream_ends *ends);

/* One that there is not is nobody's: nothing happens. Message as stream_read() has
 * them. */
void streams_send_ike(struct streams *s, uint32_t stream, struct slice message);
/* peer: to whom; it is dropped if that is not the connection's. */
void streams_send_esp(struct streams *s, uint32_t stream,
		      const struct addr *peer, struct slice packet);

/* See STREAM_MSG_KEEP and STREAM_MSG_CLOSE. */
void streams_keep(struct streams *s, uint32_t stream);
void streams_close(struct streams *s, uint32_t stream);

/* ike is gone, and with it what it was told and had not answered: its connections are
 * closed, so that peers open others and say it again (RFC 9329 section 6.2). Nothing
 * is said of them but gone(). */
void streams_drop(struct streams *s);

/* Borrowed; the role counts into them what it drops itself. */
struct stream_counts *streams_counts(struct streams *s);

#endif
