// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/umem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

int umem_init(struct umem *u, uint32_t frames)
{
	size_t bytes = (size_t)frames * FRAME_BYTES;

	*u = (struct umem){ .frames = frames };
	u->free_stack = calloc(frames, sizeof(*u->free_stack));
	u->lent_to = calloc(frames, sizeof(*u->lent_to));
	if (!u->free_stack || !u->lent_to) {
		umem_fini(u);
		return -ENOMEM;
	}
	u->area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (u->area == MAP_FAILED) {
		u->area = NULL;
		umem_fini(u);
		return -ENOMEM;
	}
	/* Plaintext passes through here. */
	madvise(u->area, bytes, MADV_DONTDUMP);
	for (uint32_t i = 0; i < frames; i++)
		frame_put(u, (uint64_t)i * FRAME_BYTES);
	return 0;
}

void umem_fini(struct umem *u)
{
	if (u->area)
		munmap(u->area, (size_t)u->frames * FRAME_BYTES);
	free(u->free_stack);
	free(u->lent_to);
	*u = (struct umem){ 0 };
}

uint32_t frames_put_all(struct umem *u, uint16_t tag)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->frames; i++) {
		if (u->lent_to[i] != tag)
			continue;
		u->lent_to[i] = 0;
		frame_put(u, (uint64_t)i * FRAME_BYTES);
		n++;
	}
	return n;
}
