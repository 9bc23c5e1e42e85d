// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_link_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/loaded.h"
#include "include/limits.h"

#define STOP_MS 2000

int ike_link_put(struct ike_link *l, enum ike_msg type, const void *msg,
		 size_t bytes)
{
	return role_send(l->role, (uint16_t)type, msg, bytes);
}

/* Of as many as there are. */
static int put_one(struct ike_link *l, enum ike_msg type, const void *msg,
		   size_t bytes)
{
	return role_send_bulk(l->role, (uint16_t)type, msg, bytes);
}

static int put_fds(struct ike_link *l, enum ike_msg type, const int *fds,
		   size_t n)
{
	const struct ike_msg_empty m = { 0 };

	return role_send_fds(l->role, (uint16_t)type, &m, sizeof(m), fds, n);
}

/* --- what it is given */

static void put_conn(struct ike_link *l, const struct conn_conf *conn)
{
	const size_t n_rounds = (size_t)conn->n_more_local + conn->n_more_remote;
	struct ike_msg_conn m;
	struct ike_msg_child child;

	ike_seam_put_conn(&m, conn);
	put_one(l, IKE_MSG_CONN, &m, ike_seam_conn_bytes(&m));
	for (size_t i = 0; i < n_rounds; i++)
		put_one(l, IKE_MSG_ROUND, &conn->more_rounds[i],
			sizeof(conn->more_rounds[i]));
	for (size_t i = 0; i < conn->n_children; i++) {
		ike_seam_put_child(&child, &conn->children[i]);
		put_one(l, IKE_MSG_CHILD, &child, ike_seam_child_bytes(&child));
	}
}

static int put_target(struct ike_link *l, enum ike_command command,
		      uint64_t token, const struct ike_target *target,
		      bool force)
{
	const char *child = target->child ? target->child : "";
	struct ike_msg_command m = { .token = token,
				     .command = command,
				     .ike_id = target->ike_id,
				     .child_id = target->child_id,
				     .force = force };

	snprintf(m.conn, sizeof(m.conn), "%s", target->conn);
	snprintf(m.child, sizeof(m.child), "%s", child);
	return ike_link_put(l, IKE_MSG_COMMAND, &m, sizeof(m));
}

static int put_command(struct ike_link *l, enum ike_command command,
		       const char *conn, const char *child)
{
	const struct ike_target target = { .conn = conn, .child = child };

	return put_target(l, command, 0, &target, false);
}

int ike_link_command(struct ike_link *l, enum ike_command command,
		     uint64_t token, const struct ike_target *target, bool force)
{
	if (!l->ready)
		return -ENOTCONN;
	return put_target(l, command, token, target, force);
}

int ike_link_redirect(struct ike_link *l, uint64_t token,
		      const struct ike_redirect *what)
{
	const struct ike_msg_redirect m = { .token = token, .what = *what };

	if (!l->ready)
		return -ENOTCONN;
	return ike_link_put(l, IKE_MSG_REDIRECT, &m, sizeof(m));
}

static bool is_orphaned(const struct child_conf *child,
			const struct policy_set *policies)
{
	return policies && policy_set_has(policies, child->policy);
}

static bool has_orphans(const struct conn_conf *conn,
			const struct policy_set *policies)
{
	for (size_t k = 0; k < conn->n_children; k++)
		if (is_orphaned(&conn->children[k], policies))
			return true;
	return false;
}

/* Before anything is begun. */
static void tell_orphans(struct ike_link *l, const struct policy_set *policies)
{
	bool any = false;

	for (size_t i = 0; !any && i < l->spec.n_conns; i++)
		any = has_orphans(&l->spec.conns[i], policies);
	if (any)
		put_command(l, IKE_CMD_ORPHANS, "", NULL);
}

static bool is_to_start(const struct ike_link *l, const struct conn_conf *conn,
			const struct child_conf *child,
			const struct policy_set *policies)
{
	return ((child->start_action & CHILD_START) ||
		is_orphaned(child, policies)) &&
	       !mirror_has(l->mirror, conn->name, child->name);
}

/* After a later loading what an operator took down stays down. */
void ike_link_start_all(struct ike_link *l, const struct policy_set *policies)
{
	l->started = true;
	tell_orphans(l, policies);
	for (size_t i = 0; i < l->spec.n_conns; i++) {
		const struct conn_conf *c = &l->spec.conns[i];

		for (size_t k = 0; k < c->n_children; k++)
			if (is_to_start(l, c, &c->children[k], policies))
				put_command(l, IKE_CMD_INITIATE, c->name,
					    c->children[k].name);
	}
}

