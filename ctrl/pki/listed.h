/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a CRL or an OCSP response call a certificate revoked? By its serial number
 * alone, without it, and whoever signed that: for who does nothing but ask properly
 * then. Any thread.
 */
#ifndef CYG_PKI_LISTED_H
#define CYG_PKI_LISTED_H

#include "ctrl/base/slice.h"
#include "ctrl/model/proven.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/ocsp.h"

/* false: its number is none by RFC 5280 section 4.1.2.2, or libcrypto failed. */
MUST_CHECK bool listed_serial(const struct certificate *c,
			      struct cert_serial *out);

/* Without memory it is listed. */
bool listed_by_crl(const struct crl *crl, const struct cert_serial *c);
bool listed_by_ocsp(const struct ocsp *o, const struct cert_serial *c);

#endif
