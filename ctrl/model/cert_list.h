/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs and raw public keys as octets, with what is asked of them often:
 * those of a configuration, or those that came over VICI. They were read once, so that
 * they are none of them malformed; whom to trust is decided elsewhere. One thread.
 */
#ifndef CYG_MODEL_CERT_LIST_H
#define CYG_MODEL_CERT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/auth.h"

/* Of all that there are at once. */
#define CERTS_MAX	4096
#define CERTS_MAX_BYTES (32U << 20)

enum cert_kind {
	CERT_X509, /* ours or a peer's, or what leads from one to its CA */
	CERT_CA,   /* trusted */
	CERT_OCSP, /* whose answers of OCSP are trusted */
	CERT_CRL,
	CERT_PUBKEY, /* a SubjectPublicKeyInfo */
};

struct cert_conf {
	enum cert_kind kind;
	bool is_ca; /* by its basic constraints */
	/* Of the octets, and of its key's SubjectPublicKeyInfo; a CRL has none. */
	struct fingerprint fingerprint, key;
	/* Unix time; of a CRL, between its updates. 0 and INT64_MAX: always. */
	int64_t not_before_s, not_after_s;
	struct slice octets; /* DER; owned */
	char *from;	     /* the file's name, owned; NULL: of a message */
};

struct cert_list {
	struct cert_conf *at; /* owned */
	size_t n, room;
	size_t bytes; /* of all octets */
};

/*
 * One more, unless it is there already as one of that kind.
 *
 * c   copied, with what it points to
 *
 * 0; -E2BIG with e filled: there are CERTS_MAX, or CERTS_MAX_BYTES; -ENOMEM
 * likewise.
 */
int cert_list_add(struct cert_list *list, const struct cert_conf *c,
		  struct error *e);

/* All of these, until one fails. */
int cert_list_add_all(struct cert_list *list, const struct cert_list *more,
		      struct error *e);

/* NULL: there is none of that kind; borrowed until the list changes. */
const struct cert_conf *cert_list_find(const struct cert_list *list,
				       enum cert_kind kind,
				       const struct fingerprint *fingerprint);

/* Takes away the one at that index; those behind it move up. */
void cert_list_drop(struct cert_list *list, size_t i);

/* It is empty then. */
void cert_list_free(struct cert_list *list);

#endif
