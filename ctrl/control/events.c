// SPDX-License-Identifier: BSD-2-Clause
/*
 * An event without a view of its SA has its names alone. `log` carries what
 * the events say, not the daemon's log: that goes to its own place.
 */
#include "ctrl/control/events.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/control/list_sas.h"

#define LOG_LEVEL 1 /* charon's for what an operator wants to see */

static const char *const names[TOPIC_N] = {
	[TOPIC_IKE_UPDOWN] = "ike-updown",
	[TOPIC_CHILD_UPDOWN] = "child-updown",
	[TOPIC_IKE_REKEY] = "ike-rekey",
	[TOPIC_CHILD_REKEY] = "child-rekey",
	[TOPIC_IKE_UPDATE] = "ike-update",
	[TOPIC_ALERT] = "alert",
	[TOPIC_LOG] = "log",
	[TOPIC_CONTROL_LOG] = "control-log",
	[TOPIC_LIST_SA] = "list-sa",
	[TOPIC_LIST_CONN] = "list-conn",
	[TOPIC_LIST_POLICY] = "list-policy",
	[TOPIC_LIST_CERT] = "list-cert",
	[TOPIC_LIST_AUTHORITY] = "list-authority",
	[TOPIC_DEBUG] = "cygnet-debug",
	[TOPIC_PART] = "cygnet-part",
};

bool topic_find(struct slice name, enum topic *out)
{
	for (unsigned int i = 0; i < TOPIC_N; i++) {
		if (strlen(names[i]) != name.len ||
		    memcmp(names[i], name.ptr, name.len) != 0)
			continue;
		*out = (enum topic)i;
		return true;
	}
	return false;
}

bool sink_wants(const struct sink *sink, enum topic topic)
{
	return sink && sink->topics & 1U << topic;
}

void event_start(struct vici_builder *b, enum topic topic)
{
	vici_start(b, VICI_EVENT, names[topic]);
}

bool sink_put(const struct sink *sink, struct vici_builder *b)
{
	bool ok = vici_finish(b) && evbuffer_add(sink->to, b->ptr, b->len) == 0;

	vici_builder_free(b);
	return ok;
}

static const char *known(const char *text)
{
	return text ? text : "";
}

/* Whose section stands in an event. */
static const char *ike_name(const struct control_event *e)
{
	return e->ike ? e->ike->conn : known(e->conn);
}

static void say_what(const struct control_event *e, char *buf, size_t max)
{
	const char *conn = ike_name(e), *child = known(e->child);

	switch (e->kind) {
	case CONTROL_IKE_UP:
		snprintf(buf, max, "IKE SA '%s' is %s", conn,
			 e->elder ? "rekeyed" : "up");
		return;
	case CONTROL_IKE_DOWN:
		snprintf(buf, max, "IKE SA '%s' is down", conn);
		return;
	case CONTROL_CHILD_UP:
		snprintf(buf, max, "child '%s' is %s", child,
			 e->elder_child ? "rekeyed" : "up");
		return;
	case CONTROL_CHILD_DOWN:
		snprintf(buf, max, "child '%s' is down", child);
		return;
	case CONTROL_IKE_MOVED:
		snprintf(buf, max, "IKE SA '%s' goes on from elsewhere", conn);
		return;
	case CONTROL_ALERT:
		snprintf(buf, max, "alert: %s", known(e->alert));
		return;
	case CONTROL_FAILED:
		snprintf(buf, max, "'%s' failed", *child ? child : conn);
		return;
	case CONTROL_IKE_GONE:
		snprintf(buf, max, "the IKE process ended");
		return;
	}
}

bool event_log(const struct sink *sink, enum topic topic,
	       const struct control_event *e)
{
	bool of_child =
		e->kind == CONTROL_CHILD_UP || e->kind == CONTROL_CHILD_DOWN;
	char what[2 * CONN_NAME_MAX + 32];
	const char *text = known(e->text);
	struct vici_builder b;

	/* What an alert is about is told in words of its own. */
	if (!sink_wants(sink, topic) || e->kind == CONTROL_ALERT)
		return true;
	say_what(e, what, sizeof(what));
	event_start(&b, topic);
	vici_str(&b, "group", of_child ? "CHD" : "IKE");
	vici_fmt(&b, "level", "%d", LOG_LEVEL);
	if (*ike_name(e))
		vici_str(&b, "ikesa-name", ike_name(e));
	if (e->ike)
		vici_fmt(&b, "ikesa-uniqueid", "%u", e->ike->id);
	vici_fmt(&b, "msg", "%s%s%s", what, *text ? ": " : "", text);
	return sink_put(sink, &b);
}

