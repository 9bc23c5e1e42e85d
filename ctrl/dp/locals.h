/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of this host, and BPF's map of them: each address once, with
 * its kind. Control thread.
 */
#ifndef CYG_DP_LOCALS_H
#define CYG_DP_LOCALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/programs.h"
#include "include/limits.h"
#include "include/sad.h"

struct local {
	struct addr addr;
	enum local_kind kind;
};

struct local_map {
	struct local at[ADDR_MAX]; /* sorted by address */
	size_t n;
};

/*
 * The map's entries for the kernel's addresses. What is an address and another
 * one's broadcast is an address. What there is no room for is left out:
 * broadcasts first, and newcomers before what was there.
 *
 * was        the map until now
 * keep       what was there and is no longer listed stays
 * left_out   how many found no room
 *
 * 0 or -ENOMEM.
 */
int local_map_of(const struct nl_addr *addrs, size_t n,
		 const struct local_map *was, bool keep, struct local_map *out,
		 size_t *left_out);

/* The entry of this address; NULL: there is none. */
const struct local *local_find(const struct local_map *map,
			       const struct addr *a);

struct locals {
	struct nl_addr *addrs; /* owned; in the kernel's order */
	size_t n;
	struct local_map map; /* what the programs have */
	bool told_full;
};

/*
 * Brings the programs' map to the kernel's addresses. More than it holds are
 * an error that is logged once.
 *
 * 0 or a negative errno: -EINTR while they change faster than they can be
 * read; what was known is kept then, until another call sorts it out.
 */
int locals_sync(struct locals *l, struct nl *nl, struct programs *programs);
void locals_fini(struct locals *l);

/* The first address inside the prefix that packets may have as their source;
 * all 0: none. */
struct addr locals_in(const struct locals *l, const struct prefix *p);

#endif
