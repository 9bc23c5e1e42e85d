// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/collide.h"

#include <stddef.h>

#define ROW(event, fact, another, deed) \
	{ COLLIDE_##event, COLLIDE_##fact | COLLIDE_##another, COLLIDE_##deed },

/* The last one of an event asks for nothing. */
static const struct {
	enum collide_event event;
	unsigned int facts;
	enum collide_deed deed;
} rows[] = { COLLIDE_ROWS(ROW) };

enum collide_deed collide(enum collide_event event, unsigned int facts)
{
	size_t i = 0;

	while (rows[i].event != event ||
	       (facts & rows[i].facts) != rows[i].facts)
		i++;
	return rows[i].deed;
}
