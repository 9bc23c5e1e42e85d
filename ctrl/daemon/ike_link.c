// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/keystore.h"
#include "ctrl/daemon/loaded.h"
#include "ctrl/daemon/mirror.h"
#include "ctrl/daemon/records.h"
#include "ctrl/daemon/role.h"
#include "ctrl/daemon/signer.h"
#include "ctrl/daemon/tickets.h"
#include "include/limits.h"

#define MAX_ERRNO 4095
#define STOP_MS	  2000

struct ike_link {
	struct ike_link_spec spec;
	struct role *role;
	struct mirror *mirror;
	struct mirror *before; /* of the ike that ended, until the next one has
				  shown its SAs; else NULL */
	struct records *records;
	struct leases *leases;
	struct psk_index keys; /* of spec.psks, as far as they are fresh */
	bool keys_are_fresh;
	struct signer *signer;
	struct tickets *tickets;
	uint16_t generation; /* of the ike that is there, or was */
	bool is_full;	     /* a line said so */
	/* What strangers cause does not leave out what comes of our own SAs. */
	struct log_limit refused, failed, happened;
	bool ready;
	bool started;		    /* what comes up by itself was told to */
	void (*stopped)(void *ctx); /* NULL: it is not to stop */
	void *stopped_ctx;
};

static int put(struct ike_link *l, enum ike_msg type, const void *msg,
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
	struct ike_msg_conn m;
	struct ike_msg_child child;

	ike_seam_put_conn(&m, conn);
	put_one(l, IKE_MSG_CONN, &m, ike_seam_conn_bytes(&m));
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
	return put(l, IKE_MSG_COMMAND, &m, sizeof(m));
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
	return put(l, IKE_MSG_REDIRECT, &m, sizeof(m));
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
	return stays && conn_equal_ike(was, conn);
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
	put(l, IKE_MSG_OPTIONS, &o, sizeof(o));
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
	put(l, IKE_MSG_GENERATION, &m, sizeof(m));
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
	put(l, IKE_MSG_LOADED, &m, sizeof(m));
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

/* A fresh one goes on with the records of the one before; another one that an
 * earlier ctl left sends its own again. */
static void on_ready(struct ike_link *l, const struct ike_msg_ready *m)
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
	put(l, IKE_MSG_LOADED, &loaded, sizeof(loaded));
}

/* --- what it says */

/* Where they are others, they are found anew when the first one is asked for. */
static bool has_keys(struct ike_link *l)
{
	if (!l->keys_are_fresh) {
		psk_index_free(&l->keys);
		l->keys_are_fresh =
			!psk_index_make(&l->keys, l->spec.psks, l->spec.n_psks);
	}
	return l->keys_are_fresh;
}

static void put_answer(void *ctx, const struct keystore_answer *a)
{
	struct ike_link *l = ctx;

	if (a->err && log_may(&l->refused, "keystore", clock_ns()))
		log_info("keystore: request refused: %s", strerror(-a->err));
	put(l, IKE_MSG_KEYSTORE_ANSWER, a, sizeof(*a));
}

static void on_keystore(struct ike_link *l, const struct keystore_request *q)
{
	struct keystore_answer a;

	if (q->op == KEYSTORE_SIGN) {
		signer_ask(l->signer, l->spec.conns, l->spec.n_conns, q);
		return;
	}
	if (has_keys(l))
		keystore_serve_of(&l->keys, q, &a);
	else /* there was no memory */
		keystore_serve(l->spec.psks, l->spec.n_psks, q, &a);
	put_answer(l, &a);
	explicit_bzero(&a, sizeof(a));
}

static void on_ticket(struct ike_link *l, const struct ticket_request *q)
{
	struct ticket_answer a;

	tickets_serve(l->tickets, q, clock_ns(), &a);
	if (q->op != TICKET_REVOKE)
		put(l, IKE_MSG_TICKET_ANSWER, &a, sizeof(a));
	explicit_bzero(&a, sizeof(a));
}

