// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/port_mem.h"

#include <string.h>

static struct port_mem *self(struct port *p)
{
	return (struct port_mem *)p; /* its first member */
}

static uint32_t mem_rx(struct port *p, struct port_desc *out, uint32_t n)
{
	struct port_mem *m = self(p);
	const uint32_t there = m->rx_n - m->rx_at;
	uint32_t more = p->n_pieces;

	if (n > there)
		n = there;
	for (uint32_t i = 0; i < n; i++)
		more |= m->rx[m->rx_at + i].more;
	p->chained = more != 0;
	memcpy(out, m->rx + m->rx_at, n * sizeof(*out));
	m->rx_at += n;
	p->in_kernel -= n;
	return n;
}

static uint32_t mem_waiting(struct port *p)
{
	return self(p)->rx_n - self(p)->rx_at;
}

static uint32_t mem_tx(struct port *p, const struct port_desc *in, uint32_t n)
{
	struct port_mem *m = self(p);
	const uint32_t room = m->tx_room > m->tx_n ? m->tx_room - m->tx_n : 0;

	if (n > room)
		n = room;
	while (n && in[n - 1].more)
		n--;
	memcpy(m->tx + m->tx_n, in, n * sizeof(*in));
	m->tx_n += n;
	p->in_kernel += n;
	return n;
}

static uint32_t mem_unsent(struct port *p)
{
	(void)p;
	return 0;
}

/* What was transmitted stays to be looked at; see port_mem_reset(). */
static uint32_t mem_complete(struct port *p)
{
	(void)p;
	return 0;
}

static void mem_fill(struct port *p, uint32_t n)
{
	(void)p;
	(void)n;
}

static void mem_kick(struct port *p)
{
	(void)p;
}

static void mem_kernel_drops(struct port *p, uint64_t drops[DROP_MAX])
{
	(void)p;
	(void)drops;
}

static const struct port_ops mem_ops = {
	.rx = mem_rx,
	.waiting = mem_waiting,
	.tx = mem_tx,
	.unsent = mem_unsent,
	.complete = mem_complete,
	.fill = mem_fill,
	.kick = mem_kick,
	.kernel_drops = mem_kernel_drops,
	.close = mem_kick,
};

void port_mem_init(struct port_mem *m, struct umem *umem, uint32_t ifindex)
{
	memset(m, 0, sizeof(*m));
	m->tx_room = PORT_MEM_ROOM;
	m->port = (struct port){
		.ops = &mem_ops,
		.ifindex = ifindex,
		.fd = -1,
		.chains = true,
		.pieces_max = CHAIN_MAX,
		.umem = umem,
	};
}

static bool give_piece(struct port_mem *m, const uint8_t *octets,
		       uint32_t bytes, bool more, uint8_t **at)
{
	uint64_t addr;

	if (m->rx_n == PORT_MEM_ROOM || !frame_get(m->port.umem, &addr))
		return false;
	addr += FRAME_ETH_AT;
	*at = umem_at(m->port.umem, addr);
	memcpy(*at, octets, bytes);
	m->rx[m->rx_n++] = (struct port_desc){ addr, bytes, more };
	m->port.in_kernel++;
	return true;
}

bool port_mem_give(struct port_mem *m, const void *meta, uint32_t meta_bytes,
		   const void *frame, uint32_t bytes)
{
	const uint8_t *from = frame;
	uint8_t *first, *at;

	if (bytes > PORT_MEM_FRAME_MAX ||
	    !give_piece(m, from, bytes < PIECE_BYTES ? bytes : PIECE_BYTES,
			bytes > PIECE_BYTES, &first))
		return false;
	memset(first - meta_bytes, 0, meta_bytes);
	if (meta)
		memcpy(first - meta_bytes, meta, meta_bytes);
	while (bytes > PIECE_BYTES) {
		from += PIECE_BYTES;
		bytes -= PIECE_BYTES;
		if (!give_piece(m, from,
				bytes < PIECE_BYTES ? bytes : PIECE_BYTES,
				bytes > PIECE_BYTES, &at))
			return false;
	}
	return true;
}

const uint8_t *port_mem_sent(const struct port_mem *m, uint32_t index,
			     uint32_t *bytes)
{
	*bytes = m->tx[index].bytes;
	return umem_at(m->port.umem, m->tx[index].addr);
}

uint32_t port_mem_sent_whole(const struct port_mem *m, uint32_t *index,
			     uint8_t frame[PORT_MEM_FRAME_MAX])
{
	uint32_t bytes = 0;
	bool more = true;

	while (more && *index < m->tx_n) {
		const struct port_desc *d = &m->tx[(*index)++];

		if (bytes + d->bytes > PORT_MEM_FRAME_MAX)
			return 0;
		memcpy(frame + bytes, umem_at(m->port.umem, d->addr), d->bytes);
		bytes += d->bytes;
		more = d->more;
	}
	return more ? 0 : bytes;
}

/* Of a frame, the last piece counts. */
static uint32_t count_whole(const struct port_desc *desc, uint32_t n)
{
	uint32_t whole = 0;

	for (uint32_t i = 0; i < n; i++)
		whole += !desc[i].more;
	return whole;
}

uint32_t port_mem_sent_n(const struct port_mem *m)
{
	return count_whole(m->tx, m->tx_n);
}

uint32_t port_mem_waiting_n(const struct port_mem *m)
{
	return count_whole(m->rx + m->rx_at, m->rx_n - m->rx_at);
}

void port_mem_reset(struct port_mem *m)
{
	for (uint32_t i = 0; i < m->tx_n; i++)
		frame_put(m->port.umem, m->tx[i].addr);
	for (; m->rx_at < m->rx_n; m->rx_at++)
		frame_put(m->port.umem, m->rx[m->rx_at].addr);
	m->port.in_kernel = 0;
	m->tx_n = m->rx_n = m->rx_at = 0;
}
