/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of ours off interfaces, whatever start they are of. Needs
 * CAP_SYS_ADMIN. Control thread.
 */
#ifndef CYG_DP_RELEASE_H
#define CYG_DP_RELEASE_H

#include "ctrl/dp/attach.h"

/*
 * Takes every program of ours off every interface of this network namespace,
 * and with the last filter the clsact qdisc; but for XDP on the interfaces to
 * keep, the guard on the unprotected ones among them, and the tag where it is.
 *
 * 0, or negative with e filled: -EPERM.
 */
int release_programs(const struct attach_iface *keep, size_t n, struct error *e);

/* Gives up seats in which nobody sits: those of a start that failed, which had no
 * right to leave them itself. */
void release_empty_seats(void);

#endif
