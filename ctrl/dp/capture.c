// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/capture.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <urcu-qsbr.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/base/pcapng.h"
#include "ctrl/dp/capture_room.h"
#include "ctrl/dp/tap.h"
#include "ctrl/model/policy_name.h"
#include "ctrl/model/status.h"
#include "ctrl/sadb/quiescent.h"

#define TICK_MS	     10
#define LAST_WORDS_S 10 /* to read them after the end */
#define HEADER_BYTES 512U
#define APPLICATION  "Cygnet " CYG_VERSION

/* The numbers of pcapng's interfaces. */
enum { IFACE_CLEAR, IFACE_CIPHER, IFACES };

struct capture {
	struct capture_spec spec;
	struct bufferevent *bev;
	struct capture_room *room;
	struct event *tick, *late;
	struct worker *workers[WORKERS_MAX];
	struct tap *taps[WORKERS_MAX]; /* NULL: taken back */
	uint64_t epoch_ns;	       /* CLOCK_REALTIME less CLOCK_MONOTONIC */
	uint64_t written[IFACES];
	uint64_t bytes;
	uint64_t unread; /* packets that the reader was too slow for */
	uint64_t missed; /* that workers had no room for */
	const char *why; /* it is over; NULL: it goes on */
};

/* --- what is said of a packet --- */

static void describe(const struct capture *c, const struct tapped *t,
		     char comment[PCAPNG_COMMENT_MAX])
{
	char name[POLICY_NAME_MAX] = "";
	const enum drop_reason drop = (enum drop_reason)t->drop;
	FILE *f = fmemopen(comment, PCAPNG_COMMENT_MAX, "w");

	comment[0] = '\0';
	if (!f)
		return;
	if (t->policy != CAPTURE_ANY_POLICY)
		c->spec.policy_name(c->spec.ctx, t->policy, name);
	if (drop)
		fprintf(f, "dropped: %s: %s; ", drop_name(drop),
			drop_text(drop));
	fputs(t->inbound ? "in" : "out", f);
	if (t->spi)
		fprintf(f, " spi=0x%08x", t->spi);
	if (t->seq)
		fprintf(f, " seq=%" PRIu64, t->seq);
	if (*name)
		fprintf(f, " policy=%s", name);
	fclose(f);
	comment[PCAPNG_COMMENT_MAX - 1] = '\0';
}

static void put(struct capture *c, const struct builder *b)
{
	if (!wr_ok(b))
		return;
	bufferevent_write(c->bev, b->ptr, b->len);
	c->bytes += b->len;
}

static void put_header(struct capture *c)
{
	uint8_t room[HEADER_BYTES];
	struct builder b = wr_init(room, sizeof(room));

	pcapng_section(&b, APPLICATION);
	pcapng_interface(&b, "cleartext", c->spec.filter.snaplen);
	pcapng_interface(&b, "ciphertext", c->spec.filter.snaplen);
	put(c, &b);
}

/* false: the reader is too slow for it. */
static bool put_packet(struct capture *c, const struct tapped *t)
{
	const size_t most =
		t->kept + (size_t)PCAPNG_COMMENT_MAX + PCAPNG_AROUND_MAX;
	uint8_t *room = capture_room_take(c->room, most);
	struct builder b = wr_init(room, room ? most : 0);
	char comment[PCAPNG_COMMENT_MAX];
	const struct pcapng_packet p = {
		.interface =
			t->side == CAPTURE_CLEAR ? IFACE_CLEAR : IFACE_CIPHER,
		.at_ns = c->epoch_ns + t->at_ns,
		.octets = slice_of(tapped_octets(t), t->kept),
		.bytes = t->bytes,
		.inbound = t->inbound,
		.comment = comment,
	};

	if (!room)
		return false;
	describe(c, t, comment);
	pcapng_packet(&b, &p);
	if (!wr_ok(&b) ||
	    !capture_room_give(c->room, b.len, bufferevent_get_output(c->bev)))
		return false;
	c->bytes += b.len;
	c->written[p.interface]++;
	return true;
}

/* Which of the two a missing one would have been of is not known. */
static void put_statistics(struct capture *c)
{
	const uint64_t now_ns = c->epoch_ns + clock_ns();
	const uint64_t missing = c->unread + c->missed;
	uint8_t room[HEADER_BYTES];
	struct builder b = wr_init(room, sizeof(room));

	pcapng_statistics(&b, IFACE_CLEAR, now_ns, c->written[IFACE_CLEAR],
			  missing);
	pcapng_statistics(&b, IFACE_CIPHER, now_ns, c->written[IFACE_CIPHER],
			  missing);
	put(c, &b);
}

/* --- from the taps --- */

/* The oldest of all; a worker's own are in order. NULL: there is none. */
static struct tap *oldest(const struct capture *c)
{
	const struct tapped *first = NULL;
	struct tap *of = NULL;

	for (uint32_t i = 0; i < c->spec.n_workers; i++) {
		const struct tapped *t =
			c->taps[i] ? tap_first(c->taps[i]) : NULL;

		if (!t || (first && first->at_ns <= t->at_ns))
			continue;
		first = t;
		of = c->taps[i];
	}
	return of;
}

/* Of a policy, workers find only what one brought to them. */
static bool is_wanted(const struct capture *c, const struct tapped *t)
{
	const uint32_t policy = c->spec.filter.policy;

	return policy == CAPTURE_ANY_POLICY || t->policy == policy ||
	       c->spec.serves(c->spec.ctx, t->sa, policy);
}

static bool is_full(const struct capture *c)
{
	const uint64_t n = c->written[IFACE_CLEAR] + c->written[IFACE_CIPHER];

	return (c->spec.filter.count && n >= c->spec.filter.count) ||
	       c->bytes >= CAPTURE_BYTES_MAX;
}

