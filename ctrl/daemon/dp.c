// SPDX-License-Identifier: BSD-2-Clause
/*
 * The shell around the data path: the links to ctl and to ike, on one event
 * loop. ctl comes and goes; what it gave last stays in force. Main thread.
 */
#include "ctrl/daemon/dp.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/base/trim.h"
#include "ctrl/daemon/dp_seam.h"
#include "ctrl/daemon/role.h"
#include "ctrl/dp/dp.h"

#define PRIORITIES 3 /* ike's messages after all others: it may flood */

struct dp_process {
	struct event_base *base;
	struct event *on_link;
	struct event *on_term;
	struct event *trim;
	struct seam *ctl;      /* NULL: it is gone, and may come again */
	struct seam *ike;      /* likewise */
	struct dp *dp;	       /* NULL: no configuration yet */
	struct config *config; /* in force */
	struct config *next;   /* pieces so far; NULL: none */
	bool settled;
	int sockets[IKE_UDP_SOCKETS]; /* IKE's; -1: none */
	struct log_limit lost;	      /* messages */
	bool failed;
};

static void quit(struct dp_process *p)
{
	event_base_loopbreak(p->base);
}

/* What does not get through is a link that is about to end. */
static void log_lost(struct dp_process *p, int err)
{
	if (err && log_may(&p->lost, "dp", clock_ns()))
		log_warn("dp: a message did not get through: %s",
			 strerror(-err));
}

static void tell(struct dp_process *p, struct seam *to, enum dp_msg type,
		 const void *msg, size_t bytes)
{
	log_lost(p, to ? seam_send(to, (uint16_t)type, msg, bytes) : 0);
}

/* --- a configuration, piece by piece */

static void take_piece(struct dp_process *p, uint16_t type, const void *msg)
{
	int err;

	if (!p->next)
		p->next = calloc(1, sizeof(*p->next));
	err = p->next ? dp_seam_get_piece(p->next, type, msg) : -ENOMEM;
	if (!err)
		return;
	log_error("dp: a piece of the configuration: %s", strerror(-err));
	p->failed = true;
	quit(p);
}

static int let_out(struct dp_process *p, struct error *e)
{
	int err = 0;

	for (int i = 0; !err && i < IKE_UDP_SOCKETS; i++)
		if (p->sockets[i] >= 0)
			err = dp_let_out(p->dp, p->sockets[i], e);
	return err;
}

static int start(struct dp_process *p, struct error *e)
{
	int err = dp_start(p->next, p->base, &p->dp, e);

	if (err)
		return err;
	err = let_out(p, e);
	if (err) {
		dp_undo(p->dp);
		dp_stop(p->dp);
		p->dp = NULL;
	}
	return err;
}

static void put_id(struct dp_process *p, struct dp_msg_ids *m, uint32_t id)
{
	m->ids[m->n++] = id;
	if (m->n < DP_IDS_MAX)
		return;
	tell(p, p->ctl, DP_MSG_IDS, m, sizeof(*m));
	m->n = 0;
}

static void put_child_ids(struct dp_process *p, struct dp_msg_ids *m,
			  const struct child_conf *child)
{
	size_t n = child_pairs(child);

	for (size_t i = 0; i < n; i++)
		put_id(p, m, child_policy(child, i));
}

static void put_ids(struct dp_process *p, const struct config *c)
{
	struct dp_msg_ids m = { .n = 0 };

	for (size_t i = 0; i < c->n_policies; i++)
		put_id(p, &m, c->policies[i].id);
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			put_child_ids(p, &m, &c->conns[i].children[k]);
	if (m.n)
		tell(p, p->ctl, DP_MSG_IDS, &m, sizeof(m));
}

static void commit(struct dp_process *p, const struct dp_msg_commit *c)
{
	struct dp_msg_committed m = { .is_first = !p->dp };
	struct error e;

	if (!p->next) {
		quit(p); /* no configuration has no interface */
		return;
	}
	dp_seam_get_gateway(p->next, c);
	m.err = p->dp ? dp_reload(p->dp, p->next, &e) : start(p, &e);
	if (m.err) {
		memcpy(m.text, e.text, sizeof(m.text));
		config_free(p->next);
	} else {
		put_ids(p, p->next);
		config_free(p->config);
		p->config = p->next;
	}
	p->next = NULL;
	tell(p, p->ctl, DP_MSG_COMMITTED, &m, sizeof(m));
}

