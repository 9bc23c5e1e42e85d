// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/trust_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

int trust_new(struct trust **out)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t)
		t->store = X509_STORE_new();
	if (!t || !t->store) {
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_entries; i++)
		certificate_free(t->entries[i].cert);
	for (size_t i = 0; i < t->n_crls; i++)
		crl_free(t->crls[i].crl);
	for (size_t i = 0; i < t->n_responses; i++)
		ocsp_free(t->responses[i]);
	X509_STORE_free(t->store);
	free(t->addresses);
	free(t->entries);
	free(t->crls);
	free(t->responses);
	free(t->responders);
	free(t);
}

bool trust_set_has(const struct trust *t, enum trust_role role,
		   const struct certificate *c)
{
	for (size_t i = 0; i < t->n_entries; i++)
		if (t->entries[i].role == role &&
		    certificate_equal(t->entries[i].cert, c))
			return true;
	return false;
}

static bool append_responder(struct trust *t, const struct certificate *c)
{
	const struct certificate **grown =
		reallocarray(t->responders, t->n_responders + 1, sizeof(*grown));

	if (!grown)
		return false;
	t->responders = grown;
	grown[t->n_responders++] = c;
	return true;
}

static int append(struct trust *t, enum trust_role role, struct certificate *c)
{
	struct trust_entry *grown =
		reallocarray(t->entries, t->n_entries + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	t->entries = grown;
	if (role == TRUST_AS_OCSP && !append_responder(t, c))
		return -ENOMEM;
	if (role == TRUST_AS_CA && X509_STORE_add_cert(t->store, c->x509) != 1) {
		ERR_clear_error();
		return -ENOMEM;
	}
	grown[t->n_entries++] = (struct trust_entry){ c, role };
	return 0;
}

static int add(struct trust *t, enum trust_role role, struct certificate *c,
	       struct error *e)
{
	char name[CERTIFICATE_STR_MAX];
	int err;

	if ((role == TRUST_AS_CA || role == TRUST_AS_INTERMEDIATE) && !c->is_ca)
		return error_set(e, -EINVAL,
				 "certificate \"%s\" is no CA's: its basic "
				 "constraints do not say CA:TRUE; put it where "
				 "certificates of peers are, or have it issued "
				 "as a CA's",
				 certificate_str(c, name));
	err = append(t, role, c);
	return err ? error_set(e, err, "out of memory") : 0;
}

int trust_add(struct trust *t, enum trust_role role, struct certificate *c,
	      struct error *e)
{
	bool is_there = trust_set_has(t, role, c);
	int err = is_there ? 0 : add(t, role, c, e);

	if (is_there || err)
		certificate_free(c);
	return err;
}

int trust_add_crl(struct trust *t, struct crl *crl)
{
	struct trust_crl *grown =
		reallocarray(t->crls, t->n_crls + 1, sizeof(*grown));

	if (!grown) {
		crl_free(crl);
		return -ENOMEM;
	}
	t->crls = grown;
	grown[t->n_crls].crl = crl;
	grown[t->n_crls++].is_signed = false;
	return 0;
}

int trust_add_ocsp(struct trust *t, struct ocsp *o)
{
	struct ocsp **grown = reallocarray(t->responses, t->n_responses + 1,
					   sizeof(struct ocsp *));

	if (!grown) {
		ocsp_free(o);
		return -ENOMEM;
	}
	t->responses = grown;
	grown[t->n_responses++] = o;
	return 0;
}

int trust_add_address(struct trust *t, enum status_kind kind,
		      const uint8_t ca[CERTIFICATE_SHA256])
{
	struct trust_address *grown =
		reallocarray(t->addresses, t->n_addresses + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	t->addresses = grown;
	grown[t->n_addresses].kind = kind;
	memcpy(grown[t->n_addresses++].ca, ca, CERTIFICATE_SHA256);
	return 0;
}

bool trust_has_address(const struct trust *t, const struct certificate *c,
		       const struct certificate *issuer, enum status_kind kind)
{
	if (kind == STATUS_CRL ? c->crls.n : c->ocsp.n)
		return true;
	for (size_t i = 0; i < t->n_addresses; i++)
		if (t->addresses[i].kind == kind &&
		    memcmp(t->addresses[i].ca, issuer->sha256,
			   CERTIFICATE_SHA256) == 0)
			return true;
	return false;
}
