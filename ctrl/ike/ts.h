/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic selectors (RFC 7296 sections 2.9 and 3.13): from the configuration,
 * narrowed against the peer's, and as the SAD takes them. Pure; any thread.
 */
#ifndef CYG_IKE_TS_H
#define CYG_IKE_TS_H

#include "ctrl/base/range.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"
#include "ctrl/wire/ike.h"

#define TS_MAX 16 /* of one side of one CHILD SA */

struct ts_list {
	struct ike_ts at[TS_MAX];
	unsigned int n;
};

#define TS_DYNAMIC_MAX 4

/* What `dynamic` stands for on a side: its outer address, or virtual ones. */
struct ts_dynamic {
	struct range at[TS_DYNAMIC_MAX];
	unsigned int n;
};

void ts_from_conf(const struct ts_conf *conf, size_t n,
		  const struct ts_dynamic *dynamic, struct ts_list *out);

/* A payload's selectors, as ike_ts_parse() gives them; those beyond TS_MAX are
 * left out. */
void ts_from_wire(struct slice selectors, struct ts_list *out);

/* What both have in common, in our order; out->n 0: nothing. */
void ts_narrow(const struct ts_list *ours, const struct ts_list *peers,
	       struct ts_list *out);

/* Does every one of these lie inside one of those? */
bool ts_within(const struct ts_list *these, const struct ts_list *those);

/*
 * Local and remote ones as pairs; pairs of different protocols have nothing in
 * common. How many; -E2BIG: more than SADB_SELECTORS_MAX.
 */
int ts_to_selectors(const struct ts_list *local, const struct ts_list *remote,
		    struct sadb_selector *out);

/* "10.1.0.0/24" or "10.1.0.1-10.1.0.9[tcp/80]", joined; returns buf. */
const char *ts_str(const struct ts_list *l, char *buf, size_t max);

#endif
