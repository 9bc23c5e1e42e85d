// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ctrl/crypto/pkey.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/names.h"

#define ARRAY_LEN(a)	     (sizeof(a) / sizeof((a)[0]))
#define FILE_MAX	     (1U << 20)
#define IPSEC_IKE_OID	     "1.3.6.1.5.5.7.3.17"
#define IKE_INTERMEDIATE_OID "1.3.6.1.5.5.8.2.2"
#define OID_TEXT_MAX	     64
#define SERIAL_SHOWN	     20 /* octets (RFC 5280 section 4.1.2.2) */

static int fail(struct error *e, int err)
{
	switch (err) {
	case -E2BIG:
		return error_set(e, err,
				 "a certificate has at most %d octets, %d "
				 "alternative names and %d addresses of CRLs or "
				 "of OCSP; have a smaller one issued",
				 CERTIFICATE_MAX_BYTES, CERTIFICATE_SANS_MAX,
				 CERTIFICATE_URIS_MAX);
	case -ENOTSUP:
		return error_set(e, err,
				 "the certificate's key must be RSA with %d to "
				 "%d bits, ECDSA on P-256, P-384 or P-521, "
				 "Ed25519 or Ed448; have one issued for such a "
				 "key",
				 KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	case -EBADMSG:
		return error_set(e, err,
				 "it is no X.509 certificate in DER or PEM, or "
				 "a malformed one; look at it with openssl x509 "
				 "-text");
	}
	return error_set(e, err, "out of memory");
}

/* --- fields */

static bool unix_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static int take_key(struct certificate *c)
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &spki);
	EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	int err = -EBADMSG;

	if (len > 0 && pkey)
		err = pkey_public(pkey, slice_of(spki, (size_t)len), &c->key);
	else if (len > 0) /* it knows why not */
		err = public_key_read(slice_of(spki, (size_t)len), &c->key);
	OPENSSL_free(spki);
	return err;
}

/* By what libcrypto made of the AlgorithmIdentifier. */
static const struct sign_scheme *scheme_of(X509 *x)
{
	static const struct {
		int key, hash;
		enum sign_id id;
	} rows[] = {
		{ NID_rsaEncryption, NID_sha1, SIGN_RSA_SHA1 },
		{ NID_rsaEncryption, NID_sha256, SIGN_RSA_SHA256 },
		{ NID_rsaEncryption, NID_sha384, SIGN_RSA_SHA384 },
		{ NID_rsaEncryption, NID_sha512, SIGN_RSA_SHA512 },
		{ NID_rsassaPss, NID_sha256, SIGN_PSS_SHA256 },
		{ NID_rsassaPss, NID_sha384, SIGN_PSS_SHA384 },
		{ NID_rsassaPss, NID_sha512, SIGN_PSS_SHA512 },
		{ NID_X9_62_id_ecPublicKey, NID_sha256, SIGN_ECDSA_SHA256 },
		{ NID_X9_62_id_ecPublicKey, NID_sha384, SIGN_ECDSA_SHA384 },
		{ NID_X9_62_id_ecPublicKey, NID_sha512, SIGN_ECDSA_SHA512 },
		{ NID_ED25519, NID_undef, SIGN_ED25519 },
		{ NID_ED448, NID_undef, SIGN_ED448 },
	};
	int hash, key;

	if (X509_get_signature_info(x, &hash, &key, NULL, NULL) != 1)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].key == key && rows[i].hash == hash)
			return sign_by_id(rows[i].id);
	return NULL;
}

/* libcrypto's bits have none of IPsec's. */
static bool is_for_ike(X509 *x)
{
	EXTENDED_KEY_USAGE *eku =
		X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	char text[OID_TEXT_MAX];
	bool is = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(eku, i), 1);
		is = is || strcmp(text, IPSEC_IKE_OID) == 0 ||
		     strcmp(text, IKE_INTERMEDIATE_OID) == 0;
	}
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return is;
}

static void take_usage(struct certificate *c)
{
	uint32_t flags = X509_get_extension_flags(c->x509);
	uint32_t usage = X509_get_key_usage(c->x509);
	uint32_t extended = X509_get_extended_key_usage(c->x509);

	c->is_ca = (flags & EXFLAG_BCONS) && (flags & EXFLAG_CA);
	c->signs = !(flags & EXFLAG_KUSAGE) ||
		   (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION));
	c->authenticates =
		!(flags & EXFLAG_XKUSAGE) ||
		(extended & (XKU_ANYEKU | XKU_SSL_SERVER | XKU_SSL_CLIENT)) ||
		is_for_ike(c->x509);
}

