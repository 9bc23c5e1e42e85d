// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing blocks but poll() and connect(), and both end: poll() at a deadline
 * that is set at the start, so that a daemon that sends an octet now and then
 * does not hold the client for ever.
 */
#include "ctrl/cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/cli/text.h"
#include "ctrl/control/vici.h"

#define LENGTH_BYTES 4U

struct connection {
	int fd;
	int64_t deadline_ms;
	unsigned int wait_s;
	const char *path;
};

struct items {
	const char *event; /* NULL: there are none */
	bool (*item)(void *ctx, struct slice body);
	void *ctx;
};

static int64_t now_ms(void)
{
	return (int64_t)(clock_ns() / NS_PER_MS);
}

static int fail(const struct connection *c, int err, struct error *e)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		return error_set(e, err,
				 "cannot reach cygnetd at %s: %s; run as root",
				 c->path, strerror(-err));
	case ENOENT:
	case ECONNREFUSED:
		return error_set(e, err,
				 "cannot reach cygnetd at %s: %s; is it "
				 "running? (--uri names another socket)",
				 c->path, strerror(-err));
	case EAGAIN:
	case ETIMEDOUT:
		return error_set(e, err,
				 "no answer from cygnetd at %s for %u s; its "
				 "log may say why",
				 c->path, c->wait_s);
	case ECONNRESET:
	case EPIPE:
		return error_set(e, err,
				 "cygnetd at %s closed the connection; its log "
				 "says why",
				 c->path);
	default:
		return error_set(e, err, "cannot talk to cygnetd at %s: %s",
				 c->path, strerror(-err));
	}
}

/* 0 when one of the poll() events came or the peer is gone. */
static int wait_for(const struct connection *c, short events)
{
	struct pollfd pfd = { .fd = c->fd, .events = events };
	int64_t left_ms;
	int n;

	do {
		left_ms = c->deadline_ms - now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, (int)left_ms);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

static int send_all(const struct connection *c, struct slice s)
{
	while (s.len) {
		ssize_t n =
			send(c->fd, s.ptr, s.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		int err = 0;

		if (n >= 0)
			s = slice_of(s.ptr + n, s.len - (size_t)n);
		else if (errno == EAGAIN)
			err = wait_for(c, POLLOUT);
		else
			err = -errno;
		if (err)
			return err;
	}
	return 0;
}

static int take_all(const struct connection *c, uint8_t *out, size_t len)
{
	while (len) {
		ssize_t n = recv(c->fd, out, len, MSG_DONTWAIT);
		int err = 0;

		if (n > 0) {
			out += n;
			len -= (size_t)n;
		} else if (n == 0) {
			err = -ECONNRESET;
		} else if (errno == EAGAIN) {
			err = wait_for(c, POLLIN);
		} else {
			err = -errno;
		}
		if (err)
			return err;
	}
	return 0;
}

static int send_packet(const struct connection *c, struct vici_builder *b)
{
	int err = -ENOMEM;

	if (vici_finish(b))
		err = send_all(c, slice_of(b->ptr, b->len));
	if (b->ptr)
		explicit_bzero(b->ptr, b->len); /* it may have keys in it */
	vici_builder_free(b);
	return err;
}

static int send_request(const struct connection *c, const struct question *q)
{
	struct vici_builder b;

	vici_start(&b, VICI_CMD_REQUEST, q->command);
	for (size_t i = 0; i < QUESTION_ARGS_MAX && q->args[i].key; i++)
		vici_str(&b, q->args[i].key, q->args[i].value);
	return send_packet(c, &b);
}

/* Fills the octets of one packet. -EPROTO: too long to be one. */
static int take_packet(const struct connection *c, struct reply *out,
		       struct slice *packet)
{
	uint8_t head[LENGTH_BYTES] = { 0 };
	struct slice field = slice_of(head, sizeof(head));
	uint32_t len;
	int err = take_all(c, head, sizeof(head));

	if (err)
		return err;
	if (!rd_u32(&field, &len) || len == 0 || len > VICI_PACKET_MAX)
		return -EPROTO;
	out->octets = need(malloc(len));
	*packet = slice_of(out->octets, len);
	return take_all(c, out->octets, len);
}

static int fail_unknown(const struct connection *c, const char *command,
			struct error *e)
{
	return error_set(e, -EOPNOTSUPP,
			 "the daemon at %s does not know '%s': an older "
			 "cygnetd, or not cygnetd?",
			 c->path, command);
}

static bool is_item(const struct items *items, const struct vici_packet *packet)
{
	return items->item && strlen(items->event) == packet->name.len &&
	       memcmp(items->event, packet->name.ptr, packet->name.len) == 0;
}

/* Takes packets up to the one that answers; events before it are items. */
static int take_answer(const struct connection *c, const struct items *items,
		       struct reply *out, struct vici_packet *packet)
{
	struct slice octets;
	int err;

	do {
		reply_free(out);
		err = take_packet(c, out, &octets);
		if (err)
			return err;
		if (!vici_packet_parse(octets, packet))
			return -EPROTO;
		if (packet->type != VICI_EVENT)
			return 0;
		if (!is_item(items, packet) ||
		    !items->item(items->ctx, packet->body))
			return -EPROTO;
	} while (now_ms() < c->deadline_ms);
	return -ETIMEDOUT;
}

static int register_for(const struct connection *c, const struct question *q,
			struct reply *out, struct error *e)
{
	const struct items none = { 0 };
	struct vici_packet packet;
	struct vici_builder b;
	int err;

	if (!q->event)
		return 0;
	vici_start(&b, VICI_EVENT_REGISTER, q->event);
	err = send_packet(c, &b);
	if (!err)
		err = take_answer(c, &none, out, &packet);
	if (err)
		return fail(c, err, e);
	if (packet.type == VICI_EVENT_UNKNOWN)
		return fail_unknown(c, q->event, e);
	return packet.type == VICI_EVENT_CONFIRM ? 0 : fail(c, -EPROTO, e);
}

static int request(const struct connection *c, const struct question *q,
		   const struct items *items, struct reply *out, struct error *e)
{
	struct vici_packet packet;
	int err = send_request(c, q);

	if (!err)
		err = take_answer(c, items, out, &packet);
	if (err)
		return fail(c, err, e);
	if (packet.type == VICI_CMD_UNKNOWN)
		return fail_unknown(c, q->command, e);
	if (packet.type != VICI_CMD_RESPONSE)
		return fail(c, -EPROTO, e);
	out->body = packet.body;
	return 0;
}

static int open_connection(struct connection *c)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(c->path);

	if (len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, c->path, len);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	/* A Unix socket connects at once, or waits for room in the backlog. */
	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO,
		       &(struct timeval){ .tv_sec = CLIENT_WAIT_S },
		       sizeof(struct timeval)) ||
	    connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)))
		return -errno;
	return 0;
}

