// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stale is a socket file at which connect() says ECONNREFUSED. Two daemons
 * that start in the same instant could each take the other's file for stale;
 * the service manager runs one. Called at start and stop, on the control
 * thread, and never blocks.
 */
#include "ctrl/control/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG	    128
#define SOCKET_MODE 0600
#define FOLDER_MODE 0750

int listen_make_folder(const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	size_t len = slash ? (size_t)(slash - path) : 0;
	struct stat st;
	int err = 0;

	if (len == 0)
		return 0; /* the root folder, or the working one */
	memcpy(folder, path, len);
	folder[len] = '\0';
	if (mkdir(folder, FOLDER_MODE))
		err = -errno;
	if (err == -EEXIST)
		err = !stat(folder, &st) && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (!err)
		return 0;
	return error_set(
		e, err,
		"control: cannot make the folder %s: %s; set gateway.socket",
		folder, strerror(-err));
}

static int socket_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* 0: nobody is behind the address; else why connect() did not say so. */
static int probe(const struct sockaddr_un *addr)
{
	int fd = socket_new();
	int err;

	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	err = err ? errno : EISCONN;
	close(fd);
	return err == ECONNREFUSED ? 0 : -err;
}

static int remove_stale(const struct sockaddr_un *addr, struct error *e)
{
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return error_set(e, -errno, "control: %s: %s", addr->sun_path,
				 strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return error_set(e, -EEXIST,
				 "control: %s is no socket; move it away or "
				 "set gateway.socket",
				 addr->sun_path);
	if (probe(addr))
		return error_set(e, -EADDRINUSE,
				 "control: somebody listens at %s; stop the "
				 "other cygnetd or set gateway.socket",
				 addr->sun_path);
	if (unlink(addr->sun_path))
		return error_set(e, -errno, "control: cannot remove %s: %s",
				 addr->sun_path, strerror(errno));
	return 0;
}

static int bind_at(int fd, const struct sockaddr_un *addr, struct error *e)
{
	const struct sockaddr *sa = (const struct sockaddr *)addr;
	int err;

	if (bind(fd, sa, sizeof(*addr)) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		err = remove_stale(addr, e);
		if (err)
			return err;
		if (bind(fd, sa, sizeof(*addr)) == 0)
			return 0;
	}
	return error_set(e, -errno, "control: cannot make socket %s: %s",
			 addr->sun_path, strerror(errno));
}

static int listen_at(struct listen_socket *s, struct error *e)
{
	struct stat st;
	int err;

	/* Before bind(): the file takes its mode from the socket's inode. */
	if (fchmod(s->fd, SOCKET_MODE))
		return error_set(e, -errno, "control: cannot set a mode: %s",
				 strerror(errno));
	err = bind_at(s->fd, &s->addr, e);
	if (err)
		return err;
	if (listen(s->fd, BACKLOG) || lstat(s->addr.sun_path, &st)) {
		err = error_set(e, -errno, "control: cannot listen at %s: %s",
				s->addr.sun_path, strerror(errno));
		unlink(s->addr.sun_path);
		return err;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

int listen_open(const char *path, struct listen_socket *out, struct error *e)
{
	size_t len = strlen(path);
	int err;

	*out = (struct listen_socket){ .addr.sun_family = AF_UNIX };
	if (len >= sizeof(out->addr.sun_path))
		return error_set(e, -ENAMETOOLONG,
				 "control: socket path has %zu octets, at most "
				 "%zu fit",
				 len, sizeof(out->addr.sun_path) - 1);
	memcpy(out->addr.sun_path, path, len);
	err = listen_make_folder(path, e);
	if (err)
		return err;
	out->fd = socket_new();
	if (out->fd < 0)
		return error_set(e, -errno, "control: no socket: %s",
				 strerror(errno));
	err = listen_at(out, e);
	if (err)
		close(out->fd);
	return err;
}

void listen_close(struct listen_socket *s)
{
	struct stat st;

	if (lstat(s->addr.sun_path, &st) == 0 && st.st_dev == s->dev &&
	    st.st_ino == s->ino)
		unlink(s->addr.sun_path);
	close(s->fd);
}
