// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/cmp_http.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/httperr.h>

#define CONTENT_TYPE "application/pkixcmp"
#define DETAIL_MAX   128
#define MS_PER_S     1000

struct cmp_http {
	char *host;
	char *port;
	char *path;
	unsigned int message_s;
};

int cmp_http_new(const char *url, unsigned int message_s, struct cmp_http **out,
		 struct error *e)
{
	struct cmp_http *h = calloc(1, sizeof(*h));
	int is_https = 0, ok;

	if (!h)
		return error_set(e, -ENOMEM, "out of memory");
	h->message_s = message_s;
	ok = OSSL_HTTP_parse_url(url, &is_https, NULL, &h->host, &h->port, NULL,
				 &h->path, NULL, NULL) == 1;
	ERR_clear_error();
	if (ok && !is_https && strncmp(url, "http://", 7) == 0 && *h->host) {
		*out = h;
		return 0;
	}
	cmp_http_free(h);
	return error_set(e, -EINVAL,
			 "--cmp is http://HOST[:PORT]/PATH, not '%.200s'%s", url,
			 ok && is_https ? "; its messages protect themselves, "
					  "without https"
					: "");
}

void cmp_http_free(struct cmp_http *h)
{
	if (!h)
		return;
	OPENSSL_free(h->host);
	OPENSSL_free(h->port);
	OPENSSL_free(h->path);
	free(h);
}

/* --- the connection */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * MS_PER_S + ts.tv_nsec / 1000000;
}

static int wait_connected(int fd, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t left_ms = until_ms - now_ms();
	int error = 0;
	socklen_t len = sizeof(error);

	if (left_ms <= 0 || poll(&p, 1, (int)left_ms) != 1)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return -errno;
	return -error;
}

/* A socket, or a negative errno. */
static int connect_one(const struct addrinfo *a, int64_t until_ms)
{
	int fd = socket(a->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen))
		err = errno == EINPROGRESS ? wait_connected(fd, until_ms)
					   : -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int connect_any(const struct cmp_http *h, int64_t until_ms,
		       struct error *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_ADDRCONFIG };
	struct addrinfo *all = NULL;
	int why = getaddrinfo(h->host, h->port, &hints, &all), fd = -ENOENT;

	if (why)
		return error_set(e, -EHOSTUNREACH,
				 "%.200s has no address (%s); correct the URL, "
				 "or the resolver",
				 h->host, gai_strerror(why));
	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
		fd = connect_one(a, until_ms);
	freeaddrinfo(all);
	return fd >= 0 ? fd
		       : error_set(e, fd,
				   "cannot connect to %.200s port %.16s: %s; is "
				   "the CA's server up, and the URL right?",
				   h->host, h->port, strerror(-fd));
}

/* --- the exchange */

static bool take_all(BIO *from, struct owned *answer)
{
	uint8_t *octets = malloc(CMP_MESSAGE_MAX + 1);
	size_t len = 0;
	int n = 1;

	while (octets && n > 0 && len <= CMP_MESSAGE_MAX) {
		n = BIO_read(from, octets + len,
			     (int)(CMP_MESSAGE_MAX + 1 - len));
		len += n > 0 ? (size_t)n : 0;
	}
	if (!octets || len > CMP_MESSAGE_MAX) {
		free(octets);
		return false;
	}
	*answer = (struct owned){ octets, len };
	return true;
}

/* What the server said is in the data of an error, in any octets. */
static int say_why(const struct cmp_http *h, bool is_late, struct error *e)
{
	char detail[DETAIL_MAX] = "";
	bool is_long = false;
	const char *data;
	unsigned long code;
	int flags;

	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		if (ERR_GET_LIB(code) != ERR_LIB_HTTP)
			continue;
		is_long = is_long ||
			  ERR_GET_REASON(code) == HTTP_R_MAX_RESP_LEN_EXCEEDED ||
			  ERR_GET_REASON(code) ==
				  HTTP_R_ASN1_LEN_EXCEEDS_MAX_RESP_LEN;
		if (!detail[0])
			snprintf(detail, sizeof(detail), "%s%s%.80s",
				 ERR_reason_error_string(code),
				 flags & ERR_TXT_STRING && *data ? ": " : "",
				 flags & ERR_TXT_STRING ? data : "");
	}
	for (char *at = detail; *at; at++)
		*at = *at >= ' ' && *at <= '~' ? *at : '?';
	if (is_long)
		return error_set(e, -E2BIG,
				 "the answer of %.200s has more than %d octets, "
				 "as no CMP message has; is it the right URL?",
				 h->host, CMP_MESSAGE_MAX);
	if (is_late)
		return error_set(e, -ETIMEDOUT,
				 "%.200s did not answer within %u s; try again "
				 "later",
				 h->host, h->message_s);
	return error_set(e, -EPROTO,
			 "%.200s gave no CMP message (%s); is it the right URL?",
			 h->host, detail[0] ? detail : "no answer");
}

int cmp_http_exchange(void *arg, struct slice request, struct owned *answer,
		      struct error *e)
{
	const struct cmp_http *h = arg;
	const int64_t until_ms = now_ms() + (int64_t)h->message_s * MS_PER_S;
	int fd = connect_any(h, until_ms, e);
	BIO *wire, *body, *from = NULL;
	bool is_late;
	int err = 0;

	if (fd < 0)
		return fd;
	wire = BIO_new_socket(fd, BIO_CLOSE);
	body = BIO_new_mem_buf(request.ptr, (int)request.len);
	if (wire && body)
		from = OSSL_HTTP_transfer(NULL, h->host, h->port, h->path, 0,
					  NULL, NULL, wire, wire, NULL, NULL, 0,
					  NULL, CONTENT_TYPE, body,
					  CONTENT_TYPE, 1, CMP_MESSAGE_MAX,
					  (int)h->message_s, 0);
	is_late = now_ms() >= until_ms - MS_PER_S;
	if (!from || !take_all(from, answer))
		err = say_why(h, is_late, e);
	BIO_free(from);
	BIO_free(body);
	if (wire)
		BIO_free(wire);
	else
		close(fd);
	ERR_clear_error();
	return err;
}
