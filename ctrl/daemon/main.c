// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnetd: reads its file, starts data path, control socket and the process that
 * speaks IKE, runs until it is told to stop. The main thread is the control
 * thread.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/control/server.h"
#include "ctrl/daemon/ike.h"
#include "ctrl/daemon/ike_link.h"
#include "ctrl/daemon/view.h"
#include "ctrl/dp/dp.h"

#define DEFAULT_FILE "/etc/cygnet/cygnet.conf"
#define N_SIGNALS    3

enum exit_code {
	EXIT_OK,
	EXIT_FAILED,
	EXIT_USAGE,
};

struct options {
	const char *file;
	bool release;
	bool debug;
	const char *role; /* of this process, if another cygnetd started it */
	bool done;	  /* help or version was all that was asked for */
};

struct daemon {
	struct config *config;
	struct event_base *base;
	struct event signals[N_SIGNALS];
	struct dp *dp;
	struct control_server *control;
	int ike_ports[IKE_UDP_SOCKETS]; /* -1: IKE is not spoken */
	struct ike_link *ike;
	bool stopping; /* another signal does not wait */
};

static const char usage[] =
	"cygnetd: the IPsec gateway's daemon\n"
	"\n"
	"usage: cygnetd [-f FILE] [--debug]\n"
	"       cygnetd --release\n"
	"\n"
	"  -f, --file FILE  configuration (default " DEFAULT_FILE ")\n"
	"      --release    take programs, "
	"ipsec0"
	" and routes away and exit:\n"
	"                   traffic then flows as if cygnet were not there\n"
	"      --debug      log more\n"
	"      --version    print the version\n"
	"      --help       this text\n"
	"\n"
	"When cygnetd ends, however it ends, what policies protect is dropped\n"
	"until it runs again or --release lets it go.\n"
	"\n"
	"example: cygnetd -f /etc/cygnet/cygnet.conf\n";

/* EXIT_OK, or EXIT_USAGE after a line that says why. */
static enum exit_code parse_options(int argc, char **argv, struct options *o)
{
	enum { OPT_RELEASE = 256, OPT_DEBUG, OPT_ROLE, OPT_VERSION, OPT_HELP };
	static const struct option table[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "release", no_argument, NULL, OPT_RELEASE },
		{ "debug", no_argument, NULL, OPT_DEBUG },
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 },
	};
	int c;

	*o = (struct options){ .file = DEFAULT_FILE };
	while ((c = getopt_long(argc, argv, "f:", table, NULL)) != -1) {
		if (c == 'f')
			o->file = optarg;
		else if (c == OPT_RELEASE)
			o->release = true;
		else if (c == OPT_DEBUG)
			o->debug = true;
		else if (c == OPT_ROLE)
			o->role = optarg;
		else if (c == OPT_VERSION || c == OPT_HELP)
			o->done = true;
		else
			return EXIT_USAGE; /* getopt said why */
		if (c == OPT_VERSION)
			puts("cygnetd " CYG_VERSION);
		if (c == OPT_HELP)
			fputs(usage, stdout);
	}
	if (optind == argc)
		return EXIT_OK;
	fprintf(stderr, "cygnetd: unexpected '%s'; see cygnetd --help\n",
		argv[optind]);
	return EXIT_USAGE;
}

