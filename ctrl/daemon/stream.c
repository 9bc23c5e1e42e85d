// SPDX-License-Identifier: BSD-2-Clause
/*
 * What strangers send by TCP is read here and nowhere else: IKE messages go to ike
 * from here, ESP packets to dp's workers, and back. ctl comes and goes, and
 * connections stay; with ike they end. One thread.
 */
#include "ctrl/daemon/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctrl/base/inet_end.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/random.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/sandbox.h"
#include "ctrl/daemon/stream_seam.h"
#include "ctrl/daemon/streams.h"
#include "include/limits.h"

#define ACCEPTS_MAX    16 /* of one turn of the loop */
#define PACKETS_MAX    64 /* likewise, of one worker */
#define AGAIN_MS       100
#define COUNTS_MS      500
#define STRANGERS_BUSY (1U << 19) /* octets that ike has not taken yet */
#define KEPT_BUSY      (1U << 20)
#define FDS_MAX	       (STREAMS_MAX + WORKERS_MAX + 64U)

struct pair {
	struct stream_role *role;
	int fd; /* -1: none */
	struct event *readable;
};

struct stream_role {
	struct event_base *base;
	struct event *on_link;
	struct seam *ctl, *ike; /* NULL: not there */
	struct streams *streams;
	int listening[STREAM_LISTEN_MAX];
	struct event *acceptable[STREAM_LISTEN_MAX];
	size_t n_listening;
	bool was_told; /* whether to listen */
	struct event *accept_again, *on_counts;
	struct stream_counts told;
	struct pair pairs[WORKERS_MAX];
	uint32_t n_pairs;
	uint32_t last;				    /* number of ctl's */
	struct stream_msg_gone untold[STREAMS_MAX]; /* while no ctl is there */
	size_t n_untold;
	bool failed;
	uint8_t packet[sizeof(struct stream_esp) + STREAM_ESP_MAX + 1];
};

static void quit(const struct stream_role *r)
{
	event_base_loopbreak(r->base);
}

static void give_up(struct stream_role *r, const char *why)
{
	log_error("stream: %s", why);
	r->failed = true;
	quit(r);
}

static void tell_ctl(struct stream_role *r, enum stream_msg type,
		     const void *msg, size_t bytes)
{
	if (r->ctl && seam_send(r->ctl, (uint16_t)type, msg, bytes))
		give_up(r, "ctl does not take what it is sent");
}

/* Without it nobody waits for what is not told. */
static void tell_ike(struct stream_role *r, enum stream_msg type,
		     const void *msg, size_t bytes)
{
	if (r->ike && seam_send(r->ike, (uint16_t)type, msg, bytes))
		give_up(r, "ike does not take what it is sent");
}

/* --- what connections have to say */

/* Before there is an ike, what is asked waits in TCP. */
static bool on_busy(void *ctx, bool kept)
{
	const struct stream_role *r = ctx;

	return !r->ike ||
	       seam_waiting(r->ike) > (kept ? KEPT_BUSY : STRANGERS_BUSY);
}

static void on_up(void *ctx, uint32_t stream, uint64_t token,
		  const struct stream_ends *ends)
{
	const struct stream_msg_up m = { .stream = stream,
					 .token = token,
					 .ends = *ends };

	tell_ike(ctx, STREAM_MSG_UP, &m, sizeof(m));
}

static void on_stream_message(void *ctx, uint32_t stream, struct slice message)
{
	struct stream_msg_message m;

	m.stream = stream;
	m.len = (uint32_t)message.len;
	memcpy(m.octets, message.ptr, message.len);
	tell_ike(ctx, STREAM_MSG_MESSAGE, &m,
		 offsetof(struct stream_msg_message, octets) + message.len);
}

static void on_stream_down(void *ctx, uint32_t stream, uint64_t token,
			   enum stream_end end, int error)
{
	const struct stream_msg_down m = { .stream = stream,
					   .end = (uint16_t)end,
					   .error = (uint16_t)error,
					   .token = token };

	tell_ike(ctx, STREAM_MSG_DOWN, &m, sizeof(m));
}

static void on_gone(void *ctx, uint32_t number, const struct stream_ends *ends)
{
	struct stream_role *r = ctx;
	const struct stream_msg_gone m = { .number = number, .ends = *ends };

	if (r->ctl)
		tell_ctl(r, STREAM_MSG_GONE, &m, sizeof(m));
	else if (r->n_untold < STREAMS_MAX)
		r->untold[r->n_untold++] = m;
}

