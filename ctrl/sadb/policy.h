/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPD of RFC 4301 section 4.4.1 in userspace: ordered policies, the plain
 * linear lookup that is the truth, and the compiler to the form that BPF
 * reads. No ownership beyond the caller's arrays; control thread.
 */
#ifndef CYG_SADB_POLICY_H
#define CYG_SADB_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"
#include "include/flow.h"
#include "include/spd.h"

/* Local is the protected side, remote the far one (RFC 4301 4.4.1.1). */
struct selector {
	struct prefix local;
	struct prefix remote;
	uint8_t protocol; /* PROTO_ANY for all */
};

#define POLICY_ID_ANY UINT32_MAX /* none is wanted */

/* Outer addresses that SAs may have; of a side without one, any. */
struct policy_ends {
	struct prefix local[CONN_ADDRS_MAX];
	struct prefix remote[CONN_ADDRS_MAX];
	uint32_t n_local, n_remote;
};

struct policy {
	uint32_t id; /* index into the map `bindings`, below SPD_MAX */
	struct selector selector;
	enum spd_action action;
	bool manual;	/* SPD_PROTECT by SAs of the configuration alone */
	bool on_demand; /* SPD_PROTECT: a packet without an SA asks for one */
	struct policy_ends ends;
};

/* The same as ranges, of all ports. */
struct sadb_selector selector_ranges(const struct selector *s);

bool selector_match(const struct selector *s, const struct flow *f);

/* The first policy that matches, NULL when none does: the reference. */
const struct policy *policy_lookup(const struct policy *list, size_t n,
				   const struct flow *f);

/*
 * The same list as a map value.
 *
 * gen   of the new list; not 0
 *
 * 0, -E2BIG (more than SPD_MAX), -EAFNOSUPPORT (a selector is not IPv4),
 * -EINVAL (an id out of range).
 */
int policy_compile(const struct policy *list, size_t n, uint32_t gen,
		   struct spd_table *out);

#endif
