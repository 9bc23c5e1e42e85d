// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/leases.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/ike_seam.h"

#define BUCKETS 4096U

struct node {
	struct pool_lease lease;
	struct node *next;
};

struct leases {
	struct node *buckets[BUCKETS];
	size_t n;
};

struct leases *leases_new(void)
{
	return calloc(1, sizeof(struct leases));
}

static bool is_of(const struct node *node, const struct pool_conf *pools,
		  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(pools[i].name, node->lease.pool) == 0)
			return range_has(&pools[i].addrs, &node->lease.addr);
	return false;
}

void leases_keep(struct leases *l, const struct pool_conf *pools, size_t n)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct node **at = &l->buckets[i];

		while (*at) {
			struct node *node = *at;

			if (is_of(node, pools, n)) {
				at = &node->next;
				continue;
			}
			*at = node->next;
			free(node);
			l->n--;
		}
	}
}

void leases_clear(struct leases *l)
{
	leases_keep(l, NULL, 0);
}

void leases_free(struct leases *l)
{
	if (!l)
		return;
	leases_clear(l);
	free(l);
}

void leases_put(struct leases *l, const struct pool_lease *lease)
{
	struct node **at = &l->buckets[addr_hash(&lease->addr) % BUCKETS];
	struct pool_lease own = *lease;

	ike_seam_plain(own.pool, sizeof(own.pool));
	if (own.id.len > sizeof(own.id.octets))
		own.id.len = sizeof(own.id.octets);
	while (*at && !(addr_equal(&(*at)->lease.addr, &own.addr) &&
			strcmp((*at)->lease.pool, own.pool) == 0))
		at = &(*at)->next;
	if (!*at && l->n < LEASES_MAX) {
		*at = calloc(1, sizeof(**at));
		l->n += *at != NULL;
	}
	if (*at)
		(*at)->lease = own;
}

void leases_count(const struct leases *l, const char *pool, size_t *online,
		  size_t *offline)
{
	*online = *offline = 0;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct node *n = l->buckets[i]; n; n = n->next)
			if (strcmp(n->lease.pool, pool) == 0)
				++*(n->lease.online ? online : offline);
}

static int by_addr(const void *a, const void *b)
{
	const struct pool_lease *x = a, *y = b;

	return memcmp(x->addr.octets, y->addr.octets, sizeof(x->addr.octets));
}

struct pool_lease *leases_copy(const struct leases *l, size_t *n)
{
	struct pool_lease *all = calloc(l->n + 1, sizeof(*all));

	*n = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct node *node = l->buckets[i]; node;
		     node = node->next)
			all[(*n)++] = node->lease;
	qsort(all, *n, sizeof(*all), by_addr);
	return all;
}
