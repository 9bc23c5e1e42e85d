// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ike wants to be fetched: of a certificate that leads to a CA which is loaded its
 * CRL, or what a responder of OCSP says, from the first of the addresses that has it;
 * and, where the configuration lets it, a certificate of which only hash and address are
 * known. How it is fetched is in ctl_fetches.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/pki/trust.h"
#include "ctrl/wire/ike_cert.h"

/* Paths that are looked at, for whom nothing is kept. */
#define CHECKS_PER_S 50
#define CHECKS_BURST 200

/* What ike wants for a certificate: the first of its addresses that has it; or it. */
struct ctl_want {
	bool is_wanted; /* false: none is */
	enum fetch_kind kind;
	uint8_t about[CERTIFICATE_SHA256]; /* as of struct ike_msg_fetched */
	struct certificate *cert;	   /* NULL: of FETCH_CERT */
	char url[IKE_CERT_URL_MAX];	   /* of FETCH_CERT */
	bool has_issuer;		   /* it is known who issued it: */
	struct fingerprint issuer;
	size_t at;		/* of its addresses, the next one */
	uint8_t id[FETCHES_ID]; /* what is waited for */
	uint32_t n_request;
	uint8_t request[FETCH_REQUEST_MAX];
};

/* One of those that an operator names of who issued it; i: which one, less what others
 * have. NULL: there are no more. */
static const char *configured(const struct ctl *c, const struct ctl_want *w,
			      size_t *i)
{
	const struct authority *a;
	size_t at = 0;

	while (w->has_issuer &&
	       (a = certs_next_authority(c->certs, c->config, &at))) {
		const struct authority_uris *uris =
			w->kind == FETCH_CRL ? &a->crl_uris : &a->ocsp_uris;

		if (!fingerprint_equal(&a->ca, &w->issuer))
			continue;
		if (*i < uris->n)
			return uris->at[*i];
		*i -= uris->n;
	}
	return NULL;
}

/* They come before those of the certificate itself. */
static const char *uri_of(const struct ctl *c, const struct ctl_want *w,
			  size_t i, bool *is_configured)
{
	const struct certificate_uris *own;
	const char *uri;

	*is_configured = false;
	if (w->kind == FETCH_CERT)
		return i ? NULL : w->url;
	own = w->kind == FETCH_CRL ? &w->cert->crls : &w->cert->ocsp;
	uri = configured(c, w, &i);
	*is_configured = uri != NULL;
	if (!uri && i < own->n)
		uri = own->at[i];
	return uri;
}

static void answer(struct ctl *c, struct ctl_want *w, struct slice octets)
{
	if (c->ike)
		ike_link_fetched(c->ike, w->about, w->kind, octets);
	certificate_free(w->cert);
	*w = (struct ctl_want){ .is_wanted = false };
}

/* By its address; of what a CRL has not, of one certificate alone. */
static bool set_id(struct ctl_want *w, const char *uri)
{
	const struct slice parts[] = {
		slice_of(uri, strlen(uri)),
		slice_of(w->about, w->kind == FETCH_CRL ? 0 : sizeof(w->about)),
	};
	uint8_t mac[PRF_MAX_BYTES];

	if (!prf(prf_by_id(PRF_HMAC_SHA2_256),
		 slice_of(&w->kind, sizeof(w->kind)), parts, 2, mac))
		return false;
	memcpy(w->id, mac, sizeof(w->id));
	return true;
}

static bool want_next(struct ctl *c, struct ctl_want *w, const char *uri,
		      bool is_configured)
{
	struct fetch_wish wish = { .kind = w->kind,
				   .is_configured = is_configured,
				   .n_request = w->n_request };
	struct error e;

	if (http_url_read(uri, &wish.url, &e)) {
		if (w->kind != FETCH_CERT)
			log_debug("fetches: not fetched url=%s: %s", uri,
				  e.text);
		else if (log_may(&c->fetch_refused, "fetches", clock_ns()))
			log_warn("fetches: not fetched url=%s: %s", uri, e.text);
		return false;
	}
	if (!set_id(w, uri))
		return false;
	memcpy(wish.id, w->id, sizeof(wish.id));
	memcpy(wish.request, w->request, sizeof(wish.request));
	fetches_want(c->fetches, &wish, ctl_fetches_now());
	return true;
}

