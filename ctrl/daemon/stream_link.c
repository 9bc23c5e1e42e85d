// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/stream_link.h"

#include <errno.h>
#include <stdlib.h>

#include "ctrl/daemon/role.h"

#define STOP_MS 1000

struct stream_link {
	struct stream_link_spec spec;
	struct role *role;
	bool heard; /* it said that it is ready */
};

static void on_ready(struct stream_link *l, const struct stream_msg_ready *m,
		     const int *fds, size_t n)
{
	if (l->heard || n > STREAM_LISTEN_MAX) {
		role_close_all(fds, n); /* it lies */
		return;
	}
	l->heard = true;
	l->spec.ready(l->spec.ctx, m, fds, n);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct stream_link *l = ctx;

	if (type == STREAM_MSG_READY) {
		on_ready(l, msg, fds, n_fds);
		return;
	}
	role_close_all(fds, n_fds);
	if (type == STREAM_MSG_GONE)
		l->spec.gone(l->spec.ctx, msg);
	else if (type == STREAM_MSG_COUNTS)
		l->spec.counted(l->spec.ctx, msg);
	else if (type == STREAM_MSG_LOST)
		l->spec.lost(l->spec.ctx);
}

static void on_down(void *ctx, const char *why)
{
	struct stream_link *l = ctx;

	(void)why;
	l->heard = false;
	l->spec.down(l->spec.ctx);
}

int stream_link_new(const struct stream_link_spec *spec,
		    struct stream_link **out, struct error *e)
{
	struct stream_link *l = calloc(1, sizeof(*l));
	int err = error_set(e, -ENOMEM, "no memory for the link to stream");

	if (l) {
		const struct role_spec role = {
			.base = spec->base,
			.name = "stream",
			.folder = spec->folder,
			.debug = spec->debug,
			.only_found = spec->only_found,
			.kinds = stream_seam_to_ctl,
			.n_kinds = stream_seam_to_ctl_n,
			.last = true, /* it may flood */
			.message = on_message,
			.down = on_down,
			.ctx = l,
		};

		l->spec = *spec;
		err = role_new(&role, &l->role, e);
	}
	if (err) {
		stream_link_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void stream_link_stop(struct stream_link *l)
{
	const struct stream_msg_empty stop = { 0 };

	role_send(l->role, STREAM_MSG_STOP, &stop, sizeof(stop));
	role_end(l->role, STOP_MS);
}

void stream_link_free(struct stream_link *l)
{
	if (!l)
		return;
	role_free(l->role);
	free(l);
}

int stream_link_listen(struct stream_link *l, const int *fds, size_t n)
{
	const struct stream_msg_empty m = { 0 };

	return role_send_fds(l->role, STREAM_MSG_LISTEN, &m, sizeof(m), fds, n);
}

int stream_link_ike(struct stream_link *l, int fd)
{
	const struct stream_msg_empty m = { 0 };

	return role_send_fds(l->role, STREAM_MSG_IKE, &m, sizeof(m), &fd, 1);
}

int stream_link_pair(struct stream_link *l, uint32_t worker, uint32_t n_workers,
		     int fd)
{
	const struct stream_msg_pair m = { worker, n_workers };

	return role_send_fds(l->role, STREAM_MSG_PAIR, &m, sizeof(m), &fd, 1);
}

int stream_link_open(struct stream_link *l, const struct stream_msg_open *m,
		     int fd)
{
	return role_send_fds(l->role, STREAM_MSG_OPEN, m, sizeof(*m), &fd, 1);
}
