// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tell.h"

#include <stdint.h>
#include <unistd.h>

#define TELL_ROOM 1024U

int tell_init(struct tell *t, int fd)
{
	t->fd = fd;
	return spsc_init(&t->queue, TELL_ROOM, sizeof(struct telling));
}

void tell_fini(struct tell *t)
{
	spsc_free(&t->queue);
}

bool tell_put(struct tell *t, const struct telling *what)
{
	if (!t)
		return true;
	if (!spsc_push(&t->queue, what))
		return false;
	tell_wake(t);
	return true;
}

bool tell_take(struct tell *t, struct telling *out)
{
	return spsc_pop(&t->queue, out);
}

void tell_wake(const struct tell *t)
{
	const uint64_t one = 1;

	if (t && write(t->fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: it is awake */
}
