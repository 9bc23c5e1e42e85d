// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/nameservers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/daemon/script.h"

#define LIMIT_S	 10
#define TEXT_MAX (NAMESERVERS_MAX * (ADDR_STR_MAX + sizeof("nameserver \n")))
#define UNKNOWN	 "\n" /* of what an earlier ctl told */
#define PATH	 "PATH=/usr/sbin:/usr/bin:/sbin:/bin"

struct nameservers {
	struct event_base *base;
	struct script *script; /* that runs; owned */
	char program[RESOLVCONF_MAX];
	char wanted[TEXT_MAX]; /* lines of resolv.conf(5) */
	char told[TEXT_MAX]; /* of them, those that resolvconf was told last */
	void (*drained)(void *ctx);
	void *ctx;
};

struct nameservers *nameservers_new(struct event_base *base)
{
	struct nameservers *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base = base;
	strcpy(s->told, UNKNOWN);
	return s;
}

void nameservers_free(struct nameservers *s)
{
	if (!s)
		return;
	script_free(s->script);
	free(s);
}

static void be_drained(struct nameservers *s)
{
	void (*done)(void *ctx) = s->drained;

	if (!done)
		return;
	s->drained = NULL;
	done(s->ctx);
}

static void tell(struct nameservers *s);

static void on_ended(void *ctx, const char *why)
{
	struct nameservers *s = ctx;

	script_free(s->script);
	s->script = NULL;
	if (why)
		log_warn("daemon: %s was told of the peers' DNS servers: %s; see resolvconf(8)",
			 s->program, why);
	tell(s);
}

/* Who cannot be told is not told again until others are wanted. */
static int run(struct nameservers *s, struct error *e)
{
	const char *verb = s->wanted[0] ? "-a" : "-d";
	char command[sizeof(s->program) + sizeof(" -a " NAMESERVERS_FROM)];
	const struct script_spec spec = {
		.base = s->base,
		.command = command,
		.env = PATH,
		.n_env = 1,
		.input = slice_of(s->wanted, strlen(s->wanted)),
		.limit_s = LIMIT_S,
		.ended = on_ended,
		.ctx = s,
	};

	snprintf(command, sizeof(command), "%s %s " NAMESERVERS_FROM,
		 s->program, verb);
	return script_start(&spec, &s->script, e);
}

static void tell(struct nameservers *s)
{
	struct error e;

	if (s->script)
		return;
	if (strcmp(s->wanted, s->told) != 0) {
		memcpy(s->told, s->wanted, sizeof(s->told));
		if (!run(s, &e))
			return;
		if (s->wanted[0])
			log_warn("daemon: the peers' DNS servers are not used: %s; install openresolv, write into plugins.resolve of charon which resolvconf is to be told, or let an updown script take PLUTO_DNS4_1",
				 e.text);
	}
	be_drained(s);
}

void nameservers_set(struct nameservers *s, const char *program,
		     const struct addr *at, size_t n)
{
	char one[ADDR_STR_MAX];
	size_t len = 0;

	snprintf(s->program, sizeof(s->program), "%s", program);
	s->wanted[0] = '\0';
	for (size_t i = 0; i < n && i < NAMESERVERS_MAX; i++)
		len += (size_t)snprintf(s->wanted + len, TEXT_MAX - len,
					"nameserver %s\n",
					addr_str(&at[i], one));
	tell(s);
}

void nameservers_drain(struct nameservers *s, void (*done)(void *ctx), void *ctx)
{
	s->drained = done;
	s->ctx = ctx;
	s->wanted[0] = '\0';
	if (strcmp(s->told, UNKNOWN) == 0)
		s->told[0] = '\0';
	tell(s);
}
