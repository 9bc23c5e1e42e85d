// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/own.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/answers.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/debug.h"
#include "ctrl/control/requests.h"
#include "ctrl/model/remedy.h"

#define ROWS_MAX 2000 /* of a difference: they fit a packet */

struct own {
	const char *name;
	/* 0 and b has the answer, or negative with e filled. */
	int (*write)(struct vici_builder *b, struct slice body,
		     const struct control_callbacks *callbacks,
		     const struct history *history, struct error *e);
};

/* --- cygnet-why */

static const char *kind_name(enum control_event_kind kind)
{
	switch (kind) {
	case CONTROL_IKE_UP:
		return "ike-up";
	case CONTROL_IKE_DOWN:
		return "ike-down";
	case CONTROL_CHILD_UP:
		return "child-up";
	case CONTROL_CHILD_DOWN:
		return "child-down";
	case CONTROL_IKE_MOVED:
		return "ike-moved";
	case CONTROL_ALERT:
		return "alert";
	case CONTROL_FAILED:
		return "failed";
	case CONTROL_IKE_GONE:
		return "ike-gone";
	}
	return "unknown";
}

/* A child as CONN/CHILD, or a pair of manual SAs by its name. */
static bool is_asked(const struct tunnel_status *t, const struct arguments *args)
{
	const char *slash = t->conn[0] ? strchr(t->name, '/') : NULL;
	const char *child = slash ? slash + 1 : t->name;

	if (args->given & ARG_IKE && strcmp(args->ike, t->conn) != 0)
		return false;
	return !(args->given & ARG_CHILD) || strcmp(args->child, child) == 0;
}

static void put_tunnel(struct vici_builder *b, const struct tunnel_status *t)
{
	vici_section(b, t->name);
	vici_str(b, "state", tunnel_state_name(t->state));
	vici_str(b, "start_action", child_action_name(t->start_action));
	vici_str(b, "local", t->local);
	vici_str(b, "remote", t->remote);
	if (t->tcp)
		vici_str(b, "tcp", "yes");
	if (t->state != TUNNEL_UP)
		answer_failure(b, "failure", &t->failure);
	vici_str(b, "remedy", remedy_of(t));
	vici_section_end(b);
}

static void put_event(struct vici_builder *b, unsigned int number,
		      const struct happened *h, uint64_t now_ns)
{
	char name[16], peer[ADDR_STR_MAX];

	snprintf(name, sizeof(name), "%u", number);
	vici_section(b, name);
	vici_fmt(b, "ago", "%" PRIu64,
		 (uint64_t)((now_ns - h->at_ns) / NS_PER_S));
	vici_str(b, "kind", kind_name(h->kind));
	vici_str(b, "conn", h->conn);
	if (h->child[0])
		vici_str(b, "child", h->child);
	if (!addr_is_none(&h->peer))
		vici_str(b, "peer", addr_str(&h->peer, peer));
	if (h->text[0])
		vici_str(b, "text", h->text);
	vici_section_end(b);
}

/* Of a connection, each of which is asked for once. */
static void put_events(struct vici_builder *b, const char *conn,
		       const struct history *history, unsigned int *number)
{
	const struct happened *events[HISTORY_CONN_MAX];
	const size_t n = history_of(history, conn, events);
	const uint64_t now_ns = clock_ns();

	for (size_t i = 0; conn[0] && i < n; i++)
		put_event(b, ++*number, events[i], now_ns);
}

static bool is_new_conn(const struct status *s, size_t i,
			const struct arguments *args)
{
	for (size_t k = 0; k < i; k++)
		if (is_asked(&s->tunnels[k], args) &&
		    strcmp(s->tunnels[k].conn, s->tunnels[i].conn) == 0)
			return false;
	return is_asked(&s->tunnels[i], args);
}

static void put_why(struct vici_builder *b, const struct status *s,
		    const struct arguments *args, const struct history *history)
{
	unsigned int number = 0;

	vici_section(b, "tunnels");
	for (size_t i = 0; i < s->n_tunnels; i++)
		if (is_asked(&s->tunnels[i], args))
			put_tunnel(b, &s->tunnels[i]);
	vici_section_end(b);
	vici_section(b, "events");
	for (size_t i = 0; i < s->n_tunnels; i++)
		if (is_new_conn(s, i, args))
			put_events(b, s->tunnels[i].conn, history, &number);
	vici_section_end(b);
}

