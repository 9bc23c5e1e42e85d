/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fetching one thing by HTTP (RFC 9110, RFC 9112): addresses, a request, and its
 * answer, which is read as it comes. Pure functions on bytes. Any thread.
 *
 * For CRLs and OCSP alone: no TLS, no cookies, no compression, one question for each
 * connection.
 */
#ifndef CYG_WIRE_HTTP_H
#define CYG_WIRE_HTTP_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define HTTP_PORT     80
#define HTTP_HOST_MAX 256  /* with the NUL */
#define HTTP_URL_MAX  1024 /* likewise */
#define HTTP_LINE_MAX 4096
#define HTTP_HEAD_MAX \
	16384 /* octets of all lines before, and behind, the body */

/* Of "http://…", in a form that may be used. */
struct http_url {
	char host[HTTP_HOST_MAX]; /* a name as of dns_is_name(), or an address */
	uint16_t port;		  /* host order */
	char path[HTTP_URL_MAX];  /* and query; begins with '/' */
};

/*
 * 0, or e says what is wrong:
 * -EPROTONOSUPPORT   not of http: of https, too, for its certificate would have to be
 *                    asked about as well (RFC 5280 section 8)
 * -EINVAL            malformed, too long, or with a user
 */
int http_url_read(const char *text, struct http_url *out, struct error *e);

/* "http://host:port/path", the port where it is another than 80. Returns buf. */
const char *http_url_str(const struct http_url *u, char buf[HTTP_URL_MAX * 2]);

/*
 * Octets of a request for it, less than room.
 *
 * body   empty: a GET; else a POST of an OCSP request (RFC 6960 appendix A.1)
 *
 * 0: there is no room.
 */
size_t http_request_put(const struct http_url *u, struct slice body,
			uint8_t *out, size_t room);

enum http_step {
	HTTP_MORE, /* wants more of it */
	HTTP_DONE,
	HTTP_MOVED, /* to http_reader.location */
	HTTP_FAILED,
};

/* Inner; what others read is above the line. */
struct http_reader {
	int status; /* 0: not known yet */
	struct http_url location;
	struct error why; /* with HTTP_FAILED */
	/* --- */
	struct http_url asked;
	enum {
		HTTP_AT_STATUS,
		HTTP_AT_FIELD,
		HTTP_AT_BODY,
		HTTP_AT_CHUNK, /* its length */
		HTTP_AT_DATA,
		HTTP_AT_DATA_END,
		HTTP_AT_TRAILER,
		HTTP_AT_END,
	} at;
	bool has_length, is_chunked, has_location;
	uint64_t left; /* of the body, or of a chunk */
	uint64_t body_max, n_body;
	size_t n_head, n_line;
	char line[HTTP_LINE_MAX];
};

/* body_max   a longer body fails */
void http_reader_begin(struct http_reader *r, const struct http_url *asked,
		       uint64_t body_max);

/*
 * Takes octets from the front of in, as many as it needs; call it until in is empty or
 * it wants no more, which is the last that is asked of it.
 *
 * body   what of them is the body's; borrowed from in
 */
enum http_step http_read(struct http_reader *r, struct slice *in,
			 struct slice *body);

/* The connection is at its end: HTTP_DONE, or HTTP_FAILED, it came too early. */
enum http_step http_read_end(struct http_reader *r);

#endif
