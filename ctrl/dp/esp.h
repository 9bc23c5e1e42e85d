/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes of a packet in ESP, bare or in UDP, or in AH, for those who build one and
 * those who ask beforehand how large it becomes. Inside is, in tunnel mode, a packet; in
 * transport mode what is behind the header that stays in front. Pure; any thread.
 */
#ifndef CYG_DP_ESP_H
#define CYG_DP_ESP_H

#include "ctrl/sadb/sa.h"
#include "include/proto.h"

/* Of which version a packet is that ESP's or AH's next header speaks of, as it does in
 * tunnel mode (RFC 4303 section 3.1.2); 0: it does not. */
static inline uint8_t esp_inner_version(uint8_t next_header)
{
	switch (next_header) {
	case PROTO_IPIP:
		return 4;
	case PROTO_IPV6:
		return 6;
	}
	return 0;
}

/* Octets between IV and ICV for what is inside (RFC 4303 section 2.4); behind AH
 * it stands as it is. */
static inline uint32_t esp_text_bytes(const struct sa_rt *sa,
				      uint32_t inner_bytes)
{
	uint32_t rest = sa->align_bytes - 1U; /* below a power of two */

	return (inner_bytes + sa->trailer_bytes + rest) & ~rest;
}

/* The most that is put around an inner packet: IP, UDP, a block's IV and padding,
 * and the longest ICV. */
#define ESP_AROUND_MAX(ip_bytes)                                               \
	((ip_bytes) + UDP_HEADER_BYTES + ESP_HEADER_BYTES + ESP_IV_MAX + 15U + \
	 ESP_TRAILER_BYTES + 32U)

#define ESP_IV_MAX 16U

/* An inner packet with its TFC padding: RFC 4303 section 2.7. */
static inline uint32_t esp_padded_bytes(uint32_t inner_bytes, uint32_t least)
{
	return inner_bytes < least ? least : inner_bytes;
}

/*
 * How large inner packets are made at least, 0: as they are.
 *
 * mtu   the largest that fits
 */
static inline uint32_t esp_least_bytes(const struct sa_rt *sa, uint32_t mtu)
{
	return sa->tfc_bytes < mtu ? sa->tfc_bytes : mtu;
}

/* What is put before ESP's header, or AH's: IP and UDP, or in transport mode UDP alone. */
static inline uint32_t esp_before_bytes(const struct sa_rt *sa)
{
	return sa->transport ? sa->outer.bytes - sa->outer.ip_bytes
			     : sa_outer(sa)->bytes;
}

/* The whole outer packet around that text; in transport mode without the header
 * that stays in front. */
static inline uint32_t esp_outer_bytes(const struct sa_rt *sa, uint32_t text)
{
	return esp_before_bytes(sa) + sa->head_bytes + text + sa->tail_bytes;
}

/*
 * What stands in TCP is cut by TCP, and any size passes. But where a segment is lost,
 * all that is in it waits, and each packet that ends in the next one waits with it: as
 * small as this, with its header of bare ESP, one fits a segment of whatever path is
 * left to those who need TCP.
 */
#define STREAM_PATH_MTU 1400U

/*
 * The largest inner packet that fits a path of that MTU once it is protected; 0:
 * none does. In transport mode that is one without options and extension headers.
 */
static inline uint32_t esp_inner_mtu(const struct sa_rt *sa, uint32_t mtu)
{
	uint32_t front = sa->transport ? sa->outer.ip_bytes : 0;
	uint32_t around = front + sa->carrier_bytes + esp_outer_bytes(sa, 0);
	uint32_t text;

	if (mtu > STREAM_PATH_MTU && sa_stream(sa))
		mtu = STREAM_PATH_MTU;
	if (mtu <= around + sa->trailer_bytes)
		return 0;
	text = (mtu - around) / sa->align_bytes * sa->align_bytes;
	return text < sa->trailer_bytes ? 0 : front + text - sa->trailer_bytes;
}

#endif
