/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPD of RFC 4301 section 4.4.1 in userspace: ordered policies, and the
 * plain linear lookup that is the truth. No ownership beyond the caller's
 * arrays; control thread.
 */
#ifndef CYG_SADB_POLICY_H
#define CYG_SADB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"
#include "ctrl/model/suites.h"
#include "include/flow.h"
#include "include/meta.h"
#include "include/spd.h"

#define POLICY_ID_ANY UINT32_MAX /* none is wanted */

/* Outer addresses that SAs may have; of a side without one, any. */
struct policy_ends {
	struct range local[CONN_ADDRS_MAX];
	struct range remote[CONN_ADDRS_MAX];
	uint32_t n_local, n_remote;
	bool moves; /* the far end has a name: an SA that is there goes on */
	bool roams; /* the far end may be anywhere once it was there (RFC 4555) */
};

struct policy {
	uint32_t id; /* index into the map `bindings`, below SPD_MAX */
	struct sadb_selector selector;
	uint8_t dirs; /* SPD_OUT and SPD_IN */
	enum spd_action action;
	bool manual;	/* SPD_PROTECT by SAs of the configuration alone */
	bool on_demand; /* SPD_PROTECT: a packet without an SA asks for one */
	uint8_t pfp;	/* enum pfp_flag: what its SAs have from the packet */
	uint32_t pfp_limit; /* so many at once; 0: PFP_PER_POLICY */
	bool is_vips; /* its local side is a virtual IP, or nobody's until there
			   is one: whichever it is, it is the same policy */
	/* Its remote side is what a pool has, or nobody's while there is no such pool:
	 * whichever it is, it is the same policy. Each SA has addresses of it (and pfp
	 * is PFP_REMOTE). The number of the connection, so that one knows the policies of
	 * others, whose peers have theirs of the same pool; 0: it is not so. */
	uint32_t leased_by;
	/* Of those of a child, which follow each other and have an SA together: how
	 * many are before it. */
	uint32_t nth;
	/* By enum dp_dir: the tunnel interface whose packets it is for, by its
	 * number; 0: for those of none. See include/flow.h. */
	uint16_t tunnel[2];
	uint32_t if_id[2]; /* of that one; its SAs have no other */
	struct policy_ends ends;
	struct suites suites; /* of SAs that IKE adds */
};

/* What a list says of a flow; see struct spd_verdict. */
struct policy_verdict {
	const struct policy *policy; /* NULL: none matches */
	bool hidden;
};

/* All between these addresses: local is the protected side, remote the far one
 * (RFC 4301 section 4.4.1.1). */
struct sadb_selector selector_of_ranges(const struct range *local,
					const struct range *remote,
					uint8_t protocol);

/* The same of two networks. */
struct sadb_selector selector_between(const struct prefix *local,
				      const struct prefix *remote,
				      uint8_t protocol);

bool selector_equal(const struct sadb_selector *a,
		    const struct sadb_selector *b);

/* Does it ask for ports, or for type and code? */
bool selector_has_ports(const struct sadb_selector *s);

/* Does it take what shows no ports, and nothing else? RFC 4301 section 4.4.1.2:
 * OPAQUE, on both sides, or on one and ANY on the other. */
bool selector_is_opaque(const struct sadb_selector *s);

/* Is there anything that its ports match? */
bool selector_ports_sound(const struct sadb_selector *s);

/* The first policy that matches: the reference. */
struct policy_verdict policy_lookup(const struct policy *list, size_t n,
				    const struct flow *f, enum dp_dir dir);

#endif
