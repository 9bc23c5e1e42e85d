// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the host sends, from the host interface into the worker's batches. A
 * frame is read into packet memory, and what is longer than that into the scratch
 * buffer behind it. What the host leaves to be cut (host_cut.h) is kept there, and
 * cut off as frames are free: what is left of it waits for the next round, and
 * what the kernel has next waits behind it. A packet that is larger than a frame
 * walks by itself (large.h). Worker.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/worker.h"

#define VNET_BYTES  ((uint32_t)sizeof(struct virtio_net_hdr))
#define PACKET_ROOM (PIECE_BYTES - ETH_HEADER_BYTES)

int host_init(struct host *h)
{
	*h = (struct host){ .fd = -1 };
	h->scratch = mmap(NULL, HOST_FRAME_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (h->scratch == MAP_FAILED) {
		h->scratch = NULL;
		return -ENOMEM;
	}
	/* Plaintext passes through here. */
	madvise(h->scratch, HOST_FRAME_MAX, MADV_DONTDUMP);
	return 0;
}

void host_fini(struct host *h)
{
	if (h->scratch)
		munmap(h->scratch, HOST_FRAME_MAX);
	h->scratch = NULL;
}

/* Somebody removed it: its descriptor would be readable for ever. */
static void host_lost(struct worker *w)
{
	log_error(
		"worker: the host interface is gone; restart cygnetd, until then what it would carry is dropped");
	w->host.fd = -1;
}

/* Into a frame, and on into the scratch buffer; octets of the frame, 0: there is
 * none. */
static uint32_t host_read(struct worker *w, uint64_t frame,
			  struct virtio_net_hdr *vnet)
{
	struct iovec at[] = {
		{ vnet, VNET_BYTES },
		{ umem_at(&w->umem, frame + FRAME_ETH_AT), PIECE_BYTES },
		{ w->host.scratch + PIECE_BYTES, HOST_FRAME_MAX - PIECE_BYTES },
	};
	ssize_t got = readv(w->host.fd, at, 3);

	if (got < 0 && errno == EBADFD)
		host_lost(w);
	return got <= (ssize_t)VNET_BYTES ? 0 : (uint32_t)got - VNET_BYTES;
}

static void join_batch(struct worker *w, struct batch *b, uint64_t frame,
		       uint32_t bytes)
{
	const struct port_desc desc = { frame + FRAME_ETH_AT, bytes, 0 };

	resolve_host(w, b, &desc);
}

/* Its tag says whose fault it is. */
static void refuse(struct worker *w, struct batch *b, uint64_t frame,
		   uint32_t bytes)
{
	join_batch(w, b, frame,
		   bytes < ETH_HEADER_BYTES ? bytes : ETH_HEADER_BYTES);
	b->pkt[b->n - 1].bytes = bytes;
}

/* One that comes as it is to go, but perhaps for its checksum. */
static void take_small(struct worker *w, struct batch *b, uint64_t frame,
		       const struct virtio_net_hdr *vnet, uint32_t bytes)
{
	if (!host_complete(vnet, umem_at(&w->umem, frame + FRAME_ETH_AT), bytes))
		refuse(w, b, frame, bytes);
	else
		join_batch(w, b, frame, bytes);
}

/* The scratch buffer of what walks is free then. */
static uint8_t *clear_the_way(struct worker *w, struct batch *b)
{
	worker_walk(w, b);
	w->host.walked = true;
	return large_place(w);
}

/* Likewise one that is larger than a frame. */
static void take_jumbo(struct worker *w, struct batch *b, uint64_t frame,
		       const struct virtio_net_hdr *vnet, uint32_t bytes)
{
	uint8_t *at = clear_the_way(w, b);

	memcpy(at, umem_at(&w->umem, frame + FRAME_ETH_AT), PIECE_BYTES);
	memcpy(at + PIECE_BYTES, w->host.scratch + PIECE_BYTES,
	       bytes - PIECE_BYTES);
	if (!host_complete(vnet, at, bytes))
		return refuse(w, b, frame, bytes);
	large_host(w, b, frame, bytes);
}

/* One to be cut: all of it in the scratch buffer; its frame is free again. */
static void take_large(struct worker *w, struct batch *b, uint64_t frame,
		       const struct virtio_net_hdr *vnet, uint32_t bytes)
{
	memcpy(w->host.scratch, umem_at(&w->umem, frame + FRAME_ETH_AT),
	       bytes < PIECE_BYTES ? bytes : PIECE_BYTES);
	if (!host_cut_begin(&w->host.cut, vnet, w->host.scratch, bytes,
			    UINT16_MAX))
		return refuse(w, b, frame, bytes);
	frame_put(&w->umem, frame);
}

/* All but the first are ours: the kernel gave one. */
static void cut_one(struct worker *w, struct batch *b, uint64_t frame)
{
	const struct host_cut *c = &w->host.cut;
	const bool large = c->payload_at + c->size > PACKET_ROOM;
	uint8_t *at = large ? clear_the_way(w, b)
			    : umem_at(&w->umem, frame + FRAME_ETH_AT);
	bool first = c->number == 0;
	uint32_t bytes;

	memcpy(at, w->host.scratch, ETH_HEADER_BYTES);
	bytes = host_cut_next(&w->host.cut, at + ETH_HEADER_BYTES);
	if (!first) {
		w->passes[PASS_WORKER_SEGMENT].pkts++;
		w->passes[PASS_WORKER_SEGMENT].bytes += bytes;
	}
	if (large)
		large_host(w, b, frame, ETH_HEADER_BYTES + bytes);
	else
		join_batch(w, b, frame, ETH_HEADER_BYTES + bytes);
}

/* 1: a frame was read; 0: there is none; -1: what is left of the last one is in
 * the way, or there is no room for another. */
static int host_take(struct worker *w, struct batch *b)
{
	struct virtio_net_hdr vnet;
	uint64_t frame;
	uint32_t bytes;

	while (host_cut_has_more(&w->host.cut)) {
		if (b->n == BATCH_MAX || !frame_get(&w->umem, &frame))
			return -1;
		cut_one(w, b, frame);
	}
	if (b->n == BATCH_MAX || !frame_get(&w->umem, &frame))
		return -1;
	bytes = host_read(w, frame, &vnet);
	if (!bytes) {
		frame_put(&w->umem, frame);
		return 0;
	}
	if (vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		take_large(w, b, frame, &vnet, bytes);
	else if (bytes > PIECE_BYTES)
		take_jumbo(w, b, frame, &vnet, bytes);
	else
		take_small(w, b, frame, &vnet, bytes);
	return 1;
}

/* What is still to be cut is not yet taken, as the barrier counts. */
bool host_rx(struct worker *w)
{
	uint32_t taken = host_cut_has_more(&w->host.cut);
	struct batch b;
	bool any;
	int more;

	b.n = 0;
	w->host.walked = false;
	while ((more = host_take(w, &b)) == 1)
		taken++;
	taken -= host_cut_has_more(&w->host.cut);
	any = b.n > 0 || w->host.walked;
	worker_walk(w, &b);
	drain_host(w, taken, more == 0);
	return any;
}
