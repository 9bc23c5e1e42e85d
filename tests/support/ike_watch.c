// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_watch.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/crypto/hash.h"
#include "ctrl/wire/ike.h"

struct watched {
	uint64_t spi_i, spi_r;
	unsigned int side;
	uint32_t message_id;
	bool response;
	uint16_t fragment; /* its number; 0: it is not cut */
	uint64_t iv;	   /* its first octets */
	uint8_t digest[HASH_SHA1_BYTES];
};

static void must(const struct ike_watch *w, bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_watch: seed %" PRIu64 ": %s\n", w->seed, what);
	abort();
}

static bool under_one_key(const struct watched *a, const struct watched *b)
{
	return a->side == b->side && a->spi_i == b->spi_i &&
	       a->spi_r == b->spi_r;
}

static bool is_same(const struct watched *a, const struct watched *b)
{
	return a->message_id == b->message_id && a->response == b->response &&
	       a->fragment == b->fragment;
}

/* Is it one that was sent before? */
static bool is_again(const struct ike_watch *w, const struct watched *now)
{
	for (unsigned int i = 0; i < w->n; i++) {
		const struct watched *old = &w->seen[i];

		if (!under_one_key(old, now))
			continue;
		if (is_same(old, now)) {
			must(w,
			     memcmp(old->digest, now->digest,
				    sizeof(now->digest)) == 0,
			     "a message id with other content");
			return true;
		}
		must(w, old->iv != now->iv, "an IV for the second time");
	}
	return false;
}

/* Of SK or SKF, which comes first. */
static bool read_iv(struct slice d, bool is_fragment, struct watched *out)
{
	struct slice skipped;
	uint16_t total;

	return rd_slice(&d, IKE_HEADER_BYTES + IKE_PL_HEADER_BYTES, &skipped) &&
	       (!is_fragment ||
		(rd_u16(&d, &out->fragment) && rd_u16(&d, &total))) &&
	       rd_u64(&d, &out->iv);
}

void watch_datagram(struct ike_watch *w, unsigned int side, struct slice d)
{
	struct watched now = { .side = side };
	struct ike_header h;

	if (!ike_header_parse(d, &h) ||
	    (h.next_payload != IKE_PL_SK && h.next_payload != IKE_PL_SKF))
		return;
	now.spi_i = h.spi_i;
	now.spi_r = h.spi_r;
	now.message_id = h.message_id;
	now.response = h.flags & IKE_FLAG_R;
	must(w,
	     read_iv(d, h.next_payload == IKE_PL_SKF, &now) &&
		     hash_sha1(d, now.digest),
	     "not a message");
	if (is_again(w, &now))
		return;
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->seen = realloc(w->seen, w->room * sizeof(*w->seen));
		must(w, w->seen, "out of memory");
	}
	w->seen[w->n++] = now;
}

void watch_free(struct ike_watch *w)
{
	free(w->seen);
}
