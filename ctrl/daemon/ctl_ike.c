// SPDX-License-Identifier: BSD-2-Clause
/* IKE, where a connection asks for it: ports, process, and its link to dp. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/role.h"

void ctl_introduce(struct ctl *c)
{
	int pair[2];

	if (!c->dp_is_set || !ike_link_is_ready(c->ike))
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair)) {
		log_error("daemon: no link between ike and dp: %s",
			  strerror(errno));
		return;
	}
	dp_link_ike(c->dp, pair[0]);
	ike_link_sadb(c->ike, pair[1]);
	close(pair[0]);
	close(pair[1]);
}

static void on_ike_ready(void *ctx, bool has_sadb)
{
	if (!has_sadb)
		ctl_introduce(ctx);
	ctl_introduce_stream(ctx);
	ctl_debug_again(ctx);
}

/* Its SAs are not lost yet: another one takes over. */
static void on_ike_ended(void *ctx)
{
	struct ctl *c = ctx;

	ctl_stream_without_ike(c);
	control_server_ike_gone(c->control, NULL);
	ctl_commands_without_ike(c);
}

static void on_ike_lost(void *ctx, const struct sas *lost)
{
	struct ctl *c = ctx;

	failures_process_ended(c->failures, c->config->conns,
			       c->config->n_conns, clock_ns());
	updown_lost(c->updown, c->config, lost);
	control_server_ike_gone(c->control, lost);
}

void ctl_start_all(struct ctl *c, const struct policy_set *orphaned)
{
	if (ctl_starts_later(c, orphaned))
		return;
	ike_link_start_all(c->ike, orphaned);
	ctl_commands_go(c);
}

/* What there is of orphans is known with the next look. */
static void on_ike_shown(void *ctx)
{
	struct ctl *c = ctx;
	struct sas *sas = ike_link_sas(c->ike);

	names_tell_all(c->names);
	ctl_look_at_vips(c);
	if (sas)
		up_since_shown(c->since, sas);
	sas_free(sas);
	c->ike_look = ctl_look(c);
	if (!c->ike_look)
		ctl_start_all(c, NULL);
}

static void on_ike_seen(void *ctx)
{
	ctl_look_at_vips(ctx);
}

static void on_ike_done(void *ctx, uint64_t token, int err, unsigned int n)
{
	struct ctl *c = ctx;

	ctl_command_done(c, token, err, n);
}

static void on_ike_event(void *ctx, const struct ike_event *e,
			 const struct ike_event_views *views)
{
	struct ctl *c = ctx;
	static const enum control_event_kind kinds[] = {
		[IKE_EV_IKE_UP] = CONTROL_IKE_UP,
		[IKE_EV_IKE_DOWN] = CONTROL_IKE_DOWN,
		[IKE_EV_CHILD_UP] = CONTROL_CHILD_UP,
		[IKE_EV_CHILD_DOWN] = CONTROL_CHILD_DOWN,
		[IKE_EV_IKE_MOVED] = CONTROL_IKE_MOVED,
		[IKE_EV_ALERT] = CONTROL_ALERT,
		[IKE_EV_FAILED] = CONTROL_FAILED,
	};
	const struct control_event event = {
		.kind = kinds[e->kind],
		.conn = e->conn,
		.child = e->child,
		.ike_id = e->ike_id,
		.ike = views->ike,
		.child_sa = views->child,
		.elder = views->elder,
		.elder_child = views->elder_child,
		.succeeded = e->succeeded,
		.alert = ike_alert_name(e->alert),
		.local = e->path.local,
		.remote = e->path.remote,
		.local_port = e->path.local_port,
		.remote_port = e->path.remote_port,
		.text = e->text,
	};

	failures_event(c->failures, e, clock_ns());
	if (e->kind == IKE_EV_IKE_UP && views->ike)
		ctl_log_vips(views->ike);
	up_since_event(c->since, e, clock_ns());
	updown_event(c->updown, c->config, e, views);
	control_server_event(c->control, &event);
}

static const struct conn_conf *find_conn(const struct config *c,
					 const char *name)
{
	for (size_t i = 0; i < c->n_conns; i++)
		if (strcmp(c->conns[i].name, name) == 0)
			return &c->conns[i];
	return NULL;
}

/* Those of one that is gone are of all peers alone. */
static void on_ike_counted(void *ctx, const char *conn,
			   const struct ike_counts *more)
{
	struct ctl *c = ctx;

	tally_add(c->counts, "", more);
	if (*conn && (tally_find(c->counts, conn) || find_conn(c->config, conn)))
		tally_add(c->counts, conn, more);
}

static void on_ike_stream(void *ctx, const char *conn, uint64_t token,
			  const struct stream_ends *ends)
{
	struct ctl *c = ctx;
	const struct conn_conf *conf = find_conn(c->config, conn);

	if (conf && conf->tcp_encap != TCP_ENCAP_NO)
		ctl_stream_open(c, token, ends);
	else
		ike_link_stream_refused(c->ike, token);
}

int ctl_start_ike(struct ctl *c, struct error *e)
{
	struct ike_link_spec spec = { .base = c->base,
				      .folder = c->folder,
				      .options = c->config->ike,
				      .conns = c->config->conns,
				      .n_conns = c->config->n_conns,
				      .psks = c->config->psks,
				      .n_psks = c->config->n_psks,
				      .sign_keys = c->keys,
				      .cert_keys = ctl_cert_keys(c),
				      .next_cred = ctl_next_cred,
				      .pools = c->config->pools,
				      .n_pools = c->config->n_pools,
				      .debug = c->debug,
				      .providers = c->config->gateway.providers,
				      .ready = on_ike_ready,
				      .ended = on_ike_ended,
				      .lost = on_ike_lost,
				      .shown = on_ike_shown,
				      .event = on_ike_event,
				      .counted = on_ike_counted,
				      .traced = ctl_traced,
				      .seen = on_ike_seen,
				      .resolve = ctl_ask_name,
				      .resolve_gateway = ctl_ask_gateway,
				      .stream_open = on_ike_stream,
				      .want = ctl_want,
				      .done = on_ike_done,
				      .ctx = c };

	if (!c->config->n_conns)
		return 0;
	memcpy(spec.fds, c->ike_ports, sizeof(spec.fds));
	return ike_link_new(&spec, &c->ike, e);
}

int ctl_take_ports(struct ctl *c, const int *fds, size_t n, struct error *e)
{
	int err = 0;

	if (c->ike_ports[0] >= 0 || (!n && !c->config->n_conns))
		role_close_all(fds, n);
	else if (n)
		memcpy(c->ike_ports, fds, n * sizeof(*fds));
	else
		err = ike_udp_bind(c->ike_ports, e);
	if (!err && !n && c->ike_ports[0] >= 0)
		dp_link_sockets(c->dp, c->ike_ports);
	return err;
}
