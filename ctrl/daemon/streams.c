// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/streams.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/daemon/stream_conn.h"

#define INDEX_BITS \
	12U /* of a number: the slot; above it, which one in that slot */
#define RESUME_MS    20
#define V6_NET_BYTES 8U /* a customer's own: all its addresses are one's */

_Static_assert(1U << INDEX_BITS == STREAMS_MAX, "every slot has numbers");

const struct streams_limits streams_limits = {
	.strangers = 256,
	.strangers_per_addr = 8,
	.first_ms = 10000,
	.keep_ms = 60000,
	.close_ms = 5000,
	.close_bytes = 1U << 20,
	.esp_bytes = 256U << 10,
	.all_bytes = 1U << 20,
};

enum stream_state {
	STREAM_FREE,
	STREAM_CONNECTING,
	STREAM_NEW,	/* accepted, and nothing whole came */
	STREAM_HEARD,	/* accepted, and ike was told */
	STREAM_KEPT,	/* or opened, and connected */
	STREAM_CLOSING, /* nobody's any more */
};

struct stream {
	struct streams *all;
	enum stream_state state;
	uint32_t number;
	uint32_t opened; /* ctl's number; 0: a peer opened it */
	uint64_t token;
	uint64_t since; /* which one came first */
	uint32_t rank; /* of a stranger: how many of its place there were then */
	struct stream_ends ends;
	struct stream_conn *conn;
	struct event *timer; /* kept with the slot */
};

/* Of those that wait each has its turn. */
struct turns {
	bool some_wait;
	uint32_t next; /* slot */
};

struct streams {
	struct streams_spec spec;
	struct stream_counts counts;
	struct event *on_resume; /* for those that wait for ike */
	struct turns turns[2];	 /* strangers', and those of kept ones */
	uint64_t came;
	uint32_t strangers;
	uint32_t generation[STREAMS_MAX];
	struct stream at[STREAMS_MAX];
	uint8_t room[STREAM_ROOM_BYTES];
};

static bool is_stranger(const struct stream *t)
{
	return t->state == STREAM_NEW || t->state == STREAM_HEARD;
}

/* To ike, which may have an SA on it. */
static bool is_known(const struct stream *t)
{
	return t->state == STREAM_HEARD || t->state == STREAM_KEPT;
}

static void set_state(struct stream *t, enum stream_state state)
{
	t->all->strangers -= is_stranger(t);
	t->state = state;
	t->all->strangers += is_stranger(t);
}

