// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/heap.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

int heap_reserve(struct heap *h, uint32_t n)
{
	struct heap_node **node;

	if (n <= h->room)
		return 0;
	node = realloc(h->node, n * sizeof(struct heap_node *));
	if (!node)
		return -ENOMEM;
	h->node = node;
	h->room = n;
	return 0;
}

void heap_fini(struct heap *h)
{
	free(h->node);
	*h = (struct heap){ 0 };
}

/* at: from 0, which has the least. */
static void put_at(struct heap *h, uint32_t at, struct heap_node *node)
{
	h->node[at] = node;
	node->place = at + 1;
}

static void sift_up(struct heap *h, uint32_t at, struct heap_node *node)
{
	while (at) {
		struct heap_node *parent = h->node[(at - 1) / 2];

		if (parent->at_ns <= node->at_ns)
			break;
		put_at(h, at, parent);
		at = (at - 1) / 2;
	}
	put_at(h, at, node);
}

static void sift_down(struct heap *h, uint32_t at, struct heap_node *node)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n &&
		    h->node[child + 1]->at_ns < h->node[child]->at_ns)
			child++;
		if (node->at_ns <= h->node[child]->at_ns)
			break;
		put_at(h, at, h->node[child]);
		at = child;
	}
	put_at(h, at, node);
}

void heap_put(struct heap *h, struct heap_node *node)
{
	assert(!node->place && h->n < h->room);
	sift_up(h, h->n++, node);
}

void heap_take(struct heap *h, struct heap_node *node)
{
	uint32_t place = node->place;
	struct heap_node *last;

	if (!place)
		return;
	node->place = 0;
	last = h->node[--h->n];
	if (last == node)
		return;
	sift_down(h, place - 1, last);
	sift_up(h, last->place - 1, last);
}

struct heap_node *heap_first(const struct heap *h)
{
	return h->n ? h->node[0] : NULL;
}

uint64_t heap_first_ns(const struct heap *h)
{
	return h->n ? h->node[0]->at_ns : UINT64_MAX;
}
