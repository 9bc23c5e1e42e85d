/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lab of two engines with certificates and public keys: each side's creds and
 * private keys are those of pki.h, by their names. What fails ends the program.
 */
#ifndef CYG_TESTS_IKE_CERTS_H
#define CYG_TESTS_IKE_CERTS_H

#include "tests/support/ike_lab.h"

/* With keystores that sign, at PKI_NOW_S. */
struct ike_lab *certs_lab(uint64_t seed);

/* The side has this, too, from now on: a certificate, a key or a CRL. */
void certs_add(struct ike_lab *lab, unsigned int side, enum cred_kind kind,
	       const char *name);

/* A certificate of its own, with its key. */
void certs_own(struct ike_lab *lab, unsigned int side, const char *name);

/* A raw public key of its own, likewise. */
void certs_own_key(struct ike_lab *lab, unsigned int side, const char *name);

struct fingerprint certs_fingerprint(const char *name);
struct fingerprint certs_key_fingerprint(const char *name);

/* The lab's connection of that side, both by signatures; to be changed and loaded. */
struct conn_conf certs_conn(const struct ike_lab *lab, unsigned int side);

/* For lab->sign: as the keystore does it; and the same, but of side 1 one bit is
 * wrong. */
void certs_sign(struct lab_side *s, const struct keystore_request *q,
		struct keystore_answer *a);
void certs_sign_wrongly(struct lab_side *s, const struct keystore_request *q,
			struct keystore_answer *a);

#endif
