// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP that carries IKE and ESP, where a port or a connection asks for it: its process,
 * what listens, and what connects. ctl makes the sockets, dp lets them out past the
 * policies, stream has them then:
 *
 *     ike: STREAM_OPEN -> socket -> dp: STREAM, STREAM_OUT -> connects -> stream: OPEN
 *
 * ike may ask for connections to where it likes, as it may send UDP to; but for few
 * at once, and where one of the configuration's may open some.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/stream_link.h"
#include "ctrl/daemon/stream_sock.h"

#define OPENING_MAX 64 /* of which dp has not answered yet */
#define PAIRS_MS    1000
#define LAST_MS	    2000 /* for what IKE SAs have to say at their end */

/* One that is to be let out before it connects. */
struct opening {
	uint32_t number; /* 0: there is none */
	int fd;		 /* owned */
	uint64_t token;
	struct stream_ends ends;
};

struct ctl_streams {
	struct stream_link *link;
	bool is_ready, has_ike, has_pairs;
	bool is_fresh; /* it has no connections, and dp may know of some */
	bool ends;     /* nobody wants it, or not as it is */
	struct event *on_pairs, *on_last;
	int listening[STREAM_LISTEN_MAX]; /* owned, for a dp or stream to come */
	size_t n_listening;
	uint32_t last; /* number */
	struct opening opening[OPENING_MAX];
	struct stream_counts counts; /* as last told */
	struct log_limit refused, counted;
};

static void wait_ms(struct event *e, unsigned int ms)
{
	const struct timeval wait = { ms / 1000,
				      (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(e, &wait);
}

static bool is_wanted(const struct config *c)
{
	bool wanted = c->gateway.tcp_port;

	for (size_t i = 0; !wanted && i < c->n_conns; i++)
		wanted = c->conns[i].tcp_encap != TCP_ENCAP_NO;
	return wanted;
}

/* --- what listens */

static void close_listening(struct ctl_streams *s)
{
	role_close_all(s->listening, s->n_listening);
	s->n_listening = 0;
}

/* Past the policies, in and out. */
static void let_listening_out(struct ctl *c)
{
	const struct ctl_streams *s = c->streams;
	const struct dp_msg_stream m = {
		.ends.local_port = (uint16_t)c->config->gateway.tcp_port
	};

	for (size_t i = 0; c->dp_is_set && i < s->n_listening; i++)
		dp_link_stream(c->dp, &m, s->listening[i]);
}

static void end_flow(const struct ctl *c, const struct stream_ends *ends)
{
	const struct dp_msg_stream m = { .ends = *ends };

	if (c->dp_is_set)
		dp_link_stream(c->dp, &m, -1);
}

/* What dp, or one before it, knows of TCP ended with the stream that had it, or with
 * the configuration that wanted it. */
static void end_stale_flows(struct ctl *c)
{
	const struct stream_ends all = { .local_port = 0 };

	if (!c->dp_is_set || (c->streams && !c->streams->is_fresh))
		return;
	end_flow(c, &all);
	if (c->streams)
		c->streams->is_fresh = false;
}

static void listen_anew(struct ctl *c)
{
	struct ctl_streams *s = c->streams;
	const uint16_t port = (uint16_t)c->config->gateway.tcp_port;
	struct error e;
	int n = 0;

	if (!s->n_listening && port)
		n = stream_sock_listen(port, s->listening, &e);
	if (n < 0)
		log_error("daemon: peers open no TCP connections: %s", e.text);
	else
		s->n_listening += (size_t)n;
	if (n > 0)
		log_info("daemon: tcp listening port=%u", port);
	let_listening_out(c);
	stream_link_listen(s->link, s->listening, s->n_listening);
}

/* Of a stream that an earlier ctl started. false: it is at another port. */
static bool take_listening(struct ctl *c, const int *fds, size_t n)
{
	struct ctl_streams *s = c->streams;

	for (size_t i = 0; i < n; i++) {
		if (stream_sock_port(fds[i]) == c->config->gateway.tcp_port)
			continue;
		role_close_all(fds, n);
		return false;
	}
	close_listening(s);
	memcpy(s->listening, fds, n * sizeof(*fds));
	s->n_listening = n;
	return true;
}

/* --- who is linked */

void ctl_introduce_stream(struct ctl *c)
{
	struct ctl_streams *s = c->streams;
	int pair[2];

	if (!s || !s->is_ready || s->has_ike || !ike_link_is_ready(c->ike))
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair)) {
		log_error("daemon: no link between ike and stream: %s",
			  strerror(errno));
		return;
	}
	s->has_ike = !ike_link_streams(c->ike, pair[0]) &&
		     !stream_link_ike(s->link, pair[1]);
	close(pair[0]);
	close(pair[1]);
}

void ctl_stream_without_ike(struct ctl *c)
{
	if (c->streams)
		c->streams->has_ike = false;
}

