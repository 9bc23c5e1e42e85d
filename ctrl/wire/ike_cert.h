/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What certificates and signatures have of IKEv2 messages: CERT and CERTREQ payloads
 * (RFC 7296 sections 3.6 and 3.7), an AUTH payload's data where it is a digital
 * signature, and the hash algorithms that a side takes (RFC 7427 sections 3 and 4).
 * What is inside of a certificate is not known here. Any thread.
 *
 *     CERT, CERTREQ   | encoding | certificate, or hashes of 20 octets each |
 *     AUTH            | length | AlgorithmIdentifier | signature |
 */
#ifndef CYG_WIRE_IKE_CERT_H
#define CYG_WIRE_IKE_CERT_H

#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/wire/ike.h"
#include "ctrl/wire/ike_build.h"

#define IKE_CA_HASH_BYTES 20U /* SHA-1 of a CA's SubjectPublicKeyInfo */

struct ike_cert {
	uint8_t encoding; /* enum ike_cert_encoding */
	struct slice data;
};

/* Of CERT, and of CERTREQ, whose data is for ike_ca_hash_next(). */
MUST_CHECK bool ike_cert_parse(struct slice body, struct ike_cert *out);

/* Takes a hash off the front; false: there is no whole one. */
MUST_CHECK bool ike_ca_hash_next(struct slice *hashes, struct slice *out);

/* type   IKE_PL_CERT or IKE_PL_CERTREQ */
void ike_cert_put(struct ike_builder *m, enum ike_payload_type type,
		  enum ike_cert_encoding encoding, struct slice data);

#define IKE_CERT_HASH_BYTES 20U	 /* SHA-1 of a certificate's DER */
#define IKE_CERT_URL_MAX    256U /* of what is taken, with a NUL */

/* A certificate that is elsewhere, by what it is known and where: IKE_CERT_HASH_URL's
 * data, section 3.6. */
struct ike_cert_url {
	uint8_t hash[IKE_CERT_HASH_BYTES];
	char url[IKE_CERT_URL_MAX];
};

/* false: it is too short, the address is too long, or of other than printable ASCII. */
MUST_CHECK bool ike_cert_url_parse(struct slice data, struct ike_cert_url *out);

/* A CERT payload of it; base: what stands in the address before the hash, which is in
 * hexadecimal digits there, as strongSwan has it. */
void ike_cert_url_put(struct ike_builder *m,
		      const uint8_t hash[IKE_CERT_HASH_BYTES], const char *base);

/* Of an AUTH payload of IKE_AUTH_SIGNATURE. */
MUST_CHECK bool ike_signature_parse(struct slice data, struct slice *alg,
				    struct slice *signature);

/* The same data, into b. */
void ike_signature_put(struct builder *b, struct slice alg,
		       struct slice signature);

/* Of SIGNATURE_HASH_ALGORITHMS: a bit for each enum ike_hash below 16 in it. */
uint16_t ike_hashes_parse(struct slice data);
void ike_hashes_put(struct ike_builder *m, uint16_t hashes);

#endif