static void set_timer(struct stream *t, uint32_t ms)
{
	const struct timeval wait = { ms / 1000,
				      (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(t->timer, &wait);
}

static struct stream *find(struct streams *s, uint32_t number)
{
	struct stream *t = &s->at[number & (STREAMS_MAX - 1)];

	return number && t->state != STREAM_FREE && t->number == number ? t
									: NULL;
}

/* --- the end of one */

/* One that was opened is let out past the policies until gone() says that it is over. */
static void release(struct stream *t)
{
	stream_conn_free(t->conn);
	t->conn = NULL;
	evtimer_del(t->timer);
	set_state(t, STREAM_FREE);
	t->all->counts.open--;
	if (t->opened)
		t->all->spec.calls.gone(t->all->spec.calls.ctx, t->opened,
					&t->ends);
}

static void begin_closing(struct stream *t)
{
	const struct streams_limits *limits = t->all->spec.limits;

	set_state(t, STREAM_CLOSING);
	set_timer(t, limits->close_ms);
	stream_conn_finish(t->conn, limits->close_bytes);
}

static void count_end(struct streams *s, enum stream_end end)
{
	if (end == STREAM_END_MALFORMED)
		s->counts.n[STREAM_COUNT_MALFORMED]++;
	else if (end == STREAM_END_SLOW)
		s->counts.n[STREAM_COUNT_SLOW]++;
	else if (end == STREAM_END_CROWDED)
		s->counts.n[STREAM_COUNT_CROWDED]++;
}

static void end(struct stream *t, enum stream_end how, int error)
{
	const struct streams_calls *calls = &t->all->spec.calls;
	const enum stream_state was = t->state;
	const uint32_t number = t->number;

	count_end(t->all, how);
	if (how == STREAM_END_PEER && t->opened && was != STREAM_CLOSING)
		begin_closing(t);
	else
		release(t);
	if (was != STREAM_NEW && was != STREAM_CLOSING)
		calls->down(calls->ctx, number, t->token, how, error);
}

static void on_over(void *ctx, enum stream_end how, int error)
{
	end(ctx, how, error);
}

static void on_finished(void *ctx)
{
	release(ctx);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct stream *t = ctx;

	(void)fd;
	(void)what;
	if (t->state == STREAM_CLOSING)
		release(t);
	else
		end(t, STREAM_END_SLOW,
		    t->state == STREAM_CONNECTING ? ETIMEDOUT : 0);
}

/* --- what comes in */

static bool is_kept(const struct stream *t)
{
	return t->state == STREAM_KEPT;
}

/* Behind others of its kind that wait, it waits as well. */
static bool is_busy(struct streams *s, bool kept)
{
	const struct timeval wait = { .tv_usec = RESUME_MS * 1000 };

	if (!s->turns[kept].some_wait &&
	    !s->spec.calls.busy(s->spec.calls.ctx, kept))
		return false;
	s->turns[kept].some_wait = true;
	if (!event_pending(s->on_resume, EV_TIMEOUT, NULL))
		evtimer_add(s->on_resume, &wait);
	return true;
}

/* From the one on that would have been next the last time. */
static void resume_some(struct streams *s, bool kept)
{
	struct turns *turns = &s->turns[kept];
	const uint32_t first = turns->next;

	turns->some_wait = false;
	for (uint32_t i = 0; i < STREAMS_MAX; i++) {
		const uint32_t slot = (first + i) % STREAMS_MAX;
		struct stream *t = &s->at[slot];

		if (!t->conn || is_kept(t) != kept ||
		    !stream_conn_waits(t->conn))
			continue;
		if (is_busy(s, kept)) {
			turns->next = slot;
			return;
		}
		stream_conn_resume(t->conn);
	}
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	resume_some(ctx, true);
	resume_some(ctx, false);
}

static void tell_up(struct stream *t)
{
	const struct streams_calls *calls = &t->all->spec.calls;

	calls->up(calls->ctx, t->number, t->token, &t->ends);
}

/* Before ike knows of it, ESP has no SA that it could be of. */
static bool on_item(void *ctx, enum stream_item item, struct slice message)
{
	struct stream *t = ctx;
	struct streams *s = t->all;
	const struct streams_calls *calls = &s->spec.calls;

	if (item == STREAM_ITEM_LONG)
		s->counts.n[STREAM_COUNT_IKE_LONG]++;
	else if (item == STREAM_ITEM_ESP && t->state == STREAM_NEW)
		s->counts.n[STREAM_COUNT_ESP_GONE]++;
	else if (item == STREAM_ITEM_ESP)
		calls->esp(calls->ctx, t->number, message);
	if (item != STREAM_ITEM_IKE)
		return true;
	if (is_busy(s, is_kept(t)))
		return false;
	if (t->state == STREAM_NEW) {
		set_state(t, STREAM_HEARD);
		set_timer(t, s->spec.limits->keep_ms);
		tell_up(t);
	}
	calls->message(calls->ctx, t->number, message);
	return true;
}

static void on_connected(void *ctx)
{
	struct stream *t = ctx;

	set_state(t, STREAM_KEPT);
	evtimer_del(t->timer);
	tell_up(t);
}

/* --- the beginning of one */

static struct stream *take_slot(struct streams *s)
{
	for (uint32_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *t = &s->at[i];

		if (t->state != STREAM_FREE)
			continue;
		t->all = s;
		if (!t->timer)
			t->timer = evtimer_new(s->spec.base, on_timer, t);
		if (!t->timer)
			return NULL;
		/* Never 0, which would make a number that is none. */
		s->generation[i] = (s->generation[i] + 1) >> (32 - INDEX_BITS)
					   ? 1
					   : s->generation[i] + 1;
		t->number = s->generation[i] << INDEX_BITS | i;
		return t;
	}
	return NULL;
}

static int begin(struct stream *t, int fd, enum stream_state state,
		 const struct stream_ends *ends)
{
	struct streams *s = t->all;
	const struct stream_conn_spec spec = {
		.base = s->spec.base,
		.fd = fd,
		.opened = state == STREAM_CONNECTING,
		.room = s->room,
		.connected = on_connected,
		.item = on_item,
		.over = on_over,
		.finished = on_finished,
		.ctx = t,
	};
	int err = stream_conn_new(&spec, &t->conn);

	if (err)
		return err;
	t->ends = *ends;
	t->since = ++s->came;
	set_state(t, state);
	set_timer(t, s->spec.limits->first_ms);
	s->counts.open++;
	return 0;
}

static bool is_same_place(const struct addr *a, const struct addr *b)
{
	const bool v4 = addr_is_v4(a);

	return v4 == addr_is_v4(b) &&
	       !memcmp(a, b, v4 ? sizeof(*a) : V6_NET_BYTES);
}

/* Of a place with many, or else of those that came before. */
static bool goes_before(const struct stream *a, const struct stream *b)
{
	return a->rank != b->rank ? a->rank > b->rank : a->since < b->since;
}

/*
 * Of whom there are too many, none comes more. Of all there may be another one in
 * place of one of those who have several, or of the one that has been there for the
 * longest: some addresses can't keep all others out.
 *
 * rank   how many of its place there are with it
 */
static bool make_room(struct streams *s, const struct addr *remote,
		      uint32_t *rank)
{
	struct stream *first = NULL;
	uint32_t same = 0;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *t = &s->at[i];

		if (!is_stranger(t))
			continue;
		same += is_same_place(&t->ends.remote, remote);
		if (!first || goes_before(t, first))
			first = t;
	}
	*rank = same + 1;
	if (same >= s->spec.limits->strangers_per_addr)
		return false;
	if (s->strangers >= s->spec.limits->strangers)
		end(first, STREAM_END_CROWDED, 0);
	return true;
}

void streams_accept(struct streams *s, int fd, const struct stream_ends *ends)
{
	struct stream *t = NULL;
	uint32_t rank;

	if (make_room(s, &ends->remote, &rank))
		t = take_slot(s);
	if (!t) {
		s->counts.n[STREAM_COUNT_CROWDED]++;
		close(fd);
		return;
	}
	t->opened = 0;
	t->token = 0;
	t->rank = rank;
	if (begin(t, fd, STREAM_NEW, ends)) {
		s->counts.n[STREAM_COUNT_CROWDED]++;
		close(fd);
		return;
	}
	s->counts.n[STREAM_COUNT_ACCEPTED]++;
}

void streams_open(struct streams *s, int fd, uint32_t number, uint64_t token,
		  const struct stream_ends *ends)
{
	const struct streams_calls *calls = &s->spec.calls;
	struct stream *t = take_slot(s);

	if (t) {
		t->opened = number;
		t->token = token;
	}
	if (t && !begin(t, fd, STREAM_CONNECTING, ends))
		return;
	close(fd);
	calls->down(calls->ctx, STREAM_NONE, token, STREAM_END_CROWDED, 0);
	calls->gone(calls->ctx, number, ends);
}

/* --- what goes out */

void streams_send_ike(struct streams *s, uint32_t stream, struct slice message)
{
	struct stream *t = find(s, stream);
	uint8_t octets[STREAM_HEADER_MAX];
	const size_t n = stream_ike_header(message.len, octets);

	if (!t || !n || t->state == STREAM_CLOSING)
		return;
	if (stream_conn_waiting(t->conn) + n + message.len >
	    s->spec.limits->all_bytes)
		end(t, STREAM_END_FULL, 0);
	else if (stream_conn_send(t->conn, slice_of(octets, n), message))
		end(t, STREAM_END_RESET, ENOMEM);
}

void streams_send_esp(struct streams *s, uint32_t stream,
		      const struct addr *peer, struct slice packet)
{
	struct stream *t = find(s, stream);
	uint8_t octets[STREAM_HEADER_MAX];
	const size_t n = stream_esp_header(packet.len, octets);

	if (!t || !n || packet.len < STREAM_ESP_LEAST || !is_known(t))
		s->counts.n[STREAM_COUNT_ESP_GONE]++;
	else if (!addr_equal(&t->ends.remote, peer))
		s->counts.n[STREAM_COUNT_ESP_ASTRAY]++;
	else if (stream_conn_waiting(t->conn) + n + packet.len >
		 s->spec.limits->esp_bytes)
		s->counts.n[STREAM_COUNT_ESP_FULL]++;
	else if (stream_conn_send(t->conn, slice_of(octets, n), packet))
		end(t, STREAM_END_RESET, ENOMEM);
}

/* --- what ike says */

void streams_keep(struct streams *s, uint32_t stream)
{
	struct stream *t = find(s, stream);

	if (!t || !is_known(t))
		return;
	set_state(t, STREAM_KEPT);
	evtimer_del(t->timer);
}

void streams_close(struct streams *s, uint32_t stream)
{
	struct stream *t = find(s, stream);

	if (!t || t->state == STREAM_CLOSING)
		return;
	if (t->state == STREAM_CONNECTING)
		release(t);
	else
		begin_closing(t);
}

void streams_drop(struct streams *s)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *t = &s->at[i];

		if (t->state == STREAM_KEPT && t->opened)
			begin_closing(t);
		else if (is_known(t) || t->state == STREAM_CONNECTING)
			release(t);
	}
}

struct stream_counts *streams_counts(struct streams *s)
{
	return &s->counts;
}

/* --- all of them */

int streams_new(const struct streams_spec *spec, struct streams **out)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->spec = *spec;
	s->on_resume = evtimer_new(spec->base, on_resume, s);
	if (!s->on_resume) {
		free(s);
		return -ENOMEM;
	}
	for (size_t i = 0; i < STREAMS_MAX; i++)
		s->generation[i] = spec->seed >> INDEX_BITS;
	*out = s;
	return 0;
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		stream_conn_free(s->at[i].conn);
		if (s->at[i].timer)
			event_free(s->at[i].timer);
	}
	event_free(s->on_resume);
	free(s);
}
