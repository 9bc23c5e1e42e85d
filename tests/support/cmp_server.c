// SPDX-License-Identifier: BSD-2-Clause
/*
 * The CA of cmp_ca.h by HTTP, which issues for whoever asks:
 *
 *     cmp_server PORT CA.pem CA.key SIGNER.pem WAITS [SECRET]
 *
 * SIGNER has the CA's key, too, and signs messages; with SECRET that protects them. Who
 * asks for a certificate is told WAITS times to ask again. One request for each
 * connection; each line that it says is of one that was served.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/cmp_ca.h"

#define MESSAGE_MAX 65536
#define LENGTH	    "Content-Length:"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "cmp_server: %s\n", what);
	exit(1);
}

static struct slice read_file(const char *path)
{
	static char room[2][MESSAGE_MAX];
	static unsigned int n;
	char *at = room[n++ % 2];
	FILE *file = fopen(path, "r");
	size_t len;

	must(file != NULL, path);
	len = fread(at, 1, MESSAGE_MAX, file);
	fclose(file);
	return slice_of(at, len);
}

static int take_one(void *arg, struct certificate *c)
{
	struct certificate **out = arg;

	must(!*out, "one certificate a file");
	*out = c;
	return 0;
}

static struct certificate *read_cert(const char *path)
{
	struct certificate *c = NULL;
	struct error e;

	must(!certificate_read_file(read_file(path), take_one, &c, &e), path);
	return c;
}

/* The request's body; false: the client is gone. */
static bool take_request(int fd, char *room, struct slice *body)
{
	size_t len = 0, want = 0;
	char *end = NULL;
	ssize_t n;

	while ((n = read(fd, room + len, MESSAGE_MAX - len)) > 0) {
		len += (size_t)n;
		room[len] = '\0';
		if (!end && (end = strstr(room, "\r\n\r\n"))) {
			const char *at = strcasestr(room, LENGTH);

			end += 4;
			want = at ? strtoul(at + strlen(LENGTH), NULL, 10) : 0;
		}
		if (end && len >= (size_t)(end - room) + want) {
			*body = slice_of(end, want);
			return true;
		}
	}
	return false;
}

static void serve(struct cmp_ca *ca, int fd)
{
	static char room[MESSAGE_MAX + 1];
	struct owned answer;
	struct slice body;
	struct error e;

	if (!take_request(fd, room, &body))
		return;
	ca->now_s = time(NULL);
	(void)cmp_ca_exchange(ca, body, &answer, &e);
	dprintf(fd,
		"HTTP/1.0 200 OK\r\nContent-Type: application/pkixcmp\r\n" LENGTH
		" %zu\r\n\r\n",
		answer.len);
	must(write(fd, answer.ptr, answer.len) == (ssize_t)answer.len,
	     "the client does not read");
	owned_free(&answer);
	printf("issued %u, confirmed %u, rejected %u, revoked %u\n", ca->issued,
	       ca->confirmed, ca->rejected, ca->revoked);
	fflush(stdout);
}

static int listen_at(const char *port)
{
	const struct sockaddr_in6 at = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)strtoul(port, NULL, 10)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), yes = 1;

	must(!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
		     !bind(fd, (const struct sockaddr *)&at, sizeof(at)) &&
		     !listen(fd, 8),
	     "the port");
	return fd;
}

int main(int argc, char **argv)
{
	struct private_key *key = NULL;
	struct cmp_ca ca = { .now_s = time(NULL) };
	struct error e;
	int listener, fd;

	must(argc == 6 || argc == 7, "see the head of cmp_server.c");
	ca.cert = read_cert(argv[2]);
	must(!private_key_read(read_file(argv[3]), slice_of(NULL, 0), &key, &e),
	     argv[3]);
	ca.key = key;
	ca.signer = read_cert(argv[4]);
	ca.waits = (unsigned int)strtoul(argv[5], NULL, 10);
	ca.secret = argv[6];
	listener = listen_at(argv[1]);
	cmp_ca_begin(&ca);
	printf("listens\n");
	fflush(stdout);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(&ca, fd);
		close(fd);
	}
	cmp_ca_end(&ca);
	return 1;
}
