// SPDX-License-Identifier: BSD-2-Clause
/*
 * The shell around the engine: sockets, timer, threads for key exchanges and
 * signatures, the links to ctl and to dp. It decides nothing. ctl comes and goes: without it
 * there are no new peers, for it has the keystore, but what is up stays up. One
 * thread but those of the pool.
 */
#include "ctrl/daemon/ike.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/base/trim.h"
#include "ctrl/daemon/dp_seam.h"
#include "ctrl/daemon/ike_state.h"
#include "ctrl/daemon/ike_streams.h"
#include "ctrl/daemon/ike_ways.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/sandbox.h"

#define READS_MAX 32  /* datagrams of one turn of the loop */
#define COUNTS_MS 100 /* so long they are gathered */
#define WAYS_MS \
	300 /* an address that changes goes and comes, with its routes */

void ike_give_up(struct ike *i, const char *why)
{
	log_error("ike: %s", why);
	i->failed = true;
	event_base_loopbreak(i->base);
}

void ike_end_alone(const struct ike *i)
{
	if (i->ctl || i->dp)
		return;
	log_info("ike: nobody is left to work for");
	event_base_loopbreak(i->base);
}

/* --- what the engine asks for */

/* One that does not get through is a link that is about to end. */
void ike_tell(struct ike *i, enum ike_msg type, const void *msg, size_t bytes)
{
	if (i->ctl && seam_send(i->ctl, (uint16_t)type, msg, bytes))
		ike_give_up(i, "ctl does not take what it is sent");
}

static void on_send(void *ctx, const struct ike_path *path,
		    struct slice datagram)
{
	struct ike *i = ctx;
	int err = 0;

	if (path->stream)
		ike_streams_send(i, path, datagram);
	else
		err = ike_udp_send(i->fds, path, datagram);
	if (err)
		log_debug("ike: not sent: %s", strerror(-err));
}

/* Of as many as the engine has, all of which it may tell of at once. */
static void tell_one(struct ike *i, enum ike_msg type, const void *msg,
		     size_t bytes)
{
	if (i->ctl && seam_send_bulk(i->ctl, (uint16_t)type, msg, bytes))
		ike_give_up(i, "ctl does not take what it is sent");
}

/* Without dp there is no answer: it is asked anew when it is there again. */
static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct ike *i = ctx;

	i->had_dp = true;
	if (i->dp && seam_send_bulk(i->dp, DP_MSG_REQUEST, q, sizeof(*q)))
		ike_give_up(i, "dp does not take what it is sent");
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct ike *i = ctx;

	asked_add(i->asked, q);
	ike_tell(i, IKE_MSG_KEYSTORE_REQUEST, q, sizeof(*q));
}

/* Without ctl it is forgotten: who waits for it goes another way. */
static void on_ticket(void *ctx, const struct ticket_request *q)
{
	ike_tell(ctx, IKE_MSG_TICKET_REQUEST, q, sizeof(*q));
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct ike *i = ctx;

	work_pool_ke(i->pool, job);
}

static void on_verify(void *ctx, struct verify_job *job)
{
	struct ike *i = ctx;

	work_pool_verify(i->pool, job);
}

/* Without ctl nothing comes, and who waits goes on after a while. */
static void on_want(void *ctx, const struct status_want *w)
{
	struct ike *i = ctx;
	struct ike_msg_want m;

	if (ike_fetch_put(w, &m))
		ike_tell(i, IKE_MSG_WANT, &m, ike_seam_want_bytes(&m));
}

static void on_event(void *ctx, const struct ike_event *e)
{
	struct ike_msg_event m;

	ike_seam_put_event(&m, e);
	tell_one(ctx, IKE_MSG_EVENT, &m, ike_seam_event_bytes(&m));
}

static void on_traced(void *ctx, const struct ike_traced *t)
{
	struct ike_msg_traced m;

	ike_seam_put_traced(&m, t);
	tell_one(ctx, IKE_MSG_TRACED, &m, ike_seam_traced_bytes(&m));
}

