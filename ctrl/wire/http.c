// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/http.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/addr.h"
#include "ctrl/wire/dns.h"

#define SCHEME	     "http://"
#define STATUS_OK    200
#define CHUNK_DIGITS 8

/* --- addresses */

static int malformed(struct error *e)
{
	return error_set(e, -EINVAL,
			 "the address is malformed, or longer than %d octets; "
			 "write http://host[:port]/path",
			 HTTP_URL_MAX - 1);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool read_port(const char *text, uint16_t *out)
{
	size_t len = strspn(text, "0123456789");
	long n;

	if (!*text)
		return true;
	if (text[0] != ':' || !text[1])
		return false;
	len = strspn(text + 1, "0123456789");
	n = len <= 5 && !text[1 + len] ? atol(text + 1) : 0;
	*out = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX;
}

static bool read_host(char *text, struct http_url *out)
{
	size_t len;
	struct addr a;

	if (*text == '[') {
		text++;
		len = strcspn(text, "]");
		if (!text[len] || len >= sizeof(out->host))
			return false;
		memcpy(out->host, text, len);
		return !addr_parse(out->host, &a) && !addr_is_v4(&a) &&
		       read_port(text + len + 1, &out->port);
	}
	len = strcspn(text, ":");
	if (len >= sizeof(out->host))
		return false;
	memcpy(out->host, text, len);
	return (!addr_parse(out->host, &a) || dns_is_name(out->host)) &&
	       read_port(text + len, &out->port);
}

int http_url_read(const char *text, struct http_url *out, struct error *e)
{
	char host[HTTP_HOST_MAX + 16];
	size_t len;

	*out = (struct http_url){ .port = HTTP_PORT };
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return error_set(e, -EPROTONOSUPPORT,
				 "only http is fetched by: https has a "
				 "certificate of its own, whose status would "
				 "have to be asked for; give an address of http");
	if (strlen(text) >= HTTP_URL_MAX || !is_plain(text))
		return malformed(e);
	text += strlen(SCHEME);
	len = strcspn(text, "/?#");
	if (len >= sizeof(host))
		return malformed(e);
	memcpy(host, text, len);
	host[len] = '\0';
	text += len;
	snprintf(out->path, sizeof(out->path), "%s%.*s",
		 *text == '/' ? "" : "/", (int)strcspn(text, "#"), text);
	return read_host(host, out) ? 0 : malformed(e);
}

static void host_str(const struct http_url *u, char buf[HTTP_HOST_MAX + 16])
{
	bool is_v6 = strchr(u->host, ':') != NULL;
	int len = snprintf(buf, HTTP_HOST_MAX + 16, is_v6 ? "[%s]" : "%s",
			   u->host);

	if (u->port != HTTP_PORT)
		snprintf(buf + len, (size_t)(HTTP_HOST_MAX + 16 - len), ":%u",
			 u->port);
}

const char *http_url_str(const struct http_url *u, char buf[HTTP_URL_MAX * 2])
{
	char host[HTTP_HOST_MAX + 16];

	host_str(u, host);
	snprintf(buf, (size_t)HTTP_URL_MAX * 2, SCHEME "%s%s", host, u->path);
	return buf;
}

/* --- the request */

size_t http_request_put(const struct http_url *u, struct slice body,
			uint8_t *out, size_t room)
{
	char host[HTTP_HOST_MAX + 16], length[96] = "";
	int len;

	host_str(u, host);
	if (body.len)
		snprintf(length, sizeof(length),
			 "Content-Type: application/ocsp-request\r\n"
			 "Content-Length: %zu\r\n",
			 body.len);
	len = snprintf((char *)out, room,
		       "%s %s HTTP/1.1\r\nHost: %s\r\n%s"
		       "Connection: close\r\n\r\n",
		       body.len ? "POST" : "GET", u->path, host, length);
	if (len < 0 || (size_t)len >= room || room - (size_t)len < body.len)
		return 0;
	if (body.len)
		memcpy(out + len, body.ptr, body.len);
	return (size_t)len + body.len;
}

/* --- the answer */

void http_reader_begin(struct http_reader *r, const struct http_url *asked,
		       uint64_t body_max)
{
	*r = (struct http_reader){ .asked = *asked, .body_max = body_max };
}

__attribute__((format(printf, 2, 3))) static enum http_step fail(
	struct http_reader *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why.text, sizeof(r->why.text), fmt, args);
	va_end(args);
	r->at = HTTP_AT_END;
	return HTTP_FAILED;
}

