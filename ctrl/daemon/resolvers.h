/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which resolvers this host has, and sockets that are connected to them: for one
 * lookup each, so that every one has a port that nobody can know. Control thread.
 */
#ifndef CYG_DAEMON_RESOLVERS_H
#define CYG_DAEMON_RESOLVERS_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

#define RESOLV_CONF	  "/etc/resolv.conf"
#define RESOLVERS_STR_MAX (RESOLVERS_MAX * (ADDR_STR_MAX + 2))

struct resolvers {
	struct addr at[RESOLVERS_MAX];
	size_t n;
};

/* Those that the configuration names, else the first ones of a resolv.conf(5),
 * as it is now. */
void resolvers_read(const struct gateway_conf *g, const char *resolv_conf,
		    struct resolvers *out);

/* Are all of them on this host, so that others ask for them? */
bool resolvers_are_local(const struct resolvers *r);

/* "192.0.2.53, 2001:db8::53"; returns buf. */
const char *resolvers_str(const struct resolvers *r,
			  char buf[RESOLVERS_STR_MAX]);

/*
 * Sockets to those to which there is a way, the caller's to close.
 *
 * past   they go by the routes that tunnels' own packets go by
 * fds    room for RESOLVERS_MAX
 *
 * How many, or negative with e filled: there is none.
 */
int resolvers_connect(const struct resolvers *r, bool past, int *fds,
		      struct error *e);

#endif