static void on_ike_view(void *ctx, const struct ike_sa_view *v)
{
	tell_one(ctx, IKE_MSG_IKE_VIEW, v, sizeof(*v));
}

static void on_child_view(void *ctx, const struct child_sa_view *v)
{
	tell_one(ctx, IKE_MSG_CHILD_VIEW, v, sizeof(*v));
}

static void on_lease(void *ctx, const struct pool_lease *l)
{
	tell_one(ctx, IKE_MSG_LEASE, l, sizeof(*l));
}

/* As long as it is. */
static void on_record(void *ctx, const struct ike_record *r)
{
	tell_one(ctx, IKE_MSG_RECORD, r,
		 offsetof(struct ike_record, octets) + r->len);
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct ike *i = ctx;

	return random_bytes(&i->random, out, len);
}

static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	const struct ike *i = ctx;

	return ike_route_source(i->route_fds, remote, local);
}

static void on_resolve(void *ctx, const char *conn, bool urgent)
{
	struct ike_msg_resolve m = { .urgent = urgent };

	memcpy(m.conn, conn, strnlen(conn, sizeof(m.conn) - 1));
	ike_tell(ctx, IKE_MSG_RESOLVE, &m, sizeof(m));
}

static void on_resolve_gateway(void *ctx, const char *host)
{
	struct ike_msg_resolve_gateway m = { .host = "" };

	memcpy(m.host, host, strnlen(host, sizeof(m.host) - 1));
	ike_tell(ctx, IKE_MSG_RESOLVE_GATEWAY, &m, sizeof(m));
}

/* A flood of messages is none of messages to ctl. */
static void on_count(void *ctx, const char *conn, enum ike_count what)
{
	const struct timeval wait = { .tv_usec = COUNTS_MS * 1000 };
	struct ike *i = ctx;
	struct ike_counts *counts = tally_of(i->counts, conn);

	if (!counts)
		return;
	counts->n[what]++;
	if (!event_pending(i->on_counted, EV_TIMEOUT, NULL))
		evtimer_add(i->on_counted, &wait);
}

/* Without ctl they wait for the next one, and for more. */
static void tell_counts(evutil_socket_t fd, short what, void *ctx)
{
	const struct tally_row *row;
	struct ike *i = ctx;

	(void)fd;
	(void)what;
	for (size_t k = 0; i->ctl && (row = tally_at(i->counts, k)); k++) {
		struct ike_msg_counts m = { .more = row->counts };

		memcpy(m.conn, row->conn, sizeof(m.conn));
		tell_one(i, IKE_MSG_COUNTS, &m, sizeof(m));
	}
	if (i->ctl)
		tally_clear(i->counts);
}

/* --- what happens to it */

static void end_if_nothing_is_left(const struct ike *i)
{
	unsigned int half_open;

	if (i->stopping && !engine_count(i->engine, &half_open))
		event_base_loopbreak(i->base);
}

/* After every call into the engine. */
void ike_set_timer(struct ike *i)
{
	uint64_t at_ns = engine_deadline(i->engine), now_ns = clock_ns();
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns + 999) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000),
				      (suseconds_t)(wait_us % 1000000) };

	if (at_ns == UINT64_MAX)
		evtimer_del(i->timer);
	else
		evtimer_add(i->timer, &wait);
	end_if_nothing_is_left(i);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ike *i = ctx;

	(void)fd;
	(void)what;
	engine_timeout(i->engine, clock_ns());
	ike_set_timer(i);
}

void ike_on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct ike *i = ctx;
	int which = 0;
	struct ike_datagram d;
	struct ike_path path;

	(void)what;
	while (i->fds[which] != fd)
		which++;
	for (int n = 0; n < READS_MAX; n++) {
		if (!ike_udp_receive(i->fds, which, i->room, &path, &d))
			break;
		if (d.len)
			engine_input(i->engine, &path, d.octets, d.len,
				     clock_ns());
	}
	ike_set_timer(i);
}

