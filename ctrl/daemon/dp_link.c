// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/dp_link.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/rates.h"
#include "ctrl/daemon/role.h"

/* A commit waits for grace periods of the kernel, and for its verifier. */
#define COMMIT_S 60
#define LOOK_S	 2

struct dp_link {
	struct dp_link_spec spec;
	struct role *role;
	struct dp_view view;
	char crypto[DP_CRYPTO_MAX]; /* view.status.crypto */
	struct dp_sas now, next;    /* of the view, and of the one to come */
	bool is_cut;		    /* an SA of the next found no room */
	struct rates *rates;	    /* of the view */
	struct event *late; /* a look or a commit is not answered in time */
	unsigned int asked; /* looks that are under way */
	unsigned int owed;  /* looks that nobody waits for any more */
	bool commits;
	uint32_t *ids; /* of the policies in force, SPD_MAX; NULL: none came */
	size_t n_ids;
};

/* What finds no room is not shown. */
static void take_sas(struct dp_link *l, const struct dp_msg_sas *m)
{
	if (!l->is_cut)
		l->is_cut = dp_sas_add(&l->next, m) != 0;
}

static void forget_next(struct dp_link *l)
{
	dp_sas_free(&l->next);
	l->is_cut = false;
}

static void take_look(struct dp_link *l, const struct dp_msg_looked *m)
{
	struct dp_sas before = l->now;

	rates_take(l->rates, &l->next, clock_ns());
	memcpy(l->crypto, m->crypto, sizeof(l->crypto));
	l->now = l->next;
	l->next = before;
	forget_next(l);
	l->view.status = m->status;
	l->view.status.crypto = l->crypto;
	l->view.seen_ns = clock_ns();
	if (l->owed) {
		if (!--l->owed)
			log_info("dp: it answers again");
		return;
	}
	if (!--l->asked && !l->commits)
		evtimer_del(l->late);
	l->spec.looked(l->spec.ctx);
}

static void wait_for(struct dp_link *l, time_t s)
{
	const struct timeval limit = { .tv_sec = s };

	evtimer_add(l->late, &limit);
}

/* What was seen before has to do; its packets may go on. */
static void give_looks_up(struct dp_link *l)
{
	log_warn("dp: it does not answer; what is shown of it is not of now");
	for (l->owed = l->asked; l->asked; l->asked--)
		l->spec.looked(l->spec.ctx);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	struct dp_link *l = ctx;

	(void)fd;
	(void)what;
	if (l->commits)
		role_restart(l->role, "it did not take a configuration in time");
	else
		give_looks_up(l);
}

static void take_committed(struct dp_link *l, const struct dp_msg_committed *m)
{
	l->commits = false;
	if (l->asked)
		wait_for(l, LOOK_S);
	else
		evtimer_del(l->late);
	l->spec.committed(l->spec.ctx, m);
}

static void take_ids(struct dp_link *l, const struct dp_msg_ids *m)
{
	if (!l->ids)
		l->ids = calloc(SPD_MAX, sizeof(*l->ids));
	if (!l->ids) /* who asks for them sees that they are too few */
		return;
	for (size_t i = 0; i < m->n && i < DP_IDS_MAX && l->n_ids < SPD_MAX; i++)
		l->ids[l->n_ids++] = m->ids[i];
}

static void take_let_out(struct dp_link *l, const struct dp_msg_lookup *m)
{
	l->spec.let_out(l->spec.ctx, m->token, m->err);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct dp_link *l = ctx;

	if (type == DP_MSG_HELLO) {
		l->spec.hello(l->spec.ctx, msg, fds, n_fds);
		return;
	}
	if (type == DP_MSG_PAIR && n_fds == 1 && l->spec.pair) {
		l->spec.pair(l->spec.ctx, msg, fds[0]);
		return;
	}
	role_close_all(fds, n_fds); /* it gives no others */
	if (type == DP_MSG_IDS)
		take_ids(l, msg);
	else if (type == DP_MSG_COMMITTED)
		take_committed(l, msg);
	else if (type == DP_MSG_SAS)
		take_sas(l, msg);
	else if (type == DP_MSG_LOOKED && (l->asked || l->owed))
		take_look(l, msg);
	else if (type == DP_MSG_LET_OUT)
		take_let_out(l, msg);
	else if (type == DP_MSG_STREAM_OUT && l->spec.stream_out)
		l->spec.stream_out(l->spec.ctx, msg);
	else if (type == DP_MSG_EXPLAINED)
		l->spec.explained(l->spec.ctx, msg);
	else if (type == DP_MSG_CAPTURING)
		l->spec.capturing(l->spec.ctx, msg);
}

static void on_down(void *ctx, const char *why)
{
	struct dp_link *l = ctx;

	forget_next(l);
	l->asked = l->owed = 0;
	l->commits = false;
	evtimer_del(l->late);
	l->spec.down(l->spec.ctx, why);
}

int dp_link_new(const struct dp_link_spec *spec, struct dp_link **out,
		struct error *e)
{
	struct dp_link *l = calloc(1, sizeof(*l));
	int err = error_set(e, -ENOMEM, "no memory for the link to dp");

