// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/rates.h"

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

/* The one of this SA; both lists are walked side by side. */
static const struct sample *next_of(const struct rates *r, size_t *at,
				    const struct sadb_id *id)
{
	int order = -1;

	while (*at < r->n) {
		order = memcmp(&r->at[*at].id, id, sizeof(*id));
		if (order >= 0)
			break;
		(*at)++;
	}
	return order == 0 ? &r->at[*at] : NULL;
}

/* One that was not there a sample ago has carried all of it since. */
static void set_rates(const struct rates *r, const struct sample *was,
		      uint64_t now_ns, struct sa_status *s)
{
	const uint64_t ms = (now_ns - r->at_ns) / NS_PER_MS;

	if (was && (was->pkts > s->pkts || was->bytes > s->bytes))
		was = NULL; /* it is another one of that id */
	s->pkts_s = (s->pkts - (was ? was->pkts : 0)) * 1000 / ms;
	s->bits_s = (s->bytes - (was ? was->bytes : 0)) * 8 * 1000 / ms;
}

static void set_old_rates(const struct sample *was, struct sa_status *s)
{
	s->pkts_s = was ? was->pkts_s : STATUS_NO_RATE;
	s->bits_s = was ? was->bits_s : STATUS_NO_RATE;
}

/* Without memory there is no sample, and the next look is as the first. */
static void keep(struct rates *r, const struct dp_msg_sa *sas, size_t n,
		 uint64_t now_ns)
{
	struct sample *at = realloc(r->at, (n + 1) * sizeof(*at));

	r->n = 0;
	r->at_ns = 0;
	if (!at)
		return;
	r->at = at;
	for (size_t i = 0; i < n; i++)
		at[i] = (struct sample){ sas[i].id, sas[i].status.pkts,
					 sas[i].status.bytes,
					 sas[i].status.pkts_s,
					 sas[i].status.bits_s };
	r->n = n;
	r->at_ns = now_ns;
}

void rates_take(struct rates *r, struct dp_msg_sa *sas, size_t n,
		uint64_t now_ns)
{
	const bool first = !r->at_ns;
	const bool due = first || now_ns - r->at_ns >= RATES_S * NS_PER_S;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sample *was = next_of(r, &at, &sas[i].id);

		if (first || !due)
			set_old_rates(was, &sas[i].status);
		else
			set_rates(r, was, now_ns, &sas[i].status);
	}
	if (due)
		keep(r, sas, n, now_ns);
}
