/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fixed messages between two processes, over one SOCK_SEQPACKET socket. A
 * message is a struct without pointers, as it lies in memory, behind a header
 * with the seam's version, its type and its length: both ends are one program
 * of one version, and say so. Those that are sent in one turn of the event loop
 * go together, each at a border of 8: a handshake makes dozens of them.
 *
 * Nothing blocks: what the other end does not take waits in a bounded queue.
 * What does not belong (another version, an unknown type, a wrong length) ends
 * the link. The thread of the event loop.
 */
#ifndef CYG_BASE_SEAM_H
#define CYG_BASE_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctrl/base/error.h"

struct event_base;
struct seam;

#define SEAM_VERSION	 8U /* raised with any change of any message */
#define SEAM_MESSAGE_MAX 41472U
#define SEAM_QUEUE_BYTES (32U << 20)
#define SEAM_BULK_BYTES	 (1U << 30)
#define SEAM_FDS_MAX	 4U

/* A message that may arrive. */
struct seam_kind {
	uint16_t type;
	uint32_t bytes;
	uint32_t least; /* so many at least; those that are missing are 0 */
};

#define SEAM_KIND(type, message)                       \
	{                                              \
		type, sizeof(message), sizeof(message) \
	}
#define SEAM_KIND_LEAST(type, message, least) \
	{                                     \
		type, sizeof(message), least  \
	}

/* Why a link ended, where nothing was wrong. */
extern const char seam_end_closed[];

struct seam_spec {
	struct event_base *base;
	const struct seam_kind *kinds;
	size_t n_kinds;
	bool last; /* its events come after those of higher priorities */
	/*
	 * msg is aligned for any struct and borrowed for the call; fds are
	 * handed over, n_fds of them. May call seam_send(), and seam_free()
	 * on this very link.
	 */
	void (*on_message)(void *ctx, uint16_t type, const void *msg,
			   const int *fds, size_t n_fds);
	/* The link ended, for this reason; it is freed when this returns. */
	void (*on_down)(void *ctx, const char *why);
	void *ctx;
};

/* fd is handed over if it works. The spec's kinds are borrowed. 0 or -ENOMEM. */
int seam_new(const struct seam_spec *spec, int fd, struct seam **out);

/* Ends it without on_down(). What was sent goes, as far as there is room. NULL is
 * fine. */
void seam_free(struct seam *s);

/*
 * 0; -EMSGSIZE (longer than SEAM_MESSAGE_MAX); -ENOBUFS (the other end does not
 * read) and -ENOMEM end the link, for it has lost a message. The link's end is
 * told by on_down() later.
 */
int seam_send(struct seam *s, uint16_t type, const void *msg, size_t bytes);

/*
 * The same for one message of as many as the sender has of something (SAs,
 * connections): no end reads so fast as these are written, however well it is.
 * They have a bound of their own, SEAM_BULK_BYTES, and leave the other messages
 * theirs. Not for what the other end can ask for as often as it likes.
 */
int seam_send_bulk(struct seam *s, uint16_t type, const void *msg, size_t bytes);

/* With descriptors, which stay the caller's. */
int seam_send_fds(struct seam *s, uint16_t type, const void *msg, size_t bytes,
		  const int *fds, size_t n_fds);

/* Octets that were sent and that the other end has not taken, bulk apart. */
size_t seam_waiting(const struct seam *s);

/* Has the other end closed it already, and on_down() is about to say so? */
bool seam_is_closed(const struct seam *s);

/*
 * A listening socket at that path, in place of one that nobody holds any more;
 * its descriptor, or negative with e filled: -EADDRINUSE.
 *
 * mode   of the socket's file
 */
int seam_listen(const char *path, mode_t mode, struct error *e);

/* A descriptor for seam_new(), or a negative errno. */
int seam_accept(int listener);
int seam_connect(const char *path);

#endif
