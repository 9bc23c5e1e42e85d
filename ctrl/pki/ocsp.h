/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a responder of OCSP says of certificates (RFC 6960, RFC 2560), and how it is
 * asked. Where the octets come from does not matter: by HTTP, out of a cache, or in a
 * CERT payload of IKE (RFC 4806). Read-only once it is read: any thread, several at
 * once.
 */
#ifndef CYG_PKI_OCSP_H
#define CYG_PKI_OCSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/sign_rules.h"
#include "ctrl/pki/certificate.h"

#define OCSP_MAX_BYTES	 65536 /* of a response */
#define OCSP_CERTS_MAX	 8     /* beside it */
#define OCSP_NONCE_BYTES 32    /* that we send (RFC 8954 section 2.1) */
#define OCSP_SKEW_S	 300   /* that a responder's clock may be ahead */
#define OCSP_FRESH_S	 3600  /* how long one holds that does not say */

/* struct ocsp_basic_response_st is libcrypto's, for this folder alone. */
struct ocsp_basic_response_st;

struct ocsp {
	/* Unix time until which all that is in it holds. */
	int64_t next_update_s;
	size_t n; /* certificates that it is about */
	struct ocsp_basic_response_st *basic;
};

enum ocsp_says {
	OCSP_SAYS_NOTHING, /* that counts: of it, now, signed by who may */
	OCSP_SAYS_GOOD,
	OCSP_SAYS_REVOKED,
};

struct ocsp_question {
	const struct certificate *cert;
	const struct certificate *issuer;
	int64_t now_s;
	const struct sign_rules *rules; /* of the responder's key and signatures */
	/* Whose word an operator takes for any certificate; within their time. */
	const struct certificate *const *trusted;
	size_t n_trusted;
};

/*
 * DER of a request about one certificate, to be given to free().
 *
 * nonce   OCSP_NONCE_BYTES of chance
 *
 * 0 or -ENOMEM.
 */
int ocsp_ask(const struct certificate *cert, const struct certificate *issuer,
	     const uint8_t nonce[OCSP_NONCE_BYTES], uint8_t **out, size_t *len);

/*
 * From DER of an OCSPResponse.
 *
 * 0, or e says what is wrong:
 * -EBADMSG   malformed, something behind it, of another type
 * -E2BIG     above OCSP_MAX_BYTES or OCSP_CERTS_MAX
 * -EAGAIN    the responder says that it is to be asked later
 * -EACCES    the responder does not answer us, or not about this certificate
 * -ENOMEM
 */
int ocsp_read(struct slice octets, struct ocsp **out, struct error *e);

/* ocsp_free(NULL) is fine. */
void ocsp_free(struct ocsp *o);

/*
 * Is it the answer to this request, and to no older one? One without a nonce may be:
 * many responders sign beforehand (RFC 6960 section 4.4.1).
 *
 * request   DER of ocsp_ask(); of anything else: false
 */
bool ocsp_answers(const struct ocsp *o, struct slice request);

/*
 * What it says of the certificate, signed by its issuer, or by whom the issuer gave a
 * certificate for that, or by one that is trusted (RFC 6960 section 4.2.2.2). REVOKED counts also when it is old,
 * unless it is a hold, which may be over.
 *
 * responder   whose signature it is if it is not the issuer's own, else NULL; to be
 *             freed. The caller may know that it is revoked.
 */
enum ocsp_says ocsp_says(const struct ocsp *o, const struct ocsp_question *q,
			 struct certificate **responder);

#endif
