/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certificate is asked of a CA, renewed or revoked by CMP (RFC 4210 with CRMF, RFC
 * 4211; by libcrypto). Messages are protected by a secret or by a signature; what is
 * not, or by another, is not believed. Waits as long as the exchange does, and where
 * the CA says that it should, up to `timeout_s` in all: not for an event loop.
 */
#ifndef CYG_PKI_CMP_H
#define CYG_PKI_CMP_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/base/error.h"
#include "ctrl/base/owned.h"
#include "ctrl/crypto/private_key.h"
#include "ctrl/model/identity.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/request.h"

#define CMP_MESSAGE_MAX 131072 /* octets of an answer */

enum cmp_command {
	CMP_IR,	   /* the first certificate */
	CMP_CR,	   /* a further one */
	CMP_P10CR, /* by a request of PKCS#10 */
	CMP_KUR,   /* in place of one that is there */
	CMP_RR,	   /* one is revoked */
};

/*
 * Takes a request to the CA and its answer back: CMP_MESSAGE_MAX octets at most, which
 * are handed over. 0, or a negative errno with e filled.
 */
typedef int cmp_exchange_fn(void *arg, struct slice request,
			    struct owned *answer, struct error *e);

/* All is borrowed. */
struct cmp_plan {
	enum cmp_command command;
	cmp_exchange_fn *exchange;
	void *arg;
	unsigned int timeout_s; /* in all; not 0 */

	/* Protection: by a secret with what it is known by, or by the key of a
	 * certificate, with those that lead from it to a CA. */
	struct slice ref; /* octets; empty: none */
	struct slice secret;
	const struct certificate *const *own; /* the first is the one */
	size_t n_own;
	const struct private_key *own_key;
	/* Whom we trust to sign answers; none: only what the secret protects. */
	const struct certificate *const *cas;
	size_t n_cas;

	struct slice recipient; /* DER of a name; empty: the issuer of the own */
	/* What for, of IR, CR and KUR. Of KUR subject and names are those of the old
	 * one where there are none. */
	const struct private_key *key;
	struct slice subject;
	const struct identity *sans;
	size_t n_sans;
	const struct request *request; /* of P10CR */
	const struct certificate *old; /* of KUR and RR */
	int reason;		       /* of RR, as in revoke.h */
	bool implicit_confirm; /* the CA need not hear that we have it */
};

/*
 * The certificate that comes is for our key and one that we read: else it is refused
 * before the CA is told that we have it.
 *
 * out   handed over; NULL: of RR
 *
 * 0, or e says what to do:
 * -EACCES        the CA refused, with its reason
 * -EKEYREJECTED  an answer that is not protected as it must be
 * -EBADMSG       malformed, to another request, or for another key
 * -ETIMEDOUT     it still wants us to wait
 * -EINVAL        the plan lacks something
 * or what exchange() said
 */
int cmp_run(const struct cmp_plan *p, struct certificate **out, struct error *e);

#endif
