/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anti-replay window of an inbound SA: RFC 4303 section 3.4.3 with the
 * blocked bitmap of RFC 6479, and the inference of the high half of an
 * extended sequence number (RFC 4303 Appendix A2).
 *
 * Check before the ICV, commit after it: a forged number never moves the
 * window. Any worker, the SA's lock held. What every packet is asked is inline.
 */
#ifndef CYG_SADB_REPLAY_H
#define CYG_SADB_REPLAY_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW_MAX 65536U /* packets */

struct replay {
	uint64_t top;	 /* highest number committed; 0 before the first */
	uint32_t window; /* packets; 0 switches the check off */
	uint16_t blocks; /* words of the bitmap, a power of two */
	bool esn;
	uint64_t *bitmap; /* owned */
	/* Numbers that left the bitmap unseen: it may hold twice the window,
	 * and a word more. By who slides it, read by any thread. */
	_Atomic uint64_t lost;
};

#define REPLAY_WORD_BITS 64U

static inline uint64_t *replay_word(const struct replay *win, uint64_t seq)
{
	return &win->bitmap[seq / REPLAY_WORD_BITS & (win->blocks - 1)];
}

static inline uint64_t replay_bit(uint64_t seq)
{
	return 1ULL << seq % REPLAY_WORD_BITS;
}

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

/* What replay_infer() says of a window with ESN. */
uint64_t replay_infer_esn(const struct replay *win, uint32_t seq_lo);

/*
 * The full number that a packet with these low 32 bits most likely has
 * (RFC 4303 Appendix A2.2). Without ESN the number itself. Changes nothing.
 */
static inline uint64_t replay_infer(const struct replay *win, uint32_t seq_lo)
{
	return win->esn ? replay_infer_esn(win, seq_lo) : seq_lo;
}

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
static inline int replay_check(const struct replay *win, uint64_t seq)
{
	if (win->window == 0)
		return 0;
	if (seq == 0)
		return -ERANGE;
	if (seq > win->top)
		return 0;
	if (win->top - seq >= win->window)
		return -ERANGE;
	return *replay_word(win, seq) & replay_bit(seq) ? -EALREADY : 0;
}

/* The right edge goes on to seq, which is in another word, right of it; what that
 * leaves behind unseen is lost. */
void replay_slide(struct replay *win, uint64_t seq);

static inline bool replay_same_word(uint64_t a, uint64_t b)
{
	return a / REPLAY_WORD_BITS == b / REPLAY_WORD_BITS;
}

/*
 * Checks again and marks the number as seen: two copies in one batch both
 * pass replay_check(), one passes here. Same results.
 */
static inline int replay_commit(struct replay *win, uint64_t seq)
{
	int err = replay_check(win, seq);

	if (err)
		return err;
	if (seq > win->top && !replay_same_word(seq, win->top))
		replay_slide(win, seq);
	else if (seq > win->top)
		win->top = seq;
	if (win->window)
		*replay_word(win, seq) |= replay_bit(seq);
	return 0;
}

#endif
