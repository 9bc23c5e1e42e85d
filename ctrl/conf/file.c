// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/fail.h"

/*
 * Whoever can change the file decides what is protected. Members of root's
 * group are as good as root.
 */
static int check_writers(const char *path, const struct stat *st,
			 struct error *e)
{
	const char *who = NULL;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(e, -EACCES,
				 "%s: belongs to uid %u, neither root nor the "
				 "user who reads it; chown root",
				 path, st->st_uid);
	if (st->st_mode & S_IWOTH)
		who = "others";
	else if ((st->st_mode & S_IWGRP) && st->st_gid != 0)
		who = "its group";
	if (!who)
		return 0;
	return error_set(e, -EACCES,
			 "%s: can be changed by %s (mode %04o); chmod go-w",
			 path, who, st->st_mode & 07777);
}

/* Up to room octets: one more than allowed, so that whoever reads it sees it. */
static int read_all(int fd, const char *path, struct builder *b, struct error *e)
{
	ssize_t n;

	while (b->len < b->room) {
		n = read(fd, b->ptr + b->len, b->room - b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(e, -errno, "%s: can't be read: %s",
					 path, strerror(errno));
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
	return 0;
}

static int read_open(int fd, const char *path, size_t max,
		     struct file_text *out, struct error *e)
{
	size_t room = max + 1;
	struct stat st;
	int err;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(e, -EINVAL,
				 "%s: not a regular file; name one that is",
				 path);
	err = check_writers(path, &st, e);
	if (err)
		return err;
	out->octets = wr_init(malloc(room), room);
	if (!out->octets.ptr)
		return conf_no_memory(e);
	out->mode = st.st_mode;
	return read_all(fd, path, &out->octets, e);
}

int file_read(const char *path, size_t max, struct file_text *out,
	      struct error *e)
{
	int fd, err;

	*out = (struct file_text){ .mode = 0 };
	/* Without O_NONBLOCK a FIFO of that name would hold us here. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err = -errno;
		return error_set(e, err,
				 "%s: can't be opened: %s; check path "
				 "and permissions",
				 path, strerror(-err));
	}
	err = read_open(fd, path, max, out, e);
	close(fd);
	return err;
}

int file_read_up_to(const char *path, size_t max, const char *what,
		    struct file_text *out, struct error *e)
{
	int err = file_read(path, max, out, e);

	if (err || out->octets.len <= max)
		return err;
	return error_set(e, -E2BIG, "%.300s: longer than %zu octets; name %s",
			 path, max, what);
}

void file_wipe(struct file_text *f)
{
	if (f->octets.ptr)
		explicit_bzero(f->octets.ptr, f->octets.len);
	free(f->octets.ptr);
	f->octets = wr_init(NULL, 0);
}
