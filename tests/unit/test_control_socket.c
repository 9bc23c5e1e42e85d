// SPDX-License-Identifier: BSD-2-Clause
/*
 * The control server's socket file: whose it is, what it replaces, and that it
 * goes when the server goes.
 */
#include "tests/unit/control_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ctrl/base/log.h"

static int listen_errno;

/* In place of the C library's. */
int listen(int fd, int backlog)
{
	errno = listen_errno;
	return errno ? -1 : (int)syscall(SYS_listen, fd, backlog);
}

static void socket_file_is_for_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	mode_t mask = umask(0);
	char path[PATH_BYTES];
	struct error e;
	struct stat st;
	int err;

	snprintf(path, sizeof(path), "%s/other", f->folder);
	err = server_new(f, path, &server, &e);
	umask(mask);

	assert_int_equal(err, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	control_server_free(server);
}

static void missing_folder_is_made(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	mode_t mask = umask(022);
	char folder[PATH_BYTES / 2], path[PATH_BYTES];
	struct error e;
	struct stat st;
	int err;

	snprintf(folder, sizeof(folder), "%s/run", f->folder);
	snprintf(path, sizeof(path), "%s/vici", folder);
	err = server_new(f, path, &server, &e);
	umask(mask);

	assert_int_equal(err, 0);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	control_server_free(server);
	assert_int_equal(rmdir(folder), 0);
}

static void live_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *second = NULL;
	struct error e = { "" };
	int fd;

	assert_int_equal(server_new(f, f->path, &second, &e), -EADDRINUSE);

	assert_null(second);
	assert_non_null(strstr(e.text, f->path));
	assert_non_null(strstr(e.text, "stop the other cygnetd"));
	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

static void stale_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct error e;
	int fd;

	control_server_free(f->server);
	f->server = NULL;
	strcpy(sun.sun_path, f->path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd); /* the file stays, as after a kill */

	assert_int_equal(server_new(f, f->path, &f->server, &e), 0);

	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

static void file_that_is_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	struct error e = { "" };
	struct stat st;
	FILE *file;

	control_server_free(f->server);
	f->server = NULL;
	file = fopen(f->path, "w");
	assert_non_null(file);
	fclose(file);

	assert_int_equal(server_new(f, f->path, &server, &e), -EEXIST);

	assert_non_null(strstr(e.text, f->path));
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void socket_that_cannot_listen_leaves_no_file(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	char path[PATH_BYTES];
	struct error e;
	struct stat st;
	int err;

	snprintf(path, sizeof(path), "%s/other", f->folder);
	listen_errno = ENOBUFS;
	err = server_new(f, path, &server, &e);
	listen_errno = 0;

	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(errno, ENOENT);
}

static void base_without_the_priorities_is_refused(void **state)
{
	struct fixture *f = *state;
	struct event_base *plain = event_base_new();
	struct control_server *server;
	char path[PATH_BYTES];
	struct error e;
	struct stat st;

	snprintf(path, sizeof(path), "%s/other", f->folder);
	assert_int_equal(control_server_new(plain, path, &f->callbacks, &server,
					    &e),
			 -EINVAL);

	assert_int_equal(lstat(path, &st), -1);
	event_base_free(plain);
}

static void path_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	char path[PATH_BYTES];
	struct error e;

	memset(path, 'x', sizeof(path));
	memcpy(path, "/tmp/", 5);
	path[sizeof(((struct sockaddr_un *)0)->sun_path)] = '\0';

	assert_int_equal(server_new(f, path, &server, &e), -ENAMETOOLONG);
}

static void folder_that_cannot_be_made_is_named(void **state)
{
	struct fixture *f = *state;
	struct control_server *server;
	struct error e = { "" };
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/a/b/vici", f->folder);

	assert_int_equal(server_new(f, path, &server, &e), -ENOENT);

	assert_non_null(strstr(e.text, "/a/b: No such file"));
}

static void end_of_the_server_removes_file_and_clients(void **state)
{
	struct fixture *f = *state;
	int fd = client_new(f);
	struct stat st;

	assert_answers(f, fd);
	control_server_free(f->server);
	f->server = NULL;

	assert_int_equal(lstat(f->path, &st), -1);
	assert_int_equal(errno, ENOENT);
	assert_closed(f, fd);
	close(fd);
}

static void end_of_the_server_leaves_its_successors_file(void **state)
{
	struct fixture *f = *state;
	struct control_server *successor;
	struct error e;
	int fd;

	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(server_new(f, f->path, &successor, &e), 0);

	control_server_free(f->server);

	f->server = successor;
	fd = client_new(f);
	assert_answers(f, fd);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(socket_file_is_for_its_owner_alone),
		CASE(missing_folder_is_made),
		CASE(live_socket_is_left_alone),
		CASE(stale_socket_is_replaced),
		CASE(file_that_is_no_socket_is_left_alone),
		CASE(socket_that_cannot_listen_leaves_no_file),
		CASE(base_without_the_priorities_is_refused),
		CASE(path_that_does_not_fit_is_refused),
		CASE(folder_that_cannot_be_made_is_named),
		CASE(end_of_the_server_removes_file_and_clients),
		CASE(end_of_the_server_leaves_its_successors_file),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
