/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs onto interfaces, through netlink: they stay when the loader dies,
 * with or without a bpffs, and keep dropping what they would have protected.
 *
 * What an earlier start left is taken over in one step, never detached first;
 * a program of somebody else is never touched. Control thread.
 */
#ifndef CYG_DP_ATTACH_H
#define CYG_DP_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "include/sad.h"

struct attach_iface {
	const char *name;
	uint32_t ifindex;
	enum iface_role role;
};

/* The XDP program of ours that is on an interface now: its id, 0: none. */
uint32_t attach_found(const struct attach_iface *iface);

/*
 * XDP of one interface, in the driver where it can, else generic.
 *
 * native   set: in the driver
 * fresh    set: no program of ours was there before
 *
 * 0, or negative with e filled: -EBUSY (another program).
 */
int attach_xdp(const struct attach_iface *iface, int prog_fd, bool *native,
	       bool *fresh, struct error *e);

/* What attach_guard() found missing and made; what a failed start undoes. */
struct guard_made {
	bool program; /* no guard of ours was there before */
	bool qdisc;   /* no clsact qdisc was there before */
};

/* The guard at tc egress; as above. */
int attach_guard(const struct attach_iface *iface, int prog_fd,
		 struct guard_made *made, struct error *e);

/* Take our program off, if it is there; traffic flows as without us. */
void detach_xdp(const struct attach_iface *iface);
void detach_guard(const struct attach_iface *iface);

/* Removes the clsact qdisc, with whatever is attached to it. */
void remove_qdisc(const struct attach_iface *iface);

#endif