/* Until the last one came. */
static void ask_for_pairs(struct ctl *c)
{
	const struct ctl_streams *s = c->streams;

	if (!s->is_ready || !c->dp_is_set || s->has_pairs)
		return;
	dp_link_pairs(c->dp);
	wait_ms(s->on_pairs, PAIRS_MS);
}

static void on_pairs(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	ask_for_pairs(ctx);
}

void ctl_pair(void *ctx, const struct dp_msg_pair *m, int fd)
{
	const struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;

	if (s && s->is_ready &&
	    !stream_link_pair(s->link, m->worker, m->n_workers, fd) &&
	    m->worker + 1 == m->n_workers)
		s->has_pairs = true;
	close(fd);
}

/* It may say so as often as it likes. */
static void on_lost(void *ctx)
{
	const struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;

	s->has_pairs = false;
	if (!evtimer_pending(s->on_pairs, NULL))
		wait_ms(s->on_pairs, PAIRS_MS);
}

/* --- what connects */

static struct opening *find_opening(struct ctl_streams *s, uint32_t number)
{
	for (size_t i = 0; i < OPENING_MAX; i++)
		if (s->opening[i].number == number)
			return &s->opening[i];
	return NULL;
}

static void refuse(struct ctl *c, uint64_t token, const char *why)
{
	if (c->streams && log_may(&c->streams->refused, "tcp", clock_ns()))
		log_warn("daemon: no TCP connection is opened: %s", why);
	if (ike_link_is_ready(c->ike))
		ike_link_stream_refused(c->ike, token);
}

static void end_opening(struct opening *o)
{
	close(o->fd);
	o->number = 0;
}

void ctl_stream_open(void *ctx, uint64_t token, const struct stream_ends *ends)
{
	struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;
	struct opening *o = s ? find_opening(s, 0) : NULL;
	struct dp_msg_stream m = { .ends = *ends };
	int fd;

	if (!o || !s->is_ready || !c->dp_is_set) {
		refuse(c, token, "not now");
		return;
	}
	fd = stream_sock_open(&m.ends);
	if (fd < 0) {
		refuse(c, token, strerror(-fd));
		return;
	}
	s->last = s->last == UINT32_MAX ? 1 : s->last + 1;
	m.number = s->last;
	*o = (struct opening){ s->last, fd, token, m.ends };
	if (dp_link_stream(c->dp, &m, fd)) {
		end_opening(o);
		refuse(c, token, "the data path does not take its socket");
	}
}

void ctl_stream_out(void *ctx, const struct dp_msg_stream *answer)
{
	struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;
	struct opening *o =
		s && answer->number ? find_opening(s, answer->number) : NULL;
	struct stream_msg_open m;
	int err = answer->err;

	if (!o) {
		if (err)
			log_error("daemon: what listens at TCP port %u is not let out: %s",
				  answer->ends.local_port, strerror(-err));
		return;
	}
	if (!err)
		err = stream_sock_connect(o->fd, &o->ends);
	m = (struct stream_msg_open){ .number = o->number,
				      .token = o->token,
				      .ends = o->ends };
	if (!err)
		err = stream_link_open(s->link, &m, o->fd);
	if (err) {
		end_flow(c, &o->ends);
		refuse(c, o->token, strerror(-err));
	}
	end_opening(o);
}

static void end_all_opening(struct ctl *c)
{
	struct ctl_streams *s = c->streams;

	for (size_t i = 0; i < OPENING_MAX; i++) {
		struct opening *o = &s->opening[i];

		if (!o->number)
			continue;
		refuse(c, o->token, "a process is gone");
		end_opening(o);
	}
}

/* What it names is what it was given, or nobody's: a port at which we listen is
 * not taken from us. */
static void on_gone(void *ctx, const struct stream_msg_gone *m)
{
	if (m->ends.remote_port)
		end_flow(ctx, &m->ends);
}

/* --- its life */

const struct stream_counts *ctl_stream_counts(const struct ctl *c)
{
	return c->streams ? &c->streams->counts : NULL;
}

/* "crowded=1 esp_gone=7", of what there is. */
static void counts_str(const struct stream_counts *counts, char *out,
		       size_t room)
{
	size_t len = 0;

	*out = '\0';
	for (int i = 0; i < STREAM_COUNTS && len < room; i++)
		if (counts->n[i])
			len += (size_t)snprintf(
				out + len, room - len, " %s=%" PRIu64,
				stream_count_name((enum stream_count)i),
				counts->n[i]);
}

/* What it ended or dropped, and never how much of it at once. */
static void on_counted(void *ctx, const struct stream_counts *counts)
{
	const struct ctl *c = ctx;
	bool more = false;
	char text[512];

	for (int i = STREAM_COUNT_CROWDED; i < STREAM_COUNTS; i++)
		more = more || counts->n[i] != c->streams->counts.n[i];
	c->streams->counts = *counts;
	if (!more || !log_may(&c->streams->counted, "tcp", clock_ns()))
		return;
	counts_str(counts, text, sizeof(text));
	log_info("stream: tcp open=%" PRIu64 "%s", counts->open, text);
}