/* Keys are in this process: no core dump, no debugger but root's. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static struct status *on_status(void *ctx)
{
	const struct daemon *d = ctx;
	struct sas *sas = d->ike ? ike_link_sas(d->ike) : NULL;
	struct status *s = view_status(d->config, d->dp, sas);

	sas_free(sas);
	return s;
}

static struct sas *on_sas(void *ctx)
{
	const struct daemon *d = ctx;
	struct sas *sas =
		d->ike ? ike_link_sas(d->ike) : calloc(1, sizeof(*sas));

	if (sas)
		view_count(sas, d->dp);
	return sas;
}

static const struct conn_conf *on_conns(void *ctx, size_t *n)
{
	const struct daemon *d = ctx;

	*n = d->config->n_conns;
	return d->config->conns;
}

static void on_command(void *ctx, const struct control_command *c)
{
	static const enum ike_command commands[] = {
		[CONTROL_INITIATE] = IKE_CMD_INITIATE,
		[CONTROL_TERMINATE] = IKE_CMD_TERMINATE,
		[CONTROL_REKEY] = IKE_CMD_REKEY,
	};
	struct daemon *d = ctx;
	int err = -ENOTCONN;

	if (d->ike)
		err = ike_link_command(d->ike, commands[c->verb], c->token,
				       c->conn, c->child);
	if (err)
		control_server_done(d->control, c->token, err, 0);
}

static void on_stopped(void *ctx)
{
	const struct daemon *d = ctx;

	event_base_loopbreak(d->base);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)what;
	if (number == SIGHUP)
		log_warn("daemon: SIGHUP ignored: reading the configuration again is not supported yet; restart cygnetd");
	else if (d->ike && !d->stopping)
		ike_link_stop(d->ike, on_stopped, d);
	else
		event_base_loopbreak(d->base);
	d->stopping |= number != SIGHUP;
}

/* Before the data path: what comes while it starts ends it in order. */
static int catch_signals(struct daemon *d, struct error *e)
{
	static const int numbers[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < N_SIGNALS; i++) {
		evsignal_assign(&d->signals[i], d->base, numbers[i], on_signal,
				d);
		if (event_add(&d->signals[i], NULL))
			return error_set(e, -ENOMEM, "cannot wait for signals");
	}
	return 0;
}

/* The number of workers never changes: asked for once. */
static int start_control(struct daemon *d, uint64_t since_ns, struct error *e)
{
	struct control_callbacks callbacks = { .status = on_status,
					       .sas = on_sas,
					       .conns = on_conns,
					       .command = on_command,
					       .ctx = d,
					       .since_ns = since_ns };
	struct status *s = on_status(d);

	if (!s)
		return error_set(e, -ENOMEM, "no memory for a snapshot");
	callbacks.workers = s->workers;
	status_free(s);
	return control_server_new(d->base, d->config->gateway.socket,
				  &callbacks, &d->control, e);
}

/* --- IKE, where a connection asks for it --- */

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct daemon *d = ctx;

	dp_sadb(d->dp, q);
}

static void on_sadb_answer(void *ctx, const struct sadb_answer *a)
{
	struct daemon *d = ctx;

	if (d->ike)
		ike_link_sadb_answer(d->ike, a);
}

static void on_sadb_event(void *ctx, const struct sadb_event *event)
{
	struct daemon *d = ctx;

	if (d->ike)
		ike_link_sadb_event(d->ike, event);
}

static void on_ike_ended(void *ctx)
{
	struct daemon *d = ctx;

	dp_orphan_sas(d->dp);
}

static void on_ike_done(void *ctx, uint64_t token, int err, unsigned int n)
{
	struct daemon *d = ctx;

	control_server_done(d->control, token, err, n);
}

static void on_ike_event(void *ctx, const struct ike_event *e,
			 const struct ike_sa_view *ike,
			 const struct child_sa_view *child)
{
	struct daemon *d = ctx;
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
		.ike = ike,
		.child_sa = child,
		.text = e->text,
	};

	control_server_event(d->control, &event);
}

static int open_ports(struct daemon *d, struct error *e)
{
	int err = ike_udp_bind(d->ike_ports, e);

	for (int i = 0; !err && i < IKE_UDP_SOCKETS; i++)
		err = dp_let_out(d->dp, d->ike_ports[i], e);
	return err;
}

