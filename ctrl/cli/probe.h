/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets pass: ICMP echo requests that nobody may cut, of many sizes at
 * once (RFC 792, RFC 4443, and RFC 4821 for why replies are believed and not
 * errors). It waits, but never for longer than a bound.
 */
#ifndef CYG_CLI_PROBE_H
#define CYG_CLI_PROBE_H

#include "ctrl/base/error.h"
#include "ctrl/base/range.h"
#include "ctrl/base/slice.h"

#define PROBE_HOSTS_MAX 10

/* Hosts of a network that are likely to be there; how many: none of one that is too
 * large to guess in. */
size_t probe_guess(const struct range *net, struct addr out[PROBE_HOSTS_MAX]);

/* An address of this host in there; false: it has none. */
MUST_CHECK bool probe_own_address(const struct range *net, struct addr *out);

/*
 * Which of these hosts replies first?
 *
 * 0, or negative with e filled: -ETIMEDOUT, none does.
 */
int probe_find(const struct addr *from, const struct addr *hosts, size_t n,
	       struct addr *found, struct error *e);

/*
 * The largest packet that comes to a host that replies, and how large one may be as
 * the kernel has it.
 *
 * 0, or negative with e filled.
 */
int probe_largest(const struct addr *from, const struct addr *to,
		  uint32_t *largest, uint32_t *route, struct error *e);

#endif