/* --- workers */

static void drop_pair(struct pair *p)
{
	if (p->readable)
		event_free(p->readable);
	if (p->fd >= 0)
		close(p->fd);
	p->readable = NULL;
	p->fd = -1;
}

static void on_esp(void *ctx, uint32_t stream, struct slice packet)
{
	struct stream_role *r = ctx;
	struct stream_esp head = { .stream = stream };
	struct slice spi_at = packet;
	struct iovec iov[] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)packet.ptr, .iov_len = packet.len },
	};
	const struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	const struct pair *p;
	uint32_t spi;

	if (!rd_u32(&spi_at, &spi))
		return;
	p = r->n_pairs ? &r->pairs[stream_worker(spi, r->n_pairs)] : NULL;
	if (!p || p->fd < 0 ||
	    sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		streams_counts(r->streams)->n[STREAM_COUNT_ESP_BUSY]++;
}

static void lose_pair(struct pair *p)
{
	const struct stream_msg_empty m = { 0 };

	drop_pair(p);
	tell_ctl(p->role, STREAM_MSG_LOST, &m, sizeof(m));
}

static void on_packets(evutil_socket_t fd, short what, void *ctx)
{
	struct pair *p = ctx;
	struct stream_role *r = p->role;
	struct stream_esp head;

	(void)what;
	for (int i = 0; i < PACKETS_MAX; i++) {
		struct slice in, packet;
		ssize_t n = recv(fd, r->packet, sizeof(r->packet), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			lose_pair(p);
			return;
		}
		in = slice_of(r->packet, (size_t)n);
		if (rd_bytes(&in, &head, sizeof(head)) &&
		    rd_slice(&in, in.len, &packet))
			streams_send_esp(r->streams, head.stream, &head.peer,
					 packet);
	}
}

static void take_pair(struct stream_role *r, const struct stream_msg_pair *m,
		      const int *fds, size_t n)
{
	struct pair *p = &r->pairs[m->worker % WORKERS_MAX];

	if (n != 1 || m->n_workers > WORKERS_MAX || m->worker >= m->n_workers) {
		role_close_all(fds, n);
		give_up(r, "not the pair that was expected");
		return;
	}
	for (uint32_t i = 0; m->n_workers != r->n_pairs && i < r->n_pairs; i++)
		drop_pair(&r->pairs[i]);
	r->n_pairs = m->n_workers;
	drop_pair(p);
	p->role = r;
	p->fd = fds[0];
	p->readable =
		event_new(r->base, p->fd, EV_READ | EV_PERSIST, on_packets, p);
	if (!p->readable || event_add(p->readable, NULL))
		give_up(r, "no memory");
}

/* --- listening */

static void listen_or_not(struct stream_role *r, bool listens)
{
	for (size_t i = 0; i < r->n_listening; i++) {
		if (!listens)
			event_del(r->acceptable[i]);
		else if (event_add(r->acceptable[i], NULL))
			give_up(r, "no memory");
	}
}

static void on_accept_again(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	listen_or_not(ctx, true);
}

/* There is no descriptor or no memory for more: not now. */
static void pause_accepting(struct stream_role *r)
{
	const struct timeval wait = { .tv_usec = AGAIN_MS * 1000 };

	listen_or_not(r, false);
	evtimer_add(r->accept_again, &wait);
}

static void on_acceptable(evutil_socket_t listener, short what, void *ctx)
{
	struct stream_role *r = ctx;

	(void)what;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		union inet_end peer = { .any.sa_family = AF_UNSPEC };
		socklen_t bytes = sizeof(peer);
		struct stream_ends ends = { .local_port = 0 };
		int fd = accept4(listener, &peer.any, &bytes,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
			       errno == ENOMEM || errno == ENOBUFS))
			pause_accepting(r);
		if (fd < 0)
			return;
		if (inet_end_get(&peer, &ends.remote, &ends.remote_port) &&
		    !inet_end_local(fd, &ends.local, &ends.local_port))
			streams_accept(r->streams, fd, &ends);
		else
			close(fd);
	}
}

