/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets for those who look at them: pcapng (draft-ietf-opsawg-pcapng), the
 * format of Wireshark, which can say something of each packet. Here packets
 * begin with their IP header, times are nanoseconds, and the section is in network
 * order, as all that a builder writes.
 *
 * Each function writes one whole block. Pure; any thread.
 */
#ifndef CYG_BASE_PCAPNG_H
#define CYG_BASE_PCAPNG_H

#include "ctrl/base/slice.h"

#define PCAPNG_COMMENT_MAX 512U

/* That a block needs beside the packet's octets and its comment. */
#define PCAPNG_AROUND_MAX 64U

/* First of all; application: who writes. */
void pcapng_section(struct builder *b, const char *application);

/* Each gets the next number, from 0 on. snaplen 0: packets are whole. */
void pcapng_interface(struct builder *b, const char *name, uint32_t snaplen);

struct pcapng_packet {
	uint32_t interface;
	uint64_t at_ns;	     /* CLOCK_REALTIME */
	struct slice octets; /* what is kept of it */
	uint32_t bytes;	     /* as many it had */
	bool inbound;
	const char *comment;
};

void pcapng_packet(struct builder *b, const struct pcapng_packet *p);

/* Of an interface, at the end: packets that were, and of them those that are
 * missing. */
void pcapng_statistics(struct builder *b, uint32_t interface, uint64_t at_ns,
		       uint64_t packets, uint64_t missing);

#endif
