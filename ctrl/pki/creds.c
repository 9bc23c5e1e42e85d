// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/creds.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/model/dn.h"
#include "ctrl/pki/ident.h"

struct entry {
	struct cred cred;
	/* What is the entry's own; the trust has the others. */
	struct certificate *cert;
	struct public_key *key;
};

struct certs_at {
	uint8_t ca[CERTIFICATE_SHA256];
	char *base;
};

struct creds {
	atomic_uint refs; /* whoever holds it */
	struct trust *trust;
	struct entry **entries;
	size_t n;
	struct certs_at *at;
	size_t n_at;
};

int creds_new(struct creds **out)
{
	struct creds *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	if (trust_new(&c->trust)) {
		free(c);
		return -ENOMEM;
	}
	atomic_init(&c->refs, 1);
	*out = c;
	return 0;
}

struct creds *creds_ref(struct creds *c)
{
	if (c)
		atomic_fetch_add(&c->refs, 1);
	return c;
}

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	certificate_free(entry->cert);
	public_key_free(entry->key);
	free(entry);
}

void creds_unref(struct creds *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	for (size_t i = 0; i < c->n; i++)
		entry_free(c->entries[i]);
	for (size_t i = 0; i < c->n_at; i++)
		free(c->at[i].base);
	trust_free(c->trust);
	free(c->at);
	free(c->entries);
	free(c);
}

/* --- filling */

bool creds_is_empty(const struct creds *c)
{
	return c->n == 0;
}

bool fingerprint_of(struct slice octets, struct fingerprint *out)
{
	return hash_sha256(octets, out->octets);
}

static bool make_room(struct creds *c)
{
	struct entry **grown =
		reallocarray(c->entries, c->n + 1, sizeof(*grown));

	if (grown)
		c->entries = grown;
	return grown != NULL;
}

/* By what it is found. */
static int set_names(struct cred *cred, struct slice der, struct error *e)
{
	struct slice spki = public_key_spki(cred->key);

	if (!fingerprint_of(der, &cred->id) ||
	    !fingerprint_of(spki, &cred->key_id) ||
	    !hash_sha1(spki, cred->key_sha1) || !hash_sha1(der, cred->sha1))
		return error_set(e, -ENOMEM, "out of memory");
	return 0;
}

static int fail_key(int err, struct error *e)
{
	if (err == -ENOTSUP)
		return error_set(
			e, err,
			"the public key must be RSA with %d to %d bits, ECDSA on P-256, P-384 or P-521, Ed25519 or Ed448",
			KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	if (err == -EBADMSG)
		return error_set(
			e, err,
			"it is no public key (SubjectPublicKeyInfo), or a malformed one; look at it with openssl pkey -pubin -text");
	return error_set(e, err, "out of memory");
}

static int read_entry(struct entry *entry, struct slice der, struct error *e)
{
	struct cred *cred = &entry->cred;
	int err;

	if (cred->kind == CRED_PUBKEY) {
		err = public_key_read(der, &entry->key);
		if (err)
			return fail_key(err, e);
		cred->key = entry->key;
	} else {
		err = certificate_read(der, &entry->cert, e);
		if (err)
			return err;
		cred->cert = entry->cert;
		cred->key = entry->cert->key;
	}
	return set_names(cred, der, e);
}

/* Which of those that are trusted; false: none. */
static bool trust_role_of(enum cred_kind kind, enum trust_role *out)
{
	switch (kind) {
	case CRED_CA:
		*out = TRUST_AS_CA;
		return true;
	case CRED_INTERMEDIATE:
		*out = TRUST_AS_INTERMEDIATE;
		return true;
	case CRED_PEER:
		*out = TRUST_AS_PEER;
		return true;
	case CRED_OCSP:
		*out = TRUST_AS_OCSP;
		return true;
	case CRED_OWN:
	case CRED_PUBKEY:
	case CRED_CRL:
	case CRED_CRL_AT:
	case CRED_OCSP_AT:
	case CRED_CERTS_AT:
		break;
	}
	return false;
}

static int trust_it(struct creds *c, struct entry *entry, struct error *e)
{
	struct certificate *cert = entry->cert;
	enum trust_role role;

	if (!trust_role_of(entry->cred.kind, &role))
		return 0;
	entry->cert = NULL; /* the trust's */
	return trust_add(c->trust, role, cert, e);
}

static int add_crl(struct creds *c, struct slice octets, struct error *e)
{
	struct crl *crl;
	int err = crl_read(octets, &crl, e);

	if (err)
		return err;
	err = trust_add_crl(c->trust, crl);
	return err ? error_set(e, err, "out of memory") : 0;
}

static int add_address(struct creds *c, enum status_kind kind, struct slice ca,
		       struct error *e)
{
	if (ca.len != CERTIFICATE_SHA256)
		return error_set(e, -EBADMSG, "it is no SHA-256 of a CA");
	if (trust_add_address(c->trust, kind, ca.ptr))
		return error_set(e, -ENOMEM, "out of memory");
	return 0;
}

static int add_certs_at(struct creds *c, struct slice octets, struct error *e)
{
	struct certs_at new = { .base = NULL };
	struct certs_at *grown;

	if (!rd_bytes(&octets, new.ca, sizeof(new.ca)) || !octets.len)
		return error_set(e, -EBADMSG,
				 "it is no SHA-256 of a CA and an address");
	grown = reallocarray(c->at, c->n_at + 1, sizeof(*grown));
	if (grown)
		c->at = grown;
	new.base = strndup((const char *)octets.ptr, octets.len);
	if (!grown || !new.base) {
		free(new.base);
		return error_set(e, -ENOMEM, "out of memory");
	}
	c->at[c->n_at++] = new;
	return 0;
}

static int add(struct creds *c, struct entry *entry, struct slice der,
	       struct error *e)
{
	int err = read_entry(entry, der, e);

	if (err)
		return err;
	if (creds_by_id(c, entry->cred.kind, &entry->cred.id))
		return -EEXIST;
	if (!make_room(c))
		return error_set(e, -ENOMEM, "out of memory");
	err = trust_it(c, entry, e);
	if (!err)
		c->entries[c->n++] = entry;
	return err;
}

int creds_add(struct creds *c, enum cred_kind kind, struct slice der,
	      struct error *e)
{
	struct entry *entry;
	int err;

	if (kind == CRED_CRL)
		return add_crl(c, der, e);
	if (kind == CRED_CERTS_AT)
		return add_certs_at(c, der, e);
	if (kind == CRED_CRL_AT || kind == CRED_OCSP_AT)
		return add_address(
			c, kind == CRED_CRL_AT ? STATUS_CRL : STATUS_OCSP, der,
			e);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return error_set(e, -ENOMEM, "out of memory");
	entry->cred.kind = kind;
	err = add(c, entry, der, e);
	if (err)
		entry_free(entry);
	return err == -EEXIST ? 0 : err;
}

/* --- looking */

const struct cred *creds_by_id(const struct creds *c, enum cred_kind kind,
			       const struct fingerprint *id)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cred *cred = &c->entries[i]->cred;

		if (cred->kind == kind && fingerprint_equal(&cred->id, id))
			return cred;
	}
	return NULL;
}