/* --- names and addresses */

static int take_sans(struct certificate *c)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	int n = names ? sk_GENERAL_NAME_num(names) : 0;
	int err = 0;

	if (n > CERTIFICATE_SANS_MAX)
		err = -E2BIG;
	else if (n) {
		c->sans = calloc((size_t)n, sizeof(*c->sans));
		err = c->sans ? 0 : -ENOMEM;
	}
	for (int i = 0; !err && i < n; i++)
		if (names_identity(sk_GENERAL_NAME_value(names, i),
				   &c->sans[c->n_sans]))
			c->n_sans++;
	GENERAL_NAMES_free(names);
	return err;
}

/* Printable ASCII, and nothing else: it gets into requests and logs. */
static bool is_uri(struct slice octets)
{
	for (size_t i = 0; i < octets.len; i++)
		if (octets.ptr[i] <= ' ' || octets.ptr[i] > '~')
			return false;
	return (octets.len > 7 &&
		strncasecmp((const char *)octets.ptr, "http://", 7) == 0) ||
	       (octets.len > 8 &&
		strncasecmp((const char *)octets.ptr, "https://", 8) == 0);
}

static int add_uri(struct certificate_uris *uris, const GENERAL_NAME *name)
{
	struct slice octets;

	if (name->type != GEN_URI)
		return 0;
	octets = names_octets(name->d.uniformResourceIdentifier);
	if (!is_uri(octets))
		return 0;
	if (uris->n == CERTIFICATE_URIS_MAX)
		return -E2BIG;
	uris->at[uris->n] = strndup((const char *)octets.ptr, octets.len);
	return uris->at[uris->n++] ? 0 : -ENOMEM;
}

static int take_crls(struct certificate *c)
{
	STACK_OF(DIST_POINT) *points = X509_get_ext_d2i(
		c->x509, NID_crl_distribution_points, NULL, NULL);
	int err = 0;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names;

		if (!p->distpoint || p->distpoint->type != 0)
			continue;
		names = p->distpoint->name.fullname;
		for (int k = 0; !err && k < sk_GENERAL_NAME_num(names); k++)
			err = add_uri(&c->crls, sk_GENERAL_NAME_value(names, k));
	}
	CRL_DIST_POINTS_free(points);
	return err;
}

static int take_ocsp(struct certificate *c)
{
	AUTHORITY_INFO_ACCESS *access =
		X509_get_ext_d2i(c->x509, NID_info_access, NULL, NULL);
	int err = 0;

	for (int i = 0; !err && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *a =
			sk_ACCESS_DESCRIPTION_value(access, i);

		if (OBJ_obj2nid(a->method) == NID_ad_OCSP)
			err = add_uri(&c->ocsp, a->location);
	}
	AUTHORITY_INFO_ACCESS_free(access);
	return err;
}

/* --- the whole */

static bool take_fields(struct certificate *c)
{
	X509 *x = c->x509;

	/* It reads every extension that libcrypto knows. */
	if (X509_check_purpose(x, -1, 0) != 1)
		return false;
	c->subject = names_der(X509_get_subject_name(x));
	c->issuer = names_der(X509_get_issuer_name(x));
	c->serial = names_octets(X509_get0_serialNumber(x));
	c->skid = names_octets(X509_get0_subject_key_id(x));
	c->akid = names_octets(X509_get0_authority_key_id(x));
	c->scheme = scheme_of(x);
	take_usage(c);
	return (!c->subject.len || dn_valid(c->subject)) &&
	       dn_valid(c->issuer) &&
	       unix_time(X509_get0_notBefore(x), &c->not_before_s) &&
	       unix_time(X509_get0_notAfter(x), &c->not_after_s) &&
	       EVP_Digest(c->der.ptr, c->der.len, c->sha256, NULL, EVP_sha256(),
			  NULL) == 1;
}

static int fill(struct certificate *c)
{
	const uint8_t *at = c->der.ptr;
	int err;

	c->x509 = d2i_X509(NULL, &at, (long)c->der.len);
	if (!c->x509 || at != c->der.ptr + c->der.len || !take_fields(c))
		return -EBADMSG;
	err = take_key(c);
	if (!err)
		err = take_sans(c);
	if (!err)
		err = take_crls(c);
	return err ? err : take_ocsp(c);
}

