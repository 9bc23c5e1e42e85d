// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ctl says to the role `ike`, and the link over which it says so. ctl comes
 * and goes: the one that is there gives all connections, and LOADED ends them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ike_state.h"
#include "ctrl/daemon/ike_streams.h"
#include "ctrl/daemon/role.h"

/* --- what ctl says */

/* Again, it changes nothing. */
static void listen_to_peers(struct ike *i)
{
	for (size_t k = 0; k < IKE_UDP_SOCKETS; k++)
		if (i->readable[k] && event_add(i->readable[k], NULL))
			ike_give_up(i, "no memory");
}

/* Who speaks first must not be told that there is no connection for it. */
static void take_sockets(struct ike *i, const int *fds, size_t n)
{
	if (!ike_udp_is_count(n) || i->fds[0] >= 0) {
		role_close_all(fds, n);
		ike_give_up(i, "not the sockets that were expected");
		return;
	}
	for (size_t k = 0; k < n; k++) {
		i->fds[k] = fds[k];
		i->readable[k] = event_new(i->base, fds[k], EV_READ | EV_PERSIST,
					   ike_on_readable, i);
		if (!i->readable[k])
			ike_give_up(i, "no memory");
	}
	if (i->is_kept)
		listen_to_peers(i);
}

/* What dp asks for at once needs a connection. */
static void take_sadb(struct ike *i, const int *fds, size_t n)
{
	if (n != 1 || i->dp_fd >= 0) {
		role_close_all(fds, n);
		ike_give_up(i, "not the link that was expected");
		return;
	}
	i->dp_fd = fds[0];
	if (i->is_kept)
		ike_link_dp(i);
}

static bool make_room(struct loaded_list *list)
{
	size_t room = list->room ? 2 * list->room : 16;
	struct loaded *more;

	if (list->n < list->room)
		return true;
	more = realloc(list->at, room * sizeof(*more));
	if (!more)
		return false;
	list->at = more;
	list->room = room;
	list->names.first = more->name;
	list->names.bytes = sizeof(*more);
	return true;
}

static bool remember(struct loaded_list *list, const char *name)
{
	size_t k = name_index_find(&list->names, name);

	if (k == NAME_NOWHERE) {
		k = list->n;
		if (!make_room(list))
			return false;
		memcpy(list->at[k].name, name, sizeof(list->at[k].name));
		if (name_index_add(&list->names, list->at))
			return false;
		list->n++;
	}
	list->at[k].again = true;
	list->at[k].gone = false;
	return true;
}

static void take_unload(struct ike *i, const struct ike_msg_unload *m)
{
	char name[CONN_NAME_MAX] = "";
	size_t k;

	memcpy(name, m->conn, sizeof(name) - 1);
	k = name_index_find(&i->conns.names, name);
	if (k != NAME_NOWHERE)
		i->conns.at[k].gone = true;
}

/* Those that ctl has no more go; false: no memory. */
static bool drop_others(struct engine *e, struct loaded_list *list,
			bool rest_stays,
			bool (*unload)(struct engine *e, const char *name))
{
	const size_t n = list->n;

	for (size_t k = n; k--;) {
		const struct loaded *l = &list->at[k];

		if (l->gone || (!l->again && !rest_stays)) {
			unload(e, list->at[k].name);
			list->at[k] = list->at[--list->n];
		}
	}
	for (size_t k = 0; k < list->n; k++)
		list->at[k].again = false;
	if (n == list->n)
		return true;
	name_index_free(&list->names);
	return !name_index_make(&list->names, list->at, sizeof(*list->at),
				list->n);
}

void loaded_free(struct loaded_list *list)
{
	name_index_free(&list->names);
	free(list->at);
}

static void show(struct ike *i)
{
	const struct ike_msg_empty shown = { 0 };

	listen_to_peers(i);
	engine_show(i->engine);
	ike_tell(i, IKE_MSG_SHOWN, &shown, sizeof(shown));
}

