// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/resolvers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/daemon/connect.h"
#include "ctrl/wire/dns.h"

/* A link-local one, with its interface behind a '%', is left out. */
static void take_line(char *line, struct resolvers *out)
{
	static const char blanks[] = " \t\r\n";
	const char *key = strtok(line, blanks), *value = strtok(NULL, blanks);

	if (key && value && strcmp(key, "nameserver") == 0 &&
	    out->n < RESOLVERS_MAX && !addr_parse(value, &out->at[out->n]))
		out->n++;
}

void resolvers_read(const struct gateway_conf *g, const char *resolv_conf,
		    struct resolvers *out)
{
	char line[256];
	FILE *file;

	out->n = g->n_resolvers;
	memcpy(out->at, g->resolvers, sizeof(out->at));
	file = out->n ? NULL : fopen(resolv_conf, "re");
	while (file && fgets(line, sizeof(line), file))
		take_line(line, out);
	if (file)
		fclose(file);
}

static bool is_loopback(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	return addr_is_v4(a) ? a->octets[ADDR_V4_AT] == 127
			     : h.hi == 0 && h.lo == 1;
}

bool resolvers_are_local(const struct resolvers *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (!is_loopback(&r->at[i]))
			return false;
	return r->n;
}

const char *resolvers_str(const struct resolvers *r, char buf[RESOLVERS_STR_MAX])
{
	char one[ADDR_STR_MAX];
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < r->n; i++)
		len += (size_t)snprintf(buf + len, RESOLVERS_STR_MAX - len,
					"%s%s", i ? ", " : "",
					addr_str(&r->at[i], one));
	return buf;
}

int resolvers_connect(const struct resolvers *r, bool past, int *fds,
		      struct error *e)
{
	char text[RESOLVERS_STR_MAX];
	int n = 0, err = -ENOENT;

	if (!r->n)
		return error_set(
			e, err,
			"there is no resolver; name one: nameserver in " RESOLV_CONF
			", or gateway.resolvers");
	for (size_t i = 0; i < r->n; i++) {
		int fd = connect_to(SOCK_DGRAM, &r->at[i], DNS_PORT, past);

		if (fd >= 0)
			fds[n++] = fd;
		else
			err = fd;
	}
	return n ? n
		 : error_set(e, err,
			     "no way to a resolver (%s): %s; check the routes",
			     resolvers_str(r, text), strerror(-err));
}