/* --- what ctl wants besides */

struct look {
	struct dp_process *p;
	struct dp_msg_sas m;
};

static void put_sas(struct look *k)
{
	struct dp_process *p = k->p;

	if (p->ctl && k->m.len)
		log_lost(p, seam_send_bulk(p->ctl, DP_MSG_SAS, &k->m,
					   dp_sas_bytes(&k->m)));
	k->m.len = 0;
}

static void on_sa(void *ctx, const struct sadb_id *id, uint32_t policy,
		  bool orphan, const struct sa_status *s)
{
	const struct dp_sa sa = { *id, policy, orphan, *s };
	struct look *k = ctx;

	if (dp_sas_put(&k->m, &sa))
		return;
	put_sas(k);
	if (!dp_sas_put(&k->m, &sa))
		log_lost(k->p, -EMSGSIZE);
}

static void look(struct dp_process *p)
{
	struct dp_msg_looked m = { .crypto = "" };
	struct look k = { .p = p };

	if (p->dp) {
		dp_each_sa(p->dp, on_sa, &k);
		put_sas(&k);
		dp_status(p->dp, &m.status);
		strncpy(m.crypto, m.status.crypto, sizeof(m.crypto) - 1);
		m.status.crypto = NULL;
	}
	tell(p, p->ctl, DP_MSG_LOOKED, &m, sizeof(m));
}

static void explain(struct dp_process *p, const struct dp_msg_explain *q)
{
	struct dp_msg_explained m = { .token = q->token };
	struct error e;

	m.err = p->dp ? dp_explain(p->dp, &q->question, &m.explanation, &e)
		      : error_set(&e, -EAGAIN,
				  "the data path has no configuration yet");
	if (m.err)
		memcpy(m.text, e.text, sizeof(m.text));
	tell(p, p->ctl, DP_MSG_EXPLAINED, &m, sizeof(m));
}

/* Its packets go to the reader from here, without ctl. */
static void take_capture(struct dp_process *p, const struct dp_msg_capture *q,
			 const int *fds, size_t n)
{
	struct dp_msg_capturing m = { .token = q->token };
	struct error e;

	if (!p->dp || n != 1 || q->greeting_bytes > sizeof(q->greeting))
		m.err = error_set(&e, -EAGAIN, "the data path is not up yet");
	else
		m.err = dp_capture(p->dp, p->base, &q->filter, q->pid,
				   slice_of(q->greeting, q->greeting_bytes),
				   fds[0], &e);
	if (m.err) {
		memcpy(m.text, e.text, sizeof(m.text));
		role_close_all(fds, n);
	}
	tell(p, p->ctl, DP_MSG_CAPTURING, &m, sizeof(m));
}

static void take_sockets(struct dp_process *p, const int *fds, size_t n)
{
	struct error e;

	if (!ike_udp_is_count(n) || p->sockets[0] >= 0) {
		role_close_all(fds, n);
		return;
	}
	memcpy(p->sockets, fds, n * sizeof(*fds));
	if (p->dp && let_out(p, &e))
		log_error("dp: %s", e.text);
}

/* Nobody asks by these sockets before ctl has the answer. */
static void take_lookup(struct dp_process *p, const struct dp_msg_lookup *m,
			const int *fds, size_t n)
{
	struct dp_msg_lookup answer = *m;

	answer.err = p->dp ? dp_let_lookup_out(p->dp, m->slot, fds, n) : -EAGAIN;
	role_close_all(fds, n);
	if (n)
		tell(p, p->ctl, DP_MSG_LET_OUT, &answer, sizeof(answer));
}

/* Nothing leaves by this socket before ctl has the answer. */
static void take_stream(struct dp_process *p, const struct dp_msg_stream *m,
			const int *fds, size_t n)
{
	struct dp_msg_stream answer = *m;
	struct error e;

	if (!p->dp)
		answer.err = -EAGAIN;
	else if (n)
		answer.err = dp_let_stream_out(p->dp, fds[0], &m->ends, &e);
	else
		dp_end_stream(p->dp, &m->ends);
	role_close_all(fds, n);
	if (n && answer.err && p->dp)
		log_error("dp: %s", e.text);
	if (n)
		tell(p, p->ctl, DP_MSG_STREAM_OUT, &answer, sizeof(answer));
}

