// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/several.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-qsbr.h>

#include "ctrl/sadb/quiescent.h"

struct several {
	struct rcu_head rcu;
	uint32_t n;
	uint8_t cpu[SEVERAL_MAX];
	_Atomic uint64_t ref[]; /* sa_ref as one word; 0: it left */
};

static uint64_t word_of(struct sa_ref ref)
{
	uint64_t whole;

	memcpy(&whole, &ref, sizeof(whole));
	return whole;
}

struct several *several_new(const struct sa_ref *refs, const uint8_t *cpus,
			    uint32_t n)
{
	struct several *of = calloc(1, sizeof(*of) + n * sizeof(of->ref[0]));

	if (!of)
		return NULL;
	memcpy(of->cpu, cpus, n);
	for (; of->n < n; of->n++)
		atomic_init(&of->ref[of->n], word_of(refs[of->n]));
	return of;
}

static void release(struct rcu_head *head)
{
	quiescent_acquire();
	free(caa_container_of(head, struct several, rcu));
}

void several_retire(struct several *of)
{
	if (of)
		quiescent_defer(&of->rcu, release);
}

void several_take(struct several *of, struct sa_ref ref)
{
	for (uint32_t i = 0; i < of->n; i++)
		if (atomic_load(&of->ref[i]) == word_of(ref))
			atomic_store_explicit(&of->ref[i], 0,
					      memory_order_release);
}

uint32_t several_count(const struct several *of)
{
	return of->n;
}

uint8_t several_cpu(const struct several *of, uint32_t i)
{
	return of->cpu[i];
}

struct sa_ref several_at(const struct several *of, uint32_t i)
{
	uint64_t whole = atomic_load_explicit(&of->ref[i], memory_order_acquire);
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}
