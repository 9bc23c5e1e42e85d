/* SPDX-License-Identifier: BSD-2-Clause */
/* What a gateway that runs can't change when its file is read again. Pure. */
#ifndef CYG_DAEMON_RELOAD_H
#define CYG_DAEMON_RELOAD_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

/*
 * 0, or -EPERM with e filled: interfaces, the control socket, the default
 * action or the state folder are not the same.
 */
int reload_check(const struct config *now, const struct config *next,
		 struct error *e);

#endif
