// SPDX-License-Identifier: BSD-2-Clause
/* What is loaded changes, by the file or over VICI: dp first, then ike. */
#include <errno.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"

/* dp gets the whole, and answers by COMMITTED. */
static int on_install(void *ctx, const struct config *config,
		      struct conn_conf *conns, size_t n, struct error *e)
{
	struct ctl *c = ctx;

	if (c->phase != CTL_RUNNING || !c->dp_is_set)
		return error_set(e, -EAGAIN,
				 "the data path is not there; try again");
	names_fill(c->names, conns, n);
	pools_lend(config->pools, config->n_pools, conns, n);
	c->applying = *config;
	c->applying.conns = conns;
	c->applying.n_conns = n;
	if (dp_link_commit(c->dp, &c->applying))
		return error_set(e, -EIO,
				 "the data path does not take its configuration");
	return CONTROL_LATER;
}

static void on_unload(void *ctx, const char *conn)
{
	const struct ike_target all = { .conn = conn };
	const struct ctl *c = ctx;

	tally_forget(c->counts, conn);
	if (c->ike)
		ike_link_command(c->ike, IKE_CMD_TERMINATE, 0, &all, false);
}

/* It shall not be in TCP any more, and what is there has no other way. */
static void end_those_in_tcp(const struct ctl *c, const char *conn)
{
	const struct sa_heads sas = ike_link_heads(c->ike);

	for (size_t i = 0; i < sas.n_ike; i++) {
		const struct ike_target one = { .conn = conn,
						.ike_id = sas.ike[i]->id };

		if (sas.ike[i]->tcp && strcmp(sas.ike[i]->conn, conn) == 0)
			ike_link_command(c->ike, IKE_CMD_TERMINATE, 0, &one,
					 false);
	}
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	const struct ctl *c = ctx;

	if (!c->ike)
		return;
	if (was && was->tcp_encap != conn->tcp_encap &&
	    conn->tcp_encap == TCP_ENCAP_NO)
		end_those_in_tcp(c, conn->name);
	ike_link_start(c->ike, conn, was);
}

/* The first connection. */
static void begin_ike(struct ctl *c)
{
	struct error e;
	int err = ctl_take_ports(c, NULL, 0, &e);

	if (!err)
		err = ctl_start_ike(c, &e);
	if (err)
		log_error("daemon: IKE does not start: %s", e.text);
}

static void set_names(struct ctl *c)
{
	struct error e;

	if (ctl_set_names(c, &e))
		log_error("daemon: names of peers are not resolved: %s", e.text);
	names_tell_all(c->names);
}

static void set_streams(struct ctl *c)
{
	struct error e;

	if (ctl_set_streams(c, &e))
		log_error("daemon: TCP is not spoken: %s", e.text);
}

static void on_changed(void *ctx, bool conns)
{
	struct ctl *c = ctx;

	if (conns) {
		set_names(c);
		ctl_expiry_changed(c); /* they name which ones are ours */
	}
	set_streams(c);
	tokens_set(c->tokens, c->config);
	if (!c->ike) {
		begin_ike(c);
		return;
	}
	ctl_send_certs(c);
	ike_link_set_options(c->ike, &c->config->ike);
	ike_link_set_psks(c->ike, c->config->psks, c->config->n_psks);
	ike_link_set_pools(c->ike, c->config->pools, c->config->n_pools);
	if (conns)
		ike_link_load(c->ike, c->config->conns, c->config->n_conns);
	ctl_look_at_vips(c);
}

/* dp first: no peer has an address that it does not know. It may have been given a
 * configuration and not have answered yet. */
static void on_pool(void *ctx, const char *name)
{
	const struct ctl *c = ctx;
	const struct pool_addrs pool =
		pool_addrs_of(c->config->pools, c->config->n_pools, name);

	if (dp_link_pool(c->dp, &pool) && c->dp_is_set)
		log_error("daemon: dp is not told of pool %s", name);
	if (!c->ike)
		return;
	ike_link_set_pools(c->ike, c->config->pools, c->config->n_pools);
	ike_link_load(c->ike, c->config->conns, c->config->n_conns);
}

