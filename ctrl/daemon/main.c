// SPDX-License-Identifier: BSD-2-Clause
/*
 * cygnetd: reads its file, starts data path and control socket, runs until it
 * is told to stop. The main thread is the control thread.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/control/server.h"
#include "ctrl/daemon/ike.h"
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
	const char *role; /* of this process, if another cygnetd started it */
	bool done;	  /* help or version was all that was asked for */
};

struct daemon {
	struct config *config;
	struct event_base *base;
	struct event signals[N_SIGNALS];
	struct dp *dp;
	struct control_server *control;
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
			log_set_level(LOG_LVL_DEBUG);
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

	return view_status(d->config, d->dp);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	(void)what;
	if (number == SIGHUP)
		log_warn("daemon: SIGHUP ignored: reading the configuration again is not supported yet; restart cygnetd");
	else
		event_base_loopbreak(ctx);
}

/* Before the data path: what comes while it starts ends it in order. */
static int catch_signals(struct daemon *d, struct error *e)
{
	static const int numbers[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < N_SIGNALS; i++) {
		evsignal_assign(&d->signals[i], d->base, numbers[i], on_signal,
				d->base);
		if (event_add(&d->signals[i], NULL))
			return error_set(e, -ENOMEM, "cannot wait for signals");
	}
	return 0;
}

/* The number of workers never changes: asked for once. */
static int start_control(struct daemon *d, uint64_t since_ns, struct error *e)
{
	struct control_callbacks callbacks = { .status = on_status,
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

static int start(struct daemon *d, struct error *e)
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

static int serve(struct daemon *d, struct error *e)
{
	int err = start(d, e);

	if (!err)
		err = run(d, e);
	control_server_free(d->control);
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
	struct daemon d = { 0 };
	struct options o;
	struct error e;
	enum exit_code code = parse_options(argc, argv, &o);
	int err;

	if (code == EXIT_OK && o.done)
		code = end_output();
	if (code != EXIT_OK || o.done)
		return (int)code;
	harden();
	if (o.role)
		return play(o.role);
	signal(SIGPIPE, SIG_IGN);
	err = o.release ? dp_release(&e) : conf_load(o.file, &d.config, &e);
	if (!err && !o.release && d.config->n_conns)
		err = error_set(&e, -ENOTSUP,
				"%s: connections are not served yet; remove them",
				o.file);
	if (!err && !o.release)
		err = serve(&d, &e);
	config_free(d.config);
	if (!err)
		return EXIT_OK;
	fprintf(stderr, "cygnetd: %s\n", e.text);
	return EXIT_FAILED;
}
