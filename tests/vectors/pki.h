/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of certificates, of the kind that NIST's PKITS has: what they are made of, and
 * the verdict that each deserves.
 */
#ifndef CYG_VECTORS_PKI_H
#define CYG_VECTORS_PKI_H

#include "ctrl/pki/trust.h"
#include "tests/support/pki.h"

/* clang-format off */
#define CA   "basicConstraints=critical,CA:TRUE"
#define SIGN "keyUsage=critical,keyCertSign,cRLSign"
#define SKI  "subjectKeyIdentifier=hash"
#define AKI  "authorityKeyIdentifier=keyid"
#define MOON "subjectAltName=DNS:moon.example.org"
#define CRLS_ONLY "keyUsage=critical,cRLSign"
#define ROOT CA, SIGN, SKI
#define SUB  CA, SIGN, SKI, AKI

static const struct pki_cert pki_certs[] = {
	{ .name = "root", .exts = { ROOT } },
	{ .name = "root2", .exts = { ROOT } },
	{ .name = "root_old", .from_h = -700, .until_h = -1, .exts = { ROOT } },
	{ .name = "sub", "root", .exts = { SUB } },
	{ .name = "sub2", "sub", .exts = { SUB } },
	{ .name = "leaf", "root", .exts = { MOON, "keyUsage=digitalSignature" } },
	{ .name = "leaf_sub", "sub", .exts = { MOON, AKI } },
	{ .name = "leaf_sub2", "sub2", .exts = { MOON } },
	{ .name = "leaf_bare", "root" },
	{ .name = "leaf_nameless", "root", "", .exts = {
	  "subjectAltName=critical,DNS:moon.example.org" } },
	{ .name = "leaf_root2", "root2", .exts = { MOON } },
	/* time */
	{ .name = "leaf_old", "root", .from_h = -700, .until_h = -600 },
	{ .name = "leaf_future", "root", .from_h = 600, .until_h = 700 },
	{ .name = "leaf_root_old", "root_old" },
	{ .name = "sub_old", "root", .from_h = -700, .until_h = -600, .exts = { SUB } },
	{ .name = "leaf_sub_old", "sub_old" },
	{ .name = "sub_future", "root", .from_h = 600, .until_h = 700, .exts = { SUB } },
	{ .name = "leaf_sub_future", "sub_future" },
	/* signatures */
	{ .name = "leaf_forged", "root", .has_bad_signature = true },
	{ .name = "sub_forged", "root", .exts = { SUB }, .has_bad_signature = true },
	{ .name = "leaf_sub_forged", "sub_forged" },
	{ .name = "impostor", "root", "C=CH, CN=sub", .exts = { CA, SIGN } },
	{ .name = "leaf_plain", "sub" },
	/* CAs that are none */
	{ .name = "no_ca", "root", .exts = { "basicConstraints=CA:FALSE" } },
	{ .name = "leaf_no_ca", "no_ca" },
	{ .name = "no_bc", "root", .exts = { MOON } },
	{ .name = "leaf_no_bc", "no_bc" },
	{ .name = "no_bc_ku", "root", .exts = { "keyUsage=keyCertSign" } },
	{ .name = "leaf_no_bc_ku", "no_bc_ku" },
	{ .name = "no_sign", "root", .exts = { CA, "keyUsage=cRLSign" } },
	{ .name = "leaf_no_sign", "no_sign" },
	/* lengths */
	{ .name = "short", "root", .exts = { CA ",pathlen:0", SIGN, SKI } },
	{ .name = "leaf_short", "short" },
	{ .name = "sub_short", "short", .exts = { SUB } },
	{ .name = "leaf_sub_short", "sub_short" },
	{ .name = "self_issued", "short", "C=CH, CN=short", "=short", .exts = { CA } },
	{ .name = "leaf_self_issued", "self_issued" },
	{ .name = "d1", "root", .exts = { SUB } },
	{ .name = "d2", "d1", .exts = { SUB } },
	{ .name = "d3", "d2", .exts = { SUB } },
	{ .name = "d4", "d3", .exts = { SUB } },
	{ .name = "d5", "d4", .exts = { SUB } },
	{ .name = "d6", "d5", .exts = { SUB } },
	{ .name = "d7", "d6", .exts = { SUB } },
	{ .name = "d8", "d7", .exts = { SUB } },
	{ .name = "leaf_d7", "d7" },
	{ .name = "leaf_d8", "d8" },
	/* name constraints */
	{ .name = "nc", "root", .exts = { SUB,
	  "nameConstraints=critical,permitted;DNS:example.org,"
	  "permitted;IP:10.0.0.0/255.0.0.0," "permitted;email:example.org,"
	  "excluded;DNS:bad.example.org" } },
	{ .name = "leaf_nc", "nc", .exts = { MOON } },
	{ .name = "leaf_nc_dns", "nc", .exts = {
	  "subjectAltName=DNS:moon.example.com" } },
	{ .name = "leaf_nc_bad", "nc", .exts = {
	  "subjectAltName=DNS:a.bad.example.org" } },
	{ .name = "leaf_nc_ip", "nc", .exts = { "subjectAltName=IP:10.1.2.3" } },
	{ .name = "leaf_nc_ip_bad", "nc", .exts = { "subjectAltName=IP:11.1.2.3" } },
	{ .name = "leaf_nc_email", "nc", .exts = {
	  "subjectAltName=email:a@example.com" } },
	{ .name = "sub_nc", "nc", .exts = { SUB } },
	{ .name = "leaf_sub_nc", "sub_nc", .exts = {
	  "subjectAltName=DNS:moon.example.com" } },
	/* policies */
	{ .name = "pol", "root", .exts = { SUB, "certificatePolicies=1.2.3,1.2.4" } },
	{ .name = "leaf_pol", "pol", .exts = { "certificatePolicies=1.2.3" } },
	{ .name = "leaf_pol2", "pol", .exts = { "certificatePolicies=1.2.3,1.2.4" } },
	{ .name = "leaf_pol_other", "pol", .exts = { "certificatePolicies=1.2.5" } },
	{ .name = "pol_must", "root", .exts = { SUB, "certificatePolicies=1.2.3",
	  "policyConstraints=critical,requireExplicitPolicy:0" } },
	{ .name = "leaf_pol_must", "pol_must", .exts = { "certificatePolicies=1.2.3" } },
	{ .name = "leaf_pol_none", "pol_must" },
	/* uses */
	{ .name = "eku_server", "root", .exts = { "extendedKeyUsage=serverAuth" } },
	{ .name = "eku_client", "root", .exts = { "extendedKeyUsage=clientAuth" } },
	{ .name = "eku_any", "root", .exts = {
	  "extendedKeyUsage=anyExtendedKeyUsage" } },
	{ .name = "eku_ike", "root", .exts = { "extendedKeyUsage=1.3.6.1.5.5.7.3.17" } },
	{ .name = "eku_inter", "root", .exts = {
	  "extendedKeyUsage=codeSigning,1.3.6.1.5.5.8.2.2" } },
	{ .name = "eku_code", "root", .exts = { "extendedKeyUsage=codeSigning" } },
	{ .name = "eku_mail", "root", .exts = {
	  "extendedKeyUsage=emailProtection,OCSPSigning" } },
	{ .name = "ku_repudiate", "root", .exts = { "keyUsage=nonRepudiation" } },
	{ .name = "ku_agree", "root", .exts = { "keyUsage=keyAgreement" } },
	/* strength */
	{ .name = "rsa", "root", .key = "rsa2048" },
	{ .name = "weak_rsa", "root", .key = "rsa1024" },
	{ .name = "weak_sub", "root", .key = "rsa1024", .exts = { SUB } },
	{ .name = "leaf_weak_sub", "weak_sub" },
	{ .name = "root_rsa", .key = "=rsa", .exts = { ROOT } },
	{ .name = "sha1", "root_rsa", .digest = "sha1" },
	{ .name = "md5", "root_rsa", .digest = "md5" },
	{ .name = "sha224", "root_rsa", .digest = "sha224" },
	{ .name = "root_sha1", .key = "=rsa", .digest = "sha1", .exts = { ROOT } },
	{ .name = "leaf_root_sha1", "root_sha1" },
	{ .name = "ed", "root", .key = "ed25519" },
	{ .name = "p384", "root", .key = "P-384" },
	{ .name = "root_ed", .key = "ed25519", .exts = { ROOT } },
	{ .name = "leaf_root_ed", "root_ed" },
	/* extensions that nobody knows */
	{ .name = "ext", "root", .exts = { "1.2.3.4=ASN1:UTF8String:x" } },
	{ .name = "ext_critical", "root", .exts = {
	  "1.2.3.4=critical,ASN1:UTF8String:x" } },
	/* alone, crossed, in a circle */
	{ .name = "alone", .exts = { MOON } },
	{ .name = "alone_old", .from_h = -700, .until_h = -600 },
	{ .name = "alone_code", .exts = { "extendedKeyUsage=codeSigning" } },
	{ .name = "cross", "root2", "C=CH, CN=sub", "=sub", .exts = { SUB } },
	{ .name = "loop_a", .exts = { CA, SIGN } },
	{ .name = "loop_b", "loop_a", .exts = { CA, SIGN } },
	{ .name = "loop_a2", "loop_b", "C=CH, CN=loop_a", "=loop_a", .exts = { CA,
	  SIGN } },
	{ .name = "leaf_loop", "loop_a" },
	/* revocation */
	{ .name = "bad", "root", .exts = { MOON } },
	{ .name = "uri", "root", .exts = {
	  "crlDistributionPoints=URI:http://crl.example.org/a" } },
	{ .name = "ocsp", "root", .exts = {
	  "authorityInfoAccess=OCSP;URI:http://ocsp.example.org/" } },
	{ .name = "bad_sub", "root", .exts = { SUB } },
	{ .name = "leaf_bad_sub", "bad_sub" },
	{ .name = "mute", "root", .exts = { CA, "keyUsage=keyCertSign", SKI } },
	{ .name = "leaf_mute", "mute" },
	/* a key for certificates, and one for CRLs, of one CA; and who would be that */
	{ .name = "k_ca", "root", "C=CH, CN=k", .exts = { CA,
	  "keyUsage=critical,keyCertSign", SKI, AKI } },
	{ .name = "k_crl", "root", "C=CH, CN=k", .exts = { CRLS_ONLY, SKI, AKI } },
	{ .name = "k_mute", "root", "C=CH, CN=k", .exts = {
	  "keyUsage=critical,digitalSignature", SKI, AKI } },
	{ .name = "k_old", "root", "C=CH, CN=k", .from_h = -700, .until_h = -600, .exts = {
	  CRLS_ONLY, SKI, AKI } },
	{ .name = "k_self", NULL, "C=CH, CN=k", .exts = { ROOT } },
	{ .name = "k_root2", "root2", "C=CH, CN=k", .exts = { SUB } },
	{ .name = "k_leaf", "k_ca", .exts = { AKI } },
	{ .name = "k_bad", "k_ca", .exts = { AKI } },
	/* and one of another name for CRLs */
	{ .name = "agent", "root", .exts = { CRLS_ONLY, SKI, AKI } },
	{ .name = "k_agent", "k_ca", .exts = { AKI, "crlDistributionPoints=dp_agent" } },
	{ .name = "k_agent_bad", "k_ca", .exts = { AKI, "crlDistributionPoints=dp_agent" } },
};

