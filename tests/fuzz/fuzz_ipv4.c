// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an IPv4 packet. What parses keeps inside the octets; without
 * options it is built again as it was; and counting the TTL down leaves the
 * checksum as right or wrong as before.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"

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
static void check_build(const uint8_t *data, const struct ipv4 *h)
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

static void check_ttl(const uint8_t *data, const struct ipv4 *h)
{
	uint8_t header[IPV4_HEADER_MAX_BYTES];
	uint16_t before;

	memcpy(header, data, h->header_bytes);
	before = ipv4_checksum(header, h->header_bytes);
	ipv4_ttl_decrement(header);
	require(ipv4_checksum(header, h->header_bytes) == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv4 h;

	if (!ipv4_parse(slice_of(data, size), &h))
		return 0;
	require(h.header_bytes >= IPV4_HEADER_BYTES);
	require(h.header_bytes <= h.total_bytes && h.total_bytes <= size);
	if (h.header_bytes == IPV4_HEADER_BYTES)
		check_build(data, &h);
	if (h.ttl > 0)
		check_ttl(data, &h);
	return 0;
}
