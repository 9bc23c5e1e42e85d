// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/capture_room.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Counted from the begin on, round by round; what waits is from tail to head. */
struct capture_room {
	uint8_t *at;
	uint64_t head, tail;
	uint64_t taken; /* where the octets are that were taken last */
	bool over;	/* it goes with the last that waits */
};

struct capture_room *capture_room_new(void)
{
	struct capture_room *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->at = mmap(NULL, CAPTURE_ROOM_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->at == MAP_FAILED) {
		free(r);
		return NULL;
	}
	madvise(r->at, CAPTURE_ROOM_BYTES, MADV_DONTDUMP);
	return r;
}

static void go(struct capture_room *r)
{
	munmap(r->at, CAPTURE_ROOM_BYTES);
	free(r);
}

void capture_room_free(struct capture_room *r)
{
	if (!r)
		return;
	r->over = true;
	if (r->head == r->tail)
		go(r);
}

uint8_t *capture_room_take(struct capture_room *r, size_t bytes)
{
	size_t left = CAPTURE_ROOM_BYTES - r->head % CAPTURE_ROOM_BYTES;

	r->taken = r->head;
	if (bytes > left) /* in one piece: the end of this round stays empty */
		r->taken += left;
	if (r->taken + bytes - r->tail > CAPTURE_ROOM_BYTES)
		return NULL;
	return r->at + r->taken % CAPTURE_ROOM_BYTES;
}

/* They have left, as all before them have. */
static void on_left(const void *octets, size_t bytes, void *ctx)
{
	struct capture_room *r = ctx;
	uint8_t *at = r->at + ((const uint8_t *)octets - r->at);
	uint64_t end = (uint64_t)(at - r->at) + bytes;

	explicit_bzero(at, bytes);
	end += r->tail - r->tail % CAPTURE_ROOM_BYTES;
	r->tail = end < r->tail ? end + CAPTURE_ROOM_BYTES : end;
	if (r->head != r->tail)
		return;
	r->head = r->tail = 0; /* where memory is in use already */
	if (r->over)
		go(r);
}

bool capture_room_give(struct capture_room *r, size_t bytes,
		       struct evbuffer *out)
{
	const uint64_t head = r->head;

	r->head = r->taken + bytes;
	if (!evbuffer_add_reference(out, r->at + r->taken % CAPTURE_ROOM_BYTES,
				    bytes, on_left, r))
		return true;
	r->head = head;
	return false;
}
