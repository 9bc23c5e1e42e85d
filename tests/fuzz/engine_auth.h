/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By what the fuzzer's two sides prove themselves, besides a pre-shared key: with a PPK
 * in the keys, or by certificates, which are made once, and no two runs have the same.
 */
#ifndef CYG_FUZZ_ENGINE_AUTH_H
#define CYG_FUZZ_ENGINE_AUTH_H

#include <stdlib.h>

#include "tests/support/ike_certs.h"
#include "tests/support/pki.h"

static inline void auth_must(bool holds)
{
	if (!holds)
		abort();
}

static inline void auth_ppk(struct lab_side *s, struct conn_conf *c)
{
	struct error e;

	auth_must(!identity_parse("ppk-1", &c->ppk_id, &e));
	s->ppk = (struct psk_conf){ .is_ppk = true };
	s->ppk.key = (struct secret){ .len = 3, .octets = "PPK" };
}

static inline void auth_make_certs(void)
{
	static const struct pki_cert certs[] = {
		{ .name = "root",
		  .exts = { "basicConstraints=critical,CA:TRUE" } },
		{ .name = "moon",
		  "root",
		  .exts = { "subjectAltName=IP:192.0.2.1" } },
		{ .name = "sun",
		  "root",
		  .key = "ed25519",
		  .exts = { "subjectAltName=IP:192.0.2.2" } },
	};
	static bool made;

	for (size_t i = 0; !made && i < 3; i++)
		pki_make(&certs[i]);
	made = true;
}

/* Both have a certificate. */
static inline struct ike_lab *auth_lab(uint64_t seed)
{
	struct ike_lab *lab = certs_lab(seed);

	auth_make_certs();
	for (unsigned int i = 0; i < 2; i++) {
		certs_add(lab, i, CRED_CA, "root");
		certs_own(lab, i, i ? "sun" : "moon");
	}
	return lab;
}

/* The initiator may go by a pre-shared key all the same. */
static inline void auth_certs(unsigned int side, uint8_t how,
			      struct conn_conf *c)
{
	struct error e;
	bool psk = how & 1;

	auth_must(!identity_parse(side ? "192.0.2.2" : "192.0.2.1",
				  &c->local_id, &e));
	if (side || !psk)
		c->local_auth.by = AUTH_BY_PUBKEY;
	if (!side || !psk)
		c->remote_auth.by = AUTH_BY_PUBKEY;
	c->send_cert = how & 2 ? SEND_CERT_ALWAYS : SEND_CERT_IF_ASKED;
}

#endif
