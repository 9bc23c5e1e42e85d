/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the daemon and its answer, over a connection of its own. The
 * items of a list come one by one, as events before the answer.
 * It waits, but never for longer than a bound.
 */
#ifndef CYG_CLI_CLIENT_H
#define CYG_CLI_CLIENT_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define CLIENT_WAIT_S	  10 /* from connecting to the last octet */
#define QUESTION_ARGS_MAX 8

/* The event of rows that an answer has besides, where it has very many. */
#define CLIENT_PARTS "cygnet-part"

/* A VICI command. All texts are borrowed during the call. */
struct question {
	const char *command;
	struct {
		const char *key; /* NULL: the last one was before */
		const char *value;
	} args[QUESTION_ARGS_MAX];
	const char *event;   /* of its items, or CLIENT_PARTS; NULL: neither */
	unsigned int wait_s; /* for what it waits, beyond CLIENT_WAIT_S */
};

/* One more; value NULL: none. */
void question_add(struct question *q, const char *key, const char *value);

struct reply {
	uint8_t *octets; /* owned */
	struct slice body;
};

/*
 * path   of the Unix socket
 * item   called with the message of each event, if q->event is one; false ends
 *        the question: the item is malformed
 * out    reply_free() it, in every case
 *
 * 0, or negative with e filled: the daemon is not reachable, does not answer
 * in time, does not speak VICI or does not know the command.
 */
int client_ask(const char *path, const struct question *q,
	       bool (*item)(void *ctx, struct slice body), void *ctx,
	       struct reply *out, struct error *e);

/*
 * Likewise, of a command that is no list and behind whose answer more follows.
 *
 * fd   the connection, owned; -1 on failure
 */
int client_stream(const char *path, const struct question *q, struct reply *out,
		  int *fd, struct error *e);
void reply_free(struct reply *reply);

/*
 * Hears of what happens until the daemon ends or event() does: there is no other
 * end.
 *
 * names   of events, up to a NULL; one that the daemon does not know is left out
 * event   called with each; not 0, with e filled, ends it
 *
 * Negative with e filled, always.
 */
int client_listen(const char *path, const char *const *names,
		  int (*event)(void *ctx, struct slice name, struct slice body,
			       struct error *e),
		  void *ctx, struct error *e);

/* Each is called from inside; 0: it goes on, 1: that was all, or negative with e
 * filled. */
struct client_follower {
	int (*event)(void *ctx, struct slice name, struct slice body,
		     struct error *e);
	int (*answer)(void *ctx, struct slice body, struct error *e);
	void *ctx;
};

/*
 * Registers for events, asks, and hears what comes of it, events and the answer in
 * whatever order, for CLIENT_WAIT_S and q->wait_s at most.
 *
 * names   of events, up to a NULL
 *
 * 0, or negative with e filled: what the follower said, -ETIMEDOUT, or as of
 * client_ask().
 */
int client_follow(const char *path, const char *const *names,
		  const struct question *q, const struct client_follower *f,
		  struct error *e);

#endif