static bool is_same_child(const struct conn_conf *was,
			  const struct child_conf *child)
{
	const struct child_conf *old = conn_child(was, child->name);

	return old && child_equal(old, child);
}

/* Is there something of it that is to go on as it is? */
static bool stays_in_part(const struct conn_conf *was,
			  const struct conn_conf *conn)
{
	bool stays = false;

	for (size_t k = 0; k < conn->n_children && !stays; k++)
		stays = is_same_child(was, &conn->children[k]);
	return stays && conn_keeps_ike(was, conn);
}

void ike_link_start(struct ike_link *l, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	bool stays = was && stays_in_part(was, conn), ended = !was;

	for (size_t k = 0; l->started && k < conn->n_children; k++) {
		const struct child_conf *child = &conn->children[k];

		if (!(child->start_action & CHILD_START) ||
		    (stays && is_same_child(was, child)))
			continue;
		if (!ended)
			put_command(l, IKE_CMD_TERMINATE, conn->name,
				    stays ? child->name : NULL);
		ended = ended || !stays;
		put_command(l, IKE_CMD_INITIATE, conn->name, child->name);
	}
}

static bool has_ppks(const struct ike_link *l)
{
	for (size_t i = 0; i < l->spec.n_psks; i++)
		if (l->spec.psks[i].is_ppk)
			return true;
	return false;
}

static void put_options(struct ike_link *l)
{
	struct ike_options o = l->spec.options;

	o.has_ppks = has_ppks(l);
	ike_link_put(l, IKE_MSG_OPTIONS, &o, sizeof(o));
}

void ike_link_set_options(struct ike_link *l, const struct ike_options *options)
{
	l->spec.options = *options;
	if (l->ready)
		put_options(l);
}

void ike_link_set_psks(struct ike_link *l, const struct psk_conf *psks, size_t n)
{
	l->spec.psks = psks;
	l->spec.n_psks = n;
	l->keys_are_fresh = false;
	if (l->ready)
		put_options(l); /* which say whether there are PPKs */
	tickets_revoke(l->tickets);
}

void ike_link_set_pools(struct ike_link *l, const struct pool_conf *pools,
			size_t n)
{
	l->spec.pools = pools;
	l->spec.n_pools = n;
	leases_keep(l->leases, pools, n);
}

static int put_record(void *ctx, const struct ike_record *record)
{
	return put_one(ctx, IKE_MSG_RESTORE, record,
		       offsetof(struct ike_record, octets) + record->len);
}

/* No IV comes twice under one key: when the numbers are used up, the SAs go. */
static void next_generation(struct ike_link *l)
{
	struct ike_msg_generation m;

	if (l->generation == UINT16_MAX) {
		log_warn("ike: too many takeovers, its SAs are made anew");
		records_clear(l->records);
	}
	l->generation =
		records_count(l->records) ? (uint16_t)(l->generation + 1) : 0;
	m.generation = l->generation;
	ike_link_put(l, IKE_MSG_GENERATION, &m, sizeof(m));
}

static void put_pools(struct ike_link *l)
{
	for (size_t i = 0; i < l->spec.n_pools; i++)
		put_one(l, IKE_MSG_POOL, &l->spec.pools[i],
			sizeof(l->spec.pools[i]));
}

/* A CRL may be longer than a message. */
static void put_cred(struct ike_link *l, enum cred_kind kind,
		     struct slice octets)
{
	struct ike_msg_cred m = { .kind = kind };

	while (octets.len) {
		m.len = (uint32_t)(octets.len < sizeof(m.octets)
					   ? octets.len
					   : sizeof(m.octets));
		m.rest_bytes = (uint32_t)octets.len - m.len;
		memcpy(m.octets, octets.ptr, m.len);
		put_one(l, IKE_MSG_CRED, &m, ike_seam_cred_bytes(&m));
		octets = slice_of(octets.ptr + m.len, m.rest_bytes);
	}
}

void ike_link_put_creds(struct ike_link *l)
{
	const struct ike_msg_empty m = { 0 };
	enum cred_kind kind;
	struct slice octets;
	size_t at = 0;

	if (!l->ready || !l->spec.next_cred)
		return;
	put_one(l, IKE_MSG_CREDS_BEGIN, &m, sizeof(m));
	while (l->spec.next_cred(l->spec.ctx, &at, &kind, &octets))
		put_cred(l, kind, octets);
	put_one(l, IKE_MSG_CREDS_END, &m, sizeof(m));
}

/* Pools first: what was taken over has addresses of theirs. */
static void put_all(struct ike_link *l)
{
	put_pools(l);
	for (size_t i = 0; i < l->spec.n_conns; i++)
		put_conn(l, &l->spec.conns[i]);
}

