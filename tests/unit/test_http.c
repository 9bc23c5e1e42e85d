// SPDX-License-Identifier: BSD-2-Clause
/*
 * Addresses, requests and answers of HTTP: each answer is read whole, octet by octet,
 * and cut at every place.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/http.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX     10
#define OK	     "HTTP/1.1 200 OK\r\n"
#define CHUNKED	     OK "Transfer-Encoding: chunked\r\n\r\n"
#define LENGTH(n)    OK "Content-Length: " n "\r\n\r\n"
#define TO(place)    "HTTP/1.1 302 Found\r\nLocation: " place "\r\n\r\n"

/* --- addresses */

static void address_is_read(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		const char *path, *shown; /* NULL: the text */
	} rows[] = {
		{ "http://a.example/x.crl", "a.example", 80, "/x.crl", NULL },
		{ "HTTP://a.example", "a.example", 80, "/", "http://a.example/" },
		{ "http://a.example:8080/", "a.example", 8080, "/", NULL },
		{ "http://192.0.2.1/a?b=c", "192.0.2.1", 80, "/a?b=c", NULL },
		{ "http://[2001:db8::1]:81/", "2001:db8::1", 81, "/", NULL },
		{ "http://a.example?b", "a.example", 80, "/?b",
		  "http://a.example/?b" },
		{ "http://a.example/b#c", "a.example", 80, "/b",
		  "http://a.example/b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char shown[HTTP_URL_MAX * 2];
		struct http_url u;
		struct error e;

		assert_int_equal(http_url_read(rows[i].text, &u, &e), 0);
		assert_string_equal(u.host, rows[i].host);
		assert_int_equal(u.port, rows[i].port);
		assert_string_equal(u.path, rows[i].path);
		assert_string_equal(http_url_str(&u, shown),
				    rows[i].shown ? rows[i].shown
						  : rows[i].text);
	}
}

static void address_that_is_none_is_refused(void **state)
{
	static const char *const rows[] = {
		"http://",
		"http:///x",
		"http://a b/",
		"http://user@a.example/",
		"http://a.example:/",
		"http://a.example:0/",
		"http://a.example:65536/",
		"http://a.example:80x/",
		"http://[192.0.2.1]/",
		"http://[2001:db8::1/",
		"http://2001:db8::1/",
		"http://[2001:db8::1]80/",
		"http://a.example/\r\nX: y",
		"http://a_\x80.example/",
		"http://-..example/",
	};
	char long_one[HTTP_URL_MAX + 32] = "http://a.example/";
	struct http_url u;
	struct error e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (http_url_read(rows[i], &u, &e) != -EINVAL)
			fail_msg("%s", rows[i]);
	memset(long_one + strlen(long_one), 'x', HTTP_URL_MAX);
	assert_int_equal(http_url_read(long_one, &u, &e), -EINVAL);
	assert_int_equal(http_url_read("https://a.example/", &u, &e),
			 -EPROTONOSUPPORT);
	assert_non_null(strstr(e.text, "https"));
	assert_int_equal(http_url_read("ldap://a.example/", &u, &e),
			 -EPROTONOSUPPORT);
	assert_int_equal(http_url_read("", &u, &e), -EPROTONOSUPPORT);
}

/* --- requests */

static void request_is_what_servers_read(void **state)
{
	uint8_t out[512];
	struct http_url u;
	struct error e;
	size_t len;

	(void)state;
	assert_int_equal(http_url_read("http://[2001:db8::1]:81/a?b", &u, &e),
			 0);
	len = http_request_put(&u, slice_of(NULL, 0), out, sizeof(out));
	assert_string_equal((out[len] = 0, (char *)out),
			    "GET /a?b HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n"
			    "Connection: close\r\n\r\n");
	len = http_request_put(&u, slice_of("xyz", 3), out, sizeof(out));
	assert_string_equal((out[len] = 0, (char *)out),
			    "POST /a?b HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n"
			    "Content-Type: application/ocsp-request\r\n"
			    "Content-Length: 3\r\nConnection: close\r\n\r\nxyz");
	assert_int_equal(http_request_put(&u, slice_of("xyz", 3), out, len - 1),
			 0);
	assert_int_equal(http_request_put(&u, slice_of(NULL, 0), out, 20), 0);
}

/* --- answers */

