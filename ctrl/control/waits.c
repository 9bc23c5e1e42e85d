// SPDX-License-Identifier: BSD-2-Clause
/*
 * Commands name connection and child; a request may name less, or a number. A
 * child alone leads to its connection, a connection alone to its first child
 * when it is initiated, a number to the names of its SA, which then is meant
 * alone. Where a name leads to two connections, the request is refused: it would
 * end what nobody meant.
 *
 * An event may come before it is known that the command was begun: it counts
 * from the moment in which the command was given. A connection may have several
 * peers and attempts at a time: of failures only that of the IKE SA counts which
 * the command began.
 */
#include "ctrl/control/waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGETS (ARG_IKE | ARG_CHILD | ARG_IKE_ID | ARG_CHILD_ID)

static const struct verb {
	const char *name;
	enum control_verb verb;
	unsigned int known;
	const char *past; /* in an error */
} verbs[] = {
	{ "initiate", CONTROL_INITIATE,
	  ARG_IKE | ARG_CHILD | ARG_TIMEOUT | ARG_LOGLEVEL | ARG_INIT_LIMITS,
	  "initiated" },
	{ "terminate", CONTROL_TERMINATE,
	  TARGETS | ARG_FORCE | ARG_TIMEOUT | ARG_LOGLEVEL, "terminated" },
	{ "rekey", CONTROL_REKEY, TARGETS | ARG_REAUTH, "rekeyed" },
	{ "redirect", CONTROL_REDIRECT,
	  ARG_IKE | ARG_IKE_ID | ARG_PEER_IP | ARG_PEER_ID | ARG_GATEWAY,
	  "redirected" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *verb_of(enum control_verb verb)
{
	size_t i = 0;

	while (i < N_VERBS - 1 && verbs[i].verb != verb)
		i++;
	return &verbs[i];
}

bool wait_verb_find(struct slice name, enum control_verb *out)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strlen(verbs[i].name) != name.len ||
		    memcmp(verbs[i].name, name.ptr, name.len) != 0)
			continue;
		*out = verbs[i].verb;
		return true;
	}
	return false;
}

/* --- what is meant */

/* The one connection that has this child. */
static int find_parent(struct wait *w, const struct conn_conf *const *conns,
		       size_t n, struct error *e)
{
	const struct conn_conf *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!conn_child(conns[i], w->child))
			continue;
		if (found)
			return error_set(e, -EEXIST,
					 "connections '%s' and '%s' both have a "
					 "child '%s': name one of them as 'ike'",
					 found->name, conns[i]->name, w->child);
		found = conns[i];
	}
	if (!found)
		return error_set(e, -ENOENT, "no connection has a child '%s'",
				 w->child);
	strcpy(w->conn, found->name);
	return 0;
}

/* Only what is configured can be initiated. */
static int find_conn(struct wait *w, const struct conn_conf *const *conns,
		     size_t n, struct error *e)
{
	const struct conn_conf *c = NULL;

	for (size_t i = 0; i < n; i++)
		if (strcmp(conns[i]->name, w->conn) == 0)
			c = conns[i];
	if (!c)
		return error_set(e, -ENOENT, "there is no connection '%s'",
				 w->conn);
	if (w->child[0] && !conn_child(c, w->child))
		return error_set(e, -ENOENT, "connection '%s' has no child '%s'",
				 w->conn, w->child);
	if (!c->n_children)
		return error_set(e, -ENOENT, "connection '%s' has no children",
				 w->conn);
	if (!w->child[0])
		strcpy(w->child, c->children[0].name);
	return 0;
}

static int find_by_name(struct wait *w,
			const struct control_callbacks *callbacks,
			struct error *e)
{
	const struct conn_conf **conns = NULL;
	size_t n = 0;
	int err = 0;

	if (callbacks->conns)
		conns = callbacks->conns(callbacks->ctx, &n);
	if (!w->conn[0])
		err = find_parent(w, conns, n, e);
	if (!err && w->verb == CONTROL_INITIATE)
		err = find_conn(w, conns, n, e);
	free(conns);
	return err;
}

/* SAs that still do something: a rekeyed one goes by itself. */
static bool is_live(uint8_t state)
{
	return state != SA_VIEW_REKEYED && state != SA_VIEW_GONE;
}

static const struct ike_sa_view *ike_by_id(const struct sas *sas, uint32_t id)
{
	for (size_t i = 0; i < sas->n_ike; i++)
		if (sas->ike[i].id == id && is_live(sas->ike[i].state))
			return &sas->ike[i];
	return NULL;
}

