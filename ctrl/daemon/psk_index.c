// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/psk_index.h"

#include <errno.h>
#include <stdlib.h>

struct psk_owner {
	uint32_t psk;
	uint32_t which; /* of its owners */
	uint32_t next;	/* of the same hash; and 1, 0: none */
};

static bool is_for_others(const struct psk_conf *psk)
{
	bool any = !psk->n_owners;

	for (size_t i = 0; i < psk->n_owners && !any; i++)
		any = identity_is_pattern(&psk->owners[i]);
	return any;
}

static void put(struct psk_index *x, size_t psk, size_t which, size_t at)
{
	size_t place =
		identity_hash(&x->psks[psk].owners[which]) & (x->n_table - 1);

	x->owners[at] = (struct psk_owner){ (uint32_t)psk, (uint32_t)which,
					    x->table[place] };
	x->table[place] = (uint32_t)at + 1;
}

/* The last one first: each is put before those that are there. */
static void put_all(struct psk_index *x, size_t at)
{
	for (size_t i = x->n; i--;)
		for (size_t k = x->psks[i].n_owners; k--;)
			put(x, i, k, --at);
	for (size_t i = 0; i < x->n; i++)
		if (is_for_others(&x->psks[i]))
			x->others[x->n_others++] = (uint32_t)i;
}

int psk_index_make(struct psk_index *x, const struct psk_conf *psks, size_t n)
{
	size_t n_owners = 0;

	*x = (struct psk_index){ .psks = psks, .n = n, .n_table = 16 };
	for (size_t i = 0; i < n; i++)
		n_owners += psks[i].n_owners;
	while (x->n_table < 2 * n_owners)
		x->n_table *= 2;
	x->owners = calloc(n_owners + 1, sizeof(*x->owners));
	x->table = calloc(x->n_table, sizeof(*x->table));
	x->others = calloc(n + 1, sizeof(*x->others));
	if (!x->owners || !x->table || !x->others)
		return -ENOMEM;
	put_all(x, n_owners);
	return 0;
}

void psk_index_free(struct psk_index *x)
{
	free(x->owners);
	free(x->table);
	free(x->others);
	*x = (struct psk_index){ .psks = NULL };
}

const struct psk_conf *psk_index_named(const struct psk_index *x,
				       const struct identity *peer, size_t *at)
{
	size_t i = *at;

	if (!i && x->n_table)
		i = x->table[identity_hash(peer) & (x->n_table - 1)];
	else if (i)
		i = x->owners[i - 1].next;
	while (i) {
		const struct psk_owner *o = &x->owners[i - 1];
		const struct psk_conf *psk = &x->psks[o->psk];

		*at = i;
		if (identity_equal(&psk->owners[o->which], peer))
			return psk;
		i = o->next;
	}
	return NULL;
}

const struct psk_conf *psk_index_other(const struct psk_index *x, size_t *at)
{
	return *at < x->n_others ? &x->psks[x->others[(*at)++]] : NULL;
}
