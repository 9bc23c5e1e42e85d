/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host interface `ipsec0`: a persistent TAP by which the guard hands over
 * what the host sends, and by which decrypted packets for the host, or for
 * the kernel to forward, come up.
 *
 * Persistent: when its reader dies, the guard's packets are dropped here and
 * nothing takes another way. It has one reader at a time in a network
 * namespace, which is also how a second daemon is noticed. Control thread;
 * the worker reads and writes the descriptor.
 */
#ifndef CYG_DP_HOSTIF_H
#define CYG_DP_HOSTIF_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"

#define HOSTIF_NAME "ipsec0"

struct hostif {
	int fd; /* frames with a virtio_net_hdr in front; non-blocking */
	uint32_t ifindex;
	uint8_t mac[6];
	bool fresh;   /* was not there before */
	bool udp_gso; /* large packets of UDP come whole, from Linux 6.2 on */
};

/* 0, or negative with e filled: -EBUSY when another daemon has it. */
int hostif_open(struct hostif *h, struct error *e);

/* The same without setting it up, to be the only one: for a release. */
int hostif_take(struct hostif *h, struct error *e);

/* Does somebody read there, so that cygnetd runs in this network namespace? */
bool hostif_is_read(void);

/* Throws away what waits to be read; it was for an earlier reader. */
void hostif_drain(const struct hostif *h);

/* The interface stays. */
void hostif_close(struct hostif *h);

/* Closes and removes the interface. */
void hostif_remove(struct hostif *h);

#endif
