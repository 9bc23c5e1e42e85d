// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/trim.h"

#include <malloc.h>

#define LARGE_BYTES (128 << 10)

/* Less is not worth the walk. */
#define FREE_BYTES (1U << 20)

void trim_begin(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	if (mallinfo2().fordblks >= FREE_BYTES)
		malloc_trim(0);
}

struct event *trim_new(struct event_base *base, unsigned int ms)
{
	const struct timeval period = { ms / 1000, ms % 1000 * 1000 };
	struct event *timer = event_new(base, -1, EV_PERSIST, on_timer, NULL);

	if (!timer || !event_add(timer, &period))
		return timer;
	event_free(timer);
	return NULL;
}
