// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/dp_seam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANUAL_MAX (SAD_MAX / 2)

const struct seam_kind dp_seam_to_dp[] = {
	{ DP_MSG_IFACE, sizeof(struct dp_msg_iface) },
	{ DP_MSG_MANUAL, sizeof(struct dp_msg_manual) },
	{ DP_MSG_POLICY, sizeof(struct dp_msg_policy) },
	{ DP_MSG_CONN, sizeof(struct dp_msg_conn) },
	{ DP_MSG_CHILD, sizeof(struct dp_msg_child) },
	{ DP_MSG_COMMIT, sizeof(struct dp_msg_commit) },
	{ DP_MSG_SETTLE, sizeof(struct dp_msg_empty) },
	{ DP_MSG_UNDO, sizeof(struct dp_msg_empty) },
	{ DP_MSG_STOP, sizeof(struct dp_msg_empty) },
	{ DP_MSG_LOOK, sizeof(struct dp_msg_empty) },
	{ DP_MSG_SOCKETS, sizeof(struct dp_msg_empty) },
	{ DP_MSG_IKE, sizeof(struct dp_msg_empty) },
};

const struct seam_kind dp_seam_to_ctl[] = {
	{ DP_MSG_HELLO, sizeof(struct dp_msg_hello) },
	{ DP_MSG_COMMITTED, sizeof(struct dp_msg_committed) },
	{ DP_MSG_SA, sizeof(struct dp_msg_sa) },
	{ DP_MSG_LOOKED, sizeof(struct dp_msg_looked) },
};

const struct seam_kind dp_seam_from_ike[] = {
	{ DP_MSG_REQUEST, sizeof(struct sadb_request) },
};