/* Of all that are loaded, or of those that are others. */
static void finish_loading(struct ike *i, const struct ike_msg_loaded *m)
{
	if (i->dp_fd >= 0)
		ike_link_dp(i);
	if (!i->is_kept) {
		engine_kept(i->engine, true);
		engine_restored(i->engine, clock_ns());
	}
	i->is_kept = true;
	if (!drop_others(i->engine, &i->conns, m->rest_stays, engine_unload) ||
	    !drop_others(i->engine, &i->pools, false, engine_unload_pool))
		ike_give_up(i, "no memory");
	if (!m->rest_stays)
		show(i);
}

static void restore(struct ike *i, const struct ike_record *r)
{
	int err = engine_restore(i->engine, r);
	struct ike_record gone = { .id = r->id, .kind = r->kind };

	if (!err)
		return;
	log_error("ike: an SA of before is lost: %s", strerror(-err));
	ike_tell(i, IKE_MSG_RECORD, &gone, offsetof(struct ike_record, octets));
}

static void load(struct ike *i)
{
	if (engine_load(i->engine, &i->loading) ||
	    !remember(&i->conns, i->loading.name))
		ike_give_up(i, "no memory");
	conn_fini(&i->loading);
}

static void take_pool(struct ike *i, const struct pool_conf *pool)
{
	if (engine_load_pool(i->engine, pool) ||
	    !remember(&i->pools, pool->name))
		ike_give_up(i, "no memory");
}

/* Not all of it is there. */
static bool is_loading(const struct ike *i)
{
	return i->n_missing || i->n_rounds_missing;
}

static void take_conn(struct ike *i, const struct ike_msg_conn *m)
{
	struct conn_conf *c = &i->loading;

	if (is_loading(i) || !ike_seam_get_conn(m, c)) {
		ike_give_up(i, "not a connection");
		return;
	}
	i->n_missing = c->n_children;
	i->n_rounds_missing = (size_t)c->n_more_local + c->n_more_remote;
	c->children = calloc(i->n_missing + 1, sizeof(*c->children));
	c->more_rounds =
		calloc(i->n_rounds_missing + 1, sizeof(*c->more_rounds));
	if (!c->children || !c->more_rounds) {
		i->n_missing = i->n_rounds_missing = 0;
		conn_fini(c);
		ike_give_up(i, "no memory");
	} else if (!is_loading(i))
		load(i);
}

static void take_round(struct ike *i, const struct auth_round *m)
{
	struct conn_conf *c = &i->loading;
	size_t n = (size_t)c->n_more_local + c->n_more_remote;

	if (!i->n_rounds_missing) {
		ike_give_up(i, "not a round");
		return;
	}
	c->more_rounds[n - i->n_rounds_missing--] = *m;
	if (!is_loading(i))
		load(i);
}

static void take_child(struct ike *i, const struct ike_msg_child *m)
{
	size_t at = i->loading.n_children - i->n_missing;

	if (!i->n_missing || i->n_rounds_missing ||
	    !ike_seam_get_child(m, &i->loading.children[at])) {
		ike_give_up(i, "not a child");
		return;
	}
	if (--i->n_missing == 0)
		load(i);
}

static void begin_creds(struct ike *i)
{
	if (!creds_in_begin(&i->creds))
		ike_give_up(i, "no memory");
}

static void take_cred(struct ike *i, const struct ike_msg_cred *m)
{
	if (!creds_in_take(&i->creds, m))
		ike_give_up(i, "not a certificate");
}

static void end_creds(struct ike *i)
{
	struct creds *creds = creds_in_end(&i->creds);

	if (!creds) {
		ike_give_up(i, "not all certificates");
		return;
	}
	engine_set_creds(i->engine, creds);
	creds_unref(creds);
}