static int start_ike(struct daemon *d, bool debug, struct error *e)
{
	const struct sadb_calls calls = { .answer = on_sadb_answer,
					  .event = on_sadb_event,
					  .ctx = d };
	struct ike_link_spec spec = { .base = d->base,
				      .conns = d->config->conns,
				      .n_conns = d->config->n_conns,
				      .psks = d->config->psks,
				      .n_psks = d->config->n_psks,
				      .debug = debug,
				      .sadb = on_sadb,
				      .ended = on_ike_ended,
				      .event = on_ike_event,
				      .done = on_ike_done,
				      .ctx = d };
	int err;

	if (!d->config->n_conns)
		return 0;
	err = open_ports(d, e);
	if (err)
		return err;
	memcpy(spec.fds, d->ike_ports, sizeof(spec.fds));
	dp_serve_sadb(d->dp, &calls);
	return ike_link_new(&spec, &d->ike, e);
}

static void stop_ike(struct daemon *d)
{
	ike_link_free(d->ike);
	d->ike = NULL;
	for (int i = 0; i < IKE_UDP_SOCKETS; i++)
		if (d->ike_ports[i] >= 0)
			close(d->ike_ports[i]);
}

/* --- start, run, end --- */

static int start(struct daemon *d, bool debug, struct error *e)
{
	uint64_t since_ns = clock_ns();
	int err;

	d->base = event_base_new();
	if (!d->base || event_base_priority_init(d->base, CONTROL_PRIORITIES))
		return error_set(e, -ENOMEM, "cannot make an event loop");
	err = catch_signals(d, e);
	if (!err)
		err = dp_start(d->config, d->base, &d->dp, e);
	if (err)
		return err;
	err = start_control(d, since_ns, e);
	if (!err)
		err = start_ike(d, debug, e);
	if (err)
		dp_undo(d->dp);
	else
		dp_settle(d->dp);
	return err;
}

/* Until SIGTERM or SIGINT. */
static int run(struct daemon *d, struct error *e)
{
	int err = 0;

	log_info("daemon: up version=" CYG_VERSION
		 " interfaces=%zu policies=%zu socket=%s",
		 d->config->gateway.n_ifaces, d->config->n_policies,
		 d->config->gateway.socket);
	if (event_base_dispatch(d->base) < 0)
		err = error_set(e, -EIO, "the event loop failed: %s",
				strerror(errno));
	log_info("daemon: down; what policies protect is dropped until cygnetd runs again or 'cygnetd -f %s --release'",
		 d->config->file);
	return err;
}

static int serve(struct daemon *d, bool debug, struct error *e)
{
	int err = start(d, debug, e);

	if (!err)
		err = run(d, e);
	control_server_free(d->control);
	stop_ike(d);
	dp_stop(d->dp);
	if (d->base)
		event_base_free(d->base);
	return err;
}

/* What was printed has to arrive. */
static enum exit_code end_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_OK;
	fprintf(stderr, "cygnetd: cannot write: %s\n", strerror(errno));
	return EXIT_FAILED;
}

static int play(const char *role)
{
	if (strcmp(role, "ike") == 0)
		return ike_role();
	fprintf(stderr, "cygnetd: there is no role '%s'\n", role);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct daemon d = { .ike_ports = { -1, -1 } };
	struct options o;
	struct error e;
	enum exit_code code = parse_options(argc, argv, &o);
	int err;

	if (code == EXIT_OK && o.done)
		code = end_output();
	if (code != EXIT_OK || o.done)
		return (int)code;
	if (o.debug)
		log_set_level(LOG_LVL_DEBUG);
	harden();
	if (o.role)
		return play(o.role);
	signal(SIGPIPE, SIG_IGN);
	err = o.release ? dp_release(&e) : conf_load(o.file, &d.config, &e);
	if (!err && !o.release)
		err = serve(&d, o.debug, &e);
	config_free(d.config);
	if (!err)
		return EXIT_OK;
	fprintf(stderr, "cygnetd: %s\n", e.text);
	return EXIT_FAILED;
}
