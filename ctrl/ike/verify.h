/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it who it says it is? A peer's signature (RFC 7296 section 2.15, RFC 7427) and
 * the certificate or raw public key with which it goes, all as they came: read,
 * judged and verified in one job, for a thread of its own. It takes 0.1 to 5 ms; a CRL
 * of 16 MiB takes longer to read.
 */
#ifndef CYG_IKE_VERIFY_H
#define CYG_IKE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/ike/status.h"
#include "ctrl/model/auth.h"
#include "ctrl/model/identity.h"
#include "ctrl/model/proven.h"
#include "ctrl/pki/cert_cache.h"
#include "ctrl/pki/creds.h"
#include "ctrl/wire/ike_cert.h"

#define VERIFY_CERTS_MAX (1 + TRUST_OTHERS_MAX)

struct verify_job {
	uint64_t token;
	struct creds *creds;	  /* a reference */
	struct cert_cache *cache; /* a reference; NULL: none was kept */
	struct auth_conf auth;	  /* what the connection demands of the peer */
	struct identity id;	  /* that the peer says it has */
	bool fetches_certs;	  /* those that are elsewhere */
	bool is_named; /* the connection is for nobody but that identity */
	/* CERT payloads of encodings that are known, in their order; the first is
	 * what it signs with. Those that are elsewhere become others when they are
	 * here, see cert_url.h. */
	struct ike_cert certs[VERIFY_CERTS_MAX];
	size_t n_certs;
	bool has_more; /* than are taken */
	/* What it sent of OCSP (RFC 4806); more are of no use. */
	struct slice ocsp[STATUS_SENT_MAX];
	size_t n_ocsp;
	uint8_t method; /* of its AUTH payload */
	struct slice data;
	struct slice message; /* what it is a signature of */
	uint8_t *owned[2];    /* what the slices are of */
	/* What is wanted to judge it better, once the peer has proved who it is and
	 * its path is trusted: then it is run again. */
	struct status_wants wants;
	/* What a good proof rests on, but for what proven_note() knows; from now on the
	 * path is good for so long, 0: for ever. */
	struct proven proven;
	uint64_t good_for_s;
	bool has_proven; /* false: there is nothing that a ticket could rely on */
	/* Filled by verify_job_run(): 0; -EKEYREJECTED: it is not, and why has a
	 * line with what, reason and remedy; -ENOMEM. */
	int err;
	struct error why;
};

/*
 * A job for a peer's message, with its certificates; nothing is read of them yet.
 * NULL: no memory.
 */
struct verify_job *verify_job_new(const struct ike_payloads *p);

/* Its AUTH payload's data and the parts of the message, before it is run. Copied. */
MUST_CHECK bool verify_job_fill(struct verify_job *job, struct slice data,
				const struct slice *parts, size_t n);

/*
 * Any thread.
 *
 * now_s   Unix time
 */
void verify_job_run(struct verify_job *job, int64_t now_s);

/* NULL is fine. */
void verify_job_free(struct verify_job *job);

#endif
