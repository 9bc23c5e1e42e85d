/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an updown script is told of a CHILD SA: the PLUTO_* environment, by the names
 * and forms of strongSwan's updown plugin. Some of it is the peer's word, so every
 * value is of characters on which no shell acts. Pure.
 */
#ifndef CYG_DAEMON_UPDOWN_ENV_H
#define CYG_DAEMON_UPDOWN_ENV_H

#include <net/if.h>

#include "ctrl/model/sas.h"

#define UPDOWN_ENV_BYTES 3072

/* Borrowed for a call. */
struct updown_what {
	bool up; /* else it is down */
	bool hostaccess;
	uint32_t reqid;	       /* 0: the policy's id */
	const char *interface; /* that has our address; NULL: none has */
	const struct ike_sa_view *ike;
	const struct child_sa_view *child;
	const struct sadb_selector *pair; /* one of the child's */
};

/* NAME=VALUE, one behind the other, each with its NUL. */
struct updown_env {
	size_t n, len;
	char octets[UPDOWN_ENV_BYTES];
};

void updown_env(const struct updown_what *what, struct updown_env *out);

/* "up-client", "down-host-v6" and so on. */
const char *updown_verb(const struct updown_what *what, char buf[24]);

#endif
