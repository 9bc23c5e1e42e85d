/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an SA may carry, in the SPD's order: its own selectors at its policy's
 * place, and before them the policies that take precedence. The first that
 * matches decides (RFC 4301 section 5.2), so that what was negotiated never
 * overrides an earlier policy.
 *
 * Ranges of addresses and ports and a protocol. What shows no ports (a later
 * fragment) matches no rule that asks for some, but what is OPAQUE: RFC 4301
 * sections 7.1 and 7.2 are what we do, not 7.3.
 */
#ifndef CYG_SADB_RULES_H
#define CYG_SADB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/model/sadb.h"
#include "include/flow.h"

struct sa_rule {
	struct sadb_selector selector;
	bool accept;
};

struct rules;

/* NULL: out of memory. Immutable; freed by rules_free(), NULL is fine. */
struct rules *rules_new(const struct sa_rule *rule, size_t n);
void rules_free(struct rules *r);

/* The same when no worker can read them any more. Control thread. */
void rules_retire(struct rules *r);

enum rules_say {
	RULES_ACCEPT,
	RULES_REFUSE, /* or none matches */
	RULES_PORTS,  /* that depends on its ports: ask rules_accept() */
};

/*
 * The same as rules_accept() of a packet whose ports nobody looked for yet, what
 * costs as much as all else: few rules ask for them. Any worker.
 */
enum rules_say rules_ask(const struct rules *r, const struct addr *local,
			 const struct addr *remote, uint8_t protocol);

/* The first that matches says it; none: false. Any worker. */
bool rules_accept(const struct rules *r, const struct flow *f);

/* Is the first that matches one that refuses? None: false. Any worker. */
bool rules_refuse(const struct rules *r, const struct flow *f);

/* The same of what shows no ports: may it be of a packet that does, and is
 * accepted? Any worker. */
bool rules_may_accept(const struct rules *r, const struct flow *f);

/*
 * Is that one of the addresses of this side that one of them accepts? All that there
 * are, as 0.0.0.0/0 has them, tell the sides not apart, and do not count. Any worker.
 */
bool rules_have_local(const struct rules *r, const struct addr *a);

/* Is there one that accepts by ports? Any worker. */
bool rules_accept_ports(const struct rules *r);

/*
 * Is there one that accepts this protocol by its number, not among all? Any
 * worker.
 */
bool rules_name(const struct rules *r, uint8_t protocol);

/* Is everything that inner covers covered by outer alone? */
bool selector_within(const struct sadb_selector *inner,
		     const struct sadb_selector *outer);

#endif
