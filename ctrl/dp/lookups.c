// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/lookups.h"

#include <errno.h>
#include <sys/socket.h>

#include "ctrl/base/inet_end.h"

static int read_flow(int fd, struct own_flow *out)
{
	int err = inet_end_local(fd, &out->local, &out->local_port);

	return err ? err : inet_end_peer(fd, &out->peer, &out->peer_port);
}

static int read_cookie(int fd, uint64_t *out)
{
	socklen_t len = sizeof(*out);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, out, &len) ? -errno : 0;
}

static void keep_in(struct lookup_sockets *s, struct programs *p)
{
	for (size_t i = 0; i < s->n; i++) {
		programs_del_flow(p, &s->flow[i]);
		programs_keep_in(p, s->cookie[i]);
	}
	s->n = 0;
}

static int let_out(struct lookup_sockets *s, struct programs *p, int fd)
{
	uint64_t *cookie = &s->cookie[s->n];
	struct own_flow *flow = &s->flow[s->n];
	int err = read_flow(fd, flow);

	if (!err)
		err = read_cookie(fd, cookie);
	if (err)
		return err;
	s->n++; /* what is entered by halves is taken back whole */
	err = programs_add_flow(p, flow);
	return err ? err : programs_let_out(p, *cookie, OWN_FLOW);
}

int lookups_set(struct lookups *l, struct programs *p, uint32_t slot,
		const int *fds, size_t n)
{
	struct lookup_sockets *s = &l->at[slot];
	int err = 0;

	keep_in(s, p);
	for (size_t i = 0; !err && i < n; i++)
		err = let_out(s, p, fds[i]);
	if (err)
		keep_in(s, p);
	return err;
}
