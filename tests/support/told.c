// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/told.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/icmp.h"
#include "tests/support/packet.h"

static struct addr source_of(const uint8_t *packet)
{
	struct addr a;

	if (packet[0] >> 4 == 4) {
		memset(&a, 0, sizeof(a));
		memset(a.octets + 10, 0xff, 2);
		memcpy(a.octets + 12, packet + 12, 4);
	} else {
		memcpy(&a, packet + 8, sizeof(a));
	}
	return a;
}

uint32_t told_build(uint8_t *l3, struct slice packet, uint32_t quoted,
		    uint32_t mtu)
{
	const bool v4 = packet.ptr[0] >> 4 == 4;
	const uint32_t header = v4 ? 20 : 40;
	const struct ip_header h = {
		.version = v4 ? 4 : 6,
		.header_bytes = (uint16_t)header,
		.total_bytes = header + 8 + quoted,
		.ttl = 60,
		.protocol = v4 ? 1 : 58,
		.saddr = addr_of(v4 ? "198.51.100.77" : "2001:db8:77::77"),
		.daddr = source_of(packet.ptr),
	};
	const uint8_t message[8] = { v4 ? 3 : 2,
				     v4 ? 4 : 0,
				     0,
				     0,
				     (uint8_t)(mtu >> 24),
				     (uint8_t)(mtu >> 16),
				     (uint8_t)(mtu >> 8),
				     (uint8_t)mtu };

	if (h.total_bytes > TOLD_MAX || quoted > packet.len)
		abort();
	memcpy(l3 + header, message, sizeof(message));
	memcpy(l3 + header + sizeof(message), packet.ptr, quoted);
	icmp_build(l3, &h);
	return h.total_bytes;
}
