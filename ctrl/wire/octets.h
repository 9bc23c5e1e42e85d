/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16-bit words of a header that was checked as a whole: no bounds are looked at
 * here. Any thread.
 */
#ifndef CYG_WIRE_OCTETS_H
#define CYG_WIRE_OCTETS_H

#include <stdint.h>

static inline uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void put_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

#endif
