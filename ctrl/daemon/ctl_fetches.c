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
#include "ctrl/daemon/resolvers.h"
#include "ctrl/dp/durable_file.h"
#include "ctrl/pki/certificate.h"

#define STORE "fetched"

/* What ike wants for a certificate: the first of its addresses that has it. */
struct ctl_want {
	struct certificate *cert; /* NULL: none */
	enum fetch_kind kind;
	size_t at;
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

static const struct certificate_uris *uris_of(const struct ctl_want *w)
{
	return w->kind == FETCH_CRL ? &w->cert->crls : &w->cert->ocsp;
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

static bool want_next(struct ctl *c, struct ctl_want *w, const char *uri)
{
	struct fetch_wish wish = { .kind = w->kind, .n_request = w->n_request };
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
	const struct certificate_uris *uris = uris_of(w);

	for (size_t i = 0; i < uris->n; i++)
		if (set_id(w, uris->at[i]) &&
		    fetches_recall(c->fetches, w->id, now().s))
			return true;
	return false;
}

static void go_on(struct ctl *c, struct ctl_want *w)
{
	while (w->at < uris_of(w)->n)
		if (want_next(c, w, uris_of(w)->at[w->at++]))
			return;
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

/* Of whom this comes may be taken over: a certificate is all that it may show. */
static struct certificate *read_want(const struct ike_msg_want *m)
{
	struct certificate *cert;
	struct error e;

	if (m->kind > FETCH_OCSP || m->n_cert > sizeof(m->cert) ||
	    m->n_request > sizeof(m->request) ||
	    !m->n_request != (m->kind == FETCH_CRL) ||
	    certificate_read(slice_of(m->cert, m->n_cert), &cert, &e))
		return NULL;
	return cert;
}

void ctl_want(void *ctx, const struct ike_msg_want *m)
{
	struct certificate *cert = read_want(m);
	struct ctl_want *w;
	struct ctl *c = ctx;
	struct error e;

	if (!cert)
		return;
	if (find_want(c, cert->sha256, (enum fetch_kind)m->kind)) {
		certificate_free(cert);
		return;
	}
	w = free_want(c);
	if (!w) {
		ike_link_fetched(c->ike, cert->sha256, (enum fetch_kind)m->kind,
				 slice_of(NULL, 0));
		certificate_free(cert);
		return;
	}
	*w = (struct ctl_want){ .cert = cert,
				.kind = (enum fetch_kind)m->kind,
				.n_request = m->n_request };
	memcpy(w->request, m->request, sizeof(w->request));
	if (recall(c, w))
		return;
	if (ctl_start_helper(c, &e))
		answer(c, w, slice_of(NULL, 0));
	else
		go_on(c, w);
	set_timer(c);
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
	fetch_store_close(c->fetch_store);
}
