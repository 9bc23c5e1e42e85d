// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/stream_conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define DONE_MS 20 /* between looks at whether both ends are acknowledged */

struct stream_conn {
	struct stream_conn_spec spec;
	struct event *on_read, *on_write, *on_done;
	struct evbuffer *out;
	uint8_t *held; /* of rest_room octets; owned, or NULL */
	size_t rest_at, n_rest, rest_room; /* read, and not taken yet */
	bool is_connecting, has_prefix, waits;
	bool finishing, has_ended; /* by us; by the peer */
	size_t may_say;		   /* octets, while it is finishing */
	bool *freed;		   /* told when a callback frees it */
};

/* --- in */

static struct slice rest_of(const struct stream_conn *c)
{
	return slice_of(c->n_rest ? c->held + c->rest_at : NULL, c->n_rest);
}

static void drop_rest(struct stream_conn *c)
{
	free(c->held);
	c->held = NULL;
	c->rest_at = c->n_rest = c->rest_room = 0;
}

/* For so many octets from the rest's first one on. */
static bool make_room(struct stream_conn *c, size_t bytes)
{
	const struct slice rest = rest_of(c);
	uint8_t *more;

	if (c->rest_room - c->rest_at >= bytes)
		return true;
	more = malloc(bytes);
	if (!more)
		return false;
	if (rest.len)
		memcpy(more, rest.ptr, rest.len);
	free(c->held);
	c->held = more;
	c->rest_at = 0;
	c->rest_room = bytes;
	return true;
}

static bool append_rest(struct stream_conn *c, struct slice more)
{
	if (!make_room(c, c->n_rest + more.len))
		return false;
	if (more.len)
		memcpy(c->held + c->rest_at + c->n_rest, more.ptr, more.len);
	c->n_rest += more.len;
	return true;
}

static void end(struct stream_conn *c, enum stream_end how, int error)
{
	c->spec.over(c->spec.ctx, how, error);
}

/* An opener says it; its peer says none. */
static enum stream_item take_prefix(struct stream_conn *c, struct slice *in)
{
	enum stream_item item;

	if (c->has_prefix)
		return STREAM_ITEM_IKE;
	item = stream_read_prefix(in);
	c->has_prefix = item == STREAM_ITEM_IKE;
	return item;
}

/* --- the end of both */

/* The peer's is read, and ours is acknowledged. */
static bool is_done(const struct stream_conn *c)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(c->spec.fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	       info.tcpi_state == TCP_CLOSE;
}

static void look_for_end(struct stream_conn *c)
{
	const struct timeval again = { .tv_usec = DONE_MS * 1000 };

	if (!c->has_ended || evbuffer_get_length(c->out))
		return;
	if (is_done(c))
		c->spec.finished(c->spec.ctx);
	else
		evtimer_add(c->on_done, &again);
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	look_for_end(ctx);
}

/* --- messages */

/* All whole messages of in, as long as they are taken. false: it is over. */
static bool take_items(struct stream_conn *c, struct slice *in)
{
	bool freed = false;
	struct slice message, was;
	enum stream_item item = take_prefix(c, in);

	c->freed = &freed;
	while (item != STREAM_ITEM_NONE && item != STREAM_ITEM_BROKEN &&
	       !c->waits) {
		was = *in;
		item = stream_read(in, &message);
		if (item == STREAM_ITEM_NONE || item == STREAM_ITEM_BROKEN)
			break;
		if (!c->spec.item(c->spec.ctx, item, message) && !freed) {
			c->waits = true;
			*in = was;
		}
		if (freed)
			return false;
	}
	c->freed = NULL;
	if (item == STREAM_ITEM_BROKEN)
		end(c, STREAM_END_MALFORMED, 0);
	return item != STREAM_ITEM_BROKEN;
}

/* Those of the rest. */
static bool take_rest(struct stream_conn *c)
{
	struct slice in = rest_of(c);

	if (!take_items(c, &in))
		return false;
	c->rest_at += c->n_rest - in.len;
	c->n_rest = in.len;
	if (!in.len)
		drop_rest(c);
	return true;
}

/* Those of in, which comes behind the rest. false: it is over. */
static bool take_behind(struct stream_conn *c, struct slice in)
{
	const bool had = c->n_rest;

	if (!had && !take_items(c, &in))
		return false;
	if (!append_rest(c, in)) {
		end(c, STREAM_END_RESET, ENOMEM);
		return false;
	}
	return !had || c->waits || take_rest(c);
}

static void take(struct stream_conn *c, size_t left, size_t got)
{
	const size_t more = got < left ? got : left;
	const struct slice behind = slice_of(c->spec.room, got - more);

	c->n_rest += more;
	if (more && !take_rest(c))
		return;
	if (behind.len && !take_behind(c, behind))
		return;
	if (c->waits)
		event_del(c->on_read);
}

/* Octets that are missing of what has begun, or before its length is known. */
static size_t missing(const struct stream_conn *c)
{
	const struct slice rest = rest_of(c);
	size_t whole = c->has_prefix ? stream_length(rest) : 0;

	if (!whole)
		whole = STREAM_HEADER_MAX;
	return rest.len && rest.len < whole ? whole - rest.len : 0;
}

/*
 * What has begun goes on where it stands, whatever its pieces: no octet is copied
 * twice. What comes behind it lies in the room that all share.
 */