static int read_der(struct slice der, struct certificate **out)
{
	struct certificate *c;
	uint8_t *copy;
	int err;

	if (der.len > CERTIFICATE_MAX_BYTES)
		return -E2BIG;
	if (!der.len)
		return -EBADMSG;
	c = calloc(1, sizeof(*c));
	copy = malloc(der.len);
	if (!c || !copy) {
		free(c);
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, der.ptr, der.len);
	atomic_init(&c->refs, 1);
	c->der = slice_of(copy, der.len);
	err = fill(c);
	if (err)
		certificate_free(c);
	else
		*out = c;
	return err;
}

int certificate_read(struct slice der, struct certificate **out, struct error *e)
{
	int err = read_der(der, out);

	ERR_clear_error();
	return err ? fail(e, err) : 0;
}

static void free_uris(struct certificate_uris *uris)
{
	for (size_t i = 0; i < uris->n; i++)
		free(uris->at[i]);
}

struct certificate *certificate_ref(struct certificate *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void certificate_free(struct certificate *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	X509_free(c->x509);
	public_key_free(c->key);
	free_uris(&c->crls);
	free_uris(&c->ocsp);
	free(c->sans);
	free((void *)(uintptr_t)c->der.ptr);
	free(c);
}

/* --- files */

static int take_one(struct slice der, certificate_fn *take, void *arg,
		    struct error *e)
{
	struct certificate *c;
	int err = certificate_read(der, &c, e);

	return err ? err : take(arg, c);
}

/* -ENOENT: no further one. */
static int next_pem(BIO *bio, certificate_fn *take, void *arg, struct error *e)
{
	char *name, *header;
	uint8_t *der;
	long len;
	int err = 0;

	if (PEM_read_bio(bio, &name, &header, &der, &len) != 1)
		return -ENOENT;
	if (strcmp(name, PEM_STRING_X509) == 0 ||
	    strcmp(name, PEM_STRING_X509_OLD) == 0)
		err = take_one(slice_of(der, (size_t)len), take, arg, e);
	else
		err = 1;
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return err;
}

static int read_pem(struct slice octets, certificate_fn *take, void *arg,
		    struct error *e)
{
	/* An empty one is none that libcrypto reads. */
	BIO *bio = octets.len ? BIO_new_mem_buf(octets.ptr, (int)octets.len)
			      : BIO_new(BIO_s_null());
	bool any = false;
	int err = bio ? 1 : -ENOMEM;

	while (err >= 0) {
		err = next_pem(bio, take, arg, e);
		any = any || err == 0;
	}
	BIO_free(bio);
	ERR_clear_error();
	if (err != -ENOENT)
		return err;
	if (any)
		return 0;
	return error_set(e, -ENOENT,
			 "no certificate is in it, neither in PEM nor in DER; "
			 "name a file that has one");
}

int certificate_read_file(struct slice octets, certificate_fn *take, void *arg,
			  struct error *e)
{
	if (octets.len && octets.ptr[0] == 0x30)
		return take_one(octets, take, arg, e);
	if (octets.len > FILE_MAX)
		return fail(e, -E2BIG);
	return read_pem(octets, take, arg, e);
}

/* --- shown and compared */

static const char *serial_str(const struct certificate *c,
			      char buf[CERTIFICATE_STR_MAX])
{
	size_t at = (size_t)snprintf(buf, CERTIFICATE_STR_MAX, "serial number ");

	for (size_t i = 0; i < c->serial.len && i < SERIAL_SHOWN; i++)
		at += (size_t)snprintf(buf + at, CERTIFICATE_STR_MAX - at,
				       "%02x", c->serial.ptr[i]);
	return buf;
}

const char *certificate_str(const struct certificate *c,
			    char buf[CERTIFICATE_STR_MAX])
{
	if (dn_str(c->subject, buf, CERTIFICATE_STR_MAX))
		return buf;
	if (!c->subject.len && c->n_sans)
		return identity_str(&c->sans[0], buf, CERTIFICATE_STR_MAX);
	return serial_str(c, buf);
}

bool certificate_equal(const struct certificate *a, const struct certificate *b)
{
	return a->der.len == b->der.len &&
	       memcmp(a->der.ptr, b->der.ptr, a->der.len) == 0;
}
