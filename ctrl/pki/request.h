/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request for a certificate (PKCS#10, RFC 2986): read, and made. Whoever reads one
 * reads anybody's: of bounded size, and signed by the key that it is for. Of its
 * extensions names count alone: what a certificate is good for, its issuer says.
 * Read-only once it is read: any thread.
 */
#ifndef CYG_PKI_REQUEST_H
#define CYG_PKI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/base/error.h"
#include "ctrl/base/owned.h"
#include "ctrl/crypto/public_key.h"
#include "ctrl/model/identity.h"
#include "ctrl/pki/signer.h"

#define REQUEST_MAX_BYTES 16384 /* of its DER */

/* struct X509_req_st is libcrypto's X509_REQ, for this folder alone. */
struct X509_req_st;

/* Slices are of its own memory. */
struct request {
	struct slice subject; /* DER of a name; may be empty */
	struct public_key *key;
	struct identity *sans;
	size_t n_sans;
	bool has_other_names; /* than those that are identities of IKE */
	struct X509_req_st *x509;
};

/*
 * From DER, or PEM of one.
 *
 * 0, or e says what is wrong:
 * -EBADMSG      malformed, or something behind it
 * -EKEYREJECTED its signature is not by its key: who asks may not have that
 * -E2BIG        above REQUEST_MAX_BYTES, or above CERTIFICATE_SANS_MAX names
 * -ENOTSUP      its key, see public_key_read()
 * -ENOMEM
 */
int request_read(struct slice octets, struct request **out, struct error *e);

/* request_free(NULL) is fine. */
void request_free(struct request *r);

/*
 * For the signer's key.
 *
 * subject   DER of a name; may be empty where there are sans
 *
 * 0, or -EIO with e filled
 */
int request_make(struct slice subject, const struct identity *sans,
		 size_t n_sans, const struct signer *signer, struct owned *der,
		 struct error *e);

#endif
