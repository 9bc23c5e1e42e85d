/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator says of a CA: where its CRLs are, who answers by OCSP, and where the
 * certificates are that it has issued. Plain values; any thread.
 */
#ifndef CYG_MODEL_AUTHORITY_H
#define CYG_MODEL_AUTHORITY_H

#include "ctrl/model/auth.h"
#include "ctrl/model/conn.h"

#define AUTHORITY_URIS_MAX 8
#define AUTHORITY_URI_MAX  256				/* with the NUL */
#define AUTHORITY_BASE_MAX (AUTHORITY_URI_MAX - 2 * 20) /* SHA-1 follows it */

/* Of http, in visible ASCII. */
struct authority_uris {
	char at[AUTHORITY_URIS_MAX][AUTHORITY_URI_MAX];
	size_t n;
};

struct authority {
	char name[CONN_NAME_MAX];
	struct fingerprint ca; /* of its certificate, a CERT_CA */
	struct authority_uris crl_uris, ocsp_uris;
	/* What stands before the SHA-1 of a certificate of its, in hexadecimal digits,
	 * in the address where it is; "": it is nowhere. */
	char cert_uri_base[AUTHORITY_BASE_MAX];
	bool from_vici;
};

#endif
