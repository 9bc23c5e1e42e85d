/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certificate revocation list (RFC 5280 section 5), complete or of what changed
 * since one (a delta). That it is who signed it says, trust_check() finds out.
 * Read-only once it is read: any thread, several at once.
 */
#ifndef CYG_PKI_CRL_H
#define CYG_PKI_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define CRL_MAX_BYTES (16U << 20)

/* struct X509_crl_st is libcrypto's X509_CRL, for this folder alone. */
struct X509_crl_st;

/* Slices are of its own memory. */
struct crl {
	struct slice issuer;   /* DER of a name */
	int64_t this_update_s; /* Unix time */
	int64_t next_update_s; /* INT64_MAX: it does not say */
	bool is_delta;
	size_t n_revoked;
	struct X509_crl_st *x509;
};

/*
 * From DER, or PEM of one.
 *
 * 0; -EBADMSG: malformed, or something behind it; -E2BIG: above CRL_MAX_BYTES;
 * -ENOMEM; e says what is wrong.
 */
int crl_read(struct slice octets, struct crl **out, struct error *e);

/* crl_free(NULL) is fine. */
void crl_free(struct crl *crl);

#endif
