// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets to a connection that carries IKE and ESP (ctrl/daemon/stream_conn.h), in
 * any pieces, while who takes its messages is busy now and then: it takes the same
 * messages as from the whole at once, and ends where that is broken.
 *
 * An input is how large pieces are and which messages wait, and behind it the octets.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/daemon/stream_conn.h"

#define OCTETS_MAX 65536U /* as much as a pair of sockets holds */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct stream_conn *conn; /* NULL: it is over */
	enum stream_end end;
	struct slice left;  /* of what there is, as it shall come */
	uint8_t wait_every; /* so many messages; 0: none waits */
	uint8_t n;
	bool waited;
};

static struct event_base *base;
static uint8_t room[STREAM_ROOM_BYTES];

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool on_item(void *ctx, enum stream_item item, struct slice message)
{
	struct run *r = ctx;
	struct slice want;

	r->waited = !r->waited && r->wait_every && ++r->n % r->wait_every == 0;
	if (r->waited)
		return false;
	require(stream_read(&r->left, &want) == item);
	require(want.len == message.len &&
		!memcmp(want.ptr, message.ptr, want.len));
	return true;
}

static void on_over(void *ctx, enum stream_end how, int error)
{
	struct run *r = ctx;

	(void)error;
	stream_conn_free(r->conn);
	r->conn = NULL;
	r->end = how;
}

static void turn(const struct run *r)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	if (r->conn)
		stream_conn_resume(r->conn);
}

static void say(struct run *r, int peer, struct slice octets, size_t step)
{
	struct slice piece;

	while (octets.len && r->conn) {
		require(rd_slice(&octets, octets.len < step ? octets.len : step,
				 &piece));
		require(send(peer, piece.ptr, piece.len, MSG_NOSIGNAL) ==
			(ssize_t)piece.len);
		turn(r);
	}
	for (size_t i = 0; i < OCTETS_MAX && r->conn && r->left.len; i++) {
		const size_t before = r->left.len;

		turn(r);
		turn(r);
		if (r->left.len == before)
			break;
	}
}

/* With the prefix, which another fuzzer has as it likes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .end = 0 };
	struct stream_conn_spec spec = {
		.room = room, .item = on_item, .over = on_over, .ctx = &r
	};
	struct slice octets, out;
	enum stream_item last;
	int fds[2];

	if (size < 2 || size > OCTETS_MAX)
		return 0;
	if (!base)
		base = event_base_new();
	spec.base = base;
	octets = r.left = slice_of(data + 2, size - 2);
	r.wait_every = data[1] % 8;
	require(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0, fds));
	spec.fd = fds[0];
	require(!stream_conn_new(&spec, &r.conn));
	require(send(fds[1], STREAM_PREFIX, STREAM_PREFIX_BYTES,
		     MSG_NOSIGNAL) == STREAM_PREFIX_BYTES);
	say(&r, fds[1], octets, 1U + data[0]);
	last = stream_read(&r.left, &out);
	require(last == STREAM_ITEM_NONE || last == STREAM_ITEM_BROKEN);
	require((last == STREAM_ITEM_BROKEN) == !r.conn);
	require(r.conn || r.end == STREAM_END_MALFORMED);
	stream_conn_free(r.conn);
	close(fds[1]);
	return 0;
}