static const struct answer {
	const char *text;
	enum http_step wanted;
	const char *says;  /* the body, a part of why, the place it moved to */
	bool ends_with_it; /* the connection's end is the body's */
} answers[] = {
	{ LENGTH("5") "hello", HTTP_DONE, "hello", false },
	{ LENGTH("0"), HTTP_DONE, "", false },
	{ LENGTH("10") "0123456789", HTTP_DONE, "0123456789", false },
	{ OK "content-length:5\r\nX: y\r\n\r\nhello", HTTP_DONE, "hello", false },
	{ "HTTP/1.0 200\n\nhello", HTTP_DONE, "hello", true },
	{ OK "\r\n", HTTP_DONE, "", true },
	{ OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", HTTP_DONE,
	  "ok", false },
	{ CHUNKED "5\r\nhello\r\n0\r\n\r\n", HTTP_DONE, "hello", false },
	{ CHUNKED "2 ;x=y\r\nhe\r\n03\r\nllo\r\n0\r\nX: y\r\n\r\n", HTTP_DONE,
	  "hello", false },
	{ "HTTP/1.1 100 Continue\r\n\r\n" LENGTH("2") "ok", HTTP_DONE, "ok",
	  false },
	{ TO("http://b.example/c"), HTTP_MOVED, "http://b.example/c", false },
	{ TO("/c?d"), HTTP_MOVED, "http://a.example:81/c?d", false },
	/* --- and those that fail */
	{ "HTTP/2 200 OK\r\n", HTTP_FAILED, "none of HTTP", false },
	{ "SSH-2.0-OpenSSH_9.2\r\n", HTTP_FAILED, "none of HTTP", false },
	{ "HTTP/1.1 20 OK\r\n", HTTP_FAILED, "none of HTTP", false },
	{ "\r\n", HTTP_FAILED, "none of HTTP", false },
	{ "HTTP/1.1 404 Not Found\r\n\r\n", HTTP_FAILED, "says 404", false },
	{ "HTTP/1.1 206 Partial\r\n\r\n", HTTP_FAILED, "says 206", false },
	{ "HTTP/1.1 302 Found\r\n\r\n", HTTP_FAILED, "says 302", false },
	{ TO("https://a.example/"), HTTP_FAILED, "https", false },
	{ TO("//b.example/"), HTTP_FAILED, "another place", false },
	{ TO("c"), HTTP_FAILED, "another place", false },
	{ "HTTP/1.1 302 F\r\nLocation: /a\r\nLocation: /a\r\n", HTTP_FAILED,
	  "two Locations", false },
	{ LENGTH("11"), HTTP_FAILED, "longer than 10", false },
	{ LENGTH("99999999999999999999"), HTTP_FAILED, "no number", false },
	{ LENGTH("-1"), HTTP_FAILED, "no number", false },
	{ LENGTH("1x"), HTTP_FAILED, "no number", false },
	{ LENGTH(""), HTTP_FAILED, "no number", false },
	{ OK "Content-Length: 2\r\nContent-Length: 3\r\n", HTTP_FAILED,
	  "two Content-Lengths", false },
	{ OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
	  HTTP_FAILED, "two lengths", false },
	{ OK "Transfer-Encoding: gzip\r\n", HTTP_FAILED, "Transfer-Encoding",
	  false },
	{ OK "Transfer-Encoding: gzip, chunked\r\n", HTTP_FAILED,
	  "Transfer-Encoding", false },
	{ OK "Content-Encoding: gzip\r\n", HTTP_FAILED, "compressed", false },
	{ OK "X : y\r\n", HTTP_FAILED, "malformed", false },
	{ OK " folded\r\n", HTTP_FAILED, "malformed", false },
	{ OK "nothing\r\n", HTTP_FAILED, "malformed", false },
	{ OK "X: y\rz\r\n", HTTP_FAILED, "malformed", false },
	{ CHUNKED "x\r\n", HTTP_FAILED, "chunk is no number", false },
	{ CHUNKED "123456789\r\n", HTTP_FAILED, "chunk is no number", false },
	{ CHUNKED "b\r\n", HTTP_FAILED, "longer than 10", false },
	{ CHUNKED "6\r\n012345\r\n6\r\n012345\r\n", HTTP_FAILED,
	  "longer than 10", false },
	{ CHUNKED "2\r\nabc\r\n", HTTP_FAILED, "longer than it says", false },
	{ OK "\r\n01234567890", HTTP_FAILED, "longer than 10", true },
	{ "HTTP/1.1 100 C\r\nContent-Length: 1\r\n\r\n", HTTP_FAILED, "interim",
	  false },
};

