// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP as far as a scraper needs it: the request's first line is read, up to an
 * empty line the rest of it is not, there is one answer, and the connection ends
 * (RFC 9112 section 9.6).
 */
#include "ctrl/control/scrape.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/control/listen.h"
#include "ctrl/control/metrics.h"
#include "ctrl/control/server.h"

#define BACKLOG	       16
#define ACCEPT_PAUSE_S 1
#define END_OF_HEAD    "\r\n\r\n"

struct scraper {
	struct scrape *of;
	struct bufferevent *bev; /* NULL: the place is free */
	struct event late;
	bool waits; /* for counters */
};

struct scrape {
	struct scrape_calls calls;
	struct event_base *base;
	bool is_unix;
	struct listen_socket socket; /* of a Unix one; else its fd alone */
	struct event accept;
	struct event resume; /* after a failed accept() */
	bool asked;	     /* for counters; nobody asks twice */
	struct scraper clients[SCRAPE_CLIENTS_MAX];
};

/* --- one client */

static void leave(struct scraper *c)
{
	event_del(&c->late);
	bufferevent_free(c->bev);
	c->bev = NULL;
	c->waits = false;
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leave(arg);
}

/* Once all has left the connection ends. */
static void on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	leave(arg);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	leave(arg);
}

/* status: "200 OK". body is emptied, and freed. */
static void answer(struct scraper *c, const char *status, struct evbuffer *body)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	bufferevent_disable(c->bev, EV_READ);
	bufferevent_setcb(c->bev, NULL, on_written, on_end, c);
	if (evbuffer_add_printf(out,
				"HTTP/1.1 %s\r\n"
				"Content-Type: %s\r\n"
				"Content-Length: %zu\r\n"
				"Connection: close\r\n\r\n",
				status, METRICS_TYPE,
				evbuffer_get_length(body)) < 0 ||
	    evbuffer_add_buffer(out, body))
		leave(c);
	evbuffer_free(body);
}

static void answer_line(struct scraper *c, const char *status)
{
	struct evbuffer *body = evbuffer_new();

	if (!body)
		leave(c);
	else
		answer(c, status, body);
}

static void answer_metrics(struct scraper *c)
{
	struct status *s = c->of->calls.status(c->of->calls.ctx);
	struct evbuffer *body = evbuffer_new();

	c->waits = false;
	if (s && body && metrics_write(s, body)) {
		answer(c, "200 OK", body);
	} else {
		if (body)
			evbuffer_free(body);
		answer_line(c, "503 Service Unavailable");
	}
	status_free(s);
}

/* What the first line asks for; NULL: metrics. */
static const char *refusal_of(const char *head)
{
	static const char get[] = "GET ", path[] = "/metrics";
	size_t len;

	if (strncmp(head, get, strlen(get)) != 0)
		return "405 Method Not Allowed";
	head += strlen(get);
	len = strcspn(head, " ?\r\n");
	if (len != strlen(path) || memcmp(head, path, len) != 0)
		return "404 Not Found";
	return NULL;
}

static void on_request(struct scraper *c, const char *head)
{
	struct scrape *s = c->of;
	const char *refusal = refusal_of(head);

	if (refusal) {
		answer_line(c, refusal);
		return;
	}
	if (!s->asked && !s->calls.refresh(s->calls.ctx)) {
		answer_metrics(c);
		return;
	}
	s->asked = true;
	c->waits = true;
	bufferevent_disable(c->bev, EV_READ);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in);
	char head[SCRAPE_REQUEST_MAX + 1];

	if (len > SCRAPE_REQUEST_MAX)
		len = SCRAPE_REQUEST_MAX;
	evbuffer_copyout(in, head, len);
	head[len] = '\0';
	if (strstr(head, END_OF_HEAD))
		on_request(arg, head);
	else if (len == SCRAPE_REQUEST_MAX || strlen(head) < len)
		answer_line(arg, "400 Bad Request");
}

/* --- all of them */