static void drop_listening(struct stream_role *r)
{
	for (size_t i = 0; i < r->n_listening; i++) {
		if (r->acceptable[i])
			event_free(r->acceptable[i]);
		close(r->listening[i]);
	}
	r->n_listening = 0;
}

static void take_listening(struct stream_role *r, const int *fds, size_t n)
{
	if (n > STREAM_LISTEN_MAX) {
		role_close_all(fds, n);
		give_up(r, "more sockets than were expected");
		return;
	}
	drop_listening(r);
	for (size_t i = 0; i < n; i++) {
		r->listening[i] = fds[i];
		r->acceptable[i] =
			event_new(r->base, fds[i], EV_READ | EV_PERSIST,
				  on_acceptable, r);
		r->n_listening++;
		if (!r->acceptable[i])
			give_up(r, "no memory");
	}
	r->was_told = true;
	if (!r->failed)
		listen_or_not(r, true);
}

/* --- ike */

static void on_ike_message(void *ctx, uint16_t type, const void *msg,
			   const int *fds, size_t n_fds)
{
	const struct stream_role *r = ctx;
	const struct stream_msg_message *m = msg;
	const struct stream_msg_stream *which = msg;

	role_close_all(fds, n_fds);
	if (type == STREAM_MSG_KEEP)
		streams_keep(r->streams, which->stream);
	else if (type == STREAM_MSG_CLOSE)
		streams_close(r->streams, which->stream);
	else if (m->len >= IKE_HEADER_BYTES && m->len <= STREAM_IKE_MAX)
		streams_send_ike(r->streams, m->stream,
				 slice_of(m->octets, m->len));
}

static void end_alone(const struct stream_role *r)
{
	if (r->ctl || r->ike)
		return;
	log_info("stream: nobody is left to work for");
	quit(r);
}

static void on_ike_down(void *ctx, const char *why)
{
	struct stream_role *r = ctx;

	log_info("stream: ike is gone (%s)", why);
	r->ike = NULL;
	streams_drop(r->streams);
	end_alone(r);
}

/* In place of one that may be there: another ike. */
static void take_ike(struct stream_role *r, const int *fds, size_t n)
{
	const struct seam_spec spec = { .base = r->base,
					.kinds = stream_seam_from_ike,
					.n_kinds = stream_seam_from_ike_n,
					.on_message = on_ike_message,
					.on_down = on_ike_down,
					.ctx = r };

	if (n != 1) {
		role_close_all(fds, n);
		give_up(r, "not the link that was expected");
		return;
	}
	if (r->ike)
		streams_drop(r->streams);
	seam_free(r->ike);
	r->ike = NULL;
	if (seam_new(&spec, fds[0], &r->ike)) {
		close(fds[0]);
		give_up(r, "no memory");
	}
}

/* --- ctl */

static void take_open(struct stream_role *r, const struct stream_msg_open *m,
		      const int *fds, size_t n)
{
	if (n != 1) {
		role_close_all(fds, n);
		give_up(r, "not the socket that was expected");
		return;
	}
	r->last = m->number;
	streams_open(r->streams, fds[0], m->number, m->token, &m->ends);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct stream_role *r = ctx;

	if (type == STREAM_MSG_LISTEN)
		take_listening(r, fds, n_fds);
	else if (type == STREAM_MSG_IKE)
		take_ike(r, fds, n_fds);
	else if (type == STREAM_MSG_PAIR)
		take_pair(r, msg, fds, n_fds);
	else if (type == STREAM_MSG_OPEN)
		take_open(r, msg, fds, n_fds);
	else
		role_close_all(fds, n_fds);
	if (type == STREAM_MSG_STOP)
		quit(r);
}

static void on_down(void *ctx, const char *why)
{
	struct stream_role *r = ctx;

	log_info("stream: ctl is gone (%s)", why);
	r->ctl = NULL;
	end_alone(r);
}

/* One that is lost, as all are with dp, is to be had anew with the others. */
static bool has_pairs(const struct stream_role *r)
{
	for (uint32_t i = 0; i < r->n_pairs; i++)
		if (r->pairs[i].fd < 0)
			return false;
	return r->n_pairs > 0;
}

