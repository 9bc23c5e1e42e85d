// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/worker.h"
#include "ctrl/model/stream.h"

/* What a pair holds either way: some batches, where the kernel would have one. */
#define PAIR_BYTES (1 << 20)

/* Where ESP begins in its frame, with room for the longest header in front. */
#define FRAME_ESP_AT (FRAME_L3_AT + IPV6_HEADER_BYTES)
#define ESP_ROOM     (FRAME_BYTES - FRAME_ESP_AT)

void stream_init(struct stream_pair *s)
{
	s->fd = -1;
	atomic_init(&s->next, -1);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void stream_fini(struct stream_pair *s)
{
	close_fd(s->fd);
	close_fd(atomic_exchange(&s->next, -1));
	s->fd = -1;
}

/* --- control thread */

/* Who may not have as much has what there is. */
static void make_room(int fd)
{
	const int bytes = PAIR_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int stream_join(struct worker *w, int *far)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair))
		return -errno;
	make_room(pair[0]);
	make_room(pair[1]);
	close_fd(atomic_exchange(&w->stream.next, pair[0]));
	worker_wake(w);
	*far = pair[1];
	return 0;
}

/* --- worker */

static void lose(struct worker *w)
{
	close(w->stream.fd);
	w->stream.fd = -1;
}

void stream_begin(struct worker *w)
{
	int fd;

	if (atomic_load_explicit(&w->stream.next, memory_order_relaxed) < 0)
		return;
	fd = atomic_exchange(&w->stream.next, -1);
	if (fd < 0)
		return;
	close_fd(w->stream.fd);
	w->stream.fd = fd;
}

bool stream_is_there(const struct worker *w, const struct sa_rt *sa)
{
	return w->stream.fd >= 0 && sa_stream(sa) != STREAM_LOST;
}

/* --- in */

/* A batch of datagrams on their way into frames. */
struct taking {
	uint32_t n;
	uint64_t frame[BATCH_MAX];
	struct stream_esp head[BATCH_MAX];
	struct iovec iov[BATCH_MAX][2];
	struct mmsghdr msg[BATCH_MAX];
};

static void prepare(struct worker *w, struct taking *t)
{
	t->n = 0;
	while (t->n < BATCH_MAX && frame_get(&w->umem, &t->frame[t->n])) {
		struct iovec *iov = t->iov[t->n];

		iov[0] = (struct iovec){ &t->head[t->n], sizeof(t->head[0]) };
		iov[1] = (struct iovec){ umem_at(&w->umem,
						 t->frame[t->n] + FRAME_ESP_AT),
					 ESP_ROOM };
		t->msg[t->n++] =
			(struct mmsghdr){ .msg_hdr = { .msg_iov = iov,
						       .msg_iovlen = 2 } };
	}
}

/* How many came; the end of the other process is one without an octet. */
static uint32_t receive(struct worker *w, struct taking *t)
{
	int got = recvmmsg(w->stream.fd, t->msg, t->n, MSG_DONTWAIT, NULL);
	uint32_t n = 0;

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		lose(w);
	while ((int)n < got && t->msg[n].msg_len)
		n++;
	if ((int)n < got)
		lose(w);
	return n;
}

static void take_one(struct worker *w, struct batch *b, const struct taking *t,
		     uint32_t i)
{
	const uint32_t bytes = t->msg[i].msg_len, head = sizeof(t->head[0]);
	uint8_t *esp = umem_at(&w->umem, t->frame[i] + FRAME_ESP_AT);

	resolve_stream(w, b, t->frame[i], esp, bytes > head ? bytes - head : 0);
	if (t->msg[i].msg_hdr.msg_flags & MSG_TRUNC)
		packet_drop(&b->pkt[b->n - 1], DROP_JUMBO);
	w->passes[PASS_STREAM_IN].pkts++;
	w->passes[PASS_STREAM_IN].bytes += b->pkt[b->n - 1].bytes;
}

bool stream_rx(struct worker *w)
{
	struct taking t;
	struct batch b;
	uint32_t n;

	prepare(w, &t);
	n = t.n ? receive(w, &t) : 0;
	b.n = 0;
	for (uint32_t i = 0; i < n; i++)
		take_one(w, &b, &t, i);
	for (uint32_t i = n; i < t.n; i++)
		frame_put(&w->umem, t.frame[i]);
	worker_walk(w, &b);
	return n > 0;
}

/* --- out */

void stream_tx(struct stream_run *run, struct packet *p)
{
	run->pkt[run->n++] = p;
}

/* How many of the run's, from its front, the other process has. */
static uint32_t send_run(const struct worker *w, const struct stream_run *run)
{
	struct stream_esp head[BATCH_MAX];
	struct iovec iov[BATCH_MAX][2];
	struct mmsghdr msg[BATCH_MAX];
	uint32_t sent = 0;

	for (uint32_t i = 0; i < run->n; i++) {
		const struct packet *p = run->pkt[i];
		const uint32_t ip = ip_least_bytes(p->l3[0] >> 4);

		head[i] = (struct stream_esp){ .stream = p->stream,
					       .peer = p->ip.daddr };
		iov[i][0] = (struct iovec){ &head[i], sizeof(head[i]) };
		iov[i][1] = (struct iovec){ p->l3 + ip, p->bytes - ip };
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = iov[i],
							.msg_iovlen = 2 } };
	}
	while (sent < run->n) {
		int n = sendmmsg(w->stream.fd, msg + sent, run->n - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (uint32_t)n;
	}
	return sent;
}

void stream_tx_flush(struct worker *w, struct stream_run *run)
{
	enum drop_reason why = DROP_STREAM_GONE;
	uint32_t sent = 0;

	if (!run->n)
		return;
	if (w->stream.fd >= 0) {
		errno = 0;
		sent = send_run(w, run);
		if (errno == EAGAIN)
			why = DROP_STREAM_FULL;
	}
	for (uint32_t i = 0; i < run->n; i++) {
		struct packet *p = run->pkt[i];

		if (i >= sent) {
			packet_drop(p, why);
			continue;
		}
		w->passes[PASS_WORKER_STREAM].pkts++;
		w->passes[PASS_WORKER_STREAM].bytes += p->bytes;
		frame_put(&w->umem, p->frame);
		p->state = PKT_GONE;
	}
	run->n = 0;
}
