/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stock swanctl against the server of control_fixture.h: a process of its own
 * while the loop of the server runs here, both for a bounded time.
 */
#ifndef CYG_TESTS_CONTROL_SWANCTL_H
#define CYG_TESTS_CONTROL_SWANCTL_H

#include "tests/unit/control_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

#define SWANCTL_BYTES	16384
#define SWANCTL_TURN_MS 10
#define SWANCTL_TURNS	1000 /* 10 s */

static inline const char *swanctl_path(void)
{
	static const char *const paths[] = { "/usr/sbin/swanctl",
					     "/usr/bin/swanctl",
					     "/sbin/swanctl" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* A copy: Debian's own is held by AppArmor to Debian's files. */
static inline int swanctl_copy(void)
{
	int from = open(swanctl_path(), O_RDONLY | O_CLOEXEC);
	int to = memfd_create("swanctl", 0);
	ssize_t n = 1;

	while (n > 0)
		n = sendfile(to, from, NULL, 1U << 20);
	assert_int_equal(n, 0);
	close(from);
	return to;
}

static inline pid_t swanctl_spawn(const char *uri, const char *const *args,
				  int output)
{
	const char *argv[16] = { "swanctl" };
	size_t n = 1;
	int program;
	pid_t pid;

	for (; *args && n < 12; args++)
		argv[n++] = *args;
	argv[n++] = "--uri";
	argv[n++] = uri;
	program = swanctl_copy();
	pid = fork();
	if (pid) {
		close(program);
		return pid;
	}
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	fexecve(program, (char *const *)argv, environ);
	_exit(127);
}

/* Runs it to its end. What it printed, until the next one; its exit code. */
static inline const char *swanctl(struct fixture *f, int *code,
				  const char *const *args)
{
	static char text[SWANCTL_BYTES];
	char uri[CONF_PATH_MAX + 8];
	size_t len = 0;
	int ends[2], turns = 0, status = 0;
	ssize_t n = 1;
	pid_t pid;

	snprintf(uri, sizeof(uri), "unix://%s", f->path);
	assert_int_equal(pipe(ends), 0);
	pid = swanctl_spawn(uri, args, ends[1]);
	assert_true(pid > 0);
	close(ends[1]);
	while (n > 0 && turns++ < SWANCTL_TURNS) {
		struct pollfd pfd = { .fd = ends[0], .events = POLLIN };

		run_loop(f);
		if (poll(&pfd, 1, SWANCTL_TURN_MS) != 1)
			continue;
		n = read(ends[0], text + len, sizeof(text) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(ends[0]);
	if (n > 0)
		kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	text[len] = '\0';
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return text;
}

#define SKIP_WITHOUT_SWANCTL()                                       \
	do {                                                         \
		if (!swanctl_path()) {                               \
			print_message("swanctl is not installed\n"); \
			skip();                                      \
		}                                                    \
	} while (0)

#endif
