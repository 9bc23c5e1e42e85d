// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "ctrl/model/dn.h"
#include "ctrl/pki/ocsp.h"

#define MADE_MAX 512

static struct made {
	const char *name;
	X509 *cert; /* NULL: a CRL, an OCSP response */
	EVP_PKEY *key;
	uint8_t *der;
	int len;
	uint8_t *private, *public; /* DER of the key, once asked for */
	int private_len, public_len;
} made[MADE_MAX];
static size_t n_made;

static void need(bool holds, const char *what, const char *name)
{
	if (holds)
		return;
	fprintf(stderr, "pki: %s of %s\n", what, name);
	ERR_print_errors_fp(stderr);
	abort();
}

static struct made *find(const char *name)
{
	for (size_t i = 0; i < n_made; i++)
		if (strcmp(made[i].name, name) == 0)
			return &made[i];
	need(false, "there is none", name);
	return NULL;
}

void pki_end(void)
{
	for (size_t i = 0; i < n_made; i++) {
		X509_free(made[i].cert);
		EVP_PKEY_free(made[i].key);
		OPENSSL_free(made[i].der);
		OPENSSL_free(made[i].private);
		OPENSSL_free(made[i].public);
	}
	n_made = 0;
}

struct slice pki_der(const char *name)
{
	const struct made *m = find(name);

	return slice_of(m->der, (size_t)m->len);
}

struct slice pki_private_der(const char *name)
{
	struct made *m = find(name);
	PKCS8_PRIV_KEY_INFO *p8;

	if (!m->private) {
		p8 = EVP_PKEY2PKCS8(m->key);
		m->private_len = i2d_PKCS8_PRIV_KEY_INFO(p8, &m->private);
		PKCS8_PRIV_KEY_INFO_free(p8);
		need(m->private_len > 0, "private key", name);
	}
	return slice_of(m->private, (size_t)m->private_len);
}

struct slice pki_public_der(const char *name)
{
	struct made *m = find(name);

	if (!m->public) {
		m->public_len = i2d_PUBKEY(m->key, &m->public);
		need(m->public_len > 0, "public key", name);
	}
	return slice_of(m->public, (size_t)m->public_len);
}

static EVP_PKEY *key_of(const char *how)
{
	EVP_PKEY *key;

	if (!how)
		return EVP_EC_gen("P-256");
	if (how[0] == '=') {
		key = find(how + 1)->key;
		EVP_PKEY_up_ref(key);
		return key;
	}
	if (strncmp(how, "rsa", 3) == 0)
		return EVP_RSA_gen((unsigned int)atoi(how + 3));
	if (strncmp(how, "ed", 2) == 0 || strcmp(how, "x25519") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, how);
	return EVP_EC_gen(how);
}

static X509_NAME *name_of(const char *name, const char *subject)
{
	uint8_t der[256];
	const uint8_t *at = der;
	char text[128];
	struct error e;
	size_t len;

	snprintf(text, sizeof(text), "C=CH, CN=%s", name);
	if (subject && !*subject)
		return X509_NAME_new();
	need(dn_parse(subject ? subject : text, der, sizeof(der), &len, &e) == 0,
	     "subject", name);
	return d2i_X509_NAME(NULL, &at, (long)len);
}

/* What values may name; see openssl's x509v3_config(5). */
static const char sections[] =
	"[dp_agent]\nfullname=URI:http://crl.example.org/agent\n"
	"CRLissuer=dirName:agent\n"
	"[agent]\nC=CH\nCN=agent\n"
	"[dp_keys]\nfullname=URI:http://crl.example.org/keys\n"
	"reasons=keyCompromise,CACompromise\n"
	"[dp_rest]\nfullname=URI:http://crl.example.org/rest\n"
	"reasons=affiliationChanged,superseded,cessationOfOperation,"
	"certificateHold,privilegeWithdrawn,AACompromise\n"
	"[idp_agent]\nfullname=URI:http://crl.example.org/agent\n"
	"indirectCRL=TRUE\n"
	"[idp_a]\nfullname=URI:http://crl.example.org/a\n"
	"[idp_keys]\nfullname=URI:http://crl.example.org/keys\n"
	"onlysomereasons=keyCompromise,CACompromise\n"
	"[idp_rest]\nfullname=URI:http://crl.example.org/rest\n"
	"onlysomereasons=affiliationChanged,superseded,"
	"cessationOfOperation,certificateHold,privilegeWithdrawn,"
	"AACompromise\n"
	"[dn_in]\nC=CH\nO=in\n"
	"[dn_bad]\nC=CH\nO=in\nOU=bad\n";