static void greet(struct stream_role *r)
{
	const struct stream_msg_ready m = { .has_ike = r->ike != NULL,
					    .has_dp = has_pairs(r),
					    .was_told = r->was_told,
					    .last = r->last };
	const size_t n = r->n_untold;

	r->told = (struct stream_counts){ .open = 0 }; /* this one was not */
	if (seam_send_fds(r->ctl, STREAM_MSG_READY, &m, sizeof(m), r->listening,
			  r->n_listening))
		give_up(r, "ctl does not take what it is sent");
	r->n_untold = 0;
	for (size_t i = 0; i < n; i++)
		tell_ctl(r, STREAM_MSG_GONE, &r->untold[i],
			 sizeof(r->untold[i]));
}

static void on_link(evutil_socket_t listener, short what, void *ctx)
{
	struct stream_role *r = ctx;
	const struct seam_spec spec = { .base = r->base,
					.kinds = stream_seam_to_stream,
					.n_kinds = stream_seam_to_stream_n,
					.on_message = on_message,
					.on_down = on_down,
					.ctx = r };
	int fd = role_accept();

	(void)listener;
	(void)what;
	if (fd < 0)
		return;
	if (r->ctl || seam_new(&spec, fd, &r->ctl)) {
		close(fd);
		return;
	}
	greet(r);
}

/* What has not changed is not told again. */
static void on_counts(evutil_socket_t fd, short what, void *ctx)
{
	struct stream_role *r = ctx;
	const struct stream_counts *now = streams_counts(r->streams);

	(void)fd;
	(void)what;
	if (!r->ctl || !memcmp(now, &r->told, sizeof(*now)))
		return;
	r->told = *now;
	tell_ctl(r, STREAM_MSG_COUNTS, now, sizeof(*now));
}

/* --- start and end */

/* As many as it may: what it may have by default is fewer. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FDS_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < FDS_MAX ? limit.rlim_max : FDS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int make(struct stream_role *r, struct error *e)
{
	const struct timeval counts = { .tv_usec = COUNTS_MS * 1000 };
	struct streams_spec spec = { .limits = &streams_limits,
				     .calls = { .busy = on_busy,
						.up = on_up,
						.message = on_stream_message,
						.esp = on_esp,
						.down = on_stream_down,
						.gone = on_gone,
						.ctx = r } };
	struct random_pool random;

	random_init(&random);
	if (!random_bytes(&random, &spec.seed, sizeof(spec.seed)))
		return error_set(e, -EIO, "no random numbers");
	spec.base = r->base = event_base_new();
	if (!r->base || streams_new(&spec, &r->streams))
		return error_set(e, -ENOMEM, "no memory");
	r->accept_again = evtimer_new(r->base, on_accept_again, r);
	r->on_counts = event_new(r->base, -1, EV_PERSIST, on_counts, r);
	r->on_link = event_new(r->base, ROLE_LISTEN_FD, EV_READ | EV_PERSIST,
			       on_link, r);
	if (!r->accept_again || !r->on_counts || !r->on_link ||
	    event_add(r->on_counts, &counts) || event_add(r->on_link, NULL))
		return error_set(e, -ENOMEM, "no memory");
	return 0;
}

static int start(struct stream_role *r, struct error *e)
{
	int err = make(r, e);

	raise_limit();
	if (!err)
		err = sandbox_become(STREAM_USER, e);
	return err ? err : sandbox_enter(false, e);
}

static void end(struct stream_role *r)
{
	streams_free(r->streams);
	drop_listening(r);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		drop_pair(&r->pairs[i]);
	seam_free(r->ctl);
	seam_free(r->ike);
	if (r->accept_again)
		event_free(r->accept_again);
	if (r->on_counts)
		event_free(r->on_counts);
	if (r->on_link)
		event_free(r->on_link);
	if (r->base)
		event_base_free(r->base);
	free(r);
}

int stream_role(void)
{
	struct stream_role *r;
	struct error e;
	bool failed;

	if (!role_begin("stream"))
		return EXIT_FAILURE;
	/* A terminal's and an init system's are ctl's to act on. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	r = calloc(1, sizeof(*r));
	if (!r)
		return EXIT_FAILURE;
	for (size_t i = 0; i < WORKERS_MAX; i++)
		r->pairs[i].fd = -1;
	failed = start(r, &e) != 0;
	if (failed)
		log_error("stream: %s", e.text);
	else
		failed = event_base_dispatch(r->base) < 0 || r->failed;
	end(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
