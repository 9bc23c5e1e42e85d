/* SPDX-License-Identifier: BSD-2-Clause */
/* What the maps of a gateway's programs hold, as numbers to be compared. */
#ifndef CYG_TESTS_DIGEST_H
#define CYG_TESTS_DIGEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#define VALUES_MAX 65536U
#define KEYS_MAX   (VALUES_MAX / 4)

/* FNV-1a, of whole words. */
static inline uint64_t hash_more(uint64_t hash, const void *from, size_t bytes)
{
	const uint8_t *at = from;
	uint64_t word;

	for (size_t i = 0; i < bytes; i += sizeof(word)) {
		size_t left = bytes - i;

		word = 0;
		memcpy(&word, at + i, left < sizeof(word) ? left : sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ULL;
	}
	return hash;
}

static inline uint64_t hash_entry(const struct bpf_map_info *info,
				  const void *key, const void *value,
				  size_t bytes)
{
	return hash_more(hash_more(1, key, info->key_size), value, bytes);
}

/* One of 100,000 entries takes its time entry by entry. */
static inline uint64_t hash_array(int fd, const struct bpf_map_info *info)
{
	static uint8_t values[VALUES_MAX];
	static uint32_t keys[KEYS_MAX];
	uint32_t n, from = 0, *in = NULL;
	uint64_t sum = 0;
	int err;

	assert_true(info->value_size <= sizeof(values));
	do {
		n = (uint32_t)(sizeof(values) / info->value_size);
		n = n < KEYS_MAX ? n : KEYS_MAX;
		err = bpf_map_lookup_batch(fd, in, &from, keys, values, &n,
					   NULL);
		assert_true(!err || errno == ENOENT); /* that was the last */
		for (uint32_t i = 0; i < n; i++)
			sum += hash_entry(info, &keys[i],
					  values + (size_t)i * info->value_size,
					  info->value_size);
		in = &from;
	} while (!err);
	return sum;
}

/* Of an XSKMAP, which shows none of its values, 0. */
static inline uint64_t hash_each(int fd, const struct bpf_map_info *info)
{
	static uint8_t value[VALUES_MAX];
	uint8_t key[64], next[64];
	size_t bytes = info->value_size;
	uint64_t sum = 0;
	bool more;

	if (info->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		bytes = (bytes + 7) / 8 * 8 * (size_t)libbpf_num_possible_cpus();
	assert_true(info->key_size <= sizeof(key) && bytes <= sizeof(value));
	more = !bpf_map_get_next_key(fd, NULL, next);
	while (more) {
		memcpy(key, next, info->key_size);
		if (!bpf_map_lookup_elem(fd, key, value))
			sum += hash_entry(info, key, value, bytes);
		more = !bpf_map_get_next_key(fd, key, next);
	}
	return sum;
}

/* Of all entries, in no order. */
static inline uint64_t hash_map(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.type == BPF_MAP_TYPE_ARRAY ? hash_array(fd, &info)
					       : hash_each(fd, &info);
}

/* The lists in force are maps by themselves. */
static inline uint64_t hash_list(int outer_fd)
{
	const uint32_t zero = 0;
	uint64_t sum;
	uint32_t id;
	int fd;

	assert_int_equal(bpf_map_lookup_elem(outer_fd, &zero, &id), 0);
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	sum = hash_map(fd);
	close(fd);
	return sum;
}

#define MAPS_MAX 40

struct digest {
	size_t n;
	uint64_t sum[MAPS_MAX];
	const char *name[MAPS_MAX];
};

/* All that the programs of an object have, their own data included. */
static inline void digest_maps(const struct bpf_object *obj, struct digest *out)
{
	const struct bpf_map *map;

	*out = (struct digest){ 0 };
	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__fd(map) < 0)
			continue;
		assert_true(out->n + 1 < MAPS_MAX);
		out->name[out->n] = bpf_map__name(map);
		out->sum[out->n++] = hash_map(bpf_map__fd(map));
	}
	out->name[out->n] = "the list in force";
	out->sum[out->n++] =
		hash_list(bpf_object__find_map_fd_by_name(obj, "spd"));
}

static inline void assert_same_maps(const struct digest *a,
				    const struct digest *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		if (a->sum[i] != b->sum[i])
			fail_msg("%s is not what it was", a->name[i]);
}

#endif
