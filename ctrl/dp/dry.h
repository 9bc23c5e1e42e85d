/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs once more, dry: the same object with the same constants on the same
 * maps, but nothing is counted, remembered or sent. A packet of which somebody asks
 * what would become of it runs through them as a real one does, and leaves no trace.
 * Control thread.
 */
#ifndef CYG_DP_DRY_H
#define CYG_DP_DRY_H

#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/dp/programs.h"
#include "include/dry.h"

struct dry;

/*
 * Loads them, for which the kernel verifies them again: as long as at a start.
 * programs is borrowed for the call. 0, or negative with e filled.
 */
int dry_open(const struct programs *programs, struct dry **out, struct error *e);

/* NULL is fine. */
void dry_close(struct dry *d);

struct dry_packet {
	const uint8_t *frame; /* from its Ethernet header on */
	uint32_t bytes;
	uint32_t ifindex; /* where a program meets it */
	uint32_t from; /* guard: whence the kernel forwards it; 0: the host's */
};

/*
 * At XDP of the device that receives it, on its first queue; and at tc egress.
 *
 * 0, or a negative errno: -ENODEV (no such interface), -EIO (the program did not
 * say what becomes of it).
 */
int dry_edge(const struct dry *d, const struct dry_packet *p,
	     struct dry_note *out);
int dry_guard(const struct dry *d, const struct dry_packet *p,
	      struct dry_note *out);
int dry_tunnel(const struct dry *d, const struct dry_packet *p,
	       struct dry_note *out);

#endif
