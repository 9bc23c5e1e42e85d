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

/*
 * A fresh set, of the configuration's files alone. What can't be taken of the folders
 * is in the log.
 *
 * c     its passphrases are wiped; its certificates grow by those that are with keys, in
 *       files of PKCS#12, of which none is trusted as a CA's
 * out   sign_keys_free() it; NULL after a failure
 *
 * As key_files_read().
 */
int key_loads_read(struct config *c, struct sign_keys **out, struct error *e);

/*
 * What reading them again would change, by the ids of the keys; of which the log has
 * nothing.
 *
 * next   as c of key_loads_read()
 * out    as of difference_find(), with which it grows
 *
 * As key_files_read().
 */
int key_loads_difference(const struct sign_keys *now, struct config *next,
			 struct difference *out, struct error *e);

/* What a control server is given to change these keys, which are borrowed. */
struct control_keys key_loads_vici(struct sign_keys *keys);

#endif
