/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events by name, as clients register for them, and the ones that nobody asked
 * for at that moment: of SAs that are up, rekeyed, moved and down, log and
 * control-log. Packets go into a buffer; no sockets in here. Control thread.
 */
#ifndef CYG_CONTROL_EVENTS_H
#define CYG_CONTROL_EVENTS_H

#include "ctrl/control/server.h"
#include "ctrl/control/vici.h"

struct evbuffer;

enum topic {
	TOPIC_IKE_UPDOWN,
	TOPIC_CHILD_UPDOWN,
	TOPIC_IKE_REKEY,
	TOPIC_CHILD_REKEY,
	TOPIC_IKE_UPDATE,
	TOPIC_ALERT,
	TOPIC_LOG,
	TOPIC_CONTROL_LOG,
	TOPIC_LIST_SA,
	TOPIC_LIST_CONN,
	TOPIC_LIST_POLICY,
	TOPIC_LIST_CERT,
	TOPIC_LIST_AUTHORITY,
	TOPIC_DEBUG,
	TOPIC_PART, /* our own: a row of an answer that has very many */
	TOPIC_N,
};

/* false: there is no such event. */
MUST_CHECK bool topic_find(struct slice name, enum topic *out);

/* Where a client's events go. */
struct sink {
	uint32_t topics; /* for which it is registered: 1 << enum topic */
	struct evbuffer *to;
};

/* NULL wants nothing. */
bool sink_wants(const struct sink *sink, enum topic topic);

/* Sets b up for an event, which sink_put() finishes, adds and frees. */
void event_start(struct vici_builder *b, enum topic topic);

/* false: out of memory, or it is too large for a packet. */
MUST_CHECK bool sink_put(const struct sink *sink, struct vici_builder *b);

/*
 * What happened, for a client that is registered for it, and in words as log. What
 * comes in an elder's place is told as its rekeying, and then neither is up or
 * down. false: as of sink_put().
 *
 * now_ns   of clock_ns()
 */
MUST_CHECK bool event_tell(const struct sink *sink,
			   const struct control_event *e, uint64_t now_ns);

/* The same in words, for one that waits for it. Likewise. */
MUST_CHECK bool event_log(const struct sink *sink, enum topic topic,
			  const struct control_event *e);

#endif