/* Is it there from whichever of the addresses? Then it has been answered. */
static bool recall(struct ctl *c, struct ctl_want *w)
{
	bool is_configured;
	const char *uri;

	for (size_t i = 0; (uri = uri_of(c, w, i, &is_configured)); i++)
		if (set_id(w, uri) &&
		    fetches_recall(c->fetches, w->id, ctl_fetches_now().s))
			return true;
	return false;
}

static void go_on(struct ctl *c, struct ctl_want *w)
{
	bool is_configured;
	const char *uri;

	while ((uri = uri_of(c, w, w->at, &is_configured))) {
		w->at++;
		if (want_next(c, w, uri, is_configured))
			return;
	}
	answer(c, w, slice_of(NULL, 0));
}

void ctl_fetched(void *ctx, const uint8_t id[FETCHES_ID], struct slice octets,
		 const char *why)
{
	struct ctl *c = ctx;

	(void)why; /* fetches has logged it */
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		struct ctl_want *w = &c->wants[i];

		if (!w->is_wanted || memcmp(w->id, id, sizeof(w->id)) != 0)
			continue;
		if (octets.len)
			answer(c, w, octets);
		else
			go_on(c, w);
	}
}

static struct ctl_want *find_want(struct ctl *c, const uint8_t *about,
				  enum fetch_kind kind)
{
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (c->wants[i].is_wanted && c->wants[i].kind == kind &&
		    memcmp(c->wants[i].about, about, CERTIFICATE_SHA256) == 0)
			return &c->wants[i];
	return NULL;
}

static struct ctl_want *free_want(struct ctl *c)
{
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (!c->wants[i].is_wanted)
			return &c->wants[i];
	return NULL;
}

/* --- which of them lead to a CA that is loaded */

void ctl_fetches_reload(struct ctl *c)
{
	trust_free(c->fetch_trust);
	c->fetch_trust = NULL;
}

static void trust_it(struct trust *t, enum trust_role role, struct slice octets)
{
	struct certificate *cert;
	struct error e;

	if (!certificate_read(octets, &cert, &e))
		(void)trust_add(t, role, cert, &e);
}

/* NULL: no memory. */
static struct trust *loaded(struct ctl *c)
{
	enum cred_kind kind;
	struct slice octets;
	size_t at = 0;

	if (c->fetch_trust || trust_new(&c->fetch_trust))
		return c->fetch_trust;
	while (ctl_next_cred(c, &at, &kind, &octets)) {
		if (kind == CRED_CA)
			trust_it(c->fetch_trust, TRUST_AS_CA, octets);
		if (kind == CRED_INTERMEDIATE)
			trust_it(c->fetch_trust, TRUST_AS_INTERMEDIATE, octets);
	}
	return c->fetch_trust;
}

/* path: of the certificate, and behind it of others. Sets who issued it. */
static bool leads(struct ctl *c, struct ctl_want *w, const struct slice *path,
		  size_t n)
{
	const struct certificate *issuer;
	struct certificate *others[TRUST_CHAIN_MAX];
	struct trust *t = loaded(c);
	struct error e;
	size_t read = 0;

	for (size_t i = 1; i < n; i++)
		read += !certificate_read(path[i], &others[read], &e);
	issuer = t ? trust_issuer(t, w->cert,
				  (const struct certificate *const *)others,
				  read, ctl_fetches_now().s)
		   : NULL;
	w->has_issuer = issuer != NULL;
	if (issuer)
		memcpy(w->issuer.octets, issuer->sha256,
		       sizeof(w->issuer.octets));
	while (read)
		certificate_free(others[--read]);
	return w->has_issuer;
}