/* Its connection becomes w's, if w is of no other one. */
static int take_conn(struct wait *w, const struct ike_sa_view *ike,
		     struct error *e)
{
	if (w->conn[0] && strcmp(w->conn, ike->conn) != 0)
		return error_set(e, -ENOENT, "IKE SA %u is of connection '%s'",
				 ike->id, ike->conn);
	strcpy(w->conn, ike->conn);
	return 0;
}

static int take_ike_id(struct wait *w, const struct sas *sas, uint32_t id,
		       struct error *e)
{
	const struct ike_sa_view *ike = ike_by_id(sas, id);

	if (!ike)
		return error_set(e, -ENOENT, "there is no IKE SA %u", id);
	w->only_ike = id;
	return take_conn(w, ike, e);
}

static int take_child_id(struct wait *w, const struct sas *sas, uint32_t id,
			 struct error *e)
{
	const struct child_sa_view *c = NULL;
	const struct ike_sa_view *ike;

	for (size_t i = 0; i < sas->n_child; i++)
		if (sas->child[i].id == id && is_live(sas->child[i].state))
			c = &sas->child[i];
	ike = c ? ike_by_id(sas, c->ike_id) : NULL;
	if (!ike)
		return error_set(e, -ENOENT, "there is no CHILD SA %u", id);
	if (w->child[0] && strcmp(w->child, c->name) != 0)
		return error_set(e, -ENOENT, "CHILD SA %u is of child '%s'", id,
				 c->name);
	w->only_child = id;
	strcpy(w->child, c->name);
	return take_conn(w, ike, e);
}

static int find_by_id(struct wait *w, const struct arguments *args,
		      const struct control_callbacks *callbacks, struct error *e)
{
	struct sas *sas = callbacks->sas ? callbacks->sas(callbacks->ctx) : NULL;
	int err = 0;

	if (callbacks->sas && !sas)
		return error_set(e, -ENOMEM, "out of memory for a snapshot");
	if (!sas)
		return error_set(e, -ENOENT, "there are no SAs");
	if (args->given & ARG_CHILD_ID)
		err = take_child_id(w, sas, args->child_id, e);
	if (!err && args->given & ARG_IKE_ID)
		err = take_ike_id(w, sas, args->ike_id, e);
	sas_free(sas);
	return err;
}

static int check(const struct verb *verb, const struct arguments *args,
		 const struct control_callbacks *callbacks, struct error *e)
{
	if (verb->verb == CONTROL_REDIRECT && !(args->given & ARG_GATEWAY))
		return error_set(e, -EINVAL, "argument 'gateway' is missing");
	if (!(args->given & (TARGETS | ARG_PEER_IP | ARG_PEER_ID)))
		return error_set(e, -EINVAL, "nothing to be %s is named",
				 verb->past);
	if (args->given & ARG_REAUTH && args->given & (ARG_CHILD | ARG_CHILD_ID))
		return error_set(e, -EINVAL,
				 "argument 'reauth' is of IKE SAs, and a child "
				 "is named");
	if (!callbacks->command)
		return error_set(e, -ENOTCONN, "IKE is not spoken here");
	return 0;
}

/* Which ones that are, the engine knows: not every peer goes elsewhere. */
static void take_redirect(struct wait *w, const struct arguments *args)
{
	w->redirect = (struct ike_redirect){
		.ike_id = args->ike_id,
		.by_addr = (args->given & ARG_PEER_IP) != 0,
		.peer_min = args->peer_ip.min,
		.peer_max = args->peer_ip.max,
		.peer_id = args->peer_id,
		.to = args->gateway,
	};
	strcpy(w->redirect.conn, args->ike);
}

int wait_begin(struct wait *w, enum control_verb verb, struct slice body,
	       const struct control_callbacks *callbacks, uint64_t token,
	       struct error *e)
{
	const struct verb *v = verb_of(verb);
	struct arguments args;
	int err = arguments_read(body, v->known, &args, e);