/* NAME=VALUE. */
static X509_EXTENSION *ext_of(X509V3_CTX *ctx, const char *text)
{
	size_t len = strcspn(text, "=");
	CONF *conf = NCONF_new(NULL);
	BIO *bio = BIO_new_mem_buf(sections, -1);
	X509_EXTENSION *ext;
	char name[64];

	need(NCONF_load_bio(conf, bio, NULL) == 1, "sections", text);
	BIO_free(bio);
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	X509V3_set_nconf(ctx, conf);
	ext = X509V3_EXT_nconf(conf, ctx, name, text + len + 1);
	NCONF_free(conf);
	return ext;
}

static ASN1_TIME *time_at(int hours)
{
	return ASN1_TIME_set(NULL, PKI_NOW_S + (time_t)hours * 3600);
}

static const EVP_MD *digest_of(const char *digest, const EVP_PKEY *key)
{
	int type = EVP_PKEY_get_base_id(key);

	if (type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448)
		return NULL;
	return EVP_get_digestbyname(digest ? digest : "sha256");
}

static void set_times(const struct pki_cert *c, X509 *x)
{
	bool any = c->from_h || c->until_h;
	ASN1_TIME *from = time_at(any ? c->from_h : -360);
	ASN1_TIME *until = time_at(any ? c->until_h : 360);

	X509_set1_notBefore(x, from);
	X509_set1_notAfter(x, until);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}

static void set_exts(const struct pki_cert *c, X509 *x, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < PKI_EXTS_MAX && c->exts[i]; i++) {
		X509_EXTENSION *ext = ext_of(&ctx, c->exts[i]);

		need(ext && X509_add_ext(x, ext, -1) == 1, c->exts[i], c->name);
		X509_EXTENSION_free(ext);
	}
}

static void keep(struct made *m, bool has_bad_signature)
{
	need(m->len > 0, "DER", m->name);
	if (has_bad_signature)
		m->der[m->len - 1] ^= 1;
	n_made++;
}

void pki_make(const struct pki_cert *c)
{
	struct made *m = &made[n_made], *issuer;
	X509_NAME *subject = name_of(c->name, c->subject);
	X509 *x = X509_new();

	need(n_made < MADE_MAX, "no room", c->name);
	*m = (struct made){ .name = c->name, .cert = x, .key = key_of(c->key) };
	need(m->key && subject, "key", c->name);
	issuer = c->issuer ? find(c->issuer) : m;
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), (long)n_made + 1);
	X509_set_subject_name(x, subject);
	X509_set_issuer_name(x, c->issuer ? X509_get_subject_name(issuer->cert)
					  : subject);
	X509_set_pubkey(x, m->key);
	set_times(c, x);
	set_exts(c, x, issuer->cert);
	need(X509_sign(x, issuer->key, digest_of(c->digest, issuer->key)) > 0,
	     "signature", c->name);
	m->len = i2d_X509(x, &m->der);
	keep(m, c->has_bad_signature);
	X509_NAME_free(subject);
}

static void set_reason(X509_REVOKED *r, int reason)
{
	ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

	ASN1_ENUMERATED_set(value, reason);
	X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, value, 0, 0);
	ASN1_ENUMERATED_free(value);
}

/* Of an indirect CRL: whose certificate it is. */
static void set_issuer(X509_REVOKED *r, const X509_NAME *issuer)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(issuer));
	sk_GENERAL_NAME_push(names, name);
	X509_REVOKED_add1_ext_i2d(r, NID_certificate_issuer, names, 1, 0);
	GENERAL_NAMES_free(names);
}

static void add_revoked(const struct pki_crl *c, X509_CRL *crl, const char *name)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *at = time_at(-2);

	X509_REVOKED_set_serialNumber(r,
				      X509_get_serialNumber(find(name)->cert));
	X509_REVOKED_set_revocationDate(r, at);
	if (c->reason)
		set_reason(r, c->reason);
	if (c->is_indirect)
		set_issuer(r, X509_get_issuer_name(find(name)->cert));
	X509_CRL_add0_revoked(crl, r);
	ASN1_TIME_free(at);
}

static void add_number(X509_CRL *crl, int nid, int number, int critical)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	ASN1_INTEGER_set(n, number);
	X509_CRL_add1_ext_i2d(crl, nid, n, critical, 0);
	ASN1_INTEGER_free(n);
}

static void set_crl_exts(const struct pki_crl *c, X509_CRL *crl, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	for (size_t i = 0; i < 2 && c->exts[i]; i++) {
		X509_EXTENSION *ext = ext_of(&ctx, c->exts[i]);

		need(ext && X509_CRL_add_ext(crl, ext, -1) == 1, c->exts[i],
		     c->name);
		X509_EXTENSION_free(ext);
	}
	if (c->number)
		add_number(crl, NID_crl_number, c->number, 0);
	if (c->base)
		add_number(crl, NID_delta_crl, c->base, 1);
}

