/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of our own that the guard lets out: values of the map `own_sockets`,
 * and what those of OWN_FLOW may send and hear, keys of `own_flows`.
 */
#ifndef CYG_INCLUDE_OWN_H
#define CYG_INCLUDE_OWN_H

#include <linux/types.h>

#include "include/addr.h"

enum own_reach {
	OWN_ANYWHERE = 1, /* IKE's: peers may be anybody */
	OWN_FLOW,	  /* DNS's: what `own_flows` has, and nothing else */
};

/* UDP between a socket of ours and the one to which it is connected. */
struct own_flow {
	struct addr local, peer;
	__u16 local_port, peer_port; /* host order */
};

_Static_assert(sizeof(struct own_flow) == 36, "map key without holes");

#endif
