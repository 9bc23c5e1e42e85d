/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `cygnetd --lock`: from before there is a network until cygnetd has taken over,
 * the unprotected interfaces are closed. It attaches the programs that cygnetd
 * does, without a policy and with the default to discard: ARP, DHCP and what is
 * the link's pass. IKE passes when cygnetd has taken over, as its
 * sockets are exempt and no port is. Protected interfaces stay as they are:
 * what comes in there leaves by an unprotected one, or concerns no policy.
 *
 * Where a program of ours is already, an earlier start's or another lock's, it
 * is left alone. Ended, it leaves all closed, for cygnetd to take over in one
 * step, or for `cygnetd --release`.
 */
#ifndef CYG_DAEMON_LOCK_H
#define CYG_DAEMON_LOCK_H

#include "ctrl/base/error.h"

/*
 * Returns when it is over: cygnetd has taken over, the programs were taken off,
 * or SIGTERM or SIGINT. The service manager is told when what is there is
 * closed (sd_notify(3)).
 *
 * 0, or negative with e filled: an interface that is there cannot be closed.
 * All others are then.
 */
int lock_role(const char *file, struct error *e);

#endif
