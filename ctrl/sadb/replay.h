/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anti-replay window of an inbound SA: RFC 4303 section 3.4.3 with the
 * blocked bitmap of RFC 6479, and the inference of the high half of an
 * extended sequence number (RFC 4303 Appendix A2).
 *
 * Check before the ICV, commit after it: a forged number never moves the
 * window. Any worker, the SA's lock held.
 */
#ifndef CYG_SADB_REPLAY_H
#define CYG_SADB_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW_MAX 65536U /* packets */

struct replay {
	uint64_t top;	 /* highest number committed; 0 before the first */
	uint32_t window; /* packets; 0 switches the check off */
	uint32_t blocks; /* words of the bitmap, a power of two */
	bool esn;
	uint64_t *bitmap; /* owned */
};

/*
 * window   packets, at most REPLAY_WINDOW_MAX; 0: every number is accepted
 *
 * 0, -EINVAL (window too large), -ENOMEM. Control thread.
 */
int replay_init(struct replay *win, uint32_t window, bool esn);
void replay_free(struct replay *win);

/*
 * A new window goes on where an earlier one of the same SA ended: all numbers up
 * to this one were seen. Control thread.
 *
 * top   right edge of the window
 */
void replay_start(struct replay *win, uint64_t top);

/*
 * The full number that a packet with these low 32 bits most likely has
 * (RFC 4303 Appendix A2.2). Without ESN the number itself. Changes nothing.
 */
uint64_t replay_infer(const struct replay *win, uint32_t seq_lo);

/*
 * Would this packet's sequence number be accepted now? Changes nothing.
 *
 * seq   full 64-bit number, host order, as inferred by replay_infer()
 *
 * 0           new: right of the window, or unseen inside it
 * -EALREADY   seen before
 * -ERANGE     left of the window, or 0 (never sent, RFC 4303 section 3.3.3)
 *
 * After the ICV verified, call replay_commit() with the same number.
 */
int replay_check(const struct replay *win, uint64_t seq);

/*
 * Checks again and marks the number as seen: two copies in one batch both
 * pass replay_check(), one passes here. Same results.
 */
int replay_commit(struct replay *win, uint64_t seq);

#endif
