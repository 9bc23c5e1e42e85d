/* SPDX-License-Identifier: BSD-2-Clause */
/* A word to the service manager, by the protocol of sd_notify(3). */
#ifndef CYG_DAEMON_NOTIFY_H
#define CYG_DAEMON_NOTIFY_H

/* Whoever waits for this process may go on. Without a service manager nothing
 * happens. Control thread. */
void notify_ready(void);

#endif
