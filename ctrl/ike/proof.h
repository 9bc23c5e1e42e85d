/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How each side proves in IKE_AUTH that it is who it says (RFC 7296 section 2.15): by
 * a pre-shared key, or by a signature (RFC 7427, RFC 4754, RFC 8420) that goes with a
 * certificate or a raw public key (RFC 7670); each side by what its section says, or
 * its sections one after the other, see rounds.h. Our
 * secrets are the keystore's; a peer's signature is verified elsewhere, see verify.h.
 * After a ticket both do as with a pre-shared key, and SK_p is the key (RFC 5723). For
 * the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_PROOF_H
#define CYG_IKE_PROOF_H

#include "ctrl/ike/sa.h"

/* Of an AUTH payload's data: a signature with its AlgorithmIdentifier. */
#define PROOF_MAX_BYTES (1 + UINT8_MAX + SIGN_MAX_BYTES)

/* One that a handshake waits for; all zeros: it does not, or no more. */
struct fetch_wait {
	struct proof *proof;
	const struct status_asked *asked;
	bool is_queued;
	TAILQ_ENTRY(fetch_wait) of_unasked; /* if so */
	LIST_ENTRY(fetch_wait) of_key;
};

/* In sa->proof, from the first on that is known of signatures until the handshake is
 * over. */
struct proof {
	struct creds *creds;		  /* a reference, as they were then */
	const struct cred *own;		  /* of creds; NULL: not chosen */
	const struct sign_scheme *scheme; /* by which we sign, if own is there */
	bool has_alg;			  /* as RFC 7427 has it */
	bool peer_signs;    /* its IKE_AUTH has come, and says so */
	bool is_asked;	    /* for certificates, by whichever authority */
	bool is_asked_raw;  /* for raw public keys */
	bool is_asked_ocsp; /* for what responders say of ours */
	bool takes_urls; /* it fetches certificates: HTTP_CERT_LOOKUP_SUPPORTED */
	uint8_t *asked; /* owned: hashes of authorities, n_asked */
	size_t n_asked;
	struct verify_job *job; /* owned until it is asked */
	struct error unknown;	/* of a peer that is believed; see status.h */
	/* See fetching.h. */
	struct verify_job *waits; /* owned; NULL: nothing is waited for */
	uint64_t fetch_until_ns;  /* 0: nothing was */
	struct ike_sa *sa;	  /* both while it waits */
	TAILQ_ENTRY(proof) of_fetching;
	struct fetch_wait wait[STATUS_WANTS_MAX]; /* of waits' wants, each */
};

/* It is there from now on; NULL: no memory, or there are no creds. */
struct proof *proof_of(struct ike_sa *sa);

/* --- IKE_AUTH */

/* Do we prove ourselves by a signature? */
bool proof_we_sign(const struct ike_sa *sa);

/* The peer's message, once the connection is known: can its proof be checked? NULL, or
 * why not. */
const char *proof_take(struct ike_sa *sa, const struct ike_payloads *p,
		       const struct ike_auth *auth);

/* Asks whether it is right. theirs: the data of its AUTH payload */
void proof_check(struct ike_sa *sa, struct exchange *x, struct slice theirs);

/* What the job says of the certificates is to be told when the IKE SA is up. */
void proof_note(struct ike_sa *sa, const struct verify_job *job);

/* It is: NULL, or why the connection wants another one. */
const char *proof_not_so(const struct ike_sa *sa);

/* Another round follows: what was of this one is forgotten. */
void proof_next(struct ike_sa *sa);

/* Asks for ours: STEP_AUTH_MAKE or STEP_AUTH_PLAIN. */
void proof_make(struct ike_sa *sa, struct exchange *x, enum exchange_step step);

/* The keystore's answer as an AUTH payload. */
struct ike_auth proof_auth(const struct ike_sa *sa,
			   const struct keystore_answer *a,
			   uint8_t room[PROOF_MAX_BYTES]);

/* Why the keystore could not: in plain words. */
const char *proof_why_not(const struct ike_sa *sa, bool ours, int err);

void proof_free(struct ike_sa *sa);

#endif