static const char *kind_str(enum ike_event_kind kind)
{
	switch (kind) {
	case IKE_EV_IKE_UP:
		return "ike_sa up";
	case IKE_EV_IKE_DOWN:
		return "ike_sa down";
	case IKE_EV_CHILD_UP:
		return "child_sa up";
	case IKE_EV_CHILD_DOWN:
		return "child_sa down";
	case IKE_EV_IKE_MOVED:
		return "ike_sa moved";
	case IKE_EV_ALERT:
		return "alert";
	case IKE_EV_FAILED:
		return "failed";
	}
	return "unknown event";
}

static void log_event(struct ike_link *l, const struct ike_event *event)
{
	const struct ike_event e = *event;
	bool failed = e.kind == IKE_EV_FAILED;
	char local[END_STR_MAX], remote[END_STR_MAX];

	if (e.kind == IKE_EV_ALERT)
		return; /* what it is about has a line of its own */
	if (!log_may(failed ? &l->failed : &l->happened,
		     failed ? "ike failed" : "ike", clock_ns()))
		return;
	if (e.kind == IKE_EV_CHILD_UP || e.kind == IKE_EV_CHILD_DOWN)
		log_info("ike: %s conn=%s child=%s ike_id=%u spi_in=%08x spi_out=%08x%s%s",
			 kind_str(e.kind), e.conn, e.child, e.ike_id, e.spi_in,
			 e.spi_out, *e.text ? ": " : "", e.text);
	else if (failed && addr_is_none(&e.path.remote))
		log_warn("ike: failed conn=%s child=%s: %s", e.conn, e.child,
			 e.text);
	else if (failed)
		log_warn("ike: failed conn=%s child=%s local=%s remote=%s: %s",
			 e.conn, e.child, addr_str(&e.path.local, local),
			 addr_str(&e.path.remote, remote), e.text);
	else
		log_info("ike: %s conn=%s ike_id=%u local=%s remote=%s%s%s",
			 kind_str(e.kind), e.conn, e.ike_id,
			 end_str(&e.path.local, e.path.local_port, local),
			 end_str(&e.path.remote, e.path.remote_port, remote),
			 *e.text ? ": " : "", e.text);
}

static void on_traced(struct ike_link *l, const struct ike_msg_traced *from)
{
	struct ike_msg_traced copy = *from;
	struct ike_traced t;

	ike_seam_get_traced(&copy, &t);
	if (l->spec.traced)
		l->spec.traced(l->spec.ctx, &t);
}

static void on_event(struct ike_link *l, const struct ike_msg_event *from)
{
	struct child_sa_view child, elder_child;
	struct ike_msg_event copy = *from;
	struct ike_sa_view ike, elder;
	struct ike_event e;

	ike_seam_get_event(&copy, &e);
	/* Its kind is what it says: an index, elsewhere. */
	if (l->spec.event && e.kind <= IKE_EV_FAILED) {
		const struct mirror *m = l->mirror;
		const struct ike_event_views views = {
			.ike = mirror_ike(m, e.ike_id, &ike) ? &ike : NULL,
			.elder = mirror_ike(m, e.elder_id, &elder) ? &elder
								   : NULL,
			.child = mirror_child(m, e.spi_in, &child) ? &child
								   : NULL,
			.elder_child =
				mirror_child(m, e.elder_spi_in, &elder_child)
					? &elder_child
					: NULL,
		};

		l->spec.event(l->spec.ctx, &e, &views);
	}
	log_event(l, &e);
}

static void on_done(struct ike_link *l, const struct ike_msg_done *done)
{
	if (done->err > 0 || done->err < -MAX_ERRNO)
		return; /* it lies */
	if (done->token && l->spec.done)
		l->spec.done(l->spec.ctx, done->token, done->err, done->n);
	else if (done->err && done->err != -EALREADY &&
		 done->err != -EADDRNOTAVAIL && /* an event said so */
		 log_may(&l->failed, "ike failed", clock_ns()))
		log_warn("ike: cannot initiate: %s", strerror(-done->err));
}

static void on_shown(struct ike_link *l)
{
	struct sas *lost = l->before ? mirror_lost(l->before, l->mirror) : NULL;

	mirror_free(l->before);
	l->before = NULL;
	if (lost && (lost->n_ike || lost->n_child))
		l->spec.lost(l->spec.ctx, lost);
	sas_free(lost);
	if (!l->started)
		l->spec.shown(l->spec.ctx);
}

