// SPDX-License-Identifier: BSD-2-Clause
/*
 * One that fails may make its client ask for the next thing at once: it is out of the
 * list before it is told of, and who goes through the list begins anew then.
 */
#include "ctrl/daemon/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ctrl/model/ike_redirect.h"

struct one {
	TAILQ_ENTRY(one) next;
	struct control_command command; /* what it points at stands below */
	char conn[CONN_NAME_MAX], child[CONN_NAME_MAX];
	struct ike_redirect redirect;
	uint64_t late_ns; /* 0: it did not wait for ike yet */
	unsigned int tries;
	bool given;
};

TAILQ_HEAD(list, one);

struct held {
	struct held_calls calls;
	struct list list;
	unsigned int n;
};

struct held *held_new(const struct held_calls *calls)
{
	struct held *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->calls = *calls;
	TAILQ_INIT(&h->list);
	return h;
}

static void drop(struct held *h, struct one *one)
{
	TAILQ_REMOVE(&h->list, one, next);
	h->n--;
	free(one);
}

void held_free(struct held *h)
{
	while (h && !TAILQ_EMPTY(&h->list))
		drop(h, TAILQ_FIRST(&h->list));
	free(h);
}

static void fail(struct held *h, struct one *one, int err)
{
	uint64_t token = one->command.token;

	drop(h, one);
	h->calls.fail(h->calls.ctx, token, err);
}

static struct one *first(const struct held *h, bool given)
{
	struct one *one;

	TAILQ_FOREACH(one, &h->list, next)
	if (one->given == given)
		return one;
	return NULL;
}

static struct one *copy_of(const struct control_command *command)
{
	struct one *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->command = *command;
	memcpy(one->conn, command->conn,
	       strnlen(command->conn, sizeof(one->conn) - 1));
	one->command.conn = one->conn;
	if (command->child) {
		memcpy(one->child, command->child,
		       strnlen(command->child, sizeof(one->child) - 1));
		one->command.child = one->child;
	}
	if (command->redirect) {
		one->redirect = *command->redirect;
		one->command.redirect = &one->redirect;
	}
	return one;
}

/* An ike that does not answer keeps no place from those that come later. */
static void make_room(struct held *h)
{
	struct one *oldest = first(h, true);

	if (h->n == HELD_MAX && oldest)
		drop(h, oldest);
}

void held_put(struct held *h, const struct control_command *command,
	      uint64_t now_ns)
{
	struct one *one;

	make_room(h);
	if (h->n == HELD_MAX) {
		h->calls.fail(h->calls.ctx, command->token, -EBUSY);
		return;
	}
	one = copy_of(command);
	if (!one) {
		h->calls.fail(h->calls.ctx, command->token, -ENOMEM);
		return;
	}
	TAILQ_INSERT_TAIL(&h->list, one, next);
	h->n++;
	held_go(h, now_ns);
}

static void give(struct held *h, struct one *one)
{
	int err;

	one->given = true;
	one->tries++;
	err = h->calls.give(h->calls.ctx, &one->command);
	if (err)
		fail(h, one, err);
}

/* Each has its own time, however many stand before it; 0: it has none yet. */
static void stamp(struct held *h, uint64_t late_ns)
{
	struct one *one;

	TAILQ_FOREACH(one, &h->list, next)
	if (!one->given && (!late_ns || !one->late_ns))
		one->late_ns = late_ns;
}

void held_go(struct held *h, uint64_t now_ns)
{
	struct one *one;

	while ((one = first(h, false))) {
		switch (h->calls.waits(h->calls.ctx)) {
		case HELD_FOR_NOTHING:
			give(h, one);
			break;
		case HELD_FOR_CHANGES:
			stamp(h, 0);
			return;
		case HELD_FOR_IKE:
			stamp(h, now_ns + HELD_NS);
			if (now_ns < one->late_ns)
				return;
			fail(h, one, -EAGAIN);
			break;
		}
	}
}

void held_answered(struct held *h, uint64_t token)
{
	struct one *one;

	TAILQ_FOREACH(one, &h->list, next)
	if (one->given && one->command.token == token) {
		drop(h, one);
		return;
	}
}

/* It may have been one of them that ike ended over. */
void held_ike_ended(struct held *h, uint64_t now_ns)
{
	struct one *one;

	while ((one = first(h, true))) {
		if (one->tries > 1)
			fail(h, one, -EPIPE);
		else
			one->given = false;
	}
	held_go(h, now_ns);
}

uint64_t held_due_ns(const struct held *h)
{
	const struct one *one = first(h, false);

	return one ? one->late_ns : 0;
}
