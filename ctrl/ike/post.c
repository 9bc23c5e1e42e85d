// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/post.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/record.h"
#include "ctrl/ike/stream.h"

enum post_kind {
	POST_MESSAGE,
	POST_DELETE,
	POST_CLOSE,
};

struct post {
	struct post *next;
	/* While the call lasts; then NULL. */
	const struct ike_sa *sa;
	uint64_t *left_with; /* or NULL */
	uint64_t after;	     /* the record that is to be kept; 0: none */
	enum post_kind kind;
	uint64_t token; /* of a DELETE, and what it names */
	struct sadb_id id;
	struct ike_path path; /* of a message, and its octets; of CLOSE its stream */
	size_t len;
	uint8_t octets[];
};

static void append(struct post_queue *q, struct post *p)
{
	p->next = NULL;
	if (q->first)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
}

static struct post *take_first(struct post_queue *q)
{
	struct post *p = q->first;

	if (p)
		q->first = p->next;
	return p;
}

/* The path, with what the connection says of packets. */
static struct ike_path marked(const struct ike_sa *sa,
			      const struct ike_path *path)
{
	struct ike_path out = *path;

	out.dscp = sa->conn ? sa->conn->conf.dscp : 0;
	return out;
}

/* A message is one datagram, or as many as it has fragments. Without a stream it
 * is lost, as by one that breaks. */
static void send(const struct engine *e, const struct ike_path *path,
		 struct slice message)
{
	struct slice datagram;

	if (path->stream == STREAM_LOST)
		return;
	while (ike_message_next(&message, &datagram))
		e->calls.send(e->calls.ctx, path, datagram);
}

/* Without memory for it a message is lost, as it might be on its way. */
void post_message(struct ike_sa *sa, const struct ike_path *path,
		  struct slice message, uint64_t *left_with)
{
	struct post *p = calloc(1, sizeof(*p) + message.len);

	if (!p)
		return;
	p->sa = sa;
	p->left_with = left_with;
	p->path = marked(sa, path);
	p->len = message.len;
	memcpy(p->octets, message.ptr, message.len);
	append(&sa->e->fresh, p);
}

static bool is_kept(const struct engine *e, uint64_t after)
{
	return after <= e->recorded;
}

void post_again(const struct ike_sa *sa, const struct ike_path *path,
		const struct octets *message, uint64_t left_with)
{
	const struct ike_path out = marked(sa, path);
	struct engine *e = sa->e;

	if (is_kept(e, left_with))
		send(e, &out, slice_of(message->ptr, message->len));
}

void post_other_way(struct ike_sa *sa, const struct ike_path *path,
		    const struct octets *message, uint64_t *left_with)
{
	if (is_kept(sa->e, *left_with))
		post_again(sa, path, message, *left_with);
	else
		post_message(sa, path, slice_of(message->ptr, message->len),
			     left_with);
}

static void send_delete(struct engine *e, const struct sadb_id *id,
			uint64_t token)
{
	const struct sadb_request q = {
		.token = token,
		.verb = SADB_DELETE,
		.id = *id,
	};

	e->calls.sadb(e->calls.ctx, &q);
}

void post_delete(const struct ike_sa *sa, const struct sadb_id *id,
		 uint64_t token)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p) {
		send_delete(sa->e, id, token);
		return;
	}
	p->sa = sa;
	p->kind = POST_DELETE;
	p->id = *id;
	p->token = token;
	append(&sa->e->fresh, p);
}

static void leave(struct engine *e, struct post *p)
{
	switch (p->kind) {
	case POST_MESSAGE:
		send(e, &p->path, slice_of(p->octets, p->len));
		break;
	case POST_DELETE:
		send_delete(e, &p->id, p->token);
		break;
	case POST_CLOSE:
		e->calls.stream_close(e->calls.ctx, p->path.stream);
		break;
	}
	free(p);
}

/* Of an IKE SA that has records: all that there are now. */
static void fix(const struct engine *e, struct post *p)
{
	p->after = record_is_wanted(p->sa) ? e->records : 0;
	if (p->left_with)
		*p->left_with = p->after;
	p->left_with = NULL;
	p->sa = NULL;
}

/* Those that wait stand in the order of what they wait for. */
void post_flush(struct engine *e)
{
	struct post *p;

	while (e->waiting.first && is_kept(e, e->waiting.first->after))
		leave(e, take_first(&e->waiting));
	while ((p = take_first(&e->fresh))) {
		fix(e, p);
		if (is_kept(e, p->after))
			leave(e, p);
		else
			append(&e->waiting, p);
	}
}

void post_close(struct engine *e, uint32_t stream)
{
	struct post *p = e->waiting.first ? calloc(1, sizeof(*p)) : NULL;

	if (!p) {
		e->calls.stream_close(e->calls.ctx, stream);
		return;
	}
	p->kind = POST_CLOSE;
	p->path.stream = stream;
	p->after = e->waiting.last->after;
	append(&e->waiting, p);
}

void post_forget_deletes(struct engine *e)
{
	struct post_queue all = e->waiting;
	struct post *p;

	e->waiting.first = NULL;
	while ((p = take_first(&all))) {
		if (p->kind == POST_DELETE)
			free(p);
		else
			append(&e->waiting, p);
	}
}

void post_drop(struct engine *e)
{
	struct post *p;

	while ((p = take_first(&e->waiting)) || (p = take_first(&e->fresh)))
		free(p);
}
