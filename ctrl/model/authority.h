/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator says of a CA: where its CRLs are, and who answers by OCSP. Plain
 * values; any thread.
 */
#ifndef CYG_MODEL_AUTHORITY_H
#define CYG_MODEL_AUTHORITY_H

#include "ctrl/model/auth.h"
#include "ctrl/model/conn.h"

#define AUTHORITY_URIS_MAX 8
#define AUTHORITY_URI_MAX  256 /* with the NUL */

/* Of http, in visible ASCII. */
struct authority_uris {
	char at[AUTHORITY_URIS_MAX][AUTHORITY_URI_MAX];
	size_t n;
};

struct authority {
	char name[CONN_NAME_MAX];
	struct fingerprint ca; /* of its certificate, a CERT_CA */
	struct authority_uris crl_uris, ocsp_uris;
	bool from_vici;
};

#endif