#define FRESHEST "freshestCRL=URI:http://crl.example.org/delta"
#define DAY	 .from_h = -24, .until_h = 24

static const struct pki_crl pki_crls[] = {
	{ .name = "crl", "root", DAY, .revoked = { "bad", "bad_sub" }, .number = 1 },
	{ .name = "crl_none", "root", DAY, .number = 2 },
	{ .name = "crl_sub", "sub", DAY },
	{ .name = "crl_bad_sub", "bad_sub", DAY },
	{ .name = "crl_old", "root", .from_h = -48, .until_h = -24, .revoked = {
	  "bad" } },
	{ .name = "crl_future", "root", .from_h = 24, .until_h = 48 },
	{ .name = "crl_forged", "root", DAY, .revoked = { "leaf" },
	  .has_bad_signature = true },
	/* newer than the CA's own, which tells of what is revoked */
	{ .name = "crl_lie", "root", "root2", .from_h = -1, .until_h = 24 },
	{ .name = "crl_mute", "mute", DAY, .revoked = { "leaf_mute" } },
	{ .name = "crl_base", "root", DAY, .number = 5, .exts = { FRESHEST } },
	{ .name = "crl_delta", "root", .from_h = -2, .until_h = 24, .revoked = {
	  "bad" }, .number = 6, .base = 5 },
	{ .name = "crl_delta_lie", "root", "root2", .from_h = -1, .until_h = 24,
	  .number = 7, .base = 1 },
	{ .name = "k_list", "k_crl", DAY, .revoked = { "k_bad" }, .exts = { AKI } },
	{ .name = "k_list_ca", "k_ca", DAY, .exts = { AKI } },
	/* newer than the CA's own likewise */
	{ .name = "k_list_mute", "k_mute", .from_h = -1, .until_h = 24, .exts = { AKI } },
	{ .name = "k_list_old", "k_old", .from_h = -1, .until_h = 24, .exts = { AKI } },
	{ .name = "k_list_self", "k_self", .from_h = -1, .until_h = 24 },
	{ .name = "k_list_self_aki", "k_self", .from_h = -1, .until_h = 24, .exts = { AKI } },
	{ .name = "k_list_root2", "k_root2", .from_h = -1, .until_h = 24, .exts = { AKI } },
	{ .name = "agent_list", "agent", DAY, .revoked = { "k_agent_bad" },
	  .is_indirect = true, .exts = { AKI,
	  "issuingDistributionPoint=critical,@idp_agent" } },
	{ .name = "crl_hold", "root", DAY, .revoked = { "bad" }, .reason = 6, .number = 5,
	  .exts = { FRESHEST } },
	{ .name = "crl_old_hold", "root", .from_h = -48, .until_h = -24, .revoked = {
	  "bad" }, .reason = 6 },
	{ .name = "crl_old_compromise", "root", .from_h = -48, .until_h = -24,
	  .revoked = { "bad" }, .reason = 1 },
	{ .name = "crl_delta_free", "root", .from_h = -2, .until_h = 24, .revoked = {
	  "bad" }, .reason = 8, .number = 6, .base = 5 },
	{ .name = "crl_delta_old_free", "root", .from_h = -24, .until_h = -2, .revoked = {
	  "bad" }, .reason = 8, .number = 6, .base = 5 },
	{ .name = "crl_for_cas", "root", DAY, .exts = {
	  "issuingDistributionPoint=critical,onlyCA:TRUE" } },
};

