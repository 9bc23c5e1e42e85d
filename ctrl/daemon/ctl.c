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
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/base/trim.h"
#include "ctrl/conf/conf.h"
#include "ctrl/control/listen.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/key_loads.h"
#include "ctrl/daemon/role.h"
#include "ctrl/dp/dp.h"

#define DP_STOP_MS 10000 /* its worker empties its rings */
#define DP_TRIES   4	 /* one that is found may be about to end */
#define PORT_TRIES 20	 /* so may an ike, which has them */
#define PORT_MS	   100

/* --- the end */

/* With what this start began; of a start that failed, as if it never was. */
static void end(struct ctl *c)
{
	bool undo = c->phase == CTL_STARTING;

	if (c->phase == CTL_ENDING)
		return;
	c->phase = CTL_ENDING;
	ctl_stop_streams(c);
	if (undo && !c->dp_is_ours)
		event_base_loopbreak(c->base); /* an earlier one's goes on */
	else
		dp_link_end(c->dp, undo ? DP_MSG_UNDO : DP_MSG_STOP, DP_STOP_MS);
}

static void fail(struct ctl *c, int err, const char *why)
{
	if (c->phase != CTL_STARTING)
		return;
	c->err = err;
	memmove(c->error->text, why, strlen(why) + 1);
	end(c);
}

static void on_drained(void *ctx)
{
	end(ctx);
}

static void on_nameservers_drained(void *ctx)
{
	struct ctl *c = ctx;

	updown_drain(c->updown, on_drained, c);
}

/* Scripts still have interfaces, routes and DNS servers to take away. */
static void on_ike_stopped(void *ctx)
{
	struct ctl *c = ctx;

	nameservers_drain(c->nameservers, on_nameservers_drained, c);
}

/* As the command, but nobody waits for the answer. */
static void reload(struct ctl *c)
{
	const struct control_loads loads = apply_loads(c->apply);
	struct error e;

	if (c->phase != CTL_RUNNING)
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
	else if (c->phase == CTL_RUNNING && c->ike)
		ike_link_stop(c->ike, on_ike_stopped, c);
	else
		end(c);
}

static int catch_signals(struct ctl *c, struct error *e)
{
	static const int numbers[CTL_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < CTL_SIGNALS; i++) {
		evsignal_assign(&c->signals[i], c->base, numbers[i], on_signal,
				c);
		if (event_add(&c->signals[i], NULL))
			return error_set(e, -ENOMEM, "cannot wait for signals");
	}
	return 0;
}

/* --- the data path */

static void give_configuration(struct ctl *c, const int *fds, size_t n_fds);

