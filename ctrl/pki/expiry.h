/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and CRLs whose time is over, or soon will be. Any thread. */
#ifndef CYG_PKI_EXPIRY_H
#define CYG_PKI_EXPIRY_H

#include "ctrl/model/cert_list.h"

#define EXPIRY_SOON_S (30 * 86400)

/*
 * Is there something to be told of its time? It is over, or will be within EXPIRY_SOON_S
 * (of a CRL only the first), or has not begun.
 *
 * now_s   Unix time
 * out     a line with its name, where it came from, when, and what to do
 */
bool expiry_tell(const struct cert_conf *cert, int64_t now_s, struct error *out);

#endif
