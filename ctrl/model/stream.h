/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP encapsulation (RFC 9329): connections, each of which carries IKE messages and
 * ESP packets behind one another. The process `stream` holds them; `ike` knows them
 * by number and dp's workers do likewise: neither reads TCP.
 *
 * IKE messages cross between stream and ike as messages of a seam
 * (ctrl/daemon/stream_seam.h). ESP packets cross between stream and each worker by a
 * pair of sockets of the worker's own (AF_UNIX, SOCK_SEQPACKET, non-blocking): one
 * datagram is struct stream_esp and the packet from its SPI on, either way. What a
 * full pair does not take is dropped by who would have written it, and counted there.
 */
#ifndef CYG_MODEL_STREAM_H
#define CYG_MODEL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/wire/stream.h"
#include "include/addr.h"

#define STREAM_USER "cygnet-stream" /* as whom TCP is read */

#define STREAMS_MAX	  4096U
#define STREAM_LISTEN_MAX 2U /* sockets: of IPv4 and of IPv6 */

/* No connection. A number is one's as long as the process lives that holds it; it
 * comes again after a million others at the earliest. */
#define STREAM_NONE 0U

/* Of an SA: one that is lost, or not opened yet; no connection has this number. */
#define STREAM_LOST UINT32_MAX

/* The ends of one. Ports in host order. */
struct stream_ends {
	struct addr local, remote;
	uint16_t local_port, remote_port;
};

/* Why there is one no more, or why none came to be. */
enum stream_end {
	STREAM_END_PEER = 1,  /* the peer closed it */
	STREAM_END_RESET,     /* it broke: errno says how */
	STREAM_END_MALFORMED, /* not what RFC 9329 section 3 says */
	STREAM_END_SLOW, /* no message came, or nobody used it, for too long */
	STREAM_END_FULL, /* the peer does not read what it is sent */
	STREAM_END_CROWDED, /* too many others */
	STREAM_END_ASKED,   /* ike wanted it closed */
	STREAM_END_REFUSED, /* it may not be opened, or can't be now */
	STREAM_END_LAST = STREAM_END_REFUSED,
};

/* What stream dropped or ended, by name; since it started. */
enum stream_count {
	STREAM_COUNT_ACCEPTED,
	STREAM_COUNT_CROWDED, /* not accepted, or ended for another one's sake */
	STREAM_COUNT_MALFORMED, /* ended */
	STREAM_COUNT_SLOW,	/* ended */
	STREAM_COUNT_ESP_FULL,	/* ESP that the connection has no room for */
	STREAM_COUNT_ESP_GONE,	/* ESP for a connection that is not there */
	STREAM_COUNT_ESP_BUSY, /* ESP that came in, and the worker takes none */
	STREAM_COUNT_IKE_LONG, /* IKE messages above STREAM_IKE_MAX */
	STREAM_COUNT_ESP_ASTRAY, /* ESP for a connection with somebody else */
	STREAM_COUNTS,
};

struct stream_counts {
	uint64_t n[STREAM_COUNTS];
	uint64_t open; /* connections that there are */
};

/* As they are shown; what it means. Never NULL. */
const char *stream_count_name(enum stream_count what);
const char *stream_count_text(enum stream_count what);

/*
 * In front of every ESP packet between stream and a worker. ike says which connection
 * an SA goes by, dp with whom the SA may be, and stream with whom the connection is:
 * what is not for its peer does not go by it.
 */
struct stream_esp {
	uint32_t stream;
	uint32_t zero;
	struct addr peer; /* to stream: the SA's; else zeros */
};

_Static_assert(sizeof(struct stream_esp) == 24,
	       "the packet behind it is aligned");

/*
 * Which of n workers takes what comes in with this SPI (host order): always the same
 * one, for the order of an SA's packets is TCP's.
 */
static inline uint32_t stream_worker(uint32_t spi, uint32_t n)
{
	return (uint32_t)(((uint64_t)(spi * 0x9e3779b1U) * n) >> 32);
}

#endif
