// SPDX-License-Identifier: BSD-2-Clause
/*
 * CRLs and OCSP responses: names are asked for, and connections are made here, by
 * helper the octets are read, and what it read is kept in the state folder. All of
 * that goes as other traffic of this host does: policies may cover it.
 *
 *     fetches: lookup -> helper: LOOKUP, ANSWER -> fetches: fetch -> socket
 *     -> helper: FETCH, PIECE, FETCHED -> fetches: keep, fetched
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/prf.h"
#include "ctrl/daemon/connect.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/daemon/own_addrs.h"
#include "ctrl/daemon/resolvers.h"
#include "ctrl/dp/durable_file.h"
#include "ctrl/pki/trust.h"

#define STORE "fetched"

/* Paths that are looked at, for whom nothing is kept. */
#define CHECKS_PER_S 50
#define CHECKS_BURST 200

/* What ike wants for a certificate: the first of its addresses that has it. */
struct ctl_want {
	struct certificate *cert; /* NULL: none */
	enum fetch_kind kind;
	bool has_issuer; /* it is known who issued it: */
	struct fingerprint issuer;
	size_t at;		/* of its addresses, the next one */
	uint8_t id[FETCHES_ID]; /* what is waited for */
	uint32_t n_request;
	uint8_t request[FETCH_REQUEST_MAX];
};

static struct fetches_now now(void)
{
	return (struct fetches_now){ clock_ns(), time(NULL) };
}

static void set_timer(struct ctl *c)
{
	uint64_t at_ns = fetches_deadline(c->fetches), now_ns = clock_ns();
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns + 999) / 1000 : 0;
	const struct timeval wait = { (time_t)(wait_us / 1000000),
				      (suseconds_t)(wait_us % 1000000) };

	if (at_ns == UINT64_MAX)
		evtimer_del(&c->on_fetches);
	else
		evtimer_add(&c->on_fetches, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl *c = ctx;

	(void)fd;
	(void)what;
	fetches_timeout(c->fetches, now());
	set_timer(c);
}

/* --- what fetches wants */

static int on_lookup(void *ctx, uint64_t token, const char *host,
		     struct error *e)
{
	struct ctl *c = ctx;
	struct resolvers resolvers;
	int fds[RESOLVERS_MAX], n, err;

	resolvers_read(&c->config->gateway, RESOLV_CONF, &resolvers);
	n = resolvers_connect(&resolvers, false, fds, e);
	if (n < 0)
		return n;
	err = helper_link_lookup(c->helper, token, host, fds, (size_t)n);
	while (n)
		close(fds[--n]);
	return err ? error_set(e, err, "a process of ours is gone") : 0;
}

static int on_fetch(void *ctx, const struct helper_msg_fetch *m,
		    const struct addr *addr, struct error *e)
{
	struct ctl *c = ctx;
	int fd = connect_to(SOCK_STREAM, addr, m->url.port, false);
	char text[END_STR_MAX];
	int err;

	if (fd < 0)
		return error_set(e, fd, "no way to %s: %s; check the routes",
				 end_str(addr, m->url.port, text),
				 strerror(-fd));
	err = helper_link_fetch(c->helper, m, fd);
	close(fd);
	return err ? error_set(e, err, "a process of ours is gone") : 0;
}

static bool is_own(void *ctx, const struct addr *addr)
{
	(void)ctx;
	return own_addrs_have(addr, NULL);
}

/* Without it what was fetched is fetched again. */
static struct fetch_store *store(struct ctl *c)
{
	const char *above = c->config->gateway.state_dir;
	char path[CONF_PATH_MAX + sizeof(STORE) + 1];
	struct error e;
	int fd;

	if (c->fetch_store || c->fetch_store_failed)
		return c->fetch_store;
	snprintf(path, sizeof(path), "%s/" STORE, above);
	c->fetch_store_failed = durable_folder_open(above, &fd, &e) != 0;
	if (!c->fetch_store_failed) {
		close(fd);
		c->fetch_store_failed =
			fetch_store_open(path, &c->fetch_store, &e) != 0;
	}
	if (c->fetch_store_failed)
		log_warn("fetches: nothing is kept: %s", e.text);
	return c->fetch_store;
}

static void on_keep(void *ctx, const uint8_t id[FETCHES_ID], int64_t until_s,
		    struct slice octets)
{
	struct fetch_store *s = store(ctx);
	int err = s ? fetch_store_put(s, id, until_s, octets) : 0;

	if (err)
		log_warn("fetches: not kept: %s; make room in the state folder",
			 strerror(-err));
}

static bool on_recall(void *ctx, const uint8_t id[FETCHES_ID], int64_t now_s,
		      uint8_t **octets, size_t *len)
{
	struct fetch_store *s = store(ctx);

	return s && fetch_store_get(s, id, now_s, octets, len);
}

/* --- what ike wants */

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
	const struct certificate_uris *own =
		w->kind == FETCH_CRL ? &w->cert->crls : &w->cert->ocsp;
	const char *uri = configured(c, w, &i);

	*is_configured = uri != NULL;
	if (!uri && i < own->n)
		uri = own->at[i];
	return uri;
}

static void answer(struct ctl *c, struct ctl_want *w, struct slice octets)
{
	if (c->ike)
		ike_link_fetched(c->ike, w->cert->sha256, w->kind, octets);
	certificate_free(w->cert);
	w->cert = NULL;
}

