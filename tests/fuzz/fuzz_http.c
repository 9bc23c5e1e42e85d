// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an answer of HTTP, which is the same in one piece and in small ones,
 * and as an address. The first octet says how long the pieces are; where it is odd, the
 * connection ends behind the last one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/http.h"

#define BODY_MAX 4096U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_http: broken: %s\n", what);
	abort();
}

struct got {
	enum http_step step;
	uint8_t body[BODY_MAX];
	size_t n;
	struct http_reader r;
};

static void take_piece(struct got *g, struct slice text)
{
	uint8_t *copy = malloc(text.len);
	struct slice in = slice_of(copy, text.len), body;

	if (!copy)
		abort();
	memcpy(copy, text.ptr, text.len);
	while (g->step == HTTP_MORE && in.len) {
		g->step = http_read(&g->r, &in, &body);
		require(g->n + body.len <= BODY_MAX, "no more than it may");
		if (body.len)
			memcpy(g->body + g->n, body.ptr, body.len);
		g->n += body.len;
	}
	free(copy);
}

static void read_answer(struct got *g, struct slice text, size_t piece,
			bool has_end)
{
	const struct http_url asked = { "a.example", 80, "/b" };

	g->n = 0;
	g->step = HTTP_MORE;
	http_reader_begin(&g->r, &asked, BODY_MAX);
	while (g->step == HTTP_MORE && text.len) {
		size_t len = piece < text.len ? piece : text.len;

		take_piece(g, slice_of(text.ptr, len));
		text = slice_of(text.ptr + len, text.len - len);
	}
	if (g->step == HTTP_MORE && has_end)
		g->step = http_read_end(&g->r);
	require(g->step != HTTP_MORE || !has_end, "an end is one");
	require((g->step == HTTP_FAILED) == (g->r.why.text[0] != '\0'),
		"a reason");
}

static void check_url(struct slice text)
{
	char copy[HTTP_URL_MAX + 8], shown[HTTP_URL_MAX * 2];
	struct http_url u, again;
	struct error e;
	size_t len = text.len < sizeof(copy) ? text.len : sizeof(copy) - 1;

	if (len)
		memcpy(copy, text.ptr, len);
	copy[len] = '\0';
	if (http_url_read(copy, &u, &e))
		return;
	require(u.port && u.path[0] == '/', "a port and a path");
	http_url_str(&u, shown);
	require(strpbrk(shown, " \r\n\t") == NULL, "one word");
	if (strlen(shown) >= HTTP_URL_MAX)
		return;
	require(http_url_read(shown, &again, &e) == 0 && again.port == u.port &&
			strcmp(again.host, u.host) == 0 &&
			strcmp(again.path, u.path) == 0,
		"what is shown is what was read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct got whole, pieces;
	struct slice text;

	if (size < 2)
		return 0;
	text = slice_of(data + 1, size - 1);
	read_answer(&whole, text, text.len, data[0] & 1);
	read_answer(&pieces, text, 1U + data[0] / 2, data[0] & 1);
	require(whole.step == pieces.step && whole.r.status == pieces.r.status,
		"pieces change nothing");
	require(whole.step == HTTP_FAILED ||
			(whole.n == pieces.n &&
			 memcmp(whole.body, pieces.body, whole.n) == 0),
		"nor the body");
	if (whole.step == HTTP_MOVED)
		require(whole.r.location.port && whole.r.location.host[0],
			"a place");
	check_url(text);
	return 0;
}
