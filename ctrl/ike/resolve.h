/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers that have names, and gateways to which they redirect us. Engine's thread. */
#ifndef CYG_IKE_RESOLVE_H
#define CYG_IKE_RESOLVE_H

#include "ctrl/ike/sa.h"

/* It begins when its peer's address is there. */
void resolve_start(struct ike_sa *sa);

/* redirect_resolved() follows when that name's address is there; as of dns_is_name(). */
void resolve_gateway(struct ike_sa *sa, const char *host);

bool resolve_is_waited_for(const struct ike_sa *sa);

/* It has waited for too long. */
void resolve_give_up(struct ike_sa *sa);

/*
 * A peer that no connection is for: its address may be new, and it sends again.
 * False: all names were asked for lately.
 */
bool resolve_for_stranger(struct engine *e);

#endif
