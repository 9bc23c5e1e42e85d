// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ten thousand tunnels that come up say so ten thousand times: what is looked at
 * for each event, the order and a hash of the name, lies together.
 */
#include "ctrl/control/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct history {
	uint64_t order[HISTORY_MAX]; /* in which they came; from 1 */
	uint32_t hash[HISTORY_MAX];  /* of conn */
	struct happened at[HISTORY_MAX];
	size_t n;
	uint64_t last; /* order of the newest one */
};

struct history *history_new(void)
{
	return calloc(1, sizeof(struct history));
}

void history_free(struct history *h)
{
	free(h);
}

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619U;
	return hash;
}

static bool is_of(const struct history *h, size_t i, uint32_t hash,
		  const char *conn)
{
	return h->hash[i] == hash && strcmp(h->at[i].conn, conn) == 0;
}

static size_t take_place(struct history *h, uint32_t hash, const char *conn)
{
	size_t oldest = 0, own = 0, n_own = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (h->order[i] < h->order[oldest])
			oldest = i;
		if (!is_of(h, i, hash, conn))
			continue;
		if (!n_own++ || h->order[i] < h->order[own])
			own = i;
	}
	if (n_own == HISTORY_CONN_MAX)
		return own;
	return h->n < HISTORY_MAX ? h->n++ : oldest;
}

static const char *known(const char *text)
{
	return text ? text : "";
}

void history_add(struct history *h, const struct control_event *e,
		 uint64_t now_ns)
{
	struct happened one = { .at_ns = now_ns, .kind = e->kind };
	uint32_t hash;
	size_t i;

	if (e->kind == CONTROL_ALERT)
		return; /* what it stands beside says it in words */
	snprintf(one.conn, sizeof(one.conn), "%s", known(e->conn));
	snprintf(one.child, sizeof(one.child), "%s", known(e->child));
	snprintf(one.text, sizeof(one.text), "%s", known(e->text));
	if (e->ike)
		one.peer = e->ike->remote;
	hash = hash_of(one.conn);
	i = take_place(h, hash, one.conn);
	h->at[i] = one;
	h->hash[i] = hash;
	h->order[i] = ++h->last;
}

size_t history_of(const struct history *h, const char *conn,
		  const struct happened *out[HISTORY_CONN_MAX])
{
	const uint32_t hash = hash_of(conn);
	size_t order[HISTORY_CONN_MAX], n = 0;

	for (size_t i = 0; i < h->n && n < HISTORY_CONN_MAX; i++) {
		size_t k = n;

		if (!is_of(h, i, hash, conn))
			continue;
		for (; k > 0 && h->order[order[k - 1]] > h->order[i]; k--)
			order[k] = order[k - 1];
		order[k] = i;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = &h->at[order[i]];
	return n;
}