void question_add(struct question *q, const char *key, const char *value)
{
	size_t i = 0;

	if (!value)
		return;
	while (q->args[i].key)
		i++;
	q->args[i].key = key;
	q->args[i].value = value;
}

/* c has the path; its fd is the caller's to close. */
static int converse(struct connection *c, const struct question *q,
		    const struct items *items, struct reply *out,
		    struct error *e)
{
	int err;

	c->fd = -1;
	c->wait_s = CLIENT_WAIT_S + q->wait_s;
	c->deadline_ms = now_ms() + c->wait_s * INT64_C(1000);
	*out = (struct reply){ 0 };
	err = open_connection(c);
	if (err)
		err = fail(c, err, e);
	else
		err = register_for(c, q, out, e);
	return err ? err : request(c, q, items, out, e);
}

int client_ask(const char *path, const struct question *q,
	       bool (*item)(void *ctx, struct slice body), void *ctx,
	       struct reply *out, struct error *e)
{
	const struct items items = { q->event, q->event ? item : NULL, ctx };
	struct connection c = { .path = path };
	int err = converse(&c, q, &items, out, e);

	if (c.fd >= 0)
		close(c.fd);
	return err;
}

int client_stream(const char *path, const struct question *q, struct reply *out,
		  int *fd, struct error *e)
{
	const struct items none = { 0 };
	struct connection c = { .path = path };
	int err = converse(&c, q, &none, out, e);

	*fd = c.fd;
	if (err && c.fd >= 0) {
		close(c.fd);
		*fd = -1;
	}
	return err;
}

void reply_free(struct reply *reply)
{
	free(reply->octets);
	*reply = (struct reply){ 0 };
}

/* --- events --- */

struct listener {
	int (*event)(void *ctx, struct slice name, struct slice body,
		     struct error *e);
	int (*answer)(void *ctx, struct slice body, struct error *e);
	const char *command; /* that is answered so; NULL: none is asked */
	void *ctx;
	size_t waiting; /* registrations without an answer */
	size_t known;	/* of those answered */
};

