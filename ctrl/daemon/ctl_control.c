// SPDX-License-Identifier: BSD-2-Clause
/* What the control socket shows, and what it is told to do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/explain_question.h"
#include "ctrl/daemon/view.h"

static struct status *on_status(void *ctx)
{
	const struct ctl *c = ctx;
	struct sas *sas = c->ike ? ike_link_sas(c->ike) : NULL;
	const struct view view = { .config = c->config,
				   .dp = dp_link_view(c->dp),
				   .sas = sas,
				   .failures = c->failures };
	struct status *s = view_status(&view);

	sas_free(sas);
	return s;
}

static struct sas *on_sas(void *ctx)
{
	const struct ctl *c = ctx;
	struct sas *sas =
		c->ike ? ike_link_sas(c->ike) : calloc(1, sizeof(*sas));

	if (sas)
		view_count(sas, dp_link_view(c->dp));
	return sas;
}

static const struct conn_conf *on_conns(void *ctx, size_t *n)
{
	const struct ctl *c = ctx;

	*n = c->config->n_conns;
	return c->config->conns;
}

static bool take_leases(const struct ctl *c, struct pool_list *out)
{
	if (!c->ike)
		return true;
	out->leases = leases_copy(ike_link_leases(c->ike), &out->n_leases);
	return out->leases;
}

static struct pool_list *on_pools(void *ctx)
{
	const struct ctl *c = ctx;
	const struct config *config = c->config;
	struct pool_list *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->at = calloc(config->n_pools + 1, sizeof(*l->at));
	if (!l->at || !take_leases(c, l)) {
		pool_list_free(l);
		return NULL;
	}
	if (config->n_pools)
		memcpy(l->at, config->pools, config->n_pools * sizeof(*l->at));
	l->n = config->n_pools;
	return l;
}

/* Those of an ike that ended, whose policies need others. */
static void find_orphaned(const struct dp_view *dp, struct policy_set *out)
{
	for (size_t i = 0; i < dp->n_sas; i++)
		if (dp->sas[i].orphan && dp->sas[i].id.dir == SADB_OUT)
			policy_set_add(out, dp->sas[i].policy);
}

uint64_t ctl_look(struct ctl *c)
{
	return c->dp_is_set && dp_link_look(c->dp) ? ++c->looks : 0;
}

static bool on_refresh(void *ctx)
{
	struct ctl *c = ctx;

	c->control_look = ctl_look(c);
	return c->control_look;
}

void ctl_saw(struct ctl *c, uint64_t turn)
{
	struct policy_set orphaned = { { 0 } };

	if (c->ike_look && c->ike_look <= turn) {
		c->ike_look = 0;
		find_orphaned(dp_link_view(c->dp), &orphaned);
		ike_link_start_all(c->ike, &orphaned);
	}
	if (c->control_look && c->control_look <= turn) {
		c->control_look = 0;
		control_server_refreshed(c->control);
	}
}

void ctl_on_looked(void *ctx)
{
	struct ctl *c = ctx;

	ctl_saw(c, ++c->looked);
}

static void on_command(void *ctx, const struct control_command *command)
{
	static const enum ike_command commands[] = {
		[CONTROL_INITIATE] = IKE_CMD_INITIATE,
		[CONTROL_TERMINATE] = IKE_CMD_TERMINATE,
		[CONTROL_REKEY] = IKE_CMD_REKEY,
	};
	struct ctl *c = ctx;
	int err = -ENOTCONN;

	if (c->ike)
		err = ike_link_command(c->ike, commands[command->verb],
				       command->token, command->conn,
				       command->child);
	if (err)
		control_server_done(c->control, command->token, err, 0);
}

static int on_explain(void *ctx, uint64_t token,
		      const struct explain_words *words, struct error *e)
{
	struct ctl *c = ctx;
	struct explain_question q;
	int err = explain_question_read(words, &q, e);

	if (err)
		return err;
	if (!c->dp_is_set || dp_link_explain(c->dp, token, &q))
		return error_set(e, -EAGAIN, "the data path is gone; try again");
	return 0;
}

static int on_capture(void *ctx, const struct control_capture *q,
		      struct error *e)
{
	struct ctl *c = ctx;
	struct dp_msg_capture m = {
		.token = q->token,
		.filter = q->request->filter,
		.pid = q->pid,
		.greeting_bytes = (uint32_t)q->answer.len,
	};

	if (q->request->policy[0] &&
	    !policy_by_name(c->config, q->request->policy, &m.filter.policy))
		return error_set(
			e, -ENOENT,
			"there is no policy '%s'; `cygnet policy` shows those that there are",
			q->request->policy);
	if (q->answer.len > sizeof(m.greeting))
		return error_set(e, -EMSGSIZE, "the answer is too long");
	memcpy(m.greeting, q->answer.ptr, q->answer.len);
	if (!c->dp_is_set || dp_link_capture(c->dp, &m, q->fd))
		return error_set(e, -EAGAIN, "the data path is gone; try again");
	return 0;
}

void ctl_explained(void *ctx, const struct dp_msg_explained *m)
{
	struct ctl *c = ctx;
	struct error e;

	if (!c->control)
		return;
	if (m->err) {
		memcpy(e.text, m->text, sizeof(e.text));
		control_server_loaded(c->control, m->token, m->err, &e);
	} else {
		control_server_explained(c->control, m->token, &m->explanation);
	}
}

void ctl_capturing(void *ctx, const struct dp_msg_capturing *m)
{
	struct ctl *c = ctx;
	struct error e;

	memcpy(e.text, m->text, sizeof(e.text));
	if (c->control)
		control_server_capturing(c->control, m->token, m->err, &e);
}

int ctl_start_control(struct ctl *c, struct error *e)
{
	const struct control_callbacks callbacks = {
		.status = on_status,
		.sas = on_sas,
		.conns = on_conns,
		.pools = on_pools,
		.refresh = on_refresh,
		.command = on_command,
		.explain = on_explain,
		.capture = on_capture,
		.loads = apply_loads(c->apply),
		.ctx = c,
		.since_ns = c->since_ns,
		.workers = 1,
	};

	return control_server_new(c->base, c->config->gateway.socket,
				  &callbacks, &c->control, e);
}
