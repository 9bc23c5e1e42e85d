/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses this host has now, by its kernel. Any thread. */
#ifndef CYG_DAEMON_OWN_ADDRS_H
#define CYG_DAEMON_OWN_ADDRS_H

#include <stdbool.h>

#include "ctrl/base/addr.h"

#define OWN_ADDRS_NAME 16 /* IFNAMSIZ */

/*
 * Is it one of them? false as well where the kernel does not say.
 *
 * name   of the interface that has it; NULL: it is not asked for
 */
bool own_addrs_have(const struct addr *a, char name[OWN_ADDRS_NAME]);

#endif
