// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/tcp.h"

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define DATA_OFFSET_OFF 12
#define CONTROL_OFF	13
#define CHECKSUM_OFF	16

static uint16_t swapped(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

bool tcp_is_syn(const uint8_t *segment, size_t bytes)
{
	return bytes >= TCP_HEADER_BYTES && segment[CONTROL_OFF] & TCP_SYN;
}

/* What stands at an odd place is in the sum with its octets exchanged. */
static bool lower(uint8_t *segment, size_t at, uint16_t mss)
{
	uint16_t checksum = get_u16(segment + CHECKSUM_OFF);
	uint16_t was = get_u16(segment + at);

	if (was <= mss)
		return false;
	put_u16(segment + at, mss);
	checksum = at % 2 ? ipv4_checksum_mend(checksum, swapped(was),
					       swapped(mss))
			  : ipv4_checksum_mend(checksum, was, mss);
	put_u16(segment + CHECKSUM_OFF, checksum);
	return true;
}

/* Octets of the option there; 0: it is the last, or it lies. */
static size_t option_bytes(const uint8_t *option, size_t left)
{
	switch (option[0]) {
	case TCP_OPT_END:
		return 0;
	case TCP_OPT_NOP:
		return 1;
	}
	return left < 2 || option[1] < 2 || option[1] > left ? 0 : option[1];
}

/* Of several, a receiver may take any. */
bool tcp_clamp_mss(uint8_t *segment, size_t bytes, uint16_t mss)
{
	size_t at = TCP_HEADER_BYTES, end, n;
	bool lowered = false;

	if (!tcp_is_syn(segment, bytes))
		return false;
	end = (size_t)(segment[DATA_OFFSET_OFF] >> 4) * 4;
	if (end > bytes)
		return false;
	for (; at < end; at += n) {
		n = option_bytes(segment + at, end - at);
		if (!n)
			break;
		if (segment[at] == TCP_OPT_MSS && n == TCP_OPT_MSS_BYTES)
			lowered |= lower(segment, at + 2, mss);
	}
	return lowered;
}
