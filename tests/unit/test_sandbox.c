// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a process may do behind sandbox_enter(), each in a child of its own. As
 * whom it does it, tests/e2e/test_ike.py shows: that takes root.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/sandbox.h"

#define MADE_IT 42

static void open_a_file(void)
{
	syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void make_a_socket(void)
{
	syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
}

static void execute(void)
{
	syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void fork_one(void)
{
	syscall(SYS_fork);
}

static void trace(void)
{
	syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void look_at_a_path(void)
{
	struct stat st;

	syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0);
}

static void signal_a_thread_of_another(void)
{
	syscall(SYS_tgkill, 1, 1, 0);
}

static void kill_another(void)
{
	syscall(SYS_kill, 1, 0);
}

static void map_code(void)
{
	syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_code(void)
{
	syscall(SYS_mprotect, NULL, 4096, PROT_READ | PROT_EXEC);
}

static void compute(void)
{
	const time_t then = 0;
	uint8_t random[16];
	struct tm date;

	gmtime_r(&then, &date);
	syscall(SYS_getrandom, random, sizeof(random), 0);
	syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	syscall(SYS_madvise, NULL, 0, MADV_DONTNEED);
	syscall(SYS_connect, -1, NULL, 0);
	syscall(SYS_getsockname, -1, NULL, NULL);
}

static void connect_a_socket(void)
{
	syscall(SYS_connect, -1, NULL, 0);
}

/* The wait status of a child that enters the sandbox and does that. */
static int status_of(bool connects, void (*what)(void))
{
	const struct rlimit none = { 0, 0 };
	struct error e;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    sandbox_enter(connects, &e))
			_exit(1);
		what();
		syscall(SYS_exit_group, MADE_IT); /* no sanitizer looks back */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void what_computing_takes_is_allowed(void **state)
{
	int status = status_of(true, compute);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), MADE_IT);
}

static void everything_else_is_its_end(void **state)
{
	static void (*const what[])(void) = {
		open_a_file,	make_a_socket,
		execute,	fork_one,
		trace,		kill_another,
		map_code,	make_code,
		look_at_a_path, signal_a_thread_of_another,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		int status = status_of(true, what[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void who_need_not_connect_may_not(void **state)
{
	int status = status_of(false, connect_a_socket);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	status = status_of(true, connect_a_socket);
	assert_true(WIFEXITED(status));
}

static void user_that_does_not_exist_is_refused(void **state)
{
	struct error e;

	(void)state;
	assert_true(sandbox_become("no-such-user-here", &e) < 0);
	assert_non_null(strstr(e.text, "useradd"));
}

static void user_that_is_root_is_refused(void **state)
{
	struct error e;

	(void)state;
	assert_true(sandbox_become("root", &e) < 0);
	assert_string_equal(e.text, "user root is root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_computing_takes_is_allowed),
		cmocka_unit_test(everything_else_is_its_end),
		cmocka_unit_test(who_need_not_connect_may_not),
		cmocka_unit_test(user_that_does_not_exist_is_refused),
		cmocka_unit_test(user_that_is_root_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
