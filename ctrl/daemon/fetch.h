/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CRL, what a responder of OCSP says, or a certificate, fetched by HTTP over a socket
 * that is there already. It is read whole, and only what can be read as such is passed on. It ends
 * by itself. One thread.
 */
#ifndef CYG_DAEMON_FETCH_H
#define CYG_DAEMON_FETCH_H

#include "ctrl/base/slice.h"
#include "ctrl/wire/http.h"

struct event_base;
struct fetch;

#define FETCH_MS	  10000 /* from the connection to the last octet */
#define FETCH_REQUEST_MAX 512	/* octets of an OCSP request */

enum fetch_kind {
	FETCH_CRL,
	FETCH_OCSP,
	FETCH_CERT, /* a certificate, by hash and URL */
};

enum fetch_outcome {
	FETCH_DONE,
	FETCH_MOVED, /* it is elsewhere, or so says the server */
	FETCH_FAILED,
};

/* What is longer is none of this kind. */
size_t fetch_max_bytes(enum fetch_kind kind);

/* Borrowed for the call. */
struct fetch_result {
	enum fetch_outcome outcome;
	struct slice octets;   /* DONE: at most fetch_max_bytes() */
	int64_t next_update_s; /* DONE: Unix time; INT64_MAX: it does not say */
	const char *text;      /* MOVED: the address; FAILED: why */
};

struct fetch_spec {
	struct event_base *base;
	int fd; /* of TCP, non-blocking, connected or about to be; handed over */
	enum fetch_kind kind;
	const struct http_url *url;
	struct slice body; /* of FETCH_OCSP, the request; borrowed for the call */
	/* Once, from the event loop; the fetch is gone when it returns. */
	void (*done)(void *ctx, const struct fetch_result *r);
	void *ctx;
};

/* NULL: out of memory, or the request is too long; the socket is the caller's. */
struct fetch *fetch_new(const struct fetch_spec *spec);

/* Without done(). NULL is fine. */
void fetch_free(struct fetch *f);

#endif
