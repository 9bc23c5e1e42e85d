// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/audit_ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "ctrl/dp/audit.h"

struct audit_ring {
	struct ring_buffer *ring;
	struct event *on_ring;
	bool muted;
};

static int on_record(void *ctx, void *record, size_t bytes)
{
	const struct audit_ring *r = ctx;

	if (!r->muted && bytes >= sizeof(struct audit_record))
		audit_recorded(record);
	return 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	const struct audit_ring *r = ctx;

	(void)fd;
	(void)what;
	ring_buffer__consume(r->ring);
}

int audit_ring_open(int map_fd, struct event_base *base, struct audit_ring **out)
{
	struct audit_ring *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->ring = ring_buffer__new(map_fd, on_record, r, NULL);
	if (r->ring)
		r->on_ring = event_new(base, ring_buffer__epoll_fd(r->ring),
				       EV_READ | EV_PERSIST, on_readable, r);
	if (!r->on_ring || event_add(r->on_ring, NULL)) {
		audit_ring_close(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

void audit_ring_close(struct audit_ring *r)
{
	if (!r)
		return;
	if (r->on_ring)
		event_free(r->on_ring);
	ring_buffer__free(r->ring);
	free(r);
}

void audit_ring_mute(struct audit_ring *r, bool muted)
{
	r->muted = muted;
}