/* By its address; what OCSP says is of one certificate alone. */
static bool set_id(struct ctl_want *w, const char *uri)
{
	const struct slice parts[] = {
		slice_of(uri, strlen(uri)),
		slice_of(w->cert->sha256,
			 w->kind == FETCH_OCSP ? sizeof(w->cert->sha256) : 0),
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
		log_debug("fetches: not fetched url=%s: %s", uri, e.text);
		return false;
	}
	if (!set_id(w, uri))
		return false;
	memcpy(wish.id, w->id, sizeof(wish.id));
	memcpy(wish.request, w->request, sizeof(wish.request));
	fetches_want(c->fetches, &wish, now());
	return true;
}

/* Is it there from whichever of the addresses? Then it has been answered. */
static bool recall(struct ctl *c, struct ctl_want *w)
{
	bool is_configured;
	const char *uri;

	for (size_t i = 0; (uri = uri_of(c, w, i, &is_configured)); i++)
		if (set_id(w, uri) && fetches_recall(c->fetches, w->id, now().s))
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

static void on_fetched(void *ctx, const uint8_t id[FETCHES_ID],
		       struct slice octets, const char *why)
{
	struct ctl *c = ctx;

	(void)why; /* fetches has logged it */
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		struct ctl_want *w = &c->wants[i];

		if (!w->cert || memcmp(w->id, id, sizeof(w->id)) != 0)
			continue;
		if (octets.len)
			answer(c, w, octets);
		else
			go_on(c, w);
	}
}

static struct ctl_want *find_want(struct ctl *c, const uint8_t *sha256,
				  enum fetch_kind kind)
{
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (c->wants[i].cert && c->wants[i].kind == kind &&
		    memcmp(c->wants[i].cert->sha256, sha256,
			   CERTIFICATE_SHA256) == 0)
			return &c->wants[i];
	return NULL;
}

static struct ctl_want *free_want(struct ctl *c)
{
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (!c->wants[i].cert)
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
				  read, now().s)
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
	set_timer(c);
}

void ctl_want(void *ctx, const struct ike_msg_want *m)
{
	struct slice path[TRUST_CHAIN_MAX], request;
	enum fetch_kind kind = (enum fetch_kind)m->kind;
	struct certificate *cert;
	struct ctl_want *w;
	struct ctl *c = ctx;
	struct error e;
	bool is_wanted;

	if (!ike_seam_get_want(m, path, &request) ||
	    certificate_read(path[0], &cert, &e))
		return;
	is_wanted = find_want(c, cert->sha256, kind) != NULL;
	w = is_wanted ? NULL : free_want(c);
	if (!w) {
		if (!is_wanted)
			ike_link_fetched(c->ike, cert->sha256, kind,
					 slice_of(NULL, 0));
		certificate_free(cert);
		return;
	}
	*w = (struct ctl_want){ .cert = cert,
				.kind = kind,
				.n_request = (uint32_t)request.len };
	memcpy(w->request, request.ptr, request.len);
	begin(c, w, path, m->n_path);
}

void ctl_flush_fetched(void *ctx)
{
	struct ctl *c = ctx;
	struct fetch_store *s = store(c);

	if (s)
		fetch_store_flush(s);
	fetches_flush(c->fetches);
	if (c->ike)
		ike_link_fetch_anew(c->ike);
	log_info("fetches: flushed");
}

/* --- what happens */

void ctl_fetches_ready(struct ctl *c, bool ready)
{
	fetches_set_ready(c->fetches, ready, now());
	set_timer(c);
}

void ctl_fetches_found(struct ctl *c, uint64_t token,
		       const struct lookup_result *r)
{
	fetches_found(c->fetches, token, r, now());
	set_timer(c);
}

void ctl_fetch_piece(void *ctx, uint64_t token, struct slice octets)
{
	struct ctl *c = ctx;

	fetches_piece(c->fetches, token, octets, now());
	set_timer(c);
}

void ctl_fetch_done(void *ctx, const struct helper_msg_fetched *m)
{
	struct ctl *c = ctx;

	fetches_done(c->fetches, m, now());
	set_timer(c);
}

/* --- its life */

int ctl_new_fetches(struct ctl *c, struct error *e)
{
	const struct fetches_calls calls = { .lookup = on_lookup,
					     .fetch = on_fetch,
					     .is_own = is_own,
					     .fetched = on_fetched,
					     .keep = on_keep,
					     .recall = on_recall,
					     .ctx = c };

	c->wants = calloc(FETCHES_MAX, sizeof(*c->wants));
	c->fetches = fetches_new(&calls);
	if (!c->wants || !c->fetches ||
	    evtimer_assign(&c->on_fetches, c->base, on_timer, c))
		return error_set(e, -ENOMEM, "no memory for what is fetched");
	return 0;
}

void ctl_free_fetches(struct ctl *c)
{
	if (c->fetches)
		evtimer_del(&c->on_fetches);
	fetches_free(c->fetches);
	for (size_t i = 0; c->wants && i < FETCHES_MAX; i++)
		certificate_free(c->wants[i].cert);
	free(c->wants);
	ctl_fetches_reload(c);
	fetch_store_close(c->fetch_store);
}