static void drain(struct capture *c)
{
	uint32_t left = c->spec.n_workers * TAP_ROOM; /* more have come since */
	struct tap *t;

	while (left-- && !is_full(c) && (t = oldest(c))) {
		const struct tapped *first = tap_first(t);

		if (is_wanted(c, first) && !put_packet(c, first))
			c->unread++;
		tap_pop(t);
	}
}

/* --- the end --- */

static void release(struct rcu_head *head)
{
	quiescent_acquire();
	tap_free(caa_container_of(head, struct tap, rcu));
}

/* A worker that looks at it just now goes on with its batch. */
static void take_back(struct capture *c)
{
	for (uint32_t i = 0; i < c->spec.n_workers; i++) {
		struct tap *t = c->taps[i];

		if (!t)
			continue;
		atomic_store_explicit(&c->workers[i]->tap, NULL,
				      memory_order_release);
		c->missed +=
			atomic_load_explicit(&t->missed, memory_order_relaxed);
		c->taps[i] = NULL;
		quiescent_defer(&t->rcu, release);
	}
}

static void log_end(const struct capture *c)
{
	log_info("audit: capture ended pid=%d packets=%" PRIu64
		 " missing=%" PRIu64 " why=\"%s\"",
		 c->spec.reader_pid,
		 c->written[IFACE_CLEAR] + c->written[IFACE_CIPHER],
		 c->unread + c->missed, c->why);
}

static void destroy(struct capture *c)
{
	take_back(c);
	if (c->tick)
		event_free(c->tick);
	if (c->late)
		event_free(c->late);
	if (c->bev)
		bufferevent_free(c->bev);
	capture_room_free(c->room);
	free(c);
}

void capture_free(struct capture *c, const char *why)
{
	if (!c)
		return;
	if (!c->why) {
		c->why = why;
		take_back(c);
		log_end(c);
	}
	destroy(c);
}

static void leave(struct capture *c)
{
	const struct capture_spec spec = c->spec;

	destroy(c);
	spec.ended(spec.ctx);
}

/* No more packets; the reader may still read what there is. */
static void finish(struct capture *c, const char *why)
{
	const struct timeval last = { .tv_sec = LAST_WORDS_S };

	if (c->why)
		return;
	c->why = why;
	drain(c);
	take_back(c);
	event_del(c->tick);
	put_statistics(c);
	log_end(c);
	if (evtimer_add(c->late, &last))
		leave(c);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct capture *c = ctx;

	(void)fd;
	(void)what;
	drain(c);
	if (is_full(c))
		finish(c, "it has as much as it may have");
}

/* Its time is over, or the reader's for its last words. */
static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	struct capture *c = ctx;

	(void)fd;
	(void)what;
	if (c->why)
		leave(c);
	else
		finish(c, "its time is over");
}

static void on_drained(struct bufferevent *bev, void *ctx)
{
	struct capture *c = ctx;

	(void)bev;
	if (c->why)
		leave(c);
}

/* Whatever a reader says is nothing to us. */
static void on_said(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);

	(void)ctx;
	evbuffer_drain(in, evbuffer_get_length(in));
}

/* One that says no more may still read; one that is gone may not. */
static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct capture *c = ctx;

	if (what & BEV_EVENT_EOF && !c->why) {
		finish(c, "its reader has enough");
		return;
	}
	if (what & BEV_EVENT_EOF &&
	    evbuffer_get_length(bufferevent_get_output(bev)))
		return;
	if (!c->why) {
		c->why = "its reader is gone";
		take_back(c);
		log_end(c);
	}
	leave(c);
}

/* --- the begin --- */

static int make_taps(struct capture *c)
{
	for (uint32_t i = 0; i < c->spec.n_workers; i++) {
		c->workers[i] = c->spec.workers[i];
		c->taps[i] = tap_new(&c->spec.filter);
		if (!c->taps[i])
			return -ENOMEM;
	}
	c->spec.workers = NULL;
	return 0;
}

static int listen_to(struct capture *c, int fd)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	const struct timeval end = { .tv_sec = c->spec.filter.time_s };

	c->tick = event_new(c->spec.base, -1, EV_PERSIST, on_tick, c);
	c->late = evtimer_new(c->spec.base, on_late, c);
	if (!c->tick || !c->late || evutil_make_socket_nonblocking(fd) ||
	    event_add(c->tick, &tick) || evtimer_add(c->late, &end))
		return -ENOMEM;
	c->bev = bufferevent_socket_new(c->spec.base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev)
		return -ENOMEM;
	bufferevent_setcb(c->bev, on_said, on_drained, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return 0;
}

/* The difference of two clocks, one of which may be set at any time: what is
 * shown of it is as of the begin. */
static uint64_t epoch_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec -
	       clock_ns();
}

int capture_begin(const struct capture_spec *spec, int fd, struct capture **out,
		  struct error *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	char text[CAPTURE_STR_MAX];
	int err = -ENOMEM;

	if (c) {
		c->spec = *spec;
		c->room = capture_room_new();
		err = c->room ? make_taps(c) : -ENOMEM;
	}
	if (!err)
		err = listen_to(c, fd);
	if (err) {
		if (c)
			destroy(c);
		return error_set(e, err, "no memory for a capture");
	}
	c->epoch_ns = epoch_ns();
	bufferevent_write(c->bev, spec->greeting.ptr, spec->greeting.len);
	put_header(c);
	log_info("audit: capture begins pid=%d %s", spec->reader_pid,
		 capture_str(&spec->filter, text));
	for (uint32_t i = 0; i < spec->n_workers; i++)
		atomic_store_explicit(&c->workers[i]->tap, c->taps[i],
				      memory_order_release);
	*out = c;
	return 0;
}
