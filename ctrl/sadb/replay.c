// SPDX-License-Identifier: BSD-2-Clause
/*
 * A ring of 64-bit words, a power of two of them: bit n % 64 of word n / 64
 * belongs to number n. A word is cleared when the window's right edge enters
 * it, so that sliding costs a store, not a shift of the bitmap (RFC 6479);
 * one word more than the window's width guarantees that nothing inside the
 * window is cleared with it. The ring remembers more than the window, hence
 * the width is checked by itself and is exactly what was asked for.
 *
 * Not a lock: the SA's is held by whoever calls.
 */
#include "ctrl/sadb/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * With the check off there is no window to infer from. Half of the low half's
 * space is as good to the left as to the right.
 */
#define INFER_UNCHECKED 0x80000000U

int replay_init(struct replay *win, uint32_t window, bool esn)
{
	uint32_t width_words;

	*win = (struct replay){ .esn = esn };
	if (window > REPLAY_WINDOW_MAX)
		return -EINVAL;
	if (window == 0)
		return 0;
	width_words = (window + REPLAY_WORD_BITS - 1) / REPLAY_WORD_BITS;
	win->blocks = 1;
	while (win->blocks < width_words + 1)
		win->blocks *= 2;
	win->bitmap = calloc(win->blocks, sizeof(*win->bitmap));
	if (!win->bitmap)
		return -ENOMEM;
	*replay_word(win, 0) = replay_bit(0); /* never sent, so never lost */
	win->window = window;
	return 0;
}

/* In the edge's own word no number right of it was. */
void replay_start(struct replay *win, uint64_t top)
{
	win->top = top;
	if (win->window == 0)
		return;
	memset(win->bitmap, 0xff, win->blocks * sizeof(*win->bitmap));
	*replay_word(win, top) = replay_bit(top) | (replay_bit(top) - 1);
}

void replay_free(struct replay *win)
{
	if (!win)
		return;
	free(win->bitmap);
	win->bitmap = NULL;
}

/*
 * The names are the appendix's: Tl and Th are the halves of the highest number
 * seen, Bl is the low half of the window's left edge. Where Th would go below
 * 0 it stays, and the number is far to the right of the window; where it goes
 * above 2^32 - 1 it wraps, and the number is left of the window.
 */
uint64_t replay_infer_esn(const struct replay *win, uint32_t seq_lo)
{
	uint32_t width = win->window ? win->window : INFER_UNCHECKED;
	uint32_t tl = (uint32_t)win->top;
	uint32_t th = (uint32_t)(win->top >> 32);
	uint32_t bl = tl - width + 1;

	if (tl >= width - 1) {
		if (seq_lo < bl)
			th++;
	} else if (seq_lo >= bl && th > 0) {
		th--;
	}
	return (uint64_t)th << 32 | seq_lo;
}

/* Numbers of a word that no packet had. Before the first round of the ring nothing
 * was in it. */
static uint64_t unseen(const struct replay *win, uint64_t at)
{
	if (at / REPLAY_WORD_BITS < win->blocks)
		return 0;
	return (uint64_t)__builtin_popcountll(~*replay_word(win, at));
}

void replay_slide(struct replay *win, uint64_t seq)
{
	uint64_t entered = seq / REPLAY_WORD_BITS - win->top / REPLAY_WORD_BITS;
	uint64_t lost = 0;

	if (entered > win->blocks) {
		lost = (entered - win->blocks) * REPLAY_WORD_BITS;
		entered = win->blocks;
	}
	for (uint64_t i = 1; i <= entered; i++) {
		uint64_t at = win->top + i * REPLAY_WORD_BITS;

		lost += unseen(win, at);
		*replay_word(win, at) = 0;
	}
	if (lost && win->window)
		atomic_store_explicit(&win->lost, win->lost + lost,
				      memory_order_relaxed);
	win->top = seq;
}
