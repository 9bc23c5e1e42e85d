// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process in the place of an ike that was taken over. It listens where ctl
 * looks for ike, takes what ctl gives, and then tries what it is told to, each
 * time with a fresh link, and with a line that says what came of it:
 *
 *     NAME: OUTCOME
 *
 * usage: fake_ike SOCKET SPI_OUT SPI_IN PSK NAME...
 *
 * The SPIs are those of a manual tunnel between the same two addresses as the
 * connection's, PSK is what must not be seen. At the end it goes on listening,
 * so that ctl starts no other one.
 */
#include "tests/support/fake_ike.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/seam.h"

#define WAIT_MS 10000
#define ROOM	(SEAM_MESSAGE_MAX + sizeof(struct fake_header))
#define FDS_MAX 8

/* --- what is said */

void fake_say(const char *name, const char *outcome)
{
	printf("%s: %s\n", name, outcome);
}

void fake_say_err(const char *name, int err)
{
	fake_say(name, err ? strerrorname_np(-err) : "done");
}

/* --- messages */

static bool wait_for(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, WAIT_MS) == 1;
}

bool fake_send_octets(int to, const void *octets, size_t bytes, const int *fds,
		      size_t n_fds)
{
	char control[CMSG_SPACE(sizeof(int) * 256)] = { 0 };
	struct iovec iov = { .iov_base = (void *)octets, .iov_len = bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	while (sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		if (errno != EAGAIN || !wait_for(to, POLLOUT))
			return false;
	return true;
}

bool fake_send(int to, uint16_t type, const void *msg, size_t bytes)
{
	uint8_t room[ROOM];
	const struct fake_header h = { SEAM_VERSION, type, (uint32_t)bytes };

	memcpy(room, &h, sizeof(h));
	memcpy(room + sizeof(h), msg, bytes);
	return fake_send_octets(to, room, sizeof(h) + bytes, NULL, 0);
}

struct got {
	uint16_t type;
	size_t bytes;
	int fds[FDS_MAX];
	size_t n_fds;
	uint64_t msg[ROOM / 8];
};

static void take_fds(struct msghdr *msg, struct got *g)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	g->n_fds = 0;
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return;
	g->n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(g->fds, CMSG_DATA(c), g->n_fds * sizeof(int));
}

/* Messages that came together, with the descriptors of the first. */
static bool fill(int from, struct fake_box *box, struct got *g)
{
	char control[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	struct iovec iov = { box->octets, sizeof(box->octets) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	if (!wait_for(from, POLLIN))
		return false;
	n = recvmsg(from, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return false;
	take_fds(&msg, g);
	box->at = 0;
	box->len = (size_t)n;
	return true;
}

/* false: the link ended, or nothing comes. */
static bool receive(struct fake *f, int from, struct got *g)
{
	struct fake_box *box = from == f->dp ? &f->from_dp : &f->from_ctl;
	struct fake_header h;

	g->n_fds = 0;
	if (box->at >= box->len && !fill(from, box, g))
		return false;
	if (box->len - box->at < sizeof(h))
		return false;
	memcpy(&h, box->octets + box->at, sizeof(h));
	box->at += sizeof(h);
	if (h.bytes > box->len - box->at)
		return false;
	g->type = h.type;
	g->bytes = h.bytes;
	memset(g->msg, 0, sizeof(g->msg));
	memcpy(g->msg, box->octets + box->at, h.bytes);
	box->at += (h.bytes + 7U) & ~7U;
	if (memmem(g->msg, g->bytes, f->psk, strlen(f->psk)))
		f->saw_psk = true;
	return true;
}

/* What comes before it is let go. */
static bool receive_type(struct fake *f, int from, uint16_t type, struct got *g)
{
	while (receive(f, from, g)) {
		for (size_t i = 0; i < g->n_fds; i++)
			close(g->fds[i]);
		if (g->type == type)
			return true;
	}
	return false;
}

bool fake_ctl_says(struct fake *f, uint16_t type, void *msg, size_t bytes)
{
	static struct got g;

	if (!receive_type(f, f->ctl, type, &g))
		return false;
	memcpy(msg, g.msg, bytes);
	return true;
}

int fake_keystore_ask(struct fake *f, struct keystore_request *q,
		      struct keystore_answer *a)
{
	struct got g;

	q->token = ++f->token;
	if (!fake_send(f->ctl, IKE_MSG_KEYSTORE_REQUEST, q, sizeof(*q)))
		return -EPIPE;
	do {
		if (!receive_type(f, f->ctl, IKE_MSG_KEYSTORE_ANSWER, &g))
			return -EPIPE;
		memcpy(a, g.msg, sizeof(*a));
	} while (a->token != q->token);
	return a->err;
}

int fake_sadb_ask(struct fake *f, struct sadb_request *q, struct sadb_answer *a)
{
	struct got g;

	q->token = ++f->token;
	if (!fake_send(f->dp, DP_MSG_REQUEST, q, sizeof(*q)))
		return -EPIPE;
	do {
		if (!receive_type(f, f->dp, DP_MSG_ANSWER, &g))
			return -EPIPE;
		memcpy(a, g.msg, sizeof(*a));
	} while (a->token != q->token);
	return a->err;
}

bool fake_ctl_answers(struct fake *f)
{
	struct keystore_request q = fake_psk_make(f);
	struct keystore_answer a;

	return fake_keystore_ask(f, &q, &a) == 0;
}

bool fake_dp_answers(struct fake *f)
{
	struct sadb_request q = { .verb = SADB_SWEEP };
	struct sadb_answer a;

	return fake_sadb_ask(f, &q, &a) == 0;
}

/* --- links */

/* As a fresh ike, up to LOADED. */
static bool greet(struct fake *f)
{
	const struct ike_msg_ready ready = { .has_sockets = 0 };
	struct got g;

	if (!fake_send(f->ctl, IKE_MSG_READY, &ready, sizeof(ready)))
		return false;
	while (receive(f, f->ctl, &g)) {
		if (g.type == IKE_MSG_SADB && g.n_fds == 1) {
			f->dp = g.fds[0];
			continue;
		}
		for (size_t i = 0; i < g.n_fds; i++)
			close(g.fds[i]);
		if (g.type == IKE_MSG_CONN)
			memcpy(&f->conn, g.msg, CONN_HEAD_BYTES);
		if (g.type == IKE_MSG_CHILD)
			memcpy(&f->child, g.msg, CHILD_HEAD_BYTES);
		if (g.type == IKE_MSG_LOADED)
			return f->dp >= 0;
	}
	return false;
}

static void unlink_both(struct fake *f)
{
	if (f->ctl >= 0)
		close(f->ctl);
	if (f->dp >= 0)
		close(f->dp);
	f->ctl = f->dp = -1;
	f->from_ctl.len = f->from_dp.len = 0;
}

static bool link_both(struct fake *f)
{
	if (!wait_for(f->listener, POLLIN))
		return false;
	f->ctl = seam_accept(f->listener);
	return f->ctl >= 0 && greet(f);
}

static bool try_one(struct fake *f, const struct attempt *list, const char *name)
{
	for (; list->name; list++) {
		if (strcmp(list->name, name) != 0)
			continue;
		if (link_both(f))
			list->run(f, name);
		else
			fake_say(name, "no link");
		unlink_both(f);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct fake f = { .ctl = -1, .dp = -1 };
	struct error e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 6) {
		fputs("usage: fake_ike SOCKET SPI_OUT SPI_IN PSK NAME...\n",
		      stderr);
		return EXIT_FAILURE;
	}
	f.manual_out = (uint32_t)strtoul(argv[2], NULL, 0);
	f.manual_in = (uint32_t)strtoul(argv[3], NULL, 0);
	f.psk = argv[4];
	f.listener = seam_listen(argv[1], 0600, &e);
	if (f.listener < 0) {
		fprintf(stderr, "fake_ike: %s\n", e.text);
		return EXIT_FAILURE;
	}
	fake_say("listens", argv[1]);
	for (int i = 5; i < argc; i++)
		if (!try_one(&f, fake_keystore, argv[i]) &&
		    !try_one(&f, fake_sadb, argv[i]) &&
		    !try_one(&f, fake_seam, argv[i]) &&
		    !try_one(&f, fake_lies, argv[i]) &&
		    !try_one(&f, fake_wants, argv[i]))
			fake_say(argv[i], "there is no such attempt");
	fake_say("the key was seen", f.saw_psk ? "yes" : "no");
	fake_say("all", "tried");
	pause();
	return EXIT_SUCCESS;
}