static void on_ke_done(void *ctx, struct ke_job *job)
{
	struct ike *i = ctx;

	engine_ke_done(i->engine, job, clock_ns());
	ike_set_timer(i);
}

static void on_verified(void *ctx, struct verify_job *job)
{
	struct ike *i = ctx;

	engine_verified(i->engine, job, clock_ns());
	ike_set_timer(i);
}

/* --- addresses and routes */

static void on_ways(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval wait = { .tv_usec = WAYS_MS * 1000 };
	struct ike *i = ctx;

	(void)what;
	if (ike_ways_read(fd) && !event_pending(i->ways_settle, EV_TIMEOUT, NULL))
		evtimer_add(i->ways_settle, &wait);
}

static void on_ways_settled(evutil_socket_t fd, short what, void *ctx)
{
	struct ike *i = ctx;

	(void)fd;
	(void)what;
	engine_addresses_changed(i->engine, clock_ns());
	ike_set_timer(i);
}

static int watch_ways(struct ike *i)
{
	i->ways_fd = ike_ways_open();
	if (i->ways_fd < 0)
		return i->ways_fd;
	i->ways_settle = evtimer_new(i->base, on_ways_settled, i);
	i->on_ways = event_new(i->base, i->ways_fd, EV_READ | EV_PERSIST,
			       on_ways, i);
	return i->ways_settle && i->on_ways && !event_add(i->on_ways, NULL)
		       ? 0
		       : -ENOMEM;
}

/* --- dp */

static void on_dp_message(void *ctx, uint16_t type, const void *msg,
			  const int *fds, size_t n_fds)
{
	struct ike *i = ctx;

	role_close_all(fds, n_fds);
	if (type == DP_MSG_ANSWER)
		engine_sadb_answer(i->engine, msg, clock_ns());
	else
		engine_sadb_event(i->engine, msg, clock_ns());
	ike_set_timer(i);
}

static void on_dp_down(void *ctx, const char *why)
{
	struct ike *i = ctx;

	log_info("ike: dp is gone (%s)", why);
	i->dp = NULL;
	ike_end_alone(i);
}

/* Another one than before has none of the SAs. */
void ike_link_dp(struct ike *i)
{
	const struct sadb_event epoch = { .verb = SADB_NEW_EPOCH };
	const struct seam_spec spec = { .base = i->base,
					.kinds = dp_seam_to_ike,
					.n_kinds = dp_seam_to_ike_n,
					.on_message = on_dp_message,
					.on_down = on_dp_down,
					.ctx = i };

	seam_free(i->dp);
	i->dp = NULL;
	if (seam_new(&spec, i->dp_fd, &i->dp)) {
		close(i->dp_fd);
		ike_give_up(i, "no memory");
	}
	i->dp_fd = -1;
	if (i->had_dp)
		engine_sadb_event(i->engine, &epoch, clock_ns());
	i->had_dp = true;
}

/* --- start and end */

