// SPDX-License-Identifier: BSD-2-Clause
/* cygnetd: what was asked for on the command line, and which role this is. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/base/trim.h"
#include "ctrl/crypto/providers.h"
#include "ctrl/daemon/ctl.h"
#include "ctrl/daemon/dp.h"
#include "ctrl/daemon/helper.h"
#include "ctrl/daemon/ike.h"
#include "ctrl/daemon/lock.h"
#include "ctrl/daemon/stream.h"
#include "ctrl/daemon/token.h"
#include "ctrl/dp/dp.h"

#define DEFAULT_FILE "/etc/cygnet/cygnet.conf"

enum exit_code {
	EXIT_OK,
	EXIT_FAILED,
	EXIT_USAGE,
};

struct options {
	const char *file;
	bool lock;
	bool release;
	bool debug;
	const char *providers; /* libcrypto's, likewise */
	const char *role; /* of this process, if another cygnetd started it */
	bool done;	  /* help or version was all that was asked for */
};

static const char usage[] =
	"cygnetd: the IPsec gateway's daemon\n"
	"\n"
	"usage: cygnetd [-f FILE] [--debug]\n"
	"       cygnetd --lock [-f FILE]\n"
	"       cygnetd --release\n"
	"\n"
	"  -f, --file FILE  configuration (default " DEFAULT_FILE ")\n"
	"      --lock       close the unprotected interfaces, also those that appear\n"
	"                   later, until cygnetd has taken over: ARP, neighbour\n"
	"                   discovery, DHCP and multicast of the link pass,\n"
	"                   nothing else\n"
	"      --release    take programs, "
	"ipsec0"
	" and routes away and exit:\n"
	"                   traffic then flows as if cygnet were not there\n"
	"      --debug      log more\n"
	"      --version    print the version\n"
	"      --help       this text\n"
	"\n"
	"When cygnetd ends, however it ends, what policies protect is dropped\n"
	"until it runs again or --release lets it go; likewise --lock.\n"
	"\n"
	"example: cygnetd -f /etc/cygnet/cygnet.conf\n";

/* EXIT_OK, or EXIT_USAGE after a line that says why. */
static enum exit_code parse_options(int argc, char **argv, struct options *o)
{
	enum {
		OPT_LOCK = 256,
		OPT_RELEASE,
		OPT_DEBUG,
		OPT_ROLE,
		OPT_PROVIDERS,
		OPT_VERSION,
		OPT_HELP
	};
	static const struct option table[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "lock", no_argument, NULL, OPT_LOCK },
		{ "release", no_argument, NULL, OPT_RELEASE },
		{ "debug", no_argument, NULL, OPT_DEBUG },
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "providers", required_argument, NULL, OPT_PROVIDERS },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 },
	};
	int c;

	*o = (struct options){ .file = DEFAULT_FILE, .providers = "" };
	while ((c = getopt_long(argc, argv, "f:", table, NULL)) != -1) {
		if (c == 'f')
			o->file = optarg;
		else if (c == OPT_LOCK)
			o->lock = true;
		else if (c == OPT_RELEASE)
			o->release = true;
		else if (c == OPT_DEBUG)
			o->debug = true;
		else if (c == OPT_ROLE)
			o->role = optarg;
		else if (c == OPT_PROVIDERS)
			o->providers = optarg;
		else if (c == OPT_VERSION || c == OPT_HELP)
			o->done = true;
		else
			return EXIT_USAGE; /* getopt said why */
		if (c == OPT_VERSION)
			puts("cygnetd " CYG_VERSION);
		if (c == OPT_HELP)
			fputs(usage, stdout);
	}
	if (o->lock && o->release) {
		fputs("cygnetd: --lock closes, --release opens; give one of them\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (optind == argc)
		return EXIT_OK;
	fprintf(stderr, "cygnetd: unexpected '%s'; see cygnetd --help\n",
		argv[optind]);
	return EXIT_USAGE;
}

/*
 * Keys are in this process: no core dump, no debugger but root's. One that root
 * forces all the same, or a debugger takes, has no memory in it (core(5)).
 */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		fprintf(stderr,
			"cygnetd: core dumps will have memory in them: %s\n",
			strerror(errno));
	if (fd >= 0)
		close(fd);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Else a link to another role would get one of these numbers, and log lines. */
static void open_standard(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0)
		close(fd);
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
	if (strcmp(role, "dp") == 0)
		return dp_role();
	if (strcmp(role, "helper") == 0)
		return helper_role();
	if (strcmp(role, "stream") == 0)
		return stream_role();
	if (strcmp(role, "token") == 0)
		return token_role();
	fprintf(stderr, "cygnetd: there is no role '%s'\n", role);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
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
	open_standard();
	trim_begin();
	harden();
	err = providers_load(o.providers, &e);
	if (!err && o.role)
		return play(o.role);
	if (!err && o.lock)
		err = lock_role(o.file, &e);
	else if (!err)
		err = o.release ? dp_release(&e) : ctl_role(o.file, o.debug, &e);
	if (!err)
		return EXIT_OK;
	fprintf(stderr, "cygnetd: %s\n", e.text);
	return EXIT_FAILED;
}
