// SPDX-License-Identifier: BSD-2-Clause
/*
 * A fetch, and a server that is the far end of a socket pair: what it asks, and what
 * it makes of the answers. No time passes.
 */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/fetch.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/ocsp.h"
#include "tests/support/pki.h"

static const struct pki_cert root = {
	.name = "root",
	.exts = { "basicConstraints=critical,CA:TRUE",
		  "keyUsage=keyCertSign,cRLSign" },
};

static const struct pki_crl crl = {
	.name = "crl", "root", .from_h = -1, .until_h = 2
};

static const struct pki_ocsp response = { .name = "response",
					  "root",
					  .about = { "root" },
					  .from_h = -1,
					  .until_h = 1 };

static const struct pki_ocsp later = {
	.name = "later", "root", .error = 3 /* tryLater */
};

static const uint8_t nonce[OCSP_NONCE_BYTES] = { 1 };
static const uint8_t nonce2[OCSP_NONCE_BYTES] = { 2 };

static const struct pki_ocsp replayed = { .name = "replayed",
					  "root",
					  .about = { "root" },
					  .from_h = -1,
					  .until_h = 1,
					  .nonce = nonce2 };

static uint8_t *question;
static size_t n_question;

struct lab {
	struct event_base *base;
	struct fetch *fetch;
	int far;
	bool done;
	enum fetch_outcome outcome;
	int64_t next_update_s;
	size_t n;
	char text[1024];
};

static int setup(void **state)
{
	struct certificate *c;
	struct error e;

	(void)state;
	pki_make(&root);
	pki_make_crl(&crl);
	pki_make_ocsp(&response);
	pki_make_ocsp(&later);
	pki_make_ocsp(&replayed);
	assert_int_equal(certificate_read(pki_der("root"), &c, &e), 0);
	assert_int_equal(ocsp_ask(c, c, nonce, &question, &n_question), 0);
	certificate_free(c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(question);
	pki_end();
	return 0;
}

static void on_done(void *ctx, const struct fetch_result *r)
{
	struct lab *lab = ctx;

	assert_false(lab->done);
	lab->done = true;
	lab->fetch = NULL;
	lab->outcome = r->outcome;
	lab->n = r->octets.len;
	lab->next_update_s = r->next_update_s;
	snprintf(lab->text, sizeof(lab->text), "%s", r->text ? r->text : "");
}

static void turn(const struct lab *lab)
{
	event_base_loop(lab->base, EVLOOP_NONBLOCK);
}

static void begin(struct lab *lab, enum fetch_kind kind, struct slice body)
{
	struct http_url url;
	struct error e;
	int pair[2];

	*lab = (struct lab){ .base = event_base_new() };
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	lab->far = pair[1];
	assert_int_equal(http_url_read("http://ca.example.org/crl", &url, &e),
			 0);
	lab->fetch = fetch_new(&(struct fetch_spec){ .base = lab->base,
						     .fd = pair[0],
						     .kind = kind,
						     .url = &url,
						     .body = body,
						     .done = on_done,
						     .ctx = lab });
	assert_non_null(lab->fetch);
	turn(lab);
}

static void end(struct lab *lab)
{
	fetch_free(lab->fetch);
	close(lab->far);
	event_base_free(lab->base);
}

/* In pieces, each of which it reads before the next one. */
static void say(const struct lab *lab, struct slice octets)
{
	while (octets.len) {
		size_t len = octets.len < 8192 ? octets.len : 8192;
		ssize_t n = send(lab->far, octets.ptr, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* it hears no more */
		octets = slice_of(octets.ptr + n, octets.len - (size_t)n);
		turn(lab);
	}
}

static void say_text(const struct lab *lab, const char *text)
{
	say(lab, slice_of(text, strlen(text)));
}

static void say_whole(const struct lab *lab, struct slice body)
{
	char head[96];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.len);
	say_text(lab, head);
	say(lab, body);
}

static void assert_fails(struct lab *lab, const char *why)
{
	turn(lab);
	assert_true(lab->done);
	assert_int_equal(lab->outcome, FETCH_FAILED);
	if (!strstr(lab->text, why))
		fail_msg("%s", lab->text);
	end(lab);
}

static void crl_is_fetched(void **state)
{
	char request[256] = "";
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	assert_true(recv(lab.far, request, sizeof(request) - 1, 0) > 0);
	assert_string_equal(request, "GET /crl HTTP/1.1\r\nHost: "
				     "ca.example.org\r\n"
				     "Connection: close\r\n\r\n");
	assert_false(lab.done);
	say_whole(&lab, pki_der("crl"));
	assert_true(lab.done);
	assert_int_equal(lab.outcome, FETCH_DONE);
	assert_int_equal(lab.n, pki_der("crl").len);
	assert_int_equal(lab.next_update_s, PKI_NOW_S + 2 * 3600);
	end(&lab);
}

static void crl_ends_with_its_connection(void **state)
{
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_text(&lab, "HTTP/1.0 200 OK\r\n\r\n");
	say(&lab, pki_der("crl"));
	assert_false(lab.done);
	shutdown(lab.far, SHUT_WR);
	turn(&lab);
	assert_int_equal(lab.outcome, FETCH_DONE);
	assert_int_equal(lab.n, pki_der("crl").len);
	end(&lab);
}

static void responder_is_asked(void **state)
{
	char request[512] = "";
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	assert_true(recv(lab.far, request, sizeof(request) - 1, 0) > 0);
	assert_int_equal(strncmp(request, "POST /crl ", 10), 0);
	assert_memory_equal(strstr(request, "\r\n\r\n") + 4, question,
			    n_question);
	say_whole(&lab, pki_der("response"));
	assert_int_equal(lab.outcome, FETCH_DONE);
	assert_int_equal(lab.next_update_s, PKI_NOW_S + 3600);
	end(&lab);
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	say_whole(&lab, pki_der("later"));
	assert_fails(&lab, "asked later");
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	say_whole(&lab, pki_der("replayed"));
	assert_fails(&lab, "another question");
}

static void certificate_is_asked_for_by_its_address(void **state)
{
	static uint8_t endless[CERTIFICATE_MAX_BYTES + 1];
	char request[1024] = { 0 };
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CERT, slice_of(NULL, 0));
	assert_true(recv(lab.far, request, sizeof(request) - 1, 0) > 0);
	assert_int_equal(strncmp(request, "GET /crl ", 9), 0);
	say_whole(&lab, pki_der("root"));
	assert_int_equal(lab.outcome, FETCH_DONE);
	assert_int_equal(lab.n, pki_der("root").len);
	assert_true(lab.next_update_s == INT64_MAX);
	end(&lab);
	begin(&lab, FETCH_CERT, slice_of(NULL, 0));
	say_whole(&lab, pki_der("crl"));
	assert_fails(&lab, "certificate");
	begin(&lab, FETCH_CERT, slice_of(NULL, 0));
	say_text(&lab, "HTTP/1.1 200 OK\r\n\r\n");
	say(&lab, slice_of(endless, sizeof(endless)));
	assert_fails(&lab, "longer than 16384");
}

