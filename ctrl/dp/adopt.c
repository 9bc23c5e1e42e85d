// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/adopt.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/model/status.h"

#define MAPS_MAX 32 /* of one program, with its read-only data */

/* The maps of a program that is loaded. */
struct prog_maps {
	uint32_t n;
	uint32_t ids[MAPS_MAX];
};

static int maps_of(int prog_fd, struct prog_maps *out)
{
	struct bpf_prog_info info = {
		.map_ids = (uintptr_t)out->ids,
		.nr_map_ids = MAPS_MAX,
	};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return -errno;
	out->n = info.nr_map_ids < MAPS_MAX ? info.nr_map_ids : MAPS_MAX;
	return 0;
}

/* The one of that name; a descriptor or -1. */
static int find_map(const struct prog_maps *maps, const char *name)
{
	for (uint32_t i = 0; i < maps->n; i++) {
		struct bpf_map_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_map_get_fd_by_id(maps->ids[i]);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    strcmp(info.name, name) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

bool adopt_is_ours(int prog_fd)
{
	struct prog_maps maps;
	int fd = maps_of(prog_fd, &maps) ? -1 : find_map(&maps, "cyg_layout");

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int adopt_seat_of(int prog_fd)
{
	struct prog_maps maps;

	return maps_of(prog_fd, &maps) ? -1 : find_map(&maps, "cyg_seat");
}

/* FNV-1a. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619U;
	return hash;
}

/* Another enum, or another order in it, is another layout. */
uint32_t adopt_layout(void)
{
	uint32_t hash = 2166136261U + (uint32_t)sizeof(struct counter);

	for (int i = 0; i < DROP_MAX; i++)
		hash = hash_text(hash, drop_name((enum drop_reason)i));
	for (int i = 0; i < PASS_MAX; i++)
		hash = hash_text(hash, pass_name((enum pass_reason)i));
	return hash;
}

static bool layout_is_ours(const struct prog_maps *maps)
{
	const uint32_t zero = 0;
	uint32_t layout = 0;
	int fd = find_map(maps, "cyg_layout");
	bool same;

	if (fd < 0)
		return false;
	same = !bpf_map_lookup_elem(fd, &zero, &layout) &&
	       layout == adopt_layout();
	close(fd);
	return same;
}

static void reuse(const struct prog_maps *maps, struct bpf_map *map)
{
	int fd = find_map(maps, bpf_map__name(map));

	if (fd < 0)
		return;
	bpf_map__reuse_fd(map, fd);
	close(fd);
}

void adopt_counters(int prog_fd, struct bpf_map *const *counters, size_t n)
{
	struct prog_maps maps = { .n = 0 };

	if (maps_of(prog_fd, &maps) || !layout_is_ours(&maps))
		log_info("adopt: counters begin at 0, the programs found have another layout");
	else
		for (size_t i = 0; i < n; i++)
			reuse(&maps, counters[i]);
}

void adopt_map(int prog_fd, struct bpf_map *map)
{
	struct prog_maps maps = { .n = 0 };

	if (!maps_of(prog_fd, &maps))
		reuse(&maps, map);
}

uint32_t adopt_offloads_of(int prog_fd, uint32_t ifindex)
{
	struct prog_maps maps = { .n = 0 };
	uint32_t offloads = 0;
	int fd = maps_of(prog_fd, &maps) ? -1 : find_map(&maps, "cyg_offloads");

	if (fd < 0)
		return 0;
	if (bpf_map_lookup_elem(fd, &ifindex, &offloads))
		offloads = 0;
	close(fd);
	return offloads;
}
