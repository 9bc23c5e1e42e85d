// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/request.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ctrl/crypto/pkey.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/certificate.h"
#include "ctrl/pki/names.h"

#define PEM_MAX	     (2 * REQUEST_MAX_BYTES)
#define DER_SEQUENCE 0x30

/* --- read */

static int fail(struct error *e, int err)
{
	switch (err) {
	case -E2BIG:
		return error_set(e, err,
				 "a request has at most %d octets and %d "
				 "alternative names; make a smaller one",
				 REQUEST_MAX_BYTES, CERTIFICATE_SANS_MAX);
	case -EKEYREJECTED:
		return error_set(e, err,
				 "the request is not signed by the key that it "
				 "is for, or was changed since; have whoever "
				 "has that key make another one");
	case -ENOTSUP:
		return error_set(e, err,
				 "the request's key must be RSA with %d to %d "
				 "bits, ECDSA on P-256, P-384 or P-521, Ed25519 "
				 "or Ed448; make one for such a key",
				 KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	case -EBADMSG:
		return error_set(e, err,
				 "it is no request (PKCS#10) in DER or PEM, or "
				 "a malformed one; look at it with openssl req "
				 "-text");
	}
	return error_set(e, err, "out of memory");
}

/* Without one libcrypto would ask at the terminal. */
static int no_passphrase(char *buf, int room, int writes, void *arg)
{
	(void)buf;
	(void)room;
	(void)writes;
	(void)arg;
	return -1;
}

static X509_REQ *of_pem(struct slice octets)
{
	BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
	X509_REQ *x = bio ? PEM_read_bio_X509_REQ(bio, NULL, no_passphrase, NULL)
			  : NULL;

	BIO_free(bio);
	return x;
}

static X509_REQ *of_der(struct slice octets)
{
	const uint8_t *at = octets.ptr;
	X509_REQ *x = d2i_X509_REQ(NULL, &at, (long)octets.len);

	if (x && at == octets.ptr + octets.len)
		return x;
	X509_REQ_free(x);
	return NULL;
}

static int take_key(struct request *r)
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(r->x509), &spki);
	int err = -EBADMSG;

	if (len > 0)
		err = public_key_read(slice_of(spki, (size_t)len), &r->key);
	OPENSSL_free(spki);
	return err;
}

static int take_names(struct request *r, const GENERAL_NAMES *names)
{
	int n = names ? sk_GENERAL_NAME_num(names) : 0;

	if (n <= 0)
		return 0;
	if (n > CERTIFICATE_SANS_MAX)
		return -E2BIG;
	r->sans = calloc((size_t)n, sizeof(*r->sans));
	if (!r->sans)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		if (names_identity(sk_GENERAL_NAME_value(names, i),
				   &r->sans[r->n_sans]))
			r->n_sans++;
		else
			r->has_other_names = true;
	return 0;
}

/* Where there are some; a NULL of libcrypto's would be none, or malformed ones. */
static int take_extensions(struct request *r)
{
	STACK_OF(X509_EXTENSION) * exts;
	GENERAL_NAMES *names;
	int found, err;

	if (X509_REQ_get_attr_by_NID(r->x509, NID_ext_req, -1) < 0 &&
	    X509_REQ_get_attr_by_NID(r->x509, NID_ms_ext_req, -1) < 0)
		return 0;
	exts = X509_REQ_get_extensions(r->x509);
	if (!exts)
		return -EBADMSG;
	names = X509V3_get_d2i(exts, NID_subject_alt_name, &found, NULL);
	/* -1: there is none; -2: several; else malformed. */
	err = names || found == -1 ? take_names(r, names) : -EBADMSG;
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return err;
}

static int fill(struct request *r)
{
	int err;

	r->subject = names_der(X509_REQ_get_subject_name(r->x509));
	if (r->subject.len && !dn_valid(r->subject))
		return -EBADMSG;
	err = take_key(r);
	if (!err)
		err = take_extensions(r);
	if (!err && X509_REQ_verify(r->x509, X509_REQ_get0_pubkey(r->x509)) != 1)
		err = -EKEYREJECTED;
	return err;
}

static int read_request(struct slice octets, struct request **out)
{
	struct request *r;
	bool is_der;
	int err;

	if (!octets.len)
		return -EBADMSG;
	is_der = octets.ptr[0] == DER_SEQUENCE;
	if (octets.len > (is_der ? REQUEST_MAX_BYTES : PEM_MAX))
		return -E2BIG;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->x509 = is_der ? of_der(octets) : of_pem(octets);
	err = r->x509 ? fill(r) : -EBADMSG;
	if (err)
		request_free(r);
	else
		*out = r;
	return err;
}

int request_read(struct slice octets, struct request **out, struct error *e)
{
	int err = read_request(octets, out);

	ERR_clear_error();
	return err ? fail(e, err) : 0;
}

void request_free(struct request *r)
{
	if (!r)
		return;
	X509_REQ_free(r->x509);
	public_key_free(r->key);
	free(r->sans);
	free(r);
}

/* --- made */

static bool add_sans(X509_REQ *x, const struct identity *sans, size_t n_sans,
		     bool is_critical)
{
	GENERAL_NAMES *names = names_all(sans, n_sans);
	X509_EXTENSION *ext =
		names ? X509V3_EXT_i2d(NID_subject_alt_name, is_critical, names)
		      : NULL;
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	bool ok = false;

	if (ext && exts && sk_X509_EXTENSION_push(exts, ext) > 0) {
		ext = NULL;
		ok = X509_REQ_add_extensions(x, exts) == 1;
	}
	X509_EXTENSION_free(ext);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
	return ok;
}

int request_make(struct slice subject, const struct identity *sans,
		 size_t n_sans, const struct signer *signer, struct owned *der,
		 struct error *e)
{
	X509_NAME *name = names_x509(subject);
	X509_REQ *x = X509_REQ_new();
	EVP_MD_CTX *ctx = signer_begin(signer);
	uint8_t *octets = NULL;
	int len = 0, err = -EIO;

	if (name && x && ctx && X509_REQ_set_version(x, 0) == 1 &&
	    X509_REQ_set_subject_name(x, name) == 1 &&
	    X509_REQ_set_pubkey(x, signer->key->pkey) == 1 &&
	    (!n_sans || add_sans(x, sans, n_sans, !subject.len)) &&
	    X509_REQ_sign_ctx(x, ctx) > 0)
		len = i2d_X509_REQ(x, &octets);
	if (len > 0)
		err = owned_copy(slice_of(octets, (size_t)len), der);
	OPENSSL_free(octets);
	EVP_MD_CTX_free(ctx);
	X509_REQ_free(x);
	X509_NAME_free(name);
	ERR_clear_error();
	return err ? error_set(e, err,
			       "libcrypto could not make the request; "
			       "are all names plain text?")
		   : 0;
}
