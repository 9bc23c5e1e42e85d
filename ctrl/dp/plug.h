/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports come to a worker and go while it runs: an interface was made anew, has
 * more queues, or fewer. The control thread opens and closes the sockets
 * (queues.h) and asks by a ring; the worker does as it is asked at a round's
 * begin and answers by another.
 *
 *     control thread             worker
 *     open, PLUG_IN         -->  receives and sends by it
 *     PLUG_OUT              -->  takes what was received and what was sent,
 *                                sends no more
 *                           <--  PLUG_OUT: has nothing to do with it any more
 *     close, wait, PLUG_END -->  the frames that were in the kernel are free
 *                           <--  PLUG_END: the port may be freed
 *
 * A frame that the kernel may still send from or receive into is never used for
 * another packet: that would be plaintext where ciphertext was asked for.
 */
#ifndef CYG_DP_PLUG_H
#define CYG_DP_PLUG_H

#include <stdbool.h>
#include <stdint.h>

struct port;
struct worker;

enum plug_what { PLUG_IN, PLUG_OUT, PLUG_END };

struct plug {
	struct port *port;
	enum plug_what what;
};

/* 0 or -ENOMEM. Control thread; the worker does not run. */
int plugs_init(struct worker *w);
void plugs_fini(struct worker *w);

/* The worker has that port from its first round on. Likewise. */
void plug_first(struct worker *w, struct port *port);

/* Control thread; wakes the worker. */
void plug_ask(struct worker *w, struct plug plug);

/* Control thread. false: nothing was answered. */
bool plug_answer(struct worker *w, struct plug *out);

/* Does what was asked. At a round's begin. Worker. */
void plugs_begin(struct worker *w);

/* Does the worker send by that interface? Any worker. */
bool plug_sends_by(const struct worker *w, uint32_t ifindex);

#endif
