// SPDX-License-Identifier: BSD-2-Clause
/*
 * One event loop, the control thread's. Its start is a row of steps, each begun
 * by what the one before it led to:
 *
 *     link to dp -> HELLO -> configuration -> COMMITTED -> control socket, ike
 *
 * The first two may find a process that runs, and a configuration in force, of
 * an earlier ctl. Whatever fails until then ends all that this start began.
 */
#include "ctrl/daemon/ctl.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/control/listen.h"
#include "ctrl/control/server.h"
#include "ctrl/daemon/apply.h"
#include "ctrl/daemon/dp_link.h"
#include "ctrl/daemon/failures.h"
#include "ctrl/daemon/ike_link.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/view.h"
#include "ctrl/dp/dp.h"

#define N_SIGNALS  3
#define DP_STOP_MS 10000 /* its worker empties its rings */
#define DP_TRIES   4	 /* one that is found may be about to end */
#define PORT_TRIES 20	 /* so may an ike, which has them */
#define PORT_MS	   100

enum phase {
	STARTING,
	RUNNING,
	ENDING,
};

struct ctl {
	enum phase phase;
	struct config *config;
	struct apply *apply;	/* its changes */
	struct config applying; /* what dp was given; its parts are borrowed */
	struct event_base *base;
	struct event signals[N_SIGNALS];
	uint64_t since_ns;
	bool debug;
	/* Looks at dp that were asked for, and answered; who waits for which. */
	uint64_t looks, looked;
	uint64_t control_look, ike_look; /* 0: for none */
	char folder[CONF_PATH_MAX];	 /* of the roles' sockets */
	struct dp_link *dp;
	unsigned int dp_tries;
	unsigned int port_tries;
	bool waits_for_ports;
	bool dp_is_set;	 /* the configuration is in force there */
	bool dp_is_ours; /* and was not before this start */
	struct control_server *control;
	int ike_ports[IKE_UDP_SOCKETS]; /* -1: IKE is not spoken */
	struct ike_link *ike;
	struct failures *failures;
	int err; /* why it ends; 0: it was told to */
	struct error *error;
};

/* --- the end */

/* With what this start began; of a start that failed, as if it never was. */
static void end(struct ctl *c)
{
	bool undo = c->phase == STARTING;

	if (c->phase == ENDING)
		return;
	c->phase = ENDING;
	if (undo && !c->dp_is_ours)
		event_base_loopbreak(c->base); /* an earlier one's goes on */
	else
		dp_link_end(c->dp, undo ? DP_MSG_UNDO : DP_MSG_STOP, DP_STOP_MS);
}

static void fail(struct ctl *c, int err, const char *why)
{
	if (c->phase != STARTING)
		return;
	c->err = err;
	memmove(c->error->text, why, strlen(why) + 1);
	end(c);
}

static void on_ike_stopped(void *ctx)
{
	end(ctx);
}

/* As the command, but nobody waits for the answer. */
static void reload(struct ctl *c)
{
	const struct control_loads loads = apply_loads(c->apply);
	struct error e;

	if (c->phase != RUNNING)
		error_set(&e, -EAGAIN, "not while it starts or ends");
	else if (loads.reload(loads.ctx, 0, &e) >= 0)
		return;
	log_error("daemon: the configuration stays what it was: %s", e.text);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)what;
	if (number == SIGHUP)
		reload(c);
	else if (c->phase == RUNNING && c->ike)
		ike_link_stop(c->ike, on_ike_stopped, c);
	else
		end(c);
}

static int catch_signals(struct ctl *c, struct error *e)
{
	static const int numbers[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < N_SIGNALS; i++) {
		evsignal_assign(&c->signals[i], c->base, numbers[i], on_signal,
				c);
		if (event_add(&c->signals[i], NULL))
			return error_set(e, -ENOMEM, "cannot wait for signals");
	}
	return 0;
}

/* --- what the control socket shows */

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

/* Those of an ike that ended, whose policies need others. */
static uint64_t orphaned(const struct dp_view *dp)
{
	uint64_t policies = 0;

	for (size_t i = 0; i < dp->n_sas; i++)
		if (dp->sas[i].orphan && dp->sas[i].id.dir == SADB_OUT)
			policies |= dp->sas[i].policies;
	return policies;
}

/* Which look it is, or 0: there is nothing to look at. */
static uint64_t look(struct ctl *c)
{
	return c->dp_is_set && dp_link_look(c->dp) ? ++c->looks : 0;
}

