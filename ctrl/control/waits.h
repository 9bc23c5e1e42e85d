/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request that is answered later: initiate, terminate, rekey. It knows what
 * it was asked, what has happened since, and whether that is the answer. No
 * sockets and no timers in here: the client that waits has those. Control
 * thread.
 */
#ifndef CYG_CONTROL_WAITS_H
#define CYG_CONTROL_WAITS_H

#include "ctrl/control/events.h"
#include "ctrl/control/requests.h"
#include "ctrl/model/mismatch.h"

#define WAIT_MAX_S 180 /* where the request names no time */

struct wait {
	uint64_t token; /* of the command; 0: nobody waits */
	enum control_verb verb;
	char conn[CONN_NAME_MAX];
	char child[CONN_NAME_MAX]; /* "": none named */
	int32_t limit_ms;	   /* negative: only until it was begun */
	int32_t loglevel;
	uint32_t only_ike, only_child; /* these alone; 0: all of the names */
	bool force;    /* IKE SAs end at once, or when the time is over */
	bool is_timed; /* when the time is over */
	bool reauth;   /* REKEY */
	struct ike_redirect redirect; /* REDIRECT */
	bool begun;
	bool up;			/* what INITIATE is about */
	bool over;			/* there is an answer */
	unsigned int matches;		/* SAs that it is about */
	unsigned int ended;		/* of them, TERMINATE */
	uint32_t ike_id;		/* of the IKE SA that INITIATE began */
	uint32_t failed_id;		/* of the one whose failure this is */
	char failure[MISMATCH_STR_MAX]; /* of an attempt; "": none */
	struct error errmsg; /* of the answer; "": success, or failure */
};

/* false: there is no such command that waits. */
MUST_CHECK bool wait_verb_find(struct slice name, enum control_verb *out);

/*
 * Reads a request and finds out what it names; callbacks->command() is not
 * called.
 *
 * token   not 0
 *
 * 0, or negative with e filled: -EINVAL (arguments), -ENOENT (nothing of that
 * name or number), -EEXIST (more than one), -ENOTCONN (IKE is not spoken),
 * -ENOMEM. w is nobody's then.
 */
MUST_CHECK int wait_begin(struct wait *w, enum control_verb verb,
			  struct slice body,
			  const struct control_callbacks *callbacks,
			  uint64_t token, struct error *e);

/* What goes to callbacks->command(); borrows w. */
struct control_command wait_command(const struct wait *w);

/* How long to wait for it to be over, from when the command was given. */
uint32_t wait_limit_ms(const struct wait *w);

/* As control_server_done() and control_server_event() are told. */
void wait_done(struct wait *w, int err, unsigned int n);
void wait_event(struct wait *w, const struct control_event *e);
void wait_timed_out(struct wait *w);

/* Its time is over: is it to be done by force now? */
bool wait_can_force(const struct wait *w);

/* It is: the command for that. */
struct control_command wait_force(struct wait *w);

/* Should whoever waits read about this event? */
bool wait_concerns(const struct wait *w, const struct control_event *e);

/* The answer of one that is over; to be finished. */
void wait_answer(const struct wait *w, struct vici_builder *out);

#endif
