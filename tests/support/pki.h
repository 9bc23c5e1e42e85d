/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs and OCSP responses of a test, made by libcrypto: each has a name, and stays until
 * pki_end(). Mistakes in a table end the program.
 */
#ifndef CYG_TESTS_PKI_H
#define CYG_TESTS_PKI_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define PKI_NOW_S    1800000000 /* 2027-01-15 08:00:00 UTC */
#define PKI_EXTS_MAX 8

struct pki_cert {
	const char *name;
	const char *issuer;  /* a name; NULL: itself */
	const char *subject; /* as dn_parse(); NULL: "C=CH, CN=NAME" */
	/* NULL: P-256, its own; "P-384", "rsa1024", "rsa2048", "ed25519",
	 * "ed448", "x25519", or
	 * "=NAME": another one's */
	const char *key;
	const char *digest; /* NULL: sha256, "" with Ed25519 */
	int from_h,
		until_h; /* hours after PKI_NOW_S; both 0: a month around it */
	const char *exts[PKI_EXTS_MAX]; /* as in openssl.cnf, "keyUsage=…" */
	bool has_bad_signature;
};

struct pki_crl {
	const char *name;
	const char *issuer;
	const char *signer; /* NULL: the issuer */
	int from_h, until_h;
	const char *revoked[4];
	int reason;	  /* of all of them; 0: it does not say */
	bool is_indirect; /* they say whose they are; see exts */
	int number;
	int base; /* of a delta; 0: it is none */
	const char *exts[2];
	bool has_bad_signature;
};

struct pki_ocsp {
	const char *name;
	const char *issuer;
	const char *signer; /* a certificate that goes with it; NULL: the issuer */
	const char *about[3];
	int status; /* of all of them: V_OCSP_CERTSTATUS_…, or "good" as 0 */
	int from_h, until_h;  /* until 0: it does not say */
	const char *hash;     /* of the CertIDs; NULL: sha1 */
	const char *digest;   /* NULL: sha256 */
	const char *ext;      /* of all of it, "1.2.3.4=critical,ASN1:NULL" */
	const uint8_t *nonce; /* OCSP_NONCE_BYTES */
	int n_certs;	      /* the signer's, as often; 0: once */
	int error;	      /* OCSP_RESPONSE_STATUS_…; 0: it is none */
	int reason;	      /* of what is revoked; 0: it does not say */
	bool by_key;	      /* the responder is named by its key */
	bool has_bad_signature;
};

void pki_end(void);

void pki_make(const struct pki_cert *c);
void pki_make_crl(const struct pki_crl *c);
void pki_make_ocsp(const struct pki_ocsp *o);

/* Its DER; borrowed until pki_end(). */
struct slice pki_der(const char *name);

/* DER of its key: PKCS#8 of the private one, and SubjectPublicKeyInfo. */
struct slice pki_private_der(const char *name);
struct slice pki_public_der(const char *name);

/*
 * The octets as what a CA signs (TBSCertList, TBSCertificate, ResponseData), with its signature
 * around them: for fuzzers, to get past it. Returns the octets written to out; ends
 * the program where room is too small.
 */
size_t pki_sign(const char *signer, struct slice tbs, uint8_t *out, size_t room);

#endif
