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

static int check_gateway(const struct config *now, const struct config *next,
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
	if (a->crypto != b->crypto)
		return fail_in(next, "gateway.crypto", e);
	if (strcmp(a->socket, b->socket) != 0)
		return fail_in(next, "gateway.socket", e);
	return 0;
}

static bool same_keys(const struct manual_keys *a, const struct manual_keys *b)
{
	return a->spi == b->spi && secret_equal(&a->encr_key, &b->encr_key) &&
	       secret_equal(&a->integ_key, &b->integ_key);
}

static bool same_pair(const struct manual_conf *a, const struct manual_conf *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) && a->encr == b->encr &&
	       a->integ == b->integ && a->replay_window == b->replay_window &&
	       same_keys(&a->in, &b->in) && same_keys(&a->out, &b->out);
}

static int check_manual(const struct config *now, const struct config *next,
			struct error *e)
{
	for (size_t i = 0; i < now->n_manual && i < next->n_manual; i++)
		if (!same_pair(&now->manual[i], &next->manual[i]))
			return fail_at(&next->manual[i].place, "manual.",
				       next->manual[i].name, e);
	if (now->n_manual != next->n_manual)
		return fail_in(next, "manual", e);
	return 0;
}

/* The next one with manual SAs, from *i on; NULL: none. */
static const struct policy_conf *next_protect(const struct config *c, size_t *i)
{
	while (*i < c->n_policies) {
		const struct policy_conf *p = &c->policies[(*i)++];

		if (p->action == SPD_PROTECT)
			return p;
	}
	return NULL;
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && addr_equal(&a->net, &b->net);
}

static bool same_policy(const struct policy_conf *a, const struct policy_conf *b)
{
	return same_prefix(&a->local_ts, &b->local_ts) &&
	       same_prefix(&a->remote_ts, &b->remote_ts) &&
	       a->protocol == b->protocol && a->manual == b->manual;
}

/* Manual SAs were bound to their policies when they came. */
static int check_protect(const struct config *now, const struct config *next,
			 struct error *e)
{
	const struct policy_conf *a, *b;
	size_t i = 0, j = 0;

	do {
		a = next_protect(now, &i);
		b = next_protect(next, &j);
		if (b && (!a || !same_policy(a, b)))
			return fail_at(&b->place, "policies.", b->name, e);
	} while (a && b);
	return a ? fail_in(next, "policies", e) : 0;
}

int reload_check(const struct config *now, const struct config *next,
		 struct error *e)
{
	int err = check_gateway(now, next, e);

	if (!err)
		err = check_manual(now, next, e);
	if (!err)
		err = check_protect(now, next, e);
	return err;
}
