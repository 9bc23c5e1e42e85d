/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The groups of NIST's PKITS (Public Key Interoperability Test Suite, sections 4.1 to
 * 4.16), each with its kinds of cases, of certificates that are made here; what stands
 * in pki.h already is not repeated. Left out: DSA, and attribute certificates.
 */
#ifndef CYG_VECTORS_PKITS_H
#define CYG_VECTORS_PKITS_H

#include "tests/vectors/pki.h"

/* clang-format off */
#define YEAR	   (24 * 365)
#define POL(list)  "certificatePolicies=" list
#define MAPS(list) "policyMappings=critical," list
#define MUST(n)	   "policyConstraints=critical,requireExplicitPolicy:" #n
#define NO_MAP(n)  "policyConstraints=critical,inhibitPolicyMapping:" #n
#define NO_ANY(n)  "inhibitAnyPolicy=critical," #n
#define ANY	   "2.5.29.32.0"
#define DP(uri)	   "crlDistributionPoints=URI:http://crl.example.org/" uri
#define IDP(value) "issuingDistributionPoint=critical," value

static const struct pki_cert pkits_certs[] = {
	/* 4.2: UTCTime and GeneralizedTime */
	{ .name = "t_1997", "root", .from_h = -30 * YEAR, .until_h = YEAR },
	{ .name = "t_2060", "root", .from_h = -1, .until_h = 33 * YEAR },
	{ .name = "t_ended_1997", "root", .from_h = -35 * YEAR, .until_h = -30 * YEAR },
	{ .name = "t_from_2060", "root", .from_h = 33 * YEAR, .until_h = 40 * YEAR },
	/* 4.3: names of the same CA in other words */
	{ .name = "n_caps", "root", "C=CH, CN=SUB", "=sub", .exts = { CA, SIGN } },
	{ .name = "n_leaf_caps", "n_caps" },
	{ .name = "n_one", "root", "C=CH, CN=a b", .exts = { SUB } },
	{ .name = "n_space", "root", "C=CH, CN=a   b", "=n_one", .exts = { CA, SIGN } },
	{ .name = "n_leaf_space", "n_space" },
	{ .name = "n_order", "root", "CN=sub, C=CH", "=sub", .exts = { CA, SIGN } },
	{ .name = "n_leaf_order", "n_order" },
	{ .name = "n_other", "root", "C=CH, CN=sup", "=sub", .exts = { CA, SIGN } },
	{ .name = "n_leaf_other", "n_other" },
	{ .name = "n_dc", "root", "DC=org, DC=example, CN=dc", .exts = { SUB } },
	{ .name = "n_leaf_dc", "n_dc", .exts = { AKI } },
	/* 4.5: a CA's new key by its old one, and the other way */
	{ .name = "s_old", "root", "C=CH, CN=s", .exts = { SUB } },
	{ .name = "s_new", "root", "C=CH, CN=s", .exts = { SUB } },
	{ .name = "s_new_by_old", "s_old", "C=CH, CN=s", "=s_new", .exts = { SUB } },
	{ .name = "s_old_by_new", "s_new", "C=CH, CN=s", "=s_old", .exts = { SUB } },
	{ .name = "s_leaf_new", "s_new_by_old", .exts = { AKI } },
	{ .name = "s_leaf_old", "s_old_by_new", .exts = { AKI } },
	{ .name = "s_bad", "s_old_by_new", .exts = { AKI } },
	/* 4.6: basic constraints */
	{ .name = "b_mild", "root", .exts = { "basicConstraints=CA:TRUE", SIGN, SKI } },
	{ .name = "b_leaf_mild", "b_mild" },
	{ .name = "b_six", "root", .exts = { CA ",pathlen:6", SIGN, SKI } },
	{ .name = "b_four", "b_six", .exts = { CA ",pathlen:4", SIGN, SKI } },
	{ .name = "b_zero", "b_four", .exts = { CA ",pathlen:0", SIGN, SKI } },
	{ .name = "b_leaf_zero", "b_zero" },
	{ .name = "b_under", "b_zero", .exts = { CA, SIGN } },
	{ .name = "b_leaf_under", "b_under" },
	{ .name = "b_self1", "short", "C=CH, CN=short", "=short", .exts = { SUB } },
	{ .name = "b_below_self", "b_self1", .exts = { SUB } },
	{ .name = "b_leaf_below_self", "b_below_self" },
	/* 4.7: key usage */
	{ .name = "u_mild", "root", .exts = { CA, "keyUsage=cRLSign", SKI } },
	{ .name = "u_leaf_mild", "u_mild" },
	{ .name = "u_critical", "root", .exts = { CA, "keyUsage=critical,cRLSign", SKI } },
	{ .name = "u_leaf_critical", "u_critical" },
	{ .name = "u_signs", "root", .exts = { CA, "keyUsage=keyCertSign", SKI } },
	{ .name = "u_leaf_signs", "u_signs" },
	/* 4.8: policies; 1.2.1 and so on are those that PKITS numbers */
	{ .name = "p_1", "root", .exts = { SUB, POL("1.2.1") } },
	{ .name = "p_leaf_1", "p_1", .exts = { POL("1.2.1") } },
	{ .name = "p_leaf_2", "p_1", .exts = { POL("1.2.2") } },
	{ .name = "p_leaf_any", "p_1", .exts = { POL(ANY) } },
	{ .name = "p_any", "root", .exts = { SUB, POL(ANY) } },
	{ .name = "p_leaf_of_any", "p_any", .exts = { POL("1.2.1") } },
	{ .name = "p_12", "root", .exts = { SUB, POL("1.2.1,1.2.2") } },
	{ .name = "p_12_23", "p_12", .exts = { SUB, POL("1.2.2,1.2.3") } },
	{ .name = "p_leaf_12_23", "p_12_23", .exts = { POL("1.2.2") } },
	{ .name = "p_leaf_12_23_1", "p_12_23", .exts = { POL("1.2.1") } },
	{ .name = "p_none", "root", .exts = { SUB } },
	{ .name = "p_leaf_none", "p_none", .exts = { POL("1.2.1") } },
	/* 4.9: a policy is required, after so many more certificates. Of one without
	 * certificatePolicies OpenSSL 3.0 never frees the constraints. */
	{ .name = "m_0", "root", .exts = { SUB, POL(ANY), MUST(0) } },
	{ .name = "m_leaf_0", "m_0" },
	{ .name = "m_2", "root", .exts = { SUB, POL(ANY), MUST(2) } },
	{ .name = "m_leaf_2", "m_2" },
	{ .name = "m_2a", "m_2", .exts = { SUB } },
	{ .name = "m_leaf_2a", "m_2a" },
	{ .name = "m_2a_self", "m_2a", "C=CH, CN=m_2a", "=m_2a", .exts = { SUB } },
	{ .name = "m_leaf_2a_self", "m_2a_self", .exts = { AKI } },
	{ .name = "m_10", "root", .exts = { SUB, POL(ANY), MUST(10) } },
	{ .name = "m_10_2", "m_10", .exts = { SUB, POL(ANY), MUST(0) } },
	{ .name = "m_leaf_10_2", "m_10_2" },
	/* 4.10 and 4.11: policies that are another CA's ones */
	{ .name = "x_12", "root", .exts = { SUB, POL("1.2.1"), MUST(0), MAPS("1.2.1:1.2.2") } },
	{ .name = "x_leaf_2", "x_12", .exts = { POL("1.2.2") } },
	{ .name = "x_leaf_1", "x_12", .exts = { POL("1.2.1") } },
	{ .name = "x_any_from", "root", .exts = { SUB, POL(ANY), MAPS("2.5.29.32.0:1.2.2") } },
	{ .name = "x_leaf_any_from", "x_any_from", .exts = { POL("1.2.2") } },
	{ .name = "x_any_to", "root", .exts = { SUB, POL("1.2.1"), MAPS("1.2.1:2.5.29.32.0") } },
	{ .name = "x_leaf_any_to", "x_any_to", .exts = { POL("1.2.1") } },
	{ .name = "x_two", "root", .exts = { SUB, POL("1.2.1"), MUST(0), MAPS("1.2.1:1.2.2") } },
	{ .name = "x_two_b", "x_two", .exts = { SUB, POL("1.2.2"), MAPS("1.2.2:1.2.3") } },
	{ .name = "x_leaf_two", "x_two_b", .exts = { POL("1.2.3") } },
	{ .name = "i_0", "root", .exts = { SUB, POL("1.2.1,1.2.2"),
	  "policyConstraints=critical,requireExplicitPolicy:0,inhibitPolicyMapping:0" } },
	{ .name = "i_0_maps", "i_0", .exts = { SUB, POL("1.2.1"), MAPS("1.2.1:1.2.3") } },
	{ .name = "i_leaf_0", "i_0_maps", .exts = { POL("1.2.3") } },
	{ .name = "i_1", "root", .exts = { SUB, POL("1.2.1"),
	  "policyConstraints=critical,requireExplicitPolicy:0,inhibitPolicyMapping:1" } },
	{ .name = "i_1_maps", "i_1", .exts = { SUB, POL("1.2.1"), MAPS("1.2.1:1.2.3") } },
	{ .name = "i_leaf_1", "i_1_maps", .exts = { POL("1.2.3") } },
	{ .name = "i_1_more", "i_1_maps", .exts = { SUB, POL("1.2.3"), MAPS("1.2.3:1.2.4") } },
	{ .name = "i_leaf_1_more", "i_1_more", .exts = { POL("1.2.4") } },
	/* 4.12: any policy counts no more */
	{ .name = "a_0", "root", .exts = { SUB, POL("1.2.1"), MUST(0), NO_ANY(0) } },
	{ .name = "a_leaf_0", "a_0", .exts = { POL(ANY) } },
	{ .name = "a_leaf_0_both", "a_0", .exts = { POL("2.5.29.32.0,1.2.1") } },
	{ .name = "a_1", "root", .exts = { SUB, POL("1.2.1"), MUST(0), NO_ANY(1) } },
	{ .name = "a_leaf_1", "a_1", .exts = { POL(ANY) } },
	{ .name = "a_1_sub", "a_1", .exts = { SUB, POL(ANY) } },
	{ .name = "a_leaf_1_sub", "a_1_sub", .exts = { POL("1.2.1") } },
	{ .name = "a_leaf_1_sub_any", "a_1_sub", .exts = { POL(ANY) } },
	{ .name = "a_1_self", "a_1", "C=CH, CN=a_1", "=a_1", .exts = { SUB, POL(ANY) } },
	{ .name = "a_leaf_1_self", "a_1_self", .exts = { POL(ANY), AKI } },
	/* 4.13: name constraints */
	{ .name = "c_dn", "root", "C=CH, O=in, CN=c_dn", .exts = { SUB,
	  "nameConstraints=critical,permitted;dirName:dn_in,excluded;dirName:dn_bad" } },
	{ .name = "c_leaf_dn", "c_dn", "C=CH, O=in, CN=c_leaf_dn" },
	{ .name = "c_leaf_dn_out", "c_dn", "C=CH, O=out, CN=c_leaf_dn_out" },
	{ .name = "c_leaf_dn_bad", "c_dn", "C=CH, O=in, OU=bad, CN=c_leaf_dn_bad" },
	{ .name = "c_leaf_dn_none", "c_dn", "", .exts = {
	  "subjectAltName=critical,DNS:moon.example.org" } },
	{ .name = "c_dn_self", "c_dn", "C=CH, O=in, CN=c_dn", "=c_dn", .exts = { SUB } },
	{ .name = "c_leaf_dn_self", "c_dn_self", "C=CH, O=in, CN=c_leaf_dn_self", .exts = { AKI } },
	{ .name = "c_uri", "root", .exts = { SUB,
	  "nameConstraints=critical,permitted;URI:.example.org" } },
	{ .name = "c_leaf_uri", "c_uri", .exts = { "subjectAltName=URI:http://a.example.org/x" } },
	{ .name = "c_leaf_uri_out", "c_uri", .exts = { "subjectAltName=URI:http://example.com/x" } },
	{ .name = "c_mail", "root", .exts = { SUB,
	  "nameConstraints=critical,excluded;email:example.org" } },
	{ .name = "c_leaf_mail", "c_mail", .exts = { "subjectAltName=email:a@example.com" } },
	{ .name = "c_leaf_mail_out", "c_mail", .exts = { "subjectAltName=email:a@example.org" } },
	{ .name = "c_dns_dn", "nc", "C=CH, CN=moon.example.com" },
	/* 4.14: distribution points */
	{ .name = "d_a", "root", .exts = { DP("a") } },
	{ .name = "d_b", "root", .exts = { DP("b") } },
	{ .name = "d_bad", "root", .exts = { DP("a") } },
	{ .name = "d_keys", "root", .exts = { "crlDistributionPoints=dp_keys,dp_rest" } },
	{ .name = "d_keys_bad", "root", .exts = { "crlDistributionPoints=dp_keys,dp_rest" } },
	{ .name = "d_rest_bad", "root", .exts = { "crlDistributionPoints=dp_keys,dp_rest" } },
};

