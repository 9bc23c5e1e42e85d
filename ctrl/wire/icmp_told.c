// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/icmp_told.h"

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"

/* The ICMP message is all of what is behind the header. */
static bool is_intact(struct slice packet, const struct ip_header *h)
{
	const uint8_t *icmp = packet.ptr + h->header_bytes;
	uint32_t bytes = h->total_bytes - h->header_bytes;

	return !(h->version == 4
			 ? ipv4_checksum(icmp, bytes)
			 : ipv6_checksum(packet.ptr, PROTO_ICMPV6, icmp, bytes));
}

/* Its header; s: the message, and what is quoted afterwards. Of IPv4 the MTU has 16
 * bits, and before it are 16 that mean nothing. */
static bool read_error(struct slice *s, const struct ip_header *h, uint32_t *mtu)
{
	uint16_t checksum;
	uint8_t type, code;

	if (!rd_u8(s, &type) || !rd_u8(s, &code) || !rd_u16(s, &checksum) ||
	    !rd_u32(s, mtu))
		return false;
	if (h->version == 6)
		return h->protocol == PROTO_ICMPV6 && type == ICMPV6_TOO_BIG;
	*mtu &= UINT16_MAX;
	return h->protocol == PROTO_ICMP && type == ICMP_UNREACHABLE &&
	       code == ICMP_FRAG_NEEDED;
}

/* s: behind the packet's IP header. */
static bool read_ipsec(struct slice s, uint8_t protocol, struct icmp_told *out)
{
	struct slice skipped;

	out->udp = protocol == PROTO_UDP;
	out->protocol = out->udp ? PROTO_ESP : protocol;
	if (out->udp && !rd_slice(&s, UDP_HEADER_BYTES, &skipped))
		return false;
	if (out->protocol == PROTO_AH && !rd_slice(&s, AH_SPI_AT, &skipped))
		return false;
	return (out->protocol == PROTO_ESP || out->protocol == PROTO_AH) &&
	       rd_u32(&s, &out->spi) && rd_u32(&s, &out->seq) && out->spi;
}

bool icmp_told_read(struct slice packet, const struct ip_header *h,
		    struct icmp_told *out)
{
	struct slice s = packet, headers;
	struct ip_header quoted;

	if (h->fragment & (IPV4_MF | IPV4_OFFSET_MASK) ||
	    !rd_slice(&s, h->header_bytes, &headers) ||
	    !read_error(&s, h, &out->mtu) || !is_intact(packet, h) ||
	    !ip_parse_quote(s, &quoted) || quoted.version != h->version ||
	    quoted.fragment & IPV4_OFFSET_MASK ||
	    !rd_slice(&s, quoted.header_bytes, &headers))
		return false;
	out->version = quoted.version;
	out->total_bytes = quoted.total_bytes;
	out->saddr = quoted.saddr;
	out->daddr = quoted.daddr;
	return read_ipsec(s, quoted.protocol, out);
}

/* RFC 1191 section 7.1, down to what is believed at all. */
static uint32_t plateau_below(uint32_t bytes)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352,
					     2002,  1492,  1006 };

	for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (plateaus[i] < bytes)
			return plateaus[i];
	return IPV4_PATH_MIN;
}

uint32_t icmp_told_mtu(const struct icmp_told *t)
{
	if (t->version == 6)
		return t->mtu < IPV6_MTU_MIN ? 0 : t->mtu;
	if (!t->mtu)
		return plateau_below(t->total_bytes);
	return t->mtu < IPV4_PATH_MIN ? IPV4_PATH_MIN : t->mtu;
}
