// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/seam.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG	  8
#define READS_MAX 32 /* messages of one turn of the loop, or some more */
#define PARTS_MAX 64 /* messages that go together */

const char seam_end_closed[] = "the other end closed it";

struct seam_header {
	uint16_t version;
	uint16_t type;
	uint32_t bytes; /* behind the header */
};

struct queued {
	struct queued *next;
	size_t *counted; /* which of the two sums it is part of */
	size_t bytes;	 /* with what there is up to the border of the next */
	size_t n_fds;
	int fds[SEAM_FDS_MAX]; /* owned: duplicates */
	uint8_t octets[];
};

struct seam {
	struct seam_spec spec;
	int fd;
	struct event *on_read;
	struct event *on_write;
	struct event *on_flush; /* when this turn's messages are all there */
	struct queued *first, **last;
	size_t queued_bytes, bulk_bytes;
	size_t fresh_bytes; /* since it was last tried to send them */
	bool is_over;	    /* it lost a message */
	bool *freed;	    /* told when a callback frees the link */
	/* Headers and messages, at borders of 8. */
	uint64_t room[(sizeof(struct seam_header) + SEAM_MESSAGE_MAX) / 8];
	/* One that others stand behind; 0 between two of them. */
	uint64_t message[SEAM_MESSAGE_MAX / 8];
};

_Static_assert(sizeof(struct seam_header) == 8,
	       "the message behind it is aligned");

static void queued_free(struct queued *q)
{
	for (size_t i = 0; i < q->n_fds; i++)
		close(q->fds[i]);
	explicit_bzero(q->octets, q->bytes);
	free(q);
}

static void drop_queue(struct seam *s)
{
	while (s->first) {
		struct queued *q = s->first;

		s->first = q->next;
		queued_free(q);
	}
	s->last = &s->first;
	s->queued_bytes = s->bulk_bytes = 0;
}

static size_t up_to_border(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

/* --- out */

/* As many of the first ones as go together. */
static size_t gather(const struct seam *s, struct iovec iov[PARTS_MAX])
{
	size_t n = 0, bytes = 0;

	for (struct queued *q = s->first; q && n < PARTS_MAX; q = q->next) {
		bytes += q->bytes;
		if (n && (q->n_fds || bytes > sizeof(s->room)))
			break;
		iov[n++] = (struct iovec){ q->octets, q->bytes };
		if (q->n_fds)
			break;
	}
	return n;
}

/* 0, -EAGAIN, or what ended the link. */
static int transmit(const struct seam *s, size_t *n)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int) * SEAM_FDS_MAX)];
	} control;
	const struct queued *q = s->first;
	struct iovec iov[PARTS_MAX];
	struct msghdr msg = { .msg_iov = iov };

	msg.msg_iovlen = *n = gather(s, iov);
	if (q->n_fds) {
		struct cmsghdr *c = &control.align;

		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * q->n_fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * q->n_fds);
		memcpy(CMSG_DATA(c), q->fds, sizeof(int) * q->n_fds);
	}
	if (sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return 0;
}

static void pop(struct seam *s, size_t n)
{
	for (; n; n--) {
		struct queued *q = s->first;

		s->first = q->next;
		if (!s->first)
			s->last = &s->first;
		*q->counted -= q->bytes;
		queued_free(q);
	}
}

/* 0: all of them, -EAGAIN: as many as there was room for, or what ended the link. */
static int send_all(struct seam *s)
{
	int err = 0;
	size_t n;

	s->fresh_bytes = 0;
	while (s->first && !err) {
		err = transmit(s, &n);
		if (!err)
			pop(s, n);
	}
	return err;
}

void seam_free(struct seam *s)
{
	if (!s)
		return;
	if (s->freed)
		*s->freed = true;
	if (!s->is_over)
		send_all(s);
	drop_queue(s);
	if (s->on_read)
		event_free(s->on_read);
	if (s->on_write)
		event_free(s->on_write);
	if (s->on_flush)
		event_free(s->on_flush);
	close(s->fd);
	explicit_bzero(s->room, sizeof(s->room));
	explicit_bzero(s->message, sizeof(s->message));
	free(s);
}

static void down(struct seam *s, const char *why)
{
	void (*on_down)(void *, const char *) = s->spec.on_down;
	void *ctx = s->spec.ctx;

	seam_free(s);
	on_down(ctx, why);
}

/* A link that broke is told of by its read event, not from inside a send. */
static void flush(struct seam *s)
{
	int err = send_all(s);

	if (err == -EAGAIN) {
		event_add(s->on_write, NULL);
	} else if (err) {
		shutdown(s->fd, SHUT_RDWR);
		drop_queue(s);
	}
}