static void on_ports_again(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	if (c->waits_for_ports && c->phase != CTL_ENDING)
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
	int err = ctl_take_ports(c, fds, n_fds, &e);

	c->waits_for_ports = false;
	pools_lend(c->config->pools, c->config->n_pools, c->config->conns,
		   c->config->n_conns);
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

static void run(struct ctl *c)
{
	struct error e;
	int err = ctl_start_control(c, &e);

	if (!err)
		err = ctl_set_names(c, &e);
	if (!err)
		err = ctl_set_streams(c, &e);
	if (!err)
		err = ctl_start_ike(c, &e);
	if (err) {
		fail(c, err, e.text);
		return;
	}
	c->phase = CTL_RUNNING;
	log_info("daemon: up version=" CYG_VERSION
		 " interfaces=%zu policies=%zu socket=%s",
		 c->config->gateway.n_ifaces, c->config->n_policies,
		 c->config->gateway.socket);
}

static void on_committed(void *ctx, const struct dp_msg_committed *m)
{
	struct ctl *c = ctx;

	if (c->dp_is_set) {
		ctl_applied(c, m);
		return;
	}
	if (m->err && c->phase == CTL_STARTING) {
		fail(c, m->err, m->text);
		return;
	}
	if (m->err) {
		log_error("daemon: the data path does not start: %s", m->text);
		dp_link_restart(c->dp, "it did not start");
		return;
	}
	c->dp_is_set = true;
	ctl_take_ids(c->config, c->dp);
	if (c->phase == CTL_STARTING)
		run(c);
	else if (c->phase == CTL_RUNNING)
		ctl_introduce(c);
	if (c->phase != CTL_RUNNING)
		return;
	ctl_names_with_dp(c);
	ctl_streams_with_dp(c);
	ctl_look_at_vips(c);
	dp_link_settle(c->dp);
	dp_release_others(&c->config->gateway);
}

static void on_dp_down(void *ctx, const char *why)
{
	struct ctl *c = ctx;
	struct error e;

	c->dp_is_set = false;
	c->waits_for_ports = false;
	if (c->phase == CTL_RUNNING)
		ctl_names_without_dp(c);
	ctl_streams_without_dp(c);
	error_set(&e, -EIO, "the data path is gone (%s); try again", why);
	if (c->apply)
		apply_done(c->apply, -EIO, &e);
	if (c->phase == CTL_ENDING)
		event_base_loopbreak(c->base);
	else if (c->phase == CTL_STARTING) {
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
		ctl_saw(c, c->looked); /* no answer comes any more */
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
		.looked = ctl_on_looked,
		.let_out = ctl_let_out,
		.explained = ctl_explained,
		.capturing = ctl_capturing,
		.stream_out = ctl_stream_out,
		.pair = ctl_pair,
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
	c->since = up_since_new();
	c->counts = tally_new();
	c->updown = c->base ? updown_new(c->base) : NULL;
	c->nameservers = c->base ? nameservers_new(c->base) : NULL;
	if (!c->base || !c->updown || !c->nameservers || !c->failures ||
	    !c->since || !c->counts || !tally_of(c->counts, "") ||
	    event_base_priority_init(c->base, CONTROL_PRIORITIES))
		return error_set(e, -ENOMEM, "no memory for an event loop");
	c->trim = trim_new(c->base, TRIM_MS);
	if (!c->trim)
		return error_set(e, -ENOMEM, "no memory for an event loop");
	dp.base = c->base;
	err = catch_signals(c, e);
	if (!err)
		err = ctl_new_names(c, e);
	if (!err)
		err = ctl_new_commands(c, e);
	if (!err)
		err = ctl_new_fetches(c, e);
	if (!err)
		err = make_folder(c, e);
	if (!err)
		err = ctl_new_tokens(c, e);
	return err ? err : dp_link_new(&dp, &c->dp, e);
}

static void stop(struct ctl *c)
{
	scrape_free(c->scrape);
	control_server_free(c->control);
	ike_link_free(c->ike);
	ctl_free_vips(c);
	ctl_free_names(c);
	ctl_free_streams(c);
	ctl_free_fetches(c);
	tokens_free(c->tokens);
	failures_free(c->failures);
	up_since_free(c->since);
	tally_free(c->counts);
	updown_free(c->updown);
	nameservers_free(c->nameservers);
	dp_link_free(c->dp);
	for (int i = 0; i < IKE_UDP_SOCKETS; i++)
		if (c->ike_ports[i] >= 0)
			close(c->ike_ports[i]);
	if (c->trim)
		event_free(c->trim);
	if (c->base)
		event_base_free(c->base);
	held_free(c->held);
	apply_free(c->apply);
	ctl_expiry_stop(c);
	certs_free(c->certs);
	sign_keys_free(c->keys);
	config_free(c->config);
}

static void log_notes(const struct config *c)
{
	char text[CONF_NOTE_MAX];

	for (size_t i = 0; i < c->n_notes; i++)
		log_info("daemon: %s", conf_note_str(&c->notes[i], text));
}

int ctl_role(const char *file, bool debug, struct error *e)
{
	struct ctl c = { .since_ns = clock_ns(),
			 .debug = debug,
			 .ike_ports = IKE_UDP_NONE,
			 .error = e };
	int err;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* else an id may be another process's */
	err = conf_load(file, &c.config, e);
	if (!err)
		err = providers_load(c.config->gateway.providers, e);
	if (!err) {
		log_notes(c.config);
		err = key_loads_read(c.config, &c.keys, e);
	}
	if (!err) {
		ctl_tell_expiry(c.config);
		c.sent_certs = c.config->certs.at;
		err = ctl_take_changes(&c, file, e);
	}
	if (!err)
		err = start(&c, e);
	if (!err && event_base_dispatch(c.base) < 0)
		err = error_set(e, -EIO, "the event loop failed: %s",
				strerror(errno));
	if (!err && !c.err)
		log_info("daemon: down; what policies protect is dropped until cygnetd runs again or 'cygnetd -f %s --release'",
			 c.config->file);
	if (c.config && c.config->gateway.xdp == XDP_DISPATCHER && c.err)
		dp_release_empty_seats();
	stop(&c);
	return err ? err : c.err;
}
