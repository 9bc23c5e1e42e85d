/* SPDX-License-Identifier: BSD-2-Clause */
/* get-pools: pools and who has their addresses. Pure. */
#ifndef CYG_CONTROL_POOLS_H
#define CYG_CONTROL_POOLS_H

#include "ctrl/control/requests.h"
#include "ctrl/control/vici.h"
#include "ctrl/model/pool.h"

#define POOLS_KNOWN (ARG_NAME | ARG_LEASES) /* enum argument */

/* With strongSwan's field names; into an open answer. */
void put_pools(struct vici_builder *b, const struct arguments *args,
	       const struct pool_list *pools);

#endif