static bool tell_updown(const struct sink *sink, enum topic topic,
			const struct control_event *e, uint64_t now_ns)
{
	bool up = e->kind == CONTROL_IKE_UP || e->kind == CONTROL_CHILD_UP;
	struct vici_builder b;

	if (!sink_wants(sink, topic) || !*ike_name(e))
		return true;
	event_start(&b, topic);
	if (up)
		vici_str(&b, "up", "yes");
	vici_section(&b, ike_name(e));
	if (e->ike)
		put_ike_sa(&b, e->ike, now_ns);
	if (topic == TOPIC_CHILD_UPDOWN) {
		vici_section(&b, "child-sas");
		if (e->child_sa)
			put_child_sa(&b, e->child_sa, NULL, now_ns);
		vici_section_end(&b);
	}
	vici_section_end(&b);
	return sink_put(sink, &b);
}

static bool tell_ike_rekey(const struct sink *sink,
			   const struct control_event *e, uint64_t now_ns)
{
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_IKE_REKEY) || !e->ike)
		return true;
	event_start(&b, TOPIC_IKE_REKEY);
	vici_section(&b, e->elder->conn);
	vici_section(&b, "old");
	put_ike_sa(&b, e->elder, now_ns);
	vici_section_end(&b);
	vici_section(&b, "new");
	put_ike_sa(&b, e->ike, now_ns);
	vici_section_end(&b);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

static bool tell_child_rekey(const struct sink *sink,
			     const struct control_event *e, uint64_t now_ns)
{
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_CHILD_REKEY) || !e->ike || !e->child_sa)
		return true;
	event_start(&b, TOPIC_CHILD_REKEY);
	vici_section(&b, e->ike->conn);
	put_ike_sa(&b, e->ike, now_ns);
	vici_section(&b, "child-sas");
	vici_section(&b, e->elder_child->name);
	vici_section(&b, "old");
	put_child_fields(&b, e->elder_child, NULL, now_ns);
	vici_section_end(&b);
	vici_section(&b, "new");
	put_child_fields(&b, e->child_sa, NULL, now_ns);
	vici_section_end(&b);
	vici_section_end(&b);
	vici_section_end(&b);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

static bool tell_update(const struct sink *sink, const struct control_event *e,
			uint64_t now_ns)
{
	char addr[ADDR_STR_MAX];
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_IKE_UPDATE) || !e->ike)
		return true;
	event_start(&b, TOPIC_IKE_UPDATE);
	vici_str(&b, "local-host", addr_str(&e->local, addr));
	vici_fmt(&b, "local-port", "%u", e->local_port);
	vici_str(&b, "remote-host", addr_str(&e->remote, addr));
	vici_fmt(&b, "remote-port", "%u", e->remote_port);
	vici_section(&b, e->ike->conn);
	put_ike_sa(&b, e->ike, now_ns);
	vici_section_end(&b);
	return sink_put(sink, &b);
}

static bool tell_alert(const struct sink *sink, const struct control_event *e,
		       uint64_t now_ns)
{
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_ALERT))
		return true;
	event_start(&b, TOPIC_ALERT);
	vici_str(&b, "type", known(e->alert));
	if (e->ike) {
		vici_section(&b, "ike-sa");
		vici_section(&b, e->ike->conn);
		put_ike_sa(&b, e->ike, now_ns);
		vici_section_end(&b);
		vici_section_end(&b);
	}
	return sink_put(sink, &b);
}

bool event_tell(const struct sink *sink, const struct control_event *e,
		uint64_t now_ns)
{
	bool ok = true;

	switch (e->kind) {
	case CONTROL_IKE_UP:
	case CONTROL_IKE_DOWN:
		if (e->elder)
			ok = tell_ike_rekey(sink, e, now_ns);
		else if (!e->succeeded)
			ok = tell_updown(sink, TOPIC_IKE_UPDOWN, e, now_ns);
		break;
	case CONTROL_CHILD_UP:
	case CONTROL_CHILD_DOWN:
		if (e->elder_child)
			ok = tell_child_rekey(sink, e, now_ns);
		else if (!e->succeeded)
			ok = tell_updown(sink, TOPIC_CHILD_UPDOWN, e, now_ns);
		break;
	case CONTROL_IKE_MOVED:
		ok = tell_update(sink, e, now_ns);
		break;
	case CONTROL_ALERT:
		ok = tell_alert(sink, e, now_ns);
		break;
	case CONTROL_FAILED:
	case CONTROL_IKE_GONE:
		break;
	}
	return event_log(sink, TOPIC_LOG, e) && ok;
}
