/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools of virtual IP addresses as swanctl.conf's language describes them, and
 * who has which of their addresses. Filled by ctrl/conf or by VICI, used by the
 * engine, read by whoever lists them. Nothing here has a pointer: it crosses
 * processes as it is.
 */
#ifndef CYG_MODEL_POOL_H
#define CYG_MODEL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/range.h"
#include "ctrl/model/conn.h"

#define POOL_ATTRS_MAX 16

/* What a peer is told beside its address. */
struct pool_attr {
	uint16_t type;	     /* enum ike_cfg_attr, of the value's family */
	struct prefix value; /* a host, but for subnets */
};

struct pool_conf {
	char name[CONN_NAME_MAX];
	struct range addrs; /* that are given out */
	struct addr base;   /* as it is listed: a prefix's own */
	struct pool_attr attrs[POOL_ATTRS_MAX];
	uint32_t n_attrs;
	bool from_vici; /* else of the file */
};

/* An address that somebody has, or had last. */
struct pool_lease {
	char pool[CONN_NAME_MAX];
	struct addr addr;
	struct identity id;
	uint8_t online; /* yes or no: has it now */
};

/* A snapshot: pools, and the leases of all of them. */
struct pool_list {
	struct pool_conf *at;
	size_t n;
	struct pool_lease *leases;
	size_t n_leases;
};

/* A pool, or its end: what the data path is told. */
struct pool_addrs {
	char name[CONN_NAME_MAX];
	struct range addrs; /* all 0: there is none of that name */
};

/* Of those the one of that name. */
struct pool_addrs pool_addrs_of(const struct pool_conf *pools, size_t n,
				const char *name);

/* The connections know what their pools have. */
void pools_lend(const struct pool_conf *pools, size_t n_pools,
		struct conn_conf *conns, size_t n);

/* Is the connection's pool of that name another one by that? Then it is this one. */
bool pool_lend(const struct pool_addrs *pool, struct conn_conf *conn);

/* NULL is fine. */
void pool_list_free(struct pool_list *l);

/* The prefix's addresses: but the first and the last where it has more than two,
 * as strongSwan does. */
void pool_set_prefix(struct pool_conf *pool, const struct prefix *p);
void pool_set_range(struct pool_conf *pool, const struct range *r);

bool pool_equal(const struct pool_conf *a, const struct pool_conf *b);

#endif
