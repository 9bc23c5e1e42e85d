/* SPDX-License-Identifier: BSD-2-Clause */
/* The role `dp`: a process that has the data path and the keys of SAs. */
#ifndef CYG_DAEMON_DP_H
#define CYG_DAEMON_DP_H

/* Until ctl ends it; the process's exit status. */
int dp_role(void);

#endif
