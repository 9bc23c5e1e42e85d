// SPDX-License-Identifier: BSD-2-Clause
/* Streams between the two sides of the lab: what is under way when one breaks is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/ike_lab_queue.h"

#define WIRE_NS	  1000000ULL
#define PORT_BASE 40000
#define OPENED	  0x80000000U /* in the number that who opens one has */

static struct lab_stream *find(struct ike_lab *lab, unsigned int side,
			       uint32_t id)
{
	for (unsigned int i = 0; i < lab->n_streams; i++)
		if (lab->streams[i].id[side] == id)
			return &lab->streams[i];
	return NULL;
}

static struct lab_stream *add(struct ike_lab *lab, unsigned int from,
			      const struct ike_path *path)
{
	const uint32_t n = lab->n_streams;
	struct lab_stream *s = &lab->streams[n];

	if (n == LAB_STREAMS_MAX) {
		fprintf(stderr, "ike_lab: too many streams\n");
		abort();
	}
	lab->n_streams++;
	s->is_open = true;
	s->id[from] = OPENED | (n + 1);
	s->id[!from] = n + 1;
	s->path[from] = *path;
	s->path[from].local_port = (uint16_t)(PORT_BASE + n);
	s->path[from].stream = s->id[from];
	s->path[!from] = (struct ike_path){
		.local = path->remote,
		.local_port = path->remote_port,
		.remote = path->local,
		.remote_port = (uint16_t)(PORT_BASE + n),
		.stream = s->id[!from],
	};
	return s;
}

void lab_stream_send(struct lab_side *s, const struct ike_path *path,
		     struct slice message)
{
	struct lab_stream *st = find(s->lab, s->index, path->stream);
	struct lab_item *item;

	if (!st || !st->is_open)
		return;
	item = lab_push(s->lab, ITEM_DATAGRAM, !s->index, WIRE_NS);
	item->path = st->path[!s->index];
	item->octets = malloc(message.len);
	if (!item->octets)
		abort();
	memcpy(item->octets, message.ptr, message.len);
	item->len = message.len;
}

void lab_on_stream_open(void *ctx, const char *conn,
			const struct ike_path *path, uint64_t token)
{
	struct lab_side *s = ctx;
	struct ike_lab *lab = s->lab;
	struct lab_item *item;

	(void)conn;
	lab->n_opened++;
	if (lab->tcp_is_slow)
		return;
	item = lab_push(lab, ITEM_OPENED, s->index, 2 * WIRE_NS);
	item->token = token;
	if (lab->tcp_is_refused)
		return;
	item->path = add(lab, s->index, path)->path[s->index];
	item->number = item->path.stream;
}

void lab_on_stream_keep(void *ctx, uint32_t stream)
{
	struct lab_side *s = ctx;

	if (find(s->lab, s->index, stream))
		s->lab->n_kept++;
}

static void close_at(struct ike_lab *lab, unsigned int side, uint32_t id)
{
	lab_push(lab, ITEM_CLOSED, side, WIRE_NS)->number = id;
}

/* What it has sent comes before. */
static void forget_under_way(struct ike_lab *lab, const struct lab_stream *st)
{
	for (unsigned int i = lab->n_queue; i--;) {
		struct lab_item *item = lab->queue[i];

		if (item->kind != ITEM_DATAGRAM ||
		    item->path.stream != st->id[item->side] ||
		    !item->path.stream)
			continue;
		lab->queue[i] = lab->queue[--lab->n_queue];
		lab_item_free(item);
	}
}

void lab_on_stream_close(void *ctx, uint32_t stream)
{
	struct lab_side *s = ctx;
	struct lab_stream *st = find(s->lab, s->index, stream);

	if (s->muted)
		return;
	s->lab->n_closed++;
	if (!st || !st->is_open)
		return;
	st->is_open = false;
	close_at(s->lab, !s->index, st->id[!s->index]);
}

void lab_break_streams_of(struct ike_lab *lab, unsigned int side)
{
	for (unsigned int i = 0; i < lab->n_streams; i++) {
		struct lab_stream *st = &lab->streams[i];

		if (!st->is_open)
			continue;
		st->is_open = false;
		forget_under_way(lab, st);
		close_at(lab, side, st->id[side]);
	}
}

void lab_break_streams(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < lab->n_streams; i++) {
		struct lab_stream *st = &lab->streams[i];

		if (!st->is_open)
			continue;
		st->is_open = false;
		forget_under_way(lab, st);
		close_at(lab, 0, st->id[0]);
		close_at(lab, 1, st->id[1]);
	}
}

void lab_drop_streams(struct lab_side *s)
{
	lab_break_streams_of(s->lab, !s->index);
}

unsigned int lab_streams(const struct ike_lab *lab)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < lab->n_streams; i++)
		n += lab->streams[i].is_open;
	return n;
}
