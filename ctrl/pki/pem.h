/* SPDX-License-Identifier: BSD-2-Clause */
/* DER as PEM (RFC 7468). Any thread. */
#ifndef CYG_PKI_PEM_H
#define CYG_PKI_PEM_H

#include "ctrl/base/owned.h"

#define PEM_LABEL_CERTIFICATE "CERTIFICATE"
#define PEM_LABEL_REQUEST     "CERTIFICATE REQUEST"
#define PEM_LABEL_CRL	      "X509 CRL"

/* A text. 0 or -ENOMEM. */
int pem_write(const char *label, struct slice der, struct owned *out);

#endif
