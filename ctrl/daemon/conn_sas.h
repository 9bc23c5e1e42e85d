/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which SAs a connection has: of all of them, for whoever goes through
 * all connections. Control thread.
 */
#ifndef CYG_DAEMON_CONN_SAS_H
#define CYG_DAEMON_CONN_SAS_H

#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"
#include "ctrl/model/sas.h"

#define CONN_SAS_NONE SIZE_MAX

/* SAs and connections are borrowed. */
struct conn_sas {
	const struct sa_heads *sas;
	size_t *first; /* of each connection; a CHILD SA's place and 1, 0: none */
	size_t *next;	  /* of each CHILD SA; likewise */
	size_t *ike;	  /* of each CHILD SA, its IKE SA's place; or _NONE */
	bool *connecting; /* of each connection: has it an IKE SA on its way? */
};

/* sas NULL: none. 0 or -ENOMEM; conn_sas_free() in any case. */
MUST_CHECK int conn_sas_make(struct conn_sas *x, const struct config *c,
			     const struct sa_heads *sas);
void conn_sas_free(struct conn_sas *x);

/* The first CHILD SA of the i-th connection in the order of ids, the one behind one,
 * or CONN_SAS_NONE: places among all. */
static inline size_t conn_sas_first(const struct conn_sas *x, size_t i)
{
	return x->first[i] - 1;
}

static inline size_t conn_sas_next(const struct conn_sas *x, size_t child)
{
	return x->next[child] - 1;
}

#endif
