/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `cygnet pki …`: keys, requests, certificates and CRLs, without a daemon. Each
 * command returns its exit code: 0; 1 it failed, or what it looked at is not good; 2
 * an option that cannot be. What went wrong is on stderr.
 */
#ifndef CYG_CLI_PKI_H
#define CYG_CLI_PKI_H

#include <stdio.h>

#include "ctrl/cli/arguments.h"

/* Which of them there are. */
int pki_run(const struct arguments *args, FILE *out);

int pki_gen_run(const struct arguments *args, FILE *out);
int pki_pub_run(const struct arguments *args, FILE *out);
int pki_req_run(const struct arguments *args, FILE *out);
int pki_self_run(const struct arguments *args, FILE *out);
int pki_issue_run(const struct arguments *args, FILE *out);
int pki_signcrl_run(const struct arguments *args, FILE *out);
int pki_print_run(const struct arguments *args, FILE *out);
int pki_verify_run(const struct arguments *args, FILE *out);
int pki_enroll_run(const struct arguments *args, FILE *out);
int pki_renew_run(const struct arguments *args, FILE *out);

#endif
