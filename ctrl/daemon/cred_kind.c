// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/cred_kind.h"

static bool names(const struct auth_conf *a, const struct fingerprint *one)
{
	for (size_t i = 0; i < a->n_certs; i++)
		if (fingerprint_equal(&a->certs[i], one))
			return true;
	return false;
}

static bool is_named_ours(const struct cert_conf *cert,
			  const struct conn_conf *conns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < conn_rounds(&conns[i], CONN_LOCAL); k++)
			if (names(conn_auth(&conns[i], CONN_LOCAL, k),
				  &cert->fingerprint))
				return true;
	return false;
}

bool cred_is_ours(const struct cert_conf *cert, enum key_of_cert key,
		  const struct conn_conf *conns, size_t n)
{
	return key != KEY_NEVER_HERE || is_named_ours(cert, conns, n);
}

static bool x509_kind(const struct cert_conf *cert, enum key_of_cert key,
		      const struct conn_conf *conns, size_t n,
		      enum cred_kind *out)
{
	*out = CRED_OWN;
	if (key == KEY_HERE)
		return true;
	*out = CRED_INTERMEDIATE;
	if (cert->is_ca)
		return true;
	*out = CRED_PEER;
	return !cred_is_ours(cert, key, conns, n);
}

bool cred_kind_of(const struct cert_conf *cert, enum key_of_cert key,
		  const struct conn_conf *conns, size_t n, enum cred_kind *out)
{
	switch (cert->kind) {
	case CERT_CA:
		*out = CRED_CA;
		return true;
	case CERT_CRL:
		*out = CRED_CRL;
		return true;
	case CERT_PUBKEY:
		*out = CRED_PUBKEY;
		return true;
	case CERT_X509:
		return x509_kind(cert, key, conns, n, out);
	case CERT_OCSP:
		*out = CRED_OCSP;
		return true;
	}
	return false;
}
