/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Inbound SA lookup by destination, protocol and SPI (RFC 4301 section 4.1,
 * RFC 4303 section 2.1), for packets that are addressed to this host.
 */
#ifndef CYG_BPF_SAD_H
#define CYG_BPF_SAD_H

#include "bpf/maps.h"
#include "bpf/parse.h"

/*
 * Reads the SPI of an ESP or AH packet. DROP_NONE, DROP_IPSEC_FRAGMENT,
 * DROP_ESP_TRUNCATED or DROP_SPI_RESERVED.
 */
static __always_inline enum drop_reason sad_read_spi(struct xdp_md *ctx,
						     const struct packet *p,
						     __be32 *spi)
{
	__u32 at = p->protocol == PROTO_AH ? 4 : 0;
	__u32 need =
		p->protocol == PROTO_AH ? AH_HEADER_BYTES : ESP_HEADER_BYTES;

	if (p->fragment)
		return DROP_IPSEC_FRAGMENT;
	if (p->total_bytes < p->header_bytes + need)
		return DROP_ESP_TRUNCATED;
	if (bpf_xdp_load_bytes(ctx, ETH_HEADER_BYTES + p->header_bytes + at,
			       spi, sizeof(*spi)))
		return DROP_ESP_TRUNCATED;
	if (bpf_ntohl(*spi) <= SPI_RESERVED_MAX)
		return DROP_SPI_RESERVED;
	return DROP_NONE;
}

static __always_inline const struct sa_ref *sad_find(const struct packet *p,
						     __be32 spi)
{
	struct sad_key key = {
		.daddr.octets = { [10] = 0xff, [11] = 0xff },
		.spi = spi,
		.protocol = p->protocol,
	};

	__builtin_memcpy(key.daddr.octets + 12, &p->daddr, 4);
	return bpf_map_lookup_elem(&sad, &key);
}

#endif
