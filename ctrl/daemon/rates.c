// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/rates.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"

struct sample {
	struct sadb_id id;
	uint64_t pkts, bytes;	 /* so far */
	uint64_t pkts_s, bits_s; /* up to then */
};

struct rates {
	struct sample *at; /* owned; in the order of ids */
	size_t n;
	uint64_t at_ns; /* 0: there is none yet */
};

struct rates *rates_new(void)
{
	return calloc(1, sizeof(struct rates));
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	free(r->at);
	free(r);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sadb_id));
}

_Static_assert(offsetof(struct sample, id) == 0, "for by_id()");

static const struct sample *find(const struct rates *r, const struct sadb_id *id)
{
	return r->n ? bsearch(id, r->at, r->n, sizeof(*r->at), by_id) : NULL;
}

/* One that was not there a sample ago has carried all of it since. */
static struct sample sample_of(const struct rates *r, const struct dp_sa *sa,
			       uint64_t now_ns)
{
	const struct sample *was = find(r, &sa->id);
	const uint64_t ms = (now_ns - r->at_ns) / NS_PER_MS;
	struct sample s = { sa->id, sa->status.pkts, sa->status.bytes,
			    STATUS_NO_RATE, STATUS_NO_RATE };

	if (!r->at_ns)
		return s;
	if (was && (was->pkts > s.pkts || was->bytes > s.bytes))
		was = NULL; /* it is another one of that id */
	s.pkts_s = (s.pkts - (was ? was->pkts : 0)) * 1000 / ms;
	s.bits_s = (s.bytes - (was ? was->bytes : 0)) * 8 * 1000 / ms;
	return s;
}

/* Without memory there is no sample, and the next look is as the first. */
void rates_take(struct rates *r, const struct dp_sas *sas, uint64_t now_ns)
{
	struct sample *now;
	struct dp_sa sa;
	size_t n = 0, at = 0;

	if (r->at_ns && now_ns - r->at_ns < RATES_S * NS_PER_S)
		return;
	now = malloc((sas->n + 1) * sizeof(*now));
	while (now && n < sas->n && dp_sas_next(sas, &at, &sa))
		now[n++] = sample_of(r, &sa, now_ns);
	if (now)
		qsort(now, n, sizeof(*now), by_id);
	free(r->at);
	r->at = now;
	r->n = n;
	r->at_ns = now ? now_ns : 0;
}

void rates_put(const struct rates *r, const struct sadb_id *id,
	       struct sa_status *out)
{
	const struct sample *s = find(r, id);

	out->pkts_s = s ? s->pkts_s : STATUS_NO_RATE;
	out->bits_s = s ? s->bits_s : STATUS_NO_RATE;
}
