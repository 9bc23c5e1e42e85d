/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcrypto's names as ours, and ours as libcrypto's: for the files of this folder
 * alone. Any thread.
 */
#ifndef CYG_PKI_NAMES_H
#define CYG_PKI_NAMES_H

#include <stdbool.h>

#include <openssl/x509v3.h>

#include "ctrl/base/slice.h"
#include "ctrl/model/identity.h"

/* Empty: it has none. Borrowed of what it is of, as the next. */
struct slice names_octets(const ASN1_STRING *s);

/* DER; empty: it has no attribute. */
struct slice names_der(const X509_NAME *name);

/* An empty slice is a name without attributes. NULL: malformed, or no memory. */
X509_NAME *names_x509(struct slice der);

/* false: nothing that IKE has. */
MUST_CHECK bool names_identity(const GENERAL_NAME *name, struct identity *out);

/* NULL: of a type that no certificate has, or no memory. */
GENERAL_NAME *names_general(const struct identity *id);
GENERAL_NAMES *names_all(const struct identity *ids, size_t n);

/* NULL: no memory. */
GENERAL_NAME *names_uri(const char *uri);

#endif