const struct cred *creds_by_key(const struct creds *c, enum cred_kind kind,
				const struct fingerprint *key_id)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cred *cred = &c->entries[i]->cred;

		if (cred->kind == kind &&
		    fingerprint_equal(&cred->key_id, key_id))
			return cred;
	}
	return NULL;
}

const struct cred *creds_by_sha1(const struct creds *c,
				 const uint8_t sha1[HASH_SHA1_BYTES])
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cred *cred = &c->entries[i]->cred;

		if (cred->cert && memcmp(cred->sha1, sha1, HASH_SHA1_BYTES) == 0)
			return cred;
	}
	return NULL;
}

const struct cred *creds_of(const struct creds *c, enum cred_kind kind,
			    const struct identity *id, const struct cred *after)
{
	size_t i = 0;

	while (after && i < c->n && &c->entries[i]->cred != after)
		i++;
	for (i += after != NULL; i < c->n; i++) {
		const struct cred *cred = &c->entries[i]->cred;

		if (cred->kind == kind && cred->cert &&
		    (!id->type || ident_is(cred->cert, id)))
			return cred;
	}
	return NULL;
}

static bool is_issuer(const struct cred *cred, const struct certificate *of)
{
	const struct certificate *ca = cred->cert;

	if (cred->kind != CRED_CA && cred->kind != CRED_INTERMEDIATE)
		return false;
	if (!dn_equal(ca->subject, of->issuer))
		return false;
	return !of->akid.len || !ca->skid.len ||
	       (of->akid.len == ca->skid.len &&
		memcmp(of->akid.ptr, ca->skid.ptr, ca->skid.len) == 0);
}

static const struct cred *issuer_of(const struct creds *c,
				    const struct certificate *cert)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_issuer(&c->entries[i]->cred, cert))
			return &c->entries[i]->cred;
	return NULL;
}

size_t creds_chain(const struct creds *c, const struct certificate *from,
		   const struct cred *out[TRUST_CHAIN_MAX])
{
	const struct cred *issuer;
	size_t n = 0;

	while (n < TRUST_CHAIN_MAX && !dn_equal(from->subject, from->issuer) &&
	       (issuer = issuer_of(c, from))) {
		out[n++] = issuer;
		from = issuer->cert;
	}
	return n;
}

bool creds_have_address(const struct creds *c, const struct certificate *cert,
			const struct certificate *issuer, enum status_kind kind)
{
	return trust_has_address(c->trust, cert, issuer, kind);
}

const char *creds_certs_at(const struct creds *c,
			   const struct certificate *issuer)
{
	for (size_t i = 0; i < c->n_at; i++)
		if (memcmp(c->at[i].ca, issuer->sha256, CERTIFICATE_SHA256) == 0)
			return c->at[i].base;
	return NULL;
}

void creds_check(const struct creds *c, const struct trust_question *q,
		 struct trust_answer *a)
{
	trust_check(c->trust, q, a);
}

bool creds_lists(const struct creds *c, const struct cert_serial *serial)
{
	return trust_lists(c->trust, serial);
}