static bool on_refresh(void *ctx)
{
	struct ctl *c = ctx;

	c->control_look = look(c);
	return c->control_look;
}

/* Of the looks so far, up to this one. */
static void saw(struct ctl *c, uint64_t turn)
{
	if (c->ike_look && c->ike_look <= turn) {
		c->ike_look = 0;
		ike_link_start_all(c->ike, orphaned(dp_link_view(c->dp)));
	}
	if (c->control_look && c->control_look <= turn) {
		c->control_look = 0;
		control_server_refreshed(c->control);
	}
}

static void on_looked(void *ctx)
{
	struct ctl *c = ctx;

	saw(c, ++c->looked);
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

static int start_control(struct ctl *c, struct error *e)
{
	const struct control_callbacks callbacks = {
		.status = on_status,
		.sas = on_sas,
		.conns = on_conns,
		.refresh = on_refresh,
		.command = on_command,
		.loads = apply_loads(c->apply),
		.ctx = c,
		.since_ns = c->since_ns,
		.workers = 1,
	};

	return control_server_new(c->base, c->config->gateway.socket,
				  &callbacks, &c->control, e);
}

/* --- IKE, where a connection asks for it */

/* A link between the two, each end of which is handed over. */
static void introduce(struct ctl *c)
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
		introduce(ctx);
}

/* Its SAs are not lost yet: another one takes over. */
static void on_ike_ended(void *ctx)
{
	const struct ctl *c = ctx;

	control_server_ike_gone(c->control, NULL);
}

static void on_ike_lost(void *ctx, const struct sas *lost)
{
	struct ctl *c = ctx;

	failures_process_ended(c->failures, c->config->conns,
			       c->config->n_conns, clock_ns());
	control_server_ike_gone(c->control, lost);
}

/* What there is of orphans is known with the next look. */
static void on_ike_shown(void *ctx)
{
	struct ctl *c = ctx;

	c->ike_look = look(c);
	if (!c->ike_look)
		ike_link_start_all(c->ike, 0);
}

static void on_ike_done(void *ctx, uint64_t token, int err, unsigned int n)
{
	struct ctl *c = ctx;

	control_server_done(c->control, token, err, n);
}

static void on_ike_event(void *ctx, const struct ike_event *e,
			 const struct ike_sa_view *ike,
			 const struct child_sa_view *child)
{
	struct ctl *c = ctx;
	static const enum control_event_kind kinds[] = {
		[IKE_EV_IKE_UP] = CONTROL_IKE_UP,
		[IKE_EV_IKE_DOWN] = CONTROL_IKE_DOWN,
		[IKE_EV_CHILD_UP] = CONTROL_CHILD_UP,
		[IKE_EV_CHILD_DOWN] = CONTROL_CHILD_DOWN,
		[IKE_EV_FAILED] = CONTROL_FAILED,
	};
	const struct control_event event = {
		.kind = kinds[e->kind],
		.conn = e->conn,
		.child = e->child,
		.ike_id = e->ike_id,
		.ike = ike,
		.child_sa = child,
		.text = e->text,
	};

	failures_event(c->failures, e, clock_ns());
	control_server_event(c->control, &event);
}

static int start_ike(struct ctl *c, struct error *e)
{
	struct ike_link_spec spec = { .base = c->base,
				      .folder = c->folder,
				      .conns = c->config->conns,
				      .n_conns = c->config->n_conns,
				      .psks = c->config->psks,
				      .n_psks = c->config->n_psks,
				      .debug = c->debug,
				      .ready = on_ike_ready,
				      .ended = on_ike_ended,
				      .lost = on_ike_lost,
				      .shown = on_ike_shown,
				      .event = on_ike_event,
				      .done = on_ike_done,
				      .ctx = c };

	if (!c->config->n_conns)
		return 0;
	memcpy(spec.fds, c->ike_ports, sizeof(spec.fds));
	return ike_link_new(&spec, &c->ike, e);
}

/* dp keeps them, so that no ctl's end closes them. */
static int take_ports(struct ctl *c, const int *fds, size_t n, struct error *e)
{
	int err = 0;

	if (c->ike_ports[0] >= 0 || (!n && !c->config->n_conns))
		role_close_all(fds, n);
	else if (n)
		memcpy(c->ike_ports, fds, sizeof(c->ike_ports));
	else
		err = ike_udp_bind(c->ike_ports, e);
	if (!err && !n && c->ike_ports[0] >= 0)
		dp_link_sockets(c->dp, c->ike_ports);
	return err;
}