static const struct pki_crl pkits_crls[] = {
	{ .name = "s_list", "s_new", DAY, .revoked = { "s_bad" }, .exts = { AKI } },
	{ .name = "r_ext", "root", DAY, .exts = { "1.2.3.4=ASN1:UTF8String:x" } },
	{ .name = "r_ext_critical", "root", DAY, .exts = { "1.2.3.4=critical,ASN1:UTF8String:x" } },
	{ .name = "r_2060", "root", .from_h = -24, .until_h = 33 * YEAR, .revoked = { "bad" } },
	{ .name = "r_1997", "root", .from_h = -31 * YEAR, .until_h = -30 * YEAR },
	{ .name = "d_list_a", "root", DAY, .revoked = { "d_bad" }, .exts = { IDP("@idp_a") } },
	{ .name = "d_users", "root", DAY, .revoked = { "d_bad" }, .exts = { IDP("onlyuser:TRUE") } },
	{ .name = "d_attributes", "root", DAY, .exts = { IDP("onlyAA:TRUE") } },
	{ .name = "d_list_keys", "root", DAY, .revoked = { "d_keys_bad" }, .reason = 1, .exts = {
	  IDP("@idp_keys") } },
	{ .name = "d_list_rest", "root", DAY, .revoked = { "d_rest_bad" }, .reason = 4, .exts = {
	  IDP("@idp_rest") } },
	{ .name = "e_base", "root", DAY, .revoked = { "bad" }, .number = 5, .exts = { FRESHEST } },
	{ .name = "e_delta", "root", .from_h = -2, .until_h = 24, .revoked = { "leaf" },
	  .number = 8, .base = 5 },
	{ .name = "e_delta_ahead", "root", .from_h = -2, .until_h = 24, .revoked = { "leaf" },
	  .number = 8, .base = 6 },
	{ .name = "e_delta_before", "root", .from_h = -20, .until_h = 24, .revoked = { "leaf" },
	  .number = 4, .base = 3 },
	{ .name = "e_delta_old", "root", .from_h = -20, .until_h = -2, .revoked = { "leaf" },
	  .number = 8, .base = 5 },
};

