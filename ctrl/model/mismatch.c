// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/mismatch.h"

#include <stdio.h>
#include <string.h>

#define WE_HAVE	     ": we have "
#define PEER_OFFERS  "; the peer offers "
#define PEER_NOTHING "; the peer accepts none of it and says no more"
#define CUT	     "..."

const char *mismatch_str(const char *what, const char *ours, const char *peers,
			 char buf[MISMATCH_STR_MAX])
{
	snprintf(buf, MISMATCH_STR_MAX, "%s" WE_HAVE "%s%s%s", what, ours,
		 *peers ? PEER_OFFERS : PEER_NOTHING, peers);
	return buf;
}

static struct slice between(const char *from, const char *to)
{
	return slice_of(from, (size_t)(to - from));
}

bool mismatch_parse(const char *text, struct mismatch *out)
{
	const char *ours = strstr(text, WE_HAVE), *end;

	if (!ours)
		return false;
	out->what = between(text, ours);
	ours += strlen(WE_HAVE);
	end = strstr(ours, PEER_OFFERS);
	if (end) {
		out->ours = between(ours, end);
		end += strlen(PEER_OFFERS);
		out->peers = slice_of(end, strlen(end));
		return true;
	}
	end = strstr(ours, PEER_NOTHING);
	if (!end)
		return false;
	out->ours = between(ours, end);
	out->peers = slice_of(end, 0);
	return true;
}

bool mismatch_next(struct slice *side, struct slice *item)
{
	static const char comma[] = MISMATCH_COMMA;
	const size_t len = sizeof(comma) - 1;
	const uint8_t *at;
	size_t taken;

	if (!side->len)
		return false;
	at = memmem(side->ptr, side->len, comma, len);
	taken = at ? (size_t)(at - side->ptr) + len : side->len;
	*item = slice_of(side->ptr, at ? taken - len : taken);
	*side = slice_of(side->ptr + taken, side->len - taken);
	return true;
}

void mismatch_add(char side[MISMATCH_SIDE_MAX], const char *text)
{
	size_t len = strlen(side), room = MISMATCH_SIDE_MAX - len;

	if ((size_t)snprintf(side + len, room, "%s", text) >= room)
		strcpy(side + MISMATCH_SIDE_MAX - sizeof(CUT), CUT);
}