struct pki_path {
	const char *what;
	const char *leaf;
	const char *cas;
	const char *others;
	enum trust_verdict wanted;
	const char *named; /* whose name the line has; NULL: the leaf's */
	/* Why `openssl verify` says the opposite; NULL: it does not. */
	const char *openssl_differs;
	const char *intermediates; /* of ours */
	const char *peers;
	const char *crls;
	enum revocation revocation;
	const char *auth;
	const char *policies;
	const char *demanded; /* CAs of the connection */
	bool has_other_name;  /* than CN=named */
};

#define USE   "it is asked for no use"
#define WEAK  "its level of security is 0 here"
#define OURS  "it knows no pinned certificates but as roots"
#define FIRST "it looks at the first of two, and no further"
#define SIGNER "it asks who signs a CRL beside the CA neither for its key usage nor its time"
#define CRLS  "without a CRL for all it says no, as strict does"

static const struct pki_path pki_paths[] = {
	/* --- paths that are good */
	{ .what = "a root", "leaf", "root", "", TRUST_OK },
	{ .what = "a root among others", "leaf", "root2 root sub", "", TRUST_OK },
	{ .what = "one CA below it", "leaf_sub", "root", "sub", TRUST_OK },
	{ .what = "two, in order", "leaf_sub2", "root", "sub2 sub", TRUST_OK },
	{ .what = "two, the other way", "leaf_sub2", "root", "sub sub2", TRUST_OK },
	{ .what = "with the root, and itself", "leaf_sub2", "root",
	  "leaf_sub2 root sub sub2 sub", TRUST_OK },
	{ .what = "what is ours beside what is sent", "leaf_sub2", "root", "sub2",
	  TRUST_OK, .intermediates = "sub" },
	{ .what = "a CA that is no root among the CAs", "leaf_sub2", "root sub",
	  "sub2", TRUST_OK },
	{ .what = "nothing but a name", "leaf_bare", "root", "", TRUST_OK },
	{ .what = "no name but an alternative one", "leaf_nameless", "root", "",
	  TRUST_OK },
	{ .what = "signed across, by the one root", "leaf_sub", "root", "cross sub",
	  TRUST_OK, .openssl_differs = "it takes the first issuer that fits" },
	{ .what = "signed across, by the other one", "leaf_sub", "root2",
	  "cross sub", TRUST_OK },
	{ .what = "7 CAs", "leaf_d7", "root", "d1 d2 d3 d4 d5 d6 d7", TRUST_OK },
	{ .what = "Ed25519 below P-256", "ed", "root", "", TRUST_OK },
	{ .what = "P-256 below Ed25519", "leaf_root_ed", "root_ed", "", TRUST_OK },
	{ .what = "an extension that nobody knows", "ext", "root", "", TRUST_OK },
	/* --- issuers */
	{ .what = "no CA at all", "leaf", "", "", TRUST_NO_ISSUER },
	{ .what = "another root", "leaf", "root2", "", TRUST_NO_ISSUER },
	{ .what = "the CA between is missing", "leaf_sub2", "root", "sub2",
	  TRUST_NO_ISSUER, "sub2" },
	{ .what = "a CA that is no root, alone", "leaf_sub", "sub", "",
	  TRUST_NO_ISSUER, "sub" },
	{ .what = "the peer's own root", "leaf_sub", "root2", "sub root",
	  TRUST_SELF_SIGNED, "root" },
	{ .what = "self-signed", "alone", "root", "", TRUST_SELF_SIGNED },
	{ .what = "in a circle", "leaf_loop", "root", "loop_a2 loop_b",
	  TRUST_NO_ISSUER, "loop_b" },
	{ .what = "self-signed, and trusted", "alone", "root", "", TRUST_OK, .peers
	  = "alone", .openssl_differs = OURS },
	{ .what = "issued by nobody, and trusted", "leaf_root2", "root", "",
	  TRUST_OK, .peers = "leaf leaf_root2", .openssl_differs = OURS },
	{ .what = "another one is trusted", "leaf_root2", "root", "",
	  TRUST_NO_ISSUER, .peers = "leaf" },
	{ .what = "trusted, and expired", "alone_old", "root", "", TRUST_EXPIRED,
	  .peers = "alone_old" },
	{ .what = "trusted, and for code", "alone_code", "root", "", TRUST_USAGE,
	  .peers = "alone_code" },
	/* --- time */
	{ .what = "expired", "leaf_old", "root", "", TRUST_EXPIRED },
	{ .what = "of the future", "leaf_future", "root", "", TRUST_NOT_YET },
	{ .what = "the CA between is expired", "leaf_sub_old", "root", "sub_old",
	  TRUST_EXPIRED, "sub_old" },
	{ .what = "the CA between is of the future", "leaf_sub_future", "root",
	  "sub_future", TRUST_NOT_YET, "sub_future" },
	{ .what = "the root is expired", "leaf_root_old", "root_old", "",
	  TRUST_EXPIRED, "root_old" },
	/* --- signatures */
	{ .what = "wrongly signed", "leaf_forged", "root", "", TRUST_SIGNATURE },
	{ .what = "the CA between is wrongly signed", "leaf_sub_forged", "root",
	  "sub_forged", TRUST_SIGNATURE, "sub_forged" },
	{ .what = "a CA of the issuer's name", "leaf_plain", "root", "impostor",
	  TRUST_SIGNATURE },
	/* --- CAs that are none */
	{ .what = "issued by no CA", "leaf_no_ca", "root", "no_ca", TRUST_NOT_CA,
	  "no_ca" },
	{ .what = "issued by one without basic constraints", "leaf_no_bc", "root",
	  "no_bc", TRUST_NOT_CA, "no_bc" },
	{ .what = "issued by one that only has the key usage", "leaf_no_bc_ku",
	  "root", "no_bc_ku", TRUST_NOT_CA, "no_bc_ku" },
	{ .what = "issued by a CA that may not sign", "leaf_no_sign", "root",
	  "no_sign", TRUST_NOT_CA, "no_sign" },
	/* --- lengths */
	{ .what = "a CA that may have none below", "leaf_short", "root", "short",
	  TRUST_OK },
	{ .what = "that has one below", "leaf_sub_short", "root", "short sub_short",
	  TRUST_TOO_LONG, "short" },
	{ .what = "that has itself below", "leaf_self_issued", "root",
	  "short self_issued", TRUST_OK },
	{ .what = "8 CAs", "leaf_d8", "root", "d1 d2 d3 d4 d5 d6 d7 d8",
	  TRUST_TOO_LONG, "d1" },
	/* --- names */
	{ .what = "a name that its CA may give", "leaf_nc", "root", "nc", TRUST_OK },
	{ .what = "a name outside", "leaf_nc_dns", "root", "nc", TRUST_NAMES },
	{ .what = "a name that is excluded", "leaf_nc_bad", "root", "nc",
	  TRUST_NAMES },
	{ .what = "an address inside", "leaf_nc_ip", "root", "nc", TRUST_OK },
	{ .what = "an address outside", "leaf_nc_ip_bad", "root", "nc", TRUST_NAMES },
	{ .what = "an email address outside", "leaf_nc_email", "root", "nc",
	  TRUST_NAMES },
	{ .what = "a name outside, two CAs above", "leaf_sub_nc", "root",
	  "nc sub_nc", TRUST_NAMES },
	/* --- policies */
	{ .what = "no policy is asked for", "leaf_pol_other", "root", "pol",
	  TRUST_OK },
	{ .what = "its policy is asked for", "leaf_pol", "root", "pol", TRUST_OK,
	  .policies = "1.2.3" },
	{ .what = "both are", "leaf_pol2", "root", "pol", TRUST_OK, .policies =
	  "1.2.3 1.2.4" },
	{ .what = "another one is too", "leaf_pol", "root", "pol", TRUST_POLICY,
	  .policies = "1.2.3 1.2.4", .openssl_differs =
	  "one of those that are asked for is enough" },
	{ .what = "another one is", "leaf_pol", "root", "pol", TRUST_POLICY,
	  .policies = "1.2.4" },
	{ .what = "one that its CA may not give", "leaf_pol_other", "root", "pol",
	  TRUST_POLICY, .policies = "1.2.5" },
	{ .what = "a policy, and it has none", "leaf", "root", "", TRUST_POLICY,
	  .policies = "1.2.3" },
	{ .what = "its CA asks for one", "leaf_pol_must", "root", "pol_must",
	  TRUST_OK },
	{ .what = "its CA asks for one that it lacks", "leaf_pol_none", "root",
	  "pol_must", TRUST_POLICY },
	/* --- uses */
	{ .what = "for TLS servers", "eku_server", "root", "", TRUST_OK },
	{ .what = "for TLS clients", "eku_client", "root", "", TRUST_OK },
	{ .what = "for any use", "eku_any", "root", "", TRUST_OK },
	{ .what = "for IKE", "eku_ike", "root", "", TRUST_OK },
	{ .what = "for IKE as of old", "eku_inter", "root", "", TRUST_OK },
	{ .what = "for code", "eku_code", "root", "", TRUST_USAGE, .openssl_differs
	  = USE },
	{ .what = "for mail", "eku_mail", "root", "", TRUST_USAGE, .openssl_differs
	  = USE },
	{ .what = "a key that does not repudiate", "ku_repudiate", "root", "",
	  TRUST_OK },
	{ .what = "a key that agrees", "ku_agree", "root", "", TRUST_USAGE,
	  .openssl_differs = USE },
	{ .what = "a root as a peer", "root", "root", "", TRUST_USAGE,
	  .openssl_differs = USE },
	{ .what = "a critical extension that nobody knows", "ext_critical", "root",
	  "", TRUST_CRITICAL },
	/* --- strength */
	{ .what = "RSA with 2048 bits", "rsa", "root", "", TRUST_OK },
	{ .what = "RSA with 1024 bits", "weak_rsa", "root", "", TRUST_WEAK,
	  .openssl_differs = WEAK },
	{ .what = "which auth takes", "weak_rsa", "root", "", TRUST_OK, .auth =
	  "rsa-1024-ecdsa" },
	{ .what = "a CA of RSA with 1024 bits", "leaf_weak_sub", "root", "weak_sub",
	  TRUST_WEAK, "weak_sub", WEAK },
	{ .what = "SHA-1", "sha1", "root_rsa", "", TRUST_WEAK, .openssl_differs =
	  WEAK },
	{ .what = "which auth takes", "sha1", "root_rsa", "", TRUST_OK, .auth =
	  "pubkey-sha1" },
	{ .what = "MD5", "md5", "root_rsa", "", TRUST_WEAK, .openssl_differs = WEAK },
	{ .what = "MD5, whatever auth takes", "md5", "root_rsa", "", TRUST_WEAK,
	  .auth = "pubkey-sha1", .openssl_differs = WEAK },
	{ .what = "SHA-224", "sha224", "root_rsa", "", TRUST_WEAK, .openssl_differs
	  = WEAK },
	{ .what = "a root of SHA-1", "leaf_root_sha1", "root_sha1", "", TRUST_OK },
	{ .what = "SHA-384 is asked for", "leaf", "root", "", TRUST_WEAK, .auth =
	  "pubkey-sha384", .openssl_differs = WEAK },
	{ .what = "P-384 is asked for", "leaf", "root", "", TRUST_WEAK, .auth =
	  "ecdsa-384", .openssl_differs = WEAK },
	{ .what = "P-384 is asked for of all", "p384", "root", "", TRUST_WEAK,
	  "root", WEAK, .auth = "ecdsa-384" },
	{ .what = "RSA is asked for", "leaf", "root", "", TRUST_WEAK, .auth =
	  "rsa-2048", .openssl_differs = WEAK },
	/* --- CAs of the connection */
	{ .what = "the CA that is asked for", "leaf_sub", "root root2", "sub",
	  TRUST_OK, .demanded = "root2 root" },
	{ .what = "the one between is asked for", "leaf_sub", "root root2", "sub",
	  TRUST_OK, .demanded = "sub" },
	{ .what = "another one is asked for", "leaf_sub", "root root2", "sub",
	  TRUST_OTHER_CA, .demanded = "root2 sub2", .openssl_differs =
	  "it is asked for none" },
	/* --- CRLs: the case without one is the first */
	{ .what = "no CRL", "leaf", "root", "", TRUST_OK },
	{ .what = "no CRL, and strict", "leaf", "root", "", TRUST_UNKNOWN_STATUS,
	  .revocation = REVOCATION_STRICT, .openssl_differs = "it is not asked to" },
	{ .what = "no CRL, and no address of one", "leaf", "root", "", TRUST_OK,
	  .revocation = REVOCATION_IFURI },
	{ .what = "no CRL where there is an address", "uri", "root", "",
	  TRUST_UNKNOWN_STATUS, .revocation = REVOCATION_IFURI, .openssl_differs =
	  "it is not asked to" },
	{ .what = "none, and an address of OCSP", "ocsp", "root", "",
	  TRUST_UNKNOWN_STATUS, .revocation = REVOCATION_IFURI, .openssl_differs =
	  "it is not asked to" },
	{ .what = "not revoked", "leaf", "root", "", TRUST_OK, .crls = "crl",
	  .revocation = REVOCATION_STRICT },
	{ .what = "not revoked, nor is its CA", "leaf_sub", "root", "sub", TRUST_OK,
	  .crls = "crl crl_sub", .revocation = REVOCATION_STRICT },
	{ .what = "nobody knows of it", "leaf_sub", "root", "sub", TRUST_OK, .crls =
	  "crl", .openssl_differs = CRLS },
	{ .what = "nobody knows of it, and strict", "leaf_sub", "root", "sub",
	  TRUST_UNKNOWN_STATUS, .crls = "crl", .revocation = REVOCATION_STRICT },
	{ .what = "nobody knows of its CA, and strict", "leaf_sub", "root", "sub",
	  TRUST_UNKNOWN_STATUS, "sub", .crls = "crl_sub", .revocation = REVOCATION_STRICT },
	{ .what = "revoked", "bad", "root", "", TRUST_REVOKED, .crls = "crl" },
	{ .what = "its CA is revoked", "leaf_bad_sub", "root", "bad_sub",
	  TRUST_REVOKED, "bad_sub", .crls = "crl crl_bad_sub" },
	{ .what = "its CA is, and of itself nobody knows", "leaf_bad_sub", "root",
	  "bad_sub", TRUST_REVOKED, "bad_sub", .crls = "crl" },
	{ .what = "another CA's CRL", "leaf_root2", "root2", "", TRUST_OK, .crls =
	  "crl", .openssl_differs = CRLS },
	{ .what = "an expired CRL", "leaf", "root", "", TRUST_OK, .crls = "crl_old",
	  .openssl_differs = CRLS },
	{ .what = "an expired CRL, and strict", "leaf", "root", "",
	  TRUST_UNKNOWN_STATUS, .crls = "crl_old", .revocation = REVOCATION_STRICT },
	{ .what = "revoked since an expired CRL", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl_old" },
	{ .what = "a CRL of the future, and strict", "leaf", "root", "",
	  TRUST_UNKNOWN_STATUS, .crls = "crl_future", .revocation = REVOCATION_STRICT },
	{ .what = "a CRL that is wrongly signed", "leaf", "root", "", TRUST_OK,
	  .crls = "crl_forged", .openssl_differs = CRLS },
	{ .what = "a CRL that is wrongly signed, and strict", "leaf", "root", "",
	  TRUST_UNKNOWN_STATUS, .crls = "crl_forged", .revocation = REVOCATION_STRICT },
	{ .what = "it hides none that is good", "leaf", "root", "", TRUST_OK, .crls
	  = "crl_forged crl", .revocation = REVOCATION_STRICT, .openssl_differs = FIRST },
	{ .what = "a newer one of somebody else", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl crl_lie" },
	{ .what = "a CRL of a CA that may have none", "leaf_mute", "root", "mute",
	  TRUST_OK, .crls = "crl_mute crl", .openssl_differs = CRLS },
	{ .what = "and strict", "leaf_mute", "root", "mute", TRUST_UNKNOWN_STATUS,
	  .crls = "crl_mute crl", .revocation = REVOCATION_STRICT },
	{ .what = "not revoked since a complete CRL", "leaf", "root", "", TRUST_OK,
	  .crls = "crl_base crl_delta", .revocation = REVOCATION_STRICT },
	{ .what = "revoked since a complete CRL", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl_base crl_delta" },
	{ .what = "a delta alone", "bad", "root", "", TRUST_OK, .crls = "crl_delta",
	  .openssl_differs = CRLS },
	{ .what = "a delta of somebody else", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl crl_delta_lie" },
	{ .what = "on hold", "bad", "root", "", TRUST_REVOKED, .crls = "crl_hold" },
	{ .what = "on hold in an expired CRL, and strict", "bad", "root", "",
	  TRUST_UNKNOWN_STATUS, .crls = "crl_old_hold", .revocation = REVOCATION_STRICT },
	{ .what = "on hold in an expired CRL", "bad", "root", "", TRUST_OK, .crls =
	  "crl_old_hold", .openssl_differs = CRLS },
	{ .what = "compromised in an expired CRL", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl_old_compromise" },
	{ .what = "no more on hold, says a delta", "bad", "root", "", TRUST_OK, .crls =
	  "crl_hold crl_delta_free", .revocation = REVOCATION_STRICT },
	{ .what = "no more, says an expired delta", "bad", "root", "", TRUST_REVOKED,
	  .crls = "crl_hold crl_delta_old_free", .openssl_differs =
	  "it takes an expired delta's word beside a CRL that is of this time" },
	/* --- who signs CRLs (RFC 5280 section 6.3.3) */
	{ .what = "another key of the CA", "k_leaf", "root", "k_ca k_crl", TRUST_OK,
	  .crls = "crl k_list", .revocation = REVOCATION_STRICT },
	{ .what = "it revokes", "k_bad", "root", "k_ca k_crl", TRUST_REVOKED, .crls =
	  "crl k_list" },
	{ .what = "and is not there", "k_leaf", "root", "k_ca", TRUST_UNKNOWN_STATUS,
	  .crls = "crl k_list", .revocation = REVOCATION_STRICT },
	{ .what = "whose own status nobody knows", "k_bad", "root", "k_ca k_crl", TRUST_OK,
	  .crls = "k_list", .openssl_differs = CRLS },
	{ .what = "and strict", "k_leaf", "root", "k_ca k_crl", TRUST_UNKNOWN_STATUS,
	  .crls = "k_list", .revocation = REVOCATION_STRICT },
	{ .what = "the key that may not", "k_leaf", "root", "k_ca k_crl",
	  TRUST_UNKNOWN_STATUS, .crls = "crl k_list_ca", .revocation = REVOCATION_STRICT },
	{ .what = "one that may sign none", "k_leaf", "root", "k_ca k_mute",
	  TRUST_UNKNOWN_STATUS, .crls = "crl k_list_mute", .revocation =
	  REVOCATION_STRICT, .openssl_differs = SIGNER },
	{ .what = "it hides none that is good", "k_bad", "root", "k_ca k_mute k_crl",
	  TRUST_REVOKED, .crls = "crl k_list k_list_mute", .openssl_differs = SIGNER },
	{ .what = "one that has expired", "k_leaf", "root", "k_ca k_old",
	  TRUST_UNKNOWN_STATUS, .crls = "crl k_list_old", .revocation =
	  REVOCATION_STRICT, .openssl_differs = SIGNER },
	{ .what = "it hides none that is good", "k_bad", "root", "k_ca k_old k_crl",
	  TRUST_REVOKED, .crls = "crl k_list k_list_old", .openssl_differs = SIGNER },
	{ .what = "one of the peer's own making", "k_leaf", "root", "k_ca k_self",
	  TRUST_UNKNOWN_STATUS, .crls = "crl k_list_self_aki", .revocation =
	  REVOCATION_STRICT },
	{ .what = "it hides none that is good", "k_bad", "root", "k_ca k_self k_crl",
	  TRUST_REVOKED, .crls = "crl k_list k_list_self" },
	{ .what = "nor with its key's name", "k_bad", "root", "k_ca k_self k_crl",
	  TRUST_REVOKED, .crls = "crl k_list k_list_self_aki" },
	{ .what = "one below another root of ours", "k_leaf", "root root2", "k_ca k_root2",
	  TRUST_UNKNOWN_STATUS, .crls = "crl k_list_root2", .revocation =
	  REVOCATION_STRICT },
	{ .what = "it hides none that is good", "k_bad", "root root2",
	  "k_ca k_root2 k_crl", TRUST_REVOKED, .crls = "crl k_list k_list_root2" },
	{ .what = "another name, where the certificate says so", "k_agent", "root",
	  "k_ca agent", TRUST_OK, .crls = "crl agent_list", .revocation =
	  REVOCATION_STRICT },
	{ .what = "it revokes", "k_agent_bad", "root", "k_ca agent", TRUST_REVOKED,
	  .crls = "crl agent_list" },
	{ .what = "where the certificate does not say so", "k_leaf", "root", "k_ca agent",
	  TRUST_UNKNOWN_STATUS, .crls = "crl agent_list", .revocation =
	  REVOCATION_STRICT },
	{ .what = "a CRL of CAs alone, and strict", "leaf", "root", "",
	  TRUST_UNKNOWN_STATUS, .crls = "crl_for_cas", .revocation = REVOCATION_STRICT },
};
/* clang-format on */

#endif