/* --- the data path */

static void give_configuration(struct ctl *c, const int *fds, size_t n_fds);

static void on_ports_again(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	if (c->waits_for_ports && c->phase != ENDING)
		give_configuration(c, NULL, 0);
}

static bool wait_for_ports(struct ctl *c)
{
	const struct timeval wait = { .tv_usec = PORT_MS * 1000 };

	c->waits_for_ports = ++c->port_tries < PORT_TRIES &&
			     !event_base_once(c->base, -1, EV_TIMEOUT,
					      on_ports_again, c, &wait);
	return c->waits_for_ports;
}

static void give_configuration(struct ctl *c, const int *fds, size_t n_fds)
{
	struct error e;
	int err = take_ports(c, fds, n_fds, &e);

	c->waits_for_ports = false;
	if (err == -EADDRINUSE && wait_for_ports(c))
		return;
	if (err)
		fail(c, err, e.text);
	else if (dp_link_commit(c->dp, c->config))
		fail(c, -EIO, "the data path does not take its configuration");
}

static void on_hello(void *ctx, const struct dp_msg_hello *m, const int *fds,
		     size_t n_fds)
{
	struct ctl *c = ctx;

	if (m->is_taken) {
		role_close_all(fds, n_fds);
		fail(c, -EADDRINUSE,
		     "cygnetd is already running here: the data path has another one; stop that first");
		return;
	}
	c->dp_is_ours = c->dp_is_ours || !m->is_running;
	give_configuration(c, fds, n_fds);
}

/* --- changes of what is loaded */

/* dp gets the whole, and answers by COMMITTED. */
static int on_install(void *ctx, const struct config *config,
		      struct conn_conf *conns, size_t n, struct error *e)
{
	struct ctl *c = ctx;

	if (c->phase != RUNNING || !c->dp_is_set)
		return error_set(e, -EAGAIN,
				 "the data path is not there; try again");
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
	const struct ctl *c = ctx;

	if (c->ike)
		ike_link_command(c->ike, IKE_CMD_TERMINATE, 0, conn, NULL);
}

static void on_load(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	const struct ctl *c = ctx;

	if (c->ike)
		ike_link_start(c->ike, conn, was);
}

/* The first connection. */
static void begin_ike(struct ctl *c)
{
	struct error e;
	int err = take_ports(c, NULL, 0, &e);

	if (!err)
		err = start_ike(c, &e);
	if (err)
		log_error("daemon: IKE does not start: %s", e.text);
}

static void on_changed(void *ctx, bool conns)
{
	struct ctl *c = ctx;

	if (!c->ike) {
		begin_ike(c);
		return;
	}
	ike_link_set_conns(c->ike, c->config->conns, c->config->n_conns);
	ike_link_set_psks(c->ike, c->config->psks, c->config->n_psks);
	if (conns)
		ike_link_load(c->ike);
}

static void on_answer(void *ctx, uint64_t token, int err, const struct error *e)
{
	const struct ctl *c = ctx;

	if (!token && err)
		log_error("daemon: the configuration stays what it was: %s",
			  e->text);
	control_server_loaded(c->control, token, err, e);
}

static int take_changes(struct ctl *c, const char *file, struct error *e)
{
	const struct apply_calls calls = { .install = on_install,
					   .unload = on_unload,
					   .load = on_load,
					   .changed = on_changed,
					   .answer = on_answer,
					   .ctx = c };

	c->apply = apply_new(c->config, file, &calls);
	return c->apply ? 0 : error_set(e, -ENOMEM, "no memory for changes");
}

/* In the order of the SPD; ike asks for SAs by them. */
static void take_ids(struct config *config, const struct dp_msg_committed *m)
{
	const uint32_t *id = m->ids;

	for (size_t i = 0; i < config->n_policies; i++)
		config->policies[i].id = *id++;
	for (size_t i = 0; i < config->n_conns; i++)
		for (size_t k = 0; k < config->conns[i].n_children; k++)
			config->conns[i].children[k].policy = *id++;
}

/* Of a change. */
static void on_applied(struct ctl *c, const struct dp_msg_committed *m)
{
	struct error e;

	if (m->err)
		error_set(&e, m->err, "%s", m->text);
	else
		take_ids(&c->applying, m);
	apply_done(c->apply, m->err, &e);
}

