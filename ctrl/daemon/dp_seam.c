// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/dp_seam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct seam_kind dp_seam_to_dp[] = {
	SEAM_KIND(DP_MSG_IFACE, struct dp_msg_iface),
	SEAM_KIND(DP_MSG_MANUAL, struct dp_msg_manual),
	SEAM_KIND(DP_MSG_POLICY, struct dp_msg_policy),
	SEAM_KIND_LEAST(DP_MSG_CONN, struct dp_msg_conn, CONN_HEAD_BYTES),
	SEAM_KIND_LEAST(DP_MSG_CHILD, struct dp_msg_child, CHILD_HEAD_BYTES),
	SEAM_KIND(DP_MSG_COMMIT, struct dp_msg_commit),
	SEAM_KIND(DP_MSG_SETTLE, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_UNDO, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_STOP, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_LOOK, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_SOCKETS, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_IKE, struct dp_msg_empty),
	SEAM_KIND(DP_MSG_LOOKUP, struct dp_msg_lookup),
	SEAM_KIND(DP_MSG_PEER, struct conn_peer),
	SEAM_KIND(DP_MSG_VIPS, struct conn_vips),
	SEAM_KIND(DP_MSG_POOL, struct pool_addrs),
	SEAM_KIND(DP_MSG_EXPLAIN, struct dp_msg_explain),
	SEAM_KIND(DP_MSG_CAPTURE, struct dp_msg_capture),
	SEAM_KIND(DP_MSG_STREAM, struct dp_msg_stream),
	SEAM_KIND(DP_MSG_PAIRS, struct dp_msg_empty),
};

const struct seam_kind dp_seam_to_ctl[] = {
	SEAM_KIND(DP_MSG_HELLO, struct dp_msg_hello),
	SEAM_KIND(DP_MSG_IDS, struct dp_msg_ids),
	SEAM_KIND(DP_MSG_COMMITTED, struct dp_msg_committed),
	SEAM_KIND_LEAST(DP_MSG_SAS, struct dp_msg_sas,
			offsetof(struct dp_msg_sas, octets)),
	SEAM_KIND(DP_MSG_LOOKED, struct dp_msg_looked),
	SEAM_KIND(DP_MSG_LET_OUT, struct dp_msg_lookup),
	SEAM_KIND(DP_MSG_EXPLAINED, struct dp_msg_explained),
	SEAM_KIND(DP_MSG_CAPTURING, struct dp_msg_capturing),
	SEAM_KIND(DP_MSG_STREAM_OUT, struct dp_msg_stream),
	SEAM_KIND(DP_MSG_PAIR, struct dp_msg_pair),
};

const struct seam_kind dp_seam_from_ike[] = {
	SEAM_KIND(DP_MSG_REQUEST, struct sadb_request),
};

const struct seam_kind dp_seam_to_ike[] = {
	SEAM_KIND(DP_MSG_ANSWER, struct sadb_answer),
	SEAM_KIND(DP_MSG_EVENT, struct sadb_event),
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
		.encr_key_bits = encr_attr_bits(conf->encr),
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
	struct dp_msg_child m;

	memcpy(&m.conf, conf, CHILD_HEAD_BYTES);
	suites_of(&conf->proposals, &m.conf.suites);
	m.conf.suites.modes = (uint8_t)(1U << conf->mode);
	return to->send(to->ctx, DP_MSG_CHILD, &m, CHILD_HEAD_BYTES);
}

static int put_conn(const struct outlet *to, const struct conn_conf *conf)
{
	struct dp_msg_conn m;
	int err;

	memcpy(&m.conf, conf, CONN_HEAD_BYTES);
	m.conf.children = NULL;
	m.conf.n_children = 0;
	m.conf.more_rounds = NULL; /* the data path has no use for them */
	m.conf.n_more_local = m.conf.n_more_remote = 0;
	err = to->send(to->ctx, DP_MSG_CONN, &m, CONN_HEAD_BYTES);
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
	struct dp_msg_commit commit = { .gateway = c->gateway };
	int err = 0;

	memset(commit.gateway.ifaces, 0, sizeof(commit.gateway.ifaces));
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

/* One more of an array, which has room up to the next power of two; NULL: no
 * memory. */
static void *add(void *array, size_t *n, size_t bytes)
{
	bool is_full = (*n & (*n - 1)) == 0; /* 0 is, too */
	void **at = array;
	uint8_t *more = *at;

	if (is_full)
		more = realloc(*at, (*n ? 2 * *n : 1) * bytes);
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

/* Each policy and each pair of a child has a place in the SPD. */
static bool spd_is_full(const struct config *c, size_t more)
{
	return more > SPD_MAX || c->n_entries > SPD_MAX - more;
}

static int get_policy(struct config *c, const struct dp_msg_policy *m)
{
	struct policy_conf *conf;

	if (spd_is_full(c, 1) ||
	    (m->conf.action == SPD_PROTECT && m->conf.manual != MANUAL_NONE &&
	     m->conf.manual >= c->n_manual))
		return -EINVAL;
	conf = add(&c->policies, &c->n_policies, sizeof(*conf));
	if (!conf)
		return -ENOMEM;
	c->n_entries++;
	*conf = m->conf;
	return 0;
}

static int get_conn(struct config *c, const struct dp_msg_conn *m)
{
	struct conn_conf *conf = add(&c->conns, &c->n_conns, sizeof(*conf));

	if (!conf)
		return -ENOMEM;
	memcpy(conf, &m->conf, CONN_HEAD_BYTES);
	return 0;
}

/* 0: it can't be. */
static size_t pairs_of(const struct child_conf *child)
{
	size_t n;

	if (child->n_local_ts > CONN_TS_MAX || child->n_remote_ts > CONN_TS_MAX)
		return 0;
	n = child_pairs(child);
	return n <= SADB_SELECTORS_MAX ? n : 0;
}

static int get_child(struct config *c, const struct dp_msg_child *m)
{
	const size_t n = pairs_of(&m->conf);
	struct child_conf *conf;
	struct conn_conf *conn;

	if (!c->n_conns || !n || spd_is_full(c, n))
		return -EINVAL;
	conn = &c->conns[c->n_conns - 1];
	conf = add(&conn->children, &conn->n_children, sizeof(*conf));
	if (!conf)
		return -ENOMEM;
	c->n_entries += n;
	memcpy(conf, &m->conf, CHILD_HEAD_BYTES);
	return 0;
}

void dp_seam_get_gateway(struct config *c, const struct dp_msg_commit *m)
{
	const struct gateway_conf own = c->gateway;

	c->gateway = m->gateway;
	memcpy(c->gateway.ifaces, own.ifaces, sizeof(own.ifaces));
	c->gateway.n_ifaces = own.n_ifaces;
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
