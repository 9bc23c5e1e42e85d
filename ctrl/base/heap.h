/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is due, and which of it first: a binary heap of times. What has a time has
 * a node in it. One thread at a time.
 */
#ifndef CYG_BASE_HEAP_H
#define CYG_BASE_HEAP_H

#include <stdint.h>

struct heap_node {
	uint64_t at_ns; /* CLOCK_MONOTONIC; stays while it is in a heap */
	uint32_t place; /* from 1; 0: it is in none */
};

/* Zeroed it is empty, and has no room. */
struct heap {
	struct heap_node **node; /* owned, what it points at is borrowed */
	uint32_t n, room;
};

/* Room for n nodes in all. 0 or -ENOMEM, then with the room of before. */
int heap_reserve(struct heap *h, uint32_t n);
void heap_fini(struct heap *h);

/* There is room, and the node is in no heap. */
void heap_put(struct heap *h, struct heap_node *node);

/* Of this heap, or of none. */
void heap_take(struct heap *h, struct heap_node *node);

/* NULL: it is empty. */
struct heap_node *heap_first(const struct heap *h);

/* UINT64_MAX: it is empty. */
uint64_t heap_first_ns(const struct heap *h);

#endif
