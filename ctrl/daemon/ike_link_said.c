// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ike says. It may have been taken over: what it makes ctl keep or log is bounded.
 */
#include "ctrl/daemon/ike_link_state.h"

#include <errno.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/keystore.h"

#define MAX_ERRNO 4095

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

void ike_link_answer(void *ctx, const struct keystore_answer *a)
{
	struct ike_link *l = ctx;

	if (a->err && log_may(&l->refused, "keystore", clock_ns()))
		log_info("keystore: request refused: %s", strerror(-a->err));
	ike_link_put(l, IKE_MSG_KEYSTORE_ANSWER, a, sizeof(*a));
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
	ike_link_answer(l, &a);
	explicit_bzero(&a, sizeof(a));
}

static void on_ticket(struct ike_link *l, const struct ticket_request *q)
{
	struct ticket_answer a;

	tickets_serve(l->tickets, q, clock_ns(), &a);
	if (q->op != TICKET_REVOKE)
		ike_link_put(l, IKE_MSG_TICKET_ANSWER, &a, sizeof(a));
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
		ike_link_put(l, IKE_MSG_RECORDED, &m, sizeof(m));
}

static void on_resolve(struct ike_link *l, const struct ike_msg_resolve *from)
{
	struct ike_msg_resolve m = *from;

	m.conn[sizeof(m.conn) - 1] = '\0';
	l->spec.resolve(l->spec.ctx, m.conn, m.urgent);
}

static void on_resolve_gateway(struct ike_link *l,
			       const struct ike_msg_resolve_gateway *from)
{
	struct ike_msg_resolve_gateway m = *from;

	m.host[sizeof(m.host) - 1] = '\0';
	l->spec.resolve_gateway(l->spec.ctx, m.host);
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

void ike_link_said(void *ctx, uint16_t type, const void *msg, const int *fds,
		   size_t n_fds)
{
	struct ike_link *l = ctx;

	role_close_all(fds, n_fds); /* it has nothing to give */
	if (type == IKE_MSG_READY)
		ike_link_on_ready(l, msg);
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
	else if (type == IKE_MSG_RESOLVE_GATEWAY)
		on_resolve_gateway(l, msg);
	else if (type == IKE_MSG_STREAM_OPEN)
		on_stream_open(l, msg);
	else if (type == IKE_MSG_WANT)
		l->spec.want(l->spec.ctx, msg);
	else if (type == IKE_MSG_TRACED)
		on_traced(l, msg);
	else if (type == IKE_MSG_COUNTS)
		on_counts(l, msg);
}
