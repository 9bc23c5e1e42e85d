/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SAs of policies that take selectors from the packet (PFP, RFC 4301 sections
 * 4.4.1.1 and 4.4.1.2). Such a policy has flags (enum pfp_flag); packets that have
 * the same values in the flagged fields go by one SA, whose selectors are these
 * values there and the policy's ranges elsewhere. Here is which SA that is.
 *
 *     policy's flags, packet   -> key
 *     policy's flags, selector -> key, if there is one value in each flagged field
 *     key                      -> SA
 *
 * The control thread writes, workers read without a lock.
 */
#ifndef CYG_SADB_WITHIN_H
#define CYG_SADB_WITHIN_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/sadb.h"
#include "include/flow.h"
#include "include/meta.h"

/* Whose packets. Another policy under the same id has another `since`, so that no
 * packet of it meets the keys of the one before. */
struct within_policy {
	uint32_t id;
	uint32_t since; /* the list since which the id means the policy */
	uint8_t pfp;	/* enum pfp_flag; not 0 */
};

/* 0 in what is not flagged. */
struct within_key {
	struct addr local, remote;
	uint32_t policy, since;
	uint16_t local_port, remote_port;
	uint8_t protocol;
	uint8_t ports; /* are there any to be seen? If not, that is a value, too */
	uint8_t pad[2];
};

_Static_assert(sizeof(struct within_key) == 48, "compared without gaps");

struct within_key within_key_of_flow(const struct within_policy *p,
				     const struct flow *f);

/*
 * false: a flagged field of the selector is no single value. A port is one that is
 * OPAQUE, too, and so it is ANY where the protocol has no ports.
 */
bool within_key_of_selector(const struct within_policy *p,
			    const struct sadb_selector *s,
			    struct within_key *out);

bool within_key_equal(const struct within_key *a, const struct within_key *b);

/* Evenly spread. */
uint32_t within_key_hash(const struct within_key *key);

struct within;

/* NULL: out of memory. No worker may read when it is freed; NULL is fine. */
struct within *within_new(void);
void within_free(struct within *t);

/* The key's SA from now on, in place of what it had. 0 or -ENOMEM with nothing
 * changed. Control thread. */
int within_put(struct within *t, const struct within_key *key,
	       struct sa_ref ref);

/* The key has none, if it still had that one. Control thread. */
void within_take(struct within *t, const struct within_key *key,
		 struct sa_ref ref);

/* gen 0: none. Any thread. */
struct sa_ref within_get(const struct within *t, const struct within_key *key);

#endif