static ssize_t receive(const struct stream_conn *c, size_t left)
{
	struct iovec iov[2] = {
		{ .iov_base = left ? c->held + c->rest_at + c->n_rest : NULL,
		  .iov_len = left },
		{ .iov_base = c->spec.room,
		  .iov_len = STREAM_ROOM_BYTES - c->n_rest - left },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	return recvmsg(c->spec.fd, &m, 0);
}

/* For nothing. */
static void read_end(struct stream_conn *c)
{
	ssize_t n = recv(c->spec.fd, c->spec.room, STREAM_ROOM_BYTES, 0);

	if (n > 0 && (size_t)n <= c->may_say) {
		c->may_say -= (size_t)n;
	} else if (n == 0) {
		c->has_ended = true;
		event_del(c->on_read);
		look_for_end(c);
	} else if (n > 0 || (errno != EAGAIN && errno != EINTR)) {
		c->spec.finished(c->spec.ctx);
	}
}

static void end_of_peer(struct stream_conn *c)
{
	c->has_ended = true;
	event_del(c->on_read);
	end(c, STREAM_END_PEER, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct stream_conn *c = ctx;
	const size_t left = missing(c);
	ssize_t n;

	(void)fd;
	(void)what;
	if (c->finishing) {
		read_end(c);
		return;
	}
	if (!make_room(c, c->n_rest + left)) {
		end(c, STREAM_END_RESET, ENOMEM);
		return;
	}
	n = receive(c, left);
	if (n > 0)
		take(c, left, (size_t)n);
	else if (n == 0)
		end_of_peer(c);
	else if (errno != EAGAIN && errno != EINTR)
		end(c, STREAM_END_RESET, errno);
}

bool stream_conn_waits(const struct stream_conn *c)
{
	return c->waits;
}

void stream_conn_resume(struct stream_conn *c)
{
	if (!c->waits)
		return;
	c->waits = false;
	if (take_rest(c) && !c->waits && event_add(c->on_read, NULL))
		end(c, STREAM_END_RESET, ENOMEM);
}

/* --- out */

static void on_connected(struct stream_conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->spec.fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	c->is_connecting = false;
	if (error)
		end(c, STREAM_END_RESET, error);
	else if (evbuffer_prepend(c->out, STREAM_PREFIX, STREAM_PREFIX_BYTES) ||
		 event_add(c->on_read, NULL) || event_add(c->on_write, NULL))
		end(c, STREAM_END_RESET, ENOMEM);
	else
		c->spec.connected(c->spec.ctx);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct stream_conn *c = ctx;

	(void)what;
	if (c->is_connecting) {
		on_connected(c);
		return;
	}
	if (evbuffer_get_length(c->out) && evbuffer_write(c->out, fd) < 0 &&
	    errno != EAGAIN && errno != EINTR) {
		end(c, STREAM_END_RESET, errno);
		return;
	}
	if (evbuffer_get_length(c->out)) {
		if (event_add(c->on_write, NULL))
			end(c, STREAM_END_RESET, ENOMEM);
	} else if (c->finishing) {
		shutdown(fd, SHUT_WR);
		look_for_end(c);
	}
}

size_t stream_conn_waiting(const struct stream_conn *c)
{
	return evbuffer_get_length(c->out);
}

/* What is sent in one turn of the loop goes together. */
int stream_conn_send(struct stream_conn *c, struct slice header,
		     struct slice message)
{
	if (evbuffer_expand(c->out, header.len + message.len) ||
	    evbuffer_add(c->out, header.ptr, header.len) ||
	    evbuffer_add(c->out, message.ptr, message.len))
		return -ENOMEM;
	if (event_pending(c->on_write, EV_WRITE, NULL))
		return 0;
	return event_add(c->on_write, NULL) ? -ENOMEM : 0;
}

void stream_conn_finish(struct stream_conn *c, size_t most_bytes)
{
	c->finishing = true;
	c->waits = false;
	c->may_say = most_bytes;
	drop_rest(c);
	if (!c->has_ended)
		event_add(c->on_read, NULL);
	event_add(c->on_write, NULL);
}

/* --- its life */

int stream_conn_new(const struct stream_conn_spec *spec,
		    struct stream_conn **out)
{
	struct stream_conn *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (!c)
		return err;
	c->spec = *spec;
	c->is_connecting = c->has_prefix = spec->opened;
	c->out = evbuffer_new();
	c->on_read = event_new(spec->base, spec->fd, EV_READ | EV_PERSIST,
			       on_readable, c);
	c->on_write = event_new(spec->base, spec->fd, EV_WRITE, on_writable, c);
	c->on_done = evtimer_new(spec->base, on_done, c);
	if (c->out && c->on_read && c->on_write && c->on_done)
		err = event_add(spec->opened ? c->on_write : c->on_read, NULL)
			      ? -ENOMEM
			      : 0;
	if (err) {
		c->spec.fd = -1; /* stays the caller's */
		stream_conn_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void stream_conn_free(struct stream_conn *c)
{
	if (!c)
		return;
	if (c->freed)
		*c->freed = true;
	if (c->on_read)
		event_free(c->on_read);
	if (c->on_write)
		event_free(c->on_write);
	if (c->on_done)
		event_free(c->on_done);
	if (c->out)
		evbuffer_free(c->out);
	if (c->spec.fd >= 0)
		close(c->spec.fd);
	free(c->held);
	free(c);
}
