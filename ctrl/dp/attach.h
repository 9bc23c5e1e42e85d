/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs onto interfaces, through netlink: they stay when the loader dies,
 * with or without a bpffs, and keep dropping what they would have protected.
 *
 * What an earlier start left is taken over in one step, never detached first,
 * where it is (alone, or in a seat: gateway.xdp is about new places), and put back
 * if this start fails. A program of somebody else is never
 * touched: ours is known by its name and by the map `cyg_layout`. Control
 * thread.
 */
#ifndef CYG_DP_ATTACH_H
#define CYG_DP_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/dp/seat.h"
#include "include/sad.h"

struct nl;

struct attach_iface {
	const char *name;
	uint32_t ifindex;     /* the guard's and the tag's place */
	uint32_t xdp_ifindex; /* XDP's: of a VLAN the device below */
	enum iface_role role;
	bool tagged; /* the tag is there */
	bool joins;  /* gateway.xdp = dispatcher: XDP takes a seat */
	uint32_t priority;
};

/* What is at one hook of one interface, and what was there before. */
struct attachment {
	bool done;
	bool native;   /* XDP: in the driver, else generic */
	int refused;   /* XDP: what the driver said to it, negative; or 0 */
	bool qdisc;    /* guard, tag: the clsact qdisc is of our making */
	bool lost;     /* it was told that it is off, and cannot be put back */
	int before_fd; /* owned: program of ours that was there; 0: none */
	int prog_fd;   /* borrowed: the one that is there now; 0: none */
	struct seat seat; /* XDP: where it is in libxdp's dispatcher */
};

/*
 * Looks what is at the two hooks of an interface, for attach_*() to take its
 * place; walking programs by id needs CAP_SYS_ADMIN, taking their place does
 * not. attach_close() or an undo closes what was found.
 *
 * 0, or negative with e filled: -EBUSY (a program of somebody else).
 */
int attach_find(const struct attach_iface *iface, struct attachment *xdp,
		struct attachment *guard, struct error *e);
int attach_find_guard(const struct attach_iface *iface,
		      struct attachment *guard, struct error *e);
int attach_find_tag(const struct attach_iface *iface, struct attachment *tag,
		    struct error *e);

/*
 * XDP of one interface, in the driver where it can, else generic; the guard, or
 * what stands in its place, at tc egress, the tag at tc ingress, before every other filter of that kind.
 * prog_fd is borrowed until it is undone; out is what attach_find() found, or
 * zeroed.
 *
 * 0, or negative with e filled: -EBUSY (somebody else was faster).
 */
int attach_xdp(const struct attach_iface *iface, int prog_fd,
	       struct attachment *out, struct error *e);
int attach_guard(const struct attach_iface *iface, int prog_fd,
		 struct attachment *out, struct error *e);
int attach_tag(const struct attach_iface *iface, int prog_fd,
	       struct attachment *out, struct error *e);

/*
 * XDP off and on, for a driver whose new queues run without it otherwise (veth,
 * until it is down and up); closed_fd is there meanwhile. 0 or a negative errno;
 * then closed_fd may be there still.
 */
int attach_xdp_again(const struct attach_iface *iface, int closed_fd,
		     const struct attachment *a);

/*
 * Is what was attached still there? Else it is attached again: at tc also in the
 * place of what others put there since, and before those of the same priority,
 * as all that leaves would pass by it. XDP that was in a dispatcher is alone then;
 * whether it is in one that is there, we have no right to see.
 *
 * 0: it is there, or never was. 1: it is there again. Negative with e filled:
 * -ENODEV (the interface is gone), -EBUSY (another XDP program).
 */
int attach_keep_xdp(const struct attach_iface *iface, struct attachment *a,
		    struct error *e);
int attach_keep_guard(struct nl *nl, const struct attach_iface *iface,
		      struct attachment *a, struct error *e);
int attach_keep_tag(struct nl *nl, const struct attach_iface *iface,
		    struct attachment *a, struct error *e);

/* As it was before: the earlier program, or none. */
void attach_undo_xdp(const struct attach_iface *iface, struct attachment *a);
void attach_undo_guard(const struct attach_iface *iface, struct attachment *a);
void attach_undo_tag(const struct attach_iface *iface, struct attachment *a);

/* The start succeeded: nothing is undone any more. */
void attach_settle(struct attachment *a);

/* And nothing is done to it any more, neither. Takes nothing off. */
void attach_close(struct attachment *a);

/* TCX programs (Linux 6.6) at egress of an interface, which run before the
 * guard; none of them is ours. Negative: that cannot be told. */
int attach_count_tcx(uint32_t ifindex);

#endif