static void run_command(struct ike *i, const struct ike_msg_command *c)
{
	const struct ike_target target = {
		.conn = c->conn,
		.child = c->child[0] ? c->child : NULL,
		.ike_id = c->ike_id,
		.child_id = c->child_id,
	};
	struct ike_msg_done done = { .token = c->token };

	switch ((enum ike_command)c->command) {
	case IKE_CMD_INITIATE:
		done.err = engine_initiate(i->engine, target.conn, target.child,
					   clock_ns());
		if (!done.err)
			done.n = engine_initiated(i->engine);
		break;
	case IKE_CMD_TERMINATE:
		done.n = engine_terminate_some(i->engine, &target, c->force,
					       clock_ns());
		break;
	case IKE_CMD_REKEY:
		done.n = engine_rekey_some(i->engine, &target, clock_ns());
		break;
	case IKE_CMD_REAUTH:
		done.n = engine_reauth_some(i->engine, &target, clock_ns());
		break;
	case IKE_CMD_ORPHANS:
		engine_orphans(i->engine, clock_ns());
		break;
	}
	ike_tell(i, IKE_MSG_DONE, &done, sizeof(done));
}

static void redirect(struct ike *i, const struct ike_msg_redirect *m)
{
	const struct ike_msg_done done = {
		.token = m->token,
		.n = engine_redirect(i->engine, &m->what, clock_ns()),
	};

	ike_tell(i, IKE_MSG_DONE, &done, sizeof(done));
}

static void take_resolved(struct ike *i, const struct ike_msg_resolved *m)
{
	size_t n = m->n < CONN_ADDRS_MAX ? m->n : CONN_ADDRS_MAX;

	engine_resolved(i->engine, m->conn, m->addrs, n, m->text, clock_ns());
}

static void take_gateway(struct ike *i, const struct ike_msg_gateway_resolved *m)
{
	size_t n = m->n < CONN_ADDRS_MAX ? m->n : CONN_ADDRS_MAX;

	engine_gateway_resolved(i->engine, m->host, m->addrs, n, m->text,
				clock_ns());
}

static void stop(struct ike *i)
{
	const struct timeval limit = { .tv_sec = 1 };

	i->stopping = true;
	engine_kept(i->engine, false); /* nobody goes on with what is left */
	event_base_loopexit(i->base, &limit);
}

/* --- the link to ctl */

static void take_generation(struct ike *i, const struct ike_msg_generation *m)
{
	i->generation = m->generation;
	engine_set_generation(i->engine, m->generation);
}

static void take_answer(struct ike *i, const struct keystore_answer *a)
{
	asked_done(i->asked, a->token);
	engine_keystore_answer(i->engine, a, clock_ns());
}

static void take_fetched(struct ike *i, const struct ike_msg_fetched *m)
{
	struct ike_fetch *f = &i->fetched;

	switch (ike_fetch_take(f, m)) {
	case IKE_FETCH_PART:
		break;
	case IKE_FETCH_WHOLE:
		engine_fetched(i->engine, f->cert, ike_fetch_kind(f),
			       ike_fetch_octets(f), clock_ns());
		ike_fetch_free(f);
		break;
	case IKE_FETCH_WRONG:
		ike_give_up(i, "not what was to be fetched");
		break;
	}
}

static void take_trace(struct ike *i, const struct ike_msg_trace *m)
{
	engine_trace(i->engine, &m->peer, m->until_ns);
}