static int check_asked(const struct status *s, const struct arguments *args,
		       struct error *e)
{
	for (size_t i = 0; i < s->n_tunnels; i++)
		if (is_asked(&s->tunnels[i], args))
			return 0;
	return error_set(e, -ENOENT,
			 "there is no such tunnel; `cygnet status` shows those "
			 "that there are");
}

static int write_why(struct vici_builder *b, struct slice body,
		     const struct control_callbacks *callbacks,
		     const struct history *history, struct error *e)
{
	struct arguments args;
	struct status *s;
	int err = arguments_read(body, ARG_IKE | ARG_CHILD, &args, e);

	if (!err && !args.given)
		err = error_set(e, -EINVAL,
				"name a tunnel by ike, child or both");
	if (err)
		return err;
	s = callbacks->status(callbacks->ctx);
	if (!s)
		return error_set(e, -ENOMEM, "out of memory for a snapshot");
	err = check_asked(s, &args, e);
	if (!err)
		put_why(b, s, &args, history);
	status_free(s);
	return err;
}

/* --- cygnet-reload-difference */

static void put_row(struct vici_builder *b, size_t number,
		    const struct difference_row *row)
{
	char name[16];

	snprintf(name, sizeof(name), "%zu", number);
	vici_section(b, name);
	vici_str(b, "kind", difference_kind_name(row->kind));
	vici_str(b, "of", difference_of_name(row->of));
	vici_str(b, "name", row->name);
	if (row->of == DIFFERENCE_CHILD && row->kind != DIFFERENCE_GONE)
		vici_str(b, "starts", row->starts ? "yes" : "no");
	if (row->of == DIFFERENCE_CONN && row->kind == DIFFERENCE_CHANGED)
		vici_str(b, "keeps", row->keeps ? "yes" : "no");
	vici_section_end(b);
}

static int write_difference(struct vici_builder *b, struct slice body,
			    const struct control_callbacks *callbacks,
			    const struct history *history, struct error *e)
{
	const struct control_loads *loads = &callbacks->loads;
	struct difference d = { 0 };
	struct arguments args;
	int err = arguments_read(body, 0, &args, e);

	(void)history;
	if (!err && !loads->difference)
		err = error_set(e, -ENOTSUP,
				"what is loaded can't be changed "
				"here");
	if (!err)
		err = loads->difference(loads->ctx, &d, e);
	if (!err) {
		vici_str(b, "success", "yes");
		vici_section(b, "differences");
		for (size_t i = 0; i < d.n && i < ROWS_MAX; i++)
			put_row(b, i + 1, &d.at[i]);
		vici_section_end(b);
		if (d.n > ROWS_MAX)
			vici_fmt(b, "more", "%zu", d.n - ROWS_MAX);
		vici_fmt(b, "same", "%zu", d.n_same);
	}
	difference_free(&d);
	return err;
}

/* --- cygnet-debug */

static int write_debug(struct vici_builder *b, struct slice body,
		       const struct control_callbacks *callbacks,
		       const struct history *history, struct error *e)
{
	struct addr peer;
	uint32_t seconds;
	int err = debug_request_read(body, &peer, &seconds, e);

	(void)history;
	if (!err && !callbacks->debug)
		err = error_set(e, -ENOTSUP, "IKE is not spoken here");
	if (!err)
		err = callbacks->debug(callbacks->ctx, &peer, seconds, e);
	if (!err)
		vici_str(b, "success", "yes");
	return err;
}

/* --- all of them */

static const struct own owns[] = {
	{ "cygnet-why", write_why },
	{ "cygnet-reload-difference", write_difference },
	{ DEBUG_COMMAND, write_debug },
};

static const struct own *own_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++)
		if (strlen(owns[i].name) == name.len &&
		    memcmp(owns[i].name, name.ptr, name.len) == 0)
			return &owns[i];
	return NULL;
}

bool own_is_asked(struct slice name)
{
	return own_find(name);
}

bool own_answer(const struct vici_packet *request,
		const struct control_callbacks *callbacks,
		const struct history *history, struct vici_builder *out)
{
	struct error e;
	int err;

	vici_start(out, VICI_CMD_RESPONSE, NULL);
	err = own_find(request->name)
		      ->write(out, request->body, callbacks, history, &e);
	if (!err && !vici_finish(out))
		err = error_set(&e, -EMSGSIZE,
				"the answer does not fit a packet of 512 KiB, "
				"or memory ran out");
	if (!err)
		return true;
	vici_builder_free(out);
	return command_refuse(out, e.text);
}