static void run(struct ctl *c)
{
	struct error e;
	int err = start_control(c, &e);

	if (!err)
		err = start_ike(c, &e);
	if (err) {
		fail(c, err, e.text);
		return;
	}
	c->phase = RUNNING;
	log_info("daemon: up version=" CYG_VERSION
		 " interfaces=%zu policies=%zu socket=%s",
		 c->config->gateway.n_ifaces, c->config->n_policies,
		 c->config->gateway.socket);
}

static void on_committed(void *ctx, const struct dp_msg_committed *m)
{
	struct ctl *c = ctx;

	if (c->dp_is_set) {
		on_applied(c, m);
		return;
	}
	if (m->err && c->phase == STARTING) {
		fail(c, m->err, m->text);
		return;
	}
	if (m->err) {
		log_error("daemon: the data path does not start: %s", m->text);
		dp_link_restart(c->dp, "it did not start");
		return;
	}
	c->dp_is_set = true;
	take_ids(c->config, m);
	if (c->phase == STARTING)
		run(c);
	else if (c->phase == RUNNING)
		introduce(c);
	if (c->phase != RUNNING)
		return;
	dp_link_settle(c->dp);
	dp_release_others(&c->config->gateway);
}

static void on_dp_down(void *ctx, const char *why)
{
	struct ctl *c = ctx;
	struct error e;

	c->dp_is_set = false;
	c->waits_for_ports = false;
	error_set(&e, -EIO, "the data path is gone (%s); try again", why);
	if (c->apply)
		apply_done(c->apply, -EIO, &e);
	if (c->phase == ENDING)
		event_base_loopbreak(c->base);
	else if (c->phase == STARTING) {
		c->dp_is_ours = false; /* nothing is left to be undone */
		if (why == role_is_silent)
			fail(c, -EIO,
			     "the process of the data path does not answer");
		else if (++c->dp_tries == DP_TRIES)
			fail(c, -EIO,
			     "the process of the data path ends at once; its log says why");
	} else {
		log_warn("daemon: the data path is gone (%s); what policies protect is dropped until it is there again",
			 why);
		c->looked = c->looks;
		saw(c, c->looked); /* no answer comes any more */
	}
}

/* --- all of it */

/* Beside the control socket: of two daemons, each has its own. */
static int make_folder(struct ctl *c, struct error *e)
{
	const char *path = c->config->gateway.socket;

	memcpy(c->folder, path, (size_t)(strrchr(path, '/') - path));
	return listen_make_folder(path, e);
}

static int start(struct ctl *c, struct error *e)
{
	struct dp_link_spec dp = {
		.folder = c->folder,
		.debug = c->debug,
		.hello = on_hello,
		.committed = on_committed,
		.looked = on_looked,
		.down = on_dp_down,
		.ctx = c,
	};
	int err;

	if (geteuid() != 0)
		return error_set(
			e, -EPERM,
			"not allowed to load programs into the kernel; run as root");
	c->base = event_base_new();
	c->failures = failures_new();
	if (!c->base || !c->failures ||
	    event_base_priority_init(c->base, CONTROL_PRIORITIES))
		return error_set(e, -ENOMEM, "no memory for an event loop");
	dp.base = c->base;
	err = catch_signals(c, e);
	if (!err)
		err = make_folder(c, e);
	return err ? err : dp_link_new(&dp, &c->dp, e);
}

static void stop(struct ctl *c)
{
	control_server_free(c->control);
	ike_link_free(c->ike);
	failures_free(c->failures);
	dp_link_free(c->dp);
	for (int i = 0; i < IKE_UDP_SOCKETS; i++)
		if (c->ike_ports[i] >= 0)
			close(c->ike_ports[i]);
	if (c->base)
		event_base_free(c->base);
	apply_free(c->apply);
	config_free(c->config);
}

int ctl_role(const char *file, bool debug, struct error *e)
{
	struct ctl c = { .since_ns = clock_ns(),
			 .debug = debug,
			 .ike_ports = { -1, -1 },
			 .error = e };
	int err;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* else an id may be another process's */
	err = conf_load(file, &c.config, e);
	if (!err)
		err = take_changes(&c, file, e);
	if (!err)
		err = start(&c, e);
	if (!err && event_base_dispatch(c.base) < 0)
		err = error_set(e, -EIO, "the event loop failed: %s",
				strerror(errno));
	if (!err && !c.err)
		log_info("daemon: down; what policies protect is dropped until cygnetd runs again or 'cygnetd -f %s --release'",
			 c.config->file);
	stop(&c);
	return err ? err : c.err;
}