/* What cannot be kept is not taken over; it must not stand still for that. */
static void on_record(struct ike_link *l, const struct ike_record *record)
{
	const struct ike_msg_recorded m = { record->number };
	int err = records_put(l->records, record);

	if (err && !l->is_full && log_may(&l->happened, "ike", clock_ns()))
		log_warn("ike: not all SAs can be taken over when it ends: %s",
			 strerror(-err));
	l->is_full = err;
	if (!record->more && record->number)
		put(l, IKE_MSG_RECORDED, &m, sizeof(m));
}

static void on_resolve(struct ike_link *l, const struct ike_msg_resolve *from)
{
	struct ike_msg_resolve m = *from;

	m.conn[sizeof(m.conn) - 1] = '\0';
	l->spec.resolve(l->spec.ctx, m.conn, m.urgent);
}

static void on_stream_open(struct ike_link *l,
			   const struct ike_msg_stream_open *from)
{
	struct ike_msg_stream_open m = *from;

	m.conn[sizeof(m.conn) - 1] = '\0';
	l->spec.stream_open(l->spec.ctx, m.conn, m.token, &m.ends);
}

static void on_counts(struct ike_link *l, const struct ike_msg_counts *from)
{
	struct ike_msg_counts m = *from;

	m.conn[sizeof(m.conn) - 1] = '\0';
	l->spec.counted(l->spec.ctx, m.conn, &m.more);
}

static void on_ike_view(struct ike_link *l, const struct ike_sa_view *v)
{
	mirror_put_ike(l->mirror, v);
	l->spec.seen(l->spec.ctx);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	struct ike_link *l = ctx;

	role_close_all(fds, n_fds); /* it has nothing to give */
	if (type == IKE_MSG_READY)
		on_ready(l, msg);
	else if (type == IKE_MSG_SHOWN)
		on_shown(l);
	else if (type == IKE_MSG_RECORD)
		on_record(l, msg);
	else if (type == IKE_MSG_KEYSTORE_REQUEST)
		on_keystore(l, msg);
	else if (type == IKE_MSG_TICKET_REQUEST)
		on_ticket(l, msg);
	else if (type == IKE_MSG_IKE_VIEW)
		on_ike_view(l, msg);
	else if (type == IKE_MSG_CHILD_VIEW)
		mirror_put_child(l->mirror, msg);
	else if (type == IKE_MSG_LEASE)
		leases_put(l->leases, msg);
	else if (type == IKE_MSG_EVENT)
		on_event(l, msg);
	else if (type == IKE_MSG_DONE)
		on_done(l, msg);
	else if (type == IKE_MSG_RESOLVE)
		on_resolve(l, msg);
	else if (type == IKE_MSG_STREAM_OPEN)
		on_stream_open(l, msg);
	else if (type == IKE_MSG_WANT)
		l->spec.want(l->spec.ctx, msg);
	else if (type == IKE_MSG_TRACED)
		on_traced(l, msg);
	else if (type == IKE_MSG_COUNTS)
		on_counts(l, msg);
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
						    .answer = put_answer,
						    .ctx = l };
		const struct role_spec role = {
			.base = spec->base,
			.name = "ike",
			.folder = spec->folder,
			.debug = spec->debug,
			.kinds = ike_seam_to_ctl,
			.n_kinds = ike_seam_to_ctl_n,
			.last = true, /* it may flood */
			.message = on_message,
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
	put(l, IKE_MSG_STOP, &stop, sizeof(stop));
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

	put(l, IKE_MSG_STREAM_REFUSED, &m, sizeof(m));
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
		role_send(l->role, IKE_MSG_FETCHED, &m, IKE_FETCHED_LEAST + m.n);
	} while (octets.len);
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
	put(l, IKE_MSG_RESOLVED, &m, sizeof(m));
}

void ike_link_trace(struct ike_link *l, const struct addr *peer,
		    uint64_t until_ns)
{
	const struct ike_msg_trace m = { .until_ns = until_ns, .peer = *peer };

	if (l->ready)
		put(l, IKE_MSG_TRACE, &m, sizeof(m));
}
