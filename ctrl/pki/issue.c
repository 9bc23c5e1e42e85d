// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/issue.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "ctrl/crypto/pkey.h"
#include "ctrl/pki/names.h"

#define SERIAL_MAX	     20 /* octets (RFC 5280 section 4.1.2.2) */
#define IKE_INTERMEDIATE_OID "1.3.6.1.5.5.8.2.2"
#define TIME_TEXT	     32

/* --- may it be? */

static const char *time_text(int64_t at_s, char buf[TIME_TEXT])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(buf, TIME_TEXT, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(buf, TIME_TEXT, "an unknown time");
	return buf;
}

static int check_ca(const struct issue_plan *p, struct error *e)
{
	const struct certificate *ca = p->issuer;
	char name[CERTIFICATE_STR_MAX];
	long below = X509_get_pathlen(ca->x509);

	if (!ca->is_ca || !(X509_get_key_usage(ca->x509) & KU_KEY_CERT_SIGN))
		return error_set(e, -EINVAL,
				 "certificate \"%s\" is no CA's, and may issue "
				 "nothing; take one that `cygnet pki self` or "
				 "--ca made",
				 certificate_str(ca, name));
	if (!public_key_equal(ca->key, private_key_public(p->signer.key)))
		return error_set(e, -EINVAL,
				 "the key is not that of the CA's certificate "
				 "\"%s\"; give the one that belongs to it",
				 certificate_str(ca, name));
	if (p->is_ca && below >= 0 && (p->path_len < 0 || p->path_len >= below))
		return error_set(e, -EINVAL,
				 "below CA \"%s\" there may be %ld further CAs; "
				 "%s",
				 certificate_str(ca, name), below,
				 below ? "give a --pathlen that is less"
				       : "issue no CA from it");
	return 0;
}

static int check_times(const struct issue_plan *p, struct error *e)
{
	const struct certificate *ca = p->issuer;
	char name[CERTIFICATE_STR_MAX], end[TIME_TEXT];

	if (p->not_after_s <= p->not_before_s)
		return error_set(e, -EINVAL,
				 "it would end before it begins; give a longer "
				 "--lifetime");
	if (ca && p->not_after_s > ca->not_after_s)
		return error_set(e, -EINVAL,
				 "it would outlive CA \"%s\", which ends %s; "
				 "give a shorter --lifetime, or have the CA's "
				 "certificate made anew",
				 certificate_str(ca, name),
				 time_text(ca->not_after_s, end));
	return 0;
}

static int check(const struct issue_plan *p, struct error *e)
{
	int err = 0;

	if (!p->subject.len && (!p->n_sans || p->is_ca))
		return error_set(e, -EINVAL,
				 "%s; give --dn \"C=CH, O=Example, CN=moon\"",
				 p->is_ca ? "a CA needs a name"
					  : "there is nobody that it would be "
					    "for");
	if (p->serial.len > SERIAL_MAX)
		return error_set(e, -EINVAL,
				 "a serial number has at most %d octets",
				 SERIAL_MAX);
	if (p->issuer)
		err = check_ca(p, e);
	return err ? err : check_times(p, e);
}

/* --- fields */

static bool set_serial(X509 *x, struct slice serial)
{
	uint8_t random[ISSUE_SERIAL_BYTES];
	ASN1_INTEGER *n;
	BIGNUM *b;
	bool ok;

	if (!serial.len) {
		if (RAND_bytes(random, sizeof(random)) != 1)
			return false;
		serial = slice_of(random, sizeof(random));
	}
	b = BN_bin2bn(serial.ptr, (int)serial.len, NULL);
	n = b ? BN_to_ASN1_INTEGER(b, NULL) : NULL;
	ok = n && X509_set_serialNumber(x, n) == 1;
	ASN1_INTEGER_free(n);
	BN_free(b);
	return ok;
}

static bool set_names(X509 *x, const struct issue_plan *p)
{
	X509_NAME *subject = names_x509(p->subject);
	const X509_NAME *issuer =
		p->issuer ? X509_get_subject_name(p->issuer->x509) : subject;
	bool ok = subject && X509_set_subject_name(x, subject) == 1 &&
		  X509_set_issuer_name(x, issuer) == 1;

	X509_NAME_free(subject);
	return ok;
}

