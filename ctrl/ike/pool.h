/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools of virtual IP addresses, and their leases: who comes again gets what he
 * had, for as long as there are others that nobody has had yet; then the address
 * goes whose peer has been gone for longest. Shared by the files of ctrl/ike; one
 * thread.
 */
#ifndef CYG_IKE_POOL_H
#define CYG_IKE_POOL_H

#include "ctrl/ike/sa.h"
#include "ctrl/model/pool.h"

/* Of a pool that is loaded; NULL: there is none of that name. */
struct pool *pool_by_name(const struct engine *e, const char *name);
const struct pool_conf *pool_conf_of(const struct pool *p);

/*
 * An address for that peer, which has proved who it is. To be dropped.
 *
 * wish   what it would like to have; NULL: no matter. One that it has already,
 *        by another IKE SA, it gets twice
 *
 * NULL: somebody has each of them, or out of memory
 */
struct lease *lease_take(struct pool *p, const struct identity *id,
			 const struct addr *wish);

/* As an IKE SA has it already. NULL: the pool or the address is no more, another
 * has it, or out of memory. */
struct lease *lease_take_again(const struct engine *e, const char *pool,
			       const struct identity *id,
			       const struct addr *addr);

/* It is offline when as many have dropped it as took it. NULL is fine. */
void lease_drop(struct lease *l);

const struct addr *lease_addr(const struct lease *l);
const struct pool_conf *lease_pool(const struct lease *l);

/* Is its pool loaded no more? */
bool lease_is_of_none(const struct lease *l);

/* All leases of all pools are told again. */
void pools_show(const struct engine *e);

/* The engine ends; no SA is left. */
void pools_free(struct engine *e);

#endif
