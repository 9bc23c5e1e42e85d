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

#define WORD_BITS 64U

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
	width_words = (window + WORD_BITS - 1) / WORD_BITS;
	win->blocks = 1;
	while (win->blocks < width_words + 1)
		win->blocks *= 2;
	win->bitmap = calloc(win->blocks, sizeof(*win->bitmap));
	if (!win->bitmap)
		return -ENOMEM;
	win->window = window;
	return 0;
}

static uint64_t *word_of(const struct replay *win, uint64_t seq)
{
	return &win->bitmap[seq / WORD_BITS & (win->blocks - 1)];
}

static uint64_t bit_of(uint64_t seq)
{
	return 1ULL << seq % WORD_BITS;
}

/* In the edge's own word no number right of it was. */
void replay_start(struct replay *win, uint64_t top)
{
	win->top = top;
	if (win->window == 0)
		return;
	memset(win->bitmap, 0xff, win->blocks * sizeof(*win->bitmap));
	*word_of(win, top) = bit_of(top) | (bit_of(top) - 1);
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
uint64_t replay_infer(const struct replay *win, uint32_t seq_lo)
{
	uint32_t width = win->window ? win->window : INFER_UNCHECKED;
	uint32_t tl = (uint32_t)win->top;
	uint32_t th = (uint32_t)(win->top >> 32);
	uint32_t bl = tl - width + 1;

	if (!win->esn)
		return seq_lo;
	if (tl >= width - 1) {
		if (seq_lo < bl)
			th++;
	} else if (seq_lo >= bl && th > 0) {
		th--;
	}
	return (uint64_t)th << 32 | seq_lo;
}

int replay_check(const struct replay *win, uint64_t seq)
{
	if (win->window == 0)
		return 0;
	if (seq == 0)
		return -ERANGE;
	if (seq > win->top)
		return 0;
	if (win->top - seq >= win->window)
		return -ERANGE;
	return *word_of(win, seq) & bit_of(seq) ? -EALREADY : 0;
}

/* Clears every word that the right edge enters on its way to seq. */
static void slide(struct replay *win, uint64_t seq)
{
	uint64_t entered = seq / WORD_BITS - win->top / WORD_BITS;

	if (entered > win->blocks)
		entered = win->blocks;
	for (uint64_t i = 1; i <= entered; i++)
		*word_of(win, win->top + i * WORD_BITS) = 0;
	win->top = seq;
}

int replay_commit(struct replay *win, uint64_t seq)
{
	int err = replay_check(win, seq);

	if (err)
		return err;
	if (seq > win->top)
		slide(win, seq);
	if (win->window)
		*word_of(win, seq) |= bit_of(seq);
	return 0;
}