static bool set_times(X509 *x, const struct issue_plan *p)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)p->not_before_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)p->not_after_s);
	bool ok = from && until && X509_set1_notBefore(x, from) == 1 &&
		  X509_set1_notAfter(x, until) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return ok;
}

/* --- extensions */

static bool add(X509 *x, int nid, void *value, bool is_critical)
{
	return value && X509_add1_ext_i2d(x, nid, value, is_critical, 0) == 1;
}

static bool add_constraints(X509 *x, const struct issue_plan *p)
{
	BASIC_CONSTRAINTS *b = BASIC_CONSTRAINTS_new();
	bool ok;

	if (!b)
		return false;
	if (p->is_ca) {
		b->ca = 0xff;
		if (p->path_len >= 0)
			b->pathlen = ASN1_INTEGER_new();
		if (b->pathlen)
			ASN1_INTEGER_set(b->pathlen, p->path_len);
	}
	ok = (!p->is_ca || p->path_len < 0 || b->pathlen) &&
	     add(x, NID_basic_constraints, b, true);
	BASIC_CONSTRAINTS_free(b);
	return ok;
}

/* RFC 5280 section 4.2.1.3: its bits count from the left. */
static bool add_usage(X509 *x, const struct issue_plan *p)
{
	const bool signs_crls = p->is_ca || p->uses & ISSUE_CRL_SIGN;
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool ok = bits &&
		  ASN1_BIT_STRING_set_bit(bits, p->is_ca ? 5 : 0, 1) == 1 &&
		  (!signs_crls || ASN1_BIT_STRING_set_bit(bits, 6, 1) == 1) &&
		  add(x, NID_key_usage, bits, true);

	ASN1_BIT_STRING_free(bits);
	return ok;
}

static ASN1_OBJECT *use_object(enum issue_use use)
{
	switch (use) {
	case ISSUE_SERVER_AUTH:
		return OBJ_nid2obj(NID_server_auth);
	case ISSUE_CLIENT_AUTH:
		return OBJ_nid2obj(NID_client_auth);
	case ISSUE_OCSP_SIGNING:
		return OBJ_nid2obj(NID_OCSP_sign);
	case ISSUE_IKE_INTERMEDIATE:
		return OBJ_txt2obj(IKE_INTERMEDIATE_OID, 1);
	case ISSUE_CRL_SIGN:
		break;
	}
	return NULL;
}

static bool add_extended(X509 *x, const struct issue_plan *p)
{
	EXTENDED_KEY_USAGE *eku = sk_ASN1_OBJECT_new_null();
	ASN1_OBJECT *object;
	bool ok = eku != NULL;

	for (unsigned int use = 1; ok && use < ISSUE_CRL_SIGN; use <<= 1) {
		if (!(p->uses & use))
			continue;
		object = use_object((enum issue_use)use);
		ok = object && sk_ASN1_OBJECT_push(eku, object) > 0;
	}
	if (ok && sk_ASN1_OBJECT_num(eku) > 0)
		ok = add(x, NID_ext_key_usage, eku, false);
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return ok;
}