static size_t on_online(void *ctx, const char *pool)
{
	const struct ctl *c = ctx;
	size_t online = 0, offline;

	if (c->ike)
		leases_count(ike_link_leases(c->ike), pool, &online, &offline);
	return online;
}

/* --- connections that come one right after the other */

#define GATHER_NS      (20 * NS_PER_MS)
#define GATHER_MOST_NS NS_PER_S
#define GATHER_TIMES   4U

static void on_gathered(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	c->gathered_ns = 0;
	c->flushed_ns = clock_ns();
	apply_flush(c->apply);
}

/* What it costs to put them in force is for all that there are: the longer it took
 * last, the more shall come together. */
static uint64_t most_ns(const struct ctl *c)
{
	uint64_t wait_ns = GATHER_TIMES * c->flush_ns;

	return wait_ns > GATHER_MOST_NS ? wait_ns : GATHER_MOST_NS;
}

/* A while after the last one, but not for ever after the first. */
static void on_later(void *ctx)
{
	const struct timeval after = { .tv_usec = GATHER_NS / 1000 };
	struct ctl *c = ctx;

	if (!evtimer_initialized(&c->on_gathered))
		evtimer_assign(&c->on_gathered, c->base, on_gathered, c);
	if (!c->gathered_ns)
		c->gathered_ns = clock_ns();
	if (clock_ns() - c->gathered_ns < most_ns(c))
		evtimer_add(&c->on_gathered, &after);
}

static void on_answer(void *ctx, uint64_t token, int err, const struct error *e)
{
	struct ctl *c = ctx;

	if (!token && err)
		log_error("daemon: the configuration stays what it was: %s",
			  e->text);
	if (!token && c->flushed_ns)
		c->flush_ns = clock_ns() - c->flushed_ns;
	c->flushed_ns = 0;
	control_server_loaded(c->control, token, err, e);
	ctl_keep_certs(c);
	ctl_commands_go(c);
}

int ctl_take_changes(struct ctl *c, const char *file, struct error *e)
{
	const struct apply_calls calls = { .install = on_install,
					   .unload = on_unload,
					   .load = on_load,
					   .changed = on_changed,
					   .later = on_later,
					   .certs = ctl_put_certs,
					   .pool = on_pool,
					   .online = on_online,
					   .answer = on_answer,
					   .ctx = c };

	c->apply = apply_new(c->config, c->keys, file, &calls);
	c->certs = certs_new();
	return c->apply && c->certs
		       ? 0
		       : error_set(e, -ENOMEM, "no memory for changes");
}

struct ids {
	const uint32_t *at;
	size_t left;
};

/* One that did not come is no policy's: nothing is negotiated for it. */
static uint32_t next_id(struct ids *ids)
{
	if (!ids->left)
		return UINT32_MAX;
	ids->left--;
	return *ids->at++;
}

static void take_child_ids(struct ids *ids, struct child_conf *child)
{
	size_t n = child_pairs(child);

	for (size_t i = 0; i < n && i < SADB_SELECTORS_MAX; i++)
		child_set_policy(child, i, next_id(ids));
}

void ctl_take_ids(struct config *config, const struct dp_link *dp)
{
	struct ids ids;

	ids.at = dp_link_ids(dp, &ids.left);
	for (size_t i = 0; i < config->n_policies; i++)
		config->policies[i].id = next_id(&ids);
	for (size_t i = 0; i < config->n_conns; i++)
		for (size_t k = 0; k < config->conns[i].n_children; k++)
			take_child_ids(&ids, &config->conns[i].children[k]);
}

/* Of a change. */
void ctl_applied(struct ctl *c, const struct dp_msg_committed *m)
{
	struct error e;

	if (m->err)
		error_set(&e, m->err, "%s", m->text);
	else
		ctl_take_ids(&c->applying, c->dp);
	apply_done(c->apply, m->err, &e);
}