void scrape_refreshed(struct scrape *s)
{
	s->asked = false;
	for (size_t i = 0; i < SCRAPE_CLIENTS_MAX; i++)
		if (s->clients[i].bev && s->clients[i].waits)
			answer_metrics(&s->clients[i]);
}

static bool let_in(struct scrape *s, int fd)
{
	const struct timeval limit = { .tv_sec = SCRAPE_WAIT_S };
	struct scraper *c = s->clients;

	while (c < s->clients + SCRAPE_CLIENTS_MAX && c->bev)
		c++;
	if (c == s->clients + SCRAPE_CLIENTS_MAX)
		return false;
	*c = (struct scraper){ .of = s };
	c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev)
		return false;
	bufferevent_priority_set(c->bev, CONTROL_PRIORITY);
	bufferevent_setcb(c->bev, on_readable, NULL, on_end, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, SCRAPE_REQUEST_MAX);
	evtimer_assign(&c->late, s->base, on_late, c);
	if (event_add(&c->late, &limit) || bufferevent_enable(c->bev, EV_READ))
		leave(c);
	return true;
}

static void on_connection(evutil_socket_t listener, short what, void *arg)
{
	const struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };
	struct scrape *s = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	/* Out of descriptors, say: the socket stays readable, so rest first. */
	if (fd < 0 && errno != EAGAIN && event_add(&s->resume, &pause) == 0)
		event_del(&s->accept);
	if (fd >= 0 && !let_in(s, fd))
		close(fd);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct scrape *s = arg;

	(void)fd;
	(void)what;
	event_add(&s->accept, NULL);
}

/* --- where it listens */

static int bind_inet(const struct metrics_conf *conf, int *fd, struct error *e)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET,
					.sin_port = htons(conf->port),
					.sin_addr.s_addr =
						addr_v4_be(&conf->addr) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(conf->port) };
	const bool is_v4 = addr_is_v4(&conf->addr);
	const struct sockaddr *sa =
		is_v4 ? (const void *)&v4 : (const void *)&v6;
	const socklen_t len = is_v4 ? sizeof(v4) : sizeof(v6);
	char end[END_STR_MAX];
	const int on = 1;
	int err = 0;

	memcpy(&v6.sin6_addr, conf->addr.octets, sizeof(v6.sin6_addr));
	*fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     0);
	if (*fd < 0 ||
	    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(*fd, sa, len) || listen(*fd, BACKLOG))
		err = error_set(e, -errno,
				"control: cannot listen at %s: %s; set "
				"gateway.metrics",
				end_str(&conf->addr, conf->port, end),
				strerror(errno));
	if (err && *fd >= 0)
		close(*fd);
	return err;
}

static void close_socket(struct scrape *s)
{
	if (s->is_unix)
		listen_close(&s->socket);
	else
		close(s->socket.fd);
}

int scrape_new(struct event_base *base, const struct metrics_conf *conf,
	       const struct scrape_calls *calls, struct scrape **out,
	       struct error *e)
{
	struct scrape *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return error_set(e, -ENOMEM, "control: out of memory");
	s->base = base;
	s->calls = *calls;
	s->is_unix = conf->path[0];
	err = s->is_unix ? listen_open(conf->path, &s->socket, e)
			 : bind_inet(conf, &s->socket.fd, e);
	if (err)
		goto free_scrape;
	event_assign(&s->accept, base, s->socket.fd, EV_READ | EV_PERSIST,
		     on_connection, s);
	evtimer_assign(&s->resume, base, on_resume, s);
	if (event_priority_set(&s->accept, CONTROL_PRIORITY) ||
	    event_add(&s->accept, NULL)) {
		err = error_set(e, -EINVAL, "control: cannot wait for scrapers");
		goto close_socket;
	}
	*out = s;
	return 0;

close_socket:
	close_socket(s);
free_scrape:
	free(s);
	return err;
}

void scrape_free(struct scrape *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SCRAPE_CLIENTS_MAX; i++)
		if (s->clients[i].bev)
			leave(&s->clients[i]);
	event_del(&s->accept);
	event_del(&s->resume);
	close_socket(s);
	free(s);
}
