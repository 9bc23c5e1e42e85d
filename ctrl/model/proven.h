/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer's proof of who it is rests on, kept for a resumption (RFC 5723), in which
 * nobody signs again: whether it still holds is asked then, without the certificates.
 * Plain values, which cross processes as they are.
 */
#ifndef CYG_MODEL_PROVEN_H
#define CYG_MODEL_PROVEN_H

#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/model/auth.h"

#define CERT_SERIAL_MAX	 20 /* octets, RFC 5280 section 4.1.2.2 */
#define PROVEN_CERTS_MAX 8  /* of a path, but for the root */

/* A certificate, as CRLs and OCSP name it. */
struct cert_serial {
	uint8_t issuer[20]; /* SHA-1 of the DER of its name */
	uint8_t len;
	uint8_t octets[CERT_SERIAL_MAX]; /* big-endian */
};

enum proven_by {
	PROVEN_BY_SECRET, /* or a raw public key: what demands says is all */
	PROVEN_BY_CA,	  /* at the end of the path */
	PROVEN_BY_PEER,	  /* its certificate, which is trusted itself */
};

struct proven {
	uint64_t at_ns; /* CLOCK_MONOTONIC; of the proof, not of what resumed it */
	uint64_t until_ns; /* the first of the path expires; 0: nothing does */
	struct fingerprint demands; /* auth_digest() of what was asked of it */
	struct fingerprint anchor;  /* of DER; zeros: PROVEN_BY_SECRET */
	uint8_t by;		    /* enum proven_by */
	uint8_t n;
	uint8_t pad[6];
	struct cert_serial certs[PROVEN_CERTS_MAX]; /* the leaf is the first */
};

#define PROVEN_MAX_BYTES                     \
	(8 + 8 + 2 * FINGERPRINT_BYTES + 2 + \
	 PROVEN_CERTS_MAX * (20 + 1 + CERT_SERIAL_MAX))

/* As octets, of which there are PROVEN_MAX_BYTES at most; and again. false: they are
 * not whole, or can't be. */
void proven_put(struct builder *b, const struct proven *p);
MUST_CHECK bool proven_get(struct slice *s, struct proven *out);

#endif