struct got {
	enum http_step step;
	char body[BODY_MAX + 1];
	size_t n;
	struct http_reader r;
};

/* In pieces of that length, from memory of their own size. */
static void read_answer(struct slice text, size_t piece, bool has_end,
			struct got *g)
{
	struct http_url asked;
	struct error e;

	assert_int_equal(http_url_read("http://a.example:81/b", &asked, &e), 0);
	g->n = 0;
	g->step = HTTP_MORE;
	http_reader_begin(&g->r, &asked, BODY_MAX);
	while (g->step == HTTP_MORE && text.len) {
		size_t len = piece < text.len ? piece : text.len;
		uint8_t *copy = malloc(len);
		struct slice in = slice_of(copy, len), body;

		memcpy(copy, text.ptr, len);
		while (g->step == HTTP_MORE && in.len) {
			g->step = http_read(&g->r, &in, &body);
			assert_true(g->n + body.len <= BODY_MAX);
			if (body.len)
				memcpy(g->body + g->n, body.ptr, body.len);
			g->n += body.len;
		}
		free(copy);
		text = slice_of(text.ptr + len, text.len - len);
	}
	if (g->step == HTTP_MORE && has_end)
		g->step = http_read_end(&g->r);
	g->body[g->n] = '\0';
}

static void assert_says(const struct answer *a, const struct got *g)
{
	char place[HTTP_URL_MAX * 2];

	if (g->step != a->wanted)
		fail_msg("%s: %d: %s", a->text, g->step, g->r.why.text);
	if (a->wanted == HTTP_DONE)
		assert_string_equal(g->body, a->says);
	else if (a->wanted == HTTP_MOVED)
		assert_string_equal(http_url_str(&g->r.location, place),
				    a->says);
	else if (!strstr(g->r.why.text, a->says))
		fail_msg("%s: %s", a->text, g->r.why.text);
}

static void answer_is_what_it_says_however_it_comes(void **state)
{
	static const size_t pieces[] = { 1, 2, 7, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			struct slice text = slice_of(answers[i].text,
						     strlen(answers[i].text));
			struct got g;

			read_answer(text, pieces[j], answers[i].ends_with_it,
				    &g);
			assert_says(&answers[i], &g);
		}
}

static void answer_that_is_cut_is_not_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct answer *a = &answers[i];
		size_t all = strlen(a->text);

		for (size_t len = 0; !a->ends_with_it && len < all; len++) {
			struct got g;

			read_answer(slice_of(a->text, len), 4096, true, &g);
			if (g.step != HTTP_FAILED)
				fail_msg("%.*s", (int)len, a->text);
		}
	}
}

static void head_has_its_bounds(void **state)
{
	static char text[3 * HTTP_HEAD_MAX] = OK;
	struct got g;

	(void)state;
	for (size_t at = strlen(OK); at + 8 < sizeof(text); at += 6)
		memcpy(text + at, "A: b\r\n", 6);
	read_answer(slice_of(text, strlen(text)), 4096, false, &g);
	assert_int_equal(g.step, HTTP_FAILED);
	assert_non_null(strstr(g.r.why.text, "16384"));
	memset(text + strlen(OK), 'A', HTTP_LINE_MAX);
	read_answer(slice_of(text, strlen(text)), 4096, false, &g);
	assert_int_equal(g.step, HTTP_FAILED);
	assert_non_null(strstr(g.r.why.text, "too long"));
	memset(text + strlen(OK), 0, 4);
	read_answer(slice_of(text, 64), 4096, false, &g);
	assert_int_equal(g.step, HTTP_FAILED);
	for (size_t at = 0; at + 32 < sizeof(text); at += 25)
		memcpy(text + at, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	read_answer(slice_of(text, sizeof(text)), 4096, false, &g);
	assert_non_null(strstr(g.r.why.text, "16384"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_read),
		cmocka_unit_test(address_that_is_none_is_refused),
		cmocka_unit_test(request_is_what_servers_read),
		cmocka_unit_test(answer_is_what_it_says_however_it_comes),
		cmocka_unit_test(answer_that_is_cut_is_not_whole),
		cmocka_unit_test(head_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
