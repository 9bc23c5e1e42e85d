// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a file to the model: read it, make the tree, check it against the
 * schema. The file's octets and the tree hold keys as text; both are wiped
 * before they are freed, whatever the outcome. Control thread.
 */
#include "ctrl/conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/schema.h"
#include "ctrl/conf/tree.h"

#define OTHERS 0007 /* permissions of everybody but owner and group */

struct source {
	const char *name;
	struct slice text;
	mode_t mode; /* 0 when it did not come from a file */
};

/* A file with keys must be nobody else's to read. */
static int check_mode(const struct section *manual, mode_t mode, struct error *e)
{
	if (!manual || !(mode & OTHERS))
		return 0;
	return conf_fail(e, &manual->place, -EACCES,
			 "manual holds keys, but the file is %s by others "
			 "(mode %04o); chmod 640",
			 mode & S_IROTH ? "readable" : "accessible",
			 mode & 07777);
}

static int fill(const struct source *src, struct config *c, struct error *e)
{
	struct tree tree;
	int err;

	err = tree_parse(c->file, src->text, &tree, e);
	if (!err)
		err = check_mode(tree_section(&tree.root, "manual"), src->mode,
				 e);
	if (!err)
		err = schema_fill(&tree.root, c, e);
	tree_free(&tree);
	return err;
}

static int parse(const struct source *src, struct config **out, struct error *e)
{
	struct config *c;
	int err;

	*out = NULL;
	if (src->text.len > CONF_FILE_MAX)
		return error_set(e, -E2BIG,
				 "%s: larger than %u octets; is this the "
				 "configuration?",
				 src->name, CONF_FILE_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return conf_no_memory(e);
	c->file = strdup(src->name);
	err = c->file ? fill(src, c, e) : conf_no_memory(e);
	if (err) {
		config_free(c);
		return err;
	}
	*out = c;
	return 0;
}

int conf_parse(const char *name, struct slice text, struct config **out,
	       struct error *e)
{
	struct source src = { .name = name, .text = text };

	return parse(&src, out, e);
}

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

/* Up to room octets: one more than allowed, so that parse() sees it. */
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

static int load(int fd, const char *path, struct config **out, struct error *e)
{
	size_t room = CONF_FILE_MAX + 1;
	struct source src = { .name = path };
	struct builder b;
	struct stat st;
	int err;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(e, -EINVAL,
				 "%s: not a regular file; name the "
				 "configuration's file",
				 path);
	err = check_writers(path, &st, e);
	if (err)
		return err;
	b = wr_init(malloc(room), room);
	if (!b.ptr)
		return conf_no_memory(e);
	err = read_all(fd, path, &b, e);
	if (!err) {
		src.text = slice_of(b.ptr, b.len);
		src.mode = st.st_mode;
		err = parse(&src, out, e);
	}
	explicit_bzero(b.ptr, b.len);
	free(b.ptr);
	return err;
}

int conf_load(const char *path, struct config **out, struct error *e)
{
	int fd, err;

	*out = NULL;
	/* Without O_NONBLOCK a FIFO of that name would hold us here. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err = -errno;
		return error_set(e, err,
				 "%s: can't be opened: %s; check path "
				 "and permissions",
				 path, strerror(-err));
	}
	err = load(fd, path, out, e);
	close(fd);
	return err;
}
