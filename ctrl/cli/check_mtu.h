/* SPDX-License-Identifier: BSD-2-Clause */
/* Which packets pass through a tunnel: a part of `cygnet check NAME`. */
#ifndef CYG_CLI_CHECK_MTU_H
#define CYG_CLI_CHECK_MTU_H

#include "ctrl/base/range.h"
#include "ctrl/base/slice.h"
#include "ctrl/cli/finding.h"
#include "ctrl/cli/tree.h"

/* One CHILD SA that is up, in an answer to list-sas. */
struct checked {
	const char *path; /* of the daemon's socket */
	const char *conn;
	const struct node *ike;
	const struct node *child;
};

/*
 * A traffic selector as list-sas has it, "10.2.0.0/24" or "10.2.0.1..10.2.0.9".
 * false: ICMP is no part of it, or nobody knows.
 */
MUST_CHECK bool check_parse_ts(const char *text, struct range *out);

/* to: a host that replies; NULL: it is guessed. */
void check_mtu(const struct checked *t, const char *to, struct findings *out);

#endif
