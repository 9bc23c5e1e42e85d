/* SPDX-License-Identifier: BSD-2-Clause */
/* The role token: a process that has one private key's token, with its module. */
#ifndef CYG_DAEMON_TOKEN_H
#define CYG_DAEMON_TOKEN_H

/* The exit code. */
int token_role(void);

#endif
