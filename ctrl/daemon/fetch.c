// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/fetch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/pki/certificate.h"
#include "ctrl/pki/crl.h"
#include "ctrl/pki/ocsp.h"

#define READ_BYTES   16384
#define REQUEST_ROOM (HTTP_URL_MAX + 1024 + FETCH_REQUEST_MAX)

struct fetch {
	struct fetch_spec spec;
	struct event *readable, *writable, *late;
	uint8_t request[REQUEST_ROOM];
	struct slice unsent, body_sent;
	struct http_reader reader;
	uint8_t *body;
	size_t n, room;
};

static void free_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	free_event(f->readable);
	free_event(f->writable);
	free_event(f->late);
	close(f->spec.fd);
	free(f->body);
	free(f);
}

size_t fetch_max_bytes(enum fetch_kind kind)
{
	switch (kind) {
	case FETCH_CRL:
		return CRL_MAX_BYTES;
	case FETCH_CERT:
		return CERTIFICATE_MAX_BYTES;
	case FETCH_OCSP:
		break;
	}
	return OCSP_MAX_BYTES;
}

/* --- the end */

static void finish(struct fetch *f, const struct fetch_result *r)
{
	f->spec.done(f->spec.ctx, r);
	fetch_free(f);
}

static void fail(struct fetch *f, const char *why)
{
	finish(f,
	       &(struct fetch_result){ .outcome = FETCH_FAILED, .text = why });
}

/* 0, or e says what it is instead. */
static int read_next_update(const struct fetch *f, int64_t *out, struct error *e)
{
	const struct slice octets = slice_of(f->body, f->n);
	struct certificate *cert;
	struct ocsp *ocsp;
	struct crl *crl;
	int err = 0;

	switch (f->spec.kind) {
	case FETCH_CRL:
		err = crl_read(octets, &crl, e);
		if (err)
			break;
		*out = crl->next_update_s;
		crl_free(crl);
		break;
	case FETCH_OCSP:
		err = ocsp_read(octets, &ocsp, e);
		if (err)
			break;
		if (!ocsp_answers(ocsp, f->body_sent))
			err = error_set(e, -EBADMSG,
					"the responder answers another "
					"question than ours; see who stands "
					"between");
		*out = ocsp->next_update_s;
		ocsp_free(ocsp);
		break;
	case FETCH_CERT:
		err = certificate_read(octets, &cert, e);
		if (err)
			break;
		*out = INT64_MAX;
		certificate_free(cert);
		break;
	}
	return err;
}

static void take_whole(struct fetch *f)
{
	struct fetch_result r = { .outcome = FETCH_DONE };
	struct error e;

	r.octets = slice_of(f->body, f->n);
	if (read_next_update(f, &r.next_update_s, &e))
		fail(f, e.text);
	else
		finish(f, &r);
}

static void take_step(struct fetch *f, enum http_step step)
{
	char place[HTTP_URL_MAX * 2];

	switch (step) {
	case HTTP_MORE:
		break;
	case HTTP_DONE:
		take_whole(f);
		break;
	case HTTP_MOVED:
		finish(f, &(struct fetch_result){
				  .outcome = FETCH_MOVED,
				  .text = http_url_str(&f->reader.location,
						       place) });
		break;
	case HTTP_FAILED:
		fail(f, f->reader.why.text);
		break;
	}
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fail(ctx, "the server takes longer than 10 s");
}

/* --- octets */

static bool keep(struct fetch *f, struct slice octets)
{
	size_t room = f->room ? f->room : READ_BYTES;
	uint8_t *grown;

	while (room < f->n + octets.len)
		room *= 2;
	grown = room == f->room ? f->body : realloc(f->body, room);
	if (!grown)
		return false;
	f->body = grown;
	f->room = room;
	if (octets.len)
		memcpy(f->body + f->n, octets.ptr, octets.len);
	f->n += octets.len;
	return true;
}

static enum http_step take(struct fetch *f, struct slice in)
{
	enum http_step step = HTTP_MORE;
	struct slice piece;

	while (step == HTTP_MORE && in.len) {
		step = http_read(&f->reader, &in, &piece);
		if (!keep(f, piece)) {
			error_set(&f->reader.why, -ENOMEM, "out of memory");
			return HTTP_FAILED;
		}
	}
	return step;
}

static void fail_socket(struct fetch *f, int err)
{
	struct error e;

	if (err == EAGAIN || err == EINTR)
		return;
	error_set(&e, -err, "the connection: %s", strerror(err));
	fail(f, e.text);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct fetch *f = ctx;
	uint8_t room[READ_BYTES];
	ssize_t n = recv(fd, room, sizeof(room), 0);

	(void)what;
	if (n < 0)
		fail_socket(f, errno);
	else if (n == 0)
		take_step(f, http_read_end(&f->reader));
	else
		take_step(f, take(f, slice_of(room, (size_t)n)));
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct fetch *f = ctx;
	struct slice sent;
	ssize_t n = send(fd, f->unsent.ptr, f->unsent.len, MSG_NOSIGNAL);

	(void)what;
	if (n < 0 || !rd_slice(&f->unsent, (size_t)n, &sent))
		fail_socket(f, errno);
	else if (!f->unsent.len)
		event_del(f->writable);
}

/* --- its life */

static bool begin(struct fetch *f, struct event_base *base, int fd)
{
	const struct timeval limit = { FETCH_MS / 1000, 0 };

	f->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, f);
	f->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, f);
	f->late = evtimer_new(base, on_late, f);
	return f->readable && f->writable && f->late &&
	       !event_add(f->readable, NULL) && !event_add(f->writable, NULL) &&
	       !evtimer_add(f->late, &limit);
}

struct fetch *fetch_new(const struct fetch_spec *spec)
{
	struct fetch *f = calloc(1, sizeof(*f));
	size_t len = f ? http_request_put(spec->url, spec->body, f->request,
					  sizeof(f->request))
		       : 0;

	if (!len) {
		free(f);
		return NULL;
	}
	f->spec = *spec;
	f->unsent = slice_of(f->request, len);
	f->body_sent =
		slice_of(f->request + len - spec->body.len, spec->body.len);
	http_reader_begin(&f->reader, spec->url, fetch_max_bytes(spec->kind));
	if (begin(f, spec->base, spec->fd))
		return f;
	f->spec.fd = -1; /* the socket is not ours */
	fetch_free(f);
	return NULL;
}
