/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ike has asked the keystore and got no answer to: asked again of the next
 * ctl, for nobody else would. Bounded, the oldest goes first; wiped where it is
 * freed. One thread.
 */
#ifndef CYG_DAEMON_ASKED_H
#define CYG_DAEMON_ASKED_H

#include "ctrl/model/keystore.h"

#define ASKED_MAX 256U

struct asked;

/* NULL: out of memory. asked_free(NULL) is fine. */
struct asked *asked_new(void);
void asked_free(struct asked *a);

/* Out of memory it is forgotten, and with it the exchange that waits. */
void asked_add(struct asked *a, const struct keystore_request *q);

/* That token was answered. */
void asked_done(struct asked *a, uint64_t token);

/* In the order in which they were asked. */
void asked_each(const struct asked *a,
		void (*each)(void *ctx, const struct keystore_request *q),
		void *ctx);

#endif
