// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an IPv6 packet. It parses where another reading says that it does,
 * to the same parts; without extension headers it is built again as it was but
 * for the flow label, and what is cut off of it is a fragment of it; traffic class
 * and hop limit change alone; and the ICMPv6 error about it is one that may be
 * sent.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/icmp.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t *copy_of(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n);

	require(copy);
	return memcpy(copy, data, n);
}

static void check_parts(const struct ip_header *h, const struct packet_parts *p)
{
	uint16_t fragment =
		(uint16_t)(p->offset / 8 | (p->more ? IPV4_MF : 0) | IPV4_DF);

	require(h->version == 6 && h->total_bytes == p->total);
	require(h->header_bytes == p->headers && h->protocol == p->protocol);
	require(h->tos == p->tos && h->ttl == p->hops);
	require(h->fragment == fragment);
	require(addr_equal(&h->saddr, &p->from) && addr_equal(&h->daddr, &p->to));
}

static void check_build(const uint8_t *data, const struct ip_header *h)
{
	uint8_t built[IPV6_HEADER_BYTES];

	ip_build(built, h);
	require(built[0] == data[0] && built[1] == (data[1] & 0xf0));
	require(!built[2] && !built[3]);
	require(memcmp(built + 4, data + 4, sizeof(built) - 4) == 0);
}

static void check_changes(const uint8_t *data, const struct ip_header *h)
{
	uint8_t *at = copy_of(data, h->total_bytes);

	ip_set_tos(at, (uint8_t)~h->tos);
	ip_hop(at);
	require(at[0] == (6 << 4 | (~data[0] & 0xf)));
	require((at[1] >> 4) == (~data[1] >> 4 & 0xf));
	require((at[1] & 0xf) == (data[1] & 0xf));
	require(at[7] == (uint8_t)(h->ttl - 1));
	require(memcmp(at + 2, data + 2, 5) == 0);
	require(memcmp(at + 8, data + 8, h->total_bytes - 8) == 0);
	free(at);
}

/* Cut anywhere, to the octet behind what it needs. */
static void check_fragment(const uint8_t *data, const struct ip_header *h)
{
	uint32_t payload = h->total_bytes - IPV6_HEADER_BYTES;
	uint32_t from = payload / (1 + h->tos % 8) / 8 * 8;
	uint32_t bytes = (payload - from) / (1 + h->ttl % 4);
	uint8_t *out;

	if (from + bytes < payload)
		bytes = bytes / 8 * 8;
	if (!bytes)
		return;
	out = malloc(IPV6_HEADER_BYTES + IPV6_FRAGMENT_BYTES + bytes);
	require(out);
	if (!from) /* the first has its payload where it is */
		memcpy(out + 48, data + 40, bytes);
	ipv6_fragment(out, data, from, bytes, 0x01020304);
	require(out[6] == 44 && out[40] == data[6]);
	require(memcmp(out + 44, "\1\2\3\4", 4) == 0);
	require(((uint32_t)out[42] << 8 | (out[43] & 0xf8U)) == from);
	require((out[43] & 7) == (from + bytes < payload));
	require(memcmp(out + 48, data + 40 + from, bytes) == 0);
	free(out);
}

static void check_error(const uint8_t *data, const struct ip_header *h)
{
	struct slice packet = slice_of(data, h->total_bytes);
	struct ip_header ip = { .version = 6,
				.protocol = PROTO_ICMPV6,
				.saddr = h->daddr,
				.daddr = h->saddr };
	uint8_t error[ICMPV6_ERROR_MAX];
	uint32_t mtu;

	if (!icmp_may_answer(packet, h))
		return;
	ip.total_bytes = IPV6_HEADER_BYTES +
			 icmp_too_big(error + IPV6_HEADER_BYTES, packet, 6,
				      h->tos * 0x01020304U);
	icmp_build(error, &ip);
	require(packet_is_too_big(packet, slice_of(error, ip.total_bytes), &mtu));
	require(mtu == h->tos * 0x01020304U);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_parts parts;
	struct ip_header h;
	bool right = size && data[0] >> 4 == 6 &&
		     packet_read(slice_of(data, size), &parts);

	require(ipv6_parse(slice_of(data, size), &h) == right);
	if (!right)
		return 0;
	check_parts(&h, &parts);
	if (h.header_bytes == IPV6_HEADER_BYTES) {
		check_build(data, &h);
		check_fragment(data, &h);
	}
	check_changes(data, &h);
	check_error(data, &h);
	return 0;
}
