/* SPDX-License-Identifier: BSD-2-Clause */
/* What `cygnet pki …` says of itself; in the form of help.h. */
#ifndef CYG_CLI_HELP_PKI_H
#define CYG_CLI_HELP_PKI_H

extern const char help_pki[];
extern const char help_pki_gen[];
extern const char help_pki_pub[];
extern const char help_pki_req[];
extern const char help_pki_self[];
extern const char help_pki_issue[];
extern const char help_pki_signcrl[];
extern const char help_pki_print[];
extern const char help_pki_verify[];
extern const char help_pki_enroll[];
extern const char help_pki_renew[];

#endif
