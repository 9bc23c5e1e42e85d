/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role `ike`: the engine in a process of its own, without privileges, which
 * reads from strangers and knows no long-term secret. Its only links are the
 * seam to ctl, at descriptor IKE_SEAM_FD, and the sockets that come over it.
 */
#ifndef CYG_DAEMON_IKE_H
#define CYG_DAEMON_IKE_H

/* Until the link to ctl ends. The exit code of the process. */
int ike_role(void);

#endif
