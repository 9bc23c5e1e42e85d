// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an ICMP error that a packet was too big, and any octets as the packet
 * that a right one quotes: what is read of them is what another reading finds, and
 * no path MTU follows that is below the least, or above what the error says.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/icmp_told.h"
#include "include/proto.h"
#include "tests/support/packet.h"
#include "tests/support/told.h"

#define MTU_BYTES  4U
#define PACKET_MIN 40U /* whose family and source told_build() reads */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* Octets of the quoted packet's headers, and the protocol behind; 0: none. */
static size_t headers_v4(const uint8_t *q, size_t n, uint8_t *protocol)
{
	size_t bytes = n < 20 ? 0 : (q[0] & 15U) * 4U;

	if (bytes < 20 || bytes > n || (size_t)(q[2] << 8 | q[3]) < bytes ||
	    (q[6] & 0x1f) || q[7])
		return 0;
	*protocol = q[9];
	return bytes;
}

static bool is_mapped(const uint8_t *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a, mapped, sizeof(mapped)) == 0;
}

static size_t headers_v6(const uint8_t *q, size_t n, uint8_t *protocol)
{
	size_t end, at = 40, of;

	if (n < 40 || is_mapped(q + 8) || is_mapped(q + 24))
		return 0;
	end = 40U + (size_t)(q[4] << 8 | q[5]);
	end = end < n ? end : n;
	*protocol = q[6];
	for (int i = 0; *protocol == 0 || *protocol == 43 || *protocol == 44 ||
			*protocol == 60;
	     i++) {
		if (i == 6 || end - at < 8)
			return 0;
		of = *protocol == 44 ? 8 : 8U + q[at + 1] * 8U;
		if (*protocol == 44 && (q[at + 2] || q[at + 3] & 0xf8))
			return 0;
		if (of > end - at)
			return 0;
		*protocol = q[at];
		at += of;
	}
	return at;
}

/* The reading of a quote; 0: no SPI and number, else where they are. */
static size_t spi_at(uint8_t version, const uint8_t *q, size_t n)
{
	uint8_t protocol = 0;
	size_t at;

	if (!n || q[0] >> 4 != version)
		return 0;
	at = version == 4 ? headers_v4(q, n, &protocol)
			  : headers_v6(q, n, &protocol);
	if (!at || (protocol != 50 && protocol != 51 && protocol != 17))
		return 0;
	at += protocol == 17 ? 8 : protocol == 51 ? 4 : 0;
	return at + 8 <= n && word(q + at) ? at : 0;
}

static void check_mtu(const struct icmp_told *t)
{
	uint32_t mtu = icmp_told_mtu(t);

	if (t->version == 6) {
		require(mtu == (t->mtu >= 1280 ? t->mtu : 0));
		return;
	}
	require(mtu >= 576 && mtu <= 65535);
	require(!t->mtu || mtu == (t->mtu < 576 ? 576 : t->mtu));
	require(t->mtu || mtu == 576 || mtu < t->total_bytes);
}

/* l3: a right packet, in memory that ends with it. */
static bool check(const uint8_t *l3, size_t n, struct icmp_told *t)
{
	struct ip_header h;
	bool read;

	if (!ip_parse(slice_of(l3, n), &h))
		return false;
	read = icmp_told_read(slice_of(l3, h.total_bytes), &h, t);
	if (read) {
		const uint8_t *q = l3 + h.header_bytes + 8;
		size_t at = spi_at(h.version, q,
				   h.total_bytes - h.header_bytes - 8);

		require(at && t->spi == word(q + at));
		require(t->seq == word(q + at + 4));
		check_mtu(t);
	}
	return read;
}

static void check_quote(const uint8_t *packet, size_t n, uint32_t mtu)
{
	const uint8_t version = packet[0] >> 4;
	struct icmp_told t;
	uint8_t l3[TOLD_MAX], *copy;
	uint32_t bytes;
	bool read;

	if (n > TOLD_MAX - 48)
		n = TOLD_MAX - 48;
	bytes = told_build(l3, slice_of(packet, n), (uint32_t)n, mtu);
	copy = malloc(bytes);
	require(copy);
	memcpy(copy, l3, bytes);
	read = check(copy, bytes, &t);
	require(read == (spi_at(version, packet, n) != 0));
	require(!read || t.mtu == (version == 4 ? mtu & 0xffff : mtu));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct icmp_told t;

	check(data, size, &t);
	if (size < MTU_BYTES + PACKET_MIN)
		return 0;
	if (data[MTU_BYTES] >> 4 == 4 || data[MTU_BYTES] >> 4 == 6)
		check_quote(data + MTU_BYTES, size - MTU_BYTES, word(data));
	return 0;
}
