// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is counted, by the programs for each CPU and by the workers in memory that
 * they share with a map; and which maps there are.
 */
#include "ctrl/dp/programs.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cygnet.skel.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "ctrl/dp/programs_state.h"

static size_t map_bytes(const struct bpf_map *map)
{
	return (size_t)bpf_map__max_entries(map) * sizeof(struct counter);
}

static int map_counters(const struct bpf_map *map, struct counter **out)
{
	void *at = mmap(NULL, map_bytes(map), PROT_READ | PROT_WRITE,
			MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED)
		return -errno;
	*out = at;
	return 0;
}

static void unmap_counters(const struct bpf_map *map, struct counter *at)
{
	if (at)
		munmap(at, map_bytes(map));
}

int programs_map_counters(struct programs *p)
{
	int err = map_counters(p->skel->maps.worker_drops, &p->worker_drops);

	return err ? err
		   : map_counters(p->skel->maps.worker_passes,
				  &p->worker_passes);
}

void programs_unmap_counters(struct programs *p)
{
	unmap_counters(p->skel->maps.worker_drops, p->worker_drops);
	unmap_counters(p->skel->maps.worker_passes, p->worker_passes);
}

struct counter *programs_worker_drops(const struct programs *p, uint32_t worker)
{
	return p->worker_drops + worker * COUNTER_ROW(DROP_MAX);
}

struct counter *programs_worker_passes(const struct programs *p, uint32_t worker)
{
	return p->worker_passes + worker * COUNTER_ROW(PASS_MAX);
}

static void add_counter(struct counter *sum, const struct counter *c)
{
	sum->pkts += c->pkts;
	sum->bytes += c->bytes;
}

static void add_per_cpu(const struct programs *p, const struct bpf_map *map,
			struct counter *sums, uint32_t n)
{
	for (uint32_t key = 0; key < n; key++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &key, p->per_cpu))
			continue;
		for (int cpu = 0; cpu < p->cpus; cpu++)
			add_counter(&sums[key], &p->per_cpu[cpu]);
	}
}

void programs_worker_counters(const struct programs *p, struct counters *out)
{
	for (uint32_t w = 0; w < WORKERS_MAX; w++) {
		for (uint32_t i = 0; i < DROP_MAX; i++)
			add_counter(&out->drops[i],
				    &programs_worker_drops(p, w)[i]);
		for (uint32_t i = 0; i < PASS_MAX; i++)
			add_counter(&out->passes[i],
				    &programs_worker_passes(p, w)[i]);
	}
}

void programs_counters(const struct programs *p, struct counters *out)
{
	add_per_cpu(p, p->skel->maps.drops, out->drops, DROP_MAX);
	add_per_cpu(p, p->skel->maps.passes, out->passes, PASS_MAX);
	programs_worker_counters(p, out);
}

size_t programs_maps(const struct programs *p, struct map_status *out,
		     size_t max)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	size_t n = 0;

	bpf_object__for_each_map(map, p->skel->obj)
	{
		uint32_t len = sizeof(info);

		memset(&info, 0, sizeof(info));
		if (bpf_map__is_internal(map) ||
		    bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len))
			continue;
		assert(n < max); /* our maps are as many as they are */
		snprintf(out[n].name, sizeof(out[n].name), "%s", info.name);
		out[n++].id = info.id;
	}
	return n;
}
