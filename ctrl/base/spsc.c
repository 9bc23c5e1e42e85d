// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/spsc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int spsc_init(struct spsc *q, uint32_t room, size_t msg_bytes)
{
	*q = (struct spsc){ .room = room, .msg_bytes = msg_bytes };
	q->msgs = calloc(room, msg_bytes);
	return q->msgs ? 0 : -ENOMEM;
}

void spsc_free(struct spsc *q)
{
	free(q->msgs);
	q->msgs = NULL;
}

static uint8_t *slot(const struct spsc *q, uint32_t index)
{
	return q->msgs + (index & (q->room - 1)) * q->msg_bytes;
}

bool spsc_push(struct spsc *q, const void *msg)
{
	uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);

	if (head - tail == q->room)
		return false;
	memcpy(slot(q, head), msg, q->msg_bytes);
	atomic_store_explicit(&q->head, head + 1, memory_order_release);
	return true;
}

bool spsc_pop(struct spsc *q, void *msg)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&q->head, memory_order_acquire);

	if (head == tail)
		return false;
	memcpy(msg, slot(q, tail), q->msg_bytes);
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
	return true;
}

bool spsc_is_empty(const struct spsc *q)
{
	return atomic_load_explicit(&q->tail, memory_order_relaxed) ==
	       atomic_load_explicit(&q->head, memory_order_acquire);
}
