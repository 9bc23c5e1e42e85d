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

/* Where certificates of a CA are that is added as CRED_CERTS_AT. */
#define CERTS_AT "http://certs.example/"

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

/*
 * --- side 0 is moon, side 1 is sun; with cmocka. certs_make() makes "root" and
 * "other_root", "between" below the first, "moon", "moon_rsa" and many a sun; for groups
 * of tests, as certs_end() is.
 */

int certs_make(void **state);
int certs_end(void **state);

void certs_set_id(struct identity *id, const char *text);

/* Of each the other's name; to be changed and loaded, which frees it. */
struct conn_conf certs_conn_of(const struct ike_lab *lab, unsigned int side);
void certs_load_conn(struct ike_lab *lab, unsigned int side,
		     struct conn_conf *c);
void certs_load_plain(struct ike_lab *lab, unsigned int side);

/* Both trust "root"; with these certificates, and with connections, too. */
struct ike_lab *certs_lab_of(const char *moon, const char *sun);
struct ike_lab *certs_lab_plain(const char *moon, const char *sun);

/* Side 0 does; and a minute goes by, after which no half-open one is left. */
void certs_begin(struct ike_lab *lab);
void certs_initiate(struct ike_lab *lab);
unsigned int certs_ike_sas(const struct ike_lab *lab);

/* Both have one IKE SA and one pair, and nothing failed. */
void certs_assert_up(struct ike_lab *lab, const char *what);

/* The judge says why; nothing is left of either. */
void certs_assert_refused(struct ike_lab *lab, unsigned int judge,
			  const char *why, const char *what);

#endif