static void take_refused(struct ike *i, const struct ike_msg_stream_refused *m)
{
	ike_streams_refused(i, m->token);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct ike *i = ctx;

	if (type == IKE_MSG_SOCKETS)
		take_sockets(i, fds, n_fds);
	else if (type == IKE_MSG_SADB)
		take_sadb(i, fds, n_fds);
	else if (type == IKE_MSG_STREAMS)
		ike_streams_take(i, fds, n_fds);
	else
		role_close_all(fds, n_fds);
	if (type == IKE_MSG_OPTIONS)
		engine_set_options(i->engine, msg);
	else if (type == IKE_MSG_CONN)
		take_conn(i, msg);
	else if (type == IKE_MSG_ROUND)
		take_round(i, msg);
	else if (type == IKE_MSG_CHILD)
		take_child(i, msg);
	else if (type == IKE_MSG_POOL)
		take_pool(i, msg);
	else if (type == IKE_MSG_LEASED)
		engine_restore_lease(i->engine, msg);
	else if (type == IKE_MSG_GENERATION)
		take_generation(i, msg);
	else if (type == IKE_MSG_RESTORE)
		restore(i, msg);
	else if (type == IKE_MSG_LOADED)
		finish_loading(i, msg);
	else if (type == IKE_MSG_UNLOAD)
		take_unload(i, msg);
	else if (type == IKE_MSG_RECORDED)
		engine_recorded(i->engine,
				((const struct ike_msg_recorded *)msg)->number,
				clock_ns());
	else if (type == IKE_MSG_COMMAND)
		run_command(i, msg);
	else if (type == IKE_MSG_TRACE)
		take_trace(i, msg);
	else if (type == IKE_MSG_STREAM_REFUSED)
		take_refused(i, msg);
	else if (type == IKE_MSG_REDIRECT)
		redirect(i, msg);
	else if (type == IKE_MSG_RESOLVED)
		take_resolved(i, msg);
	else if (type == IKE_MSG_GATEWAY_RESOLVED)
		take_gateway(i, msg);
	else if (type == IKE_MSG_CREDS_BEGIN)
		begin_creds(i);
	else if (type == IKE_MSG_CRED)
		take_cred(i, msg);
	else if (type == IKE_MSG_CREDS_END)
		end_creds(i);
	else if (type == IKE_MSG_STOP)
		stop(i);
	else if (type == IKE_MSG_KEYSTORE_ANSWER)
		take_answer(i, msg);
	else if (type == IKE_MSG_FETCHED)
		take_fetched(i, msg);
	else if (type == IKE_MSG_FETCH_ANEW)
		engine_fetch_anew(i->engine);
	else if (type == IKE_MSG_TICKET_ANSWER)
		engine_ticket_answer(i->engine, msg, clock_ns());
	ike_set_timer(i);
}

static void on_down(void *ctx, const char *why)
{
	struct ike *i = ctx;

	log_info("ike: ctl is gone (%s)", why);
	i->ctl = NULL;
	ike_streams_alone(i);
	i->is_kept = false;
	engine_kept(i->engine, false);
	if (is_loading(i))
		conn_fini(&i->loading);
	i->n_missing = i->n_rounds_missing = 0;
	creds_in_free(&i->creds);
	ike_fetch_free(&i->fetched);
	if (i->dp_fd >= 0) /* nobody would see its end; the next ctl gives one */
		close(i->dp_fd);
	i->dp_fd = -1;
	ike_end_alone(i);
	if (i->stopping || i->fds[0] < 0)
		event_base_loopbreak(i->base);
}

static void ask_again(void *ctx, const struct keystore_request *q)
{
	ike_tell(ctx, IKE_MSG_KEYSTORE_REQUEST, q, sizeof(*q));
}

/* One ctl at a time: another one finds its link closed. */
void ike_on_link(evutil_socket_t listener, short what, void *ctx)
{
	struct ike *i = ctx;
	const struct ike_msg_ready ready = { .has_sockets = i->fds[0] >= 0,
					     .has_sadb = i->dp || i->dp_fd >= 0,
					     .generation = i->generation };
	const struct seam_spec spec = { .base = i->base,
					.kinds = ike_seam_to_ike,
					.n_kinds = ike_seam_to_ike_n,
					.on_message = on_message,
					.on_down = on_down,
					.ctx = i };
	int fd = role_accept();

	(void)listener;
	(void)what;
	if (fd < 0)
		return;
	if (i->ctl || seam_new(&spec, fd, &i->ctl)) {
		close(fd);
		return;
	}
	ike_tell(i, IKE_MSG_READY, &ready, sizeof(ready));
	asked_each(i->asked, ask_again, i);
	engine_fetch_again(i->engine, clock_ns());
	ike_set_timer(i);
}
