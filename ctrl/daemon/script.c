// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/script.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX   40
#define ENV_MAX	    64
#define COMMAND_MAX 512

struct script {
	pid_t pid;
	int pidfd;
	struct event *over;
	bool is_late;
	unsigned int limit_s;
	void (*ended)(void *ctx, const char *why);
	void *ctx;
};

/* --- what is run */

struct words {
	char text[COMMAND_MAX];
	char *argv[WORDS_MAX + 1];
	char *envp[ENV_MAX + 1];
};

static int split(const struct script_spec *spec, struct words *w,
		 struct error *e)
{
	const char *env = spec->env;
	size_t n = 0;
	char *rest;

	if (strlen(spec->command) >= sizeof(w->text) || spec->n_env > ENV_MAX)
		return error_set(e, -E2BIG, "%.64s…: too long", spec->command);
	strcpy(w->text, spec->command);
	for (char *word = strtok_r(w->text, " ", &rest); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		w->argv[n++] = word;
	w->argv[n] = NULL;
	for (n = 0; n < spec->n_env; n++, env += strlen(env) + 1)
		w->envp[n] = (char *)env;
	w->envp[n] = NULL;
	return w->argv[0] ? 0 : error_set(e, -EINVAL, "no program");
}

/* It is run as root: whoever may write it is root. */
static int check(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st))
		return error_set(e, -errno, "%s cannot be run: %s", path,
				 strerror(errno));
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return error_set(e, -EACCES, "%s is not a program; chmod 755 %s",
				 path, path);
	if (st.st_uid != 0 || (st.st_mode & 022))
		return error_set(
			e, -EPERM,
			"%s is not run, as others than root may change it; chown root %s, and chmod 755 %s",
			path, path, path);
	return 0;
}

/* A file in memory: nobody waits until it is read. -1, errno is set. */
static int open_input(struct slice input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, input.ptr, input.len) == (ssize_t)input.len &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * input   of open_input(), or -1: nothing
 */
static int fill_actions(posix_spawn_file_actions_t *actions, int input)
{
	int err = input < 0 ? posix_spawn_file_actions_addopen(actions,
							       STDIN_FILENO,
							       "/dev/null",
							       O_RDONLY, 0)
			    : posix_spawn_file_actions_adddup2(actions, input,
							       STDIN_FILENO);

	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO,
						       STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(
			actions, STDERR_FILENO + 1);
	return err;
}

/* Signals that we ignore or wait for are its own again. */
static int fill_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attributes, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attributes, &all);
	if (!err)
		err = posix_spawnattr_setflags(attributes,
					       POSIX_SPAWN_SETSID |
						       POSIX_SPAWN_SETSIGMASK |
						       POSIX_SPAWN_SETSIGDEF);
	return err;
}

/* In a session of its own: all that it starts can be ended with it. */
static int spawn_with(const struct words *w, int input, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = posix_spawnattr_init(&attributes);

	if (err)
		return -err;
	err = posix_spawn_file_actions_init(&actions);
	if (err) {
		posix_spawnattr_destroy(&attributes);
		return -err;
	}
	err = fill_actions(&actions, input);
	if (!err)
		err = fill_attributes(&attributes);
	if (!err)
		err = posix_spawn(pid, w->argv[0], &actions, &attributes,
				  w->argv, w->envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

static int spawn(const struct words *w, struct slice input, pid_t *pid)
{
	int fd = -1, err;

	if (input.len) {
		fd = open_input(input);
		if (fd < 0)
			return -errno;
	}
	err = spawn_with(w, fd, pid);
	if (fd >= 0)
		close(fd);
	return err;
}

/* --- its end */

/* NULL: all was well. */
static const char *describe(const struct script *s, int status, char *buf,
			    size_t max)
{
	if (s->is_late)
		snprintf(buf, max, "killed, as it did not end within %u s",
			 s->limit_s);
	else if (WIFSIGNALED(status))
		snprintf(buf, max, "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(buf, max, "it ends with %d", WEXITSTATUS(status));
	else
		return NULL;
	return buf;
}

/* The process has ended, or its time is up. */
static void on_over(evutil_socket_t fd, short what, void *ctx)
{
	struct script *s = ctx;
	int status = 0;
	char why[64];

	(void)fd;
	if (what & EV_TIMEOUT) {
		s->is_late = true;
		kill(-s->pid, SIGKILL);
		event_add(s->over, NULL);
		return;
	}
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
	s->ended(s->ctx, describe(s, status, why, sizeof(why)));
}

/* Who cannot be waited for does not run. */
static int watch(struct script *s, const struct script_spec *spec)
{
	const struct timeval limit = { .tv_sec = spec->limit_s };

	s->pidfd = pidfd_open(s->pid, 0);
	if (s->pidfd >= 0)
		s->over = event_new(spec->base, s->pidfd, EV_READ, on_over, s);
	if (s->over && !event_add(s->over, &limit))
		return 0;
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	return -ENOMEM;
}

int script_start(const struct script_spec *spec, struct script **out,
		 struct error *e)
{
	struct script *s;
	struct words w;
	int err = split(spec, &w, e);

	*out = NULL;
	if (!err)
		err = check(w.argv[0], e);
	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(e, -ENOMEM, "no memory");
	s->pidfd = -1;
	s->limit_s = spec->limit_s;
	s->ended = spec->ended;
	s->ctx = spec->ctx;
	err = spawn(&w, spec->input, &s->pid);
	if (!err)
		err = watch(s, spec);
	if (!err) {
		*out = s;
		return 0;
	}
	script_free(s);
	return error_set(e, err, "%s cannot be run: %s", w.argv[0],
			 strerror(-err));
}

void script_free(struct script *s)
{
	if (!s)
		return;
	if (s->over)
		event_free(s->over);
	if (s->pidfd >= 0)
		close(s->pidfd);
	free(s);
}
