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

struct ts_sides {
	struct ts_list local, remote;
};

/* What an SA keeps of a list, which has room for many. */
struct ts_kept {
	struct ike_ts *at; /* owned */
	unsigned int n;
};

/* In the place of what it was. Without memory it is empty. */
void ts_keep(struct ts_kept *to, const struct ts_list *from);
struct ts_list ts_kept_list(const struct ts_kept *k);
void ts_kept_free(struct ts_kept *k);

/* Of a packet that waits for a CHILD SA: what is asked for before all else. */
struct ts_first {
	bool is;    /* there is such a packet */
	bool alone; /* and the peer takes nothing beside it */
	uint8_t cpu; /* it is to be that worker's, its number and 1; 0: nobody's */
	struct ike_ts local, remote;
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

/*
 * Its addresses, its protocol, and its ports where the protocol has them.
 *
 * pfp   enum pfp_flag: of ports that are taken from it, also what says that it
 *       shows none
 */
void ts_of_packet(const struct sadb_selector *packet, uint8_t pfp,
		  struct ts_first *out);

/*
 * One pair for a packet of ours: what is taken from it (pfp, enum pfp_flag), and in
 * all else the range of ours in which it is (RFC 4301 section 4.4.2). false: it is
 * none of ours, or no single value in what is taken.
 */
bool ts_populate(const struct ts_sides *ours, uint8_t pfp,
		 const struct ts_first *packet, struct ts_sides *out);

/* Are they the same in what is taken from packets? */
bool ts_same_values(uint8_t pfp, const struct ts_first *a,
		    const struct ts_first *b);

/* What is offered: the first ones, and then ours that are not among them, as far as
 * there is room. */
void ts_offer(const struct ts_list *first, const struct ts_list *ours,
	      struct ts_list *out);

/*
 * What both have in common, in the peer's order, as its first is what it wants most;
 * what lies inside another is not said twice. out->n 0: nothing.
 */
void ts_narrow(const struct ts_list *ours, const struct ts_list *peers,
	       struct ts_list *out);

/* Does every one of these lie inside one of those? */
bool ts_within(const struct ts_list *these, const struct ts_list *those);

/* Have they packets in common? */
bool ts_meet(const struct ts_list *these, const struct ts_list *those);

/* Does the first one of these? */
bool ts_first_within(const struct ts_list *these, const struct ts_list *those);

/*
 * Leaves out the last ones of either side until their pairs are as many as an SA
 * has; the first pair stays. False: nothing had to go.
 */
bool ts_cut(struct ts_list *local, struct ts_list *remote);

/*
 * All that name one address have that one from now on: where a NAT is between the
 * two, as it is seen here (RFC 7296 section 2.23.1).
 */
void ts_set_host(struct ts_list *l, const struct addr *host);

/*
 * Local and remote ones as pairs; pairs of different protocols have nothing in
 * common. How many; -E2BIG: more than SADB_SELECTORS_MAX.
 */
int ts_to_selectors(const struct ts_list *local, const struct ts_list *remote,
		    struct sadb_selector *out);

/* "10.1.0.0/24" or "10.1.0.1-10.1.0.9[tcp/80]", joined; returns buf. */
const char *ts_str(const struct ts_list *l, char *buf, size_t max);

#endif
