/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What is dropped as no SA's is told to dp, for the audit log (RFC 4303 section
 * 3.4.2): some in a second of each reason, and how many were left out.
 * Nobody waits for who reads. Of a dry run nothing is told.
 */
#ifndef CYG_BPF_AUDIT_H
#define CYG_BPF_AUDIT_H

#include "bpf/maps.h"
#include "bpf/packet.h"

#define FLOW_ID_MASK 0xfffffU /* RFC 8200 section 3; the rest is the class */

/* Has it been long enough since the last one? If so, how many there were. */
static __always_inline bool audit_may(__u32 reason, __u64 *left_out)
{
	struct audit_limit *limit = bpf_map_lookup_elem(&audit_limits, &reason);
	const __u64 now = bpf_ktime_get_ns();

	if (!limit)
		return false;
	if (limit->last_ns && now - limit->last_ns < AUDIT_EVERY_NS) {
		limit->left_out++;
		return false;
	}
	limit->last_ns = now;
	*left_out = limit->left_out;
	limit->left_out = 0;
	return true;
}

/* SPI and number stand together in either protocol. */
static __always_inline void audit_numbers(struct xdp_md *ctx,
					  const struct packet *p, __u8 protocol,
					  struct audit_record *r)
{
	__u32 from = p->header_bytes;
	__be32 numbers[2];

	if (p->protocol == PROTO_UDP)
		from += UDP_HEADER_BYTES;
	if (protocol == PROTO_AH)
		from += AH_SPI_AT;
	if (p->total_bytes < from + sizeof(numbers) ||
	    bpf_xdp_load_bytes(ctx, p->l3_off + from, numbers, sizeof(numbers)))
		return;
	r->spi = numbers[0];
	r->seq = numbers[1];
}

/* protocol: PROTO_ESP or PROTO_AH. */
static __always_inline void audit(struct xdp_md *ctx, const struct packet *p,
				  __u8 protocol, enum drop_reason reason)
{
	struct audit_record *r;
	__u64 left_out;

	if (dry || !audit_may(reason, &left_out))
		return;
	r = bpf_ringbuf_reserve(&audits, sizeof(*r), 0);
	if (!r)
		return; /* nobody reads */
	*r = (struct audit_record){
		.saddr = p->saddr,
		.daddr = p->daddr,
		.left_out = left_out,
		.flow_id = bpf_ntohl(p->flowinfo) & FLOW_ID_MASK,
		.reason = (__u16)reason,
		.protocol = protocol,
	};
	audit_numbers(ctx, p, protocol, r);
	bpf_ringbuf_submit(r, 0);
}

#endif
