// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/expiries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/pki/certificate.h"
#include "ctrl/pki/expiry.h"

static const char *kind_of(const struct expiry_source *from,
			   const struct cert_conf *cert)
{
	if (from->is_own(from->ctx, cert))
		return "own";
	return cert->kind == CERT_CA || cert->is_ca ? "ca" : "peer";
}

/* false: it is no certificate. */
static bool describe(const struct expiry_source *from,
		     const struct cert_conf *cert, struct cert_status *out)
{
	char name[CERTIFICATE_STR_MAX];
	struct certificate *c;
	struct error e;

	if (cert->kind == CERT_CRL || cert->kind == CERT_PUBKEY ||
	    certificate_read(cert->octets, &c, &e))
		return false;
	*out = (struct cert_status){ .kind = kind_of(from, cert),
				     .id = cert->fingerprint,
				     .not_after_s = cert->not_after_s };
	snprintf(out->subject, sizeof(out->subject), "%s",
		 certificate_str(c, name));
	snprintf(out->from, sizeof(out->from), "%s",
		 cert->from ? cert->from : "");
	certificate_free(c);
	return true;
}

/* Among those that end sooner, and without the last one if there is no room. */
static void put(struct expiries *x, const struct cert_status *one)
{
	size_t at = x->n;

	if (at == STATUS_CERTS_MAX && one->not_after_s >= x->at[--at].not_after_s)
		return;
	if (x->n < STATUS_CERTS_MAX)
		x->n++;
	for (; at && x->at[at - 1].not_after_s > one->not_after_s; at--)
		x->at[at] = x->at[at - 1];
	x->at[at] = *one;
}

/* The same octets may be there as a CA, too. */
static bool has(const struct expiries *x, const struct fingerprint *id)
{
	for (size_t i = 0; i < x->n; i++)
		if (fingerprint_equal(&x->at[i].id, id))
			return true;
	return false;
}

void expiries_tell_of(const struct cert_conf *cert, int64_t now_s,
		      void (*tell)(const char *line, bool is_over))
{
	struct error told;

	if (expiry_tell(cert, now_s, &told))
		tell(told.text,
		     cert->kind != CERT_CRL && cert->not_after_s < now_s);
}

int expiries_fill(struct expiries *x, const struct expiry_source *from,
		  int64_t now_s, void (*tell)(const char *line, bool is_over))
{
	struct expiries fresh = { .n = 0 };
	const struct cert_conf *cert;
	struct cert_status one;
	size_t at = 0;

	fresh.at = calloc(STATUS_CERTS_MAX, sizeof(*fresh.at));
	if (!fresh.at)
		return -ENOMEM;
	while ((cert = certs_next(from->certs, from->file, &at))) {
		if (!describe(from, cert, &one) || has(&fresh, &one.id))
			continue;
		put(&fresh, &one);
		if (!cert->from && !has(x, &one.id))
			expiries_tell_of(cert, now_s, tell);
	}
	expiries_free(x);
	*x = fresh;
	return 0;
}

void expiries_tell(const struct expiry_source *from, int64_t now_s,
		   void (*tell)(const char *line, bool is_over))
{
	const struct cert_conf *cert;
	size_t at = 0;

	while ((cert = certs_next(from->certs, from->file, &at)))
		expiries_tell_of(cert, now_s, tell);
}

int expiries_show(const struct expiries *x, int64_t now_s, struct status *out)
{
	out->now_s = now_s;
	out->n_certs = 0;
	out->certs = calloc(x->n + 1, sizeof(*out->certs));
	if (!out->certs)
		return -ENOMEM;
	if (x->n)
		memcpy(out->certs, x->at, x->n * sizeof(*x->at));
	out->n_certs = x->n;
	return 0;
}

void expiries_free(struct expiries *x)
{
	free(x->at);
	*x = (struct expiries){ .n = 0 };
}
