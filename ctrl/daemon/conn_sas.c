// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/conn_sas.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/base/name_index.h"

_Static_assert(offsetof(struct conn_conf, name) == 0, "for name_index");

/* They stand in the order of their ids. */
static size_t place_of_ike(const struct sa_heads *sas, uint32_t id)
{
	size_t from = 0, to = sas->n_ike;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (sas->ike[middle]->id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < sas->n_ike && sas->ike[from]->id == id ? from
							     : CONN_SAS_NONE;
}

/* The last one first: each is put before those that are there. */
static void put_children(struct conn_sas *x, const struct name_index *names)
{
	for (size_t i = x->sas->n_child; i--;) {
		size_t ike = place_of_ike(x->sas, x->sas->child[i]->ike_id);
		size_t conn = ike == CONN_SAS_NONE
				      ? NAME_NOWHERE
				      : name_index_find(names,
							x->sas->ike[ike]->conn);

		x->ike[i] = ike;
		if (conn == NAME_NOWHERE)
			continue;
		x->next[i] = x->first[conn];
		x->first[conn] = i + 1;
	}
}

static void put_connecting(struct conn_sas *x, const struct name_index *names)
{
	for (size_t i = 0; i < x->sas->n_ike; i++) {
		const struct ike_sa_view *ike = x->sas->ike[i];
		size_t conn = name_index_find(names, ike->conn);

		if (ike->state == SA_VIEW_CONNECTING && conn != NAME_NOWHERE)
			x->connecting[conn] = true;
	}
}

int conn_sas_make(struct conn_sas *x, const struct config *c,
		  const struct sa_heads *sas)
{
	size_t n_child = sas ? sas->n_child : 0;
	struct name_index names;
	int err = name_index_make(&names, c->conns, sizeof(*c->conns),
				  c->n_conns);

	*x = (struct conn_sas){
		.sas = sas,
		.first = calloc(c->n_conns + 1, sizeof(*x->first)),
		.next = calloc(n_child + 1, sizeof(*x->next)),
		.ike = calloc(n_child + 1, sizeof(*x->ike)),
		.connecting = calloc(c->n_conns + 1, sizeof(*x->connecting)),
	};
	if (!x->first || !x->next || !x->ike || !x->connecting)
		err = -ENOMEM;
	if (!err && sas) {
		put_children(x, &names);
		put_connecting(x, &names);
	}
	name_index_free(&names);
	return err;
}

void conn_sas_free(struct conn_sas *x)
{
	free(x->first);
	free(x->next);
	free(x->ike);
	free(x->connecting);
	*x = (struct conn_sas){ .sas = NULL };
}
