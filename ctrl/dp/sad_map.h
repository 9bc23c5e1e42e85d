/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inbound SAs as BPF finds them: all of them in the map `sad`, and in the map
 * `sad_slots` those that have a slot of their own, where one read of memory finds
 * them. A slot is the first SA's that came; who shares its low bits of the SPI is
 * found in `sad` alone.
 *
 * Control thread.
 */
#ifndef CYG_DP_SAD_MAP_H
#define CYG_DP_SAD_MAP_H

#include <stdint.h>

#include <bpf/libbpf.h>

#include "include/sad.h"

struct sad_map {
	int fd;		       /* of `sad`; borrowed */
	uint32_t slots;	       /* a power of two */
	struct sad_slot *slot; /* mapped */
};

/* Both are loaded, and there until sad_map_close(). 0 or a negative errno. */
int sad_map_open(const struct bpf_map *sad, const struct bpf_map *slots,
		 struct sad_map *out);
void sad_map_close(struct sad_map *m);

/* The key is in no entry. 0 or a negative errno with nothing changed. */
int sad_map_add(struct sad_map *m, const struct sad_key *key, struct sa_ref sa);

/* 0, or -ENOENT. */
int sad_map_del(struct sad_map *m, const struct sad_key *key);

#endif
