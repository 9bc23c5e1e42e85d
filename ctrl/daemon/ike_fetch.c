// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_fetch.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN IKE_FETCHED_MAX

static enum fetch_kind fetch_of(enum status_kind kind)
{
	switch (kind) {
	case STATUS_CRL:
		return FETCH_CRL;
	case STATUS_CERT:
		return FETCH_CERT;
	case STATUS_OCSP:
		break;
	}
	return FETCH_OCSP;
}

/* What does not fit any more ctl may have itself. */
static void put_path(const struct status_want *w, struct ike_msg_want *out)
{
	struct builder b = wr_init(out->path, sizeof(out->path));

	for (size_t i = 0; i < w->n_path; i++) {
		if (w->path[i].len > sizeof(out->path) - b.len)
			return;
		wr_bytes(&b, w->path[i].ptr, w->path[i].len);
		out->bytes[out->n_path++] = (uint32_t)w->path[i].len;
	}
}

bool ike_fetch_put(const struct status_want *w, struct ike_msg_want *out)
{
	if (!w->n_path != (w->kind == STATUS_CERT) ||
	    w->path[0].len > CERTIFICATE_MAX_BYTES ||
	    w->request.len > sizeof(out->request))
		return false;
	memset(out, 0, sizeof(*out));
	out->kind = fetch_of(w->kind);
	put_path(w, out);
	out->n_request = (uint32_t)w->request.len;
	if (w->request.len)
		memcpy(out->request, w->request.ptr, w->request.len);
	return true;
}

static bool is_of(const struct ike_fetch *f, const struct ike_msg_fetched *m)
{
	return m->kind == f->kind &&
	       memcmp(m->cert, f->cert, sizeof(f->cert)) == 0;
}

static bool make_room(struct ike_fetch *f, size_t bytes)
{
	size_t room = f->room ? 2 * f->room : ROOM_MIN;
	uint8_t *grown;

	if (f->len + bytes <= f->room)
		return true;
	grown = realloc(f->octets, room);
	if (!grown)
		return false;
	f->octets = grown;
	f->room = room;
	return true;
}

/* An empty one is all of it, and hence the first. */
static bool is_right(const struct ike_fetch *f, const struct ike_msg_fetched *m)
{
	if (m->kind > FETCH_CERT || m->n > sizeof(m->octets))
		return false;
	if (f->len + m->n > fetch_max_bytes((enum fetch_kind)m->kind))
		return false;
	return m->n || (!f->len && !m->more);
}

enum ike_fetch_is ike_fetch_take(struct ike_fetch *f,
				 const struct ike_msg_fetched *m)
{
	if (f->is_whole)
		ike_fetch_free(f);
	if (!is_right(f, m) || (f->len && !is_of(f, m)) || !make_room(f, m->n))
		return IKE_FETCH_WRONG;
	memcpy(f->cert, m->cert, sizeof(f->cert));
	f->kind = (enum fetch_kind)m->kind;
	if (m->n)
		memcpy(f->octets + f->len, m->octets, m->n);
	f->len += m->n;
	f->is_whole = !m->more;
	return f->is_whole ? IKE_FETCH_WHOLE : IKE_FETCH_PART;
}

struct slice ike_fetch_octets(const struct ike_fetch *f)
{
	return slice_of(f->octets, f->len);
}

enum status_kind ike_fetch_kind(const struct ike_fetch *f)
{
	switch (f->kind) {
	case FETCH_CRL:
		return STATUS_CRL;
	case FETCH_CERT:
		return STATUS_CERT;
	case FETCH_OCSP:
		break;
	}
	return STATUS_OCSP;
}

void ike_fetch_free(struct ike_fetch *f)
{
	free(f->octets);
	*f = (struct ike_fetch){ .len = 0 };
}
