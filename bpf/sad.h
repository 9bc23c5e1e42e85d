/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Inbound SA lookup by destination, protocol and SPI (RFC 4301 section 4.1,
 * RFC 4303 section 2.1), for packets that are addressed to this host.
 *
 * ESP in UDP has the same SAs as ESP: the SPI and its destination name an SA
 * (RFC 4303 section 2.1), UDP is only how it came, and a peer may use either
 * at any time (RFC 7296 section 2.23).
 */
#ifndef CYG_BPF_SAD_H
#define CYG_BPF_SAD_H

#include "bpf/maps.h"
#include "bpf/parse.h"

/*
 * Reads the SPI of an ESP or AH packet. DROP_NONE, DROP_ESP_TRUNCATED or
 * DROP_SPI_RESERVED.
 *
 * p          whole, or its first fragment
 * protocol   PROTO_ESP, also in UDP, or PROTO_AH
 */
static __always_inline enum drop_reason sad_read_spi(struct xdp_md *ctx,
						     const struct packet *p,
						     __u8 protocol, __be32 *spi)
{
	__u32 need = protocol == PROTO_AH ? AH_HEADER_BYTES : ESP_HEADER_BYTES;
	__u32 from = p->header_bytes;

	if (p->protocol == PROTO_UDP)
		from += UDP_HEADER_BYTES;
	if (p->total_bytes < from + need)
		return DROP_ESP_TRUNCATED;
	if (protocol == PROTO_AH)
		from += AH_SPI_AT;
	if (bpf_xdp_load_bytes(ctx, p->l3_off + from, spi, sizeof(*spi)))
		return DROP_ESP_TRUNCATED;
	if (bpf_ntohl(*spi) <= SPI_RESERVED_MAX)
		return DROP_SPI_RESERVED;
	return DROP_NONE;
}

/* Field by field: what was written in pieces is not read as a whole at once. */
static __always_inline bool sad_key_is(const struct sad_key *a,
				       const struct sad_key *b)
{
	const __u64 *x = (const void *)&a->daddr, *y = (const void *)&b->daddr;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (a->spi ^ b->spi) |
		 (__u32)(a->protocol ^ b->protocol));
}

/* protocol: PROTO_ESP or PROTO_AH. */
static __always_inline const struct sa_ref *sad_find(const struct packet *p,
						     __u8 protocol, __be32 spi)
{
	const struct sad_key key = {
		.daddr = p->daddr,
		.spi = spi,
		.protocol = protocol,
	};
	const __u32 at = bpf_ntohl(spi) & sad_slots_mask;
	const struct sad_slot *slot = bpf_map_lookup_elem(&sad_slots, &at);

	if (slot && sad_key_is(&slot->key, &key))
		return &slot->sa;
	return bpf_map_lookup_elem(&sad, &key);
}

#endif