void pki_make_crl(const struct pki_crl *c)
{
	struct made *m = &made[n_made], *issuer = find(c->issuer);
	EVP_PKEY *key = find(c->signer ? c->signer : c->issuer)->key;
	ASN1_TIME *from = time_at(c->from_h), *until = time_at(c->until_h);
	X509_CRL *crl = X509_CRL_new();

	need(n_made < MADE_MAX, "no room", c->name);
	*m = (struct made){ .name = c->name };
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	for (size_t i = 0; i < 4 && c->revoked[i]; i++)
		add_revoked(c, crl, c->revoked[i]);
	set_crl_exts(c, crl, issuer->cert);
	need(X509_CRL_sign(crl, key, digest_of(NULL, key)) > 0, "signature",
	     c->name);
	m->len = i2d_X509_CRL(crl, &m->der);
	keep(m, c->has_bad_signature);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}

static void add_status(const struct pki_ocsp *o, OCSP_BASICRESP *basic,
		       const char *about)
{
	const EVP_MD *hash = EVP_get_digestbyname(o->hash ? o->hash : "sha1");
	OCSP_CERTID *id =
		OCSP_cert_to_id(hash, find(about)->cert, find(o->issuer)->cert);
	ASN1_TIME *from = time_at(o->from_h), *until = time_at(o->until_h);
	bool is_revoked = o->status == V_OCSP_CERTSTATUS_REVOKED;

	need(OCSP_basic_add1_status(
		     basic, id, o->status,
		     o->reason ? o->reason : OCSP_REVOKED_STATUS_NOSTATUS,
		     is_revoked ? from : NULL, from, o->until_h ? until : NULL),
	     "status", o->name);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}

static OCSP_BASICRESP *basic_of(const struct pki_ocsp *o)
{
	const struct made *signer = find(o->signer ? o->signer : o->issuer);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	uint8_t nonce[OCSP_NONCE_BYTES];
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	for (size_t i = 0; i < 3 && o->about[i]; i++)
		add_status(o, basic, o->about[i]);
	if (o->nonce) {
		memcpy(nonce, o->nonce, sizeof(nonce));
		OCSP_basic_add1_nonce(basic, nonce, sizeof(nonce));
	}
	if (o->ext) {
		X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
		ext = ext_of(&ctx, o->ext);
		need(ext && OCSP_BASICRESP_add_ext(basic, ext, -1), o->ext,
		     o->name);
		X509_EXTENSION_free(ext);
	}
	need(OCSP_basic_sign(basic, signer->cert, signer->key,
			     digest_of(o->digest, signer->key), NULL,
			     (o->by_key ? OCSP_RESPID_KEY : 0) |
				     (o->signer ? 0 : OCSP_NOCERTS)) == 1,
	     "signature", o->name);
	for (int i = 1; i < o->n_certs; i++)
		OCSP_basic_add1_cert(basic, signer->cert);
	return basic;
}

void pki_make_ocsp(const struct pki_ocsp *o)
{
	OCSP_BASICRESP *basic = o->error ? NULL : basic_of(o);
	OCSP_RESPONSE *response = OCSP_response_create(o->error, basic);
	struct made *m = &made[n_made];

	need(n_made < MADE_MAX && response, "no room", o->name);
	*m = (struct made){ .name = o->name };
	m->len = i2d_OCSP_RESPONSE(response, &m->der);
	keep(m, o->has_bad_signature);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
}

static void put_head(uint8_t **at, uint8_t tag, size_t len)
{
	*(*at)++ = tag;
	*(*at)++ = 0x82;
	*(*at)++ = (uint8_t)(len >> 8);
	*(*at)++ = (uint8_t)len;
}

static void put_short_head(uint8_t **at, uint8_t tag, size_t len)
{
	*(*at)++ = tag;
	*(*at)++ = (uint8_t)len;
}

size_t pki_sign(const char *signer, struct slice tbs, uint8_t *out, size_t room)
{
	/* ecdsa-with-SHA256, RFC 5758 section 3.2 */
	static const uint8_t alg[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
				       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[80], *at = out;
	size_t len = sizeof(sig), body;

	need(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
				find(signer)->key) == 1 &&
		     EVP_DigestSign(ctx, sig, &len, tbs.ptr, tbs.len) == 1,
	     "signature", signer);
	EVP_MD_CTX_free(ctx);
	body = tbs.len + sizeof(alg) + 2 + 1 + len;
	need(body <= UINT16_MAX && body + 4 <= room, "no room", signer);
	put_head(&at, 0x30, body);
	memcpy(at, tbs.ptr, tbs.len);
	at += tbs.len;
	memcpy(at, alg, sizeof(alg));
	at += sizeof(alg);
	put_short_head(&at, 0x03, 1 + len);
	*at++ = 0;
	memcpy(at, sig, len);
	return (size_t)(at - out) + len;
}
