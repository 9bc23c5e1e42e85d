/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role `stream`: TCP connections that carry IKE and ESP (RFC 9329) in a process
 * that holds nothing else: no key, no file, no privilege, and no socket but those
 * that came over its links.
 */
#ifndef CYG_DAEMON_STREAM_H
#define CYG_DAEMON_STREAM_H

/* Until ctl ends it; the process's exit status. */
int stream_role(void);

#endif