/* ctl gives them to stream. */
static void give_pairs(struct dp_process *p)
{
	int fds[WORKERS_MAX];
	struct dp_msg_pair m = { 0 };
	int err = p->dp ? dp_join_streams(p->dp, fds, &m.n_workers) : -EAGAIN;

	if (err) {
		log_error("dp: no link to the process of TCP connections: %s",
			  strerror(-err));
		return;
	}
	for (; m.worker < m.n_workers; m.worker++)
		log_lost(p, seam_send_fds(p->ctl, DP_MSG_PAIR, &m, sizeof(m),
					  &fds[m.worker], 1));
	role_close_all(fds, m.n_workers);
}

/* Whoever wanted to know has ended. */
static void end_lookups(const struct dp_process *p)
{
	for (uint32_t i = 0; p->dp && i < LOOKUPS_MAX; i++)
		dp_let_lookup_out(p->dp, i, NULL, 0);
}

static void settle_start(struct dp_process *p)
{
	if (p->dp && !p->settled)
		dp_settle(p->dp);
	p->settled = true;
}

static void undo(struct dp_process *p)
{
	if (p->dp && !p->settled)
		dp_undo(p->dp);
	quit(p);
}

/* --- ike */

static void on_answer(void *ctx, const struct sadb_answer *a)
{
	struct dp_process *p = ctx;

	tell(p, p->ike, DP_MSG_ANSWER, a, sizeof(*a));
}

static void on_event(void *ctx, const struct sadb_event *event)
{
	struct dp_process *p = ctx;

	tell(p, p->ike, DP_MSG_EVENT, event, sizeof(*event));
}

static void on_ike_message(void *ctx, uint16_t type, const void *msg,
			   const int *fds, size_t n_fds)
{
	const struct dp_process *p = ctx;

	(void)type; /* there is one */
	role_close_all(fds, n_fds);
	dp_sadb(p->dp, msg);
}

static void on_ike_down(void *ctx, const char *why)
{
	struct dp_process *p = ctx;

	log_info("dp: ike is gone (%s)", why);
	p->ike = NULL;
	dp_orphan_sas(p->dp);
}

/* In place of one that may be there: another ike. */
static void take_ike(struct dp_process *p, const int *fds, size_t n)
{
	const struct sadb_calls calls = { on_answer, on_event, p };
	const struct seam_spec spec = { .base = p->base,
					.kinds = dp_seam_from_ike,
					.n_kinds = dp_seam_from_ike_n,
					.last = true,
					.on_message = on_ike_message,
					.on_down = on_ike_down,
					.ctx = p };

	if (n != 1 || !p->dp) {
		role_close_all(fds, n);
		return;
	}
	if (p->ike) {
		seam_free(p->ike);
		on_ike_down(p, "another one is there");
	}
	if (seam_new(&spec, fds[0], &p->ike)) {
		log_error("dp: no memory for the link to ike");
		close(fds[0]);
		return;
	}
	dp_serve_sadb(p->dp, &calls);
}

/* --- links */

static void on_ctl_message(void *ctx, uint16_t type, const void *msg,
			   const int *fds, size_t n_fds)
{
	struct dp_process *p = ctx;

	if (type == DP_MSG_SOCKETS)
		take_sockets(p, fds, n_fds);
	else if (type == DP_MSG_IKE)
		take_ike(p, fds, n_fds);
	else if (type == DP_MSG_LOOKUP)
		take_lookup(p, msg, fds, n_fds);
	else if (type == DP_MSG_STREAM)
		take_stream(p, msg, fds, n_fds);
	else if (type == DP_MSG_CAPTURE)
		take_capture(p, msg, fds, n_fds);
	else
		role_close_all(fds, n_fds);
	if (type <= DP_MSG_CHILD)
		take_piece(p, type, msg);
	else if (type == DP_MSG_COMMIT)
		commit(p, msg);
	else if (type == DP_MSG_SETTLE)
		settle_start(p);
	else if (type == DP_MSG_UNDO)
		undo(p);
	else if (type == DP_MSG_STOP)
		quit(p);
	else if (type == DP_MSG_LOOK)
		look(p);
	else if (type == DP_MSG_EXPLAIN)
		explain(p, msg);
	else if (type == DP_MSG_PAIRS)
		give_pairs(p);
	else if (type == DP_MSG_PEER && p->dp)
		dp_set_peer(p->dp, msg);
	else if (type == DP_MSG_VIPS && p->dp)
		dp_set_vips(p->dp, msg);
	else if (type == DP_MSG_POOL && p->dp)
		dp_set_pool(p->dp, msg);
}