static int register_all(const struct connection *c, const char *const *names,
			struct listener *l)
{
	int err = 0;

	for (; *names && !err; names++) {
		struct vici_builder b;

		vici_start(&b, VICI_EVENT_REGISTER, *names);
		err = send_packet(c, &b);
		l->waiting++;
	}
	return err;
}

/* Nothing happens for as long as it likes; what has begun has to come. */
static int wait_for_more(struct connection *c)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };

	while (poll(&pfd, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	c->deadline_ms = now_ms() + CLIENT_WAIT_S * INT64_C(1000);
	return 0;
}

/* An answer to a registration, or an event. */
static int hear(const struct connection *c, const struct vici_packet *packet,
		struct listener *l, struct error *e)
{
	switch (packet->type) {
	case VICI_EVENT:
		return l->event(l->ctx, packet->name, packet->body, e);
	case VICI_EVENT_CONFIRM:
		l->known++;
		break;
	case VICI_EVENT_UNKNOWN:
		break;
	case VICI_CMD_RESPONSE:
		if (l->command)
			return l->answer(l->ctx, packet->body, e);
		return fail(c, -EPROTO, e);
	case VICI_CMD_UNKNOWN:
		if (l->command)
			return fail_unknown(c, l->command, e);
		return fail(c, -EPROTO, e);
	case VICI_CMD_REQUEST:
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
		return fail(c, -EPROTO, e);
	}
	return l->waiting-- ? 0 : fail(c, -EPROTO, e);
}

static int hear_one(struct connection *c, struct listener *l, struct error *e)
{
	struct vici_packet packet;
	struct reply reply = { 0 };
	struct slice octets;
	int err;

	err = take_packet(c, &reply, &octets);
	if (!err && !vici_packet_parse(octets, &packet))
		err = -EPROTO;
	if (err)
		err = fail(c, err, e);
	else
		err = hear(c, &packet, l, e);
	reply_free(&reply);
	return err;
}

static int hear_next(struct connection *c, struct listener *l, struct error *e)
{
	int err = l->waiting ? 0 : wait_for_more(c);

	return err ? fail(c, err, e) : hear_one(c, l, e);
}

int client_listen(const char *path, const char *const *names,
		  int (*event)(void *ctx, struct slice name, struct slice body,
			       struct error *e),
		  void *ctx, struct error *e)
{
	struct connection c = { .path = path,
				.fd = -1,
				.wait_s = CLIENT_WAIT_S,
				.deadline_ms = now_ms() +
					       CLIENT_WAIT_S * INT64_C(1000) };
	struct listener l = { .event = event, .ctx = ctx };
	int err = open_connection(&c);

	if (!err)
		err = register_all(&c, names, &l);
	if (err)
		err = fail(&c, err, e);
	while (!err) {
		err = hear_next(&c, &l, e);
		if (!err && !l.waiting && !l.known)
			err = fail_unknown(&c, names[0], e);
	}
	if (c.fd >= 0)
		close(c.fd);
	return err;
}

/* Who is not known yet would not be heard. */
static int hear_all_known(struct connection *c, struct listener *l,
			  const char *first, struct error *e)
{
	int err = 0;

	while (!err && l->waiting)
		err = hear_one(c, l, e);
	return !err && !l->known ? fail_unknown(c, first, e) : err;
}

int client_follow(const char *path, const char *const *names,
		  const struct question *q, const struct client_follower *f,
		  struct error *e)
{
	struct connection c = { .path = path,
				.fd = -1,
				.wait_s = CLIENT_WAIT_S + q->wait_s,
				.deadline_ms =
					now_ms() + (CLIENT_WAIT_S + q->wait_s) *
							   INT64_C(1000) };
	struct listener l = { .event = f->event,
			      .answer = f->answer,
			      .command = q->command,
			      .ctx = f->ctx };
	int err = open_connection(&c);

	if (!err)
		err = register_all(&c, names, &l);
	if (err)
		err = fail(&c, err, e);
	else
		err = hear_all_known(&c, &l, names[0], e);
	if (!err) {
		err = send_request(&c, q);
		if (err)
			err = fail(&c, err, e);
	}
	while (!err)
		err = hear_one(&c, &l, e);
	if (c.fd >= 0)
		close(c.fd);
	return err < 0 ? err : 0;
}