static enum http_step too_long(struct http_reader *r)
{
	return fail(r, "the answer is longer than %" PRIu64 " octets",
		    r->body_max);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static enum http_step take_status(struct http_reader *r)
{
	const char *text = r->line;

	if (strncmp(text, "HTTP/1.", 7) != 0 || !is_digit(text[7]) ||
	    text[8] != ' ' || !is_digit(text[9]) || !is_digit(text[10]) ||
	    !is_digit(text[11]) || (text[12] && text[12] != ' '))
		return fail(r, "the answer is none of HTTP/1.1");
	r->status = atoi(text + 9);
	r->at = HTTP_AT_FIELD;
	return HTTP_MORE;
}

static enum http_step take_length(struct http_reader *r, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t n;

	if (!digits || value[digits] || digits > 15)
		return fail(r, "its Content-Length is no number");
	n = strtoull(value, NULL, 10);
	if (r->has_length && n != r->left)
		return fail(r, "it has two Content-Lengths");
	r->has_length = true;
	r->left = n;
	return HTTP_MORE;
}

/* Of the host that was asked, or a whole one. */
static enum http_step take_location(struct http_reader *r, const char *value)
{
	char whole[HTTP_URL_MAX * 2];
	struct http_url base = r->asked;
	struct error e;

	if (r->has_location)
		return fail(r, "it has two Locations");
	if (value[0] == '/' && value[1] != '/') {
		snprintf(base.path, sizeof(base.path), "%s", "");
		http_url_str(&base, whole);
		snprintf(whole + strlen(whole), sizeof(whole) - strlen(whole),
			 "%s", value);
		value = whole;
	}
	if (http_url_read(value, &r->location, &e))
		return fail(r, "it leads to another place: %s", e.text);
	r->has_location = true;
	return HTTP_MORE;
}

static bool is_moved(const struct http_reader *r)
{
	switch (r->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return true;
	}
	return false;
}

static enum http_step take_field(struct http_reader *r)
{
	char *value = strchr(r->line, ':');
	size_t name = value ? (size_t)(value - r->line) : 0, len;

	if (!name || strcspn(r->line, " \t") < name)
		return fail(r, "a line of its head is malformed");
	*value++ = '\0';
	value += strspn(value, " \t");
	for (len = strlen(value); len && strchr(" \t", value[len - 1]);)
		value[--len] = '\0';
	if (strcasecmp(r->line, "Content-Length") == 0)
		return take_length(r, value);
	if (strcasecmp(r->line, "Location") == 0 && is_moved(r))
		return take_location(r, value);
	if (strcasecmp(r->line, "Transfer-Encoding") == 0) {
		if (r->is_chunked || strcasecmp(value, "chunked") != 0)
			return fail(r, "its Transfer-Encoding is none that we "
				       "can read");
		r->is_chunked = true;
	}
	if (strcasecmp(r->line, "Content-Encoding") == 0 &&
	    strcasecmp(value, "identity") != 0)
		return fail(r, "it is compressed, which we did not ask for");
	return HTTP_MORE;
}

static enum http_step take_end_of_head(struct http_reader *r)
{
	if (r->status / 100 == 1 && r->status != 101) {
		r->at = HTTP_AT_STATUS; /* the answer itself follows */
		return r->has_length || r->is_chunked
			       ? fail(r, "an interim answer has a body")
			       : HTTP_MORE;
	}
	if (is_moved(r) && r->has_location) {
		r->at = HTTP_AT_END;
		return HTTP_MOVED;
	}
	if (r->status != STATUS_OK)
		return fail(r, "the server says %d", r->status);
	if (r->has_length && r->is_chunked)
		return fail(r, "it has two lengths");
	if (r->has_length && r->left > r->body_max)
		return too_long(r);
	r->at = r->is_chunked ? HTTP_AT_CHUNK : HTTP_AT_BODY;
	if (r->has_length && !r->left) {
		r->at = HTTP_AT_END;
		return HTTP_DONE;
	}
	return HTTP_MORE;
}

/* In hexadecimal; what is behind ';' is nobody's. */
static enum http_step take_chunk(struct http_reader *r)
{
	size_t digits = strspn(r->line, "0123456789abcdefABCDEF");
	const char *rest = r->line + digits + strspn(r->line + digits, " \t");