static void put_new(void *ctx, const struct conn_conf *conn,
		    const struct conn_conf *was)
{
	(void)was;
	put_conn(ctx, conn);
}

static void put_gone(void *ctx, const char *name)
{
	struct ike_msg_unload m = { .conn = "" };

	snprintf(m.conn, sizeof(m.conn), "%s", name);
	put_one(ctx, IKE_MSG_UNLOAD, &m, sizeof(m));
}

void ike_link_load(struct ike_link *l, struct conn_conf *conns, size_t n)
{
	const struct loaded_calls put_calls = { put_gone, put_new, l };
	const struct conn_list was = { l->spec.conns, l->spec.n_conns };
	const struct conn_list now = { conns, n };
	const struct ike_msg_loaded m = { .rest_stays = true };

	l->spec.conns = conns;
	l->spec.n_conns = n;
	if (!l->ready)
		return;
	put_pools(l);
	loaded_tell_gone(&was, &now, &put_calls);
	loaded_tell_new(&was, &now, &put_calls);
	ike_link_put(l, IKE_MSG_LOADED, &m, sizeof(m));
}

/* Who had an address of before gets it again; it tells of all of them. */
static void put_leases(struct ike_link *l)
{
	size_t n;
	struct pool_lease *all = leases_copy(l->leases, &n);

	for (size_t i = 0; all && i < n; i++)
		put_one(l, IKE_MSG_LEASED, &all[i], sizeof(all[i]));
	free(all);
	leases_clear(l->leases);
}

/* Another one that an earlier ctl left sends its own records again. */
void ike_link_on_ready(struct ike_link *l, const struct ike_msg_ready *m)
{
	const struct ike_msg_loaded loaded = { .rest_stays = false };

	if (l->ready)
		return; /* it has said so before */
	l->ready = true;
	l->started = false;
	if (m->has_sockets) {
		records_clear(l->records);
		leases_clear(l->leases);
		l->generation = m->generation;
	} else {
		put_fds(l, IKE_MSG_SOCKETS, l->spec.fds,
			ike_udp_count(l->spec.fds));
		next_generation(l);
	}
	log_info("ike: up connections=%zu taken_over=%zu generation=%u",
		 l->spec.n_conns, records_count(l->records), l->generation);
	l->spec.ready(l->spec.ctx, m->has_sadb);
	put_options(l);
	ike_link_put_creds(l);
	put_all(l);
	put_leases(l);
	if (records_each(l->records, put_record, l))
		log_error("ike: not all SAs of before could be given to it");
	ike_link_put(l, IKE_MSG_LOADED, &loaded, sizeof(loaded));
}

/* --- its life */

/* What the one before that had not shown yet is nobody's. */
static void keep_before(struct ike_link *l)
{
	struct mirror *fresh = l->before ? NULL : mirror_new();

	if (!fresh) {
		mirror_clear(l->mirror);
		return;
	}
	l->before = l->mirror;
	l->mirror = fresh;
}

static void on_down(void *ctx, const char *why)
{
	struct ike_link *l = ctx;

	(void)why;
	l->ready = false;
	signer_forget(l->signer);
	keep_before(l);
	records_ended(l->records);
	l->spec.ended(l->spec.ctx);
	if (l->stopped)
		l->stopped(l->stopped_ctx);
}

int ike_link_new(const struct ike_link_spec *spec, struct ike_link **out,
		 struct error *e)
{
	struct ike_link *l = calloc(1, sizeof(*l));
	int err = error_set(e, -ENOMEM, "no memory for the link to ike");

