/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands for IKE, from when they are asked for until ike has answered: they wait
 * for what was accepted before them to be in force, and for an ike that is being
 * started. What an ike takes with it unanswered is given to the next one, once.
 * Bounded. The time is the caller's; control thread.
 */
#ifndef CYG_DAEMON_HELD_H
#define CYG_DAEMON_HELD_H

#include "ctrl/base/clock.h"
#include "ctrl/control/server.h"

#define HELD_MAX 256U

/* For an ike, shorter than a client waits to hear that something was begun. */
#define HELD_NS ((CONTROL_WAIT_S - 1) * NS_PER_S)

enum held_for {
	HELD_FOR_NOTHING,
	HELD_FOR_CHANGES, /* which end by themselves */
	HELD_FOR_IKE,
};

struct held_calls {
	/* What does a command have to wait for now? */
	enum held_for (*waits)(void *ctx);
	/* 0, or why it can't be given to ike. The command is borrowed. */
	int (*give)(void *ctx, const struct control_command *command);
	/* It is not done: -EAGAIN (no ike came), -EPIPE (ike ended over it twice),
	 * -EBUSY (too many), -ENOMEM, or what give() says. */
	void (*fail)(void *ctx, uint64_t token, int err);
	void *ctx;
};

struct held;

/* NULL: out of memory. held_free(NULL) is fine; nobody is told. */
struct held *held_new(const struct held_calls *calls);
void held_free(struct held *h);

/* Copied; given, in the order in which they come, as soon as may be. */
void held_put(struct held *h, const struct control_command *command,
	      uint64_t now_ns);

/* What commands wait for may be there, or their time is over. */
void held_go(struct held *h, uint64_t now_ns);

/* By ike. One of no command that was given is fine. */
void held_answered(struct held *h, uint64_t token);

void held_ike_ended(struct held *h, uint64_t now_ns);

/* CLOCK_MONOTONIC: when held_go() is due at the latest; 0: no command waits for ike. */
uint64_t held_due_ns(const struct held *h);

#endif