static int make(struct ike *i, struct error *e)
{
	const struct engine_calls calls = { .send = on_send,
					    .sadb = on_sadb,
					    .keystore = on_keystore,
					    .ticket = on_ticket,
					    .ke = on_ke,
					    .verify = on_verify,
					    .want = on_want,
					    .event = on_event,
					    .traced = on_traced,
					    .count = on_count,
					    .ike_view = on_ike_view,
					    .child_view = on_child_view,
					    .lease = on_lease,
					    .record = on_record,
					    .random = on_random,
					    .source = on_source,
					    .resolve = on_resolve,
					    .resolve_gateway =
						    on_resolve_gateway,
					    .stream_open = ike_streams_open,
					    .stream_keep = ike_streams_keep,
					    .stream_close = ike_streams_close,
					    .ctx = i };
	const struct work_done done = { .ke = on_ke_done,
					.verify = on_verified,
					.ctx = i };
	int err;

	random_init(&i->random);
	err = ike_route_open(i->route_fds);
	if (!err)
		err = watch_ways(i);
	if (err)
		return error_set(e, err, "socket: %s", strerror(-err));
	i->timer = evtimer_new(i->base, on_timer, i);
	i->trim = trim_new(i->base, TRIM_MS);
	i->counts = tally_new();
	i->on_counted = evtimer_new(i->base, tell_counts, i);
	i->engine = engine_new(&calls);
	i->asked = asked_new();
	i->pool = work_pool_new(i->base, &done);
	i->on_link = event_new(i->base, ROLE_LISTEN_FD, EV_READ | EV_PERSIST,
			       ike_on_link, i);
	if (!i->counts || !i->on_counted || !i->timer || !i->trim || !i->engine ||
	    !i->asked || !i->pool || !i->on_link || event_add(i->on_link, NULL))
		return error_set(e, -ENOMEM, "no memory");
	return 0;
}

static void end(struct ike *i)
{
	work_pool_free(i->pool);
	conn_fini(&i->loading);
	engine_free(i->engine);
	asked_free(i->asked);
	creds_in_free(&i->creds);
	ike_fetch_free(&i->fetched);
	loaded_free(&i->conns);
	loaded_free(&i->pools);
	seam_free(i->ctl);
	seam_free(i->dp);
	ike_streams_free(i->streams);
	if (i->on_link)
		event_free(i->on_link);
	for (int k = 0; k < IKE_UDP_SOCKETS; k++) {
		if (i->readable[k])
			event_free(i->readable[k]);
		if (i->fds[k] >= 0)
			close(i->fds[k]);
	}
	for (int k = 0; k < IKE_ROUTE_SOCKETS; k++)
		if (i->route_fds[k] >= 0)
			close(i->route_fds[k]);
	if (i->dp_fd >= 0)
		close(i->dp_fd);
	if (i->on_ways)
		event_free(i->on_ways);
	if (i->ways_settle)
		event_free(i->ways_settle);
	if (i->ways_fd >= 0)
		close(i->ways_fd);
	if (i->timer)
		event_free(i->timer);
	if (i->trim)
		event_free(i->trim);
	if (i->on_counted)
		event_free(i->on_counted);
	tally_free(i->counts);
	if (i->base)
		event_base_free(i->base);
	explicit_bzero(i, sizeof(*i));
	free(i);
}

/* What loads lazily is loaded before the files are out of reach. */
static bool warm_up(void)
{
	struct ke_job job = { .alg = ke_by_name("x25519") };

	tzset(); /* certificates' times are made by timegm() */
	ke_job_run(&job);
	ke_free(job.ke);
	return !job.err;
}

static int start(struct ike *i, struct error *e)
{
	int err;

	i->base = event_base_new();
	if (!i->base || !warm_up())
		return error_set(e, -ENOMEM, "no memory");
	err = make(i, e);
	if (!err)
		err = sandbox_become(IKE_USER, e);
	return err ? err : sandbox_enter(true, e);
}

int ike_role(void)
{
	struct ike *i;
	struct error e;
	bool ok;

	if (!role_begin("ike"))
		return EXIT_FAILURE;
	/* A terminal's and an init system's are ctl's to act on. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	i = calloc(1, sizeof(*i));
	if (!i)
		return EXIT_FAILURE;
	for (int k = 0; k < IKE_UDP_SOCKETS; k++)
		i->fds[k] = -1;
	for (int k = 0; k < IKE_ROUTE_SOCKETS; k++)
		i->route_fds[k] = -1;
	i->dp_fd = i->ways_fd = -1;
	ok = start(i, &e) == 0;
	if (!ok)
		log_error("ike: %s", e.text);
	else
		ok = event_base_dispatch(i->base) >= 0 && !i->failed;
	end(i);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
