/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates made and signed, of CAs and of those that they are for, by the profile
 * of RFC 5280: basic constraints and key usage are critical, and key identifiers of
 * subject and issuer are there. Takes as long as a signature. Any thread.
 */
#ifndef CYG_PKI_ISSUE_H
#define CYG_PKI_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/owned.h"
#include "ctrl/model/identity.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/signer.h"

#define ISSUE_SERIAL_BYTES 16 /* of a random one */

/* What it is good for, beside IKE: extended key usage, but for the last. */
enum issue_use {
	ISSUE_SERVER_AUTH = 1 << 0,
	ISSUE_CLIENT_AUTH = 1 << 1,
	ISSUE_IKE_INTERMEDIATE = 1 << 2,
	ISSUE_OCSP_SIGNING = 1 << 3,
	ISSUE_CRL_SIGN = 1 << 4, /* key usage */
};

/* All is borrowed. */
struct issue_plan {
	const struct public_key *key;
	struct slice subject; /* DER of a name; may be empty where there are sans */
	const struct identity *sans;
	size_t n_sans;
	struct slice serial;  /* big-endian, 20 octets at most; empty: random */
	int64_t not_before_s; /* Unix time */
	int64_t not_after_s;
	bool is_ca;
	int path_len;		 /* CAs below it; negative: any number */
	unsigned int uses;	 /* of enum issue_use */
	const char *const *crls; /* where its CRL will be; URIs */
	size_t n_crls;
	const char *const *ocsp; /* who tells its status */
	size_t n_ocsp;
	const struct certificate *issuer; /* NULL: itself */
	struct signer signer;		  /* the issuer's */
};

/*
 * 0, or e says what to do:
 * -EINVAL   nobody to be for, times or names that cannot be, an issuer that may
 *           not issue it or whose key the signer's is not
 * -ENOMEM, -EIO
 */
int issue_certificate(const struct issue_plan *p, struct owned *der,
		      struct error *e);

#endif
