/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRLs made and signed (RFC 5280 section 5), and what is in one. Takes as long as a
 * signature, and a microsecond an entry. Any thread.
 */
#ifndef CYG_PKI_REVOKE_H
#define CYG_PKI_REVOKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/owned.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/signer.h"

#define REVOKE_NUMBER_STR_MAX 64

/* Of CRLReason (section 5.3.1). */
#define REVOKE_UNSPECIFIED 0

struct revoke_entry {
	struct slice serial; /* big-endian, without a sign */
	int64_t at_s;	     /* Unix time */
	int reason;
};

/* All is borrowed. */
struct revoke_plan {
	const struct certificate *issuer;
	struct signer signer;
	/*
	 * Those before: their entries are taken over, and the number is one more than
	 * the highest of theirs and of the base. To a complete one at least one of
	 * them is complete; of a delta only the deltas' entries count.
	 */
	const struct crl *const *last;
	size_t n_last;
	/* A complete one: this one says what changed since. NULL: it is complete. */
	const struct crl *base;
	const struct revoke_entry *entries;
	size_t n_entries;
	int64_t this_update_s; /* Unix time */
	int64_t next_update_s;
};

/*
 * A serial number that is there twice is written once, as it was first.
 *
 * 0, or e says what to do:
 * -EINVAL  times that cannot be, an issuer that may sign no CRL or whose key the
 *          signer's is not, a last or base that it did not sign
 * -EIO
 */
int revoke_make(const struct revoke_plan *p, struct owned *der, struct error *e);

/* Borrowed for the call. */
typedef void revoke_fn(void *arg, const struct revoke_entry *entry);

/* In the order of the CRL. */
void revoke_each(const struct crl *crl, revoke_fn *tell, void *arg);

/*
 * In hexadecimal: its number, and that of the one which it is a delta to. false: it
 * has none, or one of more than 20 octets.
 */
MUST_CHECK bool revoke_number(const struct crl *crl,
			      char out[REVOKE_NUMBER_STR_MAX]);
MUST_CHECK bool revoke_base(const struct crl *crl,
			    char out[REVOKE_NUMBER_STR_MAX]);

/* "keyCompromise" and so on; NULL: there is none. */
const char *revoke_reason_name(int reason);

/* By that name, or strongSwan's "key-compromise". -EINVAL: there is none. */
int revoke_reason_parse(const char *name, int *out);

#endif
