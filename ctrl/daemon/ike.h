/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role `ike`: the engine in a process of its own, without privileges, which
 * reads from strangers and knows no long-term secret. Its only links are the
 * links to ctl and to dp, and the sockets that come over them.
 */
#ifndef CYG_DAEMON_IKE_H
#define CYG_DAEMON_IKE_H

/* Until ctl ends it; the process's exit status. */
int ike_role(void);

#endif
