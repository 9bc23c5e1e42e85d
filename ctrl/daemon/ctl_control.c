// SPDX-License-Identifier: BSD-2-Clause
/* What the control socket shows, and what it is told to do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/explain_question.h"
#include "ctrl/daemon/rates.h"
#include "ctrl/daemon/view.h"

static struct status *on_status(void *ctx)
{
	const struct ctl *c = ctx;
	struct sa_heads sas = { .n_ike = 0 };
	const struct view view = { .config = c->config,
				   .dp = dp_link_view(c->dp),
				   .sas = &sas,
				   .failures = c->failures,
				   .since = c->since,
				   .streams = ctl_stream_counts(c) };

	struct status *s;

	if (c->ike)
		sas = ike_link_heads(c->ike);
	s = view_status(&view);
	if (s && expiries_show(&c->expiries, time(NULL), s)) {
		status_free(s);
		return NULL;
	}
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

static const struct conn_conf **on_conns(void *ctx, size_t *n)
{
	const struct ctl *c = ctx;

	return apply_conns(c->apply, n);
}

static const struct policy_conf *on_policies(void *ctx, size_t *n)
{
	const struct ctl *c = ctx;

	*n = c->config->n_policies;
	return c->config->policies;
}

static void on_count_ike(void *ctx, unsigned int *up, unsigned int *connecting)
{
	const struct ctl *c = ctx;

	*up = *connecting = 0;
	if (c->ike)
		ike_link_count(c->ike, up, connecting);
}

static const struct ike_counts *on_counts(void *ctx, size_t i, const char **conn)
{
	const struct ctl *c = ctx;
	const struct tally_row *row = tally_at(c->counts, i);

	if (!row)
		return NULL;
	*conn = row->conn;
	return &row->counts;
}

/* That of "" is always there. */
static void on_reset_counts(void *ctx, const char *conn)
{
	static const struct ike_counts none;
	struct ctl *c = ctx;

	if (conn)
		tally_forget(c->counts, conn);
	else
		tally_clear(c->counts);
	tally_add(c->counts, "", &none);
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
	struct dp_sa sa;
	size_t at = 0;

	while (dp_sas_next(dp->sas, &at, &sa))
		if (sa.orphan && sa.id.dir == SADB_OUT)
			policy_set_add(out, sa.policy);
}

uint64_t ctl_look(struct ctl *c)
{
	return c->dp_is_set && dp_link_look(c->dp) ? ++c->looks : 0;
}

/* --- clients wait for a look, unless it takes long */

#define LOOK_WAIT_US 20000

static void on_look_late(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	if (c->scrape_look) {
		c->scrape_look = 0;
		scrape_refreshed(c->scrape);
	}
	if (c->control_look) {
		c->control_look = 0;
		control_server_refreshed(c->control);
	}
}

/* One that is under way does for all who ask meanwhile. */
static uint64_t look_shortly(struct ctl *c)
{
	const struct timeval wait = { .tv_usec = LOOK_WAIT_US };
	uint64_t look = c->looks > c->looked ? c->looks : ctl_look(c);

	if (look && !evtimer_pending(&c->on_look_late, NULL))
		evtimer_add(&c->on_look_late, &wait);
	return look;
}

static uint64_t look_for_client(struct ctl *c)
{
	switch (dp_view_patience(dp_link_view(c->dp), clock_ns())) {
	case DP_WAITS:
		return ctl_look(c);
	case DP_WAITS_SHORTLY:
		return look_shortly(c);
	case DP_WAITS_NOT:
		return 0;
	}
	return 0;
}

static bool on_scrape_refresh(void *ctx)
{
	struct ctl *c = ctx;

	c->scrape_look = look_for_client(c);
	return c->scrape_look;
}

static bool on_refresh(void *ctx)
{
	struct ctl *c = ctx;

	c->control_look = look_for_client(c);
	return c->control_look;
}

/* --- rates are known to who asks once */

/* Of the time of both processes a look takes a hundredth at most. */
static void wait_for_rates(struct ctl *c, uint64_t took_ns)
{
	const uint64_t ns = RATES_S * NS_PER_S + 100 * took_ns;
	const struct timeval wait = { .tv_sec = (time_t)(ns / NS_PER_S),
				      .tv_usec = (suseconds_t)(ns % NS_PER_S /
							       1000) };

	evtimer_add(&c->on_rate_look, &wait);
}

static bool has_sas(const struct ctl *c)
{
	unsigned int up = 0, connecting = 0;

	if (c->ike)
		ike_link_count(c->ike, &up, &connecting);
	return up || c->config->n_manual;
}

static void on_rate_look(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	c->rate_look_ns = clock_ns();
	c->rate_look = has_sas(c) ? ctl_look(c) : 0;
	if (!c->rate_look)
		wait_for_rates(c, 0);
}

void ctl_saw(struct ctl *c, uint64_t turn)
{
	struct policy_set orphaned = { { 0 } };

	if (c->ike_look && c->ike_look <= turn) {
		c->ike_look = 0;
		find_orphaned(dp_link_view(c->dp), &orphaned);
		ctl_start_all(c, &orphaned);
	}
	if (c->control_look && c->control_look <= turn) {
		c->control_look = 0;
		control_server_refreshed(c->control);
	}
	if (c->scrape_look && c->scrape_look <= turn) {
		c->scrape_look = 0;
		scrape_refreshed(c->scrape);
	}
	if (c->rate_look && c->rate_look <= turn) {
		c->rate_look = 0;
		wait_for_rates(c, clock_ns() - c->rate_look_ns);
	}
}

void ctl_on_looked(void *ctx)
{
	struct ctl *c = ctx;

	ctl_saw(c, ++c->looked);
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

static int start_scrape(struct ctl *c, struct error *e)
{
	const struct metrics_conf *conf = &c->config->gateway.metrics;
	const struct scrape_calls calls = { .status = on_status,
					    .refresh = on_scrape_refresh,
					    .ctx = c };

	if (!conf->path[0] && !conf->port)
		return 0;
	return scrape_new(c->base, conf, &calls, &c->scrape, e);
}

int ctl_start_control(struct ctl *c, struct error *e)
{
	struct control_callbacks callbacks = {
		.status = on_status,
		.sas = on_sas,
		.conns = on_conns,
		.policies = on_policies,
		.count_ike = on_count_ike,
		.counts = on_counts,
		.reset_counts = on_reset_counts,
		.pools = on_pools,
		.refresh = on_refresh,
		.command = ctl_command,
		.explain = on_explain,
		.capture = on_capture,
		.debug = ctl_debug,
		.loads = apply_loads(c->apply),
		.ctx = c,
		.since_ns = c->since_ns,
		.workers = 1,
	};
	int err;

	callbacks.loads.certs = ctl_control_certs(c);
	callbacks.loads.tokens = (struct control_tokens){ ctl_load_token, c };
	ctl_watch_keys(c);
	ctl_expiry_start(c);
	err = control_server_new(c->base, c->config->gateway.socket, &callbacks,
				 &c->control, e);
	evtimer_assign(&c->on_look_late, c->base, on_look_late, c);
	evtimer_assign(&c->on_rate_look, c->base, on_rate_look, c);
	wait_for_rates(c, 0);
	return err ? err : start_scrape(c, e);
}