/* Of whom this comes may be taken over: it would have us go wherever it likes. */
static bool may_be_fetched(struct ctl *c, struct ctl_want *w,
			   const struct slice *path, size_t n)
{
	char name[CERTIFICATE_STR_MAX];

	if (!bucket_take(&c->fetch_checks, clock_ns(), CHECKS_PER_S,
			 CHECKS_BURST))
		return false;
	if (leads(c, w, path, n))
		return true;
	if (log_may(&c->fetch_refused, "fetches", clock_ns()))
		log_warn("fetches: not fetched: certificate \"%s\" leads to no CA that is loaded",
			 certificate_str(w->cert, name));
	return false;
}

/* --- what ike asks for */

static void begin(struct ctl *c, struct ctl_want *w, const struct slice *path,
		  size_t n)
{
	struct error e;

	if (recall(c, w))
		return;
	if (!may_be_fetched(c, w, path, n)) {
		answer(c, w, slice_of(NULL, 0));
		return;
	}
	if (recall(c, w)) /* from where an authority says */
		return;
	if (ctl_start_helper(c, &e))
		answer(c, w, slice_of(NULL, 0));
	else
		go_on(c, w);
	ctl_fetches_wake(c);
}

/* NULL: it is wanted already, or too much is, which is said. */
static struct ctl_want *new_want(struct ctl *c, const uint8_t *about,
				 enum fetch_kind kind)
{
	struct ctl_want *w = free_want(c);

	if (find_want(c, about, kind))
		return NULL;
	if (!w) {
		ike_link_fetched(c->ike, about, kind, slice_of(NULL, 0));
		return NULL;
	}
	*w = (struct ctl_want){ .is_wanted = true, .kind = kind };
	memcpy(w->about, about, sizeof(w->about));
	return w;
}

static void want_status(struct ctl *c, const struct ike_msg_want *m,
			const struct slice *path, struct slice request)
{
	struct certificate *cert;
	struct ctl_want *w;
	struct error e;

	if (certificate_read(path[0], &cert, &e))
		return;
	w = new_want(c, cert->sha256, (enum fetch_kind)m->kind);
	if (!w) {
		certificate_free(cert);
		return;
	}
	w->cert = cert;
	w->n_request = (uint32_t)request.len;
	memcpy(w->request, request.ptr, request.len);
	begin(c, w, path, m->n_path);
}

/* ike may have been taken over: whether any is fetched is decided here. */
static bool may_fetch_certs(struct ctl *c)
{
	if (c->config->ike.hash_and_url)
		return bucket_take(&c->fetch_checks, clock_ns(), CHECKS_PER_S,
				   CHECKS_BURST);
	if (log_may(&c->fetch_refused, "fetches", clock_ns()))
		log_warn("fetches: not fetched: certificates are not, without 'hash_and_url = yes' in charon");
	return false;
}

static void want_cert(struct ctl *c, struct slice request)
{
	uint8_t about[CERTIFICATE_SHA256];
	struct ike_cert_url at;
	struct ctl_want *w;
	struct error e;

	if (!ike_cert_url_parse(request, &at) || !hash_sha256(request, about))
		return;
	w = new_want(c, about, FETCH_CERT);
	if (!w)
		return;
	memcpy(w->url, at.url, sizeof(w->url));
	if (!may_fetch_certs(c) || ctl_start_helper(c, &e))
		answer(c, w, slice_of(NULL, 0));
	else
		go_on(c, w);
	ctl_fetches_wake(c);
}

void ctl_want(void *ctx, const struct ike_msg_want *m)
{
	struct slice path[TRUST_CHAIN_MAX], request;
	struct ctl *c = ctx;

	if (!ike_seam_get_want(m, path, &request))
		return;
	if (m->kind == FETCH_CERT)
		want_cert(c, request);
	else
		want_status(c, m, path, request);
}

/* --- its life */

int ctl_new_wants(struct ctl *c)
{
	c->wants = calloc(FETCHES_MAX, sizeof(*c->wants));
	return c->wants ? 0 : -ENOMEM;
}

void ctl_free_wants(struct ctl *c)
{
	for (size_t i = 0; c->wants && i < FETCHES_MAX; i++)
		certificate_free(c->wants[i].cert);
	free(c->wants);
	ctl_fetches_reload(c);
}
