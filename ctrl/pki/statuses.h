/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRLs and OCSP responses that were fetched for certificates, and certificates that
 * were, kept for those who ask next until they are too old. Who put them there does not
 * matter: trust_check() says what each of them is worth, at each check. Any thread,
 * several at once.
 */
#ifndef CYG_PKI_STATUSES_H
#define CYG_PKI_STATUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/hash.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/listed.h"
#include "ctrl/pki/ocsp.h"

#define STATUSES_MAX	   256
#define STATUSES_MAX_BYTES (64U << 20) /* as they came; read they are longer */
#define STATUSES_FRESH_S   3600	 /* how long a CRL holds that does not say */
#define STATUSES_CERT_S	   86400 /* and a certificate, whatever it says */

enum status_kind {
	STATUS_OCSP,
	STATUS_CRL,
	STATUS_CERT, /* no status, but a certificate that is elsewhere */
};

/* One of them, as it came, and read as soon as somebody looks into it. */
struct status;

/*
 * octets   copied
 *
 * NULL: no memory. The caller has the one reference.
 */
struct status *status_new(enum status_kind kind, struct slice octets);

/* NULL is fine; the last one frees. */
struct status *status_ref(struct status *s);
void status_unref(struct status *s);

/* Borrowed while s is held; NULL: it is none, or cannot be read. */
const struct crl *status_crl(struct status *s);
const struct ocsp *status_ocsp(struct status *s);

/* Likewise, of a certificate: its octets, which nobody has read; or empty. */
struct slice status_cert(const struct status *s);

#define STATUSES_KEY 32 /* octets */

/*
 * What is the same for certificates of which the same octets tell: of OCSP the
 * certificate alone; of CRLs its issuer, and where the issuer has it. false: no memory.
 */
MUST_CHECK bool statuses_key(const struct certificate *c, enum status_kind kind,
			     uint8_t key[STATUSES_KEY]);

struct statuses;

/* 0 or -ENOMEM; the caller has the one reference. */
int statuses_new(struct statuses **out);
struct statuses *statuses_ref(struct statuses *all);
void statuses_unref(struct statuses *all);

/*
 * What is kept for certificates of its key.
 *
 * now_s   Unix time
 *
 * A reference; NULL: there is none, or it is too old.
 */
struct status *statuses_find(struct statuses *all, const struct certificate *c,
			     enum status_kind kind, int64_t now_s);

/*
 * In place of what was there for it; the oldest ones make room. What cannot be read,
 * is too old or longer than all may be is not kept. Takes a reference of its own.
 */
void statuses_keep(struct statuses *all, const struct certificate *c,
		   struct status *s, int64_t now_s);

/* The certificate of that SHA-1; likewise. */
struct status *statuses_find_cert(struct statuses *all,
				  const uint8_t sha1[HASH_SHA1_BYTES],
				  int64_t now_s);

/* By its SHA-1; likewise. For certificates that are believed: others would take their
 * room. */
void statuses_keep_cert(struct statuses *all, struct status *s, int64_t now_s);

/* Does one of them call it revoked, old or not? See listed.h. */
bool statuses_list(struct statuses *all, const struct cert_serial *c);

/* All of it goes. */
void statuses_flush(struct statuses *all);

#endif