	if (!digits || digits > CHUNK_DIGITS || (*rest && *rest != ';'))
		return fail(r, "the length of a chunk is no number");
	r->left = strtoull(r->line, NULL, 16);
	r->at = r->left ? HTTP_AT_DATA : HTTP_AT_TRAILER;
	return r->left > r->body_max ? too_long(r) : HTTP_MORE;
}

static enum http_step take_line(struct http_reader *r)
{
	switch (r->at) {
	case HTTP_AT_STATUS:
		return take_status(r);
	case HTTP_AT_FIELD:
		return r->line[0] ? take_field(r) : take_end_of_head(r);
	case HTTP_AT_CHUNK:
		return take_chunk(r);
	case HTTP_AT_DATA_END:
		r->at = HTTP_AT_CHUNK;
		return r->line[0] ? fail(r, "a chunk is longer than it says")
				  : HTTP_MORE;
	case HTTP_AT_TRAILER:
		if (r->line[0])
			return HTTP_MORE;
		break;
	case HTTP_AT_BODY:
	case HTTP_AT_DATA:
	case HTTP_AT_END:
		break;
	}
	r->at = HTTP_AT_END;
	return HTTP_DONE;
}

/* One octet of a line; of lines before the body as many as HTTP_HEAD_MAX. */
static enum http_step take_octet(struct http_reader *r, char octet)
{
	bool is_head = r->at != HTTP_AT_CHUNK && r->at != HTTP_AT_DATA_END;

	if (is_head && ++r->n_head > HTTP_HEAD_MAX)
		return fail(r, "its head is longer than %d octets",
			    HTTP_HEAD_MAX);
	if (octet == '\n') {
		if (r->n_line && r->line[r->n_line - 1] == '\r')
			r->n_line--;
		r->line[r->n_line] = '\0';
		r->n_line = 0;
		return strchr(r->line, '\r')
			       ? fail(r, "a line of its head is malformed")
			       : take_line(r);
	}
	if (!octet || r->n_line + 1 == sizeof(r->line))
		return fail(r, "a line of its head is malformed, or too long");
	r->line[r->n_line++] = octet;
	return HTTP_MORE;
}

/* As much of the body as there is. */
static enum http_step take_body(struct http_reader *r, struct slice *in,
				struct slice *body)
{
	bool has_end = r->at == HTTP_AT_DATA || r->has_length;
	size_t len = has_end && r->left < in->len ? (size_t)r->left : in->len;

	if (len > r->body_max - r->n_body)
		return too_long(r);
	if (!rd_slice(in, len, body))
		return HTTP_MORE; /* cannot be: len is not above what there is */
	r->n_body += len;
	if (has_end)
		r->left -= len;
	if (!has_end || r->left)
		return HTTP_MORE;
	if (r->at == HTTP_AT_DATA) {
		r->at = HTTP_AT_DATA_END;
		return HTTP_MORE;
	}
	r->at = HTTP_AT_END;
	return HTTP_DONE;
}

enum http_step http_read(struct http_reader *r, struct slice *in,
			 struct slice *body)
{
	enum http_step step = HTTP_MORE;
	uint8_t octet;

	*body = slice_of(NULL, 0);
	while (step == HTTP_MORE && in->len) {
		if (r->at == HTTP_AT_BODY || r->at == HTTP_AT_DATA)
			return take_body(r, in, body);
		if (!rd_u8(in, &octet))
			break;
		step = take_octet(r, (char)octet);
	}
	return step;
}

enum http_step http_read_end(struct http_reader *r)
{
	if (r->at == HTTP_AT_BODY && !r->has_length) {
		r->at = HTTP_AT_END;
		return HTTP_DONE;
	}
	return fail(r, "the answer ends before it is whole");
}
