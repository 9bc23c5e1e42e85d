// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/listed.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "ctrl/crypto/hash.h"

bool listed_serial(const struct certificate *c, struct cert_serial *out)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x509);

	*out = (struct cert_serial){ .len = 0 };
	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || !c->serial.len ||
	    c->serial.len > sizeof(out->octets))
		return false;
	out->len = (uint8_t)c->serial.len;
	memcpy(out->octets, c->serial.ptr, c->serial.len);
	return hash_sha1(c->issuer, out->issuer);
}

static bool is_of(struct slice issuer, const struct cert_serial *c)
{
	uint8_t hash[HASH_SHA1_BYTES];

	return !hash_sha1(issuer, hash) ||
	       memcmp(hash, c->issuer, sizeof(hash)) == 0;
}

bool listed_by_crl(const struct crl *crl, const struct cert_serial *c)
{
	ASN1_INTEGER *serial;
	X509_REVOKED *row;
	bool is_listed;

	if (!crl->n_revoked || !is_of(crl->issuer, c))
		return false;
	serial = ASN1_INTEGER_new();
	is_listed = !serial || !ASN1_STRING_set(serial, c->octets, c->len) ||
		    X509_CRL_get0_by_serial(crl->x509, &row, serial) == 1;
	ASN1_INTEGER_free(serial);
	ERR_clear_error();
	return is_listed;
}

/* Where the hash of the name is not SHA-1, the number has to do. */
static bool is_about(OCSP_SINGLERESP *single, const struct cert_serial *c)
{
	OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
	ASN1_OCTET_STRING *name;
	ASN1_INTEGER *serial;

	if (OCSP_id_get0_info(&name, NULL, NULL, &serial, id) != 1 ||
	    ASN1_STRING_length(serial) != c->len ||
	    memcmp(ASN1_STRING_get0_data(serial), c->octets, c->len) != 0)
		return false;
	return ASN1_STRING_length(name) != sizeof(c->issuer) ||
	       memcmp(ASN1_STRING_get0_data(name), c->issuer,
		      sizeof(c->issuer)) == 0;
}

bool listed_by_ocsp(const struct ocsp *o, const struct cert_serial *c)
{
	for (int i = 0; i < OCSP_resp_count(o->basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(o->basic, i);

		if (OCSP_single_get0_status(single, NULL, NULL, NULL, NULL) ==
			    V_OCSP_CERTSTATUS_REVOKED &&
		    is_about(single, c))
			return true;
	}
	return false;
}
