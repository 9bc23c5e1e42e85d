// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an IPv4 packet. What parses keeps inside the octets; without
 * options it is built again as it was; counting the TTL down leaves the checksum
 * as right or wrong as before; what is cut off of it is a fragment of it; and the
 * ICMP error about it is one that may be sent.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/icmp.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define CHECKSUM_OFF 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/*
 * With its checksum made right, since a fuzzer seldom finds one; 0xffff would
 * verify as well, but nobody computes it.
 */
static void check_build(const uint8_t *data, const struct ip_header *h)
{
	uint8_t right[IPV4_HEADER_BYTES], built[IPV4_HEADER_BYTES];
	uint16_t checksum;

	memcpy(right, data, sizeof(right));
	memset(right + CHECKSUM_OFF, 0, 2);
	checksum = ipv4_checksum(right, sizeof(right));
	right[CHECKSUM_OFF] = (uint8_t)(checksum >> 8);
	right[CHECKSUM_OFF + 1] = (uint8_t)checksum;
	require(ipv4_checksum(right, sizeof(right)) == 0);
	ipv4_build(built, h);
	require(memcmp(built, right, sizeof(built)) == 0);
}

static void check_ttl(const uint8_t *data, const struct ip_header *h)
{
	uint8_t header[IPV4_HEADER_MAX_BYTES];
	uint16_t before;

	memcpy(header, data, h->header_bytes);
	before = ipv4_checksum(header, h->header_bytes);
	ipv4_ttl_decrement(header);
	require(ipv4_checksum(header, h->header_bytes) == before);
}

/* Cut anywhere, to the octet behind what it needs. */
static void check_fragment(const uint8_t *data, const struct ip_header *h)
{
	uint32_t payload = (uint32_t)h->total_bytes - h->header_bytes;
	uint32_t from = payload / (1 + h->tos % 8) / 8 * 8;
	uint32_t bytes = (payload - from) / (1 + h->ttl % 4), at, got;
	uint8_t *out;

	if (from + bytes < payload)
		bytes = bytes / 8 * 8;
	if (!bytes || h->fragment & IPV4_DF ||
	    (h->fragment & IPV4_OFFSET_MASK) + from / 8 > IPV4_OFFSET_MASK)
		return;
	out = malloc(h->header_bytes + bytes);
	require(out);
	ipv4_fragment(out, data, h, from, bytes);
	require(ipv4_checksum(out, h->header_bytes) == 0);
	require(packet_is_fragment(slice_of(data, h->total_bytes),
				   slice_of(out, h->header_bytes + bytes), &at,
				   &got));
	require(at == from && got == bytes);
	free(out);
}

static void check_error(const uint8_t *data, const struct ip_header *h)
{
	uint8_t error[ICMPV6_ERROR_MAX];
	struct slice packet = slice_of(data, h->total_bytes);
	struct ip_header ip = { .version = 4,
				.protocol = PROTO_ICMP,
				.daddr = h->saddr };
	uint32_t mtu;

	if (!icmp_may_answer(packet, h) || !(h->fragment & IPV4_DF) ||
	    ipv4_checksum(data, h->header_bytes))
		return;
	ip.total_bytes =
		IPV4_HEADER_BYTES +
		icmp_too_big(error + IPV4_HEADER_BYTES, packet, 4, h->id);
	icmp_build(error, &ip);
	require(packet_is_too_big(packet, slice_of(error, ip.total_bytes), &mtu));
	require(mtu == h->id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ip_header h;

	if (!ipv4_parse(slice_of(data, size), &h))
		return 0;
	require(h.header_bytes >= IPV4_HEADER_BYTES);
	require(h.header_bytes <= h.total_bytes && h.total_bytes <= size);
	if (h.header_bytes == IPV4_HEADER_BYTES)
		check_build(data, &h);
	if (h.ttl > 0)
		check_ttl(data, &h);
	check_fragment(data, &h);
	check_error(data, &h);
	return 0;
}
