// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/packet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ipv4.h"

#define DF	0x4000U
#define MF	0x2000U
#define OFFSET	0x1fffU
#define ICMP	1U
#define HEADER	20U
#define QUOTE	548U /* RFC 1812 section 4.3.2.3: 576 in all */
#define FROM_AT 12U
#define TO_AT	16U

struct addr addr_of(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a))
		abort();
	return a;
}

static uint32_t header_of(const uint8_t *l3)
{
	return (l3[0] & 0xfU) * 4;
}

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void packet_mend_checksum(uint8_t *l3, uint32_t n)
{
	uint32_t header = header_of(l3);
	uint16_t checksum_be;

	if (header < HEADER || header > n)
		return;
	memset(l3 + 10, 0, 2);
	checksum_be = htons(ipv4_checksum(l3, header));
	memcpy(l3 + 10, &checksum_be, 2);
}

void packet_mend(uint8_t *l3, uint32_t n, uint8_t protocol,
		 const struct addr *saddr, const struct addr *daddr)
{
	uint32_t header = header_of(l3);

	if (n < HEADER)
		return;
	if (header < HEADER || header > n)
		header = HEADER;
	l3[0] = (uint8_t)(4 << 4 | header / 4);
	l3[2] = (uint8_t)(n >> 8);
	l3[3] = (uint8_t)n;
	l3[9] = protocol;
	memcpy(l3 + FROM_AT, saddr->octets + ADDR_V4_AT, 4);
	memcpy(l3 + TO_AT, daddr->octets + ADDR_V4_AT, 4);
	packet_mend_checksum(l3, n);
}

bool packet_tos_fits(uint8_t inner, uint8_t outer, uint8_t tos)
{
	static const uint8_t by_inner_outer[4][4] = {
		{ 0, 0, 0, 0 }, { 1, 1, 1, 3 }, { 2, 1, 2, 3 }, { 3, 3, 3, 3 }
	};

	for (uint32_t i = 0; i < 4; i++)
		if (outer >> i & 1 &&
		    tos == ((inner & 0xfc) | by_inner_outer[inner & 3][i]))
			return true;
	return false;
}

bool packet_is_same(struct slice packet, const uint8_t *l3, uint8_t hops)
{
	const uint8_t *want = packet.ptr;

	return l3[0] == want[0] && memcmp(l3 + 2, want + 2, 6) == 0 &&
	       l3[8] == want[8] - hops && l3[9] == want[9] &&
	       memcmp(l3 + 12, want + 12, packet.len - 12) == 0;
}

/* Each octet as it was, or a NOP in its place. */
static bool options_fit(const uint8_t *want, const uint8_t *l3, bool first)
{
	for (uint32_t i = HEADER; i < header_of(want); i++)
		if (l3[i] != want[i] && (first || l3[i] != 1))
			return false;
	return true;
}

bool packet_is_fragment(struct slice packet, struct slice l3, uint32_t *from,
			uint32_t *bytes)
{
	const uint8_t *want = packet.ptr, *at = l3.ptr;
	uint32_t header = header_of(want), offset;
	uint16_t whole = word(want + 6), part = word(at + 6);
	bool last;

	offset = (uint32_t)((part & OFFSET) - (whole & OFFSET));
	if (at[0] != want[0] || at[1] != want[1] || l3.len <= header ||
	    memcmp(at + 4, want + 4, 2) != 0 || at[8] != want[8] ||
	    at[9] != want[9] || memcmp(at + FROM_AT, want + FROM_AT, 8) != 0 ||
	    whole & DF || offset > OFFSET)
		return false;
	*from = offset * 8;
	*bytes = (uint32_t)l3.len - header;
	if (*from + *bytes > packet.len - header ||
	    memcmp(at + header, want + header + *from, *bytes) != 0)
		return false;
	last = *from + *bytes == packet.len - header;
	return options_fit(want, at, *from == 0) &&
	       (last ? (part & ~OFFSET) == (whole & ~OFFSET)
		     : (part & ~OFFSET) == ((whole & ~OFFSET) | MF) &&
				*bytes % 8 == 0);
}

/* No error about one that is no first fragment, not one host's, or an error. */
static bool may_be_told_of(const uint8_t *l3)
{
	uint8_t type = l3[header_of(l3)], from = l3[FROM_AT];

	return !(word(l3 + 6) & OFFSET) && from && from != 127 && from < 224 &&
	       l3[TO_AT] < 224 &&
	       (l3[9] != ICMP || type == 0 || type == 8 || type == 13 ||
		type == 14);
}

bool packet_is_frag_needed(struct slice packet, struct slice l3, uint16_t *mtu)
{
	uint32_t quoted = packet.len < QUOTE ? (uint32_t)packet.len : QUOTE;
	const uint8_t *icmp = l3.ptr + HEADER, *quote = icmp + 8,
		      *want = packet.ptr;

	if (l3.ptr[0] != 0x45 || l3.len != HEADER + 8 + quoted ||
	    l3.ptr[9] != ICMP || icmp[0] != 3 || icmp[1] != 4 || word(icmp + 4) ||
	    ipv4_checksum(icmp, 8 + quoted) || !(word(want + 6) & DF))
		return false;
	*mtu = word(icmp + 6);
	return memcmp(quote, want, 8) == 0 && quote[8] - want[8] <= 1 &&
	       quote[8] >= want[8] && quote[9] == want[9] &&
	       !ipv4_checksum(quote, header_of(quote)) &&
	       memcmp(quote + 12, want + 12, quoted - 12) == 0 &&
	       memcmp(l3.ptr + TO_AT, quote + FROM_AT, 4) == 0 &&
	       may_be_told_of(quote);
}
