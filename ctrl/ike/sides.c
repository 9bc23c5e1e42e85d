// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/sides.h"

#include <stdlib.h>
#include <string.h>

bool sides_new(struct ike_sa *sa)
{
	struct ike_sides *s = calloc(1, sizeof(*s));

	if (!s)
		return false;
	sa->sides = s;
	sa->local_id = &s->local;
	sa->peer_id = &s->peer;
	return true;
}

/* With its octets, and even: another may lie behind it. */
static size_t bytes_of(const struct identity *id)
{
	return offsetof(struct identity, octets) + id->len + (id->len & 1U);
}

void sides_keep(struct ike_sa *sa)
{
	size_t local = bytes_of(sa->local_id), peer = bytes_of(sa->peer_id);
	uint8_t *kept = sa->sides ? malloc(local + peer) : NULL;

	if (!kept)
		return;
	memcpy(kept, sa->local_id, local);
	memcpy(kept + local, sa->peer_id, peer);
	sa->local_id = (const struct identity *)(void *)kept;
	sa->peer_id = (const struct identity *)(void *)(kept + local);
	sa->kept_sides = kept;
	free(sa->sides);
	sa->sides = NULL;
}

void sides_free(struct ike_sa *sa)
{
	free(sa->sides);
	free(sa->kept_sides);
}