	if (l) {
		const struct role_spec role = {
			.base = spec->base,
			.name = "dp",
			.folder = spec->folder,
			.debug = spec->debug,
			.kinds = dp_seam_to_ctl,
			.n_kinds = dp_seam_to_ctl_n,
			.message = on_message,
			.down = on_down,
			.ctx = l,
		};

		l->spec = *spec;
		l->view.status.crypto = l->crypto;
		l->view.sas = &l->now;
		l->late = evtimer_new(spec->base, on_late, l);
		l->rates = rates_new();
		l->view.rates = l->rates;
		if (l->late && l->rates)
			err = role_new(&role, &l->role, e);
	}
	if (err) {
		dp_link_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void dp_link_free(struct dp_link *l)
{
	if (!l)
		return;
	role_free(l->role);
	if (l->late)
		event_free(l->late);
	rates_free(l->rates);
	dp_sas_free(&l->now);
	dp_sas_free(&l->next);
	free(l->ids);
	free(l);
}

/* Of a configuration, which may be of any size. */
static int put_piece(void *ctx, enum dp_msg type, const void *msg, size_t bytes)
{
	return role_send_bulk(ctx, (uint16_t)type, msg, bytes);
}

static int put_empty(struct dp_link *l, enum dp_msg type)
{
	const struct dp_msg_empty m = { 0 };

	return role_send(l->role, (uint16_t)type, &m, sizeof(m));
}

static int put_fds(struct dp_link *l, enum dp_msg type, const int *fds, size_t n)
{
	const struct dp_msg_empty m = { 0 };

	return role_send_fds(l->role, (uint16_t)type, &m, sizeof(m), fds, n);
}

int dp_link_commit(struct dp_link *l, const struct config *config)
{
	l->commits = true;
	l->n_ids = 0;
	wait_for(l, COMMIT_S);
	return dp_seam_put_config(config, put_piece, l->role);
}

const uint32_t *dp_link_ids(const struct dp_link *l, size_t *n)
{
	*n = l->n_ids;
	return l->ids;
}

void dp_link_settle(struct dp_link *l)
{
	put_empty(l, DP_MSG_SETTLE);
}

void dp_link_restart(struct dp_link *l, const char *why)
{
	role_restart(l->role, why);
}

void dp_link_end(struct dp_link *l, enum dp_msg how, unsigned int ms)
{
	put_empty(l, how);
	role_end(l->role, ms);
}

bool dp_link_look(struct dp_link *l)
{
	if (l->owed || put_empty(l, DP_MSG_LOOK))
		return false;
	l->asked++;
	if (!evtimer_pending(l->late, NULL))
		wait_for(l, LOOK_S);
	return true;
}

const struct dp_view *dp_link_view(const struct dp_link *l)
{
	return &l->view;
}

enum dp_patience dp_view_patience(const struct dp_view *v, uint64_t now_ns)
{
	if (!v->sas || v->sas->n <= DP_MANY_SAS)
		return DP_WAITS;
	return now_ns - v->seen_ns < DP_JUST_NOW_S * NS_PER_S ? DP_WAITS_NOT
							      : DP_WAITS_SHORTLY;
}

bool dp_view_sa(const struct dp_view *v, const struct sadb_id *id,
		struct sa_status *out)
{
	struct dp_sa sa;

	if (!v->sas || !dp_sas_find(v->sas, id, &sa))
		return false;
	*out = sa.status;
	rates_put(v->rates, id, out);
	return true;
}

int dp_link_sockets(struct dp_link *l, const int fds[IKE_UDP_SOCKETS])
{
	return put_fds(l, DP_MSG_SOCKETS, fds, ike_udp_count(fds));
}

int dp_link_ike(struct dp_link *l, int fd)
{
	return put_fds(l, DP_MSG_IKE, &fd, 1);
}

int dp_link_lookup(struct dp_link *l, uint32_t slot, uint64_t token,
		   const int *fds, size_t n)
{
	const struct dp_msg_lookup m = { .token = token, .slot = slot };

	return role_send_fds(l->role, DP_MSG_LOOKUP, &m, sizeof(m), fds, n);
}

int dp_link_stream(struct dp_link *l, const struct dp_msg_stream *m, int fd)
{
	return role_send_fds(l->role, DP_MSG_STREAM, m, sizeof(*m), &fd,
			     fd >= 0 ? 1 : 0);
}

int dp_link_pairs(struct dp_link *l)
{
	const struct dp_msg_empty m = { 0 };

	return role_send(l->role, DP_MSG_PAIRS, &m, sizeof(m));
}

int dp_link_explain(struct dp_link *l, uint64_t token,
		    const struct explain_question *q)
{
	const struct dp_msg_explain m = { .token = token, .question = *q };

	return role_send(l->role, DP_MSG_EXPLAIN, &m, sizeof(m));
}

int dp_link_capture(struct dp_link *l, const struct dp_msg_capture *m, int fd)
{
	return role_send_fds(l->role, DP_MSG_CAPTURE, m, sizeof(*m), &fd, 1);
}

int dp_link_vips(struct dp_link *l, const struct conn_vips *v)
{
	return put_piece(l->role, DP_MSG_VIPS, v, sizeof(*v));
}

int dp_link_pool(struct dp_link *l, const struct pool_addrs *pool)
{
	return put_piece(l->role, DP_MSG_POOL, pool, sizeof(*pool));
}

int dp_link_peer(struct dp_link *l, const struct conn_peer *peer)
{
	return put_piece(l->role, DP_MSG_PEER, peer, sizeof(*peer));
}
