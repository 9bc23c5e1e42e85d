/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our seat in libxdp's dispatcher, beside XDP programs of others: a small program
 * (bpf/seat.bpf.c) that libxdp moves from one dispatcher to the next whenever
 * somebody joins or leaves, and that runs whoever sits in its map. libxdp is
 * needed to take the seat and to leave it, and needs CAP_SYS_ADMIN for that; who
 * sits there changes in one step, without either.
 *
 * libxdp keeps a dispatcher by pins in a bpffs, and so do we keep the map. Control
 * thread.
 */
#ifndef CYG_DP_SEAT_H
#define CYG_DP_SEAT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"

#define SEAT_DISPATCHER "xdp_dispatcher" /* the name of libxdp's program */
#define SEAT_OTHERS_MAX 16		 /* libxdp has room for 10 */

struct seat {
	int slot_fd;	   /* owned: the map with who sits there; 0: no seat */
	int dispatcher_fd; /* owned: as it was then; 0: not known */
};

struct seat_spec {
	const char *ifname;
	uint32_t ifindex;
	uint32_t priority; /* libxdp's: the lowest one runs first */
};

/* Somebody else's program in the same dispatcher. */
struct seat_other {
	char name[BPF_OBJ_NAME_LEN];
	uint32_t priority;
	bool is_before; /* it runs before ours, or before we are there */
};

/*
 * Can there be a seat that outlives us? The bpffs has to be that of the first
 * process: another one goes with its last user, and every seat with it.
 *
 * 0, or negative with e filled: -ENOENT (no such bpffs), -EOPNOTSUPP (the kernel
 * has no freplace).
 */
int seat_check(const char *ifname, struct error *e);

/*
 * The seat that we have at an interface; seat_close() closes it.
 *
 * 0, -ENOENT (there is a dispatcher without us, or none), -EACCES (there is one,
 * and who is in it cannot be read), or another negative errno.
 */
int seat_find(uint32_t ifindex, struct seat *out);

/*
 * Takes a seat in the dispatcher of an interface, which is made if there is none,
 * and puts the program into it first. After ours those of a higher priority see
 * what ours passes, and nothing else.
 *
 * native   out: in the driver, else generic
 *
 * 0, or negative with e filled: -EOPNOTSUPP (no freplace in this kernel).
 */
int seat_take(const struct seat_spec *spec, int prog_fd, struct seat *out,
	      bool *native, struct error *e);

/* This program in place of whoever sits there; -1: nobody, nothing passes.
 * 0, or a negative errno. */
int seat_put(const struct seat *s, int prog_fd);

/* The same in a seat that an earlier start took, which is kept as if it were ours
 * from the beginning: somebody may have tidied the bpffs. */
int seat_take_over(const struct seat *s, int prog_fd);

/* The id of the program that sits there; 0: nobody. */
uint32_t seat_sitter(const struct seat *s);

/* The seat of an interface is given up, others stay. 0, or a negative errno:
 * -ENOENT (there is none). */
int seat_leave(uint32_t ifindex);

/* Its interface is gone: nothing is kept in bpffs for it. */
void seat_forget(struct seat *s);

/* Others at an interface, as far as they fit, in the order in which they run;
 * how many. */
size_t seat_others(uint32_t ifindex, struct seat_other *out, size_t max);

/* Takes nothing off. */
void seat_close(struct seat *s);

#endif
