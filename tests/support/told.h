/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors that a packet was too big, as a router makes them. For tests and
 * fuzzers; pure.
 */
#ifndef CYG_TESTS_TOLD_H
#define CYG_TESTS_TOLD_H

#include <stdint.h>

#include "ctrl/base/slice.h"

#define TOLD_MAX 1500U

/*
 * Of the packet's own family, from nobody in particular to its sender, with right
 * checksums; at l3, room for TOLD_MAX. Its octets.
 *
 * quoted   so many octets of the packet are, at most TOLD_MAX less the headers
 */
uint32_t told_build(uint8_t *l3, struct slice packet, uint32_t quoted,
		    uint32_t mtu);

#endif
