// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/fragment.h"

#include <stdlib.h>
#include <string.h>

struct gathered {
	uint32_t message_id;
	uint16_t total;
	uint16_t n;    /* of them are here */
	uint8_t first; /* the type that the first fragment says */
	size_t bytes;
	struct octets piece[]; /* total; of those that are missing ptr is NULL */
};

static struct gathered *find(const struct ike_sa *sa, const struct ike_header *h)
{
	struct gathered *g = sa->gathered[!!(h->flags & IKE_FLAG_R)];

	return g && g->message_id == h->message_id ? g : NULL;
}

/* With more fragments than before it is the message anew, cut smaller. */
bool fragment_is_wanted(const struct ike_sa *sa, const struct ike_header *h,
			const struct ike_fragment *f)
{
	const struct gathered *g = find(sa, h);

	if (f->total > FRAGMENTS_MAX)
		return false;
	return !g || f->total > g->total ||
	       (f->total == g->total && !g->piece[f->number - 1].ptr);
}

static void drop(struct gathered **at)
{
	struct gathered *g = *at;

	if (!g)
		return;
	for (uint16_t i = 0; i < g->total; i++)
		octets_free(&g->piece[i]);
	free(g);
	*at = NULL;
}

static struct gathered *begin(struct gathered **at, const struct ike_header *h,
			      uint16_t total)
{
	struct gathered *g;

	drop(at);
	g = calloc(1, sizeof(*g) + total * sizeof(g->piece[0]));
	if (!g)
		return NULL;
	g->message_id = h->message_id;
	g->total = total;
	*at = g;
	return g;
}

/* Chains of certificates are long, and who sends them has proved nothing yet. */
static size_t most_bytes(const struct ike_sa *sa)
{
	return sa->e->n_strangers > STRANGERS_MANY ? FRAGMENTED_MANY
						   : FRAGMENTED_MAX;
}

/* An empty piece is one, too. Without memory it is lost, as on its way. */
static bool keep(struct gathered *g, size_t most, const struct ike_fragment *f,
		 struct slice payloads, uint8_t first)
{
	if (g->bytes + payloads.len > most ||
	    !octets_set(&g->piece[f->number - 1], payloads))
		return false;
	if (f->number == 1)
		g->first = first;
	g->bytes += payloads.len;
	return ++g->n == g->total;
}

static bool join(const struct gathered *g, struct octets *whole)
{
	uint8_t *at = malloc(g->bytes + 1);

	*whole = (struct octets){ .ptr = at, .len = g->bytes };
	if (!at)
		return false;
	for (uint16_t i = 0; i < g->total; i++) {
		memcpy(at, g->piece[i].ptr, g->piece[i].len);
		at += g->piece[i].len;
	}
	return true;
}

bool fragment_take(struct ike_sa *sa, const struct ike_header *h,
		   const struct ike_fragment *f, struct slice payloads,
		   uint8_t *first, struct octets *whole)
{
	struct gathered **at = &sa->gathered[!!(h->flags & IKE_FLAG_R)];
	struct gathered *g = find(sa, h);
	bool joined;

	if (!g || f->total > g->total)
		g = begin(at, h, f->total);
	if (!g || !keep(g, most_bytes(sa), f, payloads, *first))
		return false;
	*first = g->first;
	joined = join(g, whole);
	drop(at);
	return joined;
}

void fragments_drop(struct ike_sa *sa)
{
	drop(&sa->gathered[0]);
	drop(&sa->gathered[1]);
}
