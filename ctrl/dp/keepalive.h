/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keeps the mapping of a NAT alive (RFC 3948 sections 2.3 and 4): one octet, from
 * our port to the peer's, as the SA's own packets go. By raw sockets, since the port
 * is IKE's, which need not run. Control thread.
 */
#ifndef CYG_DP_KEEPALIVE_H
#define CYG_DP_KEEPALIVE_H

#include "ctrl/base/log.h"
#include "ctrl/dp/programs.h"
#include "ctrl/sadb/sa.h"

#define KEEPALIVE_FAMILIES 2

struct keepalive {
	int fds[KEEPALIVE_FAMILIES]; /* owned; IPv4's, IPv6's; -1: not yet */
	struct log_limit failed;
};

void keepalive_init(struct keepalive *k);
void keepalive_fini(struct keepalive *k);

/*
 * Sends it for this outbound SA in UDP; what does not leave is logged.
 *
 * p   whose guard lets the socket out
 */
void keepalive_send(struct keepalive *k, struct programs *p,
		    const struct sa_rt *sa);

#endif