#define ITSELF "it asks for the status of the root itself, too"
#define STRICT .revocation = REVOCATION_STRICT

static const struct pki_path pkits_paths[] = {
	{ .what = "4.2 notBefore in 1997", "t_1997", "root", "", TRUST_OK },
	{ .what = "4.2 notAfter in 2060", "t_2060", "root", "", TRUST_OK },
	{ .what = "4.2 notAfter in 1997", "t_ended_1997", "root", "", TRUST_EXPIRED },
	{ .what = "4.2 notBefore in 2060", "t_from_2060", "root", "", TRUST_NOT_YET },
	{ .what = "4.3 name in capitals", "n_leaf_caps", "root", "sub", TRUST_OK },
	{ .what = "4.3 name with spaces", "n_leaf_space", "root", "n_one", TRUST_OK },
	{ .what = "4.3 name in another order", "n_leaf_order", "root", "sub", TRUST_NO_ISSUER },
	{ .what = "4.3 another name", "n_leaf_other", "root", "sub", TRUST_NO_ISSUER },
	{ .what = "4.3 domain components", "n_leaf_dc", "root", "n_dc", TRUST_OK },
	{ .what = "4.4 CRL, unknown extension", "leaf", "root", "", TRUST_OK, .crls = "r_ext",
	  STRICT },
	{ .what = "4.4 CRL, unknown critical one", "leaf", "root", "", TRUST_UNKNOWN_STATUS,
	  .crls = "r_ext_critical", STRICT },
	{ .what = "4.4 CRL until 2060", "leaf", "root", "", TRUST_OK, .crls = "r_2060", STRICT },
	{ .what = "4.4 CRL until 2060, revoked", "bad", "root", "", TRUST_REVOKED, .crls =
	  "r_2060" },
	{ .what = "4.4 CRL until 1997", "leaf", "root", "", TRUST_UNKNOWN_STATUS, .crls = "r_1997",
	  STRICT },
	{ .what = "4.4 two CRLs of one CA", "bad", "root", "", TRUST_REVOKED, .crls =
	  "r_1997 r_2060" },
	{ .what = "4.5 new key by the old one", "s_leaf_new", "root", "s_old s_new_by_old",
	  TRUST_OK },
	{ .what = "4.5 old key by the new one", "s_leaf_old", "root", "s_new s_old_by_new",
	  TRUST_OK },
	{ .what = "4.5 CRL by the new one", "s_leaf_old", "root", "s_new s_old_by_new", TRUST_OK,
	  .crls = "crl s_list", STRICT },
	{ .what = "4.5 CRL by the new one, revoked", "s_bad", "root", "s_new s_old_by_new",
	  TRUST_REVOKED, .crls = "crl s_list" },
	{ .what = "4.6 not critical", "b_leaf_mild", "root", "b_mild", TRUST_OK },
	{ .what = "4.6 pathLen 6, 4, 0", "b_leaf_zero", "root", "b_six b_four b_zero", TRUST_OK },
	{ .what = "4.6 and one more", "b_leaf_under", "root", "b_six b_four b_zero b_under",
	  TRUST_TOO_LONG, "b_zero" },
	{ .what = "4.6 one more below itself", "b_leaf_below_self", "root",
	  "short b_self1 b_below_self", TRUST_TOO_LONG, "short" },
	{ .what = "4.7 no keyCertSign", "u_leaf_mild", "root", "u_mild", TRUST_NOT_CA, "u_mild" },
	{ .what = "4.7 no keyCertSign, critical", "u_leaf_critical", "root", "u_critical",
	  TRUST_NOT_CA, "u_critical" },
	{ .what = "4.7 keyUsage not critical", "u_leaf_signs", "root", "u_signs", TRUST_OK },
	{ .what = "4.8 all have it", "p_leaf_1", "root", "p_1", TRUST_OK, .policies = "1.2.1" },
	{ .what = "4.8 the leaf has another", "p_leaf_2", "root", "p_1", TRUST_POLICY, .policies =
	  "1.2.1" },
	{ .what = "4.8 which is asked for", "p_leaf_2", "root", "p_1", TRUST_POLICY, .policies =
	  "1.2.2" },
	{ .what = "4.8 and none is asked for", "p_leaf_2", "root", "p_1", TRUST_OK },
	{ .what = "4.8 the leaf has any", "p_leaf_any", "root", "p_1", TRUST_OK, .policies =
	  "1.2.1" },
	{ .what = "4.8 the CA has any", "p_leaf_of_any", "root", "p_any", TRUST_OK, .policies =
	  "1.2.1" },
	{ .what = "4.8 another than any's", "p_leaf_of_any", "root", "p_any", TRUST_POLICY,
	  .policies = "1.2.2" },
	{ .what = "4.8 what both CAs have", "p_leaf_12_23", "root", "p_12 p_12_23", TRUST_OK,
	  .policies = "1.2.2" },
	{ .what = "4.8 what one CA has", "p_leaf_12_23_1", "root", "p_12 p_12_23", TRUST_POLICY,
	  .policies = "1.2.1" },
	{ .what = "4.8 the CA has none", "p_leaf_none", "root", "p_none", TRUST_POLICY, .policies =
	  "1.2.1" },
	{ .what = "4.9 required at once", "m_leaf_0", "root", "m_0", TRUST_POLICY },
	{ .what = "4.9 required after 2", "m_leaf_2", "root", "m_2", TRUST_OK },
	{ .what = "4.9 and there are 2", "m_leaf_2a", "root", "m_2 m_2a", TRUST_POLICY },
	{ .what = "4.9 lowered below", "m_leaf_10_2", "root", "m_10 m_10_2", TRUST_POLICY },
	{ .what = "4.10 mapped", "x_leaf_2", "root", "x_12", TRUST_OK, .policies = "1.2.1" },
	{ .what = "4.10 its own name for it", "x_leaf_2", "root", "x_12", TRUST_POLICY, .policies =
	  "1.2.2" },
	{ .what = "4.10 what was mapped away", "x_leaf_1", "root", "x_12", TRUST_POLICY },
	{ .what = "4.10 from any", "x_leaf_any_from", "root", "x_any_from", TRUST_POLICY,
	  "x_any_from" },
	{ .what = "4.10 to any", "x_leaf_any_to", "root", "x_any_to", TRUST_POLICY,
	  "x_any_to" },
	{ .what = "4.10 twice", "x_leaf_two", "root", "x_two x_two_b", TRUST_OK, .policies =
	  "1.2.1" },
	{ .what = "4.11 inhibited at once", "i_leaf_0", "root", "i_0 i_0_maps", TRUST_POLICY },
	{ .what = "4.11 inhibited after 1", "i_leaf_1", "root", "i_1 i_1_maps", TRUST_OK },
	{ .what = "4.11 and that is over", "i_leaf_1_more", "root", "i_1 i_1_maps i_1_more",
	  TRUST_POLICY },
	{ .what = "4.12 any, inhibited", "a_leaf_0", "root", "a_0", TRUST_POLICY },
	{ .what = "4.12 beside one that counts", "a_leaf_0_both", "root", "a_0", TRUST_OK },
	{ .what = "4.12 inhibited after 1", "a_leaf_1", "root", "a_1", TRUST_OK },
	{ .what = "4.12 of a CA before", "a_leaf_1_sub", "root", "a_1 a_1_sub", TRUST_OK },
	{ .what = "4.12 and behind it", "a_leaf_1_sub_any", "root", "a_1 a_1_sub", TRUST_POLICY },
	{ .what = "4.12 self-issued ones do not count", "a_leaf_1_self", "root", "a_1 a_1_self",
	  TRUST_OK },
	{ .what = "4.13 directory name inside", "c_leaf_dn", "root", "c_dn", TRUST_OK },
	{ .what = "4.13 directory name outside", "c_leaf_dn_out", "root", "c_dn", TRUST_NAMES,
	  .has_other_name = true },
	{ .what = "4.13 excluded below it", "c_leaf_dn_bad", "root", "c_dn", TRUST_NAMES,
	  .has_other_name = true },
	{ .what = "4.13 no directory name", "c_leaf_dn_none", "root", "c_dn", TRUST_OK },
	{ .what = "4.13 below a self-issued one", "c_leaf_dn_self", "root", "c_dn c_dn_self",
	  TRUST_OK },
	{ .what = "4.13 URI inside", "c_leaf_uri", "root", "c_uri", TRUST_OK },
	{ .what = "4.13 URI outside", "c_leaf_uri_out", "root", "c_uri", TRUST_NAMES },
	{ .what = "4.13 mail, not excluded", "c_leaf_mail", "root", "c_mail", TRUST_OK },
	{ .what = "4.13 mail, excluded", "c_leaf_mail_out", "root", "c_mail", TRUST_NAMES },
	{ .what = "4.13 host in the common name", "c_dns_dn", "root", "nc", TRUST_NAMES,
	  .has_other_name = true },
	{ .what = "4.14 CRL of the point", "d_a", "root", "", TRUST_OK, .crls = "d_list_a", STRICT,
	  .openssl_differs = ITSELF },
	{ .what = "4.14 it revokes", "d_bad", "root", "", TRUST_REVOKED, .crls = "d_list_a" },
	{ .what = "4.14 CRL of another point", "d_b", "root", "", TRUST_UNKNOWN_STATUS, .crls =
	  "d_list_a", STRICT },
	{ .what = "4.14 no point in the certificate", "leaf", "root", "", TRUST_UNKNOWN_STATUS,
	  .crls = "d_list_a", STRICT },
	{ .what = "4.14 of users alone", "d_a", "root", "", TRUST_OK, .crls = "d_users", STRICT,
	  .openssl_differs = ITSELF },
	{ .what = "4.14 it revokes", "d_bad", "root", "", TRUST_REVOKED, .crls = "d_users" },
	{ .what = "4.14 of users, and it is a CA", "leaf_sub", "root", "sub", TRUST_UNKNOWN_STATUS,
	  "sub", .crls = "d_users crl_sub", STRICT },
	{ .what = "4.14 of attributes alone", "leaf", "root", "", TRUST_UNKNOWN_STATUS, .crls =
	  "d_attributes", STRICT },
	{ .what = "4.14 two for all reasons", "d_keys", "root", "", TRUST_OK, .crls =
	  "d_list_keys d_list_rest", STRICT, .openssl_differs = ITSELF },
	{ .what = "4.14 one of them is missing", "d_keys", "root", "", TRUST_UNKNOWN_STATUS,
	  .crls = "d_list_keys", STRICT },
	{ .what = "4.14 revoked by the first", "d_keys_bad", "root", "", TRUST_REVOKED, .crls =
	  "d_list_keys d_list_rest" },
	{ .what = "4.14 revoked by the other one", "d_rest_bad", "root", "", TRUST_REVOKED,
	  .crls = "d_list_keys d_list_rest" },
	{ .what = "4.15 revoked since", "leaf", "root", "", TRUST_REVOKED, .crls =
	  "e_base e_delta" },
	{ .what = "4.15 revoked before", "bad", "root", "", TRUST_REVOKED, .crls =
	  "e_base e_delta" },
	{ .what = "4.15 neither", "leaf_bare", "root", "", TRUST_OK, .crls = "e_base e_delta",
	  STRICT },
	{ .what = "4.15 delta to a later base", "leaf", "root", "", TRUST_OK, .crls =
	  "e_base e_delta_ahead", STRICT },
	{ .what = "4.15 delta before the base", "leaf", "root", "", TRUST_OK, .crls =
	  "e_base e_delta_before", STRICT },
	{ .what = "4.15 expired delta, revoked since", "leaf", "root", "", TRUST_REVOKED, .crls =
	  "e_base e_delta_old" },
};
/* clang-format on */

#endif
