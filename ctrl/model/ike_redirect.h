/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that are sent to another gateway (RFC 5685): which ones, and where to. It
 * carries no pointer.
 */
#ifndef CYG_MODEL_IKE_REDIRECT_H
#define CYG_MODEL_IKE_REDIRECT_H

#include <string.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/identity.h"

/* Section 3: an address in network order, or a name. */
enum gateway_type {
	GATEWAY_IPV4 = 1,
	GATEWAY_IPV6 = 2,
	GATEWAY_FQDN = 3,
};

struct gateway {
	uint8_t type; /* enum gateway_type */
	uint8_t len;
	uint8_t octets[CONN_HOST_MAX];
};

static inline struct gateway gateway_of_addr(const struct addr *a)
{
	const bool v4 = addr_is_v4(a);
	struct gateway g = { .type = v4 ? GATEWAY_IPV4 : GATEWAY_IPV6,
			     .len = v4 ? 4 : 16 };

	memcpy(g.octets, a->octets + 16 - g.len, g.len);
	return g;
}

/* All IKE SAs to which each of these applies. */
struct ike_redirect {
	char conn[CONN_NAME_MAX];	/* "": any */
	uint32_t ike_id;		/* 0: any */
	uint32_t by_addr;		/* yes or no */
	struct addr peer_min, peer_max; /* both inclusive */
	struct identity peer_id;	/* a pattern; type 0: any */
	struct gateway to;
};

#endif