static void what_moved_is_told_of(void **state)
{
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_text(&lab, "HTTP/1.1 301 Moved\r\nLocation: /new\r\n\r\n");
	assert_int_equal(lab.outcome, FETCH_MOVED);
	assert_string_equal(lab.text, "http://ca.example.org/new");
	end(&lab);
}

static void what_is_something_else_is_not_passed_on(void **state)
{
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_whole(&lab, pki_der("root"));
	assert_fails(&lab, "no CRL");
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	say_whole(&lab, pki_der("crl"));
	assert_fails(&lab, "no OCSP response");
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_whole(&lab, slice_of("<html>", 6));
	assert_fails(&lab, "no CRL");
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_text(&lab, "HTTP/1.1 404 Not Found\r\n\r\n");
	assert_fails(&lab, "says 404");
}

static void server_that_lies_about_a_length_fails(void **state)
{
	struct lab lab;
	char head[96];

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n",
		 CRL_MAX_BYTES + 1);
	say_text(&lab, head);
	assert_fails(&lab, "longer than 16777216");
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	say_text(&lab, "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n");
	assert_fails(&lab, "longer than 65536");
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	say_text(&lab, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123");
	shutdown(lab.far, SHUT_WR);
	assert_fails(&lab, "before it is whole");
}

static void server_that_never_stops_is_stopped(void **state)
{
	static uint8_t endless[OCSP_MAX_BYTES + 1];
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_OCSP, slice_of(question, n_question));
	say_text(&lab, "HTTP/1.1 200 OK\r\n\r\n");
	say(&lab, slice_of(endless, sizeof(endless)));
	assert_fails(&lab, "longer than 65536");
}

static void connection_that_breaks_fails(void **state)
{
	struct lab lab;

	(void)state;
	begin(&lab, FETCH_CRL, slice_of(NULL, 0));
	close(lab.far);
	lab.far = -1;
	/* The request lies unread there. */
	assert_fails(&lab, "the connection: ");
}

static void request_without_room_is_none(void **state)
{
	static uint8_t much[4096];
	const struct http_url url = { "a.example", 80, "/" };

	(void)state;
	assert_null(fetch_new(&(struct fetch_spec){
		.fd = -1, .url = &url, .body = slice_of(much, sizeof(much)) }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crl_is_fetched),
		cmocka_unit_test(crl_ends_with_its_connection),
		cmocka_unit_test(responder_is_asked),
		cmocka_unit_test(certificate_is_asked_for_by_its_address),
		cmocka_unit_test(what_moved_is_told_of),
		cmocka_unit_test(what_is_something_else_is_not_passed_on),
		cmocka_unit_test(server_that_lies_about_a_length_fails),
		cmocka_unit_test(server_that_never_stops_is_stopped),
		cmocka_unit_test(connection_that_breaks_fails),
		cmocka_unit_test(request_without_room_is_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
