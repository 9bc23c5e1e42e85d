/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ESP in TCP (RFC 9329) at a worker: its end of the pair of sockets by which packets
 * go to the process that holds the connections, and come from it; ctrl/model/stream.h
 * says how. What comes is believed no more than what comes from the wire. What the
 * pair does not take at once is dropped: behind a connection that is slow nobody waits.
 *
 * Inside the worker such packets look as bare ESP between the SA's ends, with a header
 * of IP that is on no wire.
 */
#ifndef CYG_DP_STREAM_H
#define CYG_DP_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/dp/packet.h"

struct worker;

struct stream_pair {
	int fd; /* owned by the worker; -1: none */
	/* Written by the control thread: to be taken in its place; -1: none. Owned
	 * by whoever takes it out. */
	_Atomic int next;
};

/* Packets of a batch for TCP connections. */
struct stream_run {
	uint32_t n;
	struct packet *pkt[BATCH_MAX];
};

/* Zeroed, it has descriptor 0. */
void stream_init(struct stream_pair *s);

/* The worker has ended. */
void stream_fini(struct stream_pair *s);

/*
 * Another pair in place of the one that may be there; the worker has it from its next
 * round on.
 *
 * far   its other end, handed over
 *
 * 0 or a negative errno. Control thread.
 */
int stream_join(struct worker *w, int *far);

/* --- worker */

/* Takes the pair that came, at a round's begin. */
void stream_begin(struct worker *w);

/* Takes what came; false: nothing was there. */
bool stream_rx(struct worker *w);

/* Can what that SA protects go to its connection now? */
bool stream_is_there(const struct worker *w, const struct sa_rt *sa);

/* PKT_STREAM to its connection, at the latest with the flush: PKT_GONE, or dropped. */
void stream_tx(struct stream_run *run, struct packet *p);
void stream_tx_flush(struct worker *w, struct stream_run *run);

#endif