/* SHA-1 of the key's octets (section 4.2.1.2, method 1). */
static ASN1_OCTET_STRING *id_of_key(const X509 *x)
{
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t sha1[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (id && X509_pubkey_digest(x, EVP_sha1(), sha1, &len) == 1 &&
	    ASN1_OCTET_STRING_set(id, sha1, (int)len) == 1)
		return id;
	ASN1_OCTET_STRING_free(id);
	return NULL;
}

static bool add_key_ids(X509 *x, const struct issue_plan *p)
{
	const ASN1_OCTET_STRING *known =
		p->issuer ? X509_get0_subject_key_id(p->issuer->x509) : NULL;
	ASN1_OCTET_STRING *own = id_of_key(x);
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	bool ok = own && akid && add(x, NID_subject_key_identifier, own, false);

	if (ok) {
		akid->keyid = known ? ASN1_OCTET_STRING_dup(known)
				    : id_of_key(p->issuer ? p->issuer->x509 : x);
		ok = akid->keyid &&
		     add(x, NID_authority_key_identifier, akid, false);
	}
	ASN1_OCTET_STRING_free(own);
	AUTHORITY_KEYID_free(akid);
	return ok;
}

static bool add_sans(X509 *x, const struct issue_plan *p)
{
	GENERAL_NAMES *names;
	bool ok;

	if (!p->n_sans)
		return true;
	names = names_all(p->sans, p->n_sans);
	/* Section 4.1.2.6: critical where it alone says who it is. */
	ok = names && add(x, NID_subject_alt_name, names, !p->subject.len);
	GENERAL_NAMES_free(names);
	return ok;
}

/* Takes the name over, also when it fails. */
static DIST_POINT *point_of(GENERAL_NAME *name)
{
	DIST_POINT *point = DIST_POINT_new();
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	if (!point || !name || !names || sk_GENERAL_NAME_push(names, name) <= 0)
		goto free_name;
	name = NULL;
	point->distpoint = DIST_POINT_NAME_new();
	if (!point->distpoint)
		goto free_name;
	point->distpoint->type = 0; /* fullName */
	point->distpoint->name.fullname = names;
	return point;
free_name:
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	DIST_POINT_free(point);
	return NULL;
}

static bool add_crls(X509 *x, const struct issue_plan *p)
{
	CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();
	DIST_POINT *point;
	bool ok = points != NULL;

	for (size_t i = 0; ok && i < p->n_crls; i++) {
		point = point_of(names_uri(p->crls[i]));
		ok = point && sk_DIST_POINT_push(points, point) > 0;
		if (!ok)
			DIST_POINT_free(point);
	}
	if (ok && p->n_crls)
		ok = add(x, NID_crl_distribution_points, points, false);
	sk_DIST_POINT_pop_free(points, DIST_POINT_free);
	return ok;
}

static bool add_ocsp(X509 *x, const struct issue_plan *p)
{
	AUTHORITY_INFO_ACCESS *access = sk_ACCESS_DESCRIPTION_new_null();
	bool ok = access != NULL;

	for (size_t i = 0; ok && i < p->n_ocsp; i++) {
		ACCESS_DESCRIPTION *one = ACCESS_DESCRIPTION_new();
		GENERAL_NAME *name = names_uri(p->ocsp[i]);

		ok = one && name;
		if (ok) {
			one->method = OBJ_nid2obj(NID_ad_OCSP);
			GENERAL_NAME_free(one->location);
			one->location = name;
			ok = sk_ACCESS_DESCRIPTION_push(access, one) > 0;
		} else {
			GENERAL_NAME_free(name);
		}
		if (!ok)
			ACCESS_DESCRIPTION_free(one);
	}
	if (ok && p->n_ocsp)
		ok = add(x, NID_info_access, access, false);
	sk_ACCESS_DESCRIPTION_pop_free(access, ACCESS_DESCRIPTION_free);
	return ok;
}

/* --- all of it */

static bool fill(X509 *x, const struct issue_plan *p)
{
	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       set_serial(x, p->serial) && set_names(x, p) && set_times(x, p) &&
	       X509_set_pubkey(x, p->key->pkey) == 1 && add_constraints(x, p) &&
	       add_usage(x, p) && add_extended(x, p) && add_key_ids(x, p) &&
	       add_sans(x, p) && add_crls(x, p) && add_ocsp(x, p);
}

static int make(const struct issue_plan *p, struct owned *der)
{
	EVP_MD_CTX *ctx = signer_begin(&p->signer);
	X509 *x = X509_new();
	uint8_t *octets = NULL;
	int len = 0, err = -EIO;

	if (x && ctx && fill(x, p) && X509_sign_ctx(x, ctx) > 0)
		len = i2d_X509(x, &octets);
	if (len > 0)
		err = owned_copy(slice_of(octets, (size_t)len), der);
	OPENSSL_free(octets);
	X509_free(x);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

int issue_certificate(const struct issue_plan *p, struct owned *der,
		      struct error *e)
{
	int err = check(p, e);

	if (err)
		return err;
	err = make(p, der);
	return err ? error_set(e, err,
			       "libcrypto could not make the "
			       "certificate; are all names plain text?")
		   : 0;
}
