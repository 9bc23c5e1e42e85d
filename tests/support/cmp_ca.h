/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CA that speaks CMP, in memory, by libcrypto's server side: it issues for whatever
 * key a request is for. Mistakes of a test end the program.
 */
#ifndef CYG_TESTS_CMP_CA_H
#define CYG_TESTS_CMP_CA_H

#include "ctrl/pki/cmp.h"

struct cmp_ca {
	const struct certificate *cert; /* its own, with the key of it */
	const struct private_key *key;
	/* For that key, too: where it signs messages, by its key usage. */
	const struct certificate *signer;
	const char *secret;   /* NULL: it signs, and wants signatures */
	bool grants_implicit; /* it need not hear of certificates that came */
	const struct public_key *other; /* it issues for that one */
	const char *refuses;		/* everything, with these words */
	int64_t now_s;
	unsigned int waits; /* how often who asks is told to ask again, in 1 s */
	/* Counted. */
	unsigned int issued, confirmed, rejected, revoked;
	void *server; /* its own, and the request that is asked for again */
	void *kept;
	unsigned int asked;
};

void cmp_ca_begin(struct cmp_ca *ca);
void cmp_ca_end(struct cmp_ca *ca);

/* arg: a struct cmp_ca. */
int cmp_ca_exchange(void *arg, struct slice request, struct owned *answer,
		    struct error *e);

#endif