static void stop(struct ctl_streams *s)
{
	s->ends = true;
	s->is_ready = false; /* nothing is opened any more */
	stream_link_stop(s->link);
}

static void on_ready(void *ctx, const struct stream_msg_ready *m,
		     const int *fds, size_t n)
{
	struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;

	if (s->ends) {
		role_close_all(fds, n);
		stop(s);
		return;
	}
	if (m->was_told && !take_listening(c, fds, n)) {
		log_info("daemon: tcp begins anew, at another port");
		stop(s);
		return;
	}
	s->is_ready = true;
	s->has_ike = m->has_ike;
	s->has_pairs = m->has_dp;
	s->is_fresh = !m->was_told;
	if (s->last < m->last)
		s->last = m->last;
	end_stale_flows(c);
	if (!m->was_told)
		role_close_all(fds, n);
	listen_anew(c);
	ctl_introduce_stream(c);
	ask_for_pairs(c);
}

/* It has ended, as it was told to; by now another one may be wanted. */
static void begin_anew(struct ctl *c)
{
	struct error e;

	ctl_free_streams(c);
	end_stale_flows(c);
	if (ctl_set_streams(c, &e))
		log_error("daemon: TCP is not spoken: %s", e.text);
}

static void on_down(void *ctx)
{
	struct ctl *c = ctx;
	struct ctl_streams *s = c->streams;

	s->is_ready = s->has_ike = s->has_pairs = false;
	s->counts = (struct stream_counts){ .open = 0 };
	end_all_opening(c);
	if (s->ends && c->phase != CTL_ENDING)
		begin_anew(c);
}

void ctl_streams_with_dp(struct ctl *c)
{
	end_stale_flows(c);
	if (!c->streams)
		return;
	let_listening_out(c);
	ask_for_pairs(c);
}

void ctl_streams_without_dp(struct ctl *c)
{
	if (!c->streams)
		return;
	c->streams->has_pairs = false;
	end_all_opening(c);
}

static void on_last(evutil_socket_t fd, short what, void *ctx)
{
	const struct ctl *c = ctx;

	(void)fd;
	(void)what;
	stop(c->streams);
}

/* Nobody wants TCP any more. What is there has yet to be told so by IKE. */
static void begin_end(struct ctl *c)
{
	struct ctl_streams *s = c->streams;

	log_info("daemon: TCP is not spoken any more");
	s->ends = true;
	s->is_ready = false;
	close_listening(s);
	stream_link_listen(s->link, NULL, 0);
	end_all_opening(c);
	wait_ms(s->on_last, LAST_MS);
}

/* found: to end one that an earlier ctl had. */
static int start(struct ctl *c, bool found, struct error *e)
{
	const struct stream_link_spec spec = { .base = c->base,
					       .folder = c->folder,
					       .debug = c->debug,
					       .only_found = found,
					       .ready = on_ready,
					       .down = on_down,
					       .lost = on_lost,
					       .gone = on_gone,
					       .counted = on_counted,
					       .ctx = c };
	int err;

	c->streams = calloc(1, sizeof(*c->streams));
	if (!c->streams)
		return error_set(e, -ENOMEM, "no memory for TCP connections");
	c->streams->ends = found;
	c->streams->on_pairs = evtimer_new(c->base, on_pairs, c);
	c->streams->on_last = evtimer_new(c->base, on_last, c);
	if (c->streams->on_pairs && c->streams->on_last)
		err = stream_link_new(&spec, &c->streams->link, e);
	else
		err = error_set(e, -ENOMEM, "no memory for TCP connections");
	if (err)
		ctl_free_streams(c);
	return err;
}

/* An earlier ctl may have wanted it. */
static int end_earlier(struct ctl *c, struct error *e)
{
	int err = c->phase == CTL_STARTING ? start(c, true, e) : 0;

	return err == -ENOENT ? 0 : err;
}

int ctl_set_streams(struct ctl *c, struct error *e)
{
	const bool wanted = is_wanted(c->config);

	if (!c->streams)
		return wanted ? start(c, false, e) : end_earlier(c, e);
	if (!wanted && !c->streams->ends)
		begin_end(c);
	return 0;
}

void ctl_stop_streams(struct ctl *c)
{
	if (c->streams)
		stream_link_stop(c->streams->link);
}

void ctl_free_streams(struct ctl *c)
{
	struct ctl_streams *s = c->streams;

	if (!s)
		return;
	for (size_t i = 0; i < OPENING_MAX; i++)
		if (s->opening[i].number)
			end_opening(&s->opening[i]);
	stream_link_free(s->link);
	close_listening(s);
	if (s->on_pairs)
		event_free(s->on_pairs);
	if (s->on_last)
		event_free(s->on_last);
	free(s);
	c->streams = NULL;
}
