// SPDX-License-Identifier: BSD-2-Clause
/*
 * What stream says goes to the engine, and what the engine wants of it to stream; it
 * says it of connections, whose ends are kept here. When stream ends, so have all of
 * them, and those that were to be opened are not.
 */
#include "ctrl/daemon/ike_streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/stream_seam.h"

#define INDEX(stream) ((stream) & (STREAMS_MAX - 1))
#define WANTED_MAX    256 /* that are being opened */

struct ike_streams {
	struct seam *link; /* NULL: stream is not there */
	struct {
		uint32_t stream; /* STREAM_NONE: there is none */
		struct stream_ends ends;
	} at[STREAMS_MAX];
	struct wanted {
		uint64_t token; /* 0: none */
		bool is_lost;	/* nobody opens it any more */
	} wanted[WANTED_MAX];
	struct event *on_fail; /* those that are lost are not opened */
};

static void on_fail(evutil_socket_t fd, short what, void *ctx);

/* Where there is no TCP there is nothing of it. NULL: no memory. */
static struct ike_streams *of(struct ike *i)
{
	struct ike_streams *s = i->streams;

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (s)
		s->on_fail = evtimer_new(i->base, on_fail, i);
	if (s && !s->on_fail) {
		free(s);
		s = NULL;
	}
	i->streams = s;
	return s;
}

/* stream gives numbers so that no two that are there meet. */
static bool has(const struct ike_streams *s, uint32_t stream)
{
	return stream != STREAM_NONE && s->at[INDEX(stream)].stream == stream;
}

static struct ike_path path_of(uint32_t stream, const struct stream_ends *ends)
{
	return (struct ike_path){ .local = ends->local,
				  .remote = ends->remote,
				  .local_port = ends->local_port,
				  .remote_port = ends->remote_port,
				  .stream = stream };
}

/* --- what stream is told */

/* Of one that does not read all of them are over. */
static void put(struct ike *i, enum stream_msg type, const void *msg,
		size_t bytes)
{
	if (i->streams && i->streams->link &&
	    seam_send(i->streams->link, (uint16_t)type, msg, bytes))
		log_warn("ike: stream does not take what it is sent");
}

static void put_stream(struct ike *i, enum stream_msg type, uint32_t stream)
{
	const struct stream_msg_stream m = { .stream = stream };

	put(i, type, &m, sizeof(m));
}

/* --- what is wanted */

/* NULL: there are too many. */
static struct wanted *want(struct ike_streams *s, uint64_t token)
{
	for (size_t k = 0; k < WANTED_MAX; k++) {
		if (s->wanted[k].token)
			continue;
		s->wanted[k] = (struct wanted){ .token = token };
		return &s->wanted[k];
	}
	return NULL;
}

static bool take_wanted(struct ike_streams *s, uint64_t token)
{
	for (size_t k = 0; token && k < WANTED_MAX; k++) {
		if (s->wanted[k].token != token)
			continue;
		s->wanted[k].token = 0;
		return true;
	}
	return false;
}

static void fail(struct ike *i, uint64_t token)
{
	if (take_wanted(i->streams, token))
		engine_stream_opened(i->engine, token, NULL, clock_ns());
}

static void lose_all(struct ike_streams *s)
{
	for (size_t k = 0; k < WANTED_MAX; k++)
		s->wanted[k].is_lost = true;
}

static void fail_lost(struct ike *i)
{
	struct ike_streams *s = i->streams;

	for (size_t k = 0; k < WANTED_MAX; k++)
		if (s->wanted[k].is_lost)
			fail(i, s->wanted[k].token);
}

/* The engine is told once it has done what it asked in; whoever is there again by
 * then was not asked. */
static void on_fail(evutil_socket_t fd, short what, void *ctx)
{
	struct ike *i = ctx;

	(void)fd;
	(void)what;
	fail_lost(i);
	ike_set_timer(i);
}

void ike_streams_alone(struct ike *i)
{
	if (!i->streams)
		return;
	lose_all(i->streams);
	event_active(i->streams->on_fail, EV_TIMEOUT, 0);
}

void ike_streams_refused(struct ike *i, uint64_t token)
{
	if (i->streams)
		fail(i, token);
}

/* --- what stream says */

/* What was given up meanwhile is nobody's. */
static void on_up(struct ike *i, const struct stream_msg_up *m)
{
	struct ike_streams *s = i->streams;
	const struct ike_path path = path_of(m->stream, &m->ends);
	bool is_wanted;

	if (m->stream == STREAM_NONE || m->stream == STREAM_LOST)
		return; /* no number of any */
	is_wanted = take_wanted(s, m->token);
	if (m->token && !is_wanted) {
		put_stream(i, STREAM_MSG_CLOSE, m->stream);
		return;
	}
	s->at[INDEX(m->stream)].stream = m->stream;
	s->at[INDEX(m->stream)].ends = m->ends;
	if (is_wanted)
		engine_stream_opened(i->engine, m->token, &path, clock_ns());
}

