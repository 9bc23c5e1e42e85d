// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/cert_read.h"

#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "ctrl/pki/crl.h"

#define SPKI_MAX_BYTES 4096 /* RSA of 8192 bits has 1,062 */
#define PEM_MAX_BYTES  8192

_Static_assert(FINGERPRINT_BYTES == CERTIFICATE_SHA256, "one is the other");

/* Where entries go. */
struct reading {
	struct cert_list *list;
	enum cert_kind kind;
	const char *from;
	struct fingerprint *first;
	struct error *e;
};

/* false: libcrypto failed. */
static bool name_of(struct slice octets, struct fingerprint *out)
{
	return EVP_Digest(octets.ptr, octets.len, out->octets, NULL,
			  EVP_sha256(), NULL) == 1;
}

/* It borrows all from the certificate; false likewise. */
static bool cert_of(const struct certificate *c, enum cert_kind kind,
		    struct cert_conf *out)
{
	*out = (struct cert_conf){
		.kind = kind,
		.is_ca = c->is_ca,
		.not_before_s = c->not_before_s,
		.not_after_s = c->not_after_s,
		.octets = c->der,
	};
	memcpy(out->fingerprint.octets, c->sha256, FINGERPRINT_BYTES);
	return name_of(public_key_spki(c->key), &out->key);
}

/* The first one's name is told once. */
static int add(struct reading *r, struct cert_conf *c)
{
	int err;

	c->from = (char *)r->from; /* a copy has its own */
	err = cert_list_add(r->list, c, r->e);
	if (!err && r->first)
		*r->first = c->fingerprint;
	if (!err)
		r->first = NULL;
	return err;
}

static int fail_crypto(struct error *e)
{
	return error_set(e, -ENOMEM, "out of memory for certificates");
}

static int take_certificate(void *arg, struct certificate *c)
{
	struct reading *r = arg;
	struct cert_conf conf;
	int err;

	if (r->kind == CERT_CA && !c->is_ca)
		err = error_set(r->e, -EINVAL,
				"it is no CA's by its basic constraints; have "
				"one issued that says CA:TRUE, or name it as a "
				"peer's");
	else if (!cert_of(c, r->kind, &conf))
		err = fail_crypto(r->e);
	else
		err = add(r, &conf);
	certificate_free(c);
	return err;
}

/* --- raw public keys */

static int fail_key(int err, struct error *e)
{
	if (err == -ENOMEM)
		return fail_crypto(e);
	if (err == -ENOTSUP)
		return error_set(e, err,
				 "a public key must be RSA with %d to %d bits, "
				 "ECDSA on P-256, P-384 or P-521, Ed25519 or "
				 "Ed448; make such a one",
				 KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	return error_set(e, -EBADMSG,
			 "it is no public key in DER or PEM (BEGIN PUBLIC "
			 "KEY), or a malformed one; write one with openssl "
			 "pkey -pubout");
}

static int take_spki(struct reading *r, struct slice spki)
{
	struct cert_conf conf = { .kind = CERT_PUBKEY,
				  .not_after_s = INT64_MAX,
				  .octets = spki };
	struct public_key *key;
	int err = spki.len > SPKI_MAX_BYTES ? -EBADMSG
					    : public_key_read(spki, &key);

	if (err)
		return fail_key(err, r->e);
	public_key_free(key);
	if (!name_of(spki, &conf.fingerprint))
		return fail_crypto(r->e);
	conf.key = conf.fingerprint;
	return add(r, &conf);
}

/* --- CRLs */

static int take_crl(struct reading *r, struct slice der)
{
	struct cert_conf conf = { .kind = CERT_CRL, .octets = der };
	struct crl *crl;
	int err = crl_read(der, &crl, r->e);

	if (err)
		return err;
	conf.not_before_s = crl->this_update_s;
	conf.not_after_s = crl->next_update_s;
	crl_free(crl);
	return name_of(der, &conf.fingerprint) ? add(r, &conf)
					       : fail_crypto(r->e);
}

/* --- one of either, in PEM or DER */

/* What is none is as its DER would be. */
static int take_pem(struct reading *r, struct slice octets, const char *label,
		    int (*take)(struct reading *r, struct slice der))
{
	BIO *bio = octets.len ? BIO_new_mem_buf(octets.ptr, (int)octets.len)
			      : NULL;
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	long len = 0;
	int err;

	if (bio && PEM_read_bio(bio, &name, &header, &der, &len) == 1 &&
	    strcmp(name, label) == 0)
		err = take(r, slice_of(der, (size_t)len));
	else
		err = take(r, slice_of("", 0));
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

static int take_one(struct reading *r, struct slice octets, size_t max,
		    const char *label,
		    int (*take)(struct reading *r, struct slice der))
{
	if (octets.len > max || (octets.len && octets.ptr[0] == 0x30))
		return take(r, octets);
	return take_pem(r, octets, label, take);
}

int cert_read(struct cert_list *list, enum cert_kind kind, struct slice octets,
	      const char *from, struct fingerprint *first, struct error *e)
{
	struct reading r = { list, kind, from, first, e };

	switch (kind) {
	case CERT_X509:
	case CERT_CA:
	case CERT_OCSP:
		break;
	case CERT_CRL:
		return take_one(&r, octets, CRL_MAX_BYTES, PEM_STRING_X509_CRL,
				take_crl);
	case CERT_PUBKEY:
		return take_one(&r, octets, PEM_MAX_BYTES, PEM_STRING_PUBLIC,
				take_spki);
	}
	return certificate_read_file(octets, take_certificate, &r, e);
}
