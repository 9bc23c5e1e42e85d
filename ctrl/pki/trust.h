/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom we trust: certificates of CAs, what leads to them, CRLs and what responders of
 * OCSP say; and whether a peer's certificate is good (RFC 5280 section 6, by libcrypto). Nothing is fetched here, and
 * the time is the caller's. A check takes as long as the signatures in the chain do to
 * verify: not for an event loop. One thread adds; once that is done, any threads check,
 * several at once.
 */
#ifndef CYG_PKI_TRUST_H
#define CYG_PKI_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/model/auth.h"
#include "ctrl/model/sign_rules.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/listed.h"
#include "ctrl/pki/ocsp.h"
#include "ctrl/pki/statuses.h"

struct trust;

#define TRUST_CHAIN_MAX 9 /* certificates: a peer's, 7 CAs, the root */
#define TRUST_OTHERS_MAX \
	32 /* certificates that a peer may send beside its own */

enum trust_role {
	TRUST_AS_CA,	       /* a root is trusted, any other leads to one */
	TRUST_AS_INTERMEDIATE, /* only leads to one */
	TRUST_AS_PEER,	       /* trusted itself, whoever issued it */
	TRUST_AS_OCSP,	       /* what it signs as a responder is believed */
};

enum trust_verdict {
	TRUST_OK,
	TRUST_EXPIRED,
	TRUST_NOT_YET,
	TRUST_REVOKED,
	TRUST_UNKNOWN_STATUS, /* no CRL and no OCSP that is good and of this time */
	TRUST_SIGNATURE,
	TRUST_USAGE,  /* of its key */
	TRUST_NOT_CA, /* what issued the one below it */
	TRUST_WEAK,   /* key or signature */
	TRUST_NAMES,  /* name constraints */
	TRUST_POLICY,
	TRUST_SELF_SIGNED,
	TRUST_NO_ISSUER,
	TRUST_OTHER_CA, /* than the connection names */
	TRUST_TOO_LONG, /* path */
	TRUST_CRITICAL, /* an extension that nobody knows */
	TRUST_BROKEN,	/* anything else that RFC 5280 forbids */
	TRUST_NO_MEMORY,
};

struct trust_question {
	const struct certificate *leaf;
	bool is_pinned; /* its key is trusted itself, as if it were a peer's here */
	/* Others that the peer sent, in any order; at most TRUST_OTHERS_MAX count. */
	const struct certificate *const *others;
	size_t n_others;
	/* What it sent of OCSP (RFC 4806). */
	const struct ocsp *const *responses;
	size_t n_responses;
	/* What was fetched since the trust was filled; likewise of responses. */
	const struct crl *const *crls;
	size_t n_crls;
	int64_t now_s; /* Unix time */
	enum revocation revocation;
	const struct sign_rules *rules; /* NULL: of all zeros */
	/* The leaf must have all of these policies, as "1.2.3"; none: any. */
	const char *const *policies;
	size_t n_policies;
	/* One of these must be in the chain above the leaf; none: any. */
	const struct certificate *const *cas;
	size_t n_cas;
	/* And one of this identity, a pattern or not; NULL: any. */
	const struct identity *ca_id;
};

struct trust_answer {
	enum trust_verdict verdict;
	/* Unless it is TRUST_OK a line with certificate, reason and remedy. */
	struct error why;
	/* From the leaf to the root, once the path is trusted, whether or not
	 * something is revoked; of the question's and the trust's. */
	const struct certificate *chain[TRUST_CHAIN_MAX];
	size_t n_chain;
	/* Of those below the root: neither a CRL nor OCSP told its status. */
	bool unknown[TRUST_CHAIN_MAX];
};

/* 0 or -ENOMEM. */
int trust_new(struct trust **out);
/* With all that was added; trust_free(NULL) is fine. */
void trust_free(struct trust *t);

/*
 * Takes the certificate over, also when it fails. One that is there already in this
 * role changes nothing.
 *
 * 0; -ENOMEM; -EINVAL with e filled: as CA or intermediate, but it is none by its
 * basic constraints.
 */
int trust_add(struct trust *t, enum trust_role role, struct certificate *c,
	      struct error *e);

/* Takes the CRL over, also when it fails. 0 or -ENOMEM. */
int trust_add_crl(struct trust *t, struct crl *crl);

/* Likewise. */
int trust_add_ocsp(struct trust *t, struct ocsp *o);

/* What the CA with this certificate says of those that it issued, an operator knows
 * where to fetch. 0 or -ENOMEM. */
int trust_add_address(struct trust *t, enum status_kind kind,
		      const uint8_t ca[CERTIFICATE_SHA256]);

/* Does c itself say where that is to be fetched, or an operator, of who issued it? */
bool trust_has_address(const struct trust *t, const struct certificate *c,
		       const struct certificate *issuer, enum status_kind kind);

/*
 * Is the certificate good? The path is found and judged first; CRLs count only if a CA
 * in the path signed them, or one of the trust's or of the peer's others that may and
 * whose own path leads to the same root (RFC 5280 section 6.3.3); OCSP as
 * ocsp_says() has it. One that says "revoked" is enough, be it old, unless it is a hold;
 * else one that says "good".
 * The root's own status is nobody's to tell.
 */
void trust_check(struct trust *t, const struct trust_question *q,
		 struct trust_answer *a);

/* Does one of the CRLs and responses that were added call it revoked? See listed.h. */
bool trust_lists(const struct trust *t, const struct cert_serial *c);

/*
 * Who issued it, of those through whom its path leads to a CA of the trust's; nothing is
 * asked but that. NULL: there is no such path, or no memory.
 *
 * others   as in a question; what is returned may be one of them
 * now_s    Unix time
 */
const struct certificate *trust_issuer(struct trust *t,
				       const struct certificate *c,
				       const struct certificate *const *others,
				       size_t n_others, int64_t now_s);

/* "expired" and so on, for listings and counters. */
const char *trust_verdict_name(enum trust_verdict verdict);

#endif
