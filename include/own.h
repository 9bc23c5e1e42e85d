/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of our own that the guard lets out: values of the map `own_sockets`,
 * and what those of OWN_FLOW may send and hear, keys of `own_flows`. Those of TCP that
 * carry IKE and ESP are in `own_streams`; what they hear are keys of `stream_flows`.
 */
#ifndef CYG_INCLUDE_OWN_H
#define CYG_INCLUDE_OWN_H

#include <linux/types.h>

#include "include/addr.h"

enum own_reach {
	OWN_ANYWHERE = 1, /* IKE's: peers may be anybody */
	OWN_FLOW,	  /* DNS's: what `own_flows` has, and nothing else */
};

#define OWN_STREAMS_MAX 8192 /* flows of TCP that we opened, or listen for */

/* UDP between a socket of ours and the one to which it is connected. */
struct own_flow {
	struct addr local, peer;
	__u16 local_port, peer_port; /* host order */
};

/* TCP alike; one that listens has its port, and zeros. */

_Static_assert(sizeof(struct own_flow) == 36, "map key without holes");

#endif
