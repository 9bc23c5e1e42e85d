// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void view_tunnel(const struct manual_conf *m, struct tunnel_status *out)
{
	memcpy(out->name, m->name, sizeof(out->name));
	out->local = m->local;
	out->remote = m->remote;
	snprintf(out->algs, sizeof(out->algs), "%s%s%s", m->encr->name,
		 encr_is_aead(m->encr) ? "" : "-",
		 encr_is_aead(m->encr) ? "" : m->integ->name);
}

static void view_policy(const struct config *c, const struct policy_conf *p,
			struct policy_status *out)
{
	memcpy(out->name, p->name, sizeof(out->name));
	out->local_ts = p->local_ts;
	out->remote_ts = p->remote_ts;
	out->protocol = p->protocol;
	out->action = p->action;
	if (p->action == SPD_PROTECT)
		memcpy(out->tunnel, c->manual[p->manual].name,
		       sizeof(out->tunnel));
}

struct status *view_status(const struct config *config, struct dp *dp)
{
	struct status *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->policies = calloc(config->n_policies + 1, sizeof(*s->policies));
	if (!s->policies || dp_status(dp, s)) {
		status_free(s);
		return NULL;
	}
	s->pid = getpid();
	s->default_action = config->gateway.default_action;
	s->n_policies = config->n_policies;
	for (size_t i = 0; i < config->n_manual; i++)
		view_tunnel(&config->manual[i], &s->tunnels[i]);
	for (size_t i = 0; i < config->n_policies; i++)
		view_policy(config, &config->policies[i], &s->policies[i]);
	return s;
}
