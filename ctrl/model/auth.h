/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a side of a connection proves who it is: swanctl.conf's sections local and
 * remote. Certificates and keys are named by fingerprints; where they are read, and by
 * whom they are held, is not known here. Plain values, which cross processes as they
 * are; any thread.
 */
#ifndef CYG_MODEL_AUTH_H
#define CYG_MODEL_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/model/identity.h"
#include "ctrl/model/sign_rules.h"

#define AUTH_ROUNDS_MAX	  4  /* of one side (RFC 4739) */
#define FINGERPRINT_BYTES 32 /* SHA-256 */
#define AUTH_CERTS_MAX	  4
#define AUTH_PUBKEYS_MAX  4
#define AUTH_CAS_MAX	  8
#define AUTH_POLICIES_MAX 4
#define AUTH_POLICY_STR_MAX \
	64 /* an object identifier as "1.2.3", with the NUL */

/* Of a certificate's DER, or of a public key's SubjectPublicKeyInfo. */
struct fingerprint {
	uint8_t octets[FINGERPRINT_BYTES];
};

enum auth_by {
	AUTH_BY_PSK,
	AUTH_BY_PUBKEY, /* a signature; with a certificate or a raw public key */
};

/* strongSwan's `revocation`. */
enum revocation {
	REVOCATION_RELAXED, /* what is known to be revoked is refused */
	REVOCATION_IFURI,   /* and what says where that can be found out, and it
			       was not */
	REVOCATION_STRICT,  /* and whatever is not known not to be */
};

/* All zeros: by a pre-shared key. */
struct auth_conf {
	enum auth_by by;
	struct sign_rules rules;
	/* Ours to choose from, else any that is of our identity and has a key; the
	 * peer's one of these, else any whose issuer is trusted. */
	struct fingerprint certs[AUTH_CERTS_MAX];
	size_t n_certs;
	/* Raw public keys, likewise; without any of both, certificates alone. */
	struct fingerprint pubkeys[AUTH_PUBKEYS_MAX];
	size_t n_pubkeys;
	/* One of these is above the peer's certificate; none: any CA. */
	struct fingerprint cas[AUTH_CAS_MAX];
	size_t n_cas;
	/* And a CA of this identity is, whether it is here or the peer sends it; type
	 * 0: any. */
	struct identity ca_id;
	enum revocation revocation;
	/* All of these are the peer's certificate's. */
	char policies[AUTH_POLICIES_MAX][AUTH_POLICY_STR_MAX];
	size_t n_policies;
};

/* One round of a side: who it says it is, and how it proves that. */
struct auth_round {
	struct identity id; /* as of a connection */
	struct auth_conf auth;
};

/* When our certificates are sent. */
enum send_cert {
	SEND_CERT_IF_ASKED,
	SEND_CERT_ALWAYS,
	SEND_CERT_NEVER,
};

/* OCSP within IKE (RFC 4806): a peer that asks for what a responder says of our
 * certificate is told, and we ask the peer. */
enum ocsp_inside {
	OCSP_INSIDE_REPLY,
	OCSP_INSIDE_REQUEST,
	OCSP_INSIDE_BOTH,
	OCSP_INSIDE_NEVER,
};

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);

/* Is every field the same? */
bool auth_equal(const struct auth_conf *a, const struct auth_conf *b);

/* SHA-256 of all that auth_equal() looks at; false: libcrypto failed. */
MUST_CHECK bool auth_digest(const struct auth_conf *a, struct fingerprint *out);

#endif
