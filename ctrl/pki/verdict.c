// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/verdict.h"

#include <stdio.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#define TIME_STR_MAX 40

enum trust_verdict verdict_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TRUST_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TRUST_NOT_YET;
	case X509_V_ERR_CERT_REVOKED:
		return TRUST_REVOKED;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
		return TRUST_SIGNATURE;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return TRUST_NOT_CA;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return TRUST_NAMES;
	case X509_V_ERR_NO_EXPLICIT_POLICY:
	case X509_V_ERR_INVALID_POLICY_EXTENSION:
		return TRUST_POLICY;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return TRUST_SELF_SIGNED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return TRUST_NO_ISSUER;
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return TRUST_TOO_LONG;
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return TRUST_CRITICAL;
	case X509_V_ERR_OUT_OF_MEM:
		return TRUST_NO_MEMORY;
	}
	return TRUST_BROKEN;
}

bool verdict_is_of_crl(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
		return true;
	}
	return false;
}

/* By enum trust_verdict. */
static const struct {
	const char *name;
	const char *reason;
	const char *remedy;
} rows[] = {
	[TRUST_OK] = { "good", "is good", "" },
	[TRUST_EXPIRED] = { "expired", "has expired",
			    "have it renewed, or set the clock if that is still to come" },
	[TRUST_NOT_YET] = { "not valid yet", "is not valid yet",
			    "set the clock, or wait" },
	[TRUST_REVOKED] = { "revoked", "is revoked by its issuer",
			    "have another one issued" },
	[TRUST_UNKNOWN_STATUS] = { "of unknown status",
				   "may be revoked: there is no CRL of its issuer, and no OCSP response, that is good and of this time",
				   "make one available, or set revocation to ifuri or relaxed" },
	[TRUST_SIGNATURE] = { "wrongly signed",
			      "has a signature that is not of its issuer's key",
			      "install the issuer's certificate of the right key, or distrust the peer" },
	[TRUST_USAGE] = { "for another use", "is for another use than IKE",
			  "have one issued whose key usage has digitalSignature or nonRepudiation, and whose extended key usage, if there is one, has ipsecIKE, serverAuth or clientAuth" },
	[TRUST_NOT_CA] = { "issued by no CA",
			   "issued another one, and may not by its basic constraints or key usage",
			   "have the other one issued by a CA" },
	[TRUST_WEAK] = { "too weak",
			 "is weaker than the connection's auth demands",
			 "have a stronger one issued, or name what it has in auth" },
	[TRUST_NAMES] = { "against name constraints",
			  "has a name that a CA above it may not issue for",
			  "have it issued by another CA" },
	[TRUST_POLICY] = { "without its policy",
			   "lacks a policy that the connection or a CA above it asks for",
			   "have it issued with that policy, or correct cert_policy" },
	[TRUST_SELF_SIGNED] = { "self-signed",
				"is self-signed, or leads to one that is, which is not trusted",
				"install that one as a CA if it shall be trusted" },
	[TRUST_NO_ISSUER] = { "of an unknown issuer",
			      "was issued by one whose certificate is neither here nor sent by the peer",
			      "install it, or let the peer send it" },
	[TRUST_OTHER_CA] = { "of another CA",
			     "was issued by none of the CAs that the connection names",
			     "correct cacerts or ca_id" },
	[TRUST_TOO_LONG] = { "in too long a path",
			     "stands in a path that is longer than 8 CAs, or than one of them allows",
			     "have it issued nearer to the root" },
	[TRUST_CRITICAL] = { "with an unknown extension",
			     "has a critical extension that is not known here",
			     "have one issued without it" },
	[TRUST_BROKEN] = { "broken", "is not as RFC 5280 demands",
			   "have another one issued" },
	[TRUST_NO_MEMORY] = { "not checked", "cannot be checked",
			      "there is no memory; look for what takes it" },
};

static const char *time_str(int64_t at_s, char buf[TIME_STR_MAX])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(buf, TIME_STR_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(buf, TIME_STR_MAX, "%lld s", (long long)at_s);
	return buf;
}

void verdict_say(struct error *e, enum trust_verdict verdict,
		 const struct certificate *c, const char *detail)
{
	char name[CERTIFICATE_STR_MAX], when[TIME_STR_MAX];

	if (verdict == TRUST_EXPIRED)
		detail = time_str(c->not_after_s, when);
	else if (verdict == TRUST_NOT_YET)
		detail = time_str(c->not_before_s, when);
	error_set(e, 0, "certificate \"%s\" %s%s%s%s; %s",
		  certificate_str(c, name), rows[verdict].reason,
		  detail ? " (" : "", detail ? detail : "", detail ? ")" : "",
		  rows[verdict].remedy);
}

const char *trust_verdict_name(enum trust_verdict verdict)
{
	return rows[verdict].name;
}