	*w = (struct wait){ 0 };
	if (!err)
		err = check(v, &args, callbacks, e);
	if (err)
		return err;
	w->verb = verb;
	w->loglevel = args.loglevel;
	strcpy(w->conn, args.ike);
	strcpy(w->child, args.child);
	w->limit_ms = args.timeout_ms ? args.timeout_ms : WAIT_MAX_S * 1000;
	w->force = args.given & ARG_FORCE && !*args.child &&
		   !(args.given & ARG_CHILD_ID);
	w->is_timed = args.timeout_ms > 0;
	w->reauth = args.given & ARG_REAUTH;
	if (verb == CONTROL_REDIRECT)
		take_redirect(w, &args);
	else if (args.given & (ARG_IKE_ID | ARG_CHILD_ID))
		err = find_by_id(w, &args, callbacks, e);
	else
		err = find_by_name(w, callbacks, e);
	if (err)
		*w = (struct wait){ 0 };
	else
		w->token = token;
	return err;
}

struct control_command wait_command(const struct wait *w)
{
	return (struct control_command){
		.token = w->token,
		.verb = w->verb,
		.conn = w->conn,
		.child = w->child[0] ? w->child : NULL,
		.ike_id = w->only_ike,
		.child_id = w->only_child,
		.force = w->force && !w->is_timed,
		.reauth = w->reauth,
		.redirect = w->verb == CONTROL_REDIRECT ? &w->redirect : NULL,
	};
}

bool wait_can_force(const struct wait *w)
{
	return w->begun && !w->over && w->force && w->is_timed;
}

struct control_command wait_force(struct wait *w)
{
	w->is_timed = false;
	return wait_command(w);
}

uint32_t wait_limit_ms(const struct wait *w)
{
	/* Whether it was begun is known soon, or never. */
	if (w->limit_ms < 0 || w->verb == CONTROL_REKEY ||
	    w->verb == CONTROL_REDIRECT)
		return CONTROL_WAIT_S * 1000;
	return (uint32_t)w->limit_ms;
}

/* --- what came of it */

static void set_begin_error(struct wait *w, int err)
{
	switch (err) {
	case -ENOENT:
		error_set(&w->errmsg, err, "there is no '%s%s%s'", w->conn,
			  w->child[0] ? "/" : "", w->child);
		return;
	case -EADDRNOTAVAIL:
		error_set(&w->errmsg, err,
			  "no way to the peer of '%s': remote_addrs names no "
			  "host, or there is no route to it",
			  w->conn);
		return;
	case -ENODATA:
		error_set(&w->errmsg, err,
			  "'%s%s%s' takes selectors from packets ('populate'): "
			  "packets bring it up, and no command",
			  w->conn, w->child[0] ? "/" : "", w->child);
		return;
	case -ENOTCONN:
		error_set(&w->errmsg, err, "IKE is not spoken here");
		return;
	case -EPIPE:
		error_set(
			&w->errmsg, err,
			"the IKE process ended over it, and so did the next one");
		return;
	case -EAGAIN:
		error_set(&w->errmsg, err,
			  "the IKE process is being started; try again");
		return;
	default:
		error_set(&w->errmsg, err, "cannot begin: %s", strerror(-err));
		return;
	}
}

/* Is it over, with what is known now? */
static void judge(struct wait *w)
{
	if (!w->begun || w->over)
		return;
	if (w->verb == CONTROL_INITIATE) {
		w->over = w->limit_ms < 0 || w->up || w->failure[0];
		return;
	}
	if (w->matches == 0 && w->verb == CONTROL_REDIRECT) {
		error_set(&w->errmsg, -ENOENT,
			  "no such client is up that can be redirected");
		w->over = true;
		return;
	}
	if (w->matches == 0) {
		error_set(&w->errmsg, -ENOENT, "no SA of %s '%s' is up",
			  w->child[0] ? "child" : "connection",
			  w->child[0] ? w->child : w->conn);
		w->over = true;
		return;
	}
	w->over = w->verb != CONTROL_TERMINATE || w->limit_ms < 0 ||
		  w->ended >= w->matches;
}

void wait_done(struct wait *w, int err, unsigned int n)
{
	if (w->begun)
		return;
	w->begun = true;
	if (w->verb == CONTROL_INITIATE)
		w->ike_id = n;
	else
		w->matches = n;
	if (w->failed_id != w->ike_id)
		w->failure[0] = '\0'; /* another one's */
	if (err == -EALREADY) {
		w->up = true;
	} else if (err) {
		set_begin_error(w, err);
		w->over = true;
	}
	judge(w);
}

static bool is_named(const char *text)
{
	return text && *text;
}

