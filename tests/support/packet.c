// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/packet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ipv4.h"

#define DF	  0x4000U
#define MF	  0x2000U
#define OFFSET	  0x1fffU
#define ICMP	  1U
#define ICMP_V6	  58U
#define HEADER	  20U
#define HEADER_V6 40U
#define QUOTE_V6  1232U /* RFC 4443 section 2.4 c: 1280 in all */
#define QUOTE	  548U	/* RFC 1812 section 4.3.2.3: 576 in all */
#define FROM_AT	  12U
#define TO_AT	  16U

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

/* --- reading --- */

static struct addr mapped(const uint8_t *v4)
{
	struct addr a = { .octets = { [10] = 0xff, [11] = 0xff } };

	memcpy(a.octets + 12, v4, 4);
	return a;
}

/* RFC 791 section 3.1; the checksum by RFC 1812 section 5.2.2. */
static bool read_v4(struct slice l3, struct packet_parts *out)
{
	const uint8_t *at = l3.ptr;

	if (l3.len < HEADER || at[0] < 0x45)
		return false;
	*out = (struct packet_parts){
		.version = 4,
		.tos = at[1],
		.hops = at[8],
		.protocol = at[9],
		.headers = header_of(at),
		.total = word(at + 2),
		.offset = (word(at + 6) & OFFSET) * 8,
		.more = word(at + 6) & MF,
		.df = word(at + 6) & DF,
		.from = mapped(at + FROM_AT),
		.to = mapped(at + TO_AT),
	};
	return out->total >= out->headers && out->total <= l3.len &&
	       !ipv4_checksum(at, out->headers);
}

/* RFC 8200 section 4: one extension header after the other, six at most. */
static bool read_extensions(const uint8_t *at, struct packet_parts *out)
{
	for (int left = 6;; left--) {
		const uint8_t *header = at + out->headers;
		uint32_t here = out->total - out->headers, bytes;
		bool fragment = out->protocol == 44;

		if (!fragment && out->protocol != 0 && out->protocol != 43 &&
		    out->protocol != 60)
			return true;
		bytes = here < 8 ? 8 : fragment ? 8 : (header[1] + 1U) * 8;
		if (!left || here < bytes)
			return false;
		out->protocol = header[0];
		out->headers += bytes;
		if (!fragment)
			continue;
		out->offset = word(header + 2) & ~7U;
		out->more |= header[3] & 1;
		if (out->offset)
			return true;
	}
}

static bool read_v6(struct slice l3, struct packet_parts *out)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *at = l3.ptr;

	if (l3.len < HEADER_V6)
		return false;
	*out = (struct packet_parts){
		.version = 6,
		.tos = packet_tos(at),
		.hops = at[7],
		.protocol = at[6],
		.headers = HEADER_V6,
		.total = HEADER_V6 + word(at + 4),
		.df = true,
	};
	memcpy(&out->from, at + 8, 16);
	memcpy(&out->to, at + 24, 16);
	return out->total <= l3.len && memcmp(at + 8, prefix, 12) != 0 &&
	       memcmp(at + 24, prefix, 12) != 0 && read_extensions(at, out);
}

bool packet_read(struct slice l3, struct packet_parts *out)
{
	if (!l3.len)
		return false;
	if (l3.ptr[0] >> 4 == 6)
		return read_v6(l3, out);
	return l3.ptr[0] >> 4 == 4 && read_v4(l3, out);
}

uint32_t packet_base(const uint8_t *l3)
{
	return l3[0] >> 4 == 6 ? HEADER_V6 : HEADER;
}

uint8_t packet_tos(const uint8_t *l3)
{
	return (uint8_t)(l3[0] >> 4 == 6 ? l3[0] << 4 | l3[1] >> 4 : l3[1]);
}

/* --- mending --- */

void packet_set_tos(uint8_t *l3, uint8_t tos)
{
	if (l3[0] >> 4 != 6) {
		l3[1] = tos;
		return;
	}
	l3[0] = (uint8_t)(0x60 | tos >> 4);
	l3[1] = (uint8_t)(tos << 4 | (l3[1] & 0xf));
}

void packet_set_hops(uint8_t *l3, uint8_t hops)
{
	l3[l3[0] >> 4 == 6 ? 7 : 8] = hops;
}

void packet_mend_checksum(uint8_t *l3, uint32_t n)
{
	uint32_t header = header_of(l3);
	uint16_t checksum_be;

	if (l3[0] >> 4 == 6 || header < HEADER || header > n)
		return;
	memset(l3 + 10, 0, 2);
	checksum_be = htons(ipv4_checksum(l3, header));
	memcpy(l3 + 10, &checksum_be, 2);
}

static void mend_v6(uint8_t *l3, uint32_t n, uint8_t protocol,
		    const struct addr *saddr, const struct addr *daddr)
{
	if (n < HEADER_V6)
		return;
	l3[4] = (uint8_t)((n - HEADER_V6) >> 8);
	l3[5] = (uint8_t)(n - HEADER_V6);
	l3[6] = protocol;
	memcpy(l3 + 8, saddr, sizeof(*saddr));
	memcpy(l3 + 24, daddr, sizeof(*daddr));
}