/* What it did not finish never was. */
static void on_ctl_down(void *ctx, const char *why)
{
	struct dp_process *p = ctx;

	p->ctl = NULL;
	end_lookups(p);
	config_free(p->next);
	p->next = NULL;
	if (!p->dp || !p->settled) {
		undo(p);
		return;
	}
	log_warn("dp: ctl is gone (%s); what is configured stays in force", why);
}

static void hello(const struct dp_process *p, struct seam *to)
{
	const struct dp_msg_hello m = { .is_running = p->dp != NULL,
					.is_taken = to != p->ctl };
	bool gives = to == p->ctl && p->sockets[0] >= 0;

	if (seam_send_fds(to, DP_MSG_HELLO, &m, sizeof(m), p->sockets,
			  gives ? ike_udp_count(p->sockets) : 0))
		log_error("dp: no memory");
}

/* One ctl at a time; another one is told so. Of one that died the last messages
 * may not have been read yet when the next is there. */
static void on_link(evutil_socket_t listener, short what, void *ctx)
{
	struct dp_process *p = ctx;
	const struct seam_spec spec = { .base = p->base,
					.kinds = dp_seam_to_dp,
					.n_kinds = dp_seam_to_dp_n,
					.on_message = on_ctl_message,
					.on_down = on_ctl_down,
					.ctx = p };
	int fd = role_accept();
	struct seam *link;

	(void)listener;
	(void)what;
	if (fd < 0)
		return;
	if (p->ctl && seam_is_closed(p->ctl)) {
		seam_free(p->ctl);
		on_ctl_down(p, "another one is there");
	}
	if (seam_new(&spec, fd, &link)) {
		close(fd);
	} else if (p->ctl) {
		hello(p, link);
		seam_free(link);
	} else {
		p->ctl = link;
		hello(p, link);
	}
}

static void on_term(evutil_socket_t number, short what, void *ctx)
{
	(void)number;
	(void)what;
	quit(ctx);
}

/* --- start and end */

static bool prepare(struct dp_process *p)
{
	p->base = event_base_new();
	if (!p->base || event_base_priority_init(p->base, PRIORITIES))
		return false;
	p->on_link = event_new(p->base, ROLE_LISTEN_FD, EV_READ | EV_PERSIST,
			       on_link, p);
	p->on_term = evsignal_new(p->base, SIGTERM, on_term, p);
	p->trim = trim_new(p->base, TRIM_MS);
	return p->on_link && p->on_term && p->trim &&
	       !event_add(p->on_link, NULL) && !event_add(p->on_term, NULL);
}

static void end(struct dp_process *p)
{
	seam_free(p->ike);
	p->ike = NULL;
	dp_stop(p->dp);
	config_free(p->config);
	config_free(p->next);
	for (int i = 0; i < IKE_UDP_SOCKETS; i++)
		if (p->sockets[i] >= 0)
			close(p->sockets[i]);
	if (p->on_link)
		event_free(p->on_link);
	if (p->on_term)
		event_free(p->on_term);
	if (p->trim)
		event_free(p->trim);
	seam_free(p->ctl); /* last: ctl learns that all is over */
	if (p->base)
		event_base_free(p->base);
}

int dp_role(void)
{
	struct dp_process p = { .sockets = IKE_UDP_NONE };

	if (!role_begin("dp"))
		return EXIT_FAILURE;
	signal(SIGINT, SIG_IGN); /* a terminal's is ctl's to act on */
	if (!prepare(&p)) {
		log_error("dp: no memory");
		p.failed = true;
	} else if (event_base_dispatch(p.base) < 0) {
		log_error("dp: the event loop failed: %s", strerror(errno));
		p.failed = true;
	}
	end(&p);
	return p.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
