/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that change while we serve them: another MAC, MTU or state, made
 * anew under the same name, more queues or fewer. Control thread.
 */
#ifndef CYG_DP_LINKS_H
#define CYG_DP_LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"

struct dp;
struct event_base;
struct iface;
struct served;

/* What BPF knows of that interface, at the index of dp->ifaces, as it is now. 0
 * or a negative errno. */
int links_enter(const struct dp *dp, size_t i);

/* The host interface has the MTU of the unprotected interface that has the
 * smallest. */
void links_follow_mtu(struct dp *dp);

/* A warning, where the MTU is larger than what we carry. */
void links_tell_jumbo(const struct iface *i);

/*
 * Before XDP is attached: the offloads of that interface's device that hide
 * frames from XDP are off, until XDP is taken off, by whatever process that may
 * be. 0, or negative with e filled: -EOPNOTSUPP (the driver keeps one on).
 */
int links_show_truth(struct dp *dp, size_t i, struct error *e);

/* The start failed: as they were before it. */
void links_hide_again(struct dp *dp, size_t i);

/* The interface through which XDP is on that device; NULL: it is not. */
const struct served *links_attached_to(const struct dp *dp, uint32_t device);

/* The resolver's calls; ctx is struct dp. */
void links_changed(void *ctx, const struct iface *now);
void links_replaced(void *ctx, uint32_t old_ifindex, const struct iface *now);
void links_moved(void *ctx);

/* Workers run: what no event tells is looked for. 0, or negative with e filled. */
int links_watch(struct dp *dp, struct event_base *base, struct error *e);
void links_unwatch(struct dp *dp);

#endif