static void on_write(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush(ctx);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	const struct seam *s = ctx;

	(void)fd;
	(void)what;
	if (!event_pending(s->on_write, EV_WRITE, NULL))
		flush(ctx);
}

static bool dup_fds(struct queued *q, const int *fds, size_t n)
{
	for (; q->n_fds < n; q->n_fds++) {
		q->fds[q->n_fds] = dup(fds[q->n_fds]);
		if (q->fds[q->n_fds] < 0)
			return false;
	}
	return true;
}

/* One that lost a message is no link any more. What waits goes at once: it is the
 * memory that an end which does not read keeps from us. */
static int give_up(struct seam *s, int err)
{
	s->is_over = true;
	shutdown(s->fd, SHUT_RDWR);
	drop_queue(s);
	return err;
}

/* NULL: no memory. */
static struct queued *queued_new(uint16_t type, const void *msg, size_t bytes)
{
	const struct seam_header h = { SEAM_VERSION, type, (uint32_t)bytes };
	size_t whole = up_to_border(sizeof(h) + bytes);
	struct queued *q = calloc(1, sizeof(*q) + whole);

	if (!q)
		return NULL;
	q->bytes = whole;
	memcpy(q->octets, &h, sizeof(h));
	if (bytes)
		memcpy(q->octets + sizeof(h), msg, bytes);
	return q;
}

static void queue(struct seam *s, struct queued *q, size_t *counted)
{
	q->counted = counted;
	*counted += q->bytes;
	*s->last = q;
	s->last = &q->next;
	s->fresh_bytes += q->bytes;
	if (s->fresh_bytes > sizeof(s->room) &&
	    !event_pending(s->on_write, EV_WRITE, NULL))
		flush(s);
	else
		event_active(s->on_flush, EV_TIMEOUT, 0);
}

int seam_send_fds(struct seam *s, uint16_t type, const void *msg, size_t bytes,
		  const int *fds, size_t n_fds)
{
	struct queued *q;

	if (bytes > SEAM_MESSAGE_MAX || n_fds > SEAM_FDS_MAX)
		return -EMSGSIZE;
	if (s->is_over || s->queued_bytes + bytes > SEAM_QUEUE_BYTES)
		return give_up(s, -ENOBUFS);
	q = queued_new(type, msg, bytes);
	if (!q)
		return give_up(s, -ENOMEM);
	if (!dup_fds(q, fds, n_fds)) {
		queued_free(q);
		return give_up(s, -ENOMEM);
	}
	queue(s, q, &s->queued_bytes);
	return 0;
}

int seam_send_bulk(struct seam *s, uint16_t type, const void *msg, size_t bytes)
{
	struct queued *q;

	if (bytes > SEAM_MESSAGE_MAX)
		return -EMSGSIZE;
	if (s->is_over || s->bulk_bytes + bytes > SEAM_BULK_BYTES)
		return give_up(s, -ENOBUFS);
	q = queued_new(type, msg, bytes);
	if (!q)
		return give_up(s, -ENOMEM);
	queue(s, q, &s->bulk_bytes);
	return 0;
}

int seam_send(struct seam *s, uint16_t type, const void *msg, size_t bytes)
{
	return seam_send_fds(s, type, msg, bytes, NULL, 0);
}

/* --- in */

struct received {
	ssize_t bytes;
	size_t n_fds;
	int fds[SEAM_FDS_MAX];
};

static void take_fds(struct msghdr *msg, struct received *r)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		r->n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(r->fds, CMSG_DATA(c), r->n_fds * sizeof(int));
	}
}

