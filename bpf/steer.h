/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Hands a packet on: from XDP to the worker of its queue, with metadata in
 * front of the frame, or as its begin where the driver takes none; from tc to
 * the host interface, with a tag in place of the MAC addresses. If nobody is
 * there, the packet is dropped.
 */
#ifndef CYG_BPF_STEER_H
#define CYG_BPF_STEER_H

#include "bpf/count.h"
#include "bpf/parse.h"

/* A part of the frame, for drivers that take no metadata (ENA, hv_netvsc). */
static __always_inline bool put_head_meta(struct xdp_md *ctx,
					  const struct dp_meta *meta)
{
	struct head_meta *at;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*at)))
		return false;
	at = (void *)(long)ctx->data;
	if ((void *)(at + 1) > (void *)(long)ctx->data_end)
		return false;
	at->token = head_token;
	at->meta = *meta;
	return true;
}

static __always_inline bool put_meta(struct xdp_md *ctx,
				     const struct dp_meta *meta)
{
	struct dp_meta *at;

	if (no_meta || bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return put_head_meta(ctx, meta);
	at = (void *)(long)ctx->data_meta;
	if ((void *)(at + 1) > (void *)(long)ctx->data)
		return false;
	*at = *meta;
	return true;
}

static __always_inline int steer_worker(struct xdp_md *ctx,
					const struct packet *p, __u32 slot,
					const struct dp_meta *meta,
					enum pass_reason reason)
{
	__u32 queue = ctx->rx_queue_index;

	if (queue >= QUEUE_MAX)
		return xdp_drop(DROP_NO_WORKER, p->frame_bytes);
	if (p->frame_bytes > steer_max)
		return xdp_drop(DROP_JUMBO, p->frame_bytes);
	if (!put_meta(ctx, meta))
		return xdp_drop(DROP_STEER_FAILED, p->frame_bytes);
	if (bpf_redirect_map(&xsks, slot * QUEUE_MAX + queue, XDP_DROP) !=
	    XDP_REDIRECT)
		return xdp_drop(DROP_NO_WORKER, p->frame_bytes);
	if (dry)
		dry_sa(&meta->sa);
	count_pass(reason, 1, p->frame_bytes);
	return XDP_REDIRECT;
}

/* The tag beside the frame first, then those in it: each pop takes one. */
static __always_inline long steer_untag(struct __sk_buff *skb,
					const struct packet *p)
{
	const __u32 in_frame =
		(p->l3_off - ETH_HEADER_BYTES) / VLAN_HEADER_BYTES;
	const __u32 n = in_frame + (skb->vlan_present ? 1 : 0);
	long err = 0;

#pragma clang loop unroll(full)
	for (__u32 i = 0; i <= VLAN_TAGS_MAX; i++)
		if (!err && i < n)
			err = bpf_skb_vlan_pop(skb);
	return err;
}

/* How many packets come out of the host interface: the worker counts what it
 * cuts a large one into, of others the kernel makes as many as it has segments. */
static __always_inline __u32 host_frames(const struct __sk_buff *skb,
					 const struct packet *p)
{
	if (!skb->gso_segs || p->protocol == PROTO_TCP ||
	    (p->protocol == PROTO_UDP && host_udp_gso))
		return 1;
	return skb->gso_segs;
}

static __always_inline int steer_host(struct __sk_buff *skb,
				      const struct packet *p, __u32 policy_id,
				      __u32 policy_gen)
{
	struct host_tag tag = {
		.magic = magic,
		.policy_id = policy_id,
		.policy_gen = policy_gen,
	};

	if (steer_untag(skb, p))
		return tc_drop(DROP_STEER_FAILED, p->frame_bytes);
	if (bpf_skb_store_bytes(skb, 0, &tag, sizeof(tag), 0))
		return tc_drop(DROP_STEER_FAILED, p->frame_bytes);
	count_pass(PASS_STEER_HOST, host_frames(skb, p), p->frame_bytes);
	return bpf_redirect(host_ifindex, 0);
}

#endif