static void on_down(struct ike *i, const struct stream_msg_down *m)
{
	struct ike_streams *s = i->streams;

	fail(i, m->token);
	if (!has(s, m->stream))
		return;
	s->at[INDEX(m->stream)].stream = STREAM_NONE;
	engine_stream_closed(i->engine, m->stream, clock_ns());
}

static void on_message_of(struct ike *i, const struct stream_msg_message *m)
{
	const struct ike_streams *s = i->streams;
	struct ike_path path;

	if (!has(s, m->stream) || m->len > sizeof(m->octets))
		return;
	path = path_of(m->stream, &s->at[INDEX(m->stream)].ends);
	memcpy(i->room, m->octets, m->len); /* the engine decrypts in place */
	engine_input(i->engine, &path, i->room, m->len, clock_ns());
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct ike *i = ctx;

	role_close_all(fds, n_fds);
	if (type == STREAM_MSG_UP)
		on_up(i, msg);
	else if (type == STREAM_MSG_DOWN)
		on_down(i, msg);
	else
		on_message_of(i, msg);
	ike_set_timer(i);
}

/* All that it had is over. */
static void forget_all(struct ike *i)
{
	struct ike_streams *s = i->streams;

	s->link = NULL;
	lose_all(s);
	fail_lost(i);
	for (size_t k = 0; k < STREAMS_MAX; k++) {
		const uint32_t stream = s->at[k].stream;

		s->at[k].stream = STREAM_NONE;
		if (stream != STREAM_NONE)
			engine_stream_closed(i->engine, stream, clock_ns());
	}
}

static void on_link_down(void *ctx, const char *why)
{
	struct ike *i = ctx;

	log_info("ike: stream is gone (%s)", why);
	forget_all(i);
	ike_set_timer(i);
}

void ike_streams_take(struct ike *i, const int *fds, size_t n)
{
	const struct seam_spec spec = { .base = i->base,
					.kinds = stream_seam_to_ike,
					.n_kinds = stream_seam_to_ike_n,
					.last = true, /* it may flood */
					.on_message = on_message,
					.on_down = on_link_down,
					.ctx = i };

	if (n != 1 || !of(i)) {
		role_close_all(fds, n);
		ike_give_up(i, n == 1 ? "no memory"
				      : "not the link that was expected");
		return;
	}
	if (i->streams->link) {
		seam_free(i->streams->link);
		forget_all(i);
	}
	if (seam_new(&spec, fds[0], &i->streams->link)) {
		close(fds[0]);
		ike_give_up(i, "no memory");
	}
}

void ike_streams_free(struct ike_streams *s)
{
	if (!s)
		return;
	seam_free(s->link);
	event_free(s->on_fail);
	free(s);
}

/* --- what the engine wants */

void ike_streams_send(struct ike *i, const struct ike_path *path,
		      struct slice message)
{
	struct stream_msg_message m = { .stream = path->stream,
					.len = (uint32_t)message.len };

	if (message.len > sizeof(m.octets)) {
		log_warn("ike: a message is too long for TCP bytes=%zu",
			 message.len);
		return;
	}
	memcpy(m.octets, message.ptr, message.len);
	put(i, STREAM_MSG_MESSAGE, &m,
	    offsetof(struct stream_msg_message, octets) + message.len);
}

void ike_streams_open(void *ctx, const char *conn, const struct ike_path *path,
		      uint64_t token)
{
	struct ike *i = ctx;
	struct ike_msg_stream_open m = {
		.token = token,
		.ends = { .local = path->local,
			  .remote = path->remote,
			  .remote_port = path->remote_port },
	};

	struct wanted *wanted = of(i) ? want(i->streams, token) : NULL;

	if (!wanted) {
		log_warn("ike: too many TCP connections are being opened");
		return; /* it is asked for again */
	}
	if (!i->ctl || !i->streams->link) {
		wanted->is_lost = true;
		event_active(i->streams->on_fail, EV_TIMEOUT, 0);
		return;
	}
	memcpy(m.conn, conn, strnlen(conn, sizeof(m.conn) - 1));
	ike_tell(i, IKE_MSG_STREAM_OPEN, &m, sizeof(m));
}

void ike_streams_keep(void *ctx, uint32_t stream)
{
	put_stream(ctx, STREAM_MSG_KEEP, stream);
}

void ike_streams_close(void *ctx, uint32_t stream)
{
	struct ike *i = ctx;

	if (i->streams && has(i->streams, stream))
		i->streams->at[INDEX(stream)].stream = STREAM_NONE;
	put_stream(i, STREAM_MSG_CLOSE, stream);
}