static void receive(struct seam *s, struct received *r)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int) * SEAM_FDS_MAX)];
	} control;
	struct iovec iov = { .iov_base = s->room, .iov_len = sizeof(s->room) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	*r = (struct received){ .n_fds = 0 };
	r->bytes = recvmsg(s->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (r->bytes >= 0)
		take_fds(&msg, r);
	if (r->bytes > 0 && (msg.msg_flags & MSG_TRUNC))
		r->bytes = 1; /* no header is so short */
}

/* Of the message at h, of which there are so many octets and what is behind it.
 * NULL: it belongs. */
static const char *fault(const struct seam *s, const struct seam_header *h,
			 size_t bytes)
{
	if (bytes < sizeof(*h) || h->bytes > bytes - sizeof(*h))
		return "a message with a wrong length";
	if (h->version != SEAM_VERSION)
		return "the other end is of another version; restart all of cygnetd";
	for (size_t i = 0; i < s->spec.n_kinds; i++)
		if (s->spec.kinds[i].type == h->type)
			return h->bytes <= s->spec.kinds[i].bytes &&
					       h->bytes >= s->spec.kinds[i].least
				       ? NULL
				       : "a message with a wrong length";
	return "a message of an unknown type";
}

/* What is missing of a message is 0, not what stands behind it. false: the link was
 * freed. */
static bool give(struct seam *s, const struct seam_header *h, bool is_last,
		 struct received *r)
{
	const void *msg = h + 1;
	bool freed = false;

	if (!is_last)
		msg = memcpy(s->message, msg, h->bytes);
	s->freed = &freed;
	s->spec.on_message(s->spec.ctx, h->type, msg, r->fds, r->n_fds);
	if (freed)
		return false;
	s->freed = NULL;
	r->n_fds = 0; /* they came with the first */
	if (!is_last)
		explicit_bzero(s->message, h->bytes);
	return true;
}

static void end_for(struct seam *s, const struct received *r, const char *why)
{
	for (size_t i = 0; i < r->n_fds; i++)
		close(r->fds[i]);
	down(s, why);
}

/* How many messages; 0: nothing more, or the link is gone. */
static int read_some(struct seam *s)
{
	struct received r;
	size_t at = 0, left;
	int n = 0;

	receive(s, &r);
	if (r.bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (r.bytes <= 0) {
		end_for(s, &r,
			s->is_over ? "the other end does not read"
				   : seam_end_closed);
		return 0;
	}
	for (left = (size_t)r.bytes; left; n++) {
		const struct seam_header *h =
			(const void *)((const uint8_t *)s->room + at);
		const char *why = fault(s, h, left);
		size_t bytes;

		if (why) {
			end_for(s, &r, why);
			return 0;
		}
		bytes = up_to_border(sizeof(*h) + h->bytes);
		if (!give(s, h, bytes >= left, &r))
			return 0;
		at += bytes;
		left -= bytes < left ? bytes : left;
	}
	explicit_bzero(s->room, (size_t)r.bytes);
	return n;
}

static void on_read(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	for (int i = 0, n = 1; n && i < READS_MAX; i += n)
		n = read_some(ctx);
}

static int set_last(struct seam *s)
{
	int priority = event_base_get_npriorities(s->spec.base) - 1;

	return event_priority_set(s->on_read, priority) ||
	       event_priority_set(s->on_write, priority);
}

int seam_new(const struct seam_spec *spec, int fd, struct seam **out)
{
	struct seam *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->spec = *spec;
	s->last = &s->first;
	s->on_read = event_new(spec->base, fd, EV_READ | EV_PERSIST, on_read, s);
	s->on_write = event_new(spec->base, fd, EV_WRITE, on_write, s);
	s->on_flush = event_new(spec->base, -1, 0, on_flush, s);
	if (!s->on_read || !s->on_write || !s->on_flush ||
	    event_priority_set(s->on_flush, 0) || (spec->last && set_last(s)) ||
	    event_add(s->on_read, NULL)) {
		s->fd = -1;
		seam_free(s);
		return -ENOMEM;
	}
	s->fd = fd;
	*out = s;
	return 0;
}

size_t seam_waiting(const struct seam *s)
{
	return s->queued_bytes;
}

bool seam_is_closed(const struct seam *s)
{
	struct pollfd p = { .fd = s->fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

/* --- sockets */

static int address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	memcpy(out->sun_path, path, strlen(path));
	return 0;
}

int seam_connect(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	struct sockaddr_un at;
	int err = address(path, &at);

	if (fd < 0)
		return -errno;
	if (!err && connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* One that nobody listens at any more is in the way. So says connect() of what is
 * no socket, too: that is not ours to take away. */
static int clear_path(const char *path)
{
	int fd = seam_connect(path);
	struct stat st;

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd != -ECONNREFUSED)
		return 0;
	if (lstat(path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) ? -errno : 0;
}

int seam_listen(const char *path, mode_t mode, struct error *e)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	struct sockaddr_un at;
	mode_t before;
	int err = fd < 0 ? -errno : address(path, &at);

	if (!err)
		err = clear_path(path);
	if (!err) {
		before = umask(0777 & ~mode);
		if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) ||
		    listen(fd, BACKLOG))
			err = -errno;
		umask(before);
	}
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	if (err == -EADDRINUSE)
		return error_set(
			e, err,
			"somebody listens at %s; is cygnetd already running?",
			path);
	return error_set(
		e, err,
		"cannot listen at %s: %s; make room there, or set gateway.socket to another folder",
		path, strerror(-err));
}

int seam_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}
