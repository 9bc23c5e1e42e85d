/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of a program that the configuration names, with the rights of this process:
 * it reads what it is given, writes where we write, inherits nothing else, and is
 * killed, with what it started in its session, when its time is up. Control thread.
 */
#ifndef CYG_DAEMON_SCRIPT_H
#define CYG_DAEMON_SCRIPT_H

#include <stddef.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

struct event_base;
struct script;

struct script_spec {
	struct event_base *base;
	const char *command; /* an absolute path and words, with single blanks */
	const char *env;     /* NAME=VALUE, one behind the other */
	size_t n_env;
	struct slice input; /* its standard input; empty: there is none */
	unsigned int limit_s;
	/* It is over; why, in plain words, unless all was well. Borrowed for the
	 * call, which frees the script. */
	void (*ended)(void *ctx, const char *why);
	void *ctx;
};

/*
 * The spec is not needed any more afterwards. 0, or negative with e filled: it is not
 * there, or somebody but root may change it.
 */
int script_start(const struct script_spec *spec, struct script **out,
		 struct error *e);

/* What runs, runs on, and nobody hears of its end. NULL is fine. */
void script_free(struct script *s);

#endif
