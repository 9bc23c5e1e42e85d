/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trust has, for trust.c, which judges by it. Filled by one thread; then read-only
 * but for what the atomic says.
 */
#ifndef CYG_PKI_TRUST_SET_H
#define CYG_PKI_TRUST_SET_H

#include "ctrl/pki/trust.h"

/* struct x509_store_st is libcrypto's X509_STORE. */
struct x509_store_st;

struct trust_entry {
	struct certificate *cert;
	enum trust_role role;
};

struct trust_crl {
	struct crl *crl;
	_Atomic bool is_signed; /* by one that may, in any check before */
};

struct trust_address {
	enum status_kind kind;
	uint8_t ca[CERTIFICATE_SHA256];
};

struct trust {
	struct trust_address *addresses;
	size_t n_addresses;
	struct trust_entry *entries;
	size_t n_entries;
	struct trust_crl *crls;
	size_t n_crls;
	struct ocsp **responses;
	size_t n_responses;
	const struct certificate **responders; /* of the entries, as OCSP */
	size_t n_responders;
	struct x509_store_st *store; /* of the CAs */
};

bool trust_set_has(const struct trust *t, enum trust_role role,
		   const struct certificate *c);

#endif
