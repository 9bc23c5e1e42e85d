/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP header (RFC 9293 section 3.1), as much of it as a gateway touches: the
 * maximum segment size that a SYN names. Pure functions on bytes; any thread.
 *
 *     0               1               2               3
 *     |          Source port          |       Destination port        |
 *     |                        Sequence number                        |
 *     |                    Acknowledgment number                      |
 *     | Offset|  Rsvd |  Control bits |            Window             |
 *     |           Checksum            |        Urgent pointer         |
 *     |                            Options                            |
 */
#ifndef CYG_WIRE_TCP_H
#define CYG_WIRE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is it a SYN or a SYN-ACK? bytes: of the segment, from its header on. */
bool tcp_is_syn(const uint8_t *segment, size_t bytes);

/*
 * Lowers the maximum segment size that a SYN or SYN-ACK names, and mends the
 * checksum for it (RFC 1624). One that is not larger stays, and so does a
 * segment that names none or whose options lie about their lengths.
 *
 * true: it was lowered.
 */
bool tcp_clamp_mss(uint8_t *segment, size_t bytes, uint16_t mss);

#endif
