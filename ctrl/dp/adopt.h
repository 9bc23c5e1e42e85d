/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that an earlier start left attached: are they ours, and of which of
 * their maps can we go on using? The answer is in their map `cyg_layout`.
 * Control thread.
 */
#ifndef CYG_DP_ADOPT_H
#define CYG_DP_ADOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_map;

/* Is this program one of ours, of whatever version? */
bool adopt_is_ours(int prog_fd);

/* The map of a seat (see seat.h) that this program is, a descriptor; negative:
 * it is none. */
int adopt_seat_of(int prog_fd);

/* The layout of this version's counters as one number. */
uint32_t adopt_layout(void);

/*
 * Before these n maps are created: the maps of the same names of a program of
 * ours take their place, all of them or, where the layout differs, none. Both
 * generations of programs then count into the same maps.
 */
void adopt_counters(int prog_fd, struct bpf_map *const *counters, size_t n);

/* The same for a map that is of no layout: offloads, and what lets TCP sockets out. */
void adopt_map(int prog_fd, struct bpf_map *map);

/* Offloads of that interface which a program of ours wants off; 0: none. */
uint32_t adopt_offloads_of(int prog_fd, uint32_t ifindex);

#endif
