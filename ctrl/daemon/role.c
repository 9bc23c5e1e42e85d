// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/role.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/providers.h"
#include "ctrl/daemon/sandbox.h"

/* The wait before it is started again, doubled with each time that it ended
 * before it lived for so long. */
#define AGAIN_MIN_MS 20
#define AGAIN_MAX_MS 10000
#define STEADY_NS    (30 * NS_PER_S)

#define FIRST_WORD_MS 10000
#define REAP_MS	      10

#define SOCKET_MODE 0600

const char role_is_silent[] = "it does not answer";

struct role {
	struct role_spec spec;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct seam *seam;   /* NULL: no link */
	pid_t pid;	     /* of our child; 0: none, or an earlier ctl's */
	struct event *again; /* links it again, or ends the wait for its first
				word or for its end */
	bool heard;
	bool dying;	 /* its process is not gone yet */
	const char *why; /* its link is gone; a literal */
	unsigned int wait_ms;
	uint64_t since_ns;
	struct log_limit lost; /* messages */
	bool ending;
	/* Its process was killed; NULL: not to be dropped. */
	void (*gone)(void *ctx, struct role *r);
	void *gone_ctx;
};

static void link_again(struct role *r);
static void set_again(struct role *r, unsigned int ms);

/* --- its process */

/* NULL: it had to end. */
static void log_end(const struct role *r, const char *why, int status)
{
	const char *name = r->spec.name;

	if (!why)
		;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error("%s: killed for a system call that it may not make",
			  name);
	else if (WIFSIGNALED(status))
		log_warn("%s: killed by signal %d: %s", name, WTERMSIG(status),
			 why);
	else
		log_warn("%s: ended: %s", name, why);
}

/* One of an earlier ctl is nobody's child, and its id is not known. */
static void log_stranger(const struct role *r, const char *why)
{
	if (why == role_is_silent)
		log_error("%s: the process at %s does not answer; end it with: fuser -k -KILL %s",
			  r->spec.name, r->path, r->path);
	else if (why != seam_end_closed)
		log_end(r, why, 0);
}

/* Its process goes with the link: what it holds is held until then. Not waited
 * for with options WNOHANG: false, it is still there. */
static bool reap(struct role *r, int options)
{
	const char *why = r->ending ? NULL : r->why;
	int status = 0;
	pid_t got;

	if (r->pid <= 0) {
		log_stranger(r, why);
		return true;
	}
	do
		got = waitpid(r->pid, &status, options);
	while (got < 0 && errno == EINTR);
	if (!got)
		return false;
	log_end(r, why, status);
	r->pid = 0;
	return true;
}

/* In a session of its own: what ends ctl's does not end it. */
static int spawn(struct role *r, int listener)
{
	char role[32];
	char providers[PROVIDERS_TEXT_MAX + 16];
	char *argv[] = { "cygnetd", role, NULL, NULL, NULL };
	char *const none[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	size_t n = 2;
	int err = posix_spawnattr_init(&attributes);

	if (err)
		return -err;
	err = posix_spawn_file_actions_init(&actions);
	if (err) {
		posix_spawnattr_destroy(&attributes);
		return -err;
	}
	snprintf(role, sizeof(role), "--role=%s",
		 r->spec.role ? r->spec.role : r->spec.name);
	snprintf(providers, sizeof(providers), "--providers=%s",
		 r->spec.providers ? r->spec.providers : "");
	if (r->spec.providers && r->spec.providers[0])
		argv[n++] = providers;
	argv[n] = r->spec.debug ? "--debug" : NULL;
	err = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, listener,
						       ROLE_LISTEN_FD);
	if (!err)
		err = posix_spawn(&r->pid, "/proc/self/exe", &actions,
				  &attributes, argv,
				  r->spec.env ? r->spec.env : none);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

/* Nobody is there: whoever is started finds us waiting. */
static int start(struct role *r, struct error *e)
{
	int listener = seam_listen(r->path, SOCKET_MODE, e);
	int fd, err;

	if (listener < 0)
		return listener;
	fd = seam_connect(r->path);
	err = fd < 0 ? fd : spawn(r, listener);
	close(listener);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return error_set(e, err, "cannot start the process '%s': %s",
			 r->spec.name, strerror(-err));
}

/* --- the link */

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct role *r = ctx;

	if (!r->heard && !r->ending)
		evtimer_del(r->again);
	r->heard = true;
	r->spec.message(r->spec.ctx, type, msg, fds, n_fds);
}

/* The kernel takes its time to close what dp had, and others wait for us. */
static void wait_for_end(struct role *r)
{
	r->dying = !reap(r, WNOHANG);
	if (r->dying)
		set_again(r, REAP_MS);
	else if (r->gone)
		r->gone(r->gone_ctx, r);
	else
		link_again(r);
}

static void on_down(void *ctx, const char *why)
{
	struct role *r = ctx;

	r->seam = NULL;
	r->why = why;
	if (r->pid > 0)
		kill(r->pid, SIGKILL); /* it may live on without its link */
	if (r->ending)
		reap(r, 0);
	else
		wait_for_end(r);
	r->spec.down(r->spec.ctx, why);
}

