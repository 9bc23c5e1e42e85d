/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the BPF programs tell of packets that RFC 4301 and RFC 4303 want to see in
 * an audit log.
 */
#ifndef CYG_INCLUDE_AUDIT_H
#define CYG_INCLUDE_AUDIT_H

#include <linux/types.h>

#include "include/addr.h"

#define AUDIT_RING_BYTES (64U * 1024) /* of the map `audits` */
#define AUDIT_EVERY_NS	 250000000ULL /* one of each reason, on each CPU */

struct audit_record {
	struct addr saddr, daddr;
	__u64 left_out; /* of that reason on that CPU, since the one before */
	__be32 spi;	/* 0: cut off before it */
	__be32 seq;	/* likewise */
	__u32 flow_id;	/* IPv6; host order */
	__u16 reason;	/* enum drop_reason */
	__u8 protocol;	/* PROTO_ESP or PROTO_AH */
	__u8 pad;
};

_Static_assert(sizeof(struct audit_record) == 56, "crosses BPF and dp");

/* Of each reason, on each CPU. */
struct audit_limit {
	__u64 last_ns;
	__u64 left_out;
};

#endif