bool wait_concerns(const struct wait *w, const struct control_event *e)
{
	if (e->kind == CONTROL_IKE_GONE)
		return true;
	if (!is_named(e->conn) || strcmp(e->conn, w->conn) != 0)
		return false;
	return !w->child[0] || !is_named(e->child) ||
	       strcmp(e->child, w->child) == 0;
}

static void initiate_event(struct wait *w, const struct control_event *e)
{
	bool over = e->kind == CONTROL_FAILED ||
		    (e->kind == CONTROL_IKE_DOWN && !e->succeeded);

	if (e->kind == CONTROL_CHILD_UP)
		w->up = true;
	/* What it began may be rekeyed before its child is up. */
	if (e->kind == CONTROL_IKE_UP && e->elder && w->begun &&
	    e->elder->id == w->ike_id)
		w->ike_id = e->ike_id;
	if (!over || (w->begun && e->ike_id != w->ike_id))
		return;
	w->failed_id = e->ike_id;
	snprintf(w->failure, sizeof(w->failure), "%s",
		 is_named(e->text) ? e->text : "it failed");
}

/* What an event does not say counts as what is meant. */
static bool is_meant(const struct wait *w, const struct control_event *e)
{
	if (w->only_ike && e->ike_id != w->only_ike)
		return false;
	return !w->only_child || !e->child_sa ||
	       e->child_sa->id == w->only_child;
}

/*
 * An IKE SA that was not up yet fails where another one goes down. Children go
 * down before their IKE SA, each with an event of its own. What is rekeyed
 * meanwhile hands on that it is to go.
 */
static void terminate_event(struct wait *w, const struct control_event *e)
{
	bool of_child = is_named(e->child);

	if (w->only_ike && e->kind == CONTROL_IKE_UP && e->elder &&
	    e->elder->id == w->only_ike)
		w->only_ike = e->ike_id;
	if (!is_meant(w, e))
		return;
	if (w->child[0])
		w->ended += e->kind == CONTROL_CHILD_DOWN && of_child;
	else
		w->ended += e->kind == CONTROL_IKE_DOWN ||
			    (e->kind == CONTROL_FAILED && !of_child);
}

void wait_event(struct wait *w, const struct control_event *e)
{
	if (w->over || !wait_concerns(w, e))
		return;
	if (e->kind == CONTROL_IKE_GONE && !w->begun)
		return; /* another ike may be given the command */
	if (e->kind == CONTROL_IKE_GONE) {
		error_set(&w->errmsg, -ENOTCONN,
			  "the IKE process ended before this was done");
		w->over = true;
		return;
	}
	switch (w->verb) {
	case CONTROL_INITIATE:
		initiate_event(w, e);
		break;
	case CONTROL_TERMINATE:
		terminate_event(w, e);
		break;
	case CONTROL_REKEY:
	case CONTROL_REDIRECT:
		break;
	}
	judge(w);
}

void wait_timed_out(struct wait *w)
{
	int limit_s = w->limit_ms / 1000;
	const char *of = w->child[0] ? w->child : w->conn;

	if (w->over)
		return;
	w->over = true;
	if (!w->begun)
		error_set(&w->errmsg, -ETIMEDOUT,
			  "the IKE process gave no answer");
	else if (w->verb == CONTROL_INITIATE)
		error_set(&w->errmsg, -ETIMEDOUT,
			  "'%s' is not up after %d.%03d s; the attempt goes on",
			  of, limit_s, w->limit_ms % 1000);
	else
		error_set(&w->errmsg, -ETIMEDOUT,
			  "%u of %u SAs of '%s' ended within %d.%03d s",
			  w->ended, w->matches, of, limit_s, w->limit_ms % 1000);
}

/* Of the answer; "": it is a success. */
static const char *why_not(const struct wait *w)
{
	if (w->errmsg.text[0])
		return w->errmsg.text;
	return w->verb == CONTROL_INITIATE && !w->up ? w->failure : "";
}

void wait_answer(const struct wait *w, struct vici_builder *out)
{
	const char *why = why_not(w);
	bool ok = !*why;

	vici_start(out, VICI_CMD_RESPONSE, NULL);
	vici_str(out, "success", ok ? "yes" : "no");
	if (w->verb != CONTROL_INITIATE)
		vici_fmt(out, "matches", "%u", w->matches);
	if (w->verb == CONTROL_TERMINATE)
		vici_fmt(out, "terminated", "%u", w->ended);
	if (!ok)
		vici_str(out, "errmsg", why);
}
