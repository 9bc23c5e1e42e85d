// SPDX-License-Identifier: BSD-2-Clause
/*
 * The XDP programs' parser, compiled for this machine: any frame, with nothing
 * readable behind it, so that one octet too far is a crash. What it takes for
 * IP must agree with the worker's own parsers.
 */
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The kernel's helpers, over the frame where it lies, in one piece. */
static __u64 frame_bytes(const struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

static long frame_load(const struct xdp_md *ctx, __u32 at, void *out, __u32 n)
{
	const uint8_t *data = (const void *)(uintptr_t)ctx->data;
	__u32 bytes = ctx->data_end - ctx->data;

	if (at > bytes || n > bytes - at)
		return -1;
	memcpy(out, data + at, n);
	return 0;
}

#define bpf_xdp_load_bytes   frame_load
#define bpf_xdp_get_buff_len frame_bytes

#include "bpf/parse.h"
#include "ctrl/base/addr.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"

#define ROOM 4096U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* xdp_md holds addresses in 32 bits: below 4 GiB it works here as well. */
static uint8_t *page_end(void)
{
	static uint8_t *end;
	uint8_t *at;

	if (end)
		return end;
	at = mmap(NULL, 2UL * ROOM, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (at == MAP_FAILED || mprotect(at + ROOM, ROOM, PROT_NONE))
		abort();
	end = at + ROOM;
	return end;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Of what the worker takes for a packet, checksums apart. */
static bool parse_wire(uint8_t version, struct slice l3, struct ip_header *out)
{
	return version == 4 ? ipv4_parse(l3, out) : ipv6_parse(l3, out);
}

static void agrees_header(const struct packet *p, struct slice l3)
{
	struct ip_header ip;

	check(parse_wire(p->version, l3, &ip));
	check(ip.version == p->version);
	check(ip.header_bytes == p->header_bytes);
	check(ip.total_bytes == p->total_bytes);
	check(addr_equal(&ip.saddr, &p->saddr));
	check(addr_equal(&ip.daddr, &p->daddr));
	check(ip.protocol == p->protocol);
	check(ip.ttl == p->ttl && ip.tos == p->tos);
	check(!(ip.fragment & IPV4_FRAGMENT_MASK) == !p->fragment);
	check(!(ip.fragment & IPV4_OFFSET_MASK) == !p->rest);
}

/* Ports are those at the packet's end of headers, or there are none. */
static void holds_ports(const struct packet *p, struct slice l3)
{
	const uint8_t *at = l3.ptr + p->header_bytes;
	const bool icmp =
		p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6;
	const bool mh = p->protocol == PROTO_MH;
	const uint32_t dport_at = icmp ? 0 : 2;

	if (!p->has_ports) {
		check(p->sport == 0 && p->dport == 0);
		return;
	}
	check(!p->rest);
	if (mh) {
		check(p->header_bytes + MH_TYPE_AT < p->total_bytes);
		check(p->sport == at[MH_TYPE_AT] << 8 && p->dport == p->sport);
		return;
	}
	check(p->header_bytes + dport_at + 2 <= p->total_bytes);
	check(p->sport == (at[0] << 8 | at[1]));
	check(p->dport == (at[dport_at] << 8 | at[dport_at + 1]));
}

static uint16_t ethertype(const uint8_t *l3)
{
	return (uint16_t)(l3[-2] << 8 | l3[-1]);
}

/* Every step from the Ethernet header to l3_off is a tag's, and those that name
 * a VLAN are told, outermost first. */
static void holds_tags(const struct packet *p, const uint8_t *frame)
{
	const uint8_t *at = frame + ETH_HEADER_BYTES;
	uint32_t n = 0;

	for (; at < frame + p->l3_off; at += VLAN_HEADER_BYTES) {
		const uint16_t vid = (uint16_t)((at[0] << 8 | at[1]) & 0xfff);
		const uint16_t tpid = ethertype(at);

		check(tpid == ETH_P_8021Q || tpid == ETH_P_8021AD);
		if (!vid)
			continue;
		check(n < VLAN_TAGS_MAX);
		check(p->vlan[n].vid == vid && p->vlan[n].tpid == tpid);
		n++;
	}
	check(at == frame + p->l3_off);
	check(n == VLAN_TAGS_MAX || !p->vlan[n].vid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p = { 0 };
	uint8_t *frame, *end = page_end();
	struct slice l3;
	struct ip_header ip;
	enum parse kind;

	if (size > ROOM - 4)
		size = ROOM - 4;
	/* As drivers place it: the IP header on a border of 4. */
	while (((uintptr_t)end - size + ETH_HEADER_BYTES) % 4)
		end--;
	frame = end - size;
	ASAN_UNPOISON_MEMORY_REGION(page_end() - ROOM, ROOM);
	memcpy(frame, data, size);
	ASAN_POISON_MEMORY_REGION(end, (size_t)(page_end() - end));
	kind = parse_xdp(
		&(struct xdp_md){
			.data = (uint32_t)(uintptr_t)frame,
			.data_end = (uint32_t)(uintptr_t)end,
		},
		&p);
	check(p.frame_bytes == size);
	if (size >= ETH_HEADER_BYTES)
		holds_tags(&p, frame);
	if (kind != PARSE_IP && kind != PARSE_MALFORMED)
		return 0;
	l3 = slice_of(frame + p.l3_off, size - p.l3_off);
	if (kind == PARSE_IP) {
		agrees_header(&p, l3);
		holds_ports(&p, l3);
	} else {
		check(!parse_wire(ethertype(l3.ptr) == ETH_P_IP ? 4 : 6, l3,
				  &ip));
	}
	return 0;
}
