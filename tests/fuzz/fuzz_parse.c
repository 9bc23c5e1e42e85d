// SPDX-License-Identifier: BSD-2-Clause
/*
 * The XDP programs' parser, compiled for this machine: any frame, with nothing
 * readable behind it, so that one octet too far is a crash. What it takes for
 * IPv4 must agree with the worker's own parser.
 */
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/parse.h"
#include "ctrl/wire/ipv4.h"

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

static void agrees(const struct packet *p, const uint8_t *l3, size_t room)
{
	struct ip_header ip;

	check(ipv4_parse(slice_of(l3, room), &ip));
	check(ip.header_bytes == p->header_bytes);
	check(ip.total_bytes == p->total_bytes);
	check(addr_v4_be(&ip.saddr) == p->saddr &&
	      addr_v4_be(&ip.daddr) == p->daddr);
	check(ip.protocol == p->protocol && ip.ttl == p->ttl);
	check((ip.fragment & IPV4_FRAGMENT_MASK) == 0 || p->fragment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p = { 0 };
	uint8_t *frame, *end = page_end();
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
		&(const struct xdp_md){
			.data = (uint32_t)(uintptr_t)frame,
			.data_end = (uint32_t)(uintptr_t)end,
		},
		&p);
	check(p.frame_bytes == size);
	if (kind == PARSE_IPV4)
		agrees(&p, frame + ETH_HEADER_BYTES, size - ETH_HEADER_BYTES);
	if (kind == PARSE_MALFORMED && size >= ETH_HEADER_BYTES)
		check(!ipv4_parse(slice_of(frame + ETH_HEADER_BYTES,
					   size - ETH_HEADER_BYTES),
				  &ip));
	return 0;
}
