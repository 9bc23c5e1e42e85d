// SPDX-License-Identifier: BSD-2-Clause
/*
 * What others are told of IKE SAs and their children: events, alerts, and what
 * is to be counted.
 */
#include "ctrl/ike/sa.h"
#include "ctrl/ike/view.h"

/* Alerts of each type about messages that anybody may have sent. */
#define INVALID_PER_S 1
#define INVALID_BURST 5

static void tell(const struct engine *e, const struct ike_event *event)
{
	e->calls.event(e->calls.ctx, event);
}

static struct ike_event event_of(const struct ike_sa *sa,
				 enum ike_event_kind kind,
				 const struct child_sa *child, const char *text)
{
	return (struct ike_event){
		.kind = kind,
		.conn = sa->conn ? sa->conn->conf.name : "",
		.child = child ? child->conf->name : "",
		.ike_id = sa->view_id,
		.path = sa->path,
		.spi_in = child ? child->spi_in : 0,
		.spi_out = child ? child->spi_out : 0,
		.text = text,
	};
}

void sa_event(const struct ike_sa *sa, enum ike_event_kind kind,
	      const struct child_sa *child, const char *text)
{
	struct ike_event event = event_of(sa, kind, child, text);

	if (kind == IKE_EV_CHILD_DOWN)
		event.succeeded = child->succeeded;
	else if (kind == IKE_EV_IKE_DOWN)
		event.succeeded = sa->has_heir || sa->is_spare;
	/* Who hears that it is up finds it. */
	if (kind == IKE_EV_IKE_UP || kind == IKE_EV_CHILD_UP)
		view_flush(sa->e);
	tell(sa->e, &event);
}

void sa_event_heir(const struct ike_sa *sa, const struct child_sa *child,
		   uint32_t elder_id, uint32_t elder_spi_in)
{
	struct ike_event event =
		event_of(sa, child ? IKE_EV_CHILD_UP : IKE_EV_IKE_UP, child, "");

	event.elder_id = elder_id;
	event.elder_spi_in = elder_spi_in;
	view_flush(sa->e);
	tell(sa->e, &event);
}

void sa_alert(const struct ike_sa *sa, enum ike_alert alert)
{
	struct ike_event event = event_of(sa, IKE_EV_ALERT, NULL, "");

	event.alert = alert;
	if (!sa->is_stranger || !engine_is_in_trouble(sa->e))
		tell(sa->e, &event);
}

void invalid_message(struct engine *e, const struct ike_sa *sa,
		     const struct ike_path *path, enum ike_alert alert)
{
	struct ike_event event = {
		.kind = IKE_EV_ALERT,
		.conn = "",
		.child = "",
		.text = "",
	};

	sa_count(e, sa,
		 alert == IKE_ALERT_INVALID_IKE_SPI ? IKE_COUNT_INVALID_SPI
						    : IKE_COUNT_INVALID);
	if (!bucket_take(&e->invalid[alert], e->now_ns, INVALID_PER_S,
			 INVALID_BURST))
		return;
	if (sa)
		event = event_of(sa, IKE_EV_ALERT, NULL, "");
	event.alert = alert;
	event.path = *path;
	tell(e, &event);
}

/* Before it has authenticated itself a peer is nobody. */
static bool is_known(const struct ike_sa *sa)
{
	const struct exchange *x = &sa->peers;

	return sa->initiator || sa->established_ns ||
	       (x->kind == EX_AUTH && x->step == STEP_AUTH_MAKE);
}

void sa_count(const struct engine *e, const struct ike_sa *sa,
	      enum ike_count what)
{
	bool named = sa && sa->conn && is_known(sa);

	if (e->calls.count)
		e->calls.count(e->calls.ctx, named ? sa->conn->conf.name : "",
			       what);
}

void sa_count_message(const struct engine *e, const struct ike_sa *sa,
		      const struct ike_header *h, bool out)
{
	unsigned int first, more = out ? 2 : 0;

	switch (h->exchange) {
	case IKE_EXCH_IKE_SA_INIT:
		first = IKE_COUNT_INIT_IN_REQ;
		break;
	case IKE_EXCH_IKE_AUTH:
		first = IKE_COUNT_AUTH_IN_REQ;
		break;
	case IKE_EXCH_CREATE_CHILD_SA:
		first = IKE_COUNT_CREATE_CHILD_IN_REQ;
		break;
	case IKE_EXCH_INFORMATIONAL:
		first = IKE_COUNT_INFO_IN_REQ;
		break;
	default:
		return;
	}
	if (h->flags & IKE_FLAG_R)
		more++;
	sa_count(e, sa, (enum ike_count)(first + more));
}

static bool is_same_path(const struct ike_path *a, const struct ike_path *b)
{
	return addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) &&
	       a->local_port == b->local_port &&
	       a->remote_port == b->remote_port && a->stream == b->stream;
}

void sa_move(struct ike_sa *sa, const struct ike_path *path)
{
	struct ike_event event = event_of(sa, IKE_EV_IKE_MOVED, NULL, "");

	if (is_same_path(&sa->path, path))
		return;
	event.path = *path;
	/* Its view, until now, is the one that everybody has. */
	if (sa->state == IKE_ST_ESTABLISHED)
		tell(sa->e, &event);
	sa->path = *path;
	view_changed(sa);
}
