/* SPDX-License-Identifier: BSD-2-Clause */
/* What people want to see of certificates and keys, and IKE does not ask. Any thread. */
#ifndef CYG_PKI_DESCRIBE_H
#define CYG_PKI_DESCRIBE_H

#include "ctrl/pki/certificate.h"

#define DESCRIBE_ID_BYTES 20

/* A word in printable ASCII, borrowed for the call. */
typedef void describe_fn(void *arg, const char *word);

/* "digitalSignature" and so on; none where the certificate does not say. */
void describe_usage(const struct certificate *c, describe_fn *tell, void *arg);

/* "serverAuth" and so on, or a number. */
void describe_extended(const struct certificate *c, describe_fn *tell,
		       void *arg);

/* CAs that may be below it; -1: it does not say. */
long describe_path_len(const struct certificate *c);

/*
 * SHA-1 of the SubjectPublicKeyInfo, strongSwan's "keyid", and of the key's octets
 * alone, its "subjkey", which a subject key identifier is. 0 or -EIO.
 */
int describe_key_ids(const struct public_key *key,
		     uint8_t keyid[DESCRIBE_ID_BYTES],
		     uint8_t subjkey[DESCRIBE_ID_BYTES]);

#endif
