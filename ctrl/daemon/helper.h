/* SPDX-License-Identifier: BSD-2-Clause */
/* The role `helper`: a process that asks DNS, and is nobody. */
#ifndef CYG_DAEMON_HELPER_H
#define CYG_DAEMON_HELPER_H

/* Runs until ctl is gone; the exit status. */
int helper_role(void);

#endif
