// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/reload.h"

#include <errno.h>
#include <string.h>

#define NEEDS_RESTART "has changed, which takes a restart of cygnetd"

static int fail_at(const struct place *at, const char *what, const char *name,
		   struct error *e)
{
	return error_set(e, -EPERM, "%.200s:%u:%u: %s%s " NEEDS_RESTART,
			 at->file, at->line, at->column, what, name);
}

static int fail_in(const struct config *next, const char *what, struct error *e)
{
	return error_set(e, -EPERM, "%.200s: %s " NEEDS_RESTART, next->file,
			 what);
}

int reload_check(const struct config *now, const struct config *next,
		 struct error *e)
{
	const struct gateway_conf *a = &now->gateway, *b = &next->gateway;

	for (size_t i = 0; i < a->n_ifaces && i < b->n_ifaces; i++)
		if (a->ifaces[i].role != b->ifaces[i].role ||
		    strcmp(a->ifaces[i].name, b->ifaces[i].name) != 0)
			return fail_at(&b->ifaces[i].place, "gateway's ",
				       "interfaces", e);
	if (a->n_ifaces != b->n_ifaces)
		return fail_in(next, "gateway's interfaces", e);
	if (a->default_action != b->default_action)
		return fail_in(next, "gateway.default", e);
	if (a->forward != b->forward)
		return fail_in(next, "gateway.forward", e);
	if (a->mark != b->mark)
		return fail_in(next, "gateway.mark", e);
	if (a->xdp != b->xdp)
		return fail_in(next, "gateway.xdp", e);
	if (a->xdp_priority != b->xdp_priority)
		return fail_in(next, "gateway.xdp_priority", e);
	if (a->crypto != b->crypto)
		return fail_in(next, "gateway.crypto", e);
	if (strcmp(a->providers, b->providers) != 0)
		return fail_in(next, "gateway.openssl_providers", e);
	if (a->workers != b->workers)
		return fail_in(next, "gateway.workers", e);
	if (a->sas != b->sas)
		return fail_in(next, "gateway.sas", e);
	if (strcmp(a->socket, b->socket) != 0)
		return fail_in(next, "gateway.socket", e);
	if (strcmp(a->metrics.path, b->metrics.path) != 0 ||
	    !addr_equal(&a->metrics.addr, &b->metrics.addr) ||
	    a->metrics.port != b->metrics.port)
		return fail_in(next, "gateway.metrics", e);
	if (strcmp(a->state_dir, b->state_dir) != 0)
		return fail_in(next, "gateway.state_dir", e);
	if (a->tcp_port != b->tcp_port)
		return fail_in(next, "gateway.tcp_port", e);
	return 0;
}