void packet_mend(uint8_t *l3, uint32_t n, uint8_t protocol,
		 const struct addr *saddr, const struct addr *daddr)
{
	uint32_t header = header_of(l3);

	if (l3[0] >> 4 == 6)
		return mend_v6(l3, n, protocol, saddr, daddr);
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

/* --- comparing --- */

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

static bool is_same_v6(struct slice packet, const uint8_t *l3, uint8_t hops)
{
	const uint8_t *want = packet.ptr;

	return l3[0] >> 4 == 6 && (l3[1] & 0xf) == (want[1] & 0xf) &&
	       memcmp(l3 + 2, want + 2, 5) == 0 && l3[7] == want[7] - hops &&
	       memcmp(l3 + 8, want + 8, packet.len - 8) == 0;
}

bool packet_is_same(struct slice packet, const uint8_t *l3, uint8_t hops)
{
	const uint8_t *want = packet.ptr;

	if (want[0] >> 4 == 6)
		return is_same_v6(packet, l3, hops);
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
	if (want[0] >> 4 != 4 || at[0] != want[0] || at[1] != want[1] ||
	    l3.len <= header || memcmp(at + 4, want + 4, 2) != 0 ||
	    at[8] != want[8] || at[9] != want[9] ||
	    memcmp(at + FROM_AT, want + FROM_AT, 8) != 0 || whole & DF ||
	    offset > OFFSET)
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

bool packet_join(struct packet_whole *w, struct slice l3)
{
	struct packet_parts p;
	uint32_t id, bytes;

	if (!packet_read(l3, &p) || (!p.more && !p.offset))
		return false;
	bytes = p.total - p.headers;
	id = p.version == 4 ? word(l3.ptr + 4)
			    : (uint32_t)word(l3.ptr + p.headers - 4) << 16 |
				      word(l3.ptr + p.headers - 2);
	if ((w->headers && w->id != id) ||
	    HEADER_V6 + p.offset + bytes > sizeof(w->l3))
		return false;
	w->id = id;
	w->headers = packet_base(l3.ptr);
	memcpy(w->l3, l3.ptr, w->headers);
	w->l3[p.version == 4 ? 9 : 6] = p.protocol;
	memcpy(w->l3 + w->headers + p.offset, l3.ptr + p.headers, bytes);
	w->have += bytes;
	if (!p.more)
		w->payload = p.offset + bytes;
	return true;
}

uint32_t packet_joined(struct packet_whole *w)
{
	uint32_t bytes = w->headers + w->payload;
	bool v6 = w->headers == HEADER_V6;
	uint32_t says = v6 ? w->payload : bytes;

	if (!w->payload || w->have != w->payload)
		return 0;
	w->l3[v6 ? 4 : 2] = (uint8_t)(says >> 8);
	w->l3[v6 ? 5 : 3] = (uint8_t)says;
	if (!v6)
		memset(w->l3 + 6, 0, 2);
	packet_mend_checksum(w->l3, bytes);
	return bytes;
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

static bool is_frag_needed(struct slice packet, struct slice l3, uint32_t *mtu)
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

static bool may_be_told_of_v6(const uint8_t *l3, const struct packet_parts *p)
{
	static const uint8_t none[16], loopback[16] = { [15] = 1 };
	uint8_t type = p->total > p->headers ? l3[p->headers] : 0;

	return memcmp(&p->from, none, 16) != 0 &&
	       memcmp(&p->from, loopback, 16) != 0 &&
	       p->from.octets[0] != 0xff &&
	       (p->protocol != ICMP_V6 ||
		(!p->offset && type >= 128 && type != 137));
}

/* Over the pseudo-header of RFC 8200 section 8.1; 0: right. */
static uint16_t checksum_v6(const uint8_t *l3, uint32_t bytes)
{
	uint8_t whole[40 + QUOTE_V6 + 8] = { 0 };

	memcpy(whole, l3 + 8, 32);
	whole[34] = (uint8_t)(bytes >> 8);
	whole[35] = (uint8_t)bytes;
	whole[39] = ICMP_V6;
	memcpy(whole + 40, l3 + HEADER_V6, bytes);
	return ipv4_checksum(whole, 40 + bytes);
}

static bool is_too_big_v6(struct slice packet, struct slice l3, uint32_t *mtu)
{
	uint32_t quoted =
		packet.len < QUOTE_V6 ? (uint32_t)packet.len : QUOTE_V6;
	const uint8_t *icmp = l3.ptr + HEADER_V6, *quote = icmp + 8,
		      *want = packet.ptr;
	struct packet_parts p;

	if (l3.ptr[0] >> 4 != 6 || l3.len != HEADER_V6 + 8 + quoted ||
	    l3.ptr[6] != ICMP_V6 || icmp[0] != 2 || icmp[1] != 0 ||
	    checksum_v6(l3.ptr, 8 + quoted))
		return false;
	*mtu = (uint32_t)word(icmp + 4) << 16 | word(icmp + 6);
	return packet_read(packet, &p) && memcmp(quote, want, 7) == 0 &&
	       quote[7] - want[7] <= 1 && quote[7] >= want[7] &&
	       memcmp(quote + 8, want + 8, quoted - 8) == 0 &&
	       memcmp(l3.ptr + 24, want + 8, 16) == 0 &&
	       may_be_told_of_v6(want, &p);
}

bool packet_is_too_big(struct slice packet, struct slice l3, uint32_t *mtu)
{
	return packet.ptr[0] >> 4 == 6 ? is_too_big_v6(packet, l3, mtu)
				       : is_frag_needed(packet, l3, mtu);
}
