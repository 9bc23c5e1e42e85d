// SPDX-License-Identifier: BSD-2-Clause
/*
 * What goes up to the host, by the host interface: with its own MAC as
 * destination, or where it came out of a tunnel with an interface of its own with a
 * tag, by which it goes on to that one; and no claim about checksums but for segments of TCP that were
 * verified and joined (host_join.h). What joins stays in the frames that it came
 * in, and the kernel gathers it from there. Worker.
 */
#include <string.h>
#include <sys/uio.h>

#include "ctrl/dp/worker.h"
#include "include/tunnel.h"

#define LINK_BYTES (ETH_HEADER_BYTES - ETH_TYPE_BYTES)

static void fill_link(const struct worker *w, const struct packet *p,
		      uint8_t link[LINK_BYTES])
{
	const struct tunnel_tag tag = { .magic = w->magic, .if_id = p->if_id };

	if (p->if_id) {
		memcpy(link, &tag, sizeof(tag));
		return;
	}
	memcpy(link, w->host.mac, sizeof(w->host.mac));
	memcpy(link + sizeof(w->host.mac), w->host.mac, sizeof(w->host.mac));
}

_Static_assert(LINK_BYTES == sizeof(struct tunnel_tag), "two MAC addresses");

/* In front of the first one, as if it stood there alone. */
static uint8_t *put_headers(const struct worker *w, struct packet *p)
{
	uint8_t link[LINK_BYTES];
	uint8_t *from;

	fill_link(w, p, link);
	from = packet_put_ether(p, link, sizeof(link)) -
	       sizeof(struct virtio_net_hdr);
	memset(from, 0, sizeof(struct virtio_net_hdr));
	return from;
}

static bool write_all(const struct worker *w, const struct iovec *at, uint32_t n)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < n; i++)
		bytes += at[i].iov_len;
	return w->host.fd >= 0 &&
	       writev(w->host.fd, at, (int)n) == (ssize_t)bytes;
}

static void end(struct worker *w, struct packet *p, bool taken)
{
	if (!taken)
		return packet_drop(p, DROP_HOST_WRITE);
	w->passes[PASS_WORKER_HOST].pkts++;
	w->passes[PASS_WORKER_HOST].bytes += p->bytes;
	frame_put(&w->umem, p->frame);
	p->state = PKT_GONE;
}

void host_tx_flush(struct worker *w, struct host_run *run)
{
	struct packet *first = run->pkt[0];
	struct iovec at[BATCH_MAX];
	struct virtio_net_hdr vnet;
	uint8_t *from;
	bool taken;

	if (!run->n)
		return;
	from = put_headers(w, first);
	if (run->n > 1) {
		host_join_end(&run->join, &vnet);
		memcpy(from, &vnet, sizeof(vnet));
	}
	at[0] = (struct iovec){ from,
				(size_t)(first->l3 - from) + first->bytes };
	for (uint32_t i = 1; i < run->n; i++)
		at[i] = (struct iovec){ run->pkt[i]->l3 + run->join.header,
					run->pkt[i]->bytes - run->join.header };
	taken = write_all(w, at, run->n);
	for (uint32_t i = 0; i < run->n; i++)
		end(w, run->pkt[i], taken);
	run->n = 0;
}

void host_tx(struct worker *w, struct host_run *run, struct packet *p)
{
	if (run->n && (run->pkt[0]->if_id != p->if_id ||
		       !host_join_add(&run->join, p->l3, &p->ip)))
		host_tx_flush(w, run);
	if (!run->n && !host_join_begin(&run->join, p->l3, &p->ip)) {
		run->pkt[run->n++] = p;
		return host_tx_flush(w, run);
	}
	run->pkt[run->n++] = p;
}
