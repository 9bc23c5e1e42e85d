/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An X.509 certificate (RFC 5280), read once and of bounded size: what the rest asks
 * of it, as plain fields. What it says of itself is believed by nobody before
 * trust_check() is content. Read-only once it is read: any thread, several at once.
 */
#ifndef CYG_PKI_CERTIFICATE_H
#define CYG_PKI_CERTIFICATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/public_key.h"
#include "ctrl/model/identity.h"

#define CERTIFICATE_MAX_BYTES 16384
#define CERTIFICATE_SANS_MAX  64
#define CERTIFICATE_URIS_MAX  8
#define CERTIFICATE_SHA256    32  /* octets */
#define CERTIFICATE_STR_MAX   544 /* of certificate_str(), with the NUL */

/* struct x509_st is libcrypto's X509, for this folder alone. */
struct x509_st;

struct certificate_uris {
	char *at[CERTIFICATE_URIS_MAX];
	size_t n;
};

/* Slices are of its own memory. */
struct certificate {
	atomic_uint refs; /* whoever holds it */
	struct slice der;
	struct slice subject; /* DER of a name; may be empty (section 4.1.2.6) */
	struct slice issuer;
	struct slice serial;  /* big-endian, without a sign */
	struct slice skid;    /* subject key identifier; empty: none */
	struct slice akid;    /* authority key identifier; empty: none */
	int64_t not_before_s; /* Unix time */
	int64_t not_after_s;
	struct public_key *key;
	const struct sign_scheme *scheme; /* its signature's; NULL: unknown */
	bool is_ca;			  /* by its basic constraints */
	bool signs; /* its key usage lets it (RFC 4945 section 5.1.3.2) */
	bool authenticates;    /* so does its extended key usage, see below */
	struct identity *sans; /* subjectAltNames that are identities of IKE */
	size_t n_sans;
	struct certificate_uris crls; /* distribution points by http or https */
	struct certificate_uris ocsp;
	uint8_t sha256[CERTIFICATE_SHA256]; /* of der */
	struct x509_st *x509;
};

/*
 * `authenticates`: there is no extended key usage, or one of anyExtendedKeyUsage,
 * ipsecIKE (RFC 4945 section 5.1.3.12), the ikeIntermediate of old, serverAuth and
 * clientAuth. The RFC takes the first two alone, and strongSwan any: CAs for IPsec
 * write the last two, and refusing them would break what works, but a certificate for
 * code, mail or OCSP is none for IKE.
 */

/*
 * From DER.
 *
 * 0, or e says what is wrong:
 * -EBADMSG   malformed, something behind it, broken extensions
 * -E2BIG     longer than CERTIFICATE_MAX_BYTES, or with more names or URIs
 * -ENOTSUP   its key, see public_key_read()
 * -ENOMEM
 */
int certificate_read(struct slice der, struct certificate **out,
		     struct error *e);

/* Takes a certificate over. A negative errno: the file is read no further. */
typedef int certificate_fn(void *arg, struct certificate *c);

/*
 * From a file: DER of one, or PEM of any number (what else is in it is skipped).
 *
 * As certificate_read(); -ENOENT: there is none in it; or what take returned. The
 * ones before are taken.
 */
int certificate_read_file(struct slice octets, certificate_fn *take, void *arg,
			  struct error *e);

/* One more who holds it, and calls certificate_free(). Returns c. */
struct certificate *certificate_ref(struct certificate *c);

/* The last one who holds it frees it. certificate_free(NULL) is fine. */
void certificate_free(struct certificate *c);

/*
 * Its subject, or without one its first name or its serial number, in printable
 * ASCII: for logs. Returns buf.
 */
const char *certificate_str(const struct certificate *c,
			    char buf[CERTIFICATE_STR_MAX]);

bool certificate_equal(const struct certificate *a, const struct certificate *b);

#endif
