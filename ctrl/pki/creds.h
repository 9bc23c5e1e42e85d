/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this side has to prove who it is and to judge others by: certificates, public
 * keys and CRLs, without a private key. One thread fills it; from then on nothing in
 * it changes, and any threads look at it, several at once, for as long as each holds a
 * reference.
 */
#ifndef CYG_PKI_CREDS_H
#define CYG_PKI_CREDS_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/hash.h"
#include "ctrl/model/auth.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/trust.h"

enum cred_kind {
	CRED_OWN, /* certificate of ours: there is a private key for it */
	CRED_CA,
	CRED_INTERMEDIATE,
	CRED_PEER,   /* certificate of a peer, trusted itself */
	CRED_PUBKEY, /* SubjectPublicKeyInfo of a peer, or of ours with a key */
	CRED_CRL,
	/* Its SHA-256: of that CA an operator knows where CRLs, or what a responder of
	 * OCSP says, are to be fetched. */
	CRED_CRL_AT,
	CRED_OCSP_AT,
	CRED_OCSP, /* certificate of a responder whose word is taken */
	/* Its SHA-256, and what stands before the hash in the addresses where the
	 * certificates are that it has issued. */
	CRED_CERTS_AT,
};

/* Borrowed while the creds are held. */
struct cred {
	enum cred_kind kind;
	struct fingerprint id;	   /* of its DER */
	struct fingerprint key_id; /* of its SubjectPublicKeyInfo */
	/* Of the same: by which CERTREQ payloads name CAs (RFC 7296 section 3.7). */
	uint8_t key_sha1[HASH_SHA1_BYTES];
	uint8_t sha1[HASH_SHA1_BYTES];	/* of its DER */
	const struct certificate *cert; /* NULL: CRED_PUBKEY */
	const struct public_key *key;
};

struct creds;

/* 0 or -ENOMEM. The caller has the one reference. */
int creds_new(struct creds **out);

/* Any thread; NULL is fine. The last one frees. */
struct creds *creds_ref(struct creds *c);
void creds_unref(struct creds *c);

/* No certificate and no key: nobody can be told by them. */
bool creds_is_empty(const struct creds *c);

/*
 * Before anybody else has a reference. What is there already changes nothing.
 *
 * der   of a certificate, a SubjectPublicKeyInfo or a CRL, or a SHA-256 and what
 *       follows it; copied
 *
 * 0, or e says what is wrong: as certificate_read(), public_key_read(), crl_read();
 * -EBADMSG: no SHA-256, or nothing follows it;
 * -EINVAL: as a CA or an intermediate, but it is none by its basic constraints.
 */
int creds_add(struct creds *c, enum cred_kind kind, struct slice der,
	      struct error *e);

/* Of its DER; a CRL has none. NULL: it is not there. */
const struct cred *creds_by_id(const struct creds *c, enum cred_kind kind,
			       const struct fingerprint *id);

/* Of its SubjectPublicKeyInfo; the first. */
const struct cred *creds_by_key(const struct creds *c, enum cred_kind kind,
				const struct fingerprint *key_id);

/* A certificate of any kind, of its DER's SHA-1; NULL: it is not there. */
const struct cred *creds_by_sha1(const struct creds *c,
				 const uint8_t sha1[HASH_SHA1_BYTES]);

/*
 * Certificates of that kind and identity (ident_is()), the one behind after, at first
 * NULL; NULL: there are no more. An identity of type 0 is anybody's.
 */
const struct cred *creds_of(const struct creds *c, enum cred_kind kind,
			    const struct identity *id, const struct cred *after);

/*
 * What leads from a certificate to a root, as far as it is here: its issuer, that
 * one's and so on, by names and key identifiers. No signature is looked at: for what
 * is sent, not for what is believed.
 *
 * Returns how many.
 */
size_t creds_chain(const struct creds *c, const struct certificate *from,
		   const struct cred *out[TRUST_CHAIN_MAX]);

/* trust_check() by its CAs, intermediates, peers and CRLs. */
void creds_check(const struct creds *c, const struct trust_question *q,
		 struct trust_answer *a);

/* trust_lists() of its CRLs. */
bool creds_lists(const struct creds *c, const struct cert_serial *serial);

/* trust_has_address(). */
bool creds_have_address(const struct creds *c, const struct certificate *cert,
			const struct certificate *issuer, enum status_kind kind);

/* What stands before the hash in the address of a certificate that it has issued;
 * NULL: it is nowhere. */
const char *creds_certs_at(const struct creds *c,
			   const struct certificate *issuer);

/* SHA-256 of the octets; false: libcrypto failed. */
MUST_CHECK bool fingerprint_of(struct slice octets, struct fingerprint *out);

#endif
