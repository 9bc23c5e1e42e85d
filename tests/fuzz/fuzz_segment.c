// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a frame of the host with a virtio_net_hdr in front; half of them
 * mended to be a large packet of TCP or UDP. What is cut is right IP packets that
 * are not larger than they may be and have the whole payload, in order; where the
 * large one had a right sum, so have they. Those of TCP that join again, all of
 * them, are the large packet. A checksum is made whole inside the frame or not at
 * all.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/host_cut.h"
#include "ctrl/dp/host_join.h"
#include "ctrl/wire/ip.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/fuzz/input.h"
#include "tests/support/packet.h"

#define ROOM	     3570U
#define SEGMENTS_MAX 256U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* RFC 9293 section 3.1. */
static uint16_t pseudo_of(const struct ip_header *ip)
{
	uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum = bytes + ip->protocol;

	for (uint32_t i = ip->version == 4 ? ADDR_V4_AT : 0; i < 16; i += 2)
		sum += (uint32_t)get_u16(ip->saddr.octets + i) +
		       get_u16(ip->daddr.octets + i);
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

static bool sum_is_right(const struct ip_header *ip, const uint8_t *l3)
{
	uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum = pseudo_of(ip);

	sum += (uint16_t)~ipv4_checksum(l3 + ip->header_bytes, bytes);
	return (uint16_t)((sum >> 16) + sum) == 0xffff;
}

/* --- what comes in */

struct given {
	struct virtio_net_hdr vnet;
	uint8_t *frame; /* owned */
	uint32_t bytes;
	bool is_right; /* the sum in it is the pseudo-header's */
};

/* A header and a sum that belong to the packet. */
static void mend(struct given *g, bool six, bool udp)
{
	const struct addr from = addr_of(six ? "2001:db8::1" : "10.1.0.1");
	const struct addr to = addr_of(six ? "2001:db8::2" : "10.2.0.1");
	uint8_t *l3 = g->frame + ETH_HEADER_BYTES;
	uint32_t n = g->bytes - ETH_HEADER_BYTES, at, checksum_at;
	struct ip_header ip;

	if (n < IPV6_HEADER_BYTES + TCP_HEADER_BYTES + 40U)
		return;
	l3[0] = six ? 0x60 : 0x45;
	if (!six)
		put_u16(l3 + 6, IPV4_DF);
	packet_mend(l3, n, udp ? PROTO_UDP : PROTO_TCP, &from, &to);
	if (!ip_parse(slice_of(l3, n), &ip))
		return;
	at = ip.header_bytes;
	if (!udp)
		l3[at + 12] = (uint8_t)((5U + l3[at + 12] % 11U) << 4);
	checksum_at = udp ? 6 : 16;
	put_u16(l3 + at + checksum_at, pseudo_of(&ip));
	g->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	g->vnet.gso_type = udp	 ? VNET_GSO_UDP_L4
			   : six ? VIRTIO_NET_HDR_GSO_TCPV6
				 : VIRTIO_NET_HDR_GSO_TCPV4;
	g->vnet.csum_start = (uint16_t)(ETH_HEADER_BYTES + at);
	g->vnet.csum_offset = (uint16_t)checksum_at;
	g->is_right = true;
}

static void take_given(struct slice *in, struct given *g)
{
	const uint8_t how = take(in);
	uint32_t own;

	g->vnet = (struct virtio_net_hdr){
		.flags = take(in),
		.gso_type = take(in),
		.hdr_len = take_u16(in),
		.gso_size = take_u16(in),
		.csum_start = take_u16(in),
		.csum_offset = take_u16(in),
	};
	g->bytes = take_u16(in);
	g->frame = malloc(g->bytes ? g->bytes : 1);
	g->is_right = false;
	require(g->frame);
	own = in->len < g->bytes ? (uint32_t)in->len : g->bytes;
	for (uint32_t i = own; i < g->bytes; i++)
		g->frame[i] = (uint8_t)(i ^ i >> 8);
	require(rd_bytes(in, g->frame, own));
	if (how & 1 && g->bytes > ETH_HEADER_BYTES)
		mend(g, how & 2, how & 4);
}

/* --- what becomes of it */

struct segment {
	uint8_t *l3; /* owned */
	struct ip_header ip;
};

static void check_segment(const struct host_cut *c, const struct given *g,
			  uint32_t from, const struct segment *s)
{
	uint32_t part = s->ip.total_bytes - c->payload_at;

	require(s->ip.total_bytes <= ROOM && part <= c->size);
	require(memcmp(s->l3 + c->payload_at, c->l3 + from, part) == 0);
	require(from + part == c->at);
	if (g->is_right)
		require(sum_is_right(&s->ip, s->l3));
}

static uint32_t cut(struct host_cut *c, const struct given *g,
		    struct segment *out)
{
	uint32_t n = 0;

	for (; host_cut_has_more(c) && n < SEGMENTS_MAX; n++) {
		uint8_t l3[ROOM];
		uint32_t from = c->at, bytes = host_cut_next(c, l3);

		require(bytes <= ROOM &&
			ip_parse(slice_of(l3, bytes), &out[n].ip));
		require(out[n].ip.total_bytes == bytes);
		out[n].l3 = malloc(bytes);
		require(out[n].l3);
		memcpy(out[n].l3, l3, bytes);
		check_segment(c, g, from, &out[n]);
	}
	return n;
}

/* Headers as they were: what is alike in all segments, and in the first one. */
static void check_whole(struct host_join *j, const struct host_cut *c,
			const struct given *g)
{
	struct virtio_net_hdr vnet;

	host_join_end(j, &vnet);
	require(j->bytes == c->end && j->size == c->size);
	require(vnet.csum_start == g->vnet.csum_start &&
		vnet.csum_offset == g->vnet.csum_offset);
	if (!g->is_right)
		return;
	require(memcmp(j->l3, c->l3, c->payload_at) == 0);
	require(vnet.gso_type == (g->vnet.gso_type & ~VIRTIO_NET_HDR_GSO_ECN));
}

static void join(const struct segment *s, uint32_t n, const struct host_cut *c,
		 const struct given *g)
{
	struct host_join j;

	if (!host_join_begin(&j, s[0].l3, &s[0].ip))
		return;
	for (uint32_t i = 1; i < n; i++)
		if (!host_join_add(&j, s[i].l3, &s[i].ip))
			return;
	if (j.n > 1)
		check_whole(&j, c, g);
}

static void check_complete(struct given *g)
{
	bool partial = g->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	const uint8_t *l3 = g->frame + ETH_HEADER_BYTES;

	struct ip_header ip;

	if (!host_complete(&g->vnet, g->frame, g->bytes) || !g->is_right)
		return;
	require(partial);
	require(ip_parse(slice_of(l3, g->bytes - ETH_HEADER_BYTES), &ip));
	require(sum_is_right(&ip, l3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct segment segments[SEGMENTS_MAX];
	struct slice in = slice_of(data, size);
	struct host_cut c;
	struct given g;
	uint32_t n = 0;

	take_given(&in, &g);
	if (host_cut_begin(&c, &g.vnet, g.frame, g.bytes, ROOM))
		n = cut(&c, &g, segments);
	else
		require(!host_cut_has_more(&c));
	if (n > 1 && !host_cut_has_more(&c))
		join(segments, n, &c, &g);
	while (n)
		free(segments[--n].l3);
	check_complete(&g);
	free(g.frame);
	return 0;
}