static void set_again(struct role *r, unsigned int ms)
{
	const struct timeval wait = { ms / 1000,
				      (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(r->again, &wait);
}

/* Of the one who made the socket listen, or who asks for a link. */
static bool is_roots(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       who.uid == 0;
}

static int link_it(struct role *r, struct error *e)
{
	const struct seam_spec spec = { .base = r->spec.base,
					.kinds = r->spec.kinds,
					.n_kinds = r->spec.n_kinds,
					.last = r->spec.last,
					.on_message = on_message,
					.on_down = on_down,
					.ctx = r };
	int fd = seam_connect(r->path), err;

	if (fd < 0 && r->spec.only_found)
		return error_set(e, -ENOENT, "there is none");
	if (fd < 0)
		fd = start(r, e);
	if (fd < 0)
		return fd;
	if (!is_roots(fd)) {
		close(fd);
		return error_set(
			e, -EPERM,
			"a user who is not root listens at %s; make its folder root's, or set gateway.socket",
			r->path);
	}
	r->since_ns = clock_ns();
	r->heard = false;
	err = seam_new(&spec, fd, &r->seam);
	if (!err) {
		set_again(r, FIRST_WORD_MS);
		return 0;
	}
	close(fd);
	return error_set(e, err, "no memory");
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
	struct role *r = ctx;
	struct error e;

	(void)fd;
	(void)what;
	if (r->ending) {
		seam_free(r->seam); /* it took too long */
		on_down(r, "it did not end");
	} else if (r->dying) {
		wait_for_end(r);
	} else if (r->seam) {
		role_restart(r, role_is_silent);
	} else if (link_it(r, &e)) {
		log_error("%s: %s", r->spec.name, e.text);
		link_again(r);
	}
}

/* One that lived for long is there again at once. */
static void link_again(struct role *r)
{
	bool steady = clock_ns() - r->since_ns > STEADY_NS;
	unsigned int wait_ms = steady ? 0 : r->wait_ms;

	set_again(r, wait_ms);
	r->wait_ms = wait_ms ? 2 * wait_ms : AGAIN_MIN_MS;
	if (r->wait_ms > AGAIN_MAX_MS)
		r->wait_ms = AGAIN_MAX_MS;
}

int role_new(const struct role_spec *spec, struct role **out, struct error *e)
{
	struct role *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return error_set(e, -ENOMEM, "no memory");
	r->spec = *spec;
	r->again = evtimer_new(spec->base, on_again, r);
	if ((size_t)snprintf(r->path, sizeof(r->path), "%s/%s", spec->folder,
			     spec->name) >= sizeof(r->path))
		err = error_set(e, -ENAMETOOLONG,
				"the path of the socket %s/%s is too long",
				spec->folder, spec->name);
	else if (!r->again)
		err = error_set(e, -ENOMEM, "no memory");
	else
		err = link_it(r, e);
	if (err) {
		role_free(r);
		return err;
	}
	*out = r;
	return 0;
}

void role_free(struct role *r)
{
	if (!r)
		return;
	seam_free(r->seam);
	if (r->again)
		event_free(r->again);
	free(r);
}

void role_restart(struct role *r, const char *why)
{
	seam_free(r->seam);
	on_down(r, why);
}

void role_end(struct role *r, unsigned int ms)
{
	r->ending = true;
	set_again(r, r->seam ? ms : 0);
}

void role_drop(struct role *r, void (*gone)(void *ctx, struct role *r),
	       void *ctx)
{
	r->gone = gone;
	r->gone_ctx = ctx;
	r->why = NULL;
	seam_free(r->seam);
	r->seam = NULL;
	if (r->pid > 0)
		kill(r->pid, SIGKILL);
	wait_for_end(r);
}

static int log_lost(struct role *r, int err)
{
	if (err && log_may(&r->lost, r->spec.name, clock_ns()))
		log_warn("%s: a message did not get through: %s", r->spec.name,
			 strerror(-err));
	return err;
}

int role_send_fds(struct role *r, uint16_t type, const void *msg, size_t bytes,
		  const int *fds, size_t n_fds)
{
	if (!r->seam)
		return -ENOTCONN;
	return log_lost(r, seam_send_fds(r->seam, type, msg, bytes, fds, n_fds));
}

int role_send_bulk(struct role *r, uint16_t type, const void *msg, size_t bytes)
{
	if (!r->seam)
		return -ENOTCONN;
	return log_lost(r, seam_send_bulk(r->seam, type, msg, bytes));
}

int role_send(struct role *r, uint16_t type, const void *msg, size_t bytes)
{
	return role_send_fds(r, type, msg, bytes, NULL, 0);
}

/* --- in the role's own process */

bool role_begin(const char *name)
{
	int flags = fcntl(ROLE_LISTEN_FD, F_GETFL), listens = 0;
	socklen_t len = sizeof(listens);

	if (flags < 0 ||
	    getsockopt(ROLE_LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens,
		       &len) ||
	    !listens || fcntl(ROLE_LISTEN_FD, F_SETFL, flags | O_NONBLOCK) < 0) {
		log_error("%s: descriptor %d is no socket that listens; cygnetd itself starts this role, or an init system",
			  name, ROLE_LISTEN_FD);
		return false;
	}
	sandbox_close_from(ROLE_LISTEN_FD + 1);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

void role_close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

int role_accept(void)
{
	int fd = seam_accept(ROLE_LISTEN_FD);

	if (fd < 0 || is_roots(fd))
		return fd;
	close(fd);
	return -EPERM;
}