	if (l) {
		const struct signer_spec signer = { .base = spec->base,
						    .keys = spec->sign_keys,
						    .certs = spec->cert_keys,
						    .answer = ike_link_answer,
						    .ctx = l };
		const struct role_spec role = {
			.base = spec->base,
			.name = "ike",
			.folder = spec->folder,
			.debug = spec->debug,
			.providers = spec->providers,
			.kinds = ike_seam_to_ctl,
			.n_kinds = ike_seam_to_ctl_n,
			.last = true, /* it may flood */
			.message = ike_link_said,
			.down = on_down,
			.ctx = l,
		};

		l->spec = *spec;
		l->mirror = mirror_new();
		l->records = records_new();
		l->leases = leases_new();
		l->tickets = tickets_new();
		l->signer = signer_new(&signer);
		if (l->mirror && l->records && l->leases && l->tickets &&
		    l->signer)
			err = role_new(&role, &l->role, e);
	}
	if (err) {
		ike_link_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void ike_link_stop(struct ike_link *l, void (*done)(void *ctx), void *ctx)
{
	const struct ike_msg_empty stop = { 0 };

	l->stopped = done;
	l->stopped_ctx = ctx;
	for (size_t i = 0; i < l->spec.n_conns; i++)
		put_command(l, IKE_CMD_TERMINATE, l->spec.conns[i].name, NULL);
	ike_link_put(l, IKE_MSG_STOP, &stop, sizeof(stop));
	role_end(l->role, STOP_MS);
}

void ike_link_free(struct ike_link *l)
{
	if (!l)
		return;
	role_free(l->role);
	mirror_free(l->mirror);
	mirror_free(l->before);
	records_free(l->records);
	psk_index_free(&l->keys);
	leases_free(l->leases);
	tickets_free(l->tickets);
	signer_free(l->signer);
	free(l);
}

bool ike_link_is_ready(const struct ike_link *l)
{
	return l && l->ready;
}

bool ike_link_is_started(const struct ike_link *l)
{
	return ike_link_is_ready(l) && l->started;
}

int ike_link_sadb(struct ike_link *l, int fd)
{
	return put_fds(l, IKE_MSG_SADB, &fd, 1);
}

int ike_link_streams(struct ike_link *l, int fd)
{
	return put_fds(l, IKE_MSG_STREAMS, &fd, 1);
}

void ike_link_stream_refused(struct ike_link *l, uint64_t token)
{
	const struct ike_msg_stream_refused m = { .token = token };

	ike_link_put(l, IKE_MSG_STREAM_REFUSED, &m, sizeof(m));
}

struct leases *ike_link_leases(const struct ike_link *l)
{
	return l->leases;
}

struct sas *ike_link_sas(const struct ike_link *l)
{
	return mirror_copy(l->before ? l->before : l->mirror);
}

struct sa_heads ike_link_heads(const struct ike_link *l)
{
	return mirror_heads(l->before ? l->before : l->mirror);
}

uint32_t ike_link_vips(const struct ike_link *l, const char *conn,
		       struct addr out[CONN_VIPS_MAX])
{
	return mirror_vips(l->before ? l->before : l->mirror, conn, out);
}

void ike_link_count(const struct ike_link *l, unsigned int *up,
		    unsigned int *connecting)
{
	mirror_count(l->before ? l->before : l->mirror, up, connecting);
}

void ike_link_fetched(struct ike_link *l, const uint8_t cert[CERTIFICATE_SHA256],
		      enum fetch_kind kind, struct slice octets)
{
	struct ike_msg_fetched m = { .kind = kind };
	struct slice piece;

	memcpy(m.cert, cert, sizeof(m.cert));
	do {
		m.n = octets.len < sizeof(m.octets) ? (uint32_t)octets.len
						    : sizeof(m.octets);
		if (!rd_slice(&octets, m.n, &piece))
			return;
		if (m.n)
			memcpy(m.octets, piece.ptr, m.n);
		m.more = octets.len > 0;
		put_one(l, IKE_MSG_FETCHED, &m, IKE_FETCHED_LEAST + m.n);
	} while (octets.len);
}

void ike_link_fetch_anew(struct ike_link *l)
{
	const struct ike_msg_empty m = { 0 };

	if (l->ready)
		put_one(l, IKE_MSG_FETCH_ANEW, &m, sizeof(m));
}

void ike_link_resolved(struct ike_link *l, const struct conn_peer *peer,
		       const char *why)
{
	struct ike_msg_resolved m = { .n = peer->n_now };

	if (!l->ready)
		return;
	memcpy(m.conn, peer->conn, sizeof(m.conn));
	memcpy(m.addrs, peer->now, sizeof(m.addrs));
	snprintf(m.text, sizeof(m.text), "%s", why);
	ike_link_put(l, IKE_MSG_RESOLVED, &m, sizeof(m));
}

void ike_link_gateway_resolved(struct ike_link *l, const char *host,
			       const struct addr *addrs, uint32_t n,
			       const char *why)
{
	struct ike_msg_gateway_resolved m = { .n = n };

	if (!l->ready)
		return;
	snprintf(m.host, sizeof(m.host), "%s", host);
	if (n)
		memcpy(m.addrs, addrs, n * sizeof(m.addrs[0]));
	snprintf(m.text, sizeof(m.text), "%s", why);
	ike_link_put(l, IKE_MSG_GATEWAY_RESOLVED, &m, sizeof(m));
}

void ike_link_trace(struct ike_link *l, const struct addr *peer,
		    uint64_t until_ns)
{
	const struct ike_msg_trace m = { .until_ns = until_ns, .peer = *peer };

	if (l->ready)
		ike_link_put(l, IKE_MSG_TRACE, &m, sizeof(m));
}
