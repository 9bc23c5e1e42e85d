/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened last to each connection, for who asks why. Bounded in all and by
 * connection, so that no peer makes what others did be forgotten; an event's
 * text may be cut. Control thread.
 */
#ifndef CYG_CONTROL_HISTORY_H
#define CYG_CONTROL_HISTORY_H

#include "ctrl/control/server.h"

#define HISTORY_MAX	 2048 /* events */
#define HISTORY_CONN_MAX 12   /* of one connection */
#define HISTORY_TEXT_MAX 256

struct history;

struct happened {
	uint64_t at_ns; /* of clock_ns() */
	enum control_event_kind kind;
	struct addr peer;	   /* all 0: not known */
	char conn[CONN_NAME_MAX];  /* "": of none */
	char child[CONN_NAME_MAX]; /* "": of the IKE SA */
	char text[HISTORY_TEXT_MAX];
};

/* NULL: out of memory. history_free(NULL) is fine. */
struct history *history_new(void);
void history_free(struct history *h);

/* One more; the connection's oldest makes room, or if it has few the oldest of
 * all. */
void history_add(struct history *h, const struct control_event *e,
		 uint64_t now_ns);

/*
 * Those of a connection, the oldest one first; borrowed until the next one comes.
 *
 * Returns how many.
 */
size_t history_of(const struct history *h, const char *conn,
		  const struct happened *out[HISTORY_CONN_MAX]);

#endif
