/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys are loaded: those of a configuration's files, and those that come over
 * VICI. Control thread.
 */
#ifndef CYG_DAEMON_KEY_LOADS_H
#define CYG_DAEMON_KEY_LOADS_H

#include "ctrl/control/server.h"
#include "ctrl/daemon/sign_keys.h"
#include "ctrl/model/config.h"
#include "ctrl/model/difference.h"

/* Who takes the certificates that are in files of PKCS#12. */
struct key_certificates {
	/* DER, its key's own first; borrowed. */
	void (*take)(void *ctx, const char *path, struct slice der);
	void *ctx;
};

/*
 * A fresh set, of the configuration's files alone. What can't be taken of the folders
 * is in the log.
 *
 * c     its passphrases are wiped
 * certificates   NULL: they are left, and the log says so
 * out   sign_keys_free() it; NULL after a failure
 *
 * As key_files_read().
 */
int key_loads_read(struct config *c, const struct key_certificates *certificates,
		   struct sign_keys **out, struct error *e);

/*
 * What reading them again would change, by the ids of the keys; of which the log has
 * nothing.
 *
 * next   its passphrases are wiped
 * out    as of difference_find(), with which it grows
 *
 * As key_files_read().
 */
int key_loads_difference(const struct sign_keys *now, struct config *next,
			 struct difference *out, struct error *e);

/* What a control server is given to change these keys, which are borrowed. */
struct control_keys key_loads_vici(struct sign_keys *keys);

#endif
