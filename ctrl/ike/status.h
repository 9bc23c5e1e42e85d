/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May a peer's certificate be revoked? Where neither CRLs that are here nor OCSP tell,
 * and the path is trusted, what its certificates name is wanted, or an operator of who
 * issued them: first OCSP, then a CRL. Part of a job of verify.h: status_check() runs in its thread, the others while
 * the job is in the engine's.
 */
#ifndef CYG_IKE_STATUS_H
#define CYG_IKE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/owned.h"
#include "ctrl/pki/creds.h"
#include "ctrl/pki/statuses.h"

/* Certificates that are elsewhere, see cert_url.h. */
#define STATUS_URLS_MAX 4

/* Of each certificate below the root both kinds, once; and those. */
#define STATUS_WANTS_MAX (2 * (TRUST_CHAIN_MAX - 1) + STATUS_URLS_MAX)

/* Responses of OCSP that a peer may send beside its certificates. */
#define STATUS_SENT_MAX 4

/* A CRL that is about this certificate, or what a responder says of it; both are where
 * the certificate says, or an operator. Or a certificate that nobody has seen yet.
 * Borrowed for the call. */
struct status_want {
	enum status_kind kind;
	/* DER of it, of who issued it, and so on to below the root; of STATUS_CERT
	 * none. */
	struct slice path[TRUST_CHAIN_MAX];
	size_t n_path;
	/* Of STATUS_OCSP: ocsp_ask()'s; of STATUS_CERT ike_cert_url_parse()'s data; else
	 * empty. */
	struct slice request;
};

struct status_asked {
	enum status_kind kind;
	uint8_t sha256[CERTIFICATE_SHA256]; /* of STATUS_CERT: of the request */
	uint8_t key[STATUSES_KEY];	    /* of STATUS_CERT the same */
	struct owned path[TRUST_CHAIN_MAX]; /* these until it is answered */
	size_t n_path;
	struct owned request;
	bool is_answered;
	struct status *status; /* a reference; NULL: it is not to be had */
};

struct status_wants {
	struct statuses *kept; /* a reference; NULL: nothing is wanted */
	uint8_t nonce[OCSP_NONCE_BYTES]; /* each request is about another one */
	struct status_asked asked[STATUS_WANTS_MAX];
	size_t n;
	struct error unknown; /* whose status nobody tells, and goes on so; or "" */
};

/*
 * creds_check() with what is kept and what came, and what is wanted then. Any thread.
 *
 * q   its crls are set here; of responses at most STATUS_SENT_MAX count
 */
void status_check(struct status_wants *w, const struct creds *creds,
		  struct trust_question *q, struct trust_answer *a);

/* A certificate that is elsewhere: what is known of it, by its request's SHA-256. NULL:
 * it is not wanted yet. */
const struct status_asked *status_cert_asked(
	const struct status_wants *w, const uint8_t sha256[CERTIFICATE_SHA256]);

/* It is wanted; came: or here already, a reference that is taken over. Without memory,
 * or when as many are as may be, it is not. */
void status_want_cert(struct status_wants *w, struct slice request,
		      const uint8_t sha256[CERTIFICATE_SHA256],
		      struct status *came);

/* Is there any that is not answered? */
bool status_is_open(const struct status_wants *w);

/* Of whichever certificates of that key.
 *
 * s   NULL: it is not to be had; else a reference is taken if it is wanted */
void status_answer(struct status_wants *w, const uint8_t key[STATUSES_KEY],
		   enum status_kind kind, struct status *s);

/* Nobody waits for the rest. */
void status_give_up(struct status_wants *w);

void status_wants_free(struct status_wants *w);

#endif
