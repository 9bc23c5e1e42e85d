/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When this host's addresses or routes change, as the kernel tells of it: then an IKE
 * SA may be somewhere else. What has changed is asked of ike_route_source().
 */
#ifndef CYG_DAEMON_IKE_WAYS_H
#define CYG_DAEMON_IKE_WAYS_H

#include <stdbool.h>

/* The caller's descriptor, or a negative errno. */
int ike_ways_open(void);

/* All that there is; false: nothing of it matters, as routes of our tunnels. */
bool ike_ways_read(int fd);

#endif
