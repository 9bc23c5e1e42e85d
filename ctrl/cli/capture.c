// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/cli/client.h"
#include "ctrl/cli/tree.h"

#define PART_BYTES 65536

/* That it came is seen where we wait. */
static void on_signal(int number)
{
	(void)number;
}

/* They come while we wait and at no other time; the second one is as ever. */
static void catch_signals(sigset_t *while_waiting)
{
	const struct sigaction end = { .sa_handler = on_signal,
				       .sa_flags = (int)SA_RESETHAND };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, while_waiting);
	sigdelset(while_waiting, SIGINT);
	sigdelset(while_waiting, SIGTERM);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
}

static void fill(struct question *q, const struct arguments *args)
{
	const bool before = arguments_have(args, OPT(BEFORE));

	question_add(q, "timeout", args->values[OPTION_TIMEOUT]);
	question_add(q, "sa", args->values[OPTION_SA]);
	question_add(q, "policy", args->values[OPTION_POLICY]);
	question_add(q, "drop", args->values[OPTION_DROP]);
	question_add(q, "count", args->values[OPTION_COUNT]);
	question_add(q, "snaplen", args->values[OPTION_SNAPLEN]);
	if (before != arguments_have(args, OPT(AFTER)))
		question_add(q, "side", before ? "before" : "after");
}

/* Its descriptor, or negative with e filled. What is in it stays: see begin_file(). */
static int open_file(const char *file, struct error *e)
{
	int fd;

	if (file && strcmp(file, "-") != 0)
		fd = open(file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	else if (isatty(STDOUT_FILENO))
		return error_set(
			e, -ENOTTY,
			"packets are not for a terminal; name a file by --write, or a program that reads them: cygnet capture | wireshark -k -i -");
	else
		fd = dup(STDOUT_FILENO);
	return fd < 0 ? error_set(e, -errno, "cannot write to %s: %s",
				  file ? file : "-", strerror(errno))
		      : fd;
}

/* There will be something to write. Cleartext is nobody else's to read, whoever made
 * the file; what is no file stays as it is. */
static int begin_file(int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_set(e, -errno, "fstat: %s", strerror(errno));
	if (S_ISREG(st.st_mode) && (fchmod(fd, 0600) || ftruncate(fd, 0)))
		return error_set(e, -errno, "cannot begin the file: %s",
				 strerror(errno));
	return 0;
}

static int write_all(int fd, const uint8_t *octets, size_t len)
{
	while (len) {
		ssize_t n = write(fd, octets, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		octets += n;
		len -= (size_t)n;
	}
	return 0;
}

/* -EAGAIN: a signal came first. */
static int wait_for(int fd, const sigset_t *while_waiting)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return ppoll(&pfd, 1, NULL, while_waiting) < 0 ? -EAGAIN : 0;
}

/* Up to its end, which the daemon makes, and we may ask for. */
static int copy(int from, int to, struct error *e)
{
	uint8_t part[PART_BYTES];
	sigset_t while_waiting;
	uint64_t all = 0;
	ssize_t n;

	catch_signals(&while_waiting);
	for (;;) {
		if (wait_for(from, &while_waiting)) {
			shutdown(from, SHUT_WR);
			continue;
		}
		n = read(from, part, sizeof(part));
		if (n <= 0)
			break;
		if (write_all(to, part, (size_t)n))
			return error_set(e, -errno, "cannot write: %s",
					 strerror(errno));
		all += (uint64_t)n;
	}
	if (n < 0 || !all)
		return error_set(
			e, -EIO,
			"the data path ended the capture too soon; its log says why");
	return 0;
}

/* 0, or why the daemon refused. */
static int check(const struct reply *reply, const char *path, struct error *e)
{
	struct node *answer = node_parse(reply->body);
	int err = 0;

	if (!answer)
		return error_set(e, -EPROTO, "the answer from %s is malformed",
				 path);
	if (strcmp(node_text(answer, "success"), "yes") != 0)
		err = error_set(e, -EINVAL, "%s", node_text(answer, "errmsg"));
	node_free(answer);
	return err;
}

static int capture(const struct arguments *args, struct error *e)
{
	const char *file = args->values[OPTION_WRITE];
	const char *path = arguments_path(args);
	struct question q = { .command = "cygnet-capture" };
	int to = open_file(file, e), from = -1, err;
	struct reply reply;

	if (to < 0)
		return to;
	fill(&q, args);
	err = client_stream(path, &q, &reply, &from, e);
	if (!err)
		err = check(&reply, path, e);
	reply_free(&reply);
	if (!err && file && strcmp(file, "-") != 0)
		err = begin_file(to, e);
	if (!err)
		err = copy(from, to, e);
	if (from >= 0)
		close(from);
	if (close(to) && !err)
		err = error_set(e, -errno, "cannot write: %s", strerror(errno));
	return err;
}

int capture_run(const struct arguments *args, FILE *out)
{
	struct error e;

	(void)out;
	if (!capture(args, &e))
		return 0;
	fprintf(stderr, "cygnet: %s\n", e.text);
	return 1;
}
