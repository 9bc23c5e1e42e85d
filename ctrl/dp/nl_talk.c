// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl_talk.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_S 2 /* an answer takes microseconds */

/* Filtering is the kernel's then: of a large table only what was asked for. */
static void set_options(int fd)
{
	const struct timeval silence = { .tv_sec = SILENCE_S };
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

int nl_new(struct nl **out)
{
	return nl_new_of(NETLINK_ROUTE, out);
}

int nl_new_of(int family, struct nl **out)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return -ENOMEM;
	nl->seq = (uint32_t)time(NULL);
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	if (nl->fd < 0) {
		err = -errno;
		nl_free(nl);
		return err;
	}
	set_options(nl->fd);
	*out = nl;
	return 0;
}

void nl_free(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl);
}

struct nlmsghdr *nl_ask(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->ask);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	return h;
}

uint8_t nl_family(const struct addr *a)
{
	return addr_is_v4(a) ? AF_INET : AF_INET6;
}

void nl_put_addr(struct nlmsghdr *h, uint16_t type, const struct addr *a)
{
	if (addr_is_v4(a))
		mnl_attr_put_u32(h, type, addr_v4_be(a));
	else
		mnl_attr_put(h, type, sizeof(a->octets), a->octets);
}

/* One question and its answer so far. */
struct exchange {
	const struct nlmsghdr *ask;
	void (*each)(const struct nlmsghdr *h, void *ctx);
	void *ctx;
	bool done;
	int err; /* the first one */
};

static void fail(struct exchange *x, int err)
{
	if (!x->err)
		x->err = err;
}

/* The errno with which NLMSG_ERROR and NLMSG_DONE begin; 0: all is well. */
static int result_of(const struct nlmsghdr *h)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(h), sizeof(err));
	return err < 0 ? err : 0;
}

static void take(struct exchange *x, const struct nlmsghdr *h)
{
	bool more = (h->nlmsg_flags & NLM_F_MULTI) ||
		    (x->ask->nlmsg_flags & NLM_F_ACK);

	if (x->done || h->nlmsg_seq != x->ask->nlmsg_seq)
		return;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		fail(x, -EINTR);
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		fail(x, result_of(h));
		x->done = true;
		return;
	}
	if (h->nlmsg_type >= NLMSG_MIN_TYPE && x->each)
		x->each(h, x->ctx);
	x->done = !more;
}

static void take_datagram(struct exchange *x, char *at, size_t bytes)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)at;
	int left = (int)bytes;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		take(x, h);
}

/* What was lost of an answer does not end it: its rest is still to come. */
static void receive(struct nl *nl, struct exchange *x)
{
	ssize_t got = recv(nl->fd, nl->answer, sizeof(nl->answer), MSG_TRUNC);

	if (got > (ssize_t)sizeof(nl->answer)) {
		fail(x, -EMSGSIZE);
		got = sizeof(nl->answer);
	}
	if (got > 0)
		return take_datagram(x, nl->answer, (size_t)got);
	if (got < 0 && errno == EINTR)
		return;
	fail(x, got == 0 || errno == EAGAIN ? -ETIMEDOUT : -errno);
	x->done = got == 0 || errno != ENOBUFS;
}

int nl_talk(struct nl *nl, void (*each)(const struct nlmsghdr *h, void *ctx),
	    void *ctx)
{
	struct nlmsghdr *ask = (struct nlmsghdr *)(void *)nl->ask;
	struct exchange x = { .ask = ask, .each = each, .ctx = ctx };

	ask->nlmsg_seq = ++nl->seq;
	if (send(nl->fd, ask, ask->nlmsg_len, 0) < 0)
		return -errno;
	while (!x.done)
		receive(nl, &x);
	return x.err;
}

static bool grow(struct nl_rows *rows)
{
	size_t room = rows->room ? 2 * rows->room : 64;
	void *at;

	if (rows->n < rows->room)
		return true;
	at = reallocarray(rows->at, room, rows->row_bytes);
	if (!at)
		return false;
	rows->at = at;
	rows->room = room;
	return true;
}

static void on_row(const struct nlmsghdr *h, void *ctx)
{
	struct nl_rows *rows = ctx;

	if (!grow(rows))
		rows->no_memory = true;
	else if (rows->parse(h, (char *)rows->at + rows->n * rows->row_bytes))
		rows->n++;
}

int nl_dump(struct nl *nl, struct nl_rows *rows)
{
	int err = -EINTR;

	for (uint32_t i = 0; err == -EINTR && i < NL_DUMP_TRIES; i++) {
		rows->n = 0;
		err = nl_talk(nl, on_row, rows);
	}
	if (rows->no_memory)
		err = -ENOMEM;
	if (err && err != -EINTR) {
		free(rows->at);
		rows->at = NULL;
		rows->n = rows->room = 0;
	}
	return err;
}