const struct seam_kind dp_seam_to_ike[] = {
	{ DP_MSG_ANSWER, sizeof(struct sadb_answer) },
	{ DP_MSG_EVENT, sizeof(struct sadb_event) },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const size_t dp_seam_to_dp_n = COUNT(dp_seam_to_dp);
const size_t dp_seam_to_ctl_n = COUNT(dp_seam_to_ctl);
const size_t dp_seam_from_ike_n = COUNT(dp_seam_from_ike);
const size_t dp_seam_to_ike_n = COUNT(dp_seam_to_ike);

/* --- out: a pointer means nothing elsewhere, and none is told */

struct outlet {
	int (*send)(void *ctx, enum dp_msg type, const void *msg, size_t bytes);
	void *ctx;
};

static int put_iface(const struct outlet *to, const struct iface_conf *conf)
{
	struct dp_msg_iface m = { .conf = *conf };

	m.conf.place.file = NULL;
	snprintf(m.file, sizeof(m.file), "%s", conf->place.file);
	return to->send(to->ctx, DP_MSG_IFACE, &m, sizeof(m));
}

static int put_manual(const struct outlet *to, const struct manual_conf *conf)
{
	struct dp_msg_manual m = {
		.conf = *conf,
		.encr = (uint16_t)conf->encr->id,
		.encr_key_bits = conf->encr->key_bits,
		.integ = (uint16_t)conf->integ->id,
	};
	int err;

	m.conf.encr = NULL;
	m.conf.integ = NULL;
	m.conf.place.file = m.conf.in.place.file = m.conf.out.place.file = NULL;
	err = to->send(to->ctx, DP_MSG_MANUAL, &m, sizeof(m));
	explicit_bzero(&m, sizeof(m));
	return err;
}

static int put_policy(const struct outlet *to, const struct policy_conf *conf)
{
	struct dp_msg_policy m = { .conf = *conf };

	m.conf.place.file = NULL;
	return to->send(to->ctx, DP_MSG_POLICY, &m, sizeof(m));
}

static int put_child(const struct outlet *to, const struct child_conf *conf)
{
	struct dp_msg_child m = { .conf = *conf };

	memset(&m.conf.proposals, 0, sizeof(m.conf.proposals));
	return to->send(to->ctx, DP_MSG_CHILD, &m, sizeof(m));
}

static int put_conn(const struct outlet *to, const struct conn_conf *conf)
{
	struct dp_msg_conn m = { .conf = *conf };
	int err;

	memset(&m.conf.proposals, 0, sizeof(m.conf.proposals));
	m.conf.children = NULL;
	m.conf.n_children = 0;
	err = to->send(to->ctx, DP_MSG_CONN, &m, sizeof(m));
	for (size_t i = 0; !err && i < conf->n_children; i++)
		err = put_child(to, &conf->children[i]);
	return err;
}

int dp_seam_put_config(const struct config *c,
		       int (*send)(void *ctx, enum dp_msg type, const void *msg,
				   size_t bytes),
		       void *ctx)
{
	const struct outlet to = { send, ctx };
	const struct dp_msg_commit commit = { c->gateway.default_action,
					      c->gateway.mss_clamp };
	int err = 0;

	for (size_t i = 0; !err && i < c->gateway.n_ifaces; i++)
		err = put_iface(&to, &c->gateway.ifaces[i]);
	for (size_t i = 0; !err && i < c->n_manual; i++)
		err = put_manual(&to, &c->manual[i]);
	for (size_t i = 0; !err && i < c->n_policies; i++)
		err = put_policy(&to, &c->policies[i]);
	for (size_t i = 0; !err && i < c->n_conns; i++)
		err = put_conn(&to, &c->conns[i]);
	return err ? err : send(ctx, DP_MSG_COMMIT, &commit, sizeof(commit));
}

/* --- in */

/* One more of an array; NULL: no memory. */
static void *add(void *array, size_t *n, size_t bytes)
{
	void **at = array;
	uint8_t *more = realloc(*at, (*n + 1) * bytes);

	if (!more)
		return NULL;
	*at = more;
	memset(more + *n * bytes, 0, bytes);
	return more + bytes * (*n)++;
}

static int get_iface(struct config *c, const struct dp_msg_iface *m)
{
	struct gateway_conf *g = &c->gateway;
	char **name, *file;

	if (g->n_ifaces == IFACE_MAX)
		return -EINVAL;
	file = strndup(m->file, sizeof(m->file) - 1);
	name = file ? add(&c->included, &c->n_included, sizeof(*name)) : NULL;
	if (!name) {
		free(file);
		return -ENOMEM;
	}
	*name = file;
	g->ifaces[g->n_ifaces] = m->conf;
	g->ifaces[g->n_ifaces++].place.file = file;
	return 0;
}

static int get_manual(struct config *c, const struct dp_msg_manual *m)
{
	const struct encr_alg *encr = encr_by_id(m->encr, m->encr_key_bits);
	const struct integ_alg *integ = integ_by_id(m->integ);
	struct manual_conf *conf;

	if (!encr || !integ || c->n_manual == MANUAL_MAX)
		return -EINVAL;
	if (!c->manual) /* at once: moved, keys would stay behind */
		c->manual = calloc(MANUAL_MAX, sizeof(*conf));
	if (!c->manual)
		return -ENOMEM;
	conf = &c->manual[c->n_manual++];
	*conf = m->conf;
	conf->encr = encr;
	conf->integ = integ;
	return 0;
}

static int get_policy(struct config *c, const struct dp_msg_policy *m)
{
	struct policy_conf *conf;

	if (c->n_policies == SPD_MAX ||
	    (m->conf.action == SPD_PROTECT && m->conf.manual >= c->n_manual))
		return -EINVAL;
	conf = add(&c->policies, &c->n_policies, sizeof(*conf));
	if (!conf)
		return -ENOMEM;
	*conf = m->conf;
	return 0;
}

static int get_conn(struct config *c, const struct dp_msg_conn *m)
{
	struct conn_conf *conf = add(&c->conns, &c->n_conns, sizeof(*conf));

	if (!conf)
		return -ENOMEM;
	*conf = m->conf;
	return 0;
}

static int get_child(struct config *c, const struct dp_msg_child *m)
{
	struct child_conf *conf;
	struct conn_conf *conn;

	if (!c->n_conns)
		return -EINVAL;
	conn = &c->conns[c->n_conns - 1];
	conf = add(&conn->children, &conn->n_children, sizeof(*conf));
	if (!conf)
		return -ENOMEM;
	*conf = m->conf;
	return 0;
}

int dp_seam_get_piece(struct config *c, uint16_t type, const void *msg)
{
	switch (type) {
	case DP_MSG_IFACE:
		return get_iface(c, msg);
	case DP_MSG_MANUAL:
		return get_manual(c, msg);
	case DP_MSG_POLICY:
		return get_policy(c, msg);
	case DP_MSG_CONN:
		return get_conn(c, msg);
	case DP_MSG_CHILD:
		return get_child(c, msg);
	default:
		return -EINVAL;
	}
}
